package scheduler

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"wippy/mailbox"
	"wippy/runtime/process"
)

// expect makes a process's failure of a claim that does not hold.
func expect(holds bool, format string, args ...any) {
	if !holds {
		panic(fmt.Sprintf(format, args...))
	}
}

// echoes sends every message back to where it came from.
func echoes(ctx process.Context, _ []mailbox.Value) process.Result {
	for {
		e := ctx.Receive(nil, -1)
		if e.Topic == "stop" {
			return ok(mailbox.String("stopped"))
		}
		_ = ctx.Send(e.From, e.Topic, e.Values)
	}
}

func TestInboxKeepsApart(t *testing.T) {
	n := newNode(t)
	n.def("echo", echoes)
	e := n.run(func(ctx process.Context, _ []mailbox.Value) process.Result {
		in, err := ctx.OpenInbox()
		expect(err == nil, "%v", err)
		pid, err := in.Spawn(process.Spawn{Entry: "echo", Group: "g", Monitor: true})
		expect(err == nil, "%v", err)
		_ = ctx.Send(ctx.Self(), "own", nil)
		expect(in.Send(pid, "a", nil) == nil, "send")
		got := in.Receive(nil, -1)
		expect(got.Topic == "a" && got.From == pid, "%+v", got)
		_ = ctx.Send(pid, "b", nil) // its answer comes to the mailbox
		_ = in.Send(pid, "stop", nil)
		got = in.Receive(nil, -1)
		expect(isExit(got) && got.From == pid && got.Exit.Values[0].Str() == "stopped", "%+v", got)
		expect(ctx.Receive(nil, -1).Topic == "own", "the mailbox was disturbed")
		expect(ctx.Receive(nil, -1).Topic == "b", "the answer is lost")
		expect(ctx.Receive(nil, 0) == nil && in.Receive(nil, 0) == nil, "something is left")
		ref, err := in.Monitor(pid)
		got = in.Receive(nil, 0)
		expect(err == nil && got.Ref == ref && got.Exit.Reason == mailbox.ReasonNoProc, "%+v", got)
		return ok()
	})
	if e.Err != nil {
		t.Fatal(e.Err)
	}
}

func TestClosedInbox(t *testing.T) {
	n := newNode(t)
	n.def("echo", echoes)
	e := n.run(func(ctx process.Context, _ []mailbox.Value) process.Result {
		pid, _ := ctx.Spawn(process.Spawn{Entry: "echo", Group: "g"})
		in, _ := ctx.OpenInbox()
		_, err := in.Monitor(pid)
		expect(err == nil, "%v", err)
		i, _ := ctx.Info(ctx.Self())
		expect(len(i.Monitors) == 1, "%+v", i)
		in.Close()
		in.Close()
		i, _ = ctx.Info(pid)
		expect(len(i.MonitoredBy) == 0, "%+v", i)
		err = ctx.Send(in.Address(), "late", nil)
		expect(errors.Is(err, mailbox.NoProc), "%v", err)
		_, err = in.Monitor(pid)
		expect(errors.Is(err, mailbox.Invalid), "%v", err)
		_, err = in.Spawn(process.Spawn{Entry: "echo", Group: "g"})
		expect(errors.Is(err, mailbox.Invalid), "%v", err)
		expect(in.Receive(nil, -1) == nil && in.ReceiveFunc(isExit, time.Hour) == nil, "it gives something")
		next, _ := ctx.OpenInbox()
		expect(next.Address() != in.Address(), "an address is used twice")
		expect(ctx.Link(next.Address()) == nil, "") // LINK_DOWN: it is no process
		expect(isLinkDown(ctx.Receive(nil, 0)), "linked with an inbox")
		return ok()
	})
	if e.Err != nil {
		t.Fatal(e.Err)
	}
}

