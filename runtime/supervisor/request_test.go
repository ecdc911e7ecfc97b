package supervisor

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"wippy/mailbox"
	"wippy/runtime/process"
)

func wantError(t *testing.T, err error, kind mailbox.ErrorKind, text string) {
	t.Helper()
	if !errors.Is(err, kind) || !strings.Contains(err.Error(), text) {
		t.Errorf("got %v, want an error of kind %s with %q", err, kind, text)
	}
}

func TestRequests(t *testing.T) {
	n := newNode(t)
	r := n.start(Spec{Children: []Child{spec("a")}})
	n.expect("start a")
	r.wantStates("a running")
	for _, c := range []struct {
		name string
		args []any
		kind mailbox.ErrorKind
		text string
	}{
		{"start_chld", nil, mailbox.Invalid, `a supervisor knows no request "start_chld"; did you mean "start_child"?`},
		{"frobnicate", nil, mailbox.Invalid, `knows no request "frobnicate"`},
		{"start_child", nil, mailbox.Invalid, "start_child: expected a child's specification as a table, got nil"},
		{"start_child", []any{[]any{1}}, mailbox.Invalid, "got a list"},
		{"start_child", []any{map[string]any{"proces": "worker"}}, mailbox.Invalid, `there is no field "proces"; did you mean "process"?`},
		{"start_child", []any{map[string]any{"process": 3}}, mailbox.Invalid, "process: expected a string, got 3"},
		{"start_child", []any{map[string]any{}}, mailbox.Invalid, "process: expected an entry's ID, found none"},
		{"start_child", []any{map[string]any{"process": "worker", "restart": "permanently"}}, mailbox.Invalid, `restart: expected "permanent", "transient" or "temporary", got "permanently"; did you mean "permanent"?`},
		{"start_child", []any{map[string]any{"process": "worker", "shutdown": "soon"}}, mailbox.Invalid, `shutdown: expected a duration, "brutal_kill" or "infinity", got "soon"`},
		{"start_child", []any{map[string]any{"process": "worker", "shutdown": -1}}, mailbox.Invalid, "shutdown"},
		{"start_child", []any{map[string]any{"process": "worker", "significant": true}}, mailbox.Invalid, "significant: it means nothing without auto_shutdown"},
		{"start_child", []any{map[string]any{"process": "worker", "args": "x"}}, mailbox.Invalid, `args: expected a list, got "x"`},
		{"start_child", []any{map[string]any{"process": "worker", "args": make([]any, 100)}}, mailbox.Invalid, "args: there may be 64, these are 100"},
		{"start_child", []any{map[string]any{"process": "worker", "id": strings.Repeat("x", 300)}}, mailbox.Invalid, "id: there may be 255 bytes"},
		{"start_child", []any{map[string]any{"process": "worker", "id": "<1.2.3>"}}, mailbox.Invalid, "begins with <"},
		{"start_child", []any{map[string]any{"process": "worker", "backoff": map[string]any{"jitter": 2}}}, mailbox.Invalid, "backoff: jitter: expected a number from 0 to 1, got 2"},
		{"start_child", []any{map[string]any{"supervisor": map[string]any{"children": []any{map[string]any{}}}}}, mailbox.Invalid, "supervisor: children[1]: "},
		{"start_child", []any{map[string]any{"id": "a", "process": "worker"}}, mailbox.Exists, `there is a child "a" already, which is running`},
		{"start_child", []any{map[string]any{"process": "nobody"}}, mailbox.NotFound, `the child "nobody" cannot start`},
		{"terminate_child", nil, mailbox.Invalid, "terminate_child: expected a child's ID or PID, got nil"},
		{"terminate_child", []any{"b"}, mailbox.NotFound, `there is no child "b"; did you mean "a"?`},
		{"terminate_child", []any{"<1.2.99>"}, mailbox.NotFound, "there is no child"},
		{"restart_child", []any{"a"}, mailbox.Exists, `the child "a" is running`},
		{"delete_child", []any{"a"}, mailbox.Exists, "terminate_child stops it"},
		{"get_child", []any{strings.Repeat("b", 1000)}, mailbox.NotFound, "there is no child"},
	} {
		_, err := r.call(c.name, c.args...)
		wantError(t, err, c.kind, c.text)
	}
	r.wantStates("a running")
	n.quiet()
}

