package supervisor

import (
	"slices"
	"strings"
	"testing"
	"time"

	"wippy/mailbox"
	"wippy/runtime/process"
)

func three(change ...func(*Child)) []Child {
	return []Child{spec("a", change...), spec("b", change...), spec("c", change...)}
}

func TestStartsInOrderStopsInReverse(t *testing.T) {
	n := newNode(t)
	r := n.start(Spec{Children: three()})
	n.expect("start a", "start b", "start c")
	r.wantStates("a running", "b running", "c running")
	r.cancel()
	if e := r.wait(); e.Reason != mailbox.ReasonNormal {
		t.Errorf("it ended with %s: %v", e.Reason, e.Err)
	}
	n.expect("stop c", "stop b", "stop a")
	n.nothingLeft()
}

func TestOneForOne(t *testing.T) {
	n := newNode(t)
	r := n.start(Spec{Children: three(), Intensity: 1})
	n.expect("start a", "start b", "start c")
	n.tell("b", "fail")
	n.expect("stop b", "start b")
	r.wantStates("a running", "b running", "c running")
}

func TestOneForAll(t *testing.T) {
	n := newNode(t)
	r := n.start(Spec{Strategy: OneForAll, Children: three(), Intensity: 1})
	n.expect("start a", "start b", "start c")
	n.tell("b", "fail")
	n.expect("stop b", "stop c", "stop a", "start a", "start b", "start c")
	r.wantStates("a running", "b running", "c running")
}

func TestRestForOne(t *testing.T) {
	n := newNode(t)
	r := n.start(Spec{Strategy: RestForOne, Children: append(three(), spec("d")), Intensity: 2})
	n.expect("start a", "start b", "start c", "start d")
	n.tell("b", "fail")
	n.expect("stop b", "stop d", "stop c", "start b", "start c", "start d")
	n.tell("d", "fail")
	n.expect("stop d", "start d")
	r.wantStates("a running", "b running", "c running", "d running")
}

func TestRestartPolicies(t *testing.T) {
	n := newNode(t)
	r := n.start(Spec{Intensity: 10, Children: []Child{
		spec("p"), spec("t", restart(Transient)), spec("x", restart(Temporary)),
	}})
	n.expect("start p", "start t", "start x")
	n.tell("p", "end")
	n.expect("stop p", "start p")
	n.tell("t", "fail")
	n.expect("stop t", "start t")
	n.tell("t", "end")
	n.expect("stop t")
	n.tell("x", "fail")
	n.expect("stop x")
	r.wantStates("p running", "t stopped")
	if v, err := r.call("count_children"); err != nil || v.Table().Get("specs").Float() != 2 || v.Table().Get("active").Float() != 1 {
		t.Error(v.Any(), err)
	}
	if _, err := r.call("restart_child", "t"); err != nil {
		t.Error(err)
	}
	n.expect("start t")
	n.quiet()
}

// A temporary child that its siblings' restart stopped does not come back; a
// transient one that had ended does, with its group.
func TestGroupRestartOfOthers(t *testing.T) {
	n := newNode(t)
	r := n.start(Spec{Strategy: OneForAll, Intensity: 10, Children: []Child{
		spec("p"), spec("t", restart(Transient)), spec("x", restart(Temporary)),
	}})
	n.expect("start p", "start t", "start x")
	n.tell("t", "end")
	n.expect("stop t")
	n.tell("p", "fail")
	n.expect("stop p", "stop x", "start p", "start t")
	r.wantStates("p running", "t running")
}

func TestIntensity(t *testing.T) {
	n := newNode(t)
	r := n.start(Spec{Intensity: 2, Period: 10 * time.Second, Children: three()})
	n.expect("start a", "start b", "start c")
	fail := func(name string) {
		t.Helper()
		n.tell(name, "fail")
		n.expect("stop "+name, "start "+name)
	}
	fail("a")
	n.clock.Advance(4 * time.Second)
	fail("b")
	n.clock.Advance(7 * time.Second) // the first is forgotten
	fail("a")
	n.clock.Advance(2 * time.Second)
	n.tell("c", "fail")
	n.expect("stop c", "stop b", "stop a")
	fails(t, r.wait(), `gave up: 3 failures within 10s, with an intensity of 2; the last was of the child "c": told to fail`)
	n.nothingLeft()
}

