package scheduler

import (
	"context"
	"errors"
	"fmt"
	"io"
	goruntime "runtime"
	"strings"
	"testing"
	"time"

	"wippy/mailbox"
	"wippy/runtime/process"
)

func TestReceiveTimesOut(t *testing.T) {
	n := newNode(t)
	n.def("main", func(ctx process.Context, _ []mailbox.Value) process.Result {
		return ok(mailbox.Bool(ctx.Receive(nil, 3*time.Second) == nil))
	})
	_, exit := n.start("main")
	n.clock.WaitTimers(1)
	n.clock.Advance(2 * time.Second)
	select {
	case e := <-exit:
		t.Fatalf("too early: %+v", e)
	default:
	}
	n.clock.Advance(time.Second)
	if e := <-exit; !e.Values[0].Bool() {
		t.Fatalf("%+v", e)
	}
}

func TestSelectiveReceiveKeepsOrder(t *testing.T) {
	n := newNode(t)
	e := n.run(func(ctx process.Context, _ []mailbox.Value) process.Result {
		for _, topic := range []string{"a", "b", "c", "d"} {
			_ = ctx.Send(ctx.Self(), topic, nil)
		}
		is := func(topic string) func(*mailbox.Event) bool {
			return func(e *mailbox.Event) bool { return e.Topic == topic }
		}
		order := ctx.Receive(is("c"), 0).Topic + ctx.ReceiveFunc(is("b"), 0).Topic
		for e := ctx.Receive(nil, 0); e != nil; e = ctx.Receive(nil, 0) {
			order += e.Topic
		}
		return ok(mailbox.String(order))
	})
	if got := e.Values[0].Str(); got != "cbad" {
		t.Fatalf("received in order %q", got)
	}
}

// A selective receive looks at each event once, however often it is woken: what
// it costs is proportional to what it skips.
func TestSelectiveReceiveLooksOnce(t *testing.T) {
	n := newNode(t)
	const messages = 1000
	n.def("sends", func(ctx process.Context, a []mailbox.Value) process.Result {
		for i := range messages {
			topic := "other"
			if i == messages-1 {
				topic = "wanted"
			}
			if err := ctx.Send(mailbox.PID(a[0].Str()), topic, nil); err != nil {
				return process.Fail(err)
			}
			ctx.Yield() // the receiver is woken for each
		}
		return ok()
	})
	e := n.run(func(ctx process.Context, _ []mailbox.Value) process.Result {
		looks := map[bool]int{}
		for _, receive := range []func(func(*mailbox.Event) bool, time.Duration) *mailbox.Event{ctx.Receive, ctx.ReceiveFunc} {
			for ctx.Receive(nil, 0) != nil {
				// empty it
			}
			if _, err := ctx.Spawn(process.Spawn{Entry: "sends", Group: "g", Args: []mailbox.Value{mailbox.String(string(ctx.Self()))}}); err != nil {
				return process.Fail(err)
			}
			looked := 0
			receive(func(e *mailbox.Event) bool { looked++; return e.Topic == "wanted" }, -1)
			looks[looked == messages]++
		}
		return ok(mailbox.Int(int64(looks[true])))
	})
	if e.Err != nil || e.Values[0].Int() != 2 {
		t.Fatalf("%+v %v", e, e.Err)
	}
}

