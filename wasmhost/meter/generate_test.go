package meter

import (
	"encoding/binary"

	"wippy/wasmhost/module"
)

// generator makes valid modules out of bytes. Every choice takes a byte, and
// when there are none left the choice is zero, which is always the simplest.
//
// Every function and every turn of a loop counts a global down and traps at
// zero, so that whatever comes out ends, and soon.
type generator struct {
	choices []byte
	funcs   []module.FuncType
	names   []uint32 // types of the functions, as indices of types
	depth   int

	out    code
	locals []module.ValType // of the current function, parameters first
	labels []label
	result []module.ValType
	pages  uint32
}

// label is what a branch to a block takes.
type label []module.ValType

const (
	f32, f64, i64, v128 = module.F32, module.F64, module.I64, module.V128
	funcRef, externRef  = module.FuncRef, module.ExternRef
	generatedSegment    = 100 // bytes
	globalSteps         = 0   // the one that counts down
	generatedSteps      = 400
	generatedLocals     = 10 // besides parameters, of scratchTypes
	generatedTable      = 8
	generatedMost       = 12 // functions' nesting
)

type valTypes = []module.ValType

// scratchTypes are the types of every function's locals and of the globals.
var scratchTypes = valTypes{i32, i32, i32, i64, i64, f32, f64, v128, funcRef, externRef}

// blockTypes are the types that functions and blocks have.
var blockTypes = []module.FuncType{
	{}, {Results: valTypes{i32}}, {Params: valTypes{i32}, Results: valTypes{i32}}, {Params: valTypes{i32, i64}, Results: valTypes{i64}},
	{Params: valTypes{i64}, Results: valTypes{i32, i64}}, {Params: valTypes{f64, v128}, Results: valTypes{f64}},
	{Results: valTypes{v128, i32, f32}}, {Params: valTypes{i32}},
}

// n chooses one of n things.
func (g *generator) n(n int) int {
	if len(g.choices) == 0 {
		return 0
	}
	c := g.choices[0]
	g.choices = g.choices[1:]
	return int(c) % n
}

// generate makes a module: function i is exported as "f" and its number.
func generate(choices []byte) []byte {
	g := &generator{choices: choices}
	for range 1 + g.n(5) {
		t := g.n(len(blockTypes))
		g.names = append(g.names, uint32(t))
		g.funcs = append(g.funcs, blockTypes[t])
	}
	g.pages = []uint32{1, 2, 40}[g.n(3)]
	b := module.Preamble()
	b = g.section(b, module.SectionType, len(blockTypes), func(i int) {
		g.out = append(g.out, 0x60)
		g.types(blockTypes[i].Params)
		g.types(blockTypes[i].Results)
	})
	b = g.section(b, module.SectionFunction, len(g.funcs), func(i int) { g.number(g.names[i]) })
	b = g.section(b, module.SectionTable, 2, func(i int) {
		g.out = append(g.out, byte(funcRef), 1, generatedTable, 4*generatedTable)
	})
	b = g.section(b, module.SectionMemory, 1, func(int) {
		g.out = append(g.out, 1)
		g.number(g.pages)
		g.number(g.pages + 3)
	})
	b = g.section(b, module.SectionGlobal, 1+len(scratchTypes), func(i int) {
		if i == globalSteps {
			g.out = append(g.out, byte(i32), 1)
			g.out.i32(generatedSteps)
		} else {
			g.out = append(g.out, byte(scratchTypes[i-1]), 1)
			g.constant(scratchTypes[i-1])
		}
		g.out.op(opEnd)
	})
	b = g.section(b, module.SectionExport, len(g.funcs)+len(scratchTypes)+2, func(i int) {
		switch f := i - len(scratchTypes) - 2; {
		case i == 0:
			g.export("memory", module.Memory, 0)
		case i == 1:
			g.export("steps", module.Global, globalSteps)
		case f < 0:
			g.export("g"+string(rune('a'+i-2)), module.Global, uint32(i-1))
		default:
			g.export("f"+string(rune('0'+f)), module.Func, uint32(f))
		}
	})
	if start := g.n(4); start == 3 {
		if len(g.funcs[0].Params)+len(g.funcs[0].Results) == 0 {
			b = module.AppendSection(b, module.SectionStart, []byte{0})
		}
	}
	b = g.section(b, module.SectionElement, 4, g.element)
	b = module.AppendSection(b, module.SectionDataCount, []byte{2})
	b = g.section(b, module.SectionCode, len(g.funcs), func(i int) { g.function(g.funcs[i]) })
	return g.section(b, module.SectionData, 2, func(i int) {
		if i == 0 {
			g.out = append(g.out, 0)
			g.out.i32(3)
			g.out.i32(5)
			g.out.op(opI32Add)
			g.out.op(opEnd)
		} else {
			g.out = append(g.out, 1)
		}
		g.number(generatedSegment)
		for j := range generatedSegment {
			g.out = append(g.out, byte(j*7+i))
		}
	})
}

