package runtime_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"wippy/config"
	"wippy/luamod"
	"wippy/mailbox"
	"wippy/runtime"
	"wippy/runtime/process"
	"wippy/runtime/supervisor"
)

// serviceApp has processes that note what becomes of them.
const serviceApp = `
-- _index.yaml --
namespace: app
entries:
- {name: hurried, kind: process.host, limits: {max_execution_ms: 1000}}
- name: noting
  kind: process.lua
  modules: [note]
  source: |
    local note, name = require("note"), ...
    note("start " .. name)
    process.receive({type = "CANCEL"})
    note("stop " .. name)
`

// notes collects what scripts note, for a test to wait for.
type notes struct {
	mu   sync.Mutex
	more *sync.Cond
	all  []string
}

func newNotes() *notes {
	n := &notes{}
	n.more = sync.NewCond(&n.mu)
	return n
}

func (n *notes) module() luamod.Module {
	return luamod.Bind("note", func(text string) {
		n.mu.Lock()
		n.all = append(n.all, text)
		n.more.Broadcast()
		n.mu.Unlock()
	})
}

func (n *notes) wait(count int) []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	for len(n.all) < count {
		n.more.Wait()
	}
	return slices.Clone(n.all)
}

// services starts a runtime with further entries.
func services(t *testing.T, n *notes, entries string, opts ...runtime.Option) *runtime.Runtime {
	t.Helper()
	app := newTestApp(t, txtar.Parse([]byte(serviceApp+entries)))
	rt, err := runtime.New(append(opts, runtime.WithModule(n.module()))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := rt.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := rt.Load(app.dir); err != nil {
		t.Fatal(err)
	}
	if err := rt.Start(); err != nil {
		t.Fatal(err)
	}
	return rt
}

const three = `
- {name: c, kind: process.service, process: noting, group: hurried, args: [c], lifecycle: {requires: [b]}}
- {name: b, kind: process.service, process: noting, group: hurried, args: [b], lifecycle: {requires: [a], auto_start: true}}
- {name: a, kind: process.service, process: noting, group: hurried, args: [a], register: a, lifecycle: {auto_start: false}}
- {name: d, kind: process.service, process: noting, group: hurried, args: [d], lifecycle: {auto_start: false}}
`

func TestServices(t *testing.T) {
	ctx := context.Background()
	n := newNotes()
	clock := process.NewManualClock(time.Unix(1000, 0))
	rt := services(t, n, three, runtime.WithClock(clock))
	if rt.Services() != nil {
		t.Error("there are services before they were started")
	}
	s, err := rt.StartServices(ctx, runtime.ApplicationServices)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Started(ctx); err != nil {
		t.Error(err)
	}
	if _, err := rt.StartServices(ctx, runtime.ApplicationServices); !errors.Is(err, mailbox.Exists) {
		t.Errorf("starting them twice gives %v", err)
	}
	if s.Count() != 3 || rt.Services() != s {
		t.Errorf("there are %d services", s.Count())
	}
	if pid, ok := rt.Lookup(supervisor.ServicesName); !ok || pid != s.PID() {
		t.Errorf("the supervisor's name is %q's", pid)
	}
	if _, ok := rt.Lookup("a"); !ok {
		t.Error("the service's name is nobody's")
	}
	n.wait(3)
	clock.Advance(time.Minute) // longer than the group lets others live
	if d, ok := s.StopTime(); !ok || d != 15*time.Second {
		t.Errorf("stopping takes %v, %v", d, ok)
	}
	if err := s.Stop(ctx, "enough"); err != nil {
		t.Error(err)
	}
	if got := n.wait(6)[3:]; !slices.Equal(got, []string{"stop c", "stop b", "stop a"}) {
		t.Errorf("they stopped as %q", got)
	}
	if e := s.Exit(); e.Err != nil {
		t.Error(e.Err)
	}
}

// Beside a command those run that say so, and what they require.
func TestServicesAlways(t *testing.T) {
	ctx := context.Background()
	n := newNotes()
	rt := services(t, n, three)
	s, err := rt.StartServices(ctx, runtime.AlwaysServices)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Started(ctx); err != nil || s.Count() != 2 {
		t.Error(s.Count(), err)
	}
	n.wait(2)
	if err := rt.Stop(ctx, "enough", 5*time.Second); err != nil {
		t.Error(err)
	}
	if got := n.wait(4)[2:]; !slices.Equal(got, []string{"stop b", "stop a"}) {
		t.Errorf("they stopped as %q", got)
	}
}

func TestServicesErrors(t *testing.T) {
	ctx := context.Background()
	rt := services(t, newNotes(), "")
	if _, err := rt.StartServices(ctx, runtime.ApplicationServices); !errors.Is(err, mailbox.NotFound) || !strings.Contains(err.Error(), "has no services") {
		t.Error(err)
	}
	rt = services(t, newNotes(), "- {name: a, kind: process.service, process: noting, group: hurried, lifecycle: {auto_start: false}}\n")
	for _, set := range []runtime.ServiceSet{runtime.ApplicationServices, runtime.AlwaysServices} {
		if _, err := rt.StartServices(ctx, set); !errors.Is(err, mailbox.NotFound) {
			t.Error(err)
		}
	}
	// What does not compile keeps all from starting, below supervisors too.
	n := newNotes()
	rt = services(t, n, `
- {name: bad, kind: process.lua, source: "x x"}
- {name: worse, kind: process.lua, source: "file://gone.lua"}
- {name: sup, kind: process.supervisor, group: hurried, children: [{process: bad}]}
- {name: a, kind: process.service, process: noting, group: hurried, args: [a]}
- {name: b, kind: process.service, process: sup, group: hurried}
- {name: c, kind: process.service, process: worse, group: hurried}
`)
	_, err := rt.StartServices(ctx, runtime.ApplicationServices)
	if mistakes, ok := errors.AsType[config.Errors](err); !ok || len(mistakes) != 2 {
		t.Errorf("got %v", err)
	}
	if pids, _ := rt.List(""); len(pids) > 0 {
		t.Errorf("%v were started", pids)
	}
}

// Services that fail are tried again, and given up in the end.
func TestServicesGivenUp(t *testing.T) {
	ctx := context.Background()
	n := newNotes()
	rt := services(t, n, `
- name: fails
  kind: process.lua
  modules: [note]
  source: require("note")("start") error("it fails")
- name: a
  kind: process.service
  process: fails
  group: hurried
  lifecycle: {restart: {initial_delay: 1ms, max_attempts: 3, jitter: 0}}
- {name: b, kind: process.service, process: fails, group: hurried, lifecycle: {restart: {policy: temporary}}}
`)
	s, err := rt.StartServices(ctx, runtime.ApplicationServices)
	if err != nil {
		t.Fatal(err)
	}
	e := s.Exit()
	if e.Reason != mailbox.ReasonError || !strings.Contains(e.Err.Message, "no service is left") ||
		!strings.Contains(e.Err.Message, "app:a: ") || !strings.Contains(e.Err.Message, "app:b: ") {
		t.Error(e.Err)
	}
	if got := n.wait(5); len(got) != 5 {
		t.Errorf("%d starts, want 4 of a and 1 of b", len(got))
	}
}
