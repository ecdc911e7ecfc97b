package scheduler

import (
	"errors"
	"fmt"
	"testing"

	"wippy/mailbox"
	"wippy/runtime/process"
)

func TestMonitorTheDead(t *testing.T) {
	n := newNode(t)
	e := n.run(func(ctx process.Context, _ []mailbox.Value) process.Result {
		ref, _ := ctx.Monitor("<1.1.999>")
		ev := ctx.Receive(isExit, -1)
		if ev.Ref != ref || ev.Exit.Reason != mailbox.ReasonNoProc {
			return process.Fail(fmt.Errorf("unexpected %+v", ev))
		}
		return ok()
	})
	if e.Err != nil {
		t.Fatal(e.Err)
	}
}

func TestEachMonitorGetsItsOwnExit(t *testing.T) {
	n := newNode(t)
	n.def("wait", func(ctx process.Context, _ []mailbox.Value) process.Result { ctx.Receive(nil, -1); return ok() })
	e := n.run(func(ctx process.Context, _ []mailbox.Value) process.Result {
		pid, _ := ctx.Spawn(process.Spawn{Entry: "wait", Group: "g"})
		a, _ := ctx.Monitor(pid)
		b, _ := ctx.Monitor(pid)
		c, _ := ctx.Monitor(pid)
		if !ctx.Demonitor(b) || ctx.Demonitor(b) {
			return process.Fail(errors.New("demonitor"))
		}
		_ = ctx.Send(pid, "go", nil)
		got := map[mailbox.Ref]bool{ctx.Receive(isExit, -1).Ref: true, ctx.Receive(isExit, -1).Ref: true}
		if !got[a] || !got[c] {
			return process.Fail(fmt.Errorf("got %v", got))
		}
		return ok(mailbox.Bool(ctx.Receive(isExit, 0) == nil))
	})
	if e.Err != nil || !e.Values[0].Bool() {
		t.Fatalf("%+v", e)
	}
}

func TestDemonitorFlushesQueuedExit(t *testing.T) {
	n := newNode(t)
	n.def("quick", func(process.Context, []mailbox.Value) process.Result { return ok() })
	e := n.run(func(ctx process.Context, _ []mailbox.Value) process.Result {
		pid, _ := ctx.Spawn(process.Spawn{Entry: "quick", Group: "g"})
		ref, _ := ctx.Monitor(pid)
		for n.Live() > 1 {
			ctx.Yield()
		}
		if !ctx.Demonitor(ref) {
			return process.Fail(errors.New("no EXIT was queued"))
		}
		return ok(mailbox.Bool(ctx.Receive(nil, 0) == nil))
	})
	if e.Err != nil || !e.Values[0].Bool() {
		t.Fatalf("%+v", e)
	}
}

func TestExitComesAfterCloseAndMessages(t *testing.T) {
	n := newNode(t)
	p := n.def("child", func(ctx process.Context, a []mailbox.Value) process.Result {
		_ = ctx.Send(mailbox.PID(a[0].Str()), "last words", nil)
		return process.Fail(errors.New("broken"))
	})
	p.closed = make(chan mailbox.PID, 1)
	e := n.run(func(ctx process.Context, _ []mailbox.Value) process.Result {
		pid, _ := ctx.Spawn(process.Spawn{Entry: "child", Group: "g", Monitor: true,
			Args: []mailbox.Value{mailbox.String(string(ctx.Self()))}})
		first, second := ctx.Receive(nil, -1), ctx.Receive(nil, -1)
		if first.Topic != "last words" || !isExit(second) || second.Exit.Reason != mailbox.ReasonError {
			return process.Fail(fmt.Errorf("%+v then %+v", first, second))
		}
		select {
		case closed := <-p.closed:
			_, alive := ctx.Info(pid)
			return ok(mailbox.Bool(closed == pid && !alive))
		default:
			return process.Fail(errors.New("EXIT came before Close"))
		}
	})
	if e.Err != nil || !e.Values[0].Bool() {
		t.Fatalf("%+v", e)
	}
}
