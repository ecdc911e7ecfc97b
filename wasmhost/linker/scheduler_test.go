package linker_test

import (
	"context"
	"testing"

	"wippy/mailbox"
	"wippy/runtime/process"
	"wippy/runtime/scheduler"
	"wippy/wasmhost/linker"
)

// program has processes that call one function of a plan.
type program struct {
	plan *linker.Plan
	call *linker.Export
}

func (p *program) Straight() bool { return p.plan.Straight() }

func (p *program) New(args []mailbox.Value, limits process.Limits) (process.Process, error) {
	fitted, err := p.call.Fit(args)
	if err != nil {
		return nil, err
	}
	i, err := p.plan.New(background, limits)
	return &proc{Instance: i, p: p, args: fitted}, err
}

type proc struct {
	*linker.Instance
	p    *program
	args []mailbox.Value
}

func (p *proc) Init(ctx process.Context) error { return p.Start(ctx) }

func (p *proc) Step(process.Context) (process.Result, process.Status) {
	v, err := p.CallLast(p.p.call, p.args)
	if err != nil {
		return process.Fail(err), process.Done
	}
	return process.Result{Values: []mailbox.Value{v}}, process.Done
}

func (p *proc) Close() {
	if err := p.Instance.Close(); err != nil {
		panic(err)
	}
}

// run makes a scheduler whose entries are functions of plans. start runs one and
// gives its exit.
func run(t testing.TB, plans map[string]*linker.Plan) (s *scheduler.Scheduler, start func(plan, method string, args ...mailbox.Value) <-chan *mailbox.Exit) {
	t.Helper()
	programs := map[string]process.Program{}
	for name, p := range plans {
		for i := range p.Exports() {
			e := &p.Exports()[i]
			programs[name+"!"+e.Name] = &program{p, e}
		}
	}
	s = scheduler.New(scheduler.Config{Node: 1, Executors: 2, Resolve: func(entry string) (process.Program, process.Limits, error) {
		return programs[entry], process.Limits{}, nil
	}})
	if err := s.AddGroup(scheduler.Group{ID: "g", Workers: 2}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.KillAll()
		if err := s.Stop(context.Background(), "test over", 0); err != nil {
			t.Error(err)
		}
	})
	return s, func(plan, method string, args ...mailbox.Value) <-chan *mailbox.Exit {
		exit := make(chan *mailbox.Exit, 1)
		_, err := s.Start(background, scheduler.Start{Entry: plan + "!" + method, Group: "g", Args: args, OnExit: func(_ mailbox.PID, e *mailbox.Exit) { exit <- e }})
		if err != nil {
			t.Fatal(err)
		}
		return exit
	}
}

// TestScheduler has components that never end, in calls of each other, share
// two workers with others, and kills them.
func TestScheduler(t *testing.T) {
	p := link(t, "pair", linker.Nothing{})
	s, start := run(t, map[string]*linker.Plan{"pair": p})
	const n = 50
	var endless []<-chan *mailbox.Exit
	for range n {
		endless = append(endless, start("pair", caller+"spin"))
	}
	for range 20 {
		if e := <-start("pair", caller+"greet", str("you")); e.Err != nil || e.Values[0].Str() != "hello, you" {
			t.Fatalf("%+v", e)
		}
	}
	if e := <-start("pair", caller+"fail"); e.Reason != mailbox.ReasonError || len(e.Err.Trace) != 4 {
		t.Errorf("%+v", e)
	}
	pids, err := s.List("g")
	if err != nil || len(pids) != n {
		t.Fatalf("%d processes, %v", len(pids), err)
	}
	for _, pid := range pids {
		if err := s.Terminate(pid); err != nil {
			t.Error(err)
		}
	}
	for _, exit := range endless {
		if e := <-exit; e.Reason != mailbox.ReasonKilled {
			t.Errorf("%+v", e)
		}
	}
}

// BenchmarkSpawn is from spawn to exit, on two executors.
func BenchmarkSpawn(b *testing.B) {
	for _, bb := range []struct {
		guest, method string
		args          []mailbox.Value
	}{
		{"small", "add", []mailbox.Value{num(1), num(2)}},
		{"small", "echo", []mailbox.Value{str("you")}},
		{"pair", caller + "greet", []mailbox.Value{str("you")}},
	} {
		b.Run(bb.guest+"-"+bb.method, func(b *testing.B) {
			_, start := run(b, map[string]*linker.Plan{"p": link(b, bb.guest, linker.Nothing{})})
			b.ReportAllocs()
			exits := make([]<-chan *mailbox.Exit, 16) // so many at a time
			n := 0
			for b.Loop() {
				at := &exits[n%len(exits)]
				if *at != nil {
					if e := <-*at; e.Err != nil {
						b.Fatal(e.Err)
					}
				}
				*at = start("p", bb.method, bb.args...)
				n++
			}
			for _, exit := range exits[:min(n, len(exits))] {
				<-exit
			}
		})
	}
}
