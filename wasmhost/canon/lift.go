package canon

import (
	"context"
	"encoding/binary"
	"math"
	"math/bits"
	"unicode/utf8"

	"wippy/mailbox"
	"wippy/wasmhost/wit"
)

// lifter makes Values of what core code passed. No guest code runs meanwhile,
// so its view of the memory stays good.
type lifter struct {
	ctx   context.Context
	opts  *Options
	mem   []byte
	scope *scope // holds what is borrowed; nil where no borrow can be
	named bool   // Values by names, not by position
	views bool   // strings and list<u8> share the guest's memory
	// direct is for what is lowered into another memory at once: lists of
	// numbers are their bytes.
	direct bool
	nodes  int    // Values made so far, keys included, of mailbox.MaxNodes
	bytes  uint64 // of strings made so far, of maxText
	slabs
}

// maxText bounds the bytes of the strings of one side of a call: what does not
// alias fits, and what does cannot make the host allocate without end.
func (x *lifter) maxText() uint64 { return min(2*uint64(len(x.mem))+16<<20, 1<<30) }

// start makes x ready for the values of one side of a call to or from the host.
func (x *lifter) start(ctx context.Context, o *Options, s *scope) {
	x.ctx = ctx
	x.opts, x.mem, x.scope, x.nodes, x.bytes = o, o.view(), s, 0, 0
	x.named, x.views, x.direct = false, false, false
}

// connect is for Values that are lowered for another instance next. Nothing
// changes the memory of one while the other's realloc runs, unless both are one.
func (x *lifter) connect(to *Options, a *arena) {
	x.views, x.arena = to.Instance != x.opts.Instance, a
	x.direct = x.views
}

// core gives the core values of flat lifting one by one.
type core struct {
	stack []uint64
	at    int
}

func (c *core) next() uint64 {
	v := c.stack[c.at]
	c.at++
	return v
}

var le = binary.LittleEndian

// inRange traps unless size bytes at p are in memory and aligned. what names
// what is there.
func inRange(mem []byte, p uint64, size uint64, align uint32, what string) error {
	if p&uint64(align-1) != 0 {
		return Trapf("unaligned pointer: a %s at %#x, whose alignment is %d", what, p, align)
	}
	if p+size > uint64(len(mem)) {
		return Trapf("%s content out-of-bounds: %d bytes at %#x, in a memory of %d", what, size, p, len(mem))
	}
	return nil
}

// params lifts the parameters of a function into out, one for each.
func (x *lifter) params(f *Func, stack []uint64, out []mailbox.Value) (err error) {
	if !f.spilled {
		c := core{stack: stack}
		for i := range f.params {
			if out[i], err = x.flat(f.params[i].node, &c); err != nil {
				return err
			}
		}
		return nil
	}
	p := uint64(uint32(stack[0]))
	if err := inRange(x.mem, p, uint64(f.size), f.align, "parameters"); err != nil {
		return err
	}
	for i := range f.params {
		if out[i], err = x.load(f.params[i].node, p+uint64(f.params[i].offset)); err != nil {
			return err
		}
	}
	return nil
}

// result lifts what a lifted function left on the stack.
func (x *lifter) result(f *Func, stack []uint64) (mailbox.Value, error) {
	if !f.resultOut {
		return x.flat(f.result, &core{stack: stack})
	}
	p := uint64(uint32(stack[0]))
	if err := inRange(x.mem, p, uint64(f.result.size), f.result.align, "result"); err != nil {
		return mailbox.Nil, err
	}
	return x.load(f.result, p)
}

// count keeps the number of Values bounded.
func (x *lifter) count(n uint64) error {
	if n > uint64(mailbox.MaxNodes-x.nodes) {
		return Trapf("a value has more than %d parts", mailbox.MaxNodes)
	}
	x.nodes += int(n)
	return nil
}

