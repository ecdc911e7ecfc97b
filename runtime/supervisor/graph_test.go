package supervisor

import (
	"slices"
	"strings"
	"testing"
	"time"

	"wippy/mailbox"
	"wippy/runtime/process"
)

func requires(ids ...string) func(*Child) { return func(c *Child) { c.Requires = ids } }
func ready(c *Child)                      { c.Ready = true }
func manual(c *Child)                     { c.Manual = true }
func backoff(attempts int) func(*Child) {
	return func(c *Child) {
		c.Backoff = &Backoff{Initial: time.Second, Factor: 1, Attempts: attempts, Stable: time.Minute}
	}
}

// graph starts a Graph, and gives what OnStarted is told.
func (n *node) graph(children ...Child) (*top, <-chan error) {
	n.t.Helper()
	started := make(chan error, 2)
	return n.start(Spec{Graph: true, Intensity: -1, Children: children, OnStarted: func(err error) { started <- err }}), started
}

func (n *node) told(started <-chan error, text string) {
	n.t.Helper()
	select {
	case err := <-started:
		if text == "" && err != nil || text != "" && (err == nil || !strings.Contains(err.Error(), text)) {
			n.t.Errorf("OnStarted is told %v, want %q", err, text)
		}
	case <-time.After(patience):
		n.t.Fatal("OnStarted is not called")
	}
}

// Children start once what they require has, whatever their order, all that may
// at the same time, and stop in the reverse order.
func TestGraphOrder(t *testing.T) {
	n := newNode(t)
	r, started := n.graph(
		spec("web", requires("api", "cache")),
		spec("api", requires("db"), ready),
		spec("cache", ready),
		spec("db", ready),
	)
	n.until("two starts", func() bool { return len(n.journal) == 2 })
	n.mu.Lock()
	slices.Sort(n.journal) // side by side
	n.mu.Unlock()
	n.expect("start cache", "start db")
	r.wantStates("web waiting", "api waiting", "cache starting", "db starting")
	n.tell("db", "ready")
	n.expect("start api")
	n.tell("api", "ready")
	r.wantStates("web waiting", "api running", "cache starting", "db running")
	n.quiet()
	n.tell("cache", "ready")
	n.expect("start web")
	n.told(started, "")
	r.cancel()
	r.wait()
	n.mu.Lock()
	at := func(line string) int { return slices.Index(n.journal, line) }
	if at("stop web") != 0 || at("stop db") < at("stop api") || len(n.journal) != 4 {
		t.Errorf("they stopped as %q", n.journal)
	}
	n.mu.Unlock()
	n.nothingLeft()
}

// One that cannot start says whom it holds up, and is tried again; others go on.
func TestGraphHeldUp(t *testing.T) {
	n := newNode(t)
	bad := true
	n.define("flaky", worker).init = func(process.Context, string) error {
		n.mu.Lock()
		defer n.mu.Unlock()
		if bad {
			return mailbox.Errorf(mailbox.Failed, "no disk")
		}
		return nil
	}
	r, started := n.graph(
		spec("other"),
		spec("db", entry("flaky"), backoff(5)),
		spec("api", requires("db")),
		spec("web", requires("api")),
	)
	n.told(started, "db cannot start: no disk; it holds up api, web")
	n.clock.WaitTimers(1)
	r.wantStates("other running", "db restarting", "api waiting", "web waiting")
	n.mu.Lock()
	bad = false
	n.journal = nil
	n.mu.Unlock()
	n.clock.Advance(time.Second)
	n.expect("start db", "start api", "start web")
	r.wantStates("other running", "db running", "api running", "web running")
}

// One that is given up is given up alone; what waits for it goes on when it is
// started again.
func TestGraphGivesUp(t *testing.T) {
	n := newNode(t)
	r, started := n.graph(
		spec("other"),
		spec("db", backoff(1)),
		spec("api", requires("db"), backoff(3)),
		spec("gone", entry("nobody"), backoff(9)), // no try would be better than the first
	)
	n.told(started, `gone cannot start: there is no entry "nobody"`)
	n.until("three starts", func() bool { return len(n.journal) == 3 })
	n.mu.Lock()
	n.journal = nil
	n.mu.Unlock()
	n.tell("db", "fail")
	n.expect("stop db")
	r.wantStates("other running", "db restarting", "api running", "gone failed")
	n.clock.Advance(time.Second)
	n.expect("start db")
	n.tell("db", "fail")
	n.expect("stop db")
	r.wantStates("other running", "db failed", "api running", "gone failed")
	n.tell("api", "fail") // and cannot come back without db
	n.expect("stop api")
	r.wantStates("other running", "db failed", "api restarting", "gone failed")
	n.clock.Advance(time.Second)
	r.wantStates("other running", "db failed", "api waiting", "gone failed")
	if _, err := r.call("restart_child", "db"); err != nil {
		t.Error(err)
	}
	n.expect("start db", "start api")
	r.wantStates("other running", "db running", "api running", "gone failed")
	v, err := r.call("get_child", "gone")
	if err != nil || !strings.Contains(v.Table().Get("error").Err().Message, "no entry") {
		t.Error(v, err)
	}
}

