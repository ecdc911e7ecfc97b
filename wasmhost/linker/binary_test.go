package linker_test

import (
	"strings"
	"testing"

	"wippy/mailbox"
	"wippy/runtime/process"
	"wippy/wasmhost"
	"wippy/wasmhost/component"
	"wippy/wasmhost/linker"
	"wippy/wasmhost/module"
)

// answer is a core module that exports "f", which gives 7, with more sections of a module
// before its code.
func answer(more string) string {
	return "\x00asm\x01\x00\x00\x00\x01\x05\x01\x60\x00\x01\x7f\x03\x02\x01\x00" + more + "\x0a\x06\x01\x04\x00\x41\x07\x0b"
}

// lifting is a component of core modules, of which it instantiates the first, and exports its
// "f", which is lifted.
func lifting(t *testing.T, modules ...string) *component.Component {
	t.Helper()
	b := []byte("\x00asm\x0d\x00\x01\x00")
	for _, m := range modules {
		b = module.AppendSection(b, 1, []byte(m))
	}
	for _, s := range []struct {
		id   byte
		body string
	}{
		{2, "\x01\x00\x00\x00"},           // instantiates module 0
		{6, "\x01\x00\x00\x01\x00\x01f"},  // alias of its function f
		{7, "\x01\x40\x00\x00\x7a"},       // func() -> s32
		{8, "\x01\x00\x00\x00\x00\x00"},   // lifts it
		{11, "\x01\x00\x01f\x01\x00\x00"}, // exports that
	} {
		b = module.AppendSection(b, s.id, []byte(s.body))
	}
	c, err := component.Read(b)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// table, export and element are sections of answer: a table of two, the export, and a segment of
// two elements that begins at 1.
const (
	table   = "\x04\x04\x01\x70\x00\x02"
	export  = "\x07\x05\x01\x01f\x00\x00"
	element = "\x09\x08\x01\x00\x41\x01\x0b\x02\x00\x00"
)

// TestElementsBeyondTheTable has the start of a component fail, as the specification has it.
func TestElementsBeyondTheTable(t *testing.T) {
	h := newHost(t, wasmhost.Options{})
	for elements, want := range map[string]string{
		"": "", element: "wasm trap: undefined table element",
		strings.Replace(element, "\x41\x01", "\x41\x00", 1): "",
	} {
		p, err := h.Link(background, "elements.wasm", lifting(t, answer(table+export+elements)), linker.Nothing{})
		if err != nil {
			t.Fatal(err)
		}
		r, err := tryStart(t, p, &node{limits: process.Limits{}})
		if want != "" {
			wantError(t, err, mailbox.Failed, want, mailbox.Nil)
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if v := r.call("f"); !v.Equal(num(7)) {
			t.Errorf("%v", v)
		}
	}
}

// TestUnusedModules has a component with a core module that nothing instantiates.
func TestUnusedModules(t *testing.T) {
	h := newHost(t, wasmhost.Options{})
	imports := "\x00asm\x01\x00\x00\x00\x01\x04\x01\x60\x00\x00\x02\x06\x01\x00\x01f\x00\x00" // from a module without a name
	for name, tt := range map[string]struct{ unused, want string }{
		"valid":                     {answer(""), ""},
		"with imports":              {imports, ""},
		"of a type that is another": {strings.Replace(answer(""), "\x41\x07", "\x42\x07", 1), "the core module that begins at byte 0x"},
	} {
		p, err := h.Link(background, "unused.wasm", lifting(t, answer(export), tt.unused), linker.Nothing{})
		switch {
		case err != nil && (tt.want == "" || !strings.Contains(err.Error(), tt.want)):
			t.Errorf("%s: %v, want %q", name, err, tt.want)
		case err == nil && tt.want != "":
			t.Errorf("%s: no error, want %q", name, tt.want)
		case err == nil:
			if v := start(t, p, process.Limits{}).call("f"); !v.Equal(num(7)) {
				t.Errorf("%s: %v", name, v)
			}
		}
	}
}
