package meter

import "wippy/wasmhost/module"

// The engine leaves an active element segment that does not fit into its table out, and all
// behind it, where the specification traps. So one that is not sure to fit becomes
// passive, and those behind it, which may write over what it wrote: a function that is called
// first of all, before the start function, puts them where they belong, or traps.

// late is an active element segment that a function of ours puts into its table.
type late struct {
	segment, table uint32
	offset         code // a constant expression, without its end
	n              uint32
	extern         bool // of externref, all of which are null
}

// The bits of an element segment's flags.
const (
	segmentInactive    = 1 // passive or declarative
	segmentExplicit    = 2 // names its table, or is declarative
	segmentExpressions = 4 // of constant expressions, not of functions
)

// element copies an element segment, as a passive one if it is late.
func (c *copier) element() {
	s := late{segment: c.segments}
	c.segments++
	flags := c.U32()
	active := flags&segmentInactive == 0
	at, sure, movable := uint64(0), false, false
	if active {
		if flags&segmentExplicit != 0 {
			s.table = c.U32()
		}
		if uint64(s.table) >= uint64(len(c.m.Tables)) && c.Err() == nil {
			c.Failf("an element segment of the unknown table %d", s.table)
		}
		at, sure, movable = c.offset(&s)
	}
	expressions := flags&segmentExpressions != 0
	kind, said := byte(0), flags&(segmentInactive|segmentExplicit) != 0
	switch {
	case said && expressions:
		kind = readType(c.Reader)
	case said:
		kind = c.Byte()
	case expressions:
		kind = byte(module.FuncRef)
	}
	s.n = c.U32()
	if c.Err() != nil {
		return
	}
	s.extern = expressions && kind == byte(module.ExternRef)
	fits := sure && at+uint64(s.n) <= c.tableMin(s.table)
	if active && movable && (len(c.late) > 0 || !fits) {
		c.late = append(c.late, s)
		c.out = module.AppendU32(c.out, segmentInactive|flags&segmentExpressions)
		said = true
	} else {
		c.out = module.AppendU32(c.out, flags)
		if active {
			if flags&segmentExplicit != 0 {
				c.out = module.AppendU32(c.out, s.table)
			}
			c.out = append(c.out, s.offset...)
			c.out.op(opEnd)
		}
	}
	if said {
		c.out = append(c.out, kind)
	}
	c.out = module.AppendU32(c.out, s.n)
	for range s.n {
		if c.Err() != nil {
			return
		}
		if expressions {
			c.constant()
		} else {
			c.function()
		}
	}
}

// tableMin is what a table has at least, also one that is imported: tables do not shrink.
func (c *copier) tableMin(table uint32) uint64 {
	if uint64(table) >= uint64(len(c.m.Tables)) {
		return 0
	}
	return c.m.Tables[table].Min
}

// offset reads where an active segment begins: at is that if it is sure. What is no constant
// expression, though code, is not movable: that is for the engine to refuse.
func (c *copier) offset(s *late) (at uint64, sure, movable bool) {
	mark := len(c.out)
	movable = true
	constants, others := 0, 0
	for c.next(&c.in); c.in.op != opEnd && c.Err() == nil; c.next(&c.in) {
		others++
		switch c.in.op {
		case opI32Const:
			at = uint64(uint32(c.in.n))
			constants++
			others--
		case opGlobalGet:
			movable = movable && uint64(c.in.x) < uint64(len(c.m.Globals)) && !c.m.Globals[c.in.x].Mutable
		case opI32Add, opI32Sub, opI32Mul:
		default:
			movable = false
		}
		c.constantInstr()
	}
	s.offset = append(code(nil), c.out[mark:]...)
	c.out = c.out[:mark]
	return at, constants == 1 && others == 0, movable
}

// placing puts the late segments into their tables, and calls the start function.
func (w *writer) placing(segments []late) code {
	c := code{0}
	for _, s := range segments {
		c = append(c, s.offset...)
		if s.extern {
			c.op(opRefNull)
			c = append(c, byte(module.ExternRef))
			c.i32(int32(s.n))
			c.with(opTableFill, s.table)
		} else {
			c.i32(0)
			c.i32(int32(s.n))
			c.with(opTableInit, s.segment, s.table)
		}
		c.with(opElemDrop, s.segment)
	}
	if w.m.HasStart {
		c.with(opCall, w.moved(w.m.Start))
	}
	c.op(opEnd)
	return c
}
