package scheduler

import (
	"context"
	"errors"
	"fmt"
	goruntime "runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"wippy/mailbox"
	"wippy/runtime/process"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// behaviour is a process written as a Go function.
type behaviour func(ctx process.Context, args []mailbox.Value) process.Result

// program makes processes of a behaviour and records what is done to them.
type program struct {
	run      behaviour
	straight bool
	closed   chan mailbox.PID
}

type instance struct {
	p    *program
	args []mailbox.Value
	pid  mailbox.PID
}

func (p *program) Straight() bool { return p.straight }

func (p *program) New(args []mailbox.Value, _ process.Limits) (process.Process, error) {
	if len(args) > 0 && args[0].Str() == "refuse" {
		return nil, mailbox.Errorf(mailbox.Invalid, "argument 1: expected anything but refuse")
	}
	return &instance{p: p, args: args}, nil
}

func (i *instance) Init(ctx process.Context) error { i.pid = ctx.Self(); return nil }
func (i *instance) Step(ctx process.Context) (process.Result, process.Status) {
	return i.p.run(ctx, i.args), process.Done
}
func (i *instance) Close() {
	if i.p.closed != nil {
		i.p.closed <- i.pid
	}
}

// node is a scheduler under test with one group "g" and programs by name.
type node struct {
	*Scheduler
	t     testing.TB
	clock *process.ManualClock
	mu    sync.Mutex
	progs map[string]process.Program
}

func newNode(t testing.TB, change ...func(*Config, *Group)) *node {
	n := &node{t: t, clock: process.NewManualClock(time.Unix(1000, 0)), progs: map[string]process.Program{}}
	cfg := Config{Node: 1, Clock: n.clock, Executors: 2, AbandonAfter: time.Second,
		Resolve: func(entry string) (process.Program, process.Limits, error) {
			n.mu.Lock()
			defer n.mu.Unlock()
			if p := n.progs[entry]; p != nil {
				return p, process.Limits{}, nil
			}
			return nil, process.Limits{}, mailbox.Errorf(mailbox.NotFound, "there is no entry %q", entry)
		}}
	g := Group{ID: "g", Workers: 2}
	for _, c := range change {
		c(&cfg, &g)
	}
	n.Scheduler = New(cfg)
	if err := n.AddGroup(g); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		n.KillAll()
		if err := n.Stop(context.Background(), "test over", 0); err != nil {
			t.Error(err)
		}
	})
	return n
}

func (n *node) def(name string, f behaviour) *program {
	p := &program{run: f}
	n.mu.Lock()
	n.progs[name] = p
	n.mu.Unlock()
	return p
}

// start runs an entry and gives its exit.
func (n *node) start(entry string, args ...mailbox.Value) (mailbox.PID, <-chan *mailbox.Exit) {
	n.t.Helper()
	exit := make(chan *mailbox.Exit, 1)
	pid, err := n.Start(context.Background(), Start{Entry: entry, Group: "g", Args: args, OnExit: func(_ mailbox.PID, e *mailbox.Exit) { exit <- e }})
	if err != nil {
		n.t.Fatal(err)
	}
	return pid, exit
}

// run runs f as a process and gives its exit.
func (n *node) run(f behaviour) *mailbox.Exit {
	n.t.Helper()
	n.def("main", f)
	_, exit := n.start("main")
	return <-exit
}

func ok(vs ...mailbox.Value) process.Result { return process.Result{Values: vs} }

func isExit(e *mailbox.Event) bool { return e.Type == mailbox.ExitEvent }

func TestSpawnMonitoredDeliversResult(t *testing.T) {
	n := newNode(t)
	n.def("add", func(_ process.Context, a []mailbox.Value) process.Result {
		return ok(mailbox.Float(a[0].Float() + a[1].Float()))
	})
	e := n.run(func(ctx process.Context, _ []mailbox.Value) process.Result {
		pid, err := ctx.Spawn(process.Spawn{Entry: "add", Group: "g", Monitor: true,
			Args: []mailbox.Value{mailbox.Float(6), mailbox.Float(7)}})
		if err != nil {
			return process.Fail(err)
		}
		ev := ctx.Receive(nil, -1)
		if ev.Type != mailbox.ExitEvent || ev.From != pid || ev.Ref == 0 {
			return process.Fail(fmt.Errorf("unexpected %+v", ev))
		}
		return ok(ev.Exit.Values...)
	})
	if e.Err != nil || e.Values[0].Float() != 13 {
		t.Fatalf("exit %+v", e)
	}
}

