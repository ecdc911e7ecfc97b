package wasmhost

import (
	"context"
	"errors"
	goruntime "runtime"
	"slices"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero/api"

	"wippy/mailbox"
	"wippy/runtime/process"
	"wippy/wasmhost/module"
)

func TestTraps(t *testing.T) {
	h := newHost(t, Options{})
	for _, tt := range []struct {
		guest, method string
		args          []mailbox.Value
		want          string
		trace         []string
	}{
		{"traps", "unreachable", nil, "wasm trap: unreachable instruction executed", []string{"boom()", "middle(i32) i32", "outer() i32"}},
		{"traps", "divide", []mailbox.Value{num(1), num(0)}, "wasm trap: integer divide by zero", []string{"divide(i32,i32) i32"}},
		{"traps", "divide", []mailbox.Value{num(-1 << 31), num(-1)}, "wasm trap: integer overflow", []string{"divide(i32,i32) i32"}},
		{"traps", "load", []mailbox.Value{num(65533)}, "wasm trap: out of bounds memory access", []string{"load(i32) i32"}},
		{"traps", "truncate", []mailbox.Value{num(1e300)}, "wasm trap: integer overflow", []string{"truncate(f64) i32"}},
		{"traps", "wrong_type", nil, "wasm trap: indirect call type mismatch", []string{"wrong_type()"}},
		{"traps", "no_element", nil, "wasm trap: undefined table element", []string{"no_element()"}},
		{"traps", "recurse", []mailbox.Value{num(0)}, "wasm trap: call stack exhausted", nil},
		{"numbers", "div_mod", []mailbox.Value{num(1), num(0)}, "wasm trap: integer divide by zero", []string{"div_mod(i32,i32) (i32,i32)"}},
		{"initialize_traps", "run", nil, "_initialize: wasm trap: unreachable instruction executed", []string{"initialize()"}},
		{"start_traps", "run", nil, "start function init: wasm trap: integer divide by zero", []string{"init()"}},
		{"data_outside", "run", nil, "instantiation failed: data[0]: out of bounds memory access", nil},
	} {
		p := compileGuest(t, h, tt.guest, tt.method, "")
		for range 2 { // one that failed leaves nothing behind
			r := run(t, p, process.Limits{}, tt.args...)
			if r.Err == nil || r.Err.Kind != mailbox.Failed || r.Err.Message != tt.want {
				t.Errorf("%s of %s: got %+v, want %s", tt.method, tt.guest, r.Err, tt.want)
			} else if !slices.Equal(r.Err.Trace, tt.trace) && tt.method != "recurse" { // of an overflow the compiler has none, the interpreter has
				t.Errorf("%s of %s: trace %q, want %q", tt.method, tt.guest, r.Err.Trace, tt.trace)
			}
		}
	}
}

// TestElementsBeyondTheTable has an element segment of two at the end of a table of two.
func TestElementsBeyondTheTable(t *testing.T) {
	h := newHost(t, Options{})
	binary := []byte("\x00asm\x01\x00\x00\x00\x01\x04\x01\x60\x00\x00\x03\x02\x01\x00\x04\x04\x01\x70\x00\x02" +
		"\x07\x05\x01\x01f\x00\x00\x09\x08\x01\x00\x41\x01\x0b\x02\x00\x00\x0a\x04\x01\x02\x00\x0b")
	p, err := h.Compile(t.Context(), Source{Name: "elements.wasm", Bytes: binary, Method: "f"})
	if err != nil {
		t.Fatal(err)
	}
	r := run(t, p, process.Limits{})
	if want := "instantiation: wasm trap: undefined table element"; r.Err == nil || r.Err.Message != want {
		t.Errorf("got %+v, want %s", r.Err, want)
	}
}

func TestUnnamedFunctionsTakeTheirExportsName(t *testing.T) {
	h := newHost(t, Options{})
	bin := readGuest(t, "traps")
	info, err := module.Read(bin)
	if err != nil {
		t.Fatal(err)
	}
	// The name section is the last.
	last := info.Sections[len(info.Sections)-2]
	bin = bin[:last.Offset+len(last.Body)]
	p, err := h.Compile(context.Background(), Source{Name: "x", Bytes: bin, Method: "unreachable"})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"$1()", "$2(i32) i32", "unreachable() i32"}
	if r := run(t, p, process.Limits{}); !slices.Equal(r.Err.Trace, want) {
		t.Errorf("trace %q, want %q", r.Err.Trace, want)
	}
}

