package scheduler

import (
	"context"
	"errors"
	goruntime "runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"wippy/mailbox"
	"wippy/runtime/process"
)

// A group of one worker is serial, also when its processes come from the slots
// of executors that run others.
func TestWorkersBoundAGroup(t *testing.T) {
	n := newNode(t, func(c *Config, g *Group) { c.Executors, g.Workers = 4, 4 })
	if err := n.AddGroup(Group{ID: "serial", Workers: 1}); err != nil {
		t.Fatal(err)
	}
	var inside, most atomic.Int32
	n.def("serial", func(ctx process.Context, _ []mailbox.Value) process.Result {
		for {
			ctx.Receive(nil, -1)
			most.Store(max(most.Load(), inside.Add(1)))
			for range 300 {
				ctx.Clock().Now()
			}
			inside.Add(-1)
		}
	})
	var pids []mailbox.PID
	for range 8 {
		pid, err := n.Start(context.Background(), Start{Entry: "serial", Group: "serial"})
		if err != nil {
			t.Fatal(err)
		}
		pids = append(pids, pid)
	}
	n.def("sender", func(ctx process.Context, _ []mailbox.Value) process.Result {
		for i := range 3000 {
			_ = ctx.Send(pids[i%8], "x", nil)
			_ = ctx.Send(pids[(i+1)%8], "x", nil)
			ctx.Yield()
		}
		return ok()
	})
	var exits []<-chan *mailbox.Exit
	for range 3 {
		_, exit := n.start("sender")
		exits = append(exits, exit)
	}
	for _, exit := range exits {
		<-exit
	}
	if most.Load() != 1 {
		t.Errorf("%d processes ran at once in a group of one worker", most.Load())
	}
}

// gate is a program whose New waits.
type gate struct {
	*program
	entered, open chan struct{}
}

func (g gate) New(args []mailbox.Value, limits process.Limits) (process.Process, error) {
	close(g.entered)
	<-g.open
	return g.program.New(args, limits)
}

