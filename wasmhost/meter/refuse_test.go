package meter

import (
	"bytes"
	"testing"

	"wippy/wasmhost/module"
)

// refusal gives what Rewrite says of a binary, "" when it takes it.
func refusal(t *testing.T, binary []byte) string {
	t.Helper()
	if _, _, err := Rewrite(read(t, binary), Options{}); err != nil {
		return err.Error()
	}
	return ""
}

// TestStartIsRefused checks what nobody else does: the rewritten module has no
// start section for the engine to look at.
func TestStartIsRefused(t *testing.T) {
	var loop code
	loop.begin(opLoop, empty)
	loop.i32(0)
	loop.with(opBrIf, 0)
	loop.op(opEnd)
	start := module.Section{ID: module.SectionStart, Body: []byte{0}}
	for _, tt := range []struct {
		f    testFunc
		want string
	}{
		{testFunc{body: loop}, ""},
		{testFunc{params: "\x7f", body: loop}, "start section: function f is (i32) -> (); a start function is () -> () (at byte 0x33)"},
	} {
		if got := refusal(t, assemble([]testFunc{tt.f}, start)); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.f.params, got, tt.want)
		}
	}
}

// TestUndeclaredReference refers to a function that nothing but the start
// section names: its export is ours.
func TestUndeclaredReference(t *testing.T) {
	var refers code
	refers.begin(opLoop, empty)
	refers.with(opRefFunc, 1)
	refers.op(opDrop)
	refers.i32(0)
	refers.with(opBrIf, 0)
	refers.op(opEnd)
	fns := []testFunc{{body: refers}, {}}
	start := module.Section{ID: module.SectionStart, Body: []byte{1}}
	want := "function f: ref.func of function 1, which neither an element segment, a global nor an export names (at byte 0x40)"
	if got := refusal(t, assemble(fns, start)); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	declared := module.Section{ID: module.SectionElement, Body: []byte{1, 3, 0, 1, 1}}
	if got := refusal(t, assemble(fns, start, declared)); got != "" {
		t.Error(got)
	}
}

// TestTableTotals bounds the elements of all tables together: a guest pays for
// them with no memory of its own.
func TestTableTotals(t *testing.T) {
	tables := func(n int, low uint32) module.Section {
		var all items
		for range n {
			all.add(module.AppendU32([]byte{byte(funcRef), 0}, low))
		}
		return module.Section{ID: module.SectionTable, Body: all.section()}
	}
	var grows code
	grows.begin(opLoop, empty)
	grows.op(0xd0)
	grows = append(grows, byte(funcRef))
	grows.i32(1000)
	grows.with(opTableGrow, 0)
	grows.with(opBrIf, 0)
	grows.op(opEnd)
	for _, tt := range []struct {
		n    int
		low  uint32
		want string
	}{
		{1, DefaultMaxTable, ""},
		{1, DefaultMaxTable + 1, "table section: 1048577 elements to begin with; all tables together may have 1048576 (at byte 0x14)"},
		{1000, 2000, "table section: 2000000 elements to begin with; all tables together may have 1048576 (at byte 0x15)"},
		{5000, 1, ""},
	} {
		binary := assemble([]testFunc{{body: grows}}, tables(tt.n, tt.low))
		if got := refusal(t, binary); got != tt.want {
			t.Errorf("%d tables of %d: %q, want %q", tt.n, tt.low, got, tt.want)
		}
		if tt.want != "" {
			continue
		}
		out, _ := rewrite(t, binary, Options{})
		sum := uint64(0)
		for _, l := range read(t, out).Tables {
			sum += l.Max
		}
		if sum > 2*DefaultMaxTable {
			t.Errorf("%d tables may have %d elements", tt.n, sum)
		}
	}
}

// TestChecksOfLargeFunctions cuts a function into no more runs than the engine
// compiles in a moment.
func TestChecksOfLargeFunctions(t *testing.T) {
	c := code(bytes.Repeat([]byte{1}, 7_000_000)) // nops
	out, _ := rewrite(t, assemble([]testFunc{{}, looping()}), Options{})
	larger, _ := rewrite(t, assemble([]testFunc{{body: c}, looping()}), Options{})
	const check = 25 // bytes
	if added := len(larger) - len(out) - len(c); added > maxRuns*check {
		t.Errorf("%d bytes of checks", added)
	}
}

// TestCompileTime refuses functions that take the engine minutes.
func TestCompileTime(t *testing.T) {
	labels := func(n int) []byte {
		c := code{}
		c.begin(opBlock, empty)
		c.i32(1)
		c.op(opBrTable)
		c = module.AppendU32(c, uint32(n))
		c = append(c, make([]byte, n+1)...)
		c.op(opEnd)
		return assemble([]testFunc{{body: c}})
	}
	var c code
	for range maxBlocks {
		c.begin(opBlock, empty)
		c.op(opEnd)
	}
	var many []testFunc
	for range maxWork/maxBlocks/maxBlocks + 1 {
		many = append(many, testFunc{body: c})
	}
	if got, want := refusal(t, assemble(many)), "function $10: with it, the functions have more and larger blocks than can be compiled (at byte 0x509a4)"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := refusal(t, assemble(many[1:])); got != "" {
		t.Error(got)
	}
	if got := refusal(t, labels(maxLabels-1)); got != "" {
		t.Error(got)
	}
	if got, want := refusal(t, labels(maxLabels)), "function f: more than 50000 labels of br_table (at byte 0xc392)"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
