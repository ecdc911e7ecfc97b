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