func (g *generator) section(b []byte, id byte, n int, item func(i int)) []byte {
	g.out = nil
	g.number(uint32(n))
	for i := range n {
		item(i)
	}
	return module.AppendSection(b, id, g.out)
}

func (g *generator) number(n uint32) { g.out = module.AppendU32(g.out, n) }

func (g *generator) types(ts valTypes) {
	g.number(uint32(len(ts)))
	for _, t := range ts {
		g.out = append(g.out, byte(t))
	}
}

func (g *generator) export(name string, kind module.Kind, index uint32) {
	g.out = append(module.AppendName(g.out, name), byte(kind))
	g.number(index)
}

// element makes one active segment for each table, a passive and a declarative one.
func (g *generator) element(i int) {
	list := func() {
		g.number(3)
		for range 3 {
			g.number(uint32(g.n(len(g.funcs))))
		}
	}
	switch i {
	case 0:
		g.out = append(g.out, 0)
		g.out.i32(1)
		g.out.op(opEnd)
		list()
	case 1: // expressions, for table 1
		g.out = append(g.out, 6, 1)
		g.out.i32(0)
		g.out.op(opEnd)
		g.out = append(g.out, byte(funcRef), 2)
		g.out.with(opRefFunc, uint32(g.n(len(g.funcs))))
		g.out.op(opEnd)
		g.out = append(g.out, 0xd0, byte(funcRef))
		g.out.op(opEnd)
	case 2:
		g.out = append(g.out, 1, 0)
		list()
	default: // every function, or ref.func would be invalid
		g.out = append(g.out, 3, 0)
		g.number(uint32(len(g.funcs)))
		for f := range g.funcs {
			g.number(uint32(f))
		}
	}
}

func (g *generator) function(t module.FuncType) {
	section := g.out
	g.out = nil
	g.number(uint32(len(scratchTypes)))
	for _, l := range scratchTypes {
		g.out = append(g.out, 1, byte(l))
	}
	g.locals = append(append(valTypes{}, t.Params...), scratchTypes...)
	g.result = t.Results
	g.labels = []label{t.Results}
	g.depth = 0
	g.step()
	g.statements()
	g.values(t.Results)
	g.out.op(opEnd)
	g.out = append(module.AppendU32(section, uint32(len(g.out))), g.out...)
}

// step counts down.
func (g *generator) step() {
	g.out.with(opGlobalGet, globalSteps)
	g.out.i32(1)
	g.out.op(opI32Sub)
	g.out.with(opGlobalSet, globalSteps)
	g.out.with(opGlobalGet, globalSteps)
	g.out.i32(0)
	g.out.op(opI32LtS)
	g.out.begin(opIf, empty)
	g.out.op(opUnreachable, opEnd)
}

func (g *generator) statements() {
	for range g.n(6) {
		g.statement()
	}
}

// value makes code that pushes a value.
func (g *generator) value(t module.ValType) {
	g.depth++
	defer func() { g.depth-- }()
	choice := g.n(8)
	if g.depth > generatedMost {
		choice %= 3
	}
	switch choice {
	case 0:
		g.constant(t)
	case 1:
		g.out.with(opLocalGet, g.local(t))
	case 2:
		g.out.with(opGlobalGet, g.global(t))
	case 3:
		g.block(t)
	case 4:
		g.callFor(t)
	case 5: // select with its type
		g.value(t)
		g.value(t)
		g.value(i32)
		g.out = append(g.out, 0x1c, 1, byte(t))
	default:
		g.operation(t)
	}
}

func (g *generator) values(ts valTypes) {
	for _, t := range ts {
		g.value(t)
	}
}

