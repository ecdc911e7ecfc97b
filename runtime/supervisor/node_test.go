package supervisor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"wippy/mailbox"
	"wippy/runtime/process"
	"wippy/runtime/scheduler"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long a test waits for what should come at once.
const patience = 20 * time.Second

// node is a real scheduler on a clock of the test's, with children that write
// down what becomes of them, and supervisors by name.
type node struct {
	*scheduler.Scheduler
	t     testing.TB
	clock *process.ManualClock

	mu      sync.Mutex
	more    *sync.Cond
	progs   map[string]process.Program
	journal []string
	pids    map[string]mailbox.PID // of the children, by name
	alive   map[string]int         // processes of each, from New to Close
	twice   []string               // of which two were alive at once
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

func newNode(t testing.TB) *node {
	n := &node{t: t, clock: process.NewManualClock(time.Unix(1000, 0)), progs: map[string]process.Program{},
		pids: map[string]mailbox.PID{}, alive: map[string]int{}}
	n.more = sync.NewCond(&n.mu)
	n.Scheduler = scheduler.New(scheduler.Config{
		Node: 1, Clock: n.clock, Executors: 2, Entropy: io.Reader(zeros{}),
		Resolve: func(entry string) (process.Program, process.Limits, error) {
			n.mu.Lock()
			defer n.mu.Unlock()
			name, _, _ := strings.Cut(entry, "/")
			if p := n.progs[name]; p != nil {
				return p, process.Limits{}, nil
			}
			return nil, process.Limits{}, mailbox.Errorf(mailbox.NotFound, "there is no entry %q", entry)
		}})
	for _, g := range []scheduler.Group{{ID: "g"}, {ID: "clients"}, {ID: "small", MaxProcesses: 1}, {ID: "hurried", Limits: process.Limits{MaxExecutionMS: 1000}}} {
		if err := n.AddGroup(g); err != nil {
			t.Fatal(err)
		}
	}
	n.define("worker", worker)
	n.define("stubborn", stubborn)
	n.define("fails", func(process.Context, string, []mailbox.Value) process.Result {
		return process.Fail(mailbox.Errorf(mailbox.Failed, "it fails at once"))
	})
	n.progs["sup"] = Dynamic{}
	t.Cleanup(func() {
		n.KillAll()
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := n.Stop(ctx, "the test is over", 0); err != nil {
			t.Error(err)
		}
		for _, name := range n.twice {
			t.Errorf("two processes of %s were alive at once", name)
		}
	})
	return n
}

// behaviour is a child written as a Go function. It is called by its name, the
// first argument.
type behaviour func(ctx process.Context, name string, args []mailbox.Value) process.Result

type program struct {
	n    *node
	run  behaviour
	init func(ctx process.Context, name string) error
}

type childProcess struct {
	p    *program
	name string
	args []mailbox.Value
}

func (n *node) define(name string, run behaviour) *program {
	p := &program{n: n, run: run}
	n.mu.Lock()
	n.progs[name] = p
	n.mu.Unlock()
	return p
}

func (p *program) Straight() bool { return false }

func (p *program) New(args []mailbox.Value, _ process.Limits) (process.Process, error) {
	name := ""
	if len(args) > 0 {
		name = args[0].Str()
	}
	if name == "refused" {
		return nil, mailbox.Errorf(mailbox.Invalid, "argument 1: expected anything but refused")
	}
	p.n.mu.Lock()
	defer p.n.mu.Unlock()
	if p.n.alive[name]++; p.n.alive[name] > 1 && name != "" {
		p.n.twice = append(p.n.twice, name)
	}
	return &childProcess{p, name, args}, nil
}

func (c *childProcess) Init(ctx process.Context) error {
	c.p.n.mu.Lock()
	c.p.n.pids[c.name] = ctx.Self()
	c.p.n.mu.Unlock()
	if c.p.init != nil {
		if err := c.p.init(ctx, c.name); err != nil {
			return err
		}
	}
	c.p.n.note("start " + c.name)
	return nil
}

func (c *childProcess) Step(ctx process.Context) (process.Result, process.Status) {
	return c.p.run(ctx, c.name, c.args), process.Done
}

func (c *childProcess) Close() {
	c.p.n.mu.Lock()
	c.p.n.alive[c.name]--
	c.p.n.mu.Unlock()
	c.p.n.note("stop " + c.name)
}

// worker ends as it is told, and at its CANCEL.
func worker(ctx process.Context, _ string, _ []mailbox.Value) process.Result {
	for {
		switch e := ctx.Receive(nil, -1); {
		case e.Type == mailbox.CancelEvent, e.Topic == "end":
			return process.Result{}
		case e.Topic == "fail":
			return process.Fail(mailbox.Errorf(mailbox.Failed, "told to fail"))
		case e.Topic == "ready":
			_ = ctx.Send(ctx.Parent(), ReadyTopic, e.Values)
		}
	}
}

// stubborn traps links and ends at nothing but "end", or a kill.
func stubborn(ctx process.Context, _ string, _ []mailbox.Value) process.Result {
	ctx.TrapLinks(true)
	ctx.Receive(func(e *mailbox.Event) bool { return e.Topic == "end" }, -1)
	return process.Result{}
}

func (n *node) note(text string) {
	n.mu.Lock()
	n.journal = append(n.journal, text)
	n.more.Broadcast()
	n.mu.Unlock()
}

// expect waits until the journal has as many lines, compares them, and empties it.
func (n *node) expect(want ...string) {
	n.t.Helper()
	n.until(fmt.Sprintf("%d lines of %q", len(want), want), func() bool { return len(n.journal) >= len(want) })
	n.mu.Lock()
	got := n.journal
	n.journal = nil
	n.mu.Unlock()
	if !slices.Equal(got, want) {
		n.t.Fatalf("the journal has\n\t%q\nwant\n\t%q", got, want)
	}
}

// quiet demands that nothing was written down.
func (n *node) quiet() {
	n.t.Helper()
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.journal) > 0 {
		n.t.Fatalf("the journal has %q, want nothing", n.journal)
	}
}