func TestMaxMemory(t *testing.T) {
	h := newHost(t, Options{})
	for _, tt := range []struct {
		method string
		pages  float64
		limit  int64
		want   string
		kind   mailbox.ErrorKind
	}{
		{"grow", 1, 2 << 16, "number 1", ""},
		{"grow", 2, 2 << 16, "number -1", ""},
		{"grow", 65536, 0, "number -1", ""}, // beyond what any memory can have
		{"must_grow", 1, 2 << 16, "number 42", ""},
		{"must_grow", 2, 2 << 16, "max_memory: the limit is 131072 bytes; a growth to 196608 (65536 too many) was refused, then: wasm trap: unreachable instruction executed", mailbox.LimitHit},
		{"must_grow", 70000, 2 << 16, "wasm trap: unreachable instruction executed", mailbox.Failed},
		{"grow", 0, 1, "max_memory: the limit is 1 bytes; grow.wasm begins with 65536 (65535 too many)", mailbox.LimitHit},
	} {
		r := run(t, compileGuest(t, h, "grow", tt.method, ""), process.Limits{MaxMemory: tt.limit}, num(tt.pages))
		if got := printed(r); got != tt.want {
			t.Errorf("%s(%v) within %d:\n got %s\nwant %s", tt.method, tt.pages, tt.limit, got, tt.want)
		}
		if r.Err != nil && r.Err.Kind != tt.kind {
			t.Errorf("%s(%v): kind %s", tt.method, tt.pages, r.Err.Kind)
		}
	}
}