// local gives a local of a type, global a global.
func (g *generator) local(t module.ValType) uint32 {
	at := g.n(4)
	for i := range g.locals {
		if j := (i + at) % len(g.locals); g.locals[j] == t {
			return uint32(j)
		}
	}
	panic("no such local")
}

func (g *generator) global(t module.ValType) uint32 {
	for i, s := range scratchTypes {
		if s == t {
			return uint32(i + 1)
		}
	}
	panic("no such global")
}

func (g *generator) constant(t module.ValType) {
	switch t {
	case i32:
		g.out.i32([]int32{0, 1, 5, -1, 64, 1000, 65530, 1 << 20, -1 << 31}[g.n(9)])
	case i64:
		g.out.i64([]int64{0, 1, -1, 1 << 40, 63}[g.n(5)])
	case f32:
		g.out = append(g.out, 0x43, 0, 0, byte(g.n(256)), 0x40)
	case f64:
		g.out = append(g.out, 0x44, 0, 0, 0, 0, 0, 0, byte(g.n(256)), 0x40)
	case v128:
		g.out = append(g.out, prefixSIMD, 12)
		g.out = binary.LittleEndian.AppendUint64(g.out, 0x0b0b0b0b0c0d0e0f*uint64(g.n(3)))
		g.out = binary.LittleEndian.AppendUint64(g.out, uint64(g.n(256)))
	default:
		g.out = append(g.out, 0xd0, byte(t))
	}
}

// operation makes an instruction that gives a value of type t.
func (g *generator) operation(t module.ValType) {
	simd := func(n uint32, in ...module.ValType) {
		g.values(in)
		g.out = module.AppendU32(append(g.out, prefixSIMD), n)
	}
	numeric := func(op opcode, in ...module.ValType) {
		g.values(in)
		g.out.op(op)
	}
	switch t {
	case i32:
		switch g.n(14) {
		case 0, 1:
			numeric([]opcode{0x6a, 0x6b, 0x6c, 0x71, 0x72, 0x73, 0x48, 0x4f}[g.n(8)], i32, i32)
		case 2:
			numeric([]opcode{0x6d, 0x6f, 0x70}[g.n(3)], i32, i32) // may trap
		case 3:
			numeric(0xa7, i64)
		case 4:
			g.address()
			g.out.with([]opcode{0x28, 0x2c, 0x2f}[g.n(3)], 0, uint32(g.n(256)))
		case 5:
			g.out.with(opMemorySize, 0)
		case 6:
			g.value(i32)
			g.out.i32(3)
			numeric(0x71)
			g.out.with(opMemoryGrow, 0)
		case 7:
			g.out.with(prefixMisc<<8|16, uint32(g.n(2))) // table.size
		case 8:
			g.value(funcRef)
			g.value(i32)
			g.out.i32(7)
			numeric(0x71)
			g.out.with(opTableGrow, uint32(g.n(2)))
		case 9:
			numeric(0xd1, valTypes{funcRef, externRef}[g.n(2)])
		case 10:
			numeric(prefixMisc<<8|2, f64) // saturating
		case 11:
			simd(27, v128) // i32x4.extract_lane
			g.out = append(g.out, byte(g.n(4)))
		case 12:
			simd(uint32([]int{83, 99, 0xc3}[g.n(3)]), v128) // any_true, all_true
		default:
			numeric([]opcode{0x45, 0x67, 0xc0}[g.n(3)], i32)
		}
	case i64:
		switch g.n(3) {
		case 0:
			numeric([]opcode{0x7c, 0x7d, 0x7e, 0x85, 0x86}[g.n(5)], i64, i64)
		case 1:
			numeric([]opcode{0xac, 0xad}[g.n(2)], i32)
		default:
			g.address()
			g.out.with(0x29, 0, 0)
		}
	case f32:
		numeric([]opcode{0xb2, 0xb3}[g.n(2)], i32)
	case f64:
		k := g.n(2)
		numeric([]opcode{0xb7, 0xb9}[k], valTypes{i32, i64}[k])
	case v128:
		switch g.n(8) {
		case 0:
			simd(17, i32) // splat
		case 1:
			simd(uint32([]int{0x60, 0x80, 0xa0, 0xc0, 77}[g.n(5)]), v128)
		case 2:
			simd(uint32([]int{0x6e, 0x8e, 0xae, 0xd5, 81}[g.n(5)]), v128, v128)
		case 3:
			simd(13, v128, v128) // shuffle
			for i := range 16 {
				g.out = append(g.out, byte((i*5+g.n(4))%32))
			}
		case 4:
			simd(28, v128, i32) // replace_lane
			g.out = append(g.out, byte(g.n(4)))
		case 5:
			g.address()
			simd(uint32([]int{0, 7, 92}[g.n(3)]))
			g.out = append(g.out, 0, 3)
		case 6:
			g.address()
			simd(84, v128) // load8_lane
			g.out = append(g.out, 0, 1, byte(g.n(16)))
		default:
			simd(82, v128, v128, v128) // bitselect
		}
	case funcRef:
		if g.n(2) == 0 {
			g.out.with(opRefFunc, uint32(g.n(len(g.funcs))))
			return
		}
		g.index()
		g.out.with(0x25, uint32(g.n(2))) // table.get
	default:
		g.out.with(opLocalGet, g.local(t))
	}
}

