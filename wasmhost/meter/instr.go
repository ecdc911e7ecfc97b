package meter

import (
	"fmt"

	"wippy/wasmhost/module"
)

// instr is an instruction with what follows it.
type instr struct {
	op     opcode
	x, y   uint32   // indices, a label; alignment in x
	n      int64    // a constant, a type, the offset of an access
	fixed  []byte   // what has a fixed size
	labels []uint32 // of br_table, the default last
	size   int      // in the binary, in bytes
}

// decoder reads instructions. It reuses what an instr holds.
type decoder struct {
	*module.Reader
	labels []uint32
}

// next decodes an instruction; the error is the reader's.
//
// Everything is understood and later written anew in the shortest form. Bytes
// that were only skipped could mean something else to the engine, which reads
// the numbers of vector instructions as one byte, and hide a loop.
func (d *decoder) next(in *instr) {
	at := d.Offset()
	first := d.Byte()
	in.op = opcode(first)
	in.fixed = nil
	n := uint32(0)
	if first >= prefixGC && first <= prefixThreads {
		n = d.U32()
		in.op = opcode(first)<<8 | opcode(n&0xff)
	}
	s := shapeUnknown
	if n <= 0xff {
		s = shapeOf(in.op)
	}
	switch s {
	case shapePlain:
	case shapeBlock:
		in.n = d.Signed(33)
	case shapeLabel, shapeFunction, shapeLocal, shapeGlobal, shapeIndex:
		in.x = d.U32()
	case shapeLabels:
		d.readLabels()
		in.labels = d.labels
	case shapeTwo, shapeIndirect:
		in.x, in.y = d.U32(), d.U32()
	case shapeAccess:
		d.readAccess(in)
	case shapeLane:
		in.fixed = d.Bytes(1)
	case shapeLaneOf:
		d.readAccess(in)
		in.fixed = d.Bytes(1)
	case shapeMemory:
		d.readMemory()
	case shapeSegment:
		in.x = d.U32()
		d.readMemory()
	case shapeMemories:
		d.readMemory()
		d.readMemory()
	case shapeSigned32:
		in.n = d.Signed(32)
	case shapeSigned64:
		in.n = d.Signed(64)
	case shapeFixed4:
		in.fixed = d.Bytes(4)
	case shapeFixed8:
		in.fixed = d.Bytes(8)
	case shapeFixed16:
		in.fixed = d.Bytes(16)
	case shapeHeapType:
		in.n = d.Signed(33)
		if t := module.ValType(in.n & 0x7f); in.n >= 0 || in.n < -64 || t != module.FuncRef && t != module.ExternRef {
			d.refuse("ref.null of another type than funcref and externref", "typed function references")
		}
	case shapeSelectors:
		d.readSelector(in)
	case shapeUnknown:
		if d.Err() == nil {
			d.unknown(first, n)
		}
	}
	in.size = d.Offset() - at
}

// readLabels reads the labels of br_table.
func (d *decoder) readLabels() {
	n := d.Count(d.Len(), "labels")
	d.labels = d.labels[:0]
	for range n + 1 {
		d.labels = append(d.labels, d.U32())
	}
}

func (d *decoder) readAccess(in *instr) {
	in.x = d.U32()
	if in.x&0x40 != 0 {
		d.refuse("an access that names its memory", "multi-memory")
	}
	in.n = int64(d.U32())
}

func (d *decoder) readMemory() {
	switch n := d.Byte(); {
	case n >= 0x80: // not even a zero that is longer than need be
		d.Failf("a memory's number of more than one byte")
	case n != 0:
		d.refuse("a memory other than the first", "multi-memory")
	}
}

// readSelector reads the type of a select, a vector of one.
func (d *decoder) readSelector(in *instr) {
	if n := d.U32(); n != 1 && d.Err() == nil {
		d.Failf("select of %d values", n)
	}
	in.n = int64(readType(d.Reader))
}

func (d *decoder) unknown(first byte, n uint32) {
	name := fmt.Sprintf("instruction %#x", first)
	if first >= prefixGC && first <= prefixThreads {
		name = fmt.Sprintf("%s %d", name, n)
	}
	if proposal := proposalOf(first, n); proposal != "" {
		d.refuse(name, proposal)
		return
	}
	d.Failf("unknown %s", name)
}

func (d *decoder) refuse(what, proposal string) {
	d.Failf("%s is of %s, which is not supported", what, proposal)
}

// code is code in the binary format, as it is written.
type code []byte

// op appends instructions that nothing follows.
func (c *code) op(ops ...opcode) {
	for _, op := range ops {
		if op >= 256 {
			*c = append(*c, byte(op>>8))
			*c = module.AppendU32(*c, uint32(op&0xff))
			continue
		}
		*c = append(*c, byte(op))
	}
}

// with appends an instruction and its indices, or a label.
func (c *code) with(op opcode, xs ...uint32) {
	c.op(op)
	for _, x := range xs {
		*c = module.AppendU32(*c, x)
	}
}

// begin appends a block, a loop or an if of a type.
func (c *code) begin(op opcode, blockType int64) {
	c.op(op)
	*c = module.AppendSigned(*c, blockType)
}

// i32 and i64 append constants.
func (c *code) i32(n int32) {
	c.op(opI32Const)
	*c = module.AppendSigned(*c, int64(n))
}

func (c *code) i64(n int64) {
	c.op(opI64Const)
	*c = module.AppendSigned(*c, n)
}

// instr appends in. What it holds has been read, so it can be written.
func (c *code) instr(in *instr) {
	c.op(in.op)
	switch shapeOf(in.op) {
	case shapeBlock, shapeSigned32, shapeSigned64, shapeHeapType:
		*c = module.AppendSigned(*c, in.n)
	case shapeLabel, shapeFunction, shapeLocal, shapeGlobal, shapeIndex:
		*c = module.AppendU32(*c, in.x)
	case shapeLabels:
		*c = module.AppendU32(*c, uint32(len(in.labels)-1))
		for _, l := range in.labels {
			*c = module.AppendU32(*c, l)
		}
	case shapeTwo, shapeIndirect:
		*c = module.AppendU32(module.AppendU32(*c, in.x), in.y)
	case shapeAccess, shapeLaneOf:
		*c = module.AppendU32(module.AppendU32(*c, in.x), uint32(in.n))
		*c = append(*c, in.fixed...)
	case shapeMemory:
		*c = append(*c, 0)
	case shapeSegment:
		*c = append(module.AppendU32(*c, in.x), 0)
	case shapeMemories:
		*c = append(*c, 0, 0)
	case shapeSelectors:
		*c = append(*c, 1, byte(in.n))
	default:
		*c = append(*c, in.fixed...)
	}
}
