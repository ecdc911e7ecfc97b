package wasmhost

import (
	"context"
	"strings"
	"testing"
	"time"

	"wippy/mailbox"
	"wippy/runtime/process"
	"wippy/wasmhost/imports"
	"wippy/wasmhost/module"
)

// granted compiles a guest that may import wippy:process.
func granted(t testing.TB, h *Host, guest, method string) *Program {
	t.Helper()
	p, err := h.Compile(context.Background(), Source{
		Name: guest + ".wasm", Bytes: readGuest(t, guest), Method: method, Grants: imports.Grants{"wippy:process"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return p.(*Program)
}

func TestLinkErrors(t *testing.T) {
	h := newHost(t, Options{})
	const name = "wippy:process/process@0.1.0"
	for _, tt := range []struct {
		guest, method, entry string
		grants               imports.Grants
		want                 string
	}{
		{"exits", "run", "", nil, "exits.wasm imports " + name + " (exit), which a module without an entry is not granted; run it with --grant wippy:process, or as an entry with imports: [wippy:process]"},
		{"exits", "run", "app:e", nil, "exits.wasm imports " + name + " (exit), which app:e does not grant; add imports: [wippy:process]"},
		{"exits", "run", "app:e", imports.Grants{"wasi:cli"}, "exits.wasm imports " + name + " (exit), which app:e does not grant; write imports: [wasi:cli, wippy:process]"},
		{"wrong_imports", "run", "app:e", imports.Grants{"wippy:process"},
			"wrong_imports.wasm imports send of " + name + " as (i32, i32) -> i32; expected (i32, i32, i32, i32, i32, i32, i32) -> ()\n" +
				`wrong_imports.wasm imports a func "recieve" from ` + name + `, which has none; did you mean "receive"?` + "\n" +
				`wrong_imports.wasm imports a global "state" from ` + name + ", which has none; it has the functions " + strings.Join(hostModules[0].Names(), ", ") + "\n" +
				`wrong_imports.wasm imports "self" from "wippy:process", which nothing provides; there is ` + name + "\n" +
				"wrong_imports.wasm has no memory, where the functions that it imports find their arguments\n" +
				"wrong_imports.wasm exports no function cabi_realloc, from which the functions that it imports take memory for what they give back; " +
				"export one of type (i32, i32, i32, i32) -> i32"},
	} {
		_, err := h.Compile(context.Background(), Source{
			Name: tt.guest + ".wasm", Bytes: readGuest(t, tt.guest), Method: tt.method, Entry: tt.entry, Grants: tt.grants,
		})
		if err == nil || err.Error() != tt.want {
			t.Errorf("%s:\n got %v\nwant %s", tt.guest, err, tt.want)
		}
	}
}

func TestRealloc(t *testing.T) {
	p := granted(t, newHost(t, Options{}), "realloc", "run")
	for mode, want := range map[float64]string{
		0: "wasm trap: cabi_realloc: wippy:process/process@0.1.0.self: called from within cabi_realloc, which must not call the host",
		1: "wasm trap: what cabi_realloc gave: 7 bytes at 0xfffffff0 are outside of the memory, which has 65536",
		2: "wasm trap: cabi_realloc: unreachable instruction executed",
		5: "wasm trap: cabi_realloc: call stack exhausted",
	} {
		r := run(t, p, process.Limits{}, num(mode))
		if r.Err == nil || r.Err.Kind != mailbox.Failed || r.Err.Message != want {
			t.Errorf("mode %g: got %v, want %s", mode, r.Err, want)
		}
	}
	if got := printed(run(t, p, process.Limits{}, num(3))); got != "number 7, number 2" {
		t.Errorf("a growth within: %s", got)
	}
}

// TestKilledInRealloc unwinds a process that never comes back from there.
func TestKilledInRealloc(t *testing.T) {
	p := granted(t, newHost(t, Options{}), "realloc", "run")
	proc, err := p.New([]mailbox.Value{num(4)}, process.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	defer proc.Close()
	fake := &fakeContext{}
	if err := proc.Init(fake); err != nil {
		t.Fatal(err)
	}
	fake.killAfter = time.Now().Add(10 * time.Millisecond)
	defer func() {
		if r := recover(); !process.Unwinding(r) {
			t.Errorf("recovered %v", r)
		}
	}()
	proc.Step(fake)
	t.Error("a killed process goes on")
}

func TestExit(t *testing.T) {
	h := newHost(t, Options{})
	for _, tt := range []struct{ guest, method, want string }{
		{"exits", "run", "integer 42"}, // from _initialize
		{"exits", "_start", "integer 42"},
		{"exits_at_start", "run", ""},
	} {
		if got := printed(run(t, granted(t, h, tt.guest, tt.method), process.Limits{})); got != tt.want {
			t.Errorf("%s of %s: %q, want %q", tt.method, tt.guest, got, tt.want)
		}
	}
}

// TestSuspending holds what programs say of themselves against what they import.
func TestSuspending(t *testing.T) {
	h := newHost(t, Options{})
	for _, tt := range []struct {
		guest, method  string
		straight, deaf bool
	}{
		{"compute", "compute", true, true},
		{"exits", "run", false, true},
		{"realloc", "run", false, true},
		{"peer", "waits", false, false},
	} {
		p := granted(t, h, tt.guest, tt.method)
		if p.Straight() != tt.straight || p.Deaf() != tt.deaf {
			t.Errorf("%s: straight %t, deaf %t", tt.guest, p.Straight(), p.Deaf())
		}
	}
}

// TestHostModule has a host module of its own: what is not granted and has a
// stub calls that, what panics ends its process, what exits too.
func TestHostModule(t *testing.T) {
	var called []string
	f := imports.Func{
		Name: "call", Type: module.FuncType{},
		Call: func(c *imports.Caller, _ []uint64) {
			called = append(called, "call")
			if c.Grants.Has("env:panics") {
				panic("whoops")
			}
			if c.Grants.Has("env:exits") {
				c.Exit(process.Result{Code: 3, HasCode: true})
			}
		},
	}
	stubbed := f
	stubbed.Name, stubbed.Stub = "stubbed", func(*imports.Caller, []uint64) { called = append(called, "stub") }
	env := &imports.Module{Name: "env", Capability: "env:call", Funcs: []imports.Func{f}}
	before := hostModules
	hostModules = append(before[:len(before):len(before)], env)
	defer func() { hostModules = before }()

	compile := func(h *Host, grants ...string) (process.Program, error) {
		return h.Compile(context.Background(), Source{Name: "host_call.wasm", Bytes: readGuest(t, "host_call"), Method: "run", Grants: grants, Entry: "app:e"})
	}
	h := newHost(t, Options{})
	if _, err := compile(h); err == nil || err.Error() != "host_call.wasm imports env (call), which app:e does not grant; add imports: [env:call]" {
		t.Errorf("got %v", err)
	}
	for _, tt := range []struct {
		grant, want string
		code        int
	}{{"env:none", "", 0}, {"env:panics", "a host function failed: whoops", 0}, {"env:exits", "", 3}} {
		p, err := compile(h, "env:call", tt.grant)
		if err != nil {
			t.Fatal(err)
		}
		r := run(t, p, process.Limits{})
		if r.Code != tt.code || (tt.want == "") != (r.Err == nil) || r.Err != nil && (r.Err.Message != tt.want || r.Err.Kind != mailbox.Internal) {
			t.Errorf("%s: %+v", tt.grant, r)
		}
	}
	stubbed.Name = "call"
	env.Funcs = []imports.Func{stubbed}
	called = nil
	h = newHost(t, Options{})
	for _, grants := range [][]string{nil, {"env:call"}} {
		p, err := compile(h, grants...)
		if err != nil {
			t.Fatal(err)
		}
		if r := run(t, p, process.Limits{}); r.Err != nil {
			t.Error(r.Err)
		}
	}
	if got := strings.Join(called, " "); got != "stub call" {
		t.Errorf("called %s", got)
	}
}