func TestTerminate(t *testing.T) {
	for name, f := range map[string]behaviour{
		"receiving": func(ctx process.Context, _ []mailbox.Value) process.Result { ctx.Receive(nil, -1); return ok() },
		"sleeping":  func(ctx process.Context, _ []mailbox.Value) process.Result { ctx.Sleep(time.Hour); return ok() },
		"looping": func(ctx process.Context, _ []mailbox.Value) process.Result {
			for {
				ctx.Checkpoint(1)
				ctx.Yield()
			}
		},
		"swallowing": func(ctx process.Context, _ []mailbox.Value) process.Result {
			func() {
				defer func() { _ = recover() }()
				ctx.Receive(nil, -1)
			}()
			return ok()
		},
		"awaiting": func(ctx process.Context, _ []mailbox.Value) process.Result {
			_ = ctx.Await(func(c context.Context) error { <-c.Done(); return c.Err() })
			return ok()
		},
	} {
		t.Run(name, func(t *testing.T) {
			n := newNode(t)
			p := n.def("victim", f)
			p.closed = make(chan mailbox.PID, 1)
			pid, exit := n.start("victim")
			for i, _ := n.Info(pid); i.Steps == 0; i, _ = n.Info(pid) {
				goruntime.Gosched()
			}
			if err := n.Terminate(pid); err != nil {
				t.Fatal(err)
			}
			if e := <-exit; e.Reason != mailbox.ReasonKilled {
				t.Fatalf("%+v", e)
			}
			<-p.closed
			if err := n.Terminate(pid); !errors.Is(err, mailbox.NoProc) {
				t.Fatalf("terminating the dead: %v", err)
			}
		})
	}
}

func TestTerminateBeforeItBegins(t *testing.T) {
	n := newNode(t, func(c *Config, g *Group) { c.Executors, g.Workers = 1, 1 })
	began := false
	n.def("late", func(process.Context, []mailbox.Value) process.Result { began = true; return ok() })
	e := n.run(func(ctx process.Context, _ []mailbox.Value) process.Result {
		pid, _ := ctx.Spawn(process.Spawn{Entry: "late", Group: "g", Monitor: true})
		_ = ctx.Terminate(pid)
		return ok(mailbox.String(string(ctx.Receive(isExit, -1).Exit.Reason)))
	})
	if e.Values[0].Str() != "killed" || began {
		t.Fatalf("%+v, began %t", e, began)
	}
}

func TestAwaitIgnoringItsContextIsAbandoned(t *testing.T) {
	n := newNode(t)
	release := make(chan struct{})
	defer close(release)
	entered := make(chan struct{})
	n.def("stuck", func(ctx process.Context, _ []mailbox.Value) process.Result {
		_ = ctx.Await(func(context.Context) error { close(entered); <-release; return nil })
		return ok()
	})
	pid, exit := n.start("stuck")
	<-entered
	_ = n.Terminate(pid)
	n.clock.WaitTimers(1)
	n.clock.Advance(time.Second)
	if e := <-exit; e.Reason != mailbox.ReasonKilled {
		t.Fatalf("%+v", e)
	}
	if n.Abandoned() != 1 {
		t.Fatalf("%d calls counted as abandoned", n.Abandoned())
	}
}

func TestAwaitSuspendsOnlyItsProcess(t *testing.T) {
	n := newNode(t, func(c *Config, g *Group) { c.Executors, g.Workers = 1, 1 })
	release := make(chan struct{})
	n.def("blocked", func(ctx process.Context, _ []mailbox.Value) process.Result {
		return process.Fail(ctx.Await(func(context.Context) error { <-release; return errors.New("came back") }))
	})
	_, exit := n.start("blocked")
	if e := n.run(func(process.Context, []mailbox.Value) process.Result { return ok() }); e.Err != nil {
		t.Fatal(e.Err)
	}
	close(release)
	if e := <-exit; e.Err.Message != "came back" {
		t.Fatalf("%+v", e)
	}
}

