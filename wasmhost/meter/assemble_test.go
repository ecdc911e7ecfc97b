package meter

import "wippy/wasmhost/module"

// testFunc is a function of a module that assemble makes.
type testFunc struct {
	params, results string // value types
	locals          string // the declarations, encoded; "" for none
	body            code   // without its end
}

// assemble makes a module of functions, each of a type with the function's own
// index, the first exported as "f", with a memory of one page and three
// mutable globals of i64. More adds sections, or replaces these.
func assemble(fns []testFunc, more ...module.Section) []byte {
	var types, funcs, globals, bodies items
	for i, f := range fns {
		t := module.AppendName([]byte{0x60}, f.params)
		types.add(module.AppendName(t, f.results))
		funcs.add(module.AppendU32(nil, uint32(i)))
		b := append(code{}, f.locals...)
		if f.locals == "" {
			b = code{0}
		}
		b = append(b, f.body...)
		b.op(opEnd)
		bodies.add(append(module.AppendU32(nil, uint32(len(b))), b...))
	}
	for range 3 {
		g := code{byte(i64), 1}
		g.i64(0)
		g.op(opEnd)
		globals.add(g)
	}
	b := module.Preamble()
	for _, s := range []module.Section{
		{ID: module.SectionType, Body: types.section()},
		{ID: module.SectionFunction, Body: funcs.section()},
		{ID: module.SectionTable},
		{ID: module.SectionMemory, Body: []byte{1, 0, 1}},
		{ID: module.SectionGlobal, Body: globals.section()},
		{ID: module.SectionExport, Body: []byte("\x01\x01f\x00\x00")},
		{ID: module.SectionStart},
		{ID: module.SectionElement},
		{ID: module.SectionCode, Body: bodies.section()},
		{ID: module.SectionCustom},
	} {
		for _, m := range more {
			if m.ID == s.ID {
				b = module.AppendSection(b, m.ID, m.Body)
				s.Body = nil
			}
		}
		if len(s.Body) > 0 {
			b = module.AppendSection(b, s.ID, s.Body)
		}
	}
	return b
}