func TestStraightProgramRunsWithoutCoroutine(t *testing.T) {
	n := newNode(t)
	n.def("pure", func(process.Context, []mailbox.Value) process.Result { return ok(mailbox.Float(1)) }).straight = true
	_, exit := n.start("pure")
	if e := <-exit; e.Values[0].Float() != 1 {
		t.Fatalf("exit %+v", e)
	}
	n.def("bad", func(ctx process.Context, _ []mailbox.Value) process.Result {
		ctx.Receive(nil, -1)
		return ok()
	}).straight = true
	_, exit = n.start("bad")
	if e := <-exit; e.Err == nil || e.Err.Kind != mailbox.Internal {
		t.Fatalf("a straight process that suspends: %+v", e)
	}
}

func TestSpawnErrors(t *testing.T) {
	n := newNode(t, func(_ *Config, g *Group) { g.MaxProcesses = 2 })
	n.def("worker", func(ctx process.Context, _ []mailbox.Value) process.Result { ctx.Receive(nil, -1); return ok() })
	e := n.run(func(ctx process.Context, _ []mailbox.Value) process.Result {
		var out []mailbox.Value
		try := func(r process.Spawn) {
			_, err := ctx.Spawn(r)
			text := "no error"
			if err != nil {
				e := mailbox.AsError(err)
				text = fmt.Sprintf("%s retryable=%t: %s", e.Kind, e.Retryable, e.Message)
			}
			out = append(out, mailbox.String(text))
		}
		try(process.Spawn{Entry: "nobody", Group: "g"})
		try(process.Spawn{Entry: "worker", Group: "q"})
		try(process.Spawn{Entry: "worker", Group: "g", Args: []mailbox.Value{mailbox.String("refuse")}})
		try(process.Spawn{Entry: "worker", Group: "g"})
		try(process.Spawn{Entry: "worker", Group: "g"})
		return ok(out...)
	})
	want := []string{
		`not_found retryable=false: there is no entry "nobody"`,
		`not_found retryable=false: there is no process group "q"; did you mean "g"?`,
		`invalid retryable=false: argument 1: expected anything but refuse`,
		`no error`,
		`unavailable retryable=true: process group "g" is full: 2 of 2 processes (max_processes)`,
	}
	for i, w := range want {
		if i >= len(e.Values) || e.Values[i].Str() != w {
			t.Errorf("spawn %d: got %v, want %s", i+1, e.Values, w)
		}
	}
}

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

