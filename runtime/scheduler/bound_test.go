package scheduler

import (
	"context"
	"fmt"
	goruntime "runtime"
	"testing"
	"time"

	"wippy/mailbox"
	"wippy/runtime/process"
)

// A bound child ends with its parent, however that ends and whatever it does
// about links; and the parent's EXIT comes when nothing of it is left.
func TestBound(t *testing.T) {
	ends := map[string]behaviour{
		"normal": func(process.Context, []mailbox.Value) process.Result { return ok() },
		"error":  func(process.Context, []mailbox.Value) process.Result { return process.Fail(fmt.Errorf("boom")) },
		"killed": func(ctx process.Context, _ []mailbox.Value) process.Result {
			_ = ctx.Terminate(ctx.Self())
			return ok()
		},
		"panic":  func(process.Context, []mailbox.Value) process.Result { panic("boom") },
		"goexit": func(process.Context, []mailbox.Value) process.Result { goruntime.Goexit(); return ok() },
	}
	for how, end := range ends {
		t.Run(how, func(t *testing.T) {
			n := newNode(t)
			child := n.def("child", func(ctx process.Context, args []mailbox.Value) process.Result {
				ctx.TrapLinks(true)
				if args[0].Float() > 0 { // a tree
					if _, err := ctx.Spawn(process.Spawn{Entry: "child", Group: "g", Bound: true, Args: []mailbox.Value{mailbox.Float(args[0].Float() - 1)}}); err != nil {
						return process.Fail(err)
					}
				}
				_ = ctx.Send("main", "here", nil)
				for {
					ctx.Receive(nil, -1)
				}
			})
			child.closed = make(chan mailbox.PID, 100)
			n.def("parent", func(ctx process.Context, args []mailbox.Value) process.Result {
				for range 3 {
					pid, err := ctx.Spawn(process.Spawn{Entry: "child", Group: "g", Bound: true, Args: []mailbox.Value{mailbox.Float(2)}})
					if err != nil {
						return process.Fail(err)
					}
					if i, _ := ctx.Info(pid); len(i.Links) > 0 {
						return process.Fail(fmt.Errorf("a bond is a link: %v", i.Links))
					}
				}
				ctx.Receive(nil, -1)
				return end(ctx, args)
			})
			e := n.run(func(ctx process.Context, _ []mailbox.Value) process.Result {
				_ = ctx.Register("main", ctx.Self())
				pid, err := ctx.Spawn(process.Spawn{Entry: "parent", Group: "g", Monitor: true})
				if err != nil {
					return process.Fail(err)
				}
				for range 9 {
					ctx.Receive(func(e *mailbox.Event) bool { return e.Topic == "here" }, -1)
				}
				_ = ctx.Send(pid, "end", nil)
				exit := ctx.Receive(isExit, -1)
				if left, _ := ctx.List(""); len(left) != 1 || len(child.closed) != 9 {
					return process.Fail(fmt.Errorf("after the EXIT there are %v, and %d of 9 were closed", left, len(child.closed)))
				}
				return ok(mailbox.String(string(exit.Exit.Reason)))
			})
			if e.Err != nil {
				t.Fatal(e.Err)
			}
			want := map[string]string{"normal": "normal", "error": "error", "killed": "killed", "panic": "error", "goexit": "error"}[how]
			if got := e.Values[0].Str(); got != want {
				t.Errorf("the parent ended with %s, want %s", got, want)
			}
		})
	}
}