// charge keeps the bytes of strings bounded, before they are allocated.
func (x *lifter) charge(n uint64) error {
	if x.bytes += n; x.bytes > x.maxText() {
		return Trapf("the strings of a value take more than %d bytes, in a memory of %d: parts of it are many strings' at once", x.maxText(), len(x.mem))
	}
	return nil
}

// flat lifts from core values.
func (x *lifter) flat(n *node, c *core) (mailbox.Value, error) {
	switch n.kind {
	case wit.String:
		p, units := uint32(c.next()), uint32(c.next())
		return x.text(p, units)
	case wit.List:
		p, length := uint32(c.next()), uint32(c.next())
		return x.list(n, p, length)
	case wit.Record, wit.Tuple:
		r, err := x.openRecord(n)
		if err != nil {
			return mailbox.Nil, err
		}
		for i := range n.fields {
			v, err := x.flat(n.fields[i].node, c)
			if err != nil {
				return mailbox.Nil, err
			}
			r.set(i, v)
		}
		return r.value(), nil
	case wit.Variant, wit.Enum, wit.Option, wit.Result:
		end := c.at + n.flats
		i := uint32(c.next())
		if uint64(i) >= uint64(len(n.cases)) {
			return mailbox.Nil, badCase(n, i)
		}
		v := mailbox.Nil
		if e := n.cases[i].node; e != nil {
			var err error
			if v, err = x.flat(e, c); err != nil {
				return mailbox.Nil, err
			}
		}
		c.at = end
		return x.variant(n, i, v)
	case wit.Flags:
		return x.flags(n, uint32(c.next()))
	}
	return x.scalar(n, c.next())
}

// load lifts from memory; p is in range and aligned.
func (x *lifter) load(n *node, p uint64) (mailbox.Value, error) {
	m := x.mem[p:]
	switch n.kind {
	case wit.String:
		return x.text(le.Uint32(m), le.Uint32(m[4:]))
	case wit.List:
		return x.list(n, le.Uint32(m), le.Uint32(m[4:]))
	case wit.Record, wit.Tuple:
		r, err := x.openRecord(n)
		if err != nil {
			return mailbox.Nil, err
		}
		for i := range n.fields {
			v, err := x.load(n.fields[i].node, p+uint64(n.fields[i].offset))
			if err != nil {
				return mailbox.Nil, err
			}
			r.set(i, v)
		}
		return r.value(), nil
	case wit.Variant, wit.Enum, wit.Option, wit.Result:
		i := loadInt(m, n.disc)
		if uint64(i) >= uint64(len(n.cases)) {
			return mailbox.Nil, badCase(n, i)
		}
		v := mailbox.Nil
		if e := n.cases[i].node; e != nil {
			var err error
			if v, err = x.load(e, p+uint64(n.payload)); err != nil {
				return mailbox.Nil, err
			}
		}
		return x.variant(n, i, v)
	case wit.Flags:
		return x.flags(n, loadInt(m, n.disc))
	}
	switch n.size {
	case 1:
		return x.scalar(n, uint64(m[0]))
	case 2:
		return x.scalar(n, uint64(le.Uint16(m)))
	case 4:
		return x.scalar(n, uint64(le.Uint32(m)))
	}
	return x.scalar(n, le.Uint64(m))
}

// loadInt reads a discriminant or flags.
func loadInt(m []byte, size uint8) uint32 {
	switch size {
	case 1:
		return uint32(m[0])
	case 2:
		return uint32(le.Uint16(m))
	}
	return le.Uint32(m)
}

func badCase(n *node, i uint32) error {
	return Trapf("invalid variant discriminant: %d of %s, which has %d cases", i, n, len(n.cases))
}