func TestIntensityZero(t *testing.T) {
	n := newNode(t)
	r := n.start(Spec{Children: three()})
	n.expect("start a", "start b", "start c")
	n.tell("a", "end")
	n.expect("stop a", "stop c", "stop b")
	fails(t, r.wait(), `it ended normally, and is permanent`)
}

// A supervisor below another gives up, and is restarted as a child.
func TestParentDecides(t *testing.T) {
	n := newNode(t)
	inner := map[string]any{"strategy": "one_for_one", "intensity": 0, "children": []any{
		map[string]any{"id": "w", "process": "worker", "group": "g", "args": []any{"w"}},
		map[string]any{"id": "v", "process": "worker", "group": "g", "args": []any{"v"}},
	}}
	v, err := mailbox.ValueOf(inner)
	if err != nil {
		t.Fatal(err)
	}
	sup := Child{ID: "sup", Entry: "sup", Group: "g", Args: []mailbox.Value{v}, Supervisor: true}
	r := n.start(Spec{Intensity: 1, Children: []Child{spec("a"), sup, spec("z")}})
	n.expect("start a", "start w", "start v", "start z") // the whole tree is there before the next child
	n.tell("v", "fail")
	n.expect("stop v", "stop w", "start w", "start v")
	r.wantStates("a running", "sup running", "z running")
	n.tell("w", "fail")
	n.expect("stop w", "stop v", "stop z", "stop a")
	fails(t, r.wait(), "gave up")
	n.nothingLeft()
}

func TestAutoShutdown(t *testing.T) {
	n := newNode(t)
	r := n.start(Spec{AutoShutdown: AnySignificant, Children: []Child{
		spec("a"), spec("s", restart(Transient), significant), spec("z"),
	}, Intensity: 1})
	n.expect("start a", "start s", "start z")
	n.tell("s", "fail") // is restarted
	n.expect("stop s", "start s")
	n.tell("s", "end")
	n.expect("stop s", "stop z", "stop a")
	if e := r.wait(); e.Reason != mailbox.ReasonNormal {
		t.Errorf("it ended with %s: %v", e.Reason, e.Err)
	}
	r = n.start(Spec{AutoShutdown: AllSignificant, Children: []Child{
		spec("a"), spec("s", restart(Transient), significant), spec("u", restart(Temporary), significant),
	}})
	n.expect("start a", "start s", "start u")
	n.tell("u", "fail")
	n.expect("stop u")
	r.wantStates("a running", "s running")
	if _, err := r.call("terminate_child", "s"); err != nil { // is not an end of its own
		t.Error(err)
	}
	n.expect("stop s")
	r.wantStates("a running", "s stopped")
	if _, err := r.call("restart_child", "s"); err != nil {
		t.Error(err)
	}
	n.expect("start s")
	n.tell("s", "end")
	n.expect("stop s", "stop a")
	r.wait()
	n.nothingLeft()
}

// A child that hangs in its stop is killed at its shutdown time-out; a brutal
// kill asks nobody, and Infinity waits.
func TestShutdown(t *testing.T) {
	n := newNode(t)
	r := n.start(Spec{Children: []Child{
		spec("forever", entry("stubborn"), shutdown(Infinity)),
		spec("brutal", entry("stubborn"), shutdown(BrutalKill)),
		spec("timed", entry("stubborn"), shutdown(Shutdown(3*time.Second))),
	}})
	n.expect("start forever", "start brutal", "start timed")
	r.wantStates("forever running", "brutal running", "timed running")
	r.cancel()
	r.wantStates("forever stopping", "brutal stopping", "timed stopping")
	n.clock.Advance(2 * time.Second)
	r.wantStates("forever stopping", "brutal stopping", "timed stopping")
	n.quiet()
	n.clock.Advance(time.Second)
	n.expect("stop timed", "stop brutal")
	n.clock.Advance(10 * time.Minute)
	r.wantStates("forever stopping", "brutal stopped", "timed stopped")
	n.tell("forever", "end")
	n.expect("stop forever")
	r.wait()
}