func TestInboxesAreBounded(t *testing.T) {
	n := newNode(t, func(_ *Config, g *Group) { g.Limits.MaxMemory = 1 << 20; g.Mailbox.Capacity = 3 })
	e := n.run(func(ctx process.Context, _ []mailbox.Value) process.Result {
		var all []process.Inbox
		for {
			in, err := ctx.OpenInbox()
			if err != nil {
				expect(errors.Is(err, mailbox.LimitHit) && len(all) == maxInboxes, "%v after %d", err, len(all))
				break
			}
			all = append(all, in)
		}
		text := mailbox.String(strings.Repeat("x", 300<<10))
		for i := range 3 {
			err := ctx.Send(all[i].Address(), "t", []mailbox.Value{text})
			expect(err == nil, "%v", err)
		}
		err := ctx.Send(all[3].Address(), "t", []mailbox.Value{text})
		expect(errors.Is(err, mailbox.Unavailable), "%v", err)
		expect(ctx.Send(ctx.Self(), "t", []mailbox.Value{text}) == nil, "the mailbox is another matter")
		expect(all[0].Receive(nil, 0) != nil, "")
		expect(ctx.Send(all[3].Address(), "t", []mailbox.Value{text}) == nil, "there is room again")
		all[3].Close()
		expect(ctx.Send(all[4].Address(), "t", []mailbox.Value{text}) == nil, "there is room again")
		for range 3 {
			expect(ctx.Send(all[5].Address(), "t", nil) == nil, "")
		}
		err = ctx.Send(all[5].Address(), "t", nil)
		expect(errors.Is(err, mailbox.Unavailable) && err.Error() == fmt.Sprintf("the mailbox of %s is full (capacity 3)", all[5].Address()), "%v", err)
		_, err = ctx.PostAfter(time.Second, all[5].Address(), "due", nil)
		expect(err == nil, "%v", err)
		n.clock.Advance(time.Second)
		due := all[5].Receive(func(e *mailbox.Event) bool { return e.Topic == "due" }, 0)
		expect(due != nil, "a timer's message finds room")
		return ok()
	})
	if e.Err != nil {
		t.Fatal(e.Err)
	}
}

func TestOwnedEndsWithItsOwner(t *testing.T) {
	for how, end := range map[string]func(process.Context) process.Result{
		"normal": func(process.Context) process.Result { return ok() },
		"error":  func(process.Context) process.Result { return process.Fail(errors.New("broken")) },
		"killed": func(ctx process.Context) process.Result { _ = ctx.Terminate(ctx.Self()); return ok() },
	} {
		t.Run(how, func(t *testing.T) {
			n := newNode(t)
			n.def("waits", waits)
			n.def("owner", func(ctx process.Context, args []mailbox.Value) process.Result {
				pid, _ := ctx.Spawn(process.Spawn{Entry: "waits", Group: "g", Bound: true})
				_ = ctx.Send(mailbox.PID(args[0].Str()), "owned", []mailbox.Value{mailbox.String(string(pid))})
				ctx.Receive(nil, -1)
				return end(ctx)
			})
			e := n.run(func(ctx process.Context, _ []mailbox.Value) process.Result {
				owner, _ := ctx.Spawn(process.Spawn{Entry: "owner", Group: "g", Args: []mailbox.Value{mailbox.String(string(ctx.Self()))}})
				pid := mailbox.PID(ctx.Receive(nil, -1).Values[0].Str())
				_, _ = ctx.Monitor(pid)
				_ = ctx.Send(owner, "end", nil)
				exit := ctx.Receive(nil, -1).Exit
				want := map[string]mailbox.Reason{"normal": mailbox.ReasonKilled, "error": mailbox.ReasonError, "killed": mailbox.ReasonKilled}[how]
				expect(exit.Reason == want && exit.Origin == owner && strings.Contains(exit.Err.Message, string(owner)), "%+v %v", exit, exit.Err)
				return ok()
			})
			if e.Err != nil {
				t.Fatal(e.Err)
			}
		})
	}
}