// until waits for something that only changes with the journal.
func (n *node) until(what string, is func() bool) {
	n.t.Helper()
	late := time.AfterFunc(patience, func() {
		n.mu.Lock()
		n.more.Broadcast()
		n.mu.Unlock()
	})
	defer late.Stop()
	end := time.Now().Add(patience)
	n.mu.Lock()
	defer n.mu.Unlock()
	for !is() {
		if time.Now().After(end) {
			n.t.Fatalf("waited in vain for %s; the journal has %q", what, n.journal)
		}
		n.more.Wait()
	}
}

// worker gives the spec of a child.
func spec(name string, change ...func(*Child)) Child {
	c := Child{ID: name, Entry: "worker", Group: "g", Args: []mailbox.Value{mailbox.String(name)}}
	for _, f := range change {
		f(&c)
	}
	return c
}

func entry(e string) func(*Child)    { return func(c *Child) { c.Entry = e } }
func restart(r Restart) func(*Child) { return func(c *Child) { c.Restart = r } }
func significant(c *Child)           { c.Significant = true }
func shutdown(d Shutdown) func(*Child) {
	return func(c *Child) { c.Shutdown = &d }
}

// top is a supervisor under test.
type top struct {
	n    *node
	pid  mailbox.PID
	exit chan *mailbox.Exit
}

// start starts a supervisor.
func (n *node) start(s Spec) *top {
	n.t.Helper()
	p, err := New(s, nil)
	if err != nil {
		n.t.Fatal(err)
	}
	r := &top{n, "", make(chan *mailbox.Exit, 1)}
	r.pid, err = n.Start(context.Background(), scheduler.Start{Entry: "top", Group: "g", Program: p,
		OnExit: func(_ mailbox.PID, e *mailbox.Exit) { r.exit <- e }})
	if err != nil {
		n.t.Fatal(err)
	}
	return r
}

func (r *top) wait() *mailbox.Exit {
	r.n.t.Helper()
	select {
	case e := <-r.exit:
		return e
	case <-time.After(patience):
		r.n.t.Fatal("the supervisor did not end")
		return nil
	}
}

func (r *top) cancel() {
	r.n.t.Helper()
	if err := r.n.Cancel(r.pid, "enough", time.Hour); err != nil {
		r.n.t.Fatal(err)
	}
}

// tell sends a child a message.
func (n *node) tell(name, topic string, values ...mailbox.Value) {
	n.t.Helper()
	n.mu.Lock()
	pid := n.pids[name]
	n.mu.Unlock()
	if err := n.Send(pid, topic, values); err != nil {
		n.t.Fatal(err)
	}
}