// Messages that make no sense are dropped, and neither they nor a full mailbox
// keep a supervisor from its work.
func TestHostileMessages(t *testing.T) {
	n := newNode(t)
	r := n.start(Spec{Intensity: 1000, Children: []Child{spec("a"), spec("slow", func(c *Child) { c.Ready = true }), spec("z")}})
	n.expect("start a", "start slow")
	ref := mailbox.Float(1)
	deep := mailbox.TableValue([]mailbox.Value{ref}, nil)
	wide := make([]mailbox.Pair, 10_000)
	for i := range wide {
		wide[i] = mailbox.Pair{Key: mailbox.String(fmt.Sprint(i)), Value: mailbox.Nil}
	}
	n.as(func(ctx process.Context) error {
		for range 300 {
			for _, values := range [][]mailbox.Value{
				nil, {ref}, {deep, mailbox.String("which_children")}, {mailbox.String(strings.Repeat("x", 1000)), mailbox.String("started")},
				{ref, deep}, {ref, mailbox.String("start_child"), mailbox.TableValue(nil, wide)},
				{ref, mailbox.String("terminate_child"), deep}, {mailbox.Nil, mailbox.String("started")},
			} {
				_ = ctx.Post(r.pid, CallTopic, values)
			}
			_ = ctx.Post(r.pid, ReadyTopic, nil)
			_ = ctx.Post(r.pid, process.Started, nil)
			_ = ctx.Post(r.pid, "whatever", []mailbox.Value{deep})
		}
		return nil
	})
	r.wantStates("a running", "slow starting", "z waiting")
	// Ends are seen however full the mailbox is.
	stop := make(chan struct{})
	flooding := make(chan struct{})
	go func() {
		defer close(flooding)
		for {
			select {
			case <-stop:
				return
			default:
				_ = n.Send(r.pid, "flood", nil)
			}
		}
	}()
	for range 20 {
		n.tell("a", "fail")
		n.expect("stop a", "start a")
	}
	close(stop)
	<-flooding
	n.until("room for the message", func() bool {
		pid := n.pids["slow"]
		return n.Send(pid, "ready", nil) == nil
	})
	n.expect("start z")
}

// A caller that reads nothing, in a group where senders wait for room, holds up
// nobody; too many that wait for an answer are refused.
func TestCallersThatWait(t *testing.T) {
	n := newNode(t)
	r := n.start(Spec{Children: []Child{spec("a"), spec("slow", func(c *Child) { c.Ready = true })}})
	n.expect("start a", "start slow")
	n.as(func(ctx process.Context) error {
		refused := 0
		for i := range maxWaiting + 10 {
			if err := ctx.Send(r.pid, CallTopic, []mailbox.Value{mailbox.Float(float64(i)), mailbox.String("started")}); err != nil {
				return err
			}
			if i%500 == 499 { // its mailbox has room for a thousand
				if _, err := call1(ctx, r.pid, "get_child", "a"); err != nil && !errors.Is(err, mailbox.Unavailable) {
					return err
				}
			}
		}
		for refused < 10 {
			e := ctx.Receive(nil, -1)
			if e.Values[1].Bool() || !errors.Is(e.Values[2].Err(), mailbox.Unavailable) {
				return fmt.Errorf("got %v", e.Values)
			}
			refused++
		}
		return nil
	})
	n.tell("slow", "ready")
	r.wantStates("a running", "slow running")
}

// Requests while children start and stop are answered when it is known what
// came of them.
func TestRequestsMeanwhile(t *testing.T) {
	n := newNode(t)
	r := n.start(Spec{Intensity: 9, Children: []Child{spec("a"), spec("hang", entry("stubborn"), shutdown(Shutdown(5*time.Second)))}})
	n.expect("start a", "start hang")
	answers := make(chan string, 10)
	ask := func(name string, args ...any) {
		go func() {
			v, err := r.call(name, args...)
			if err != nil {
				answers <- name + ": " + err.Error()
			} else {
				answers <- name + ": " + v.Kind().String()
			}
		}()
	}
	got := func(want string) {
		t.Helper()
		select {
		case a := <-answers:
			if !strings.HasPrefix(a, want) {
				t.Errorf("got %q, want %q", a, want)
			}
		case <-time.After(patience):
			t.Fatalf("no answer, want %q", want)
		}
	}
	ask("terminate_child", "hang")
	r.wantStates("a running", "hang stopping")
	if _, err := r.call("restart_child", "hang"); err == nil || !strings.Contains(err.Error(), "is stopping") {
		t.Error(err)
	}
	ask("terminate_child", "hang") // the same again waits, too
	n.clock.Advance(5 * time.Second)
	n.expect("stop hang")
	got("terminate_child: boolean")
	got("terminate_child: boolean")

	ask("start_child", map[string]any{"id": "late", "process": "worker", "group": "g", "args": []any{"late"}, "ready": true, "start_timeout": 3})
	n.expect("start late")
	r.wantStates("a running", "hang stopped", "late starting")
	ask("terminate_child", "late")
	n.expect("stop late")
	got2 := []string{<-answers, <-answers}
	if !strings.Contains(strings.Join(got2, "|"), `the child "late" was stopped`) || !strings.Contains(strings.Join(got2, "|"), "terminate_child: boolean") {
		t.Errorf("got %q", got2)
	}
	r.wantStates("a running", "hang stopped") // it never was a child
	ask("start_child", map[string]any{"id": "late", "process": "worker", "group": "g", "args": []any{"late"}, "ready": true, "start_timeout": 3})
	n.expect("start late")
	n.tell("late", "ready")
	got("start_child: string")
	ask("terminate_child", "late")
	n.expect("stop late")
	got("terminate_child: boolean")
	ask("restart_child", "late")
	n.expect("start late")
	n.clock.WaitTimers(1)
	n.clock.Advance(3 * time.Second)
	n.expect("stop late")
	got(`restart_child: the child "late" cannot start: it had not started after 3s`)
	r.wantStates("a running", "hang stopped", "late failed")

	ask("start_child", map[string]any{"id": "cut", "process": "worker", "group": "g", "args": []any{"cut"}, "ready": true})
	n.expect("start cut")
	r.cancel()
	n.expect("stop cut", "stop a")
	got(`start_child: the child "cut" was stopped`)
	r.wait()
}

