package meter

import (
	"slices"
	"strconv"
	"strings"

	"wippy/wasmhost/module"
)

const i32 = module.I32

// addedType is a type that is added, by its place after the module's own.
type addedType uint32

const (
	typeMaps  addedType = iota // (i32) -> i32
	typeEnds                   // () -> ()
	typeTakes                  // (i32) -> ()
	typeRange                  // (i32, i32, i32) -> ()
)

// addedTypes are they, encoded.
var addedTypes = []string{"\x60\x01\x7f\x01\x7f", "\x60\x00\x00", "\x60\x01\x7f\x00", "\x60\x03\x7f\x7f\x7f\x00"}

// writer makes the second pass, and puts together what comes of it.
type writer struct {
	*facts
	m        *module.Module
	opts     Options
	nodes    []node
	straight bool // nothing needs to be added

	// Indices, in what is written, of what is added; zero where it is not.
	yield, overflow, fuel, room uint32
	helpers                     [helpers]uint32
	initializers                map[uint32]uint32 // by data segment

	shift     uint32     // how many imports are added
	additions []addition // functions, after the module's own
	elements  items      // of the element section
	start     uint32     // the function that is called first of all, as it is written
	starts    bool       // there is one
	bodies    []byte     // of the code section, without their number
}

func newWriter(m *module.Module, opts Options, f *facts) *writer {
	w := &writer{facts: f, m: m, opts: opts, initializers: map[uint32]uint32{}}
	w.nodes = callGraph(m, f, opts)
	w.straight = !f.late && !slices.ContainsFunc(w.nodes, func(n node) bool { return n.total > straightCost })
	if w.straight {
		return w
	}
	w.yield, w.shift = uint32(f.imported), 1
	if w.recursive() {
		w.overflow, w.shift = w.yield+1, 2
	}
	w.fuel = uint32(len(m.Globals))
	w.room = w.fuel + 1
	return w
}

// recursive tells that room is counted.
func (w *writer) recursive() bool {
	return slices.ContainsFunc(w.nodes, func(n node) bool { return n.cyclic })
}

// moved gives the index of a function in what is written.
func (w *writer) moved(function uint32) uint32 {
	if int(function) < w.imported {
		return function
	}
	return function + w.shift
}

// add adds a function, and gives its index.
func (w *writer) add(a addition) uint32 {
	w.additions = append(w.additions, a)
	return uint32(len(w.m.Funcs)+len(w.additions)-1) + w.shift
}

// code rewrites all functions, and what the element section has of them.
func (w *writer) code() error {
	b := &body{writer: w}
	for i := range w.funcs {
		if err := b.rewrite(&w.funcs[i]); err != nil {
			return err
		}
		w.bodies = append(module.AppendU32(w.bodies, uint32(len(b.out))), b.out...)
	}
	var segments []late
	var err error
	if w.elements, segments, err = copySection(w.m, module.SectionElement, w.moved); err != nil {
		return err
	}
	if w.starts = w.m.HasStart; w.starts {
		w.start = w.moved(w.m.Start)
	}
	if len(segments) > 0 {
		w.start, w.starts = w.add(addition{"element segments", typeEnds, w.placing(segments)}), true
	}
	for _, a := range w.additions {
		w.bodies = append(module.AppendU32(w.bodies, uint32(len(a.body))), a.body...)
	}
	return nil
}

// binary puts the binary together.
func (w *writer) binary() ([]byte, Info, error) {
	m := w.m
	types := w.counted(module.SectionType)
	functions := w.counted(module.SectionFunction)
	imports, err := w.imports()
	if err != nil {
		return nil, Info{}, err
	}
	globals, _, err := copySection(m, module.SectionGlobal, w.moved)
	if err != nil {
		return nil, Info{}, err
	}
	exports, _, err := copySection(m, module.SectionExport, w.moved)
	if err != nil {
		return nil, Info{}, err
	}
	tables, err := w.tables()
	if err != nil {
		return nil, Info{}, err
	}
	start := find(m, module.SectionStart).Body
	info := Info{Straight: w.straight}
	w.exportState(&info, &exports)
	if !w.straight {
		info.Imported, info.Shift = uint32(w.imported), w.shift
		w.importHooks(&types, &imports)
		for _, a := range w.additions {
			functions.add(module.AppendU32(nil, w.typeIndex(a.typ)))
		}
		w.addGlobals(&info, &globals, &exports)
		if w.starts {
			info.Start = w.export(&info, &exports, "start", module.Func, w.start)
			start = nil
		}
	}
	b := module.Preamble()
	for _, s := range []struct {
		id   byte
		body []byte
	}{
		{module.SectionType, types.section()},
		{module.SectionImport, imports.section()},
		{module.SectionFunction, functions.section()},
		{module.SectionTable, tables},
		{module.SectionMemory, find(m, module.SectionMemory).Body},
		{module.SectionGlobal, globals.section()},
		{module.SectionExport, exports.section()},
		{module.SectionStart, start},
		{module.SectionElement, w.elements.section()},
		{module.SectionDataCount, find(m, module.SectionDataCount).Body},
		{module.SectionCode, items{uint32(len(w.funcs) + len(w.additions)), w.bodies}.section()},
		{module.SectionData, find(m, module.SectionData).Body},
	} {
		if len(s.body) > 0 {
			b = module.AppendSection(b, s.id, s.body)
		}
	}
	return w.names(w.custom(b)), info, nil
}