// scalar lifts what is one core value. Of a narrow one the bits above count
// for nothing.
func (x *lifter) scalar(n *node, core uint64) (mailbox.Value, error) {
	switch n.kind {
	case wit.Bool:
		return mailbox.Bool(uint32(core) != 0), nil
	case wit.S8:
		return x.small(int64(int8(core))), nil
	case wit.U8:
		return x.unsigned(uint64(uint8(core))), nil
	case wit.S16:
		return x.small(int64(int16(core))), nil
	case wit.U16:
		return x.unsigned(uint64(uint16(core))), nil
	case wit.S32:
		return x.small(int64(int32(core))), nil
	case wit.U32:
		return x.unsigned(uint64(uint32(core))), nil
	case wit.S64:
		return mailbox.Int(int64(core)), nil
	case wit.U64:
		return mailbox.Uint(core), nil
	case wit.F32:
		return mailbox.Float(canonical(float64(math.Float32frombits(uint32(core))))), nil
	case wit.F64:
		return mailbox.Float(canonical(math.Float64frombits(core))), nil
	case wit.Char:
		return x.char(uint32(core))
	}
	return x.handle(n, uint32(core))
}

// small and unsigned give an integer of 32 bits at most: a number by name.
func (x *lifter) small(i int64) mailbox.Value {
	if x.named {
		return mailbox.Float(float64(i))
	}
	return mailbox.Int(i)
}

func (x *lifter) unsigned(u uint64) mailbox.Value {
	if x.named {
		return mailbox.Float(float64(u))
	}
	return mailbox.Uint(u)
}

// canonicalNaN and the bits of canonicalNaN32 are the only NaNs that cross.
var canonicalNaN = math.Float64frombits(0x7ff8000000000000)

const canonicalNaN32 = 0x7fc00000

func canonical(f float64) float64 {
	if f != f {
		return canonicalNaN
	}
	return f
}

func (x *lifter) char(c uint32) (mailbox.Value, error) {
	if c > utf8.MaxRune || !utf8.ValidRune(rune(c)) {
		return mailbox.Nil, Trapf("invalid `char` bit pattern: %#x", c)
	}
	if x.named {
		return mailbox.String(string(rune(c))), nil
	}
	return mailbox.Uint(uint64(c)), nil
}

// handle lifts an own or a borrow.
func (x *lifter) handle(n *node, index uint32) (mailbox.Value, error) {
	inst := x.opts.Instance
	rt, err := inst.resource(n)
	if err != nil {
		return mailbox.Nil, err
	}
	var rep uint32
	if n.kind == wit.Own {
		rep, err = inst.take(index, rt)
	} else {
		rep, err = x.scope.lend(inst, index, rt)
	}
	switch {
	case err != nil:
		return mailbox.Nil, err
	case !x.named:
		return mailbox.Uint(uint64(rep)), nil
	}
	h := &Handle{Type: rt, rep: rep, own: n.kind == wit.Own, store: inst.Store}
	if !h.own {
		x.scope.lent = append(x.scope.lent, h)
	}
	return mailbox.ResourceValue(h), nil
}

// list lifts length elements at p.
func (x *lifter) list(n *node, p, length uint32) (mailbox.Value, error) {
	e := n.elem
	size := uint64(length) * uint64(e.size)
	if size > maxBytes {
		return mailbox.Nil, Trapf("a list of %d elements takes %d bytes, more than %d", length, size, maxBytes)
	}
	if err := inRange(x.mem, uint64(p), size, e.align, "list"); err != nil {
		return mailbox.Nil, err
	}
	if e.kind == wit.U8 || x.direct && e.dense {
		x.opts.work(x.ctx, 0, size)
		return x.octets(x.mem[p : uint64(p)+size])
	}
	if err := x.count(uint64(length)); err != nil {
		return mailbox.Nil, err
	}
	list := x.takeValues(int(length))
	at := uint64(p)
	for i := range list {
		if i%reserveEvery == 0 {
			n := min(len(list)-i, reserveEvery)
			x.opts.work(x.ctx, uint64(n), 0)
			x.reserve(e, n, x.named)
		}
		var err error
		if list[i], err = x.load(e, at); err != nil {
			return mailbox.Nil, err
		}
		at += uint64(e.size)
	}
	return x.table(list, nil), nil
}

// record is a record or tuple that is being filled.
type record struct {
	x     *lifter
	n     *node
	list  []mailbox.Value
	pairs []mailbox.Pair
}