// A bound child cannot get rid of the bond; its own end does nothing to its
// spawner, unless the two are linked as well.
func TestBoundChild(t *testing.T) {
	n := newNode(t)
	n.def("waits", waits)
	n.def("child", func(ctx process.Context, _ []mailbox.Value) process.Result {
		if ctx.Unlink(ctx.Parent()) {
			return process.Fail(fmt.Errorf("the bond was unlinked"))
		}
		_ = ctx.Link(ctx.Parent()) // is a link beside the bond
		ctx.Unlink(ctx.Parent())   // and ends that alone
		return waits(ctx, nil)
	})
	e := n.run(func(ctx process.Context, _ []mailbox.Value) process.Result {
		ctx.TrapLinks(true)
		pid, err := ctx.Spawn(process.Spawn{Entry: "child", Group: "g", Bound: true, Name: "child", Announce: true, Monitor: true})
		if err != nil {
			return process.Fail(err)
		}
		if got, _ := ctx.Lookup("child"); got != pid {
			return process.Fail(fmt.Errorf("the name is %q's", got))
		}
		if m := ctx.Receive(nil, -1); m.Topic != process.Started || m.From != pid {
			return process.Fail(fmt.Errorf("got %+v", m))
		}
		if i, _ := ctx.Info(pid); i.Parent != ctx.Self() {
			return process.Fail(fmt.Errorf("the parent is %q", i.Parent))
		}
		_ = ctx.Send(pid, "end", nil)
		if e := ctx.Receive(nil, -1); !isExit(e) {
			return process.Fail(fmt.Errorf("got %+v", e))
		}
		ctx.TrapLinks(false)
		pid, _ = ctx.Spawn(process.Spawn{Entry: "child", Group: "g", Bound: true, Monitor: true})
		_ = ctx.Send(pid, "fail", nil)
		if e := ctx.Receive(nil, -1); !isExit(e) {
			return process.Fail(fmt.Errorf("got %+v", e))
		}
		pid, _ = ctx.Spawn(process.Spawn{Entry: "waits", Group: "g", Bound: true, Link: true})
		_ = ctx.Send(pid, "fail", nil)
		ctx.Receive(nil, -1)
		return ok()
	})
	if e.Reason != mailbox.ReasonError || e.Err.Message[:13] != "told to fail " {
		t.Errorf("the parent that does not trap ended with %s: %v", e.Reason, e.Err)
	}
}

// A process that waits for the ends of its children is ending.
func TestBoundIsAwaited(t *testing.T) {
	n := newNode(t)
	stuck, over := make(chan struct{}), make(chan struct{})
	n.def("child", func(ctx process.Context, _ []mailbox.Value) process.Result {
		_ = ctx.Await(func(context.Context) error { // which ignores that it is cancelled
			close(stuck)
			<-over
			return nil
		})
		return ok()
	})
	n.def("parent", func(ctx process.Context, _ []mailbox.Value) process.Result {
		if _, err := ctx.Spawn(process.Spawn{Entry: "child", Group: "g", Bound: true}); err != nil {
			return process.Fail(err)
		}
		ctx.Receive(nil, -1)
		return ok()
	})
	pid, exit := n.start("parent")
	<-stuck
	if err := n.Send(pid, "end", nil); err != nil {
		t.Fatal(err)
	}
	for i, _ := n.Info(pid); i.State != "ending"; i, _ = n.Info(pid) {
		goruntime.Gosched()
	}
	select {
	case <-exit:
		t.Error("the parent has ended before its child")
	default:
	}
	close(over)
	if e := <-exit; e.Reason != mailbox.ReasonNormal {
		t.Errorf("it ended with %s: %v", e.Reason, e.Err)
	}
}

// Whoever monitors a tree of bound processes has the EXITs of the children before
// their parent's, on however many workers they end.
func TestBoundExitsInOrder(t *testing.T) {
	n := newNode(t, func(c *Config, g *Group) { c.Executors, g.Workers = 4, 4 })
	n.def("waits", waits)
	n.def("parent", func(ctx process.Context, args []mailbox.Value) process.Result {
		for range 3 {
			pid, err := ctx.Spawn(process.Spawn{Entry: "waits", Group: "g", Bound: true})
			if err != nil {
				return process.Fail(err)
			}
			_ = ctx.Send(mailbox.PID(args[0].Str()), "child", []mailbox.Value{mailbox.String(string(pid))})
		}
		ctx.Receive(nil, -1)
		return ok()
	})
	e := n.run(func(ctx process.Context, _ []mailbox.Value) process.Result {
		for range 300 {
			parent, err := ctx.Spawn(process.Spawn{Entry: "parent", Group: "g", Monitor: true, Args: []mailbox.Value{mailbox.String(string(ctx.Self()))}})
			if err != nil {
				return process.Fail(err)
			}
			for range 3 {
				child := mailbox.PID(ctx.Receive(nil, -1).Values[0].Str())
				for range 20 { // so that telling takes a while
					_, _ = ctx.Monitor(child)
				}
			}
			_ = ctx.Send(parent, "end", nil)
			for i := range 61 {
				if e := ctx.Receive(isExit, -1); (e.From == parent) != (i == 60) {
					return process.Fail(fmt.Errorf("EXIT %d of 61 is of %s; the parent is %s", i+1, e.From, parent))
				}
			}
		}
		return ok()
	})
	if e.Err != nil {
		t.Error(e.Err)
	}
}

