package linker_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"wippy/mailbox"
	"wippy/runtime/process"
	"wippy/wasmhost"
	"wippy/wasmhost/canon"
	"wippy/wasmhost/imports"
	"wippy/wasmhost/linker"
)

const (
	callee = "test:pair/callee@1.0.0#"
	caller = "test:pair/caller@1.0.0#"
)

// TestPair calls one component, and another that calls it.
func TestPair(t *testing.T) {
	r := start(t, link(t, "pair", linker.Nothing{}), process.Limits{})
	point := func(x, y float64) mailbox.Value { return tab("x", num(x), "y", num(y)) }
	long := strings.Repeat("héllo ", 100_000) // memories grow
	for _, through := range []string{callee, caller} {
		for range 3 {
			if v := r.call(through+"add", num(2), num(40)); !v.Equal(num(42)) {
				t.Errorf("%sadd gives %v", through, v)
			}
			if v := r.call(through+"greet", str("wörld")); v.Str() != "hello, wörld" {
				t.Errorf("%sgreet gives %v", through, v)
			}
			if v := r.call(through+"echo", str(long)); v.Str() != long {
				t.Errorf("%secho gives %v", through, v)
			}
			if v := r.call(through+"sum", arr(point(1, 2), point(10, -20), point(100, 200))); !v.Equal(point(111, 182)) {
				t.Errorf("%ssum gives %v", through, v)
			}
		}
	}
}

// TestResources passes resources between components and to the host. The
// destructor of what nobody owns runs in the component that defines it.
func TestResources(t *testing.T) {
	r := start(t, link(t, "pair", linker.Nothing{}), process.Limits{})
	if v := r.call("things", num(7)); !v.Equal(num(14)) {
		t.Errorf("things gives %v", v)
	}
	if v := r.call("dropped"); !v.Equal(num(107)) {
		t.Errorf("%v was dropped", v)
	}
	thing := r.call("make", num(5))
	if v := r.call("look", thing); !v.Equal(num(5)) {
		t.Errorf("look gives %v", v)
	}
	h := thing.Resource().(*canon.Handle)
	if err := r.Drop(h); err != nil {
		t.Error(err)
	}
	if v := r.call("dropped"); !v.Equal(num(112)) {
		t.Errorf("%v was dropped", v)
	}
	e := r.fails(mailbox.Failed, "wasm trap: unreachable instruction executed", "things", num(13))
	want := []string{"drop(i32)", "component function resource.drop", "take(i32) i32", "component function take", "things(i32) i32"}
	if !slices.Equal(e.Trace, want) {
		t.Errorf("trace %q, want %q", e.Trace, want)
	}
}

// TestTrapInCallee fails within two components.
func TestTrapInCallee(t *testing.T) {
	r := start(t, link(t, "pair", linker.Nothing{}), process.Limits{})
	e := r.fails(mailbox.Failed, "wasm trap: unreachable instruction executed", caller+"fail")
	want := []string{"fail()", "component function fail", "relay()", "fail()"}
	if !slices.Equal(e.Trace, want) {
		t.Errorf("trace %q, want %q", e.Trace, want)
	}
	r.fails(mailbox.Unavailable, "failed before", caller+"add", num(1), num(2))
}

// TestOverflow recurses without end on either side, and far, but not too far.
// TestKill kills a process that is in a call within a call, at each of its
// first yields.
// TestFuel counts what two components use: all of it, whoever asks for how much
// when, and no more than there may be.
// TestFuelOfMany counts what more components use than have an allowance at a time.
// TestShim calls through a table that is filled last, and an allocator while it runs.
func TestShim(t *testing.T) {
	r := start(t, link(t, "shim", &provider{funcs: map[string]*canon.Host{"twice": {Name: "twice", Func: func(c *canon.Call) error {
		c.Return(mailbox.Uint(2 * c.Uint(0)))
		return nil
	}}}}), process.Limits{})
	for range 3 {
		if v := r.call("alloc", num(0), num(0), num(1), num(77)); !v.Equal(num(11 + 's')) {
			t.Errorf("%v", v)
		}
		if v := r.call("twice-again", num(21)); !v.Equal(num(42)) {
			t.Errorf("%v", v)
		}
	}
}

// TestYields shows that others have their turn while a component calls another.
// TestMaxMemory bounds all memories together.
// TestMaxMemoryOfNone bounds a memory that begins with nothing.
// TestInstantiationFails says why, whoever has grown before.
// TestMaxHandles bounds the handles of all components together.
// TestStart runs start functions in the order of instantiation.
func TestStart(t *testing.T) {
	p := link(t, "start", linker.Nothing{})
	for range 3 {
		if v := start(t, p, process.Limits{}).call("get"); !v.Equal(num(1223)) {
			t.Errorf("logged %v", v)
		}
	}
}

