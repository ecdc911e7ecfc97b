package meter

// The cost of code is the number of its bytes, more or less, and more for what
// may take long. It decides where
// straight code needs checks of its own.
const (
	// runCost is how much straight code may run between two checks: large
	// enough for the code of compilers to need few of its own, small enough for
	// a unit of such code to last a small part of a microsecond, some
	// microseconds where every access waits for memory.
	runCost = 1024
	// maxRuns is into how many runs the code of a function is cut at most, since
	// the engine takes its time for the blocks that checks are. Those of functions that
	// are larger than any compiler's are longer.
	maxRuns = 5000
	// leafCost is how much a function that calls nothing may cost to be
	// charged to its caller.
	leafCost = runCost / 4
	// straightCost is how much a whole module may cost to run without checks:
	// some ten microseconds.
	straightCost = 32 << 10
	// callCost and importCost are those of a call without what is called.
	callCost   = 8
	importCost = 64
	divideCost = 16 // of remainders and square roots, too
	accessCost = 16 // of loads and stores, which may wait for memory
)

// cost is what running an instruction costs, without what it calls.
func cost(in *instr) uint64 {
	switch in.op {
	case opBrTable:
		return 8
	case opCall, opCallIndirect, opReturnCall, opReturnCallIndirect:
		return callCost
	case opRefFunc: // goes through the host, as the next do
		return importCost
	case opMemoryGrow, opTableGrow, opMemoryInit, opMemoryCopy, opMemoryFill, opTableInit, opTableCopy, opTableFill:
		return importCost
	case opI32DivS, opI32DivS + 1, opI32DivS + 2, opI32DivS + 3, opI64DivS, opI64DivS + 1, opI64DivS + 2, opI64DivS + 3,
		opF32Div, opF64Div, opF32Sqrt, opF64Sqrt:
		return divideCost
	}
	if in.accesses() {
		return accessCost
	}
	return uint64(in.size)
}

// accesses tells whether an instruction loads or stores.
func (in *instr) accesses() bool {
	s := shapeOf(in.op)
	return s == shapeAccess || s == shapeLaneOf
}

// take writes that the fuel global loses so many units.
func (c *code) take(fuel uint32, units int32) {
	c.with(opGlobalGet, fuel)
	c.i32(units)
	c.op(opI32Sub)
	c.with(opGlobalSet, fuel)
}

// low pushes whether less than no fuel is left.
func (c *code) low(fuel uint32) {
	c.with(opGlobalGet, fuel)
	c.i32(0)
	c.op(opI32LtS)
}

// refill asks the host for fuel when less than none is left.
func (c *code) refill(fuel, yield uint32) {
	c.low(fuel)
	c.begin(opIf, empty)
	c.with(opGlobalGet, fuel)
	c.with(opCall, yield)
	c.with(opGlobalSet, fuel)
	c.op(opEnd)
}
