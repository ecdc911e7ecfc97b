package meter

import "wippy/wasmhost/module"

// frame is an open block of the guest's, or the function around them.
type frame struct {
	kind opcode // zero for the function
	at   uint32 // how many blocks are open in what is written, this one included
	cold bool   // it is a loop with the call outside
	// cost is that of the dearest way to the label, entry that at the
	// beginning: since the last check.
	cost, entry uint64
}

// Of how many loops in a function, and how many nested ones, the call is
// outside. The four blocks that a loop then becomes are too much for the engine
// in functions that no compiler writes.
const (
	coldLoops   = 1_000
	coldNesting = 50
)

// body rewrites functions, one after the other.
type body struct {
	*writer
	f      *function
	out    code
	frames []frame
	open   uint32 // how many blocks are open in what is written
	loop   int    // the number of the next loop
	colds  int    // frames that are cold
	cost   uint64 // since the last check, on the dearest way here
	run    uint64 // how much that may be
	dead   bool   // no way leads here
	length int64  // what the last instruction pushed, if that was an i32.const; -1
}

// rewrite writes f to b.out.
func (b *body) rewrite(f *function) error {
	d := newDecoder(f)
	b.f, b.out, b.loop = f, b.out[:0], f.loop
	b.frames = append(b.frames[:0], frame{})
	b.open, b.colds, b.cost, b.dead, b.length = 0, 0, 0, false, -1
	b.run = max(runCost, f.cost/maxRuns)
	b.locals(d)
	if !b.straight {
		b.enter()
	}
	var in instr
	for len(b.frames) > 0 && d.Err() == nil {
		d.next(&in)
		b.instr(&in)
	}
	if err := d.Err(); err != nil {
		return inFunction(b.m, f, err)
	}
	return nil
}

// locals copies the declarations of locals, and adds ours.
func (b *body) locals(d *decoder) {
	groups := d.U32()
	ours := uint32(0)
	if !b.straight && b.nodes[b.f.index].reaching {
		ours = 1
	}
	b.out = module.AppendU32(b.out, groups+ours)
	for range groups {
		b.out = module.AppendU32(b.out, d.U32())
		b.out = append(b.out, d.Byte())
	}
	if ours > 0 {
		b.out = append(b.out, 1, byte(i32))
	}
}

// enter writes what comes before the function's own code.
func (b *body) enter() {
	n, room := &b.nodes[b.f.index], b.f.locals
	if n.reaching {
		b.out.with(opGlobalGet, b.room)
		b.out.i32(int32(b.f.room))
		b.out.op(opI32Sub)
		b.out.with(opLocalSet, room)
	}
	switch {
	case n.reaching: // one branch for both
		b.out.take(b.fuel, 1)
		b.out.with(opGlobalGet, b.fuel)
		b.out.with(opLocalGet, room)
		b.out.op(opI32Or)
		b.out.i32(0)
		b.out.op(opI32LtS)
		b.out.begin(opIf, empty)
		b.out.with(opLocalGet, room)
		b.out.with(opCall, b.helper(entering))
		b.out.op(opEnd)
	case !b.f.leaf():
		b.check()
	}
}

// check writes a check that stays on the way.
func (b *body) check() {
	b.out.take(b.fuel, 1)
	b.out.refill(b.fuel, b.yield)
	b.cost = 0
}

// instr writes an instruction.
func (b *body) instr(in *instr) {
	c := b.price(in)
	if b.cost+c > b.run && !b.dead && !b.straight {
		b.check()
	}
	b.cost += c
	length := b.length
	b.length = -1
	switch in.op {
	case opBlock, opIf:
		b.out.instr(in)
		b.push(in.op, false)
	case opLoop:
		b.beginLoop(in)
	case opElse:
		f := &b.frames[len(b.frames)-1]
		b.reach(f)
		f.kind, b.cost, b.dead = opElse, f.entry, false
		b.out.op(opElse)
	case opEnd:
		b.end()
	case opBr, opBrIf:
		b.branch(&in.x)
		b.out.instr(in)
		b.dead = b.dead || in.op == opBr
	case opBrTable:
		for i := range in.labels {
			b.branch(&in.labels[i])
		}
		b.out.instr(in)
		b.dead = true
	case opReturn, opUnreachable:
		b.out.instr(in)
		b.dead = true
	case opCall, opCallIndirect, opReturnCall, opReturnCallIndirect:
		b.call(in)
	case opRefFunc:
		in.x = b.moved(in.x)
		b.out.instr(in)
	case opMemoryGrow, opMemoryInit, opMemoryCopy, opMemoryFill, opTableInit, opTableCopy, opTableGrow, opTableFill:
		b.bulk(in, length)
	case opI32Const:
		b.length = int64(uint32(in.n))
		b.out.instr(in)
	default:
		b.out.instr(in)
	}
}