// Siblings are restarted only once a stop is confirmed, however long it takes;
// requests are answered meanwhile.
func TestNoRestartBeforeAConfirmedStop(t *testing.T) {
	n := newNode(t)
	r := n.start(Spec{Strategy: OneForAll, Intensity: 5, Children: []Child{
		spec("a"), spec("slow", entry("stubborn"), shutdown(Shutdown(time.Minute))), spec("c"),
	}})
	n.expect("start a", "start slow", "start c")
	n.tell("a", "fail")
	n.expect("stop a", "stop c")
	r.wantStates("a waiting", "slow stopping", "c waiting")
	n.clock.Advance(59 * time.Second)
	r.wantStates("a waiting", "slow stopping", "c waiting")
	n.quiet()
	n.clock.Advance(time.Second)
	n.expect("stop slow", "start a", "start slow", "start c")
}

// A child that ends while its siblings still start is restarted like any other.
func TestEndDuringStart(t *testing.T) {
	n := newNode(t)
	r := n.start(Spec{Intensity: 5, Children: []Child{spec("a"), spec("b", ready), spec("c")}})
	n.expect("start a", "start b")
	n.tell("a", "fail")
	n.expect("stop a", "start a")
	r.wantStates("a running", "b starting", "c waiting")
	n.tell("b", "ready")
	n.expect("start c")
	r.wantStates("a running", "b running", "c running")

	n.start(Spec{Strategy: OneForAll, Intensity: 5, Children: []Child{spec("d"), spec("e", ready), spec("f")}})
	n.expect("start d", "start e")
	n.tell("d", "fail")
	n.expect("stop d", "stop e", "start d", "start e")
	n.tell("e", "ready")
	n.expect("start f")
}

func TestStartFails(t *testing.T) {
	n := newNode(t)
	r := n.start(Spec{Children: []Child{spec("a"), spec("b"), spec("nobody", entry("nobody")), spec("d")}})
	n.expect("start a", "start b", "stop b", "stop a")
	fails(t, r.wait(), `the child "nobody" cannot start: there is no entry "nobody"`)

	n.define("bad", worker).init = func(process.Context, string) error {
		return mailbox.Errorf(mailbox.LimitHit, "max_handles: one too many")
	}
	r = n.start(Spec{Children: []Child{spec("a"), spec("bad", entry("bad"))}})
	n.expect("start a", "stop bad", "stop a")
	fails(t, r.wait(), `the child "bad" cannot start: max_handles: one too many`)

	ready := func(c *Child) { c.Ready, c.StartTimeout = true, 3*time.Second }
	r = n.start(Spec{Children: []Child{spec("a"), spec("late", ready)}})
	n.expect("start a", "start late")
	n.clock.WaitTimers(1)
	n.clock.Advance(3 * time.Second)
	n.expect("stop late", "stop a")
	fails(t, r.wait(), `the child "late" cannot start: it had not started after 3s (start_timeout)`)

	r = n.start(Spec{Children: []Child{spec("says", ready)}})
	n.expect("start says")
	n.tell("says", "ready", mailbox.ErrorValue(mailbox.Errorf(mailbox.Failed, "no database")))
	n.expect("stop says")
	fails(t, r.wait(), `the child "says" cannot start: no database`)

	for _, told := range []struct {
		with mailbox.Value
		text string
	}{
		{mailbox.String("no disk"), `the child "text" cannot start: no disk`},
		{mailbox.String(""), `the child "text" cannot start: `},
		{mailbox.Bool(false), `it said why it is not ready by false; expected an error or a text`},
	} {
		r = n.start(Spec{Children: []Child{spec("text", ready)}})
		n.expect("start text")
		n.tell("text", "ready", told.with)
		n.expect("stop text")
		fails(t, r.wait(), told.text)
	}

	r = n.start(Spec{Children: []Child{spec("ends", ready)}})
	n.expect("start ends")
	n.tell("ends", "end")
	n.expect("stop ends")
	fails(t, r.wait(), `it ended before it was ready`)
	n.nothingLeft()
}

