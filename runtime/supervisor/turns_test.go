package supervisor

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"wippy/mailbox"
	"wippy/runtime/process"
	"wippy/runtime/scheduler"
)

// asks makes a request beside the test, whose answer's error comes by the channel.
func (r *top) asks(name string, args ...any) <-chan error {
	done := make(chan error, 1)
	go func() {
		_, err := r.call(name, args...)
		done <- err
	}()
	return done
}

// hung is a supervisor of a, hang and b that restarts all, of which b has stopped
// and hang has not.
func (n *node) hung() *top {
	n.t.Helper()
	r := n.start(Spec{Strategy: OneForAll, Intensity: 1, Children: []Child{
		spec("a"), spec("hang", entry("stubborn"), shutdown(Shutdown(5*time.Second))), spec("b"),
	}})
	n.expect("start a", "start hang", "start b")
	n.tell("a", "fail")
	n.expect("stop a", "stop b")
	n.clock.WaitTimers(1)
	r.wantStates("a waiting", "hang stopping", "b waiting")
	return r
}

// A child that a request restarts while its group is stopped waits for that, and
// for those before it.
func TestRestartChildDuringAGroupRestart(t *testing.T) {
	n := newNode(t)
	r := n.hung()
	if _, err := r.call("terminate_child", "b"); err != nil {
		t.Fatal(err)
	}
	r.wantStates("a waiting", "hang stopping", "b stopped")
	done := r.asks("restart_child", "b")
	r.wantStates("a waiting", "hang stopping", "b waiting")
	n.clock.Advance(5 * time.Second)
	n.expect("stop hang", "start a", "start hang", "start b")
	r.wantStates("a running", "hang running", "b running")
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// So does one that is restarted while the children start for the first time.
func TestRestartChildDuringTheStart(t *testing.T) {
	n := newNode(t)
	r := n.start(Spec{Children: []Child{spec("a", ready), spec("b")}})
	n.expect("start a")
	if _, err := r.call("terminate_child", "b"); err != nil {
		t.Fatal(err)
	}
	done := r.asks("restart_child", "b")
	r.wantStates("a starting", "b waiting")
	n.tell("a", "ready")
	n.expect("start b")
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// A child that is added meanwhile and cannot start is its caller's affair, and no
// failure of the group.
func TestStartChildFailsDuringAGroupRestart(t *testing.T) {
	n := newNode(t)
	r := n.hung()
	var all []<-chan error
	for _, policy := range []Restart{Permanent, Transient, Temporary} {
		all = append(all, r.asks("start_child", map[string]any{"id": string(policy), "process": "nobody", "group": "g", "restart": string(policy)}))
	}
	for len(r.states()) < 6 {
	}
	n.clock.Advance(5 * time.Second)
	n.expect("stop hang", "start a", "start hang", "start b")
	for _, done := range all {
		wantError(t, <-done, mailbox.NotFound, "cannot start")
	}
	r.wantStates("a running", "hang running", "b running")
}

// A supervisor whose child cannot be spawned, again and again, still answers and
// obeys.
func TestAnswersWhileSpawnsAreRefused(t *testing.T) {
	for _, strategy := range []Strategy{OneForOne, OneForAll} {
		n := newNode(t)
		n.define("goes", worker)
		r := n.start(Spec{Strategy: strategy, Intensity: -1, Children: []Child{spec("a", entry("goes"))}})
		n.expect("start a")
		n.mu.Lock()
		delete(n.progs, "goes")
		n.mu.Unlock()
		n.tell("a", "fail")
		n.expect("stop a")
		if _, err := r.call("count_children"); err != nil {
			t.Error(err)
		}
		r.cancel()
		if e := r.wait(); e.Reason != mailbox.ReasonNormal {
			t.Errorf("it ended with %s: %v", e.Reason, e.Err)
		}
	}
}

// A child that is stopped while it starts has not started, even when its Init
// ends well: that of a supervisor, which stops in order.
func TestStoppedWhileItStarts(t *testing.T) {
	n := newNode(t)
	r := n.start(Spec{})
	slow := map[string]any{"id": "slow", "process": "worker", "args": []any{"slow"}, "ready": true}
	done := r.asks("start_child", map[string]any{"id": "sup", "process": "sup", "group": "g", "args": []any{
		map[string]any{"group": "g", "children": []any{slow}},
	}})
	n.expect("start slow")
	if _, err := r.call("terminate_child", "sup"); err != nil {
		t.Error(err)
	}
	n.expect("stop slow")
	wantError(t, <-done, mailbox.Cancelled, `the child "sup" was stopped`)
}

// An answer for which its caller's mailbox has no room, or never would have, is an
// error there.
func TestAnswerTooLarge(t *testing.T) {
	n := newNode(t)
	if err := n.AddGroup(scheduler.Group{ID: "tiny", Mailbox: mailbox.Config{Capacity: 100, Bytes: 4 << 10}}); err != nil {
		t.Fatal(err)
	}
	s := Spec{}
	for i := range 50 {
		s.Children = append(s.Children, spec(fmt.Sprint(i)))
	}
	r := n.start(s)
	if _, err := r.call("started"); err != nil {
		t.Fatal(err)
	}
	answer := make(chan error, 2)
	_, err := n.Start(context.Background(), scheduler.Start{Entry: "client", Group: "tiny", Program: asProgram(func(ctx process.Context) error {
		_, err := call1(ctx, r.pid, "which_children")
		answer <- err
		for range 3 { // so that a few descriptions find no room, and an error does
			if err := ctx.Send(ctx.Self(), "filler", []mailbox.Value{mailbox.String(strings.Repeat("x", 1020))}); err != nil {
				return err
			}
		}
		_, err = call1(ctx, r.pid, "get_child", "1")
		answer <- err
		return nil
	})})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []struct {
		kind mailbox.ErrorKind
		text string
	}{{mailbox.Invalid, "is too large for the mailbox"}, {mailbox.Unavailable, "has no room for"}} {
		select {
		case err := <-answer:
			wantError(t, err, want.kind, want.text)
		case <-time.After(patience):
			t.Fatal("there is no answer")
		}
	}
}

// Requirements that meet again in many ways are looked at once.
func TestGraphDiamonds(t *testing.T) {
	const layers = 40
	n := newNode(t)
	var children []Child
	for i := range layers {
		for _, side := range []string{"l", "r"} {
			c := spec(fmt.Sprint(side, i))
			if i > 0 {
				c.Requires = []string{fmt.Sprint("l", i-1), fmt.Sprint("r", i-1)}
			}
			children = append([]Child{c}, children...) // the last are the first to be looked at
		}
	}
	r, started := n.graph(children...)
	n.told(started, "")
	if all := strings.Join(r.states(), " "); strings.Count(all, "running") != 2*layers {
		t.Error(all)
	}
}

// What is remembered of restarts is bounded.
func TestIntensityIsBounded(t *testing.T) {
	_, err := New(Spec{Intensity: maxIntensity + 1}, nil)
	wantError(t, err, mailbox.Invalid, "intensity: there may be 65536 restarts within a period, these are 65537")
}

// A table specifies so many children that its decoding, which nothing interrupts,
// takes no time to speak of: in one list, or in nested supervisors together.
func TestSpecifiedAreBounded(t *testing.T) {
	specify := func(lists ...int) error {
		var all []any
		for _, n := range lists {
			var children []any
			for i := range n {
				children = append(children, map[string]any{"id": fmt.Sprint(i), "process": "worker", "group": "g"})
			}
			all = append(all, map[string]any{"id": fmt.Sprint("s", len(all)), "group": "g", "supervisor": map[string]any{"children": children}})
		}
		v, err := mailbox.ValueOf(map[string]any{"children": all})
		if err != nil {
			t.Fatal(err)
		}
		_, err = DecodeSpec(v, nil)
		return err
	}
	if err := specify(maxSpecified/2-1, maxSpecified/2-1); err != nil {
		t.Error(err)
	}
	wantError(t, specify(maxSpecified/2-1, maxSpecified/2), mailbox.Invalid, "children[2]: supervisor: children: a specification may have 1024")
	wantError(t, specify(1<<16), mailbox.Invalid, "start_child adds more")
}
