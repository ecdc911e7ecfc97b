package meter

// The sizes of bulk instructions, in bytes.
const (
	pieceBytes  = 1 << 20 // done at once: some hundred microseconds
	inlineBytes = 4 << 10 // done in place where the length is a constant

	// As powers of two: what a unit pays for, an element of a table, a page of
	// a memory.
	unitShift    = 6
	elementShift = 3
	pageShift    = 16
)

// bulk writes a bulk instruction. length is the constant that the instruction
// before has pushed, or -1: the length is what all of them take last.
func (b *body) bulk(in *instr, length int64) {
	shift := unitShift
	switch in.op {
	case opMemoryGrow:
		b.out.with(opCall, b.helper(growing))
		return
	case opTableInit, opTableCopy, opTableGrow, opTableFill:
		shift -= elementShift
	}
	if length >= 0 && length <= inlineBytes>>unitShift<<shift {
		if units := length >> shift; units > 0 {
			b.out.take(b.fuel, int32(units))
			b.cost += uint64(units) * callCost
		}
		b.out.instr(in)
		return
	}
	switch in.op {
	case opMemoryFill:
		b.out.with(opCall, b.helper(filling))
	case opMemoryCopy:
		b.out.with(opCall, b.helper(copying))
	case opMemoryInit:
		if size := b.segments[in.x]; size > pieceBytes {
			b.out.with(opCall, b.initializer(in.x, size))
			return
		}
		b.out.with(opCall, b.helper(chargingBytes))
		b.out.instr(in)
	default:
		b.out.with(opCall, b.helper(chargingElements))
		b.out.instr(in)
	}
}

// helper is a function that is added to the module.
type helper int

const (
	entering         helper = iota // out of room or of fuel
	growing                        // memory.grow
	filling                        // memory.fill
	copying                        // memory.copy
	chargingBytes                  // charges for a length, and gives it back
	chargingElements               // the same, for elements of a table
	helpers
)

// addition is a function that has been added.
type addition struct {
	name string
	typ  addedType
	body code // with locals
}

// helper gives the index of a helper, which it adds the first time.
func (w *writer) helper(h helper) uint32 {
	if w.helpers[h] == 0 {
		w.helpers[h] = w.add(w.build(h))
	}
	return w.helpers[h]
}

func (w *writer) build(h helper) addition {
	switch h {
	case entering:
		return addition{"enter", typeTakes, w.entering()}
	case growing:
		return addition{"memory.grow", typeMaps, w.growing()}
	case filling:
		return addition{"memory.fill", typeRange, w.filling()}
	case copying:
		return addition{"memory.copy", typeRange, w.copying()}
	case chargingBytes:
		return addition{"charge", typeMaps, w.charging(pieceBytes, unitShift)}
	}
	return addition{"charge", typeMaps, w.charging(w.mostElements(), unitShift-elementShift)}
}

// initializer gives the index of the helper that does memory.init of a segment
// that is too large to do at once.
func (w *writer) initializer(segment uint32, size uint64) uint32 {
	index, done := w.initializers[segment]
	if !done {
		index = w.add(addition{"memory.init", typeRange, w.initializing(segment, size)})
		w.initializers[segment] = index
	}
	return index
}

// entering ends what is out of room, or yields.
func (w *writer) entering() code {
	c := code{0}
	c.with(opLocalGet, 0)
	c.i32(0)
	c.op(opI32LtS)
	c.begin(opIf, empty)
	c.with(opCall, w.overflow)
	c.op(opUnreachable, opEnd)
	c.refill(w.fuel, w.yield)
	c.op(opEnd)
	return c
}

// growing charges after the fact: guests ask for more than they get.
func (w *writer) growing() code {
	const pages, before = 0, 1
	c := code{1, 1, byte(i32)}
	c.with(opLocalGet, pages)
	c.with(opMemoryGrow, 0)
	c.with(opLocalTee, before)
	c.i32(-1)
	c.op(opI32Ne)
	c.begin(opIf, empty)
	c.with(opGlobalGet, w.fuel)
	c.with(opLocalGet, pages)
	c.i32(pageShift - unitShift)
	c.op(opI32Shl, opI32Sub)
	c.with(opGlobalSet, w.fuel)
	c.refill(w.fuel, w.yield)
	c.op(opEnd)
	c.with(opLocalGet, before)
	c.op(opEnd)
	return c
}