// A Start that Stop overtakes either fails or gives a process that ends.
func TestStartMeetsStop(t *testing.T) {
	n := newNode(t)
	p := gate{&program{run: func(process.Context, []mailbox.Value) process.Result { return ok() }},
		make(chan struct{}), make(chan struct{})}
	started, stopped, exit := make(chan error), make(chan error), make(chan *mailbox.Exit, 1)
	go func() {
		_, err := n.Start(context.Background(), Start{Entry: "x", Group: "g", Program: p,
			OnExit: func(_ mailbox.PID, e *mailbox.Exit) { exit <- e }})
		started <- err
	}()
	<-p.entered
	go func() { stopped <- n.Stop(context.Background(), "", 0) }()
	close(p.open)
	if err := <-started; err == nil {
		<-exit
	} else if !errors.Is(err, mailbox.Unavailable) {
		t.Error(err)
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
}

func TestStopTwiceAtOnce(t *testing.T) {
	n := newNode(t)
	n.def("waits", func(ctx process.Context, _ []mailbox.Value) process.Result { ctx.Receive(nil, -1); return ok() })
	n.start("waits")
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if err := n.Stop(context.Background(), "", time.Minute); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

// A match that waits itself leaves the outer wait its own deadline.
func TestWaitWithinAWait(t *testing.T) {
	n := newNode(t)
	n.def("outer", func(ctx process.Context, _ []mailbox.Value) process.Result {
		_ = ctx.Send(ctx.Self(), "hello", nil)
		begun := ctx.Clock().Now()
		e := ctx.ReceiveFunc(func(*mailbox.Event) bool {
			ctx.Sleep(time.Second)                                                 // shorter than the outer
			ctx.Receive(func(*mailbox.Event) bool { return false }, 2*time.Second) // another one
			return false
		}, 10*time.Second)
		return ok(mailbox.Bool(e == nil), mailbox.Duration(ctx.Clock().Now().Sub(begun)))
	})
	_, exit := n.start("outer")
	for range 10 {
		n.clock.WaitTimers(1)
		n.clock.Advance(time.Second)
	}
	if e := <-exit; !e.Values[0].Bool() || e.Values[1].Duration() != 10*time.Second {
		t.Errorf("a time-out of 10 s: %+v", e)
	}
}

func TestCancelsDoNotFillAMailbox(t *testing.T) {
	n := newNode(t)
	n.def("victim", func(ctx process.Context, _ []mailbox.Value) process.Result { ctx.Sleep(time.Hour); return ok() })
	pid, exit := n.start("victim")
	n.run(func(ctx process.Context, _ []mailbox.Value) process.Result {
		for i := range 1000 {
			_ = ctx.Cancel(pid, "x", time.Hour-time.Duration(i)*time.Second)
			_ = ctx.Cancel(pid, "later", 2*time.Hour)
		}
		return ok()
	})
	if i, _ := n.Info(pid); i.Mailbox != 1 {
		t.Errorf("%d events wait after many cancels", i.Mailbox)
	}
	n.clock.Advance(time.Hour - 999*time.Second) // the earliest deadline
	if e := <-exit; e.Reason != mailbox.ReasonCancelled {
		t.Errorf("%+v", e)
	}
}

func TestCancelNow(t *testing.T) {
	n := newNode(t)
	n.def("victim", func(ctx process.Context, _ []mailbox.Value) process.Result { ctx.Receive(nil, -1); return ok() })
	pid, exit := n.start("victim")
	n.run(func(ctx process.Context, _ []mailbox.Value) process.Result {
		return process.Fail(ctx.Cancel(pid, "", 0))
	})
	if e := <-exit; e.Reason != mailbox.ReasonCancelled {
		t.Errorf("%+v", e)
	}
}

func TestHugeExecutionLimit(t *testing.T) {
	n := newNode(t, func(_ *Config, g *Group) { g.Limits.MaxExecutionMS = 10_000_000_000_000 })
	e := n.run(func(ctx process.Context, _ []mailbox.Value) process.Result { ctx.Yield(); return ok() })
	if e.Err != nil {
		t.Error(e.Err)
	}
}

type faulty struct{ *program }

func (faulty) New([]mailbox.Value, process.Limits) (process.Process, error) { panic("boom") }

func TestFaultInNewGivesThePlaceBack(t *testing.T) {
	n := newNode(t, func(_ *Config, g *Group) { g.MaxProcesses = 2 })
	n.progs["faulty"] = faulty{}
	e := n.run(func(ctx process.Context, _ []mailbox.Value) process.Result {
		for range 5 {
			if _, err := ctx.Spawn(process.Spawn{Entry: "faulty", Group: "g"}); !errors.Is(err, mailbox.Internal) {
				return process.Fail(err)
			}
		}
		return ok()
	})
	if e.Err != nil {
		t.Error(e.Err)
	}
}

func TestShortestPeriod(t *testing.T) {
	n := newNode(t)
	e := n.run(func(ctx process.Context, _ []mailbox.Value) process.Result {
		_, err := ctx.SendAfter(1, 1, "tick", nil)
		return process.Fail(err)
	})
	if !errors.Is(e.Err, mailbox.Invalid) {
		t.Errorf("%+v", e)
	}
}

// Many processes that wait for one entry to be prepared take one place of the
// I/O pool, are killable at once, and all get the program.
func TestPreparation(t *testing.T) {
	prepared, begun := make(chan struct{}), make(chan struct{})
	var mu sync.Mutex
	var ready process.Program
	n := newNode(t, func(c *Config, _ *Group) {
		inner := c.Resolve
		c.IOWorkers = 2
		c.Resolve = func(entry string) (process.Program, process.Limits, error) {
			if entry == "slow" {
				mu.Lock()
				defer mu.Unlock()
				return ready, process.Limits{}, nil
			}
			return inner(entry)
		}
		c.Prepare = func(context.Context, string) error {
			close(begun)
			<-prepared
			mu.Lock()
			defer mu.Unlock()
			ready = &program{run: func(process.Context, []mailbox.Value) process.Result { return ok() }}
			return nil
		}
	})
	n.def("spawner", func(ctx process.Context, _ []mailbox.Value) process.Result {
		_, err := ctx.Spawn(process.Spawn{Entry: "slow", Group: "g"})
		if err != nil {
			return process.Fail(err)
		}
		return ok()
	})
	var exits []<-chan *mailbox.Exit
	for range 20 {
		_, exit := n.start("spawner")
		exits = append(exits, exit)
	}
	victim, killed := n.start("spawner")
	<-begun
	for i, _ := n.Info(victim); i.State != "waiting"; i, _ = n.Info(victim) {
	}
	_ = n.Terminate(victim)
	if e := <-killed; e.Reason != mailbox.ReasonKilled {
		t.Errorf("%+v", e)
	}
	e := n.run(func(ctx process.Context, _ []mailbox.Value) process.Result {
		_ = ctx.Await(func(context.Context) error { return nil }) // there is a place left
		return ok()
	})
	if e.Err != nil {
		t.Error(e.Err)
	}
	close(prepared)
	for _, exit := range exits {
		if e := <-exit; e.Err != nil {
			t.Error(e.Err)
		}
	}
	if n.Abandoned() != 0 {
		t.Errorf("%d calls were abandoned", n.Abandoned())
	}
}

// CANCELs that come at the same moment leave one in the mailbox, the earliest.
func TestCancelsAtOnce(t *testing.T) {
	n := newNode(t)
	n.def("victim", func(ctx process.Context, _ []mailbox.Value) process.Result {
		ctx.Receive(func(e *mailbox.Event) bool { return e.Topic == "look" }, -1)
		e := ctx.Receive(nil, 0)
		return ok(mailbox.Duration(e.Cancel.Deadline.Sub(ctx.Clock().Now())), mailbox.Bool(ctx.Receive(nil, 0) == nil))
	})
	for range 50 {
		pid, exit := n.start("victim")
		target := n.procs.get(pid)
		var wg sync.WaitGroup
		for i := range 8 {
			wg.Go(func() { target.cancel("", "x", time.Duration(10+i)*time.Second) })
		}
		wg.Wait()
		if err := n.Send(pid, "look", nil); err != nil {
			t.Fatal(err)
		}
		if e := <-exit; e.Values[0].Duration() != 10*time.Second || !e.Values[1].Bool() {
			t.Fatalf("%+v", e)
		}
	}
}

// A state machine that leaves an event unread is called again, shares its
// executor, and can be killed.
func TestIdleWithUnreadEvents(t *testing.T) {
	n := newNode(t, func(c *Config, g *Group) { c.Executors, g.Workers = 1, 1 })
	n.progs["ignorant"] = &ignorant{}
	pid, exit := n.start("ignorant")
	if err := n.Send(pid, "unread", nil); err != nil {
		t.Fatal(err)
	}
	for i, _ := n.Info(pid); i.Steps < 3; i, _ = n.Info(pid) {
		goruntime.Gosched()
	}
	if e := n.run(func(process.Context, []mailbox.Value) process.Result { return ok() }); e.Err != nil {
		t.Error(e.Err)
	}
	_ = n.Terminate(pid)
	if e := <-exit; e.Reason != mailbox.ReasonKilled {
		t.Errorf("%+v", e)
	}
}

type ignorant struct{ state }

func (i *ignorant) New([]mailbox.Value, process.Limits) (process.Process, error) { return i, nil }
func (i *ignorant) Step(process.Context) (process.Result, process.Status) {
	return process.Result{}, process.Idle
}

// state is a process written as a state machine.
type state struct{ steps int }

func (s *state) Straight() bool                                               { return false }
func (s *state) New([]mailbox.Value, process.Limits) (process.Process, error) { return s, nil }
func (s *state) Init(process.Context) error                                   { return nil }
func (s *state) Close()                                                       {}
func (s *state) Step(ctx process.Context) (process.Result, process.Status) {
	s.steps++
	switch e := ctx.Receive(nil, 0); {
	case s.steps == 1:
		return process.Result{}, process.Again
	case e == nil:
		return process.Result{}, process.Idle
	case e.Topic == "end":
		return ok(mailbox.Int(int64(s.steps))), process.Done
	}
	return process.Result{}, process.Idle
}

func TestStateMachine(t *testing.T) {
	n := newNode(t)
	n.progs["machine"] = &state{}
	pid, exit := n.start("machine")
	for _, topic := range []string{"one", "two", "end"} {
		if err := n.Send(pid, topic, nil); err != nil {
			t.Fatal(err)
		}
	}
	if e := <-exit; e.Err != nil || e.Values[0].Int() != 3 {
		t.Errorf("%+v", e)
	}
}
