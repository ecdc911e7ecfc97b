package meter

// opcode is an instruction: one byte, or a prefix byte and, below it, the number
// that follows, which has one byte in all that this runtime runs.
type opcode uint32

// The prefixes of instructions with a number.
const (
	prefixGC      = 0xfb
	prefixMisc    = 0xfc
	prefixSIMD    = 0xfd
	prefixThreads = 0xfe
)

// The instructions that something here looks at.
const (
	opUnreachable        opcode = 0x00
	opBlock              opcode = 0x02
	opLoop               opcode = 0x03
	opIf                 opcode = 0x04
	opElse               opcode = 0x05
	opEnd                opcode = 0x0b
	opBr                 opcode = 0x0c
	opBrIf               opcode = 0x0d
	opBrTable            opcode = 0x0e
	opReturn             opcode = 0x0f
	opCall               opcode = 0x10
	opCallIndirect       opcode = 0x11
	opReturnCall         opcode = 0x12
	opReturnCallIndirect opcode = 0x13
	opSelect             opcode = 0x1b
	opLocalGet           opcode = 0x20
	opLocalSet           opcode = 0x21
	opLocalTee           opcode = 0x22
	opGlobalGet          opcode = 0x23
	opGlobalSet          opcode = 0x24
	opMemorySize         opcode = 0x3f
	opMemoryGrow         opcode = 0x40
	opTableSet           opcode = 0x26
	opI32Const           opcode = 0x41
	opI64Const           opcode = 0x42
	opI32Ne              opcode = 0x47
	opI32LtS             opcode = 0x48
	opI32LtU             opcode = 0x49
	opI32GtU             opcode = 0x4b
	opI32LeU             opcode = 0x4d
	opI64GtU             opcode = 0x56
	opI32Add             opcode = 0x6a
	opI32Sub             opcode = 0x6b
	opI32Mul             opcode = 0x6c
	opI32DivS            opcode = 0x6d // and unsigned, and remainders
	opI32Or              opcode = 0x72
	opI32Shl             opcode = 0x74
	opI32ShrU            opcode = 0x76
	opI64Add             opcode = 0x7c
	opI64DivS            opcode = 0x7f // and unsigned, and remainders
	opI64Shl             opcode = 0x86
	opF32Sqrt            opcode = 0x91
	opF32Div             opcode = 0x95
	opF64Sqrt            opcode = 0x9f
	opF64Div             opcode = 0xa3
	opI64ExtendI32U      opcode = 0xad
	opRefNull            opcode = 0xd0
	opRefFunc            opcode = 0xd2

	opMemoryInit opcode = prefixMisc<<8 | 8
	opDataDrop   opcode = prefixMisc<<8 | 9
	opMemoryCopy opcode = prefixMisc<<8 | 10
	opMemoryFill opcode = prefixMisc<<8 | 11
	opTableInit  opcode = prefixMisc<<8 | 12
	opElemDrop   opcode = prefixMisc<<8 | 13
	opTableCopy  opcode = prefixMisc<<8 | 14
	opTableGrow  opcode = prefixMisc<<8 | 15
	opTableFill  opcode = prefixMisc<<8 | 17
)

// empty is the type, as a signed number, of a block that neither takes nor gives anything.
const empty = -0x40

// shape is what follows an opcode.
type shape byte

const (
	shapeUnknown   shape = iota
	shapePlain           // nothing
	shapeBlock           // a block type
	shapeLabel           // a label
	shapeLabels          // a vector of labels, and one more
	shapeFunction        // an index of that kind, as the next four
	shapeLocal           //
	shapeGlobal          //
	shapeIndex           // of whatever else
	shapeTwo             // two such indices
	shapeIndirect        // a type and a table
	shapeAccess          // alignment and offset
	shapeLane            // one byte
	shapeLaneOf          // access, and one byte
	shapeMemory          // a memory
	shapeSegment         // a data segment and a memory
	shapeMemories        // two memories
	shapeSigned32        // a constant, as the next two
	shapeSigned64        //
	shapeFixed4          // bytes, as the next two
	shapeFixed8          //
	shapeFixed16         //
	shapeHeapType        // the type of a null
	shapeSelectors       // a vector of value types
)