func TestOverflow(t *testing.T) {
	for policy, want := range map[mailbox.Overflow]string{
		mailbox.Reject:     "unavailable 1 2 dropped 0",
		mailbox.DropOldest: "sent 2 3 dropped 1",
		mailbox.Block:      "sent 1 2 3 dropped 0",
	} {
		n := newNode(t, func(_ *Config, g *Group) { g.Mailbox = mailbox.Config{Capacity: 2, Overflow: policy} })
		full := make(chan struct{})
		n.def("sink", func(ctx process.Context, _ []mailbox.Value) process.Result {
			_ = ctx.Await(func(context.Context) error { <-full; return nil })
			var got string
			for range 2 {
				got += ctx.Receive(nil, -1).Topic + " "
			}
			if policy == mailbox.Block {
				got += ctx.Receive(nil, -1).Topic + " "
			}
			i, _ := ctx.Info(ctx.Self())
			return ok(mailbox.String(fmt.Sprintf("%sdropped %d", got, i.Dropped)))
		})
		sink, exit := n.start("sink")
		e := n.run(func(ctx process.Context, _ []mailbox.Value) process.Result {
			_ = ctx.Send(sink, "1", nil)
			_ = ctx.Send(sink, "2", nil)
			if policy == mailbox.Block {
				close(full)
			}
			err := ctx.Send(sink, "3", nil)
			if policy != mailbox.Block {
				close(full)
			}
			if err != nil {
				return ok(mailbox.String(string(mailbox.AsError(err).Kind)))
			}
			return ok(mailbox.String("sent"))
		})
		if got := e.Values[0].Str() + " " + (<-exit).Values[0].Str(); got != want {
			t.Errorf("policy %d: got %q, want %q", policy, got, want)
		}
	}
}

func TestBlockedSenderIsKillable(t *testing.T) {
	n := newNode(t, func(_ *Config, g *Group) { g.Mailbox = mailbox.Config{Capacity: 1, Overflow: mailbox.Block} })
	n.def("sink", func(ctx process.Context, _ []mailbox.Value) process.Result { ctx.Sleep(time.Hour); return ok() })
	sink, _ := n.start("sink")
	n.def("sender", func(ctx process.Context, _ []mailbox.Value) process.Result {
		_ = ctx.Send(sink, "1", nil)
		return process.Fail(ctx.Send(sink, "2", nil))
	})
	pid, exit := n.start("sender")
	for i, _ := n.Info(pid); i.State != "waiting"; i, _ = n.Info(pid) {
		goruntime.Gosched()
	}
	_ = n.Terminate(pid)
	if e := <-exit; e.Reason != mailbox.ReasonKilled {
		t.Fatalf("%+v", e)
	}
	if i, _ := n.Info(sink); i.Mailbox != 1 {
		t.Fatalf("the withdrawn message was delivered: %+v", i)
	}
	pid, exit = n.start("sender")
	_ = n.Terminate(sink)
	if e := <-exit; e.Err == nil || e.Err.Kind != mailbox.NoProc {
		t.Fatalf("sender to one that ended: %+v", e)
	}
	_ = pid
}

func TestSelfSendNeverBlocks(t *testing.T) {
	n := newNode(t, func(_ *Config, g *Group) { g.Mailbox = mailbox.Config{Capacity: 1, Overflow: mailbox.Block} })
	e := n.run(func(ctx process.Context, _ []mailbox.Value) process.Result {
		_ = ctx.Send(ctx.Self(), "1", nil)
		return process.Fail(ctx.Send(ctx.Self(), "2", nil))
	})
	if !errors.Is(e.Err, mailbox.Unavailable) {
		t.Fatalf("%+v", e)
	}
}

func TestTimersAndTicks(t *testing.T) {
	n := newNode(t)
	n.def("main", func(ctx process.Context, _ []mailbox.Value) process.Result {
		stopTick, _ := ctx.SendAfter(time.Second, time.Second, "tick", nil)
		_, _ = ctx.SendAfter(2500*time.Millisecond, 0, "timer", nil)
		stopNever, _ := ctx.SendAfter(time.Millisecond*2600, 0, "never", nil)
		stopNever()
		stopNever()
		var got []string
		for range 4 {
			got = append(got, ctx.Receive(nil, -1).Topic)
		}
		stopTick()
		return ok(mailbox.String(strings.Join(got, " ")))
	})
	_, exit := n.start("main")
	n.clock.WaitTimers(2)
	for range 3 {
		n.clock.Advance(time.Second)
	}
	if e := <-exit; e.Values[0].Str() != "tick tick timer tick" {
		t.Fatalf("%+v", e)
	}
}