// charging charges a unit for each 1<<shift; what is longer than most traps, or
// fails, and costs no more.
func (w *writer) charging(most uint32, shift int32) code {
	const length = 0
	c := code{0}
	c.with(opGlobalGet, w.fuel)
	c.with(opLocalGet, length)
	c.i32(int32(most))
	c.with(opLocalGet, length)
	c.i32(int32(most))
	c.op(opI32LtU, opSelect)
	c.i32(shift)
	c.op(opI32ShrU, opI32Sub)
	c.with(opGlobalSet, w.fuel)
	c.refill(w.fuel, w.yield)
	c.with(opLocalGet, length)
	c.op(opEnd)
	return c
}

// The parameters of what is done in pieces.
const (
	to     = 0
	from   = 1 // or the value of memory.fill
	length = 2
)

func (w *writer) filling() code {
	do := func(c *code) { c.with(opMemoryFill, 0) }
	return w.pieces(do, func(c *code) { c.beyondMemory(to) }, func(c *code) {
		c.rangeOf(pieceBytes)
		do(c)
		c.advance(to, pieceBytes)
		c.advance(length, -pieceBytes)
	})
}

// copying copies backwards where what is still to be read would be overwritten.
func (w *writer) copying() code {
	do := func(c *code) { c.with(opMemoryCopy, 0, 0) }
	beyond := func(c *code) {
		c.beyondMemory(to)
		c.beyondMemory(from)
		c.op(opI32Or)
	}
	return w.pieces(do, beyond, func(c *code) {
		c.with(opLocalGet, to)
		c.with(opLocalGet, from)
		c.op(opI32LeU)
		c.begin(opIf, empty)
		c.rangeOf(pieceBytes)
		do(c)
		c.advance(to, pieceBytes)
		c.advance(from, pieceBytes)
		c.advance(length, -pieceBytes)
		c.op(opElse)
		c.advance(length, -pieceBytes)
		for _, p := range []uint32{to, from} {
			c.with(opLocalGet, p)
			c.with(opLocalGet, length)
			c.op(opI32Add)
		}
		c.i32(pieceBytes)
		do(c)
		c.op(opEnd)
	})
}

// initializing leaves a segment that has been dropped to the first piece,
// which traps.
func (w *writer) initializing(segment uint32, size uint64) code {
	do := func(c *code) { c.with(opMemoryInit, segment, 0) }
	beyond := func(c *code) {
		c.beyondMemory(to)
		c.beyond(from, func() { c.i64(int64(size)) })
		c.op(opI32Or)
	}
	return w.pieces(do, beyond, func(c *code) {
		c.rangeOf(pieceBytes)
		do(c)
		c.advance(to, pieceBytes)
		c.advance(from, pieceBytes)
		c.advance(length, -pieceBytes)
	})
}

// pieces does in pieces, with a charge before each, what do does at once. What
// is beyond its bounds traps before anything is done; step does a piece.
func (w *writer) pieces(do, beyond, step func(*code)) code {
	c := code{0}
	whole := func() {
		c.with(opLocalGet, to)
		c.with(opLocalGet, from)
		c.with(opLocalGet, length)
		do(&c)
	}
	beyond(&c)
	c.begin(opIf, empty)
	whole()
	c.op(opEnd)
	c.begin(opLoop, empty)
	c.with(opLocalGet, length)
	c.i32(pieceBytes)
	c.op(opI32GtU)
	c.begin(opIf, empty)
	c.take(w.fuel, pieceBytes>>unitShift)
	c.refill(w.fuel, w.yield)
	step(&c)
	c.with(opBr, 1)
	c.op(opEnd, opEnd)
	c.with(opGlobalGet, w.fuel)
	c.with(opLocalGet, length)
	c.i32(unitShift)
	c.op(opI32ShrU, opI32Sub)
	c.with(opGlobalSet, w.fuel)
	c.refill(w.fuel, w.yield)
	whole()
	c.op(opEnd)
	return c
}

// rangeOf pushes to, from and a length.
func (c *code) rangeOf(n int32) {
	c.with(opLocalGet, to)
	c.with(opLocalGet, from)
	c.i32(n)
}

// advance adds to a local.
func (c *code) advance(local uint32, by int32) {
	c.with(opLocalGet, local)
	c.i32(by)
	c.op(opI32Add)
	c.with(opLocalSet, local)
}

// beyond pushes whether the range that begins at a local ends beyond a bound.
func (c *code) beyond(local uint32, bound func()) {
	c.with(opLocalGet, local)
	c.op(opI64ExtendI32U)
	c.with(opLocalGet, length)
	c.op(opI64ExtendI32U, opI64Add)
	bound()
	c.op(opI64GtU)
}

func (c *code) beyondMemory(local uint32) {
	c.beyond(local, func() {
		c.with(opMemorySize, 0)
		c.op(opI64ExtendI32U)
		c.i64(pageShift)
		c.op(opI64Shl)
	})
}