// address pushes an address, mostly one that is there; index an index of a table.
func (g *generator) address() {
	g.value(i32)
	if g.n(8) != 1 {
		g.out.i32(0xffff)
		g.out.op(0x71)
	}
}

func (g *generator) index() {
	g.value(i32)
	if g.n(8) != 1 {
		g.out.i32(generatedTable - 1)
		g.out.op(0x71)
	}
}

// size pushes a length for a bulk instruction.
func (g *generator) size() {
	switch g.n(4) {
	case 0:
		g.out.i32([]int32{0, 3, 63, 64, 5000, 66000, 1<<20 + 5, 2_500_000}[g.n(8)])
	case 1:
		g.address()
	case 2: // a constant, but not the last instruction
		g.out.i32(int32(g.n(200)))
		g.out.with(opLocalTee, g.local(i32))
	default:
		g.value(i32)
		g.out.i32(0x1fffff)
		g.out.op(0x71)
	}
}

// callFor makes a call of a function that gives one value of type t.
func (g *generator) callFor(t module.ValType) {
	at := g.n(len(g.funcs))
	for i := range g.funcs {
		f := (i + at) % len(g.funcs)
		if r := g.funcs[f].Results; len(r) == 1 && r[0] == t {
			g.call(f, false)
			return
		}
	}
	g.constant(t)
}

// call makes a call of a function, or one of its type through a table.
func (g *generator) call(f int, tail bool) {
	g.values(g.funcs[f].Params)
	direct, indirect := opCall, opCallIndirect
	if tail {
		direct, indirect = opReturnCall, opReturnCallIndirect
	}
	if g.n(3) == 2 {
		g.index()
		g.out.with(indirect, g.names[f], uint32(g.n(2)))
		return
	}
	g.out.with(direct, uint32(f))
}

// block makes a block, loop or if that gives one value of type t.
func (g *generator) block(t module.ValType) {
	kind := g.n(4)
	if kind == 3 && t == i32 { // with a parameter
		g.value(i32)
		g.loop(int64(2), label{i32}, func() {
			g.out.with(opLocalSet, g.local(i32))
			g.statements()
			g.value(i32)
		})
		return
	}
	typ := int64(int8(t<<1) >> 1)
	switch kind {
	case 1:
		g.loop(typ, label{}, func() {
			g.statements()
			g.value(t)
		})
	case 2:
		g.value(i32)
		g.open(opIf, typ, label{t})
		g.statements()
		g.value(t)
		g.out.op(opElse)
		g.value(t)
		g.close()
	default:
		g.open(opBlock, typ, label{t})
		g.statements()
		g.value(t)
		g.close()
	}
}

func (g *generator) open(op opcode, typ int64, l label) {
	g.out.begin(op, typ)
	g.labels = append(g.labels, l)
}

func (g *generator) close() {
	g.labels = g.labels[:len(g.labels)-1]
	g.out.op(opEnd)
}

func (g *generator) loop(typ int64, l label, inside func()) {
	g.open(opLoop, typ, l)
	g.step()
	inside()
	g.close()
}

// same tells whether two lists of types are the same.
func same(a, b valTypes) bool { return string(bytesOf(a)) == string(bytesOf(b)) }

func bytesOf(ts valTypes) []byte {
	b := make([]byte, len(ts))
	for i, t := range ts {
		b[i] = byte(t)
	}
	return b
}