// A name that another process has may be free at the next try.
func TestGraphNameTaken(t *testing.T) {
	n := newNode(t)
	named := func(c *Child) { c.Name = "the.name" }
	holder := n.start(Spec{Children: []Child{spec("holder", named)}})
	n.expect("start holder")
	r, started := n.graph(spec("a"), spec("b", named, backoff(3)))
	n.told(started, `the name "the.name" is taken`)
	n.until("a's start, and that b's process is freed", func() bool { return len(n.journal) == 2 })
	n.mu.Lock()
	n.journal = nil
	n.mu.Unlock()
	r.wantStates("a running", "b restarting")
	holder.cancel()
	holder.wait()
	n.expect("stop holder")
	n.clock.Advance(time.Second)
	n.expect("start b")
	r.wantStates("a running", "b running")
}

// What is added to the application's services without a group has none: their
// supervisor's own has no bounds.
func TestGraphAddedWithoutGroup(t *testing.T) {
	n := newNode(t)
	r, _ := n.graph(spec("a"))
	n.expect("start a")
	_, err := r.call("start_child", map[string]any{"id": "b", "process": "worker"})
	wantError(t, err, mailbox.Invalid, "start_child: group: expected a process group's ID, found none")
	if _, err := r.call("start_child", map[string]any{"id": "b", "process": "worker", "group": "g"}); err != nil {
		t.Error(err)
	}
}

// When nothing is left that runs or will, the end is an error if one had failed.
func TestGraphEnds(t *testing.T) {
	n := newNode(t)
	r, _ := n.graph(spec("a", restart(Transient)), spec("b", restart(Temporary)), spec("c", manual))
	n.until("two starts", func() bool { return len(n.journal) == 2 })
	n.tell("a", "end")
	n.tell("b", "end")
	if e := r.wait(); e.Reason != mailbox.ReasonNormal {
		t.Error(e.Err)
	}
	r, _ = n.graph(spec("d", restart(Transient)), spec("e", restart(Temporary)), spec("f", requires("e"), ready))
	n.until("their starts", func() bool { return len(n.journal) == 7 })
	n.tell("e", "fail")
	r.wantStates("d running", "e failed", "f starting")
	n.tell("f", "end")
	n.tell("d", "end")
	fails(t, r.wait(), "no service is left; of those that ended, these had failed: e: told to fail")
	n.nothingLeft()
}

// What is not started by itself is when another requires it, or by a request,
// with all that it requires.
func TestGraphOnDemand(t *testing.T) {
	n := newNode(t)
	r, started := n.graph(
		spec("a", requires("needed")),
		spec("needed", manual),
		spec("base", manual), spec("extra", manual, requires("base")), spec("never", manual),
	)
	n.expect("start needed", "start a")
	n.told(started, "")
	r.wantStates("a running", "needed running", "base stopped", "extra stopped", "never stopped")
	if _, err := r.call("restart_child", "extra"); err != nil {
		t.Error(err)
	}
	n.expect("start base", "start extra")
	if _, err := r.call("delete_child", "never"); err != nil {
		t.Error(err)
	}
	if _, err := r.call("terminate_child", "base"); err != nil {
		t.Error(err)
	}
	n.expect("stop base")
	_, err := r.call("delete_child", "base")
	wantError(t, err, mailbox.Exists, "others require")
	r.wantStates("a running", "needed running", "base stopped", "extra running")
}

// A child that hangs in its stop delays only those that it requires.
func TestGraphStopTimes(t *testing.T) {
	n := newNode(t)
	r, started := n.graph(
		spec("db"), spec("hang", entry("stubborn"), shutdown(Shutdown(3*time.Second)), requires("db")),
		spec("free"), spec("user", requires("free")),
	)
	n.told(started, "")
	n.until("four starts", func() bool { return len(n.journal) == 4 })
	n.mu.Lock()
	n.journal = nil
	n.mu.Unlock()
	r.cancel()
	n.expect("stop user", "stop free")
	n.clock.WaitTimers(2)
	r.wantStates("db stopping", "hang stopping", "free stopped", "user stopped")
	n.clock.Advance(3 * time.Second)
	n.expect("stop hang", "stop db")
	r.wait()
}

// What requires a child that did its work and ended need not wait for it.
func TestGraphDone(t *testing.T) {
	n := newNode(t)
	r, started := n.graph(
		spec("migrate", ready, restart(Transient)), spec("web", requires("migrate"), backoff(5)),
	)
	n.expect("start migrate")
	n.tell("migrate", "ready")
	n.expect("start web")
	n.told(started, "")
	n.tell("migrate", "end")
	n.expect("stop migrate")
	r.wantStates("migrate stopped", "web running")
	n.tell("web", "fail")
	n.expect("stop web")
	r.wantStates("migrate stopped", "web restarting")
	n.clock.Advance(time.Second)
	n.expect("start web")
	if _, err := r.call("terminate_child", "web"); err != nil {
		t.Error(err)
	}
}