// as runs f as a process of its own.
func (n *node) as(f func(ctx process.Context) error) {
	n.t.Helper()
	prog := asProgram(f)
	exit := make(chan *mailbox.Exit, 1)
	if _, err := n.Start(context.Background(), scheduler.Start{Entry: "client", Group: "clients", Program: prog,
		OnExit: func(_ mailbox.PID, e *mailbox.Exit) { exit <- e }}); err != nil {
		n.t.Fatal(err)
	}
	select {
	case e := <-exit:
		if e.Err != nil {
			n.t.Fatal(e.Err)
		}
	case <-time.After(patience):
		n.t.Fatal("the client did not end")
	}
}

type asProgram func(ctx process.Context) error

func (asProgram) Straight() bool { return false }
func (f asProgram) New([]mailbox.Value, process.Limits) (process.Process, error) {
	return asProcess{f}, nil
}

type asProcess struct{ f asProgram }

func (asProcess) Init(process.Context) error { return nil }
func (asProcess) Close()                     {}
func (a asProcess) Step(ctx process.Context) (process.Result, process.Status) {
	if err := a.f(ctx); err != nil {
		return process.Fail(err), process.Done
	}
	return process.Result{}, process.Done
}

// call makes a request from a process.
func call1(ctx process.Context, sup mailbox.PID, name string, args ...any) (mailbox.Value, error) {
	ref := mailbox.Float(42)
	values, err := mailbox.ValuesOf(args...)
	if err != nil {
		return mailbox.Nil, err
	}
	values = append([]mailbox.Value{ref, mailbox.String(name)}, values...)
	for err = ctx.Send(sup, CallTopic, values); errors.Is(err, mailbox.Unavailable); err = ctx.Send(sup, CallTopic, values) {
		ctx.Yield() // it is full
	}
	if err != nil {
		return mailbox.Nil, err
	}
	monitor, err := ctx.Monitor(sup)
	if err != nil {
		return mailbox.Nil, err
	}
	e := ctx.Receive(func(e *mailbox.Event) bool {
		return e.Topic == ReplyTopic || e.Type == mailbox.ExitEvent && e.Ref == monitor
	}, -1)
	if e.Type == mailbox.ExitEvent {
		return mailbox.Nil, mailbox.NoProcess(sup)
	}
	ctx.Demonitor(monitor)
	if !e.Values[0].Equal(ref) {
		return mailbox.Nil, errors.New("the answer is to another request")
	}
	if !e.Values[1].Bool() {
		return mailbox.Nil, e.Values[2].Err()
	}
	if len(e.Values) < 3 {
		return mailbox.Nil, nil
	}
	return e.Values[2], nil
}

// call makes a request, and gives its answer.
func (r *top) call(name string, args ...any) (v mailbox.Value, err error) {
	r.n.t.Helper()
	r.n.as(func(ctx process.Context) error {
		v, err = call1(ctx, r.pid, name, args...)
		return nil
	})
	return v, err
}

// states gives the children as "id state".
func (r *top) states() []string {
	r.n.t.Helper()
	v, err := r.call("which_children")
	if err != nil {
		r.n.t.Fatal(err)
	}
	var out []string
	for _, c := range v.Table().List {
		out = append(out, c.Table().Get("id").Str()+" "+c.Table().Get("state").Str())
	}
	return out
}

// wantStates demands what comes to be soon: the journal may be ahead of a
// child's EXIT.
func (r *top) wantStates(want ...string) {
	r.n.t.Helper()
	got := r.states()
	for end := time.Now().Add(patience); !slices.Equal(got, want) && time.Now().Before(end); {
		got = r.states()
	}
	if !slices.Equal(got, want) {
		r.n.t.Errorf("the children are %q, want %q", got, want)
	}
}

// fails demands an exit with an error that holds a text.
func fails(t testing.TB, e *mailbox.Exit, text string) {
	t.Helper()
	if e.Reason != mailbox.ReasonError || !strings.Contains(e.Err.Message, text) {
		t.Errorf("it ended with %s (%v), want error with %q", e.Reason, e.Err, text)
	}
}

func (n *node) nothingLeft() {
	n.t.Helper()
	if pids, _ := n.List(""); len(pids) > 0 {
		n.t.Errorf("these processes are left: %v", pids)
	}
}