func TestOwnersOutliveTheirOwn(t *testing.T) {
	n := newNode(t)
	n.def("waits", waits)
	e := n.run(func(ctx process.Context, _ []mailbox.Value) process.Result {
		own := process.Spawn{Entry: "waits", Group: "g", Bound: true, Monitor: true}
		pid, _ := ctx.Spawn(own)
		_ = ctx.Send(pid, "fail", nil)
		expect(ctx.Receive(nil, -1).Exit.Reason == mailbox.ReasonError, "it did not fail")
		ctx.TrapLinks(true)
		pid, _ = ctx.Spawn(own)
		_ = ctx.Send(pid, "fail", nil)
		expect(isExit(ctx.Receive(nil, -1)), "")
		expect(ctx.Receive(nil, 0) == nil, "the owner got a LINK_DOWN")

		// Linked, they are as any two.
		pid, _ = ctx.Spawn(own)
		expect(ctx.Link(pid) == nil, "")
		_ = ctx.Send(pid, "fail", nil)
		expect(isLinkDown(ctx.Receive(isLinkDown, -1)), "")

		// Unlinked, the process is nobody's.
		pid, _ = ctx.Spawn(own)
		expect(ctx.Unlink(pid), "there was a link")
		i, _ := ctx.Info(pid)
		expect(len(i.Links) == 0, "%+v", i)
		return ok()
	})
	if e.Err != nil {
		t.Fatal(e.Err)
	}
}

// What traps links ends with its owner all the same, and before it.
func TestOwnedThatTraps(t *testing.T) {
	n := newNode(t)
	ready := make(chan struct{})
	traps := n.def("traps", func(ctx process.Context, _ []mailbox.Value) process.Result {
		ctx.TrapLinks(true)
		close(ready)
		for {
			ctx.Receive(nil, -1)
		}
	})
	traps.closed = make(chan mailbox.PID, 1)
	e := n.run(func(ctx process.Context, _ []mailbox.Value) process.Result {
		pid, _ := ctx.Spawn(process.Spawn{Entry: "traps", Group: "g", Bound: true})
		_ = ctx.Await(func(context.Context) error { <-ready; return nil })
		return ok(mailbox.String(string(pid)))
	})
	if e.Err != nil {
		t.Fatal(e.Err)
	}
	select {
	case <-traps.closed:
	default:
		t.Error("the owned process outlives its owner")
	}
}

// Inboxes come and go while others send to them and die, and owners while their
// children do.
func TestInboxHammer(t *testing.T) {
	n := newNode(t, func(c *Config, g *Group) { c.Executors, g.Workers = 4, 4 })
	addresses := make(chan mailbox.PID, 64)
	n.def("brief", func(ctx process.Context, args []mailbox.Value) process.Result {
		_ = ctx.Send(mailbox.PID(args[0].Str()), "brief", args)
		return ok()
	})
	n.def("owner", func(ctx process.Context, _ []mailbox.Value) process.Result {
		for range 200 {
			in, err := ctx.OpenInbox()
			if err != nil {
				return process.Fail(err)
			}
			args := []mailbox.Value{mailbox.String(string(in.Address()))}
			for range 3 {
				if _, err := in.Spawn(process.Spawn{Entry: "brief", Group: "g", Bound: true, Monitor: true, Args: args}); err != nil {
					return process.Fail(err)
				}
			}
			select {
			case addresses <- in.Address():
			default:
			}
			if in.Receive(isExit, -1) == nil {
				return process.Fail(errors.New("no exit"))
			}
			in.Close()
		}
		if e := ctx.Receive(nil, 0); e != nil {
			return process.Fail(fmt.Errorf("in the mailbox: %+v", e))
		}
		return ok()
	})
	stop := make(chan struct{})
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		for {
			select {
			case to := <-addresses:
				_ = n.Send(to, "x", nil)
			case <-stop:
				return
			}
		}
	}()
	var pids []mailbox.PID
	var exits []<-chan *mailbox.Exit
	for range 8 {
		pid, exit := n.start("owner")
		pids, exits = append(pids, pid), append(exits, exit)
	}
	for _, pid := range pids[:4] {
		_ = n.Terminate(pid)
	}
	for i, exit := range exits {
		if e := <-exit; i >= 4 && e.Err != nil {
			t.Error(e.Err)
		}
	}
	close(stop)
	<-sent
}