func (x *lifter) openRecord(n *node) (record, error) {
	fields := len(n.fields)
	x.opts.work(x.ctx, uint64(fields), 0)
	if x.named && n.kind == wit.Record {
		if err := x.count(2 * uint64(fields)); err != nil {
			return record{}, err
		}
		return record{x: x, n: n, pairs: x.takePairs(fields)}, nil
	}
	if err := x.count(uint64(fields)); err != nil {
		return record{}, err
	}
	return record{x: x, n: n, list: x.takeValues(fields)}, nil
}

func (r *record) set(i int, v mailbox.Value) {
	if r.pairs == nil {
		r.list[i] = v
		return
	}
	r.pairs[i] = mailbox.Pair{Key: r.n.fields[i].snake, Value: v}
}

func (r *record) value() mailbox.Value { return r.x.table(r.list, r.pairs) }

// The keys of variants, results and options by name.
var (
	keyTag   = mailbox.String("tag")
	keyValue = mailbox.String("value")
	keySome  = mailbox.String("some")
)

// variant makes the Value of a case.
func (x *lifter) variant(n *node, i uint32, v mailbox.Value) (mailbox.Value, error) {
	payload := n.cases[i].node != nil
	switch {
	case n.kind == wit.Option:
		return x.option(n, i, v)
	case !x.named && !payload:
		return mailbox.Uint(uint64(i)), nil
	case !x.named:
		return x.list2(mailbox.Uint(uint64(i)), v)
	case n.kind == wit.Enum:
		return n.cases[i].shown, nil
	case n.kind == wit.Result:
		if !payload {
			v = mailbox.Bool(true)
		}
		return x.pairsOf(mailbox.Pair{Key: n.cases[i].snake, Value: v})
	case !payload:
		return x.pairsOf(mailbox.Pair{Key: keyTag, Value: n.cases[i].shown})
	}
	return x.pairsOf(mailbox.Pair{Key: keyTag, Value: n.cases[i].shown}, mailbox.Pair{Key: keyValue, Value: v})
}

func (x *lifter) option(n *node, i uint32, v mailbox.Value) (mailbox.Value, error) {
	switch {
	case x.named && n.wrapped && i == 0:
		return x.pairsOf()
	case i == 0:
		return mailbox.Nil, nil
	case x.named && n.wrapped:
		return x.pairsOf(mailbox.Pair{Key: keySome, Value: v})
	case !x.named && n.elem.kind == wit.Option:
		if err := x.count(1); err != nil {
			return mailbox.Nil, err
		}
		list := x.takeValues(1)
		list[0] = v
		return x.table(list, nil), nil
	}
	return v, nil
}

// list2 makes a table of two Values.
func (x *lifter) list2(a, b mailbox.Value) (mailbox.Value, error) {
	if err := x.count(2); err != nil {
		return mailbox.Nil, err
	}
	list := x.takeValues(2)
	list[0], list[1] = a, b
	return x.table(list, nil), nil
}

// pairsOf makes a table of pairs.
func (x *lifter) pairsOf(ps ...mailbox.Pair) (mailbox.Value, error) {
	if err := x.count(2 * uint64(len(ps))); err != nil {
		return mailbox.Nil, err
	}
	pairs := x.takePairs(len(ps))
	copy(pairs, ps)
	return x.table(nil, pairs), nil
}

// flags makes the Value of flags; bits beyond them count for nothing.
func (x *lifter) flags(n *node, set uint32) (mailbox.Value, error) {
	set &= uint32(1<<len(n.labels) - 1)
	if !x.named {
		return mailbox.Uint(uint64(set)), nil
	}
	ps := x.takePairs(bits.OnesCount32(set))[:0]
	for i, l := range n.labels {
		if set>>i&1 != 0 {
			ps = append(ps, mailbox.Pair{Key: l.snake, Value: mailbox.Bool(true)})
		}
	}
	return x.table(nil, ps), x.count(2 * uint64(len(ps)))
}