func TestMeasured(t *testing.T) {
	p := compileGuest(t, newHost(t, Options{}), "grow", "grow", "")
	proc, err := p.New([]mailbox.Value{num(3)}, process.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	m := proc.(process.Measured)
	var got []uint64
	note := func() { got = append(got, m.Memory()) }
	note()
	if err := proc.Init(&fakeContext{}); err != nil {
		t.Fatal(err)
	}
	note()
	proc.Step(&fakeContext{})
	note()
	proc.Close()
	note()
	if want := []uint64{0, 1 << 16, 4 << 16, 0}; !slices.Equal(got, want) {
		t.Errorf("memory %d, want %d", got, want)
	}
	if m.Peak() != 4<<16 {
		t.Errorf("peak %d", m.Peak())
	}
}

func TestCloseWithoutInit(t *testing.T) {
	for _, guest := range []string{"compute", "page"} {
		method := map[string]string{"compute": "compute", "page": "sum"}[guest]
		p := compileGuest(t, newHost(t, Options{}), guest, method, "")
		if _, err := p.New(nil, process.Limits{}); err == nil {
			t.Fatal("no arguments are enough")
		}
		args := []mailbox.Value{num(1), num(2)}[:len(p.sig.params)]
		proc, err := p.New(args, process.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		proc.Close()
	}
}

func TestInitialize(t *testing.T) {
	h := newHost(t, Options{})
	for _, tt := range []struct{ guest, method, want string }{
		{"initialize", "runs", "number 1"},
		{"initialize", "_start", ""}, // traps if _initialize ran
		{"initialize", "_initialize", ""},
		{"start", "started", "number 7"},
	} {
		if got := printed(run(t, compileGuest(t, h, tt.guest, tt.method, ""), process.Limits{})); got != tt.want {
			t.Errorf("%s of %s: %q, want %q", tt.method, tt.guest, got, tt.want)
		}
	}
}

// TestProcessesShareNothing runs a stateful guest again and again.
func TestProcessesShareNothing(t *testing.T) {
	p := compileGuest(t, newHost(t, Options{}), "counter", "count", "")
	for range 5 {
		if got := printed(run(t, p, process.Limits{})); got != "number 101" {
			t.Fatalf("a new process sees an old one's state: %s", got)
		}
	}
}

func TestRecycling(t *testing.T) {
	h := newHost(t, Options{})
	for guest, want := range map[string]bool{
		"compute/compute": true, "numbers/div_mod": true, "endless/spin": true,
		"page/sum": true, "counter/count": true, "initialize/runs": true, "grow/grow": true,
	} {
		name, method, _ := strings.Cut(guest, "/")
		if p := compileGuest(t, h, name, method, ""); p.again != want {
			t.Errorf("%s: used again is %t", guest, p.again)
		}
	}
	p := compileGuest(t, h, "numbers", "div_mod", "")
	run(t, p, process.Limits{}, num(17), num(5))
	if n := waiting(p); n != 1 {
		t.Fatalf("%d idle instances, want 1", n)
	}
	run(t, p, process.Limits{}, num(17), num(0))
	if n := waiting(p); n != 0 {
		t.Errorf("an instance that trapped is kept")
	}
}

// panicking is a function of the engine that fails.
type panicking struct {
	api.Function
	with any
}

func (f panicking) CallWithStack(context.Context, []uint64) error { panic(f.with) }

func TestPanicOfTheEngine(t *testing.T) {
	p := compileGuest(t, newHost(t, Options{}), "compute", "compute", "")
	newProcess := func(with any) *instance {
		proc, err := p.New([]mailbox.Value{num(1), num(2)}, process.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		if err := proc.Init(&fakeContext{}); err != nil {
			t.Fatal(err)
		}
		in := proc.(*instance)
		in.fn = panicking{with: with}
		return in
	}
	in := newProcess(errors.New("oops"))
	if r, _ := in.Step(&fakeContext{}); r.Err == nil || r.Err.Kind != mailbox.Internal || r.Err.Message != "the engine failed: oops" {
		t.Errorf("got %+v", r.Err)
	}
	in.Close()
	if waiting(p) > 0 {
		t.Error("an instance that failed is kept")
	}
}

// TestHostFunctionPanics pins down what wazero makes of a host function's
// panic, which this package has to tell from a trap.
func TestHostFunctionPanics(t *testing.T) {
	ctx := context.Background()
	h := newHost(t, Options{})
	bin := readGuest(t, "host_call")
	engine, err := h.start()
	if err != nil {
		t.Fatal(err)
	}
	var panics any
	_, err = engine.NewHostModuleBuilder("env").NewFunctionBuilder().
		WithGoFunction(api.GoFunc(func(context.Context, []uint64) {
			if panics == nil {
				process.Unwind()
			}
			panic(panics)
		}), nil, nil).Export("call").Instantiate(ctx)
	if err != nil {
		t.Fatal(err)
	}
	p := &Program{host: h, surroundings: surroundings{name: "host_call.wasm"}, method: "run", engine: engine}
	if p.info, err = module.Read(bin); err != nil {
		t.Fatal(err)
	}
	var ps problems
	p.prepare(&ps, Source{Method: "run"})
	if p.code, err = engine.CompileModule(ctx, bin); err != nil || len(ps) > 0 {
		t.Fatal(err, ps)
	}

	for _, tt := range []struct {
		panics any
		want   string
	}{
		{"whoops", "a host function failed: whoops"},
		{errors.New("wasm error: like a trap"), "a host function failed: wasm error: like a trap"},
		{&goruntime.PanicNilError{}, "a host function failed: panic called with nil argument"},
	} {
		panics = tt.panics
		r := run(t, p, process.Limits{})
		if r.Err == nil || r.Err.Kind != mailbox.Internal || r.Err.Message != tt.want {
			t.Errorf("got %+v, want %s", r.Err, tt.want)
		} else if !slices.Equal(r.Err.Trace, []string{"env.call()", "inner()", "run()"}) {
			t.Errorf("%s: trace %q", tt.want, r.Err.Trace)
		}
	}

	panics = nil // it unwinds
	proc, err := p.New(nil, process.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	defer proc.Close()
	fake := &fakeContext{}
	if err := proc.Init(fake); err != nil {
		t.Fatal(err)
	}
	fake.killed = true
	defer func() {
		if r := recover(); !process.Unwinding(r) {
			t.Errorf("recovered %v", r)
		}
	}()
	proc.Step(fake)
	t.Error("a killed process goes on")
}