func TestTimersAreBounded(t *testing.T) {
	n := newNode(t)
	e := n.run(func(ctx process.Context, _ []mailbox.Value) process.Result {
		for {
			if _, err := ctx.SendAfter(time.Hour, 0, "timer", nil); err != nil {
				return process.Fail(err)
			}
		}
	})
	if !errors.Is(e.Err, mailbox.LimitHit) {
		t.Fatalf("%+v", e)
	}
}

func TestCancel(t *testing.T) {
	n := newNode(t)
	n.def("polite", func(ctx process.Context, _ []mailbox.Value) process.Result {
		e := ctx.Receive(nil, -1)
		return ok(mailbox.String(e.Type.String() + " " + e.Cancel.Reason + " " + e.Cancel.Deadline.Sub(ctx.Clock().Now()).String()))
	})
	n.def("deaf", func(ctx process.Context, _ []mailbox.Value) process.Result { ctx.Sleep(time.Hour); return ok() })
	e := n.run(func(ctx process.Context, _ []mailbox.Value) process.Result {
		pid, _ := ctx.Spawn(process.Spawn{Entry: "polite", Group: "g", Monitor: true})
		_ = ctx.Cancel(pid, "enough", 3*time.Second)
		return ok(ctx.Receive(isExit, -1).Exit.Values...)
	})
	if got := e.Values[0].Str(); got != "CANCEL enough 3s" {
		t.Fatal(got)
	}
	deaf, exit := n.start("deaf")
	n.run(func(ctx process.Context, _ []mailbox.Value) process.Result {
		return process.Fail(ctx.Cancel(deaf, "", process.DefaultGrace))
	})
	n.clock.WaitTimers(2)
	n.clock.Advance(process.DefaultGrace)
	if e := <-exit; e.Reason != mailbox.ReasonCancelled {
		t.Fatalf("%+v", e)
	}
}

// TestTerminateBeforeItWaitsForTheTerminal kills a process that runs, and only then
// wants to print and to read while others do: those behind it go on.
func TestTerminateBeforeItWaitsForTheTerminal(t *testing.T) {
	printing, seen := make(chan struct{}), make(chan struct{})
	in, typed := io.Pipe()
	terminal := &process.Terminal{Stdin: in, Stdout: writerFunc(func(p []byte) (int, error) {
		if string(p) == "first" {
			close(printing)
			<-seen
		}
		return len(p), nil
	})}
	n := newNode(t, func(c *Config, g *Group) { c.Executors, g.Workers, g.Terminal = 4, 4, terminal })
	take := func(b []byte, err error) (int, bool) { return len(b), len(b) > 0 || err != nil }
	for name, f := range map[string]func(ctx process.Context) error{
		"print": func(ctx process.Context) error { return new(process.Output).Write(ctx, "more") },
		"read":  func(ctx process.Context) error { terminal.Input().Read(ctx, take); return nil },
	} {
		n.def(name, func(ctx process.Context, _ []mailbox.Value) process.Result { return process.Fail(f(ctx)) })
		running, killed := make(chan struct{}), make(chan struct{})
		n.def("doomed to "+name, func(ctx process.Context, _ []mailbox.Value) process.Result {
			close(running)
			<-killed
			return process.Fail(f(ctx))
		})
		if name == "print" {
			n.def("first", func(ctx process.Context, _ []mailbox.Value) process.Result {
				return process.Fail(new(process.Output).Write(ctx, "first"))
			})
			n.start("first")
			<-printing
		}
		pid, exit := n.start("doomed to " + name)
		<-running
		if err := n.Terminate(pid); err != nil {
			t.Fatal(err)
		}
		close(killed)
		if e := <-exit; e.Reason != mailbox.ReasonKilled {
			t.Fatalf("%s: %+v", name, e)
		}
		_, exit = n.start(name)
		if name == "print" {
			close(seen)
		} else {
			go io.WriteString(typed, "x")
		}
		if e := <-exit; e.Err != nil {
			t.Fatalf("%s: %+v", name, e)
		}
	}
}

type writerFunc func(p []byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }
