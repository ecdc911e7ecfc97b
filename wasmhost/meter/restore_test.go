package meter

import (
	"slices"
	"testing"

	"wippy/wasmhost/module"
)

// TestRestorable tells apart what memory and globals are all of, and what not.
func TestRestorable(t *testing.T) {
	body := func(op opcode, x ...uint32) code {
		var c code
		c.op(opUnreachable)
		c.with(op, x...)
		c.op(opUnreachable)
		return c
	}
	globals := func(types ...module.ValType) module.Section {
		var all items
		for _, t := range types {
			g := code{byte(t), 1}
			switch t {
			case v128:
				g = append(g, 0xfd, 12)
				g = append(g, make([]byte, 16)...)
			case funcRef, externRef:
				g.op(opRefNull)
				g = append(g, byte(t))
			case f32:
				g = append(g, 0x43, 0, 0, 0, 0)
			case f64:
				g = append(g, 0x44, 0, 0, 0, 0, 0, 0, 0, 0)
			case i64:
				g.i64(0)
			default:
				g.i32(0)
			}
			g.op(opEnd)
			all.add(g)
		}
		return module.Section{ID: module.SectionGlobal, Body: all.section()}
	}
	start := module.Section{ID: module.SectionStart, Body: []byte{0}}
	table := module.Section{ID: module.SectionTable, Body: []byte{1, byte(funcRef), 0, 4}}
	outside := module.Section{ID: module.SectionElement, Body: []byte{1, 0, 0x41, 9, byte(opEnd), 1, 0}}
	loop := code{byte(opLoop), 0x40, byte(opBr), 0, byte(opEnd)}
	for _, tt := range []struct {
		name     string
		body     code
		sections []module.Section
		want     int // of globals; -1 for what is not restorable
	}{
		{"three globals", nil, nil, 3},
		{"none", nil, []module.Section{globals(i32)}, 1},
		{"numbers", loop, []module.Section{globals(i32, i64, f32, f64)}, 4},
		{"a vector", loop, []module.Section{globals(i32, v128)}, -1},
		{"a function", loop, []module.Section{globals(funcRef)}, -1},
		{"a reference", nil, []module.Section{globals(externRef)}, -1},
		{"too many", nil, []module.Section{globals(slices.Repeat(valTypes{i32}, maxState+1)...)}, -1},
		{"a start function that the engine runs", nil, []module.Section{start}, -1},
		{"a start function that the host runs", loop, []module.Section{start}, 3},
		{"an element segment that does not fit", nil, []module.Section{table, outside}, -1},
		{"table.get", body(opTableSet-1, 0), []module.Section{table}, 3},
		{"table.set", body(opTableSet, 0), []module.Section{table}, -1},
		{"table.init", body(opTableInit, 0, 0), []module.Section{table}, -1},
		{"table.copy", body(opTableCopy, 0, 0), []module.Section{table}, -1},
		{"table.grow", body(opTableGrow, 0), []module.Section{table}, -1},
		{"table.fill", body(opTableFill, 0), []module.Section{table}, -1},
		{"elem.drop", body(opElemDrop, 0), []module.Section{table}, -1},
		{"data.drop", body(opDataDrop, 0), nil, -1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			binary, info := rewrite(t, assemble([]testFunc{{body: tt.body}}, tt.sections...), Options{})
			if info.Restorable != (tt.want >= 0) || len(info.Globals) != max(0, tt.want) {
				t.Fatalf("restorable is %t with %d globals, want %d", info.Restorable, len(info.Globals), tt.want)
			}
			out := read(t, binary)
			for i, name := range info.Globals {
				if e := out.Export(name); e == nil || e.Kind != module.Global || e.Index != uint32(i) {
					t.Errorf("global %d is %+v", i, e)
				}
			}
		})
	}
}
