package world

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"wippy/mailbox"
	"wippy/runtime/process"
	"wippy/wasmhost/wasi/files"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// guest is the part of a Context that a World uses.
type guest struct {
	process.Context
	clock    *process.ManualClock
	entropy  io.Reader
	limits   process.Limits
	exceeded *mailbox.Error
	await    func(f func(context.Context) error) error
	fuel     uint64
	urgent   atomic.Bool
	yields   int
}

func newGuest() *guest {
	return &guest{
		clock: process.NewManualClock(time.Unix(1000, 0)),
		await: func(f func(context.Context) error) error { return f(context.Background()) },
	}
}

func (g *guest) Clock() process.Clock                      { return g.clock }
func (g *guest) Entropy() io.Reader                        { return g.entropy }
func (g *guest) Limits() process.Limits                    { return g.limits }
func (g *guest) Await(f func(context.Context) error) error { return g.await(f) }
func (g *guest) Checkpoint(fuel uint64)                    { g.fuel += fuel }
func (g *guest) Urgent() *atomic.Bool                      { return &g.urgent }
func (g *guest) Yield()                                    { g.yields++; g.urgent.Store(false) }
func (g *guest) Exceed(err *mailbox.Error)                 { g.exceeded = err; process.Unwind() }

// ends tells that f ends the process.
func ends(f func()) (ended bool) {
	defer func() { ended = process.Unwinding(recover()) }()
	f()
	return false
}

type handle struct{ closed int }

func (h *handle) Close() { h.closed++ }

func TestHandles(t *testing.T) {
	g, w := newGuest(), New(&Config{}, nil, nil)
	g.limits.MaxHandles = 2
	a, b, c, d := new(handle), new(handle), new(handle), new(handle)
	w.Own(g, a)
	w.Own(g, b)
	if !ends(func() { w.Own(g, c) }) || g.exceeded.Message != "max_handles: the process holds 2 of 2 handles" {
		t.Error(g.exceeded)
	}
	if !ends(func() { _, _ = Open(g, w, func() (*handle, error) { t.Error("it is opened"); return d, nil }) }) {
		t.Error("one too many")
	}
	w.Release(a)
	w.Close()
	w.Close()
	if a.closed != 1 || b.closed != 1 || c.closed != 1 {
		t.Error(a.closed, b.closed, c.closed)
	}
}

// TestOpenKilled opens something while the process is killed: it is closed, also
// when it comes long after.
func TestOpenKilled(t *testing.T) {
	g, w := newGuest(), New(&Config{}, nil, nil)
	var late func(context.Context) error
	g.await = func(f func(context.Context) error) error {
		late = f
		process.Unwind()
		return nil
	}
	h := new(handle)
	if !ends(func() { _, _ = Open(g, w, func() (*handle, error) { return h, nil }) }) {
		t.Fatal("it goes on")
	}
	w.Close()
	if err := late(context.Background()); err != nil || h.closed != 1 || w.Handles() != 0 {
		t.Error(err, h.closed)
	}
}

func TestOpenError(t *testing.T) {
	g, w := newGuest(), New(&Config{}, nil, nil)
	h, err := Open(g, w, func() (files.Descriptor, error) { return nil, files.NoEntry })
	if h != nil || err != files.NoEntry || w.Handles() != 0 {
		t.Error(h, err)
	}
}

func TestPreopens(t *testing.T) {
	m, err := files.Open(t.TempDir(), true)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	g := newGuest()
	w := New(&Config{Mounts: []Mount{{"/b", m}, {"/a", m}}}, nil, nil)
	preopens, err := w.Preopens(g)
	if err != nil || len(preopens) != 2 || preopens[0].Guest != "/b" || preopens[1].Guest != "/a" || w.Handles() != 2 {
		t.Error(preopens, err)
	}
	w.Close()
	if n := m.Descriptors(); n != 0 {
		t.Errorf("%d descriptors are left", n)
	}
}

// TestPreopensFail has the host close: who asks for a mount is told which is gone.
func TestPreopensFail(t *testing.T) {
	m, err := files.Open(t.TempDir(), true)
	if err != nil {
		t.Fatal(err)
	}
	m.Close()
	w := New(&Config{Mounts: []Mount{{"/data", m}}}, nil, nil)
	if _, err := w.Preopens(newGuest()); err == nil || err.Error() != "the directory of /data: bad-descriptor" {
		t.Error(err)
	}
}

func TestArguments(t *testing.T) {
	c := &Config{Name: "x.wasm", Args: []string{"a"}, CWD: "/c"}
	w := New(c, []string{"b"}, []Variable{{"K", "v"}})
	if !slices.Equal(w.Args, []string{"x.wasm", "a", "b"}) || w.CWD != "/c" || len(w.Env) != 1 {
		t.Error(w)
	}
}

func TestMonotonic(t *testing.T) {
	g, w := newGuest(), New(&Config{}, nil, nil)
	first := w.Monotonic(g)
	if first == 0 || w.Monotonic(g) != first {
		t.Error("it runs by itself, or begins with zero")
	}
	d := w.AtMonotonic(g, first+5)
	if d.Ready() {
		t.Error("ready too early")
	}
	g.clock.Advance(5)
	if w.Monotonic(g) != first+5 || !d.Ready() || w.AtMonotonic(g, 1<<64-1).Ready() {
		t.Error("wrong")
	}
}

func TestRandom(t *testing.T) {
	g, w := newGuest(), New(&Config{}, nil, nil)
	want := bytes.Repeat([]byte("random"), 30000)
	g.entropy = bytes.NewReader(want)
	got := make([]byte, len(want))
	g.urgent.Store(true)
	if err := w.Random(g, got); err != nil || !bytes.Equal(got, want) || g.yields != 1 || g.fuel == 0 {
		t.Error(err, g.yields, g.fuel)
	}
	if err := w.Random(g, got[:1]); !errors.Is(err, io.EOF) {
		t.Error(err)
	}
}
