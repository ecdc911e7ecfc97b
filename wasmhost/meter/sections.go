package meter

import (
	"fmt"

	"wippy/wasmhost/module"
)

// copier copies what is in a section. It reads all of it, as module.Read has.
type copier struct {
	decoder
	m     *module.Module
	moved func(function uint32) uint32
	out   code
	in    instr
	// Of element segments:
	segments uint32 // seen so far
	late     []late
}

// copySection copies the items of a section that refers to functions, without
// their number, and gives each function that it refers to as moved does. Of the element
// section it also gives the segments that are late.
func copySection(m *module.Module, id byte, moved func(uint32) uint32) (items, []late, error) {
	s := find(m, id)
	if len(s.Body) == 0 {
		return items{}, nil, nil
	}
	what := map[byte]string{module.SectionGlobal: "global section", module.SectionExport: "export section", module.SectionElement: "element section"}[id]
	c := &copier{decoder: decoder{Reader: module.NewReader(s.Body, s.Offset, what)}, m: m, moved: moved}
	n := c.U32()
	for range n {
		switch id {
		case module.SectionGlobal:
			c.global()
		case module.SectionExport:
			c.export()
		case module.SectionElement:
			c.element()
		}
		if err := c.Err(); err != nil {
			return items{}, nil, err
		}
	}
	return items{n, c.out}, c.late, nil
}

// items are the items of a section, encoded.
type items struct {
	n uint32
	b code
}

// section gives them as a section's body, nothing where there are none.
func (i items) section() []byte {
	if i.n == 0 {
		return nil
	}
	return append(module.AppendU32(nil, i.n), i.b...)
}

func (c *copier) function() {
	f := c.U32()
	if uint64(f) >= uint64(len(c.m.Funcs)) {
		c.Failf("unknown function %d", f)
		return
	}
	c.out = module.AppendU32(c.out, c.moved(f))
}

func (c *copier) number() uint32 {
	n := c.U32()
	c.out = module.AppendU32(c.out, n)
	return n
}

func (c *copier) byte() byte {
	x := c.Byte()
	c.out = append(c.out, x)
	return x
}

func (c *copier) valType() { c.out = append(c.out, readType(c.Reader)) }

// readType reads a value type. All that are supported take one byte.
func readType(r *module.Reader) byte {
	t := r.Byte()
	if proposal := typeProposal(module.ValType(t)); proposal != "" && r.Err() == nil {
		r.Failf("value type %#x is of %s, which is not supported", t, proposal)
	}
	return t
}

// typeProposal names what a type is of beyond what this runtime runs, "" for what it runs.
func typeProposal(t module.ValType) string {
	switch t {
	case module.I32, module.I64, module.F32, module.F64, module.V128, module.FuncRef, module.ExternRef:
		return ""
	case 0x63, 0x64:
		return "typed function references"
	case 0x69, 0x74:
		return "exception handling"
	}
	return "garbage collection"
}

// constant copies a constant expression.
func (c *copier) constant() {
	for c.Err() == nil {
		c.next(&c.in)
		c.constantInstr()
		if c.in.op == opEnd {
			return
		}
	}
}

// constantInstr copies the instruction of a constant expression that was read.
func (c *copier) constantInstr() {
	if c.in.op == opGlobalGet && uint64(c.in.x) >= uint64(len(c.m.Globals)) {
		c.Failf("unknown global %d", c.in.x)
	}
	if c.in.op == opRefFunc {
		if uint64(c.in.x) >= uint64(len(c.m.Funcs)) {
			c.Failf("unknown function %d", c.in.x)
			return
		}
		c.in.x = c.moved(c.in.x)
	}
	c.out.instr(&c.in)
}

func (c *copier) global() {
	c.valType()
	c.byte() // whether it is mutable
	c.constant()
}

func (c *copier) export() {
	c.out = module.AppendName(c.out, c.Name())
	if kind := module.Kind(c.byte()); kind == module.Func {
		c.function()
		return
	} else if index := c.number(); kind == module.Global && uint64(index) >= uint64(len(c.m.Globals)) {
		c.Failf("unknown global %d", index)
	}
}

// segmentSizes gives the sizes of the data segments, which module.Read has read.
func segmentSizes(m *module.Module) []uint64 {
	s := find(m, module.SectionData)
	if len(s.Body) == 0 {
		return nil
	}
	d := &decoder{Reader: module.NewReader(s.Body, s.Offset, "data section")}
	var sizes []uint64
	var in instr
	for range d.U32() {
		flags := d.U32()
		if flags == 2 {
			d.U32() // the memory
		}
		for in.op = 0; flags != 1 && in.op != opEnd && d.Err() == nil; {
			d.next(&in)
		}
		size := uint64(d.U32())
		d.Bytes(size)
		sizes = append(sizes, size)
	}
	return sizes
}

// imports gives the items of the import section, renamed.
func (w *writer) imports() (items, error) {
	s := find(w.m, module.SectionImport)
	if len(s.Body) == 0 {
		return items{}, nil
	}
	r := module.NewReader(s.Body, s.Offset, "import section")
	var b items
	for range r.U32() {
		mod, name := r.Name(), r.Name()
		if w.opts.Import != nil {
			mod, name = w.opts.Import(mod, name)
		}
		item := module.AppendName(module.AppendName(nil, mod), name)
		kind := r.Byte()
		item = append(item, kind)
		switch module.Kind(kind) {
		case module.Func:
			item = module.AppendU32(item, r.U32())
		case module.Global:
			item = append(item, readType(r), r.Byte())
		case module.Table:
			item = append(item, readType(r))
			fallthrough
		case module.Memory:
			limited := r.Byte()
			item = module.AppendU32(append(item, limited), r.U32())
			if limited != 0 {
				item = module.AppendU32(item, r.U32())
			}
		}
		b.add(item)
	}
	return b, r.Err()
}

// refuseTables bounds what the tables begin with, all together.
func refuseTables(m *module.Module, most uint32) error {
	sum := uint64(0)
	for _, t := range m.Tables {
		sum += t.Min // module.Read has bounded it
	}
	if sum <= uint64(most) {
		return nil
	}
	return &module.Error{
		Offset:  find(m, module.SectionTable).Offset,
		Message: fmt.Sprintf("table section: %d elements to begin with; all tables together may have %d", sum, most),
	}
}

// tables gives the table section, with the sizes of tables bounded where they
// can grow: they share what there is.
func (w *writer) tables() ([]byte, error) {
	s := find(w.m, module.SectionTable)
	if len(s.Body) == 0 || w.straight {
		return s.Body, nil
	}
	r := module.NewReader(s.Body, s.Offset, "table section")
	n := r.U32()
	b := module.AppendU32(nil, n)
	for range n {
		b = append(b, readType(r))
		bounded, low := r.Byte(), r.U32()
		high := max(low, w.opts.MaxTable/n)
		if bounded != 0 {
			high = min(high, r.U32())
		}
		b = module.AppendU32(module.AppendU32(append(b, 1), low), high)
	}
	return b, r.Err()
}

// mostElements is how many elements a table can have.
func (w *writer) mostElements() uint32 {
	most := uint64(w.opts.MaxTable)
	for _, t := range w.m.Tables {
		most = max(most, t.Min)
	}
	return uint32(most)
}