func TestFaultsEndOneProcessOnly(t *testing.T) {
	n := newNode(t, func(c *Config, g *Group) { c.Executors, g.Workers = 1, 1 })
	for name, f := range map[string]behaviour{
		"panic":  func(process.Context, []mailbox.Value) process.Result { panic("boom") },
		"goexit": func(process.Context, []mailbox.Value) process.Result { goruntime.Goexit(); return ok() },
		"await panic": func(ctx process.Context, _ []mailbox.Value) process.Result {
			return process.Fail(ctx.Await(func(context.Context) error { panic("boom") }))
		},
		"await goexit": func(ctx process.Context, _ []mailbox.Value) process.Result {
			return process.Fail(ctx.Await(func(context.Context) error { goruntime.Goexit(); return nil }))
		},
	} {
		if e := n.run(f); e.Reason != mailbox.ReasonError || e.Err.Kind != mailbox.Internal {
			t.Errorf("%s: %+v", name, e)
		}
	}
	if e := n.run(func(process.Context, []mailbox.Value) process.Result { return ok() }); e.Err != nil {
		t.Fatal(e.Err)
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

func TestExecutionTimeLimit(t *testing.T) {
	n := newNode(t, func(_ *Config, g *Group) { g.Limits.MaxExecutionMS = 50 })
	n.def("slow", func(ctx process.Context, _ []mailbox.Value) process.Result { ctx.Sleep(time.Hour); return ok() })
	_, exit := n.start("slow")
	n.clock.WaitTimers(2)
	n.clock.Advance(50 * time.Millisecond)
	if e := <-exit; e.Reason != mailbox.ReasonLimit || !strings.HasPrefix(e.Err.Message, "max_execution_ms") {
		t.Fatalf("%+v", e)
	}
}

func TestFuelLimit(t *testing.T) {
	n := newNode(t, func(_ *Config, g *Group) { g.Limits.MaxFuel = 1000 })
	e := n.run(func(ctx process.Context, _ []mailbox.Value) process.Result {
		for {
			ctx.Checkpoint(100)
		}
	})
	if e.Reason != mailbox.ReasonLimit || !strings.HasPrefix(e.Err.Message, "max_fuel") {
		t.Fatalf("%+v", e)
	}
}

func TestStopAsksFirst(t *testing.T) {
	n := newNode(t)
	n.def("polite", func(ctx process.Context, _ []mailbox.Value) process.Result { ctx.Receive(nil, -1); return ok() })
	_, exit := n.start("polite")
	if err := n.Stop(context.Background(), "the end", time.Minute); err != nil {
		t.Fatal(err)
	}
	if e := <-exit; e.Reason != mailbox.ReasonNormal {
		t.Fatalf("%+v", e)
	}
	if _, err := n.Start(context.Background(), Start{Entry: "polite", Group: "g"}); !errors.Is(err, mailbox.Unavailable) {
		t.Fatalf("spawn after the stop: %v", err)
	}
}

// A busy process must not keep one that it woke from an idle executor.
func TestWokenProcessIsNotStuckBehindItsWaker(t *testing.T) {
	n := newNode(t)
	answered := make(chan struct{})
	n.def("other", func(ctx process.Context, _ []mailbox.Value) process.Result {
		ctx.Receive(nil, -1)
		close(answered)
		return ok()
	})
	other, _ := n.start("other")
	e := n.run(func(ctx process.Context, _ []mailbox.Value) process.Result {
		_ = ctx.Send(other, "go", nil)
		for {
			select {
			case <-answered:
				return ok()
			default:
				ctx.Checkpoint(1)
			}
		}
	})
	if e.Err != nil {
		t.Fatal(e.Err)
	}
}

func TestPreemptedProcessesShareWithWokenOnes(t *testing.T) {
	n := newNode(t, func(c *Config, g *Group) { c.Executors, g.Workers = 1, 1 })
	n.def("loop", func(ctx process.Context, _ []mailbox.Value) process.Result {
		for range 1000 {
			ctx.Checkpoint(1)
			ctx.Yield()
		}
		return ok()
	})
	n.def("echo", func(ctx process.Context, _ []mailbox.Value) process.Result {
		for {
			e := ctx.Receive(nil, -1)
			_ = ctx.Send(e.From, "", nil)
		}
	})
	_, looped := n.start("loop")
	echo, _ := n.start("echo")
	n.def("pinger", func(ctx process.Context, _ []mailbox.Value) process.Result {
		for {
			_ = ctx.Send(echo, "", nil)
			ctx.Receive(nil, -1)
		}
	})
	n.start("pinger") // ping-pong for ever must not starve the loop
	<-looped
}

// Many processes that spawn, message, monitor and kill each other at random.
func TestHammer(t *testing.T) {
	n := newNode(t, func(c *Config, g *Group) { c.Clock, c.Executors, g.Workers = process.SystemClock{}, 4, 4 })
	n.def("echo", func(ctx process.Context, _ []mailbox.Value) process.Result {
		for {
			e := ctx.Receive(nil, -1)
			if e.Type == mailbox.Message {
				_ = ctx.Send(e.From, "echo", e.Values)
			}
		}
	})
	n.def("client", func(ctx process.Context, a []mailbox.Value) process.Result {
		for i := range 50 {
			pid, err := ctx.Spawn(process.Spawn{Entry: "echo", Group: "g", Monitor: true})
			if err != nil {
				return process.Fail(err)
			}
			_ = ctx.Send(pid, "hello", a)
			if i%3 == 0 {
				ref, _ := ctx.Monitor(pid)
				ctx.Demonitor(ref)
			}
			if i%2 == 0 {
				ctx.Receive(func(e *mailbox.Event) bool { return e.Type == mailbox.Message && e.From == pid }, time.Minute)
			}
			_ = ctx.Terminate(pid)
			if e := ctx.Receive(func(e *mailbox.Event) bool { return isExit(e) && e.From == pid }, time.Minute); e == nil || e.Exit.Reason != mailbox.ReasonKilled {
				return process.Fail(fmt.Errorf("round %d: %+v", i, e))
			}
		}
		return ok()
	})
	var exits []<-chan *mailbox.Exit
	for range 20 {
		_, exit := n.start("client")
		exits = append(exits, exit)
	}
	for _, exit := range exits {
		if e := <-exit; e.Err != nil {
			t.Error(e.Err)
		}
	}
}