// statement makes code that leaves the stack as it is.
func (g *generator) statement() {
	g.depth++
	defer func() { g.depth-- }()
	choice := g.n(16)
	if g.depth > generatedMost {
		choice %= 3
	}
	switch choice {
	case 0:
		g.out = append(g.out, 1) // nop
	case 1:
		t := scratchTypes[g.n(len(scratchTypes))]
		g.value(t)
		g.out.with(opLocalSet, g.local(t))
	case 2:
		t := scratchTypes[g.n(len(scratchTypes))]
		g.value(t)
		g.out.with(opGlobalSet, g.global(t))
	case 3:
		g.address()
		g.value(i32)
		g.out.with([]opcode{0x36, 0x3a, 0x3b}[g.n(3)], 0, uint32(g.n(200)))
	case 4, 5:
		g.loop(empty, label{}, g.statements)
	case 6:
		g.value(i32)
		g.open(opIf, empty, label{})
		g.statements()
		if g.n(2) == 1 {
			g.out.op(opElse)
			g.statements()
		}
		g.close()
	case 7:
		g.open(opBlock, empty, label{})
		g.statements()
		g.close()
	case 8, 9, 10:
		g.branch()
	case 11:
		f := g.n(len(g.funcs))
		g.call(f, false)
		for range g.funcs[f].Results {
			g.out.op(opDrop)
		}
	case 12:
		g.tailCall()
	case 13, 14:
		g.bulk()
	default: // a loop that gives several values
		g.loop(6, label{}, func() {
			g.statements()
			g.values(blockTypes[6].Results)
		})
		g.out.op(opDrop, opDrop, opDrop)
	}
}

const opDrop opcode = 0x1a

// tailCall makes, behind a condition, a tail call.
func (g *generator) tailCall() {
	for f, t := range g.funcs {
		if !same(t.Results, g.result) || g.n(2) == 0 {
			continue
		}
		g.value(i32)
		g.open(opIf, empty, label{})
		g.call(f, true)
		g.close()
		return
	}
}

// branch makes a branch of some kind.
func (g *generator) branch() {
	l := g.n(len(g.labels))
	types := g.labels[len(g.labels)-1-l]
	switch g.n(5) {
	case 0, 1:
		g.values(types)
		g.value(i32)
		g.out.with(opBrIf, uint32(l))
		for range types {
			g.out.op(opDrop)
		}
	case 2:
		g.values(types)
		g.value(i32)
		var to []uint32
		for i := range g.labels {
			if same(g.labels[len(g.labels)-1-i], types) {
				to = append(to, uint32(i))
			}
		}
		g.out.op(opBrTable)
		g.number(uint32(len(to)))
		for _, l := range to {
			g.number(l)
		}
		g.number(uint32(l))
	case 3:
		g.value(i32)
		g.open(opIf, empty, label{})
		g.values(g.result)
		g.out.op(opReturn)
		g.close()
	default:
		g.values(types)
		g.out.with(opBr, uint32(l))
	}
}

// bulk makes a bulk instruction.
func (g *generator) bulk() {
	switch g.n(8) {
	case 0:
		g.address()
		g.value(i32)
		g.size()
		g.out.with(opMemoryFill, 0)
	case 1:
		g.address()
		g.address()
		g.size()
		g.out.with(opMemoryCopy, 0, 0)
	case 2:
		g.address()
		g.out.i32(int32(g.n(generatedSegment)))
		g.out.i32(int32(g.n(generatedSegment)))
		g.out.with(opMemoryInit, uint32(g.n(2)), 0)
	case 3:
		g.out.with(prefixMisc<<8|9, uint32(g.n(2))) // data.drop
	case 4:
		g.index()
		g.value(funcRef)
		g.value(i32)
		g.out.i32(3)
		g.out.op(0x71)
		g.out.with(opTableFill, uint32(g.n(2)))
	case 5:
		g.index()
		g.index()
		g.out.i32(int32(g.n(5)))
		g.out.with(opTableCopy, uint32(g.n(2)), uint32(g.n(2)))
	case 6:
		g.index()
		g.out.i32(int32(g.n(3)))
		g.out.i32(int32(g.n(3)))
		g.out.with(opTableInit, uint32(2+g.n(1)), uint32(g.n(2)))
	default:
		g.index()
		g.value(funcRef)
		g.out.with(0x26, uint32(g.n(2))) // table.set
	}
}