// TestStartIsLimited kills within start functions.
// TestMany compiles a module once, however often it is instantiated.
func TestMany(t *testing.T) {
	compiled := 0
	h := newHost(t, wasmhost.Options{Progress: func(string, int) func() { compiled++; return func() {} }})
	c := readGuest(t, "many")
	p, err := h.Link(background, "many.wasm", c, linker.Nothing{})
	if err != nil {
		t.Fatal(err)
	}
	if compiled != 2 {
		t.Errorf("%d modules were compiled", compiled)
	}
	if _, err := h.Link(background, "again.wasm", c, linker.Nothing{}); err != nil || compiled != 2 {
		t.Errorf("%v, %d modules were compiled", err, compiled)
	}
	r, other := start(t, p, process.Limits{}), start(t, p, process.Limits{})
	for i, name := range []string{"a", "b", "c", "d", "e"} {
		for n := range i + 1 {
			if v := r.call(name); !v.Equal(num(float64(n + 1))) {
				t.Errorf("call %d of %s gives %v", n, name, v)
			}
		}
	}
	if v := other.call("e"); !v.Equal(num(1)) {
		t.Errorf("another instance gives %v", v)
	}
}

// TestCacheLost links with a module that was compiled by an engine whose cache
// is lost meanwhile, so that another takes its place.
func TestCacheLost(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "cache")
	h := newHost(t, wasmhost.Options{CacheDir: dir})
	bump := func(p *linker.Plan, method string) {
		t.Helper()
		r := start(t, p, process.Limits{})
		r.call(method)
		if v := r.call(method); !v.Equal(num(2)) {
			t.Errorf("%v", v)
		}
	}
	linked := func(guest string) *linker.Plan {
		t.Helper()
		p, err := h.Link(background, guest, readGuest(t, guest), linker.Nothing{})
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	before := linked("many")
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(dir, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if v := start(t, linked("start"), process.Limits{}).call("get"); !v.Equal(num(1223)) {
		t.Errorf("%v", v)
	}
	bump(before, "e")
	bump(linked("many"), "e")
}

// TestCrowd refuses what would be too many instances.
func TestCrowd(t *testing.T) {
	_, err := newHost(t, wasmhost.Options{}).Link(background, "crowd.wasm", readGuest(t, "crowd"), linker.Nothing{})
	if err == nil || !strings.Contains(err.Error(), "more than 1000 instances of components") {
		t.Error(err)
	}
}

// things is what host.wat imports.
func things(live map[uint32]bool) *provider {
	thing := &canon.ResourceType{Name: "thing", Drop: func(_ context.Context, rep uint32) error {
		if !live[rep] {
			return fmt.Errorf("thing %d is not there", rep)
		}
		delete(live, rep)
		return nil
	}}
	return &provider{
		resources: map[string]*canon.ResourceType{"test:host/types@0.2.3#thing": thing},
		funcs: map[string]*canon.Host{
			"test:host/things@0.2.3#make": {Name: "make", Func: func(c *canon.Call) error {
				n := uint32(c.Uint(0))
				if n == 99 {
					return &canon.Trap{Message: "no thing is 99"}
				}
				live[n] = true
				c.Return(mailbox.Uint(uint64(n) + 0/uint64(n-98))) // a mistake for 98
				return nil
			}},
			"test:host/things@0.2.3#look": {Name: "look", Func: func(c *canon.Call) error {
				if c.Rep(0) == 97 {
					return mailbox.Errorf(mailbox.Denied, "thing 97 is nobody's to look at")
				}
				c.Return(mailbox.Uint(uint64(c.Rep(0)) + 1))
				return nil
			}},
		},
	}
}

// TestHost uses functions and resources of the host.
func TestHost(t *testing.T) {
	live := map[uint32]bool{}
	given := things(live)
	p := link(t, "host", given)
	if slices.Sort(given.asked); !slices.Equal(given.asked, []string{"test:host/things@0.2.3#look", "test:host/things@0.2.3#make"}) {
		t.Errorf("asked for %q", given.asked)
	}
	r := start(t, p, process.Limits{})
	if v := r.call("run", num(5)); !v.Equal(num(6)) || len(live) != 0 {
		t.Errorf("%v, %v", v, live)
	}
	r.call("keep", num(8))
	if len(live) != 1 {
		t.Errorf("%v", live)
	}
	if err := r.Close(); err != nil || len(live) != 0 {
		t.Errorf("%v, %v", err, live)
	}
	for _, tt := range []struct {
		n    float64
		kind mailbox.ErrorKind
		text string
	}{
		{99, mailbox.Failed, "wasm trap: no thing is 99"},
		{98, mailbox.Internal, "integer divide by zero"},
		{97, mailbox.Denied, "thing 97 is nobody's to look at"},
	} {
		e := start(t, p, process.Limits{}).fails(tt.kind, tt.text, "run", num(tt.n))
		if len(e.Trace) != 2 || !strings.HasPrefix(e.Trace[0], "component function ") || e.Trace[1] != "run(i32) i32" {
			t.Errorf("trace %q", e.Trace)
		}
	}
	_, err := newHost(t, wasmhost.Options{}).Link(background, "host.wasm", readGuest(t, "host"), linker.Nothing{})
	if want := "it imports test:host/things@0.2.3#make, which nothing provides\nit imports test:host/things@0.2.3#look, which nothing provides"; err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
}

// TestReentrance refuses calls that come back.
func TestReentrance(t *testing.T) {
	var r *running
	p := link(t, "reenter", &provider{funcs: map[string]*canon.Host{"back": {Name: "back", Func: func(c *canon.Call) error {
		if n := c.Uint(0); n > 0 {
			_, err := r.try("back", num(float64(n-1)))
			return err
		}
		c.Return(mailbox.Uint(7))
		return nil
	}}}})
	for _, method := range []string{"up", "down"} {
		e := start(t, p, process.Limits{}).fails(mailbox.Failed, "wasm trap: cannot enter component instance", method)
		if len(e.Trace) == 0 {
			t.Error("there is no trace")
		}
	}
	r = start(t, p, process.Limits{})
	if v := r.call("back", num(0)); !v.Equal(num(7)) {
		t.Errorf("%v", v)
	}
	r.fails(mailbox.Unavailable, "in use", "back", num(1))
}

// TestExit ends the process from within a host function that a component calls
// which another calls.
func TestExit(t *testing.T) {
	want := &imports.Exit{Result: process.Result{Code: 3, HasCode: true}}
	p := link(t, "reenter", &provider{funcs: map[string]*canon.Host{"back": {Name: "back", Func: func(*canon.Call) error { return want }}}})
	if _, err := start(t, p, process.Limits{}).try("back", num(0)); err != want {
		t.Errorf("got %v", err)
	}
}

func TestImports(t *testing.T) {
	var got []string
	for _, i := range linker.Imports(readGuest(t, "host")) {
		got = append(got, fmt.Sprint(i.Name, " ", len(i.Funcs), " ", i.Resources))
	}
	if want := []string{"test:host/types@0.2.3 1 [thing]", "test:host/things@0.2.3 2 [thing]"}; !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

func TestFind(t *testing.T) {
	p := link(t, "pair", linker.Nothing{})
	for method, want := range map[string]string{
		"things":                         caller + "things",
		"caller#add":                     caller + "add",
		"test:pair/callee#add":           callee + "add",
		"test:pair/callee@1.0.0#dropped": callee + "dropped",
	} {
		if e, err := p.Find(method); err != nil || e.Name != want {
			t.Errorf("%s: %v, %v", method, e, err)
		}
	}
	for method, want := range map[string]string{
		"add":                    `pair.wasm exports several functions "add": test:pair/callee@1.0.0#add, test:pair/caller@1.0.0#add; name one of them in full`,
		"nothing":                `pair.wasm exports no function "nothing"; it exports test:pair/callee@1.0.0#add, `,
		"test:pair/caller@2#add": "exports no function",
	} {
		if _, err := p.Find(method); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", method, err)
		}
	}
}

func TestCompatible(t *testing.T) {
	for _, tt := range []struct {
		has, wants string
		ok         bool
	}{
		{"0.2.0", "0.2.12", true}, {"0.2.8", "0.2.0", true}, {"0.2.0", "0.3.0", false}, {"1.2.3", "1.9.0", true}, {"1.0.0", "2.0.0", false},
		{"0.3.0-rc-1", "0.3.0-rc-1", true}, {"0.3.0-rc-1", "0.3.0", false}, {"0.0.1", "0.0.2", false}, {"", "", true}, {"", "0.2.0", false},
		{"x", "y", false}, {"0.2.1+build", "0.2.5", true},
	} {
		if got := linker.Compatible(tt.has, tt.wants); got != tt.ok {
			t.Errorf("%q for %q: %t", tt.has, tt.wants, got)
		}
	}
}

// TestCost bounds what a process holds.