// A request comes while a group is restarted: the new child starts behind it.
func TestStartDuringAGroupRestart(t *testing.T) {
	n := newNode(t)
	r := n.start(Spec{Strategy: OneForAll, Intensity: 9, Children: []Child{
		spec("a"), spec("hang", entry("stubborn"), shutdown(Shutdown(5*time.Second))),
	}})
	n.expect("start a", "start hang")
	n.tell("a", "fail")
	n.expect("stop a")
	n.clock.WaitTimers(1)
	done := make(chan error, 1)
	go func() {
		_, err := r.call("start_child", map[string]any{"id": "new", "process": "worker", "group": "g", "args": []any{"new"}})
		done <- err
	}()
	for len(r.states()) < 3 {
	}
	r.wantStates("a waiting", "hang stopping", "new waiting")
	n.clock.Advance(5 * time.Second)
	n.expect("stop hang", "start a", "start hang", "start new")
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// A storm of cancels is one stop.
func TestCancelStorm(t *testing.T) {
	n := newNode(t)
	r := n.start(Spec{Children: append(three(), spec("hang", entry("stubborn"), shutdown(Shutdown(5*time.Second))))})
	n.expect("start a", "start b", "start c", "start hang")
	for range 1000 {
		r.cancel()
		_ = n.Cancel(r.pid, "again", 30*time.Minute)
	}
	r.wantStates("a stopping", "b stopping", "c stopping", "hang stopping")
	n.clock.Advance(5 * time.Second)
	n.expect("stop hang", "stop c", "stop b", "stop a")
	if e := r.wait(); e.Reason != mailbox.ReasonNormal {
		t.Error(e.Reason)
	}
}

func FuzzDecodeSpec(f *testing.F) {
	for _, v := range []any{
		map[string]any{"strategy": "one_for_all", "intensity": 3, "children": []any{map[string]any{"process": "a:b", "group": "a:g", "shutdown": "5s"}}},
		map[string]any{"children": []any{map[string]any{"supervisor": map[string]any{"group": "g", "children": []any{}}, "group": "g"}}},
		map[string]any{"period": "-1s"}, map[string]any{"children": []any{map[string]any{"process": "service", "backoff": map[string]any{"jitter": 0.5}}}},
	} {
		value, err := mailbox.ValueOf(v)
		if err != nil {
			f.Fatal(err)
		}
		b, err := value.Append(nil)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	catalogue := func(id string) *Child {
		if id == "service" {
			return &Child{ID: id, Entry: "a:b", Group: "a:g", Service: true, Backoff: &Backoff{}}
		}
		return nil
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		v, err := mailbox.Decode(b)
		if err != nil {
			return
		}
		spec, err := DecodeSpec(v, catalogue)
		if err != nil {
			if !errors.Is(err, mailbox.Invalid) || len(err.Error()) > 4<<10 {
				t.Errorf("the error is %v", err)
			}
			return
		}
		if _, err := New(spec, catalogue); err != nil {
			t.Errorf("a specification that decodes is refused: %v", err)
		}
	})
}

// What requests make a supervisor keep is bounded, and so is what it keeps of a
// child's error.
func TestWhatIsKept(t *testing.T) {
	n := newNode(t)
	r := n.start(Spec{Strategy: SimpleOneForOne, Intensity: 100, Children: []Child{{Entry: "worker", Group: "g", Restart: Transient}}})
	large := strings.Repeat("x", 10<<20)
	var pids []string
	var last error
	for i := range 10 {
		v, err := r.call("start_child", []any{fmt.Sprint(i), large})
		if last = err; err != nil {
			break
		}
		pids = append(pids, v.Str())
	}
	wantError(t, last, mailbox.Unavailable, "the children that were added take")
	if len(pids) != 6 {
		t.Errorf("%d children of 10 MiB were taken", len(pids))
	}
	if _, err := r.call("terminate_child", pids[0]); err != nil {
		t.Error(err)
	}
	if _, err := r.call("start_child", []any{"again", large}); err != nil {
		t.Error(err)
	}
	n.define("wordy", func(process.Context, string, []mailbox.Value) process.Result {
		return process.Result{Err: &mailbox.Error{Kind: mailbox.Failed, Message: large, Value: mailbox.String(large)}}
	})
	r = n.start(Spec{Children: []Child{spec("w", entry("wordy"))}})
	if e := r.wait(); len(e.Err.Message) > 2<<10 || len(e.Err.Value.Str()) > 2<<10 {
		t.Errorf("the error has %d bytes", len(e.Err.Message))
	}
}
