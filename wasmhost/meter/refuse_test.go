package meter

import (
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
