package meter

import (
	"testing"

	"wippy/wasmhost/module"
)

// elements assembles a module with a table of four elements: "one" calls the element of a
// number, functions 1 and 2 give 2 and 3, and 3 does nothing. Its second table is of externref.
func elements(segments string, more ...module.Section) []byte {
	call := code{}
	call.with(opLocalGet, 0)
	call.with(opCallIndirect, 1, 0)
	constant := func(n int32) (c code) {
		c.i32(n)
		return c
	}
	more = append(more,
		module.Section{ID: module.SectionTable, Body: []byte("\x02\x70\x00\x04\x6f\x00\x04")},
		module.Section{ID: module.SectionExport, Body: []byte("\x01\x03one\x00\x00")},
		module.Section{ID: module.SectionElement, Body: []byte(segments)})
	return assemble([]testFunc{
		{"\x7f", "\x7f", "", call}, {"", "\x7f", "", constant(2)}, {"", "\x7f", "", constant(3)}, {"", "", "", nil},
	}, more...)
}

// TestElements has element segments that fit into their table, and some that do
// not, or of which it is not known, which the engine would leave out.
func TestElements(t *testing.T) {
	const trap = "wasm error: invalid table access"
	start := module.Section{ID: module.SectionStart, Body: []byte{3}}
	for _, tt := range []struct {
		name, segments string
		more           []module.Section
		late           bool
		fails          string
		one            map[uint64]uint64 // what calling an element gives
	}{
		{"fits", "\x01\x00\x41\x02\x0b\x02\x01\x02", nil, false, "", map[uint64]uint64{2: 2, 3: 3}},
		{"beyond", "\x01\x00\x41\x03\x0b\x02\x01\x02", nil, true, trap, nil},
		{"far beyond", "\x01\x00\x41\x7f\x0b\x02\x01\x02", nil, true, trap, nil},
		{"nothing at the end", "\x01\x00\x41\x04\x0b\x00", nil, false, "", nil},
		{"nothing beyond", "\x01\x00\x41\x05\x0b\x00", nil, true, trap, nil},
		{"with a start function", "\x01\x00\x41\x04\x0b\x01\x01", []module.Section{start}, true, trap, nil},
		{"one behind", "\x02\x00\x41\x04\x0b\x01\x01\x00\x41\x00\x0b\x01\x02", nil, true, trap, nil},
		{"computed", "\x01\x00\x41\x01\x41\x02\x6a\x0b\x01\x02", []module.Section{start}, true, "", map[uint64]uint64{3: 3}},
		{"computed beyond", "\x01\x00\x41\x02\x41\x02\x6a\x0b\x01\x02", nil, true, trap, nil},
		{"in order", "\x03\x00\x41\x00\x0b\x02\x02\x02\x00\x41\x00\x41\x01\x6a\x0b\x01\x01\x02\x00\x41\x01\x0b\x00\x02\x02\x01", nil, true, "", map[uint64]uint64{0: 3, 1: 3, 2: 2}},
		{"expressions", "\x01\x04\x41\x01\x41\x02\x6c\x0b\x02\xd2\x01\x0b\xd2\x02\x0b", nil, true, "", map[uint64]uint64{2: 2, 3: 3}},
		{"expressions beyond", "\x01\x04\x41\x03\x0b\x02\xd2\x01\x0b\xd2\x02\x0b", nil, true, trap, nil},
		{"externs", "\x01\x06\x01\x41\x01\x41\x03\x6a\x0b\x6f\x00", nil, true, "", nil},
		{"externs computed", "\x01\x06\x01\x41\x01\x41\x02\x6a\x0b\x6f\x01\xd0\x6f\x0b", nil, true, "", nil},
		{"externs beyond", "\x01\x06\x01\x41\x04\x0b\x6f\x01\xd0\x6f\x0b", nil, true, trap, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			binary := elements(tt.segments, tt.more...)
			out, info := rewrite(t, binary, Options{})
			if late := info.Start != ""; late != tt.late {
				t.Fatalf("start is %q", info.Start)
			}
			i := newHost(t).instantiate(t, out, info)
			if tt.late {
				if _, err := i.call(info.Start); reason(err) != tt.fails {
					t.Fatalf("got %v, want %q", err, tt.fails)
				}
			}
			for n, want := range tt.one {
				if got, err := i.call("one", n); err != nil || got[0] != want {
					t.Errorf("element %d gives %d, %v; want %d", n, got, err, want)
				}
			}
		})
	}
}

// TestElementsInvalid has offsets that are code but no constant expressions: they are not
// made code of.
func TestElementsInvalid(t *testing.T) {
	for name, offset := range map[string]string{
		"a variable": "\x23\x00\x0b", "two values": "\x41\x00\x41\x00\x0b", "none": "\x0b", "a call": "\x10\x01\x0b",
		"another operator": "\x41\x00\x67\x0b", "of 64 bits": "\x42\x00\x0b",
	} {
		m, err := module.Read(elements("\x01\x00" + offset + "\x01\x01"))
		if err != nil {
			continue
		}
		out, _, err := Rewrite(m, Options{})
		if err != nil {
			continue
		}
		if _, err := newHost(t).instantiateErr(out); err == nil {
			t.Errorf("%s is taken for a constant", name)
		}
	}
}

// TestElementsWithoutCode has a module without functions of its own, as tools make to fill tables.
func TestElementsWithoutCode(t *testing.T) {
	sections := "\x01\x05\x01\x60\x00\x01\x7f" + // func() -> i32
		"\x02\x0c\x01\x04host\x03ten\x00\x00" +
		"\x04\x04\x01\x70\x00\x02"
	for elements, fails := range map[string]string{
		"\x09\x0a\x01\x00\x41\x00\x41\x01\x6a\x0b\x01\x00": "",
		"\x09\x0a\x01\x00\x41\x01\x41\x01\x6a\x0b\x01\x00": "wasm error: invalid table access",
	} {
		out, info := rewrite(t, []byte("\x00asm\x01\x00\x00\x00"+sections+elements), Options{})
		i := hosted(t, "host").instantiate(t, out, info)
		if _, err := i.call(info.Start); reason(err) != fails {
			t.Errorf("got %v, want %q", err, fails)
		}
	}
}