// price gives what an instruction adds to the cost, what it calls included
// where that is not checked.
func (b *body) price(in *instr) uint64 {
	switch in.op {
	case opCall, opReturnCall:
		return b.nodes[in.x].free
	case opCallIndirect, opReturnCallIndirect:
		return max(callCost, b.indirect(in).free)
	}
	return cost(in)
}

// indirect gives the node of an indirect call.
func (b *body) indirect(in *instr) *node { return &b.nodes[len(b.m.Funcs)+int(b.types[in.x])] }

// push opens a block, which has been written.
func (b *body) push(kind opcode, cold bool) {
	b.open++
	b.frames = append(b.frames, frame{kind: kind, at: b.open, cold: cold, entry: b.cost})
}

// beginLoop begins a loop, as the package's comment shows. One that takes
// parameters cannot be begun again, and has its check inside, as some others.
func (b *body) beginLoop(in *instr) {
	turns := b.looping.has(b.loop) && !b.straight
	cold := turns && (in.n < 0 || len(b.m.Types[in.n].Params) == 0) && b.loop-b.f.loop < coldLoops && b.colds < coldNesting
	b.loop++
	if cold {
		b.colds++
		b.out.begin(opBlock, in.n)
		b.out.begin(opLoop, empty)
		b.out.begin(opBlock, empty)
		b.open += 3
	}
	b.out.instr(in)
	b.push(opLoop, cold)
	switch {
	case cold:
		b.out.take(b.fuel, 1)
		b.out.low(b.fuel)
		b.out.with(opBrIf, 1)
		b.cost = 0
	case turns:
		b.check()
	}
}

// end ends a block, or the function.
func (b *body) end() {
	f := b.frames[len(b.frames)-1]
	b.frames = b.frames[:len(b.frames)-1]
	b.out.op(opEnd)
	if f.kind == 0 {
		return
	}
	b.open--
	if b.dead {
		b.cost = 0
	}
	if f.kind == opIf { // without else
		b.cost = max(b.cost, f.entry)
	}
	// After the end of what nothing leaves, the code is dead too. To take it
	// for live does no harm.
	b.cost, b.dead = max(b.cost, f.cost), false
	if f.cold {
		b.colds--
		b.out.with(opBr, 2)
		b.out.op(opEnd)
		b.out.with(opGlobalGet, b.fuel)
		b.out.with(opCall, b.yield)
		b.out.i32(1)
		b.out.op(opI32Add)
		b.out.with(opGlobalSet, b.fuel)
		b.out.with(opBr, 0)
		b.out.op(opEnd, opUnreachable, opEnd)
		b.open -= 3
	}
}

// reach notes that the end of f is reached from here.
func (b *body) reach(f *frame) {
	if !b.dead && f.kind != opLoop {
		f.cost = max(f.cost, b.cost)
	}
}

// branch notes a branch to a label, and makes it the label in what is written.
func (b *body) branch(label *uint32) {
	f := &b.frames[len(b.frames)-1-int(*label)]
	b.reach(f)
	*label = b.open - f.at
}

// call writes a call. What may lead to recursion is told how much room is left.
func (b *body) call(in *instr) {
	var callee *node
	typ := in.x
	switch in.op {
	case opCall, opReturnCall:
		callee = &b.nodes[in.x]
		typ = b.m.Funcs[in.x]
		in.x = b.moved(in.x)
	default:
		callee = b.indirect(in)
	}
	tail := in.op == opReturnCall || in.op == opReturnCallIndirect
	if !callee.reaching || b.straight {
		b.out.instr(in)
		b.dead = b.dead || tail
		return
	}
	if tail && !onStack(b.m.Types[typ]) { // the caller is gone by then
		b.giveBack()
		b.out.instr(in)
		b.dead = true
		return
	}
	b.out.with(opLocalGet, b.f.locals)
	b.out.with(opGlobalSet, b.room)
	if !b.nodes[b.f.index].entered {
		b.out.instr(in)
		b.dead = b.dead || tail
		return
	}
	switch in.op { // the engine makes an ordinary call of it, too
	case opReturnCall:
		in.op = opCall
	case opReturnCallIndirect:
		in.op = opCallIndirect
	}
	b.out.instr(in)
	b.giveBack()
	if tail {
		b.out.op(opReturn)
		b.dead = true
	}
}

// giveBack sets the room to what it was before the function took its own.
func (b *body) giveBack() {
	b.out.with(opLocalGet, b.f.locals)
	b.out.i32(int32(b.f.room))
	b.out.op(opI32Add)
	b.out.with(opGlobalSet, b.room)
}