// shapes tells what follows an opcode of one byte.
var shapes = func() (t [256]shape) {
	set := func(s shape, from, to int) {
		for op := from; op <= to; op++ {
			t[op] = s
		}
	}
	set(shapePlain, 0x00, 0x01)    // unreachable, nop
	set(shapeBlock, 0x02, 0x04)    // block, loop, if
	set(shapePlain, 0x05, 0x05)    // else
	set(shapePlain, 0x0b, 0x0b)    // end
	set(shapeLabel, 0x0c, 0x0d)    // br, br_if
	set(shapeLabels, 0x0e, 0x0e)   // br_table
	set(shapePlain, 0x0f, 0x0f)    // return
	set(shapePlain, 0x1a, 0x1b)    // drop, select
	set(shapeLocal, 0x20, 0x22)    // local.get, .set, .tee
	set(shapeGlobal, 0x23, 0x24)   // global.get, .set
	set(shapeIndex, 0x25, 0x26)    // table.get, .set
	set(shapeAccess, 0x28, 0x3e)   // loads and stores
	set(shapeMemory, 0x3f, 0x40)   // memory.size, .grow
	set(shapePlain, 0x45, 0xc4)    // numbers
	set(shapeHeapType, 0xd0, 0xd0) // ref.null
	set(shapePlain, 0xd1, 0xd1)    // ref.is_null
	set(shapeFunction, 0xd2, 0xd2) // ref.func
	t[opCall], t[opReturnCall] = shapeFunction, shapeFunction
	t[opCallIndirect], t[opReturnCallIndirect] = shapeIndirect, shapeIndirect
	t[0x1c] = shapeSelectors
	t[opI32Const], t[opI64Const], t[0x43], t[0x44] = shapeSigned32, shapeSigned64, shapeFixed4, shapeFixed8
	return t
}()

// miscShapes tells what follows the instructions of prefixMisc.
var miscShapes = [...]shape{
	shapePlain, shapePlain, shapePlain, shapePlain, shapePlain, shapePlain, shapePlain, shapePlain, // saturating conversions
	shapeSegment, shapeIndex, shapeMemories, shapeMemory, // memory.init, data.drop, memory.copy, .fill
	shapeTwo, shapeIndex, shapeTwo, shapeIndex, shapeIndex, shapeIndex, // table.init, elem.drop, table.copy, .grow, .size, .fill
}

// simdShape tells what follows an instruction of prefixSIMD.
func simdShape(n opcode) shape {
	switch {
	case n <= 11, n == 92, n == 93: // loads and the store
		return shapeAccess
	case n == 12, n == 13: // v128.const, i8x16.shuffle
		return shapeFixed16
	case n >= 21 && n <= 34: // lanes in and out
		return shapeLane
	case n >= 84 && n <= 91: // loads and stores of a lane
		return shapeLaneOf
	}
	return shapePlain
}

// shapeOf tells what follows an instruction, unknown where there is no such
// thing in what this runtime runs.
func shapeOf(op opcode) shape {
	if op < 256 {
		return shapes[op]
	}
	switch n := op & 0xff; op >> 8 {
	case prefixMisc:
		if int(n) < len(miscShapes) {
			return miscShapes[n]
		}
	case prefixSIMD:
		return simdShape(n)
	}
	return shapeUnknown
}

// proposalOf names the part of WebAssembly beyond what this runtime runs that
// an unknown instruction belongs to, "" if none.
func proposalOf(prefix byte, n uint32) string {
	switch {
	case prefix == prefixGC:
		return "garbage collection"
	case prefix == prefixThreads:
		return "threads"
	case prefix == prefixMisc && n >= 19 && n <= 22:
		return "wide arithmetic"
	case prefix == prefixSIMD && n >= 0x100 && n <= 0x12f:
		return "relaxed SIMD"
	case prefix >= 0x06 && prefix <= 0x0a, prefix == 0x18, prefix == 0x19, prefix == 0x1f:
		return "exception handling"
	case prefix == 0x14, prefix == 0x15, prefix >= 0xd4 && prefix <= 0xd6:
		return "typed function references"
	case prefix == 0xd3:
		return "garbage collection"
	case prefix >= 0xe0 && prefix <= 0xe6:
		return "stack switching"
	}
	return ""
}
