package lua

import (
	"bytes"
	"context"
	"crypto/rand"
	"io"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	glua "github.com/yuin/gopher-lua"
	"go.uber.org/goleak"

	"wippy/mailbox"
	"wippy/runtime/process"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fakeContext is a node of one process: what would suspend is done at once.
type fakeContext struct {
	process.Context // what a test does not expect to be asked panics

	events   []*mailbox.Event
	clock    process.Clock
	terminal *process.Terminal
	limits   process.Limits
	log      bytes.Buffer

	fuel     uint64
	printed  int64
	yields   int
	killAt   uint64 // kills at this much fuel, unless zero
	killed   bool
	exceeded *mailbox.Error
	deadline time.Time // kills at this time of the machine's, a test's safety net
}

func newFake() *fakeContext {
	return &fakeContext{
		clock:    process.NewManualClock(time.Date(2024, 2, 29, 13, 14, 15, 678, time.UTC)),
		deadline: time.Now().Add(20 * time.Second),
	}
}

func (c *fakeContext) Self() mailbox.PID           { return "<1.1.1>" }
func (c *fakeContext) Limits() process.Limits      { return c.limits }
func (c *fakeContext) Terminal() *process.Terminal { return c.terminal }
func (c *fakeContext) Clock() process.Clock        { return c.clock }
func (c *fakeContext) FuelUsed() uint64            { return c.fuel }
func (c *fakeContext) Entropy() io.Reader          { return rand.Reader }

func (c *fakeContext) Logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(&c.log, &slog.HandlerOptions{
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return a
		},
	}))
}

func (c *fakeContext) Receive(match func(*mailbox.Event) bool, _ time.Duration) *mailbox.Event {
	c.Checkpoint(0)
	for i, e := range c.events {
		if match == nil || match(e) {
			c.events = append(c.events[:i:i], c.events[i+1:]...)
			return e
		}
	}
	return nil
}

func (c *fakeContext) Await(f func(context.Context) error) error {
	c.Checkpoint(0)
	return f(context.Background())
}

func (c *fakeContext) Suspend(start func(wake func()), _ func()) {
	c.Checkpoint(0)
	woken := make(chan struct{})
	start(func() { close(woken) })
	<-woken
}

func (c *fakeContext) Exceed(err *mailbox.Error) {
	c.exceeded, c.killed = err, true
	process.Unwind()
}

func (c *fakeContext) Checkpoint(fuel uint64) {
	c.fuel += fuel
	if c.killAt > 0 && c.fuel >= c.killAt || time.Now().After(c.deadline) {
		c.killed = true
	}
	if c.killed {
		process.Unwind()
	}
}

func (c *fakeContext) Printed(n int) int64 {
	c.printed += int64(n)
	return c.printed
}

func (c *fakeContext) Yield() { c.yields++; c.Checkpoint(0) }

// testModules are what scripts of tests may require.
func testModules() []Module {
	return []Module{
		{Name: "process", Always: true, Open: func(s *State) glua.LValue {
			t := s.Main().NewTable()
			t.RawSetString("exit", s.Main().NewFunction(func(L *glua.LState) int {
				values, err := ToValues(L, 1)
				if err != nil {
					L.RaiseError("%s", err)
				}
				From(L).Exit(values)
				return 0
			}))
			t.RawSetString("receive", s.Main().NewFunction(func(L *glua.LState) int {
				e := From(L).Context().Receive(nil, -1)
				if e == nil {
					return 0
				}
				L.Push(FromValue(L, e.Values[0]))
				return 1
			}))
			return t
		}},
		{Name: "test", Open: openTest},
		{Name: "json", Open: func(s *State) glua.LValue { return s.Main().NewTable() }},
	}
}

// openTest is the module test: what a script needs to check Go's side.
func openTest(s *State) glua.LValue {
	t := s.Main().NewTable()
	for name, fn := range map[string]glua.LGFunction{
		"roundtrip": func(L *glua.LState) int {
			v, err := ToValue(L, L.Get(1))
			if err != nil {
				return PushError(L, err)
			}
			L.Push(FromValue(L, v))
			return 1
		},
		"duration": func(L *glua.LState) int {
			L.Push(NewDuration(L, CheckDuration(L, 1, "test.duration")))
			return 1
		},
		"now": func(L *glua.LState) int {
			L.Push(NewTime(L, From(L).Context().Clock().Now()))
			return 1
		},
		"int": func(L *glua.LState) int {
			n, _ := toInteger(L.Get(1))
			L.Push(NewInt(L, int64(n.bits)))
			return 1
		},
		"fail": func(L *glua.LState) int {
			return PushError(L, &mailbox.Error{
				Kind: mailbox.NotFound, Message: "no such thing", Retryable: true,
				Value: mailbox.Int(7), Trace: []string{"a", "b"},
			})
		},
		"panic": func(*glua.LState) int { panic("a fault of the module's") },
	} {
		t.RawSetString(name, s.Main().NewFunction(fn))
	}
	return t
}

func newTestEngine(t testing.TB, o Options) *Engine {
	t.Helper()
	o.Modules = append(o.Modules, testModules()...)
	e, err := NewEngine(o)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// start begins a script in a process of its own.
func start(t testing.TB, ctx *fakeContext, source string, args ...mailbox.Value) process.Process {
	t.Helper()
	p, err := newTestEngine(t, Options{}).CompileScript("test.lua", []byte(source), nil, true)
	if err != nil {
		t.Fatal(err)
	}
	return startProgram(t, ctx, p, args...)
}

func startProgram(t testing.TB, ctx *fakeContext, program process.Program, args ...mailbox.Value) process.Process {
	t.Helper()
	p, err := program.New(args, process.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Init(ctx); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

// run runs a script to its end.
func run(t testing.TB, source string, args ...mailbox.Value) process.Result {
	t.Helper()
	ctx := newFake()
	result, _ := start(t, ctx, source, args...).Step(ctx)
	return result
}

// unwinds steps a process that is to be killed, and tells whether it was.
func unwinds(p process.Process, ctx process.Context) (killed bool) {
	defer func() {
		if r := recover(); r != nil {
			if !process.Unwinding(r) {
				panic(r)
			}
			killed = true
		}
	}()
	p.Step(ctx)
	return false
}

func wantText(t *testing.T, got *mailbox.Error, want string) {
	t.Helper()
	if got == nil || !strings.Contains(got.Message, want) {
		t.Errorf("got error %v, want %q", got, want)
	}
}

func (c *fakeContext) Urgent() *atomic.Bool { return new(atomic.Bool) }
