package wasi_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"wippy/mailbox"
	"wippy/runtime/process"
	"wippy/runtime/scheduler"
	"wippy/wasmhost"
	"wippy/wasmhost/canon"
	"wippy/wasmhost/component"
	"wippy/wasmhost/imports"
	"wippy/wasmhost/linker"
	"wippy/wasmhost/wasi"
	"wippy/wasmhost/wasi/files"
	whttp "wippy/wasmhost/wasi/http"
	"wippy/wasmhost/wasi/iface"
	"wippy/wasmhost/wasi/world"
)

var background = context.Background()

// host compiles for all tests, each guest once.
var host = wasmhost.New(wasmhost.Options{})

func TestMain(m *testing.M) {
	code := m.Run()
	if err := host.Close(background); err != nil {
		panic(err)
	}
	if code == 0 {
		if err := goleak.Find(); err != nil {
			println(err.Error())
			code = 1
		}
	}
	os.Exit(code)
}

var all = imports.Grants{"wasi:cli", "wasi:io", "wasi:clocks", "wasi:random", "wasi:filesystem", "wasi:http", "wasi:sockets"}

func readGuest(t testing.TB, name string) *component.Component {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "..", "test", "guests", "bin", "component", name+".wasm"))
	if err != nil {
		t.Fatal(err)
	}
	c, err := component.Read(b)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

var plans = map[string]*linker.Plan{}

// planOf links a guest to everything.
func planOf(t testing.TB, name string) *linker.Plan {
	t.Helper()
	if plans[name] == nil {
		p, err := host.Link(background, name+".wasm", readGuest(t, name), wasi.Registry().Resolver(name+".wasm", "app:"+name, all))
		if err != nil {
			t.Fatal(err)
		}
		plans[name] = p
	}
	return plans[name]
}

// setup is the world of one process.
type setup struct {
	plan     *linker.Plan // nil for the guest that calls everything
	config   world.Config
	env      []world.Variable
	terminal *process.Terminal
	limits   process.Limits
	clock    process.Clock
	entropy  io.Reader
	serving  *whttp.Serving // that the guest serves
}

// started is a process on a scheduler of its own.
type started struct {
	t      testing.TB
	sched  *scheduler.Scheduler
	pid    mailbox.PID
	exited chan *mailbox.Exit
	guest  *guest
	log    *bytes.Buffer
}