// custom appends the custom sections that are true of what is written, too:
// not those that point into the code.
func (w *writer) custom(b []byte) []byte {
	for _, s := range w.m.Sections {
		if s.ID == module.SectionCustom && !pointsIntoCode(module.NewReader(s.Body, s.Offset, "custom section").Name()) {
			b = module.AppendSection(b, s.ID, s.Body)
		}
	}
	return b
}

// pointsIntoCode tells by its name whether a custom section says something of
// functions by their index, or of code by its offset.
func pointsIntoCode(name string) bool {
	switch name {
	case "name", "linking", "sourceMappingURL", "external_debug_info":
		return true
	}
	for _, prefix := range []string{".debug_", "reloc.", "metadata.code."} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

// counted gives the items of a section that stays as it is.
func (w *writer) counted(id byte) items {
	s := find(w.m, id)
	if len(s.Body) == 0 {
		return items{}
	}
	r := module.NewReader(s.Body, s.Offset, "section")
	n := r.U32()
	return items{n, slices.Clone(r.Bytes(uint64(r.Len())))}
}

func (w *writer) typeIndex(t addedType) uint32 { return uint32(len(w.m.Types)) + uint32(t) }

// importHooks adds the host's functions to the imports, and the types that
// everything added has.
func (w *writer) importHooks(types, imports *items) {
	for _, t := range addedTypes {
		types.add([]byte(t))
	}
	for _, h := range []struct {
		name string
		typ  addedType
	}{{Yield, typeMaps}, {Overflow, typeEnds}}[:w.shift] {
		b := module.AppendName(nil, w.opts.Module)
		b = append(module.AppendName(b, h.name), byte(module.Func))
		imports.add(module.AppendU32(b, w.typeIndex(h.typ)))
	}
}

// addGlobals adds the globals and exports them.
func (w *writer) addGlobals(info *Info, globals, exports *items) {
	variable := func(value int32) {
		c := code{byte(i32), 1}
		c.i32(value)
		c.op(opEnd)
		globals.add(c)
	}
	variable(0) // the first check asks for fuel
	info.Fuel = w.export(info, exports, "fuel", module.Global, w.fuel)
	if w.recursive() {
		variable(w.opts.Stack)
		info.Room = w.export(info, exports, "room", module.Global, w.room)
	}
}

// maxState is how many globals a module may have that is restored.
const maxState = 32

// exportState exports the globals that code may change, if nothing else of an
// instance but its memory ever changes.
func (w *writer) exportState(info *Info, exports *items) {
	if w.lasting || w.late || w.straight && w.m.HasStart {
		return
	}
	imported := len(w.m.Globals) - int(w.counted(module.SectionGlobal).n)
	var state []uint32
	for i, g := range w.m.Globals[imported:] {
		if !g.Mutable {
			continue
		}
		if g.Type == module.V128 || g.Type == module.FuncRef || g.Type == module.ExternRef || len(state) == maxState {
			return
		}
		state = append(state, uint32(imported+i))
	}
	info.Restorable = true
	for i, g := range state {
		info.Globals = append(info.Globals, w.export(info, exports, "global"+strconv.Itoa(i), module.Global, g))
	}
}

// export adds an export whose name begins with a zero byte and is nobody else's:
// it has more quotes at its end than any of the module's.
func (w *writer) export(info *Info, exports *items, name string, kind module.Kind, index uint32) string {
	name = "\x00" + name
	quotes := 0
	for _, e := range w.m.Exports {
		if rest, like := strings.CutPrefix(e.Name, name); like && strings.Trim(rest, "'") == "" {
			quotes = max(quotes, len(rest)+1)
		}
	}
	name += strings.Repeat("'", quotes)
	exports.add(module.AppendU32(append(module.AppendName(nil, name), byte(kind)), index))
	info.Exports = append(info.Exports, name)
	return name
}

func (i *items) add(item []byte) {
	i.n++
	i.b = append(i.b, item...)
}

// names appends the name section: traces show the functions' names.
func (w *writer) names(b []byte) []byte {
	var names items
	add := func(index uint32, name string) { names.add(module.AppendName(module.AppendU32(nil, index), name)) }
	hooks := func() {
		for i, name := range []string{Yield, Overflow}[:w.shift] {
			add(uint32(w.imported+i), name)
		}
	}
	hooked := false
	for index, name := range w.m.FuncNames() {
		if int(index) >= w.imported && !hooked {
			hooks()
			hooked = true
		}
		add(w.moved(index), name)
	}
	if !hooked {
		hooks()
	}
	first := uint32(len(w.m.Funcs)) + w.shift
	for i, a := range w.additions {
		add(first+uint32(i), a.name)
	}
	return module.AppendNames(b, w.m.Name(), names.n, names.b)
}