// A restart that fails is tried again until the intensity is used up.
func TestRestartFails(t *testing.T) {
	n := newNode(t)
	bad := false
	n.define("turns", worker).init = func(process.Context, string) error {
		if bad {
			return mailbox.Errorf(mailbox.Failed, "it turned bad")
		}
		return nil
	}
	r := n.start(Spec{Intensity: 3, Children: []Child{spec("a"), spec("t", entry("turns"))}})
	n.expect("start a", "start t")
	n.mu.Lock()
	bad = true
	n.mu.Unlock()
	n.tell("t", "fail")
	n.expect("stop t", "stop t", "stop t", "stop t", "stop a")
	fails(t, r.wait(), `4 failures within 5s, with an intensity of 3; the last was of the child "t": it turned bad`)
}

// Killing a supervisor takes everything below with it before its EXIT, also
// what traps links, so that a restarted one meets nothing of it.
func TestKillTakesTheTree(t *testing.T) {
	n := newNode(t)
	v, err := mailbox.ValueOf(map[string]any{"children": []any{
		map[string]any{"id": "w", "process": "worker", "group": "g", "args": []any{"w"}, "register": "w"},
		map[string]any{"id": "v", "process": "stubborn", "group": "g", "args": []any{"v"}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	sup := Child{ID: "sup", Entry: "sup", Group: "g", Args: []mailbox.Value{v}, Supervisor: true, Name: "inner"}
	r := n.start(Spec{Intensity: 50, Children: []Child{spec("a"), sup}})
	n.expect("start a", "start w", "start v")
	r.wantStates("a running", "sup running")
	for range 20 {
		if err := n.Terminate("inner"); err != nil {
			t.Fatal(err)
		}
		n.until("the tree", func() bool { return len(n.journal) >= 4 })
		n.mu.Lock()
		ends := slices.Sorted(slices.Values(n.journal[:2]))
		starts := n.journal[2:]
		if !slices.Equal(ends, []string{"stop v", "stop w"}) || !slices.Equal(starts, []string{"start w", "start v"}) {
			t.Errorf("the journal has %q", n.journal)
		}
		n.journal = nil
		n.mu.Unlock()
	}
	if err := n.Terminate(r.pid); err != nil {
		t.Fatal(err)
	}
	if e := r.wait(); e.Reason != mailbox.ReasonKilled {
		t.Errorf("it ended with %s", e.Reason)
	}
	n.nothingLeft()
}

// A spawn that finds no room is tried again like any failed restart; a name is
// free when the next process needs it.
func TestNamesAndRoom(t *testing.T) {
	n := newNode(t)
	named := func(c *Child) { c.Name, c.Group = "the.name", "small" }
	r := n.start(Spec{Intensity: 100, Children: []Child{spec("a", named)}})
	n.expect("start a")
	for range 30 {
		n.tell("a", "fail")
		n.expect("stop a", "start a")
		if _, ok := n.Lookup("the.name"); !ok {
			t.Fatal("the name is not registered")
		}
	}
	taken := func(c *Child) { c.Name = "the.name" }
	other := n.start(Spec{Children: []Child{spec("b", taken)}})
	fails(t, other.wait(), `the name "the.name" is taken`)
	n.expect("stop b") // it was made, and never ran
	full := n.start(Spec{Children: []Child{spec("c", func(c *Child) { c.Group = "small" })}})
	if e := full.wait(); !strings.Contains(e.Err.Message, "is full") || !e.Err.Retryable {
		t.Error(e.Err)
	}
	r.cancel()
	r.wait()
}

// A service inherits no max_execution_ms.
func TestServiceLimit(t *testing.T) {
	n := newNode(t)
	hurried := func(c *Child) { c.Group = "hurried" }
	n.start(Spec{Intensity: 5, Children: []Child{
		spec("service", hurried, func(c *Child) { c.Service = true }), spec("plain", hurried),
	}})
	n.expect("start service", "start plain")
	n.clock.WaitTimers(1)
	n.clock.Advance(time.Second)
	n.expect("stop plain", "start plain")
	n.clock.Advance(500 * time.Millisecond)
	n.quiet()
}

func TestSimpleOneForOne(t *testing.T) {
	n := newNode(t)
	template := Child{Entry: "worker", Group: "g", Restart: Transient}
	r := n.start(Spec{Strategy: SimpleOneForOne, Intensity: 5, Children: []Child{template}})
	if got := r.states(); len(got) != 0 {
		t.Fatal(got)
	}
	var pids []string
	for _, name := range []string{"a", "b", "c"} {
		v, err := r.call("start_child", []any{name})
		if err != nil {
			t.Fatal(err)
		}
		pids = append(pids, v.Str())
		n.expect("start " + name)
	}
	n.tell("b", "fail") // is restarted with its own arguments
	n.expect("stop b", "start b")
	n.tell("c", "end")
	n.expect("stop c")
	if _, err := r.call("terminate_child", pids[0]); err != nil {
		t.Error(err)
	}
	n.expect("stop a")
	r.wantStates("worker running")
	for _, name := range []string{"restart_child", "delete_child"} {
		if _, err := r.call(name, pids[1]); err == nil || !strings.Contains(err.Error(), "a supervisor with simple_one_for_one has none") {
			t.Error(err)
		}
	}
	if _, err := r.call("start_child", []any{"refused"}); err == nil || !strings.Contains(err.Error(), "anything but refused") {
		t.Error(err)
	}
	if _, err := r.call("start_child", "x"); err == nil || !strings.Contains(err.Error(), "a list of arguments") {
		t.Error(err)
	}
	for _, name := range []string{"d", "e"} {
		if _, err := r.call("start_child", []any{name}); err != nil {
			t.Fatal(err)
		}
		n.expect("start " + name)
	}
	r.cancel() // all at once
	r.wait()
	n.nothingLeft()
}

// A linked parent that fails takes the supervisor with it, in order; others that
// are linked do not.
func TestLinks(t *testing.T) {
	n := newNode(t)
	v, err := mailbox.ValueOf(map[string]any{"children": []any{
		map[string]any{"process": "worker", "group": "g", "args": []any{"w"}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	n.define("parent", func(ctx process.Context, _ string, _ []mailbox.Value) process.Result {
		pid, err := ctx.Spawn(process.Spawn{Entry: "sup", Group: "g", Args: []mailbox.Value{v}, Link: true, Name: "linked"})
		if err != nil {
			return process.Fail(err)
		}
		if _, err := call1(ctx, pid, "started"); err != nil {
			return process.Fail(err)
		}
		return worker(ctx, "", nil)
	})
	n.start(Spec{Children: []Child{{Entry: "parent", Group: "g", ID: "parent", Args: []mailbox.Value{mailbox.String("parent")}, Restart: Temporary}}})
	n.expect("start parent", "start w")
	n.as(func(ctx process.Context) error {
		ctx.TrapLinks(true)
		if err := ctx.Link("linked"); err != nil {
			return err
		}
		n.define("fails with it", func(ctx process.Context, _ string, _ []mailbox.Value) process.Result {
			_ = ctx.Link("linked")
			return process.Fail(mailbox.Errorf(mailbox.Failed, "linked only"))
		})
		exit, err := ctx.Exec(process.Spawn{Entry: "fails with it", Group: "g"})
		if err != nil || exit.Reason != mailbox.ReasonError {
			return err
		}
		_, err = call1(ctx, "linked", "which_children")
		return err
	})
	n.expect("start ", "stop ")
	n.tell("parent", "fail")
	n.expect("stop parent", "stop w")
}
