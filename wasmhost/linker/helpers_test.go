package linker_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"

	"wippy/mailbox"
	"wippy/runtime/process"
	"wippy/wasmhost"
	"wippy/wasmhost/canon"
	"wippy/wasmhost/component"
	"wippy/wasmhost/linker"
	"wippy/wasmhost/wit"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var background = context.Background()

func newHost(t testing.TB, opts wasmhost.Options) *wasmhost.Host {
	t.Helper()
	h := wasmhost.New(opts)
	t.Cleanup(func() {
		if err := h.Close(background); err != nil {
			t.Error(err)
		}
	})
	return h
}

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

func link(t testing.TB, name string, r linker.Resolver) *linker.Plan {
	t.Helper()
	p, err := newHost(t, wasmhost.Options{}).Link(background, name+".wasm", readGuest(t, name), r)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// node is a node of one process. What it does not implement panics.
type node struct {
	process.Context
	limits process.Limits
	urgent atomic.Bool
	fuel   uint64
	yields int
	killed bool
	kill   func(*node) // called at each yield
}

func (n *node) FuelUsed() uint64 { return n.fuel }

func (n *node) Checkpoint(fuel uint64) {
	n.fuel += fuel
	if limit := n.limits.MaxFuel; limit > 0 && n.fuel > uint64(limit) {
		n.killed = true
	}
	if n.killed {
		process.Unwind()
	}
}

func (n *node) Yield() {
	n.yields++
	if n.kill != nil {
		n.kill(n)
	}
	n.Checkpoint(0)
}

func (n *node) Limits() process.Limits { return n.limits }
func (n *node) Logger() *slog.Logger   { return slog.New(slog.NewTextHandler(io.Discard, nil)) }
func (n *node) Urgent() *atomic.Bool   { return &n.urgent }

// running is an instance on a node.
type running struct {
	*linker.Instance
	t    testing.TB
	plan *linker.Plan
	node *node
}

// start makes an instance that has started.
func start(t testing.TB, p *linker.Plan, limits process.Limits) *running {
	t.Helper()
	r, err := tryStart(t, p, &node{limits: limits})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func tryStart(t testing.TB, p *linker.Plan, n *node) (*running, error) {
	t.Helper()
	i, err := p.New(background, n.limits)
	if err != nil {
		return nil, err
	}
	t.Cleanup(func() {
		if err := i.Close(); err != nil {
			t.Error(err)
		}
		if i.Memory() != 0 {
			t.Errorf("%d bytes are left", i.Memory())
		}
	})
	return &running{i, t, p, n}, i.Start(n)
}

// try calls a function.
func (r *running) try(method string, args ...mailbox.Value) (mailbox.Value, error) {
	r.t.Helper()
	e, err := r.plan.Find(method)
	if err != nil {
		r.t.Fatal(err)
	}
	fitted, err := e.Fit(args)
	if err != nil {
		r.t.Fatal(err)
	}
	return r.Call(e, fitted)
}

// call is try for what works.
func (r *running) call(method string, args ...mailbox.Value) mailbox.Value {
	r.t.Helper()
	v, err := r.try(method, args...)
	if err != nil {
		e, _ := errors.AsType[*mailbox.Error](err)
		r.t.Fatalf("%s: %v\n%s", method, err, strings.Join(e.Trace, "\n"))
	}
	return v
}

// fails wants an error of a kind and with a text.
func (r *running) fails(kind mailbox.ErrorKind, text, method string, args ...mailbox.Value) *mailbox.Error {
	r.t.Helper()
	v, err := r.try(method, args...)
	return wantError(r.t, err, kind, text, v)
}

func wantError(t testing.TB, err error, kind mailbox.ErrorKind, text string, v mailbox.Value) *mailbox.Error {
	t.Helper()
	e, ok := errors.AsType[*mailbox.Error](err)
	if !ok || e.Kind != kind || !strings.Contains(e.Message, text) {
		t.Fatalf("got %v, %v; want %s: %s", v, err, kind, text)
	}
	return e
}

// unwinds tells whether f is unwound.
func unwinds(f func()) (unwound bool) {
	defer func() {
		if r := recover(); r != nil {
			if !process.Unwinding(r) {
				panic(r)
			}
			unwound = true
		}
	}()
	f()
	return false
}

func num(f float64) mailbox.Value           { return mailbox.Float(f) }
func str(s string) mailbox.Value            { return mailbox.String(s) }
func arr(vs ...mailbox.Value) mailbox.Value { return mailbox.TableValue(vs, nil) }

// tab makes a table of keys and Values in turn.
func tab(kv ...any) mailbox.Value {
	var pairs []mailbox.Pair
	for i := 0; i < len(kv); i += 2 {
		pairs = append(pairs, mailbox.Pair{Key: str(kv[i].(string)), Value: kv[i+1].(mailbox.Value)})
	}
	return mailbox.TableValue(nil, pairs)
}

// provider is a Resolver of functions and resources by their full names.
type provider struct {
	funcs     map[string]*canon.Host
	resources map[string]*canon.ResourceType
	asked     []string
}

func full(iface, name string) string {
	if iface == "" {
		return name
	}
	return iface + "#" + name
}

func (p *provider) Func(iface string, f wit.Func) (*canon.Host, error) {
	p.asked = append(p.asked, full(iface, f.Name))
	if h := p.funcs[full(iface, f.Name)]; h != nil {
		return h, nil
	}
	return linker.Nothing{}.Func(iface, f)
}

func (p *provider) Resource(iface, name string) *canon.ResourceType {
	return p.resources[full(iface, name)]
}