// A name that cannot be had fails the spawn, and leaves nothing.
func TestSpawnNamed(t *testing.T) {
	n := newNode(t, func(_ *Config, g *Group) { g.MaxProcesses = 3 })
	child := n.def("child", waits)
	child.closed = make(chan mailbox.PID, 10)
	e := n.run(func(ctx process.Context, _ []mailbox.Value) process.Result {
		if _, err := ctx.Spawn(process.Spawn{Entry: "child", Group: "g", Name: "x"}); err != nil {
			return process.Fail(err)
		}
		for range 5 {
			for _, name := range []string{"x", "<1>"} {
				if _, err := ctx.Spawn(process.Spawn{Entry: "child", Group: "g", Name: name, Bound: true, Monitor: true}); err == nil {
					return process.Fail(fmt.Errorf("the name %q could be had", name))
				}
			}
		}
		i, _ := ctx.Info(ctx.Self())
		if i.Children != 1 || len(i.Links) != 0 || len(i.Monitors) != 0 {
			return process.Fail(fmt.Errorf("%+v", i))
		}
		return ok()
	})
	if e.Err != nil {
		t.Error(e.Err)
	}
	for range 10 {
		<-child.closed
	}
}

// Bound children and their parents end in every order, and everybody once.
func TestBoundHammer(t *testing.T) {
	n := newNode(t)
	n.def("leaf", func(ctx process.Context, args []mailbox.Value) process.Result {
		if args[0].Float() > 0 {
			return ok()
		}
		return waits(ctx, nil)
	})
	n.def("node", func(ctx process.Context, args []mailbox.Value) process.Result {
		ctx.TrapLinks(true)
		depth := args[0].Float()
		for i := range 3 {
			entry := "node"
			if depth == 0 {
				entry = "leaf"
			}
			_, err := ctx.Spawn(process.Spawn{Entry: entry, Group: "g", Bound: true, Monitor: i%2 == 0, Args: []mailbox.Value{mailbox.Float(depth - 1 + float64(i%2))}})
			if err != nil {
				return process.Fail(err)
			}
		}
		for {
			if e := ctx.Receive(nil, -1); e.Topic == "end" {
				return ok()
			}
		}
	})
	end := time.Now().Add(500 * time.Millisecond)
	for time.Now().Before(end) {
		pid, exit := n.start("node", mailbox.Float(2))
		for range 20 {
			if all, _ := n.List(""); len(all) > 0 {
				_ = n.Terminate(all[int(n.pids.Load()*7919)%len(all)])
			}
			goruntime.Gosched()
		}
		_ = n.Terminate(pid)
		<-exit
		if left, _ := n.List(""); len(left) > 0 {
			t.Fatalf("after the EXIT there are %v", left)
		}
	}
}

// Who finds a process by the name that it was spawned with finds it by its PID.
func TestSpawnNamedIsKnown(t *testing.T) {
	const times = 2000
	n := newNode(t)
	n.def("child", waits)
	n.def("spawner", func(ctx process.Context, _ []mailbox.Value) process.Result {
		for range times {
			if _, err := ctx.Spawn(process.Spawn{Entry: "child", Group: "g", Name: "x", Monitor: true}); err != nil {
				return process.Fail(err)
			}
			ctx.Receive(isExit, -1)
		}
		return ok()
	})
	e := n.run(func(ctx process.Context, _ []mailbox.Value) process.Result {
		if _, err := ctx.Spawn(process.Spawn{Entry: "spawner", Group: "g", Monitor: true}); err != nil {
			return process.Fail(err)
		}
		var last mailbox.PID
		for range times {
			pid, there := ctx.Lookup("x")
			for ; !there || pid == last; pid, there = ctx.Lookup("x") {
				ctx.Yield()
			}
			if err := ctx.Send(pid, "end", nil); err != nil {
				return process.Fail(err)
			}
			last = pid
		}
		if e := ctx.Receive(isExit, -1); e.Exit.Err != nil {
			return process.Fail(e.Exit.Err)
		}
		return ok()
	})
	if e.Err != nil {
		t.Error(e.Err)
	}
}