// start runs script in a process: on its coroutine.
func start(t testing.TB, s setup, script func(g *guest)) *started {
	t.Helper()
	log := &bytes.Buffer{}
	sched := scheduler.New(scheduler.Config{Node: 1, Clock: s.clock, Entropy: s.entropy, Logger: slog.New(slog.NewTextHandler(log, nil))})
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(background, 10*time.Second)
		defer cancel()
		if err := sched.Stop(ctx, "the test is over", 0); err != nil {
			t.Error(err)
		}
	})
	if err := sched.AddGroup(scheduler.Group{ID: "app:g", Terminal: s.terminal}); err != nil {
		t.Fatal(err)
	}
	g := newGuest(t, s, script)
	st := &started{t: t, sched: sched, exited: make(chan *mailbox.Exit, 1), guest: g, log: log}
	var err error
	st.pid, err = sched.Start(background, scheduler.Start{
		Entry: "app:guest", Group: "app:g", Program: g, Limits: s.limits,
		OnExit: func(_ mailbox.PID, e *mailbox.Exit) {
			if s.serving != nil {
				s.serving.Ended(e)
			}
			st.exited <- e
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return st
}

// also starts another process on the same scheduler.
func (s *started) also(g *guest) chan *mailbox.Exit {
	s.t.Helper()
	exited := make(chan *mailbox.Exit, 1)
	if _, err := s.sched.Start(background, scheduler.Start{
		Entry: "app:also", Group: "app:g", Program: g, OnExit: func(_ mailbox.PID, e *mailbox.Exit) { exited <- e },
	}); err != nil {
		s.t.Fatal(err)
	}
	return exited
}

// wait waits for the end, after which nothing must be held.
func (s *started) wait() *mailbox.Exit {
	s.t.Helper()
	e := <-s.exited
	g := s.guest
	if n := g.caller.World.Handles(); n != 0 {
		s.t.Errorf("%d handles are left", n)
	}
	if n := g.instance.Memory(); n != 0 {
		s.t.Errorf("%d bytes are left", n)
	}
	return e
}

// run is start for scripts that come to their end.
func run(t testing.TB, s setup, script func(g *guest)) {
	t.Helper()
	if e := start(t, s, script).wait(); e.Reason != mailbox.ReasonNormal {
		t.Errorf("%s: %v", e.Reason, e.Err)
	}
}

// fails wants an end with reason error and a message.
func fails(t testing.TB, s setup, message string, script func(g *guest)) {
	t.Helper()
	if e := start(t, s, script).wait(); e.Reason != mailbox.ReasonError || !strings.Contains(e.Err.Message, message) {
		t.Errorf("got %s: %v; want error: %s", e.Reason, e.Err, message)
	}
}

// guest is a process whose component is called by a script: Program, Process
// and what is behind its Caller.
type guest struct {
	t        testing.TB
	plan     *linker.Plan
	script   func(g *guest)
	limits   process.Limits
	caller   imports.Caller
	instance *linker.Instance
	ctx      process.Context
	result   process.Result
	serving  *whttp.Serving
	parked   chan struct{} // gets one when the process waits
}

func newGuest(t testing.TB, s setup, script func(g *guest)) *guest {
	t.Helper()
	if s.plan == nil {
		s.plan = planOf(t, "wasi")
	}
	g := &guest{t: t, plan: s.plan, script: script, limits: s.limits, serving: s.serving, parked: make(chan struct{}, 1)}
	g.caller.World = world.New(&s.config, nil, s.env)
	g.caller.Grants = all
	g.caller.Guest = g
	return g
}

// watched is a process's context that tells when it waits.
type watched struct {
	process.Context
	parked chan struct{}
}

func (w watched) tell() {
	select {
	case w.parked <- struct{}{}:
	default:
	}
}

func (w watched) Suspend(start func(wake func()), cancel func()) {
	w.Context.Suspend(func(wake func()) { start(wake); w.tell() }, cancel)
}

func (w watched) Await(f func(context.Context) error) error {
	return w.Context.Await(func(ctx context.Context) error { w.tell(); return f(ctx) })
}

func (w watched) Sleep(d time.Duration) {
	w.tell()
	w.Context.Sleep(d)
}

// scope is the context of calls.
type scope struct {
	context.Context
	caller *imports.Caller
}

func (s scope) Value(key any) any {
	if key == (imports.Key{}) {
		return s.caller
	}
	return s.Context.Value(key)
}

func (g *guest) New([]mailbox.Value, process.Limits) (p process.Process, err error) {
	g.instance, err = g.plan.New(scope{background, &g.caller}, g.limits)
	return g, err
}

func (g *guest) Straight() bool { return false }

func (g *guest) Init(ctx process.Context) error {
	if g.serving != nil {
		ctx = g.serving.Context(ctx)
	}
	g.ctx = watched{ctx, g.parked}
	g.caller.Context = g.ctx
	return g.instance.Start(ctx)
}

// ended is the panic of a call that did not return.
type ended struct{ err error }

func (g *guest) Step(ctx process.Context) (result process.Result, status process.Status) {
	defer g.caller.Output.Flush(ctx)
	defer func() {
		switch r := recover().(type) {
		case nil:
		case ended:
			if exit, ok := errors.AsType[*imports.Exit](r.err); ok {
				result = exit.Result
			} else if r.err != nil {
				result = process.Fail(r.err)
			}
		default:
			panic(r)
		}
	}()
	g.script(g)
	return g.result, process.Done
}

func (g *guest) Close() {
	if err := g.instance.Close(); err != nil {
		g.t.Error(err)
	}
	g.caller.World.Close()
}

func (g *guest) Within(imports.Callable, []uint64) error { return errors.New("not for components") }
func (g *guest) Charge(fuel uint64)                      { g.instance.Charge(fuel) }
func (g *guest) Share()                                  { g.instance.Share() }
func (g *guest) Waited()                                 { g.instance.Waited() }

// fatal ends the script.
func (g *guest) fatal(format string, args ...any) {
	g.t.Helper()
	g.t.Errorf(format, args...)
	panic(ended{})
}

// outcomes is how calls of each exported function ended.
var outcomes struct {
	sync.Mutex
	of map[string]*outcome
}

type outcome struct{ ok, failed bool }

// try calls a function: its result, and whether that is an error of its own. A
// call that traps ends the script.
func (g *guest) try(name string, args ...mailbox.Value) (v mailbox.Value, failed bool) {
	g.t.Helper()
	e, err := g.plan.Find(name)
	if err != nil {
		g.fatal("%v", err)
	}
	fitted, err := e.Fit(args)
	if err != nil {
		g.fatal("%s: %v", name, err)
	}
	v, err = g.instance.Call(e, fitted)
	exit, isExit := errors.AsType[*imports.Exit](err)
	outcomes.Lock()
	if outcomes.of == nil {
		outcomes.of = map[string]*outcome{}
	}
	o := outcomes.of[name]
	if o == nil {
		o = &outcome{}
		outcomes.of[name] = o
	}
	if err == nil {
		v, failed = e.Outcome(v)
	}
	o.ok = o.ok || err == nil && !failed || isExit && exit.Result.HasCode
	o.failed = o.failed || failed
	outcomes.Unlock()
	if err != nil {
		panic(ended{err})
	}
	return v, failed
}

// call is try for what works.
func (g *guest) call(name string, args ...mailbox.Value) mailbox.Value {
	g.t.Helper()
	v, failed := g.try(name, args...)
	if failed {
		g.fatal("%s%v fails: %s", name, args, json(v))
	}
	return v
}

// fails wants an error-code.
func (g *guest) fails(code files.Code, name string, args ...mailbox.Value) {
	g.t.Helper()
	v, failed := g.try(name, args...)
	if !failed || v.Str() != code.Error() {
		g.t.Errorf("%s%v gives %s (failed %t), want %s", name, args, json(v), failed, code)
	}
}

// closed wants the stream-error of that name.
func (g *guest) closed(name string, args ...mailbox.Value) {
	g.t.Helper()
	v, failed := g.try(name, args...)
	if !failed || field(v, "tag").Str() != "closed" {
		g.t.Errorf("%s gives %s (failed %t), want closed", name, json(v), failed)
	}
}

// lastFailed wants the other stream-error, and gives its error.
func (g *guest) lastFailed(name string, args ...mailbox.Value) mailbox.Value {
	g.t.Helper()
	v, failed := g.try(name, args...)
	if !failed || field(v, "tag").Str() != "last-operation-failed" {
		g.fatal("%s gives %s (failed %t), want last-operation-failed", name, json(v), failed)
	}
	return field(v, "value")
}

// drop gives up resources.
func (g *guest) drop(handles ...mailbox.Value) {
	g.t.Helper()
	for _, h := range handles {
		if err := g.instance.Drop(h.Resource().(*canon.Handle)); err != nil {
			g.fatal("%v", err)
		}
	}
}

// objects counts what the host keeps for the guest.
func (g *guest) objects() int { return iface.Of(scope{background, &g.caller}).Objects() }

func num(n int) mailbox.Value               { return mailbox.Int(int64(n)) }
func str(s string) mailbox.Value            { return mailbox.String(s) }
func arr(vs ...mailbox.Value) mailbox.Value { return mailbox.TableValue(vs, nil) }

// flags makes a value of a flags type.
func flags(names ...string) mailbox.Value {
	var pairs []mailbox.Pair
	for _, n := range names {
		pairs = append(pairs, mailbox.Pair{Key: str(n), Value: mailbox.Bool(true)})
	}
	return mailbox.TableValue(nil, pairs)
}

// tab makes a table of keys and Values in turn.
func tab(kv ...any) mailbox.Value {
	var pairs []mailbox.Pair
	for i := 0; i < len(kv); i += 2 {
		pairs = append(pairs, mailbox.Pair{Key: str(kv[i].(string)), Value: kv[i+1].(mailbox.Value)})
	}
	return mailbox.TableValue(nil, pairs)
}

// field gives a field of a record; nil if there is none.
func field(v mailbox.Value, name string) mailbox.Value {
	if v.Table() == nil {
		return mailbox.Nil
	}
	for _, p := range v.Table().Pairs {
		if p.Key.Str() == name {
			return p.Value
		}
	}
	return mailbox.Nil
}

// number gives an integer.
func number(v mailbox.Value) uint64 {
	if v.Kind() == mailbox.KindInt {
		return uint64(v.Int())
	}
	return v.Uint()
}

// json prints a value for messages; resources have none.
func json(v mailbox.Value) string { return string(v.AppendJSON(nil)) }

// want compares a result.
func (g *guest) want(got mailbox.Value, want string) {
	g.t.Helper()
	if json(got) != want {
		g.t.Errorf("got %s, want %s", json(got), want)
	}
}

// mount opens a directory for the test.
func mount(t testing.TB, dir string, readOnly bool) *files.Mount {
	t.Helper()
	m, err := files.Open(dir, readOnly)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if n := m.Descriptors(); n != 0 {
			t.Errorf("%d descriptors are open", n)
		}
		m.Close()
	})
	return m
}
