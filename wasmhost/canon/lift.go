package canon

import (
	"encoding/binary"
	"math"
	"unicode/utf8"

	"wippy/mailbox"
	"wippy/wasmhost/wit"
)

// lifter makes Values of what core code passed. No guest code runs meanwhile,
// so its view of the memory stays good.
type lifter struct {
	opts  *Options
	mem   []byte
	scope *scope // holds what is borrowed; nil where no borrow can be
	named bool   // Values by names, not by position
	views bool   // strings and list<u8> share the guest's memory
	// direct is for what is lowered into another memory at once: lists of
	// numbers are their bytes.
	direct bool
	nodes  int // Values made so far, of mailbox.MaxNodes
	slabs
}

// start makes x ready for the values of one side of a call to or from the host.
func (x *lifter) start(o *Options, s *scope) {
	x.opts, x.mem, x.scope, x.nodes = o, o.view(), s, 0
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
		return trapf("unaligned pointer: a %s at %#x, whose alignment is %d", what, p, align)
	}
	if p+size > uint64(len(mem)) {
		return trapf("%s content out-of-bounds: %d bytes at %#x, in a memory of %d", what, size, p, len(mem))
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
		return trapf("a value has more than %d parts", mailbox.MaxNodes)
	}
	x.nodes += int(n)
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
		if err := x.count(uint64(len(n.fields))); err != nil {
			return mailbox.Nil, err
		}
		r := x.openRecord(n)
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
		return x.variant(n, i, v), nil
	case wit.Flags:
		return x.flags(n, uint32(c.next())), nil
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
		if err := x.count(uint64(len(n.fields))); err != nil {
			return mailbox.Nil, err
		}
		r := x.openRecord(n)
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
		return x.variant(n, i, v), nil
	case wit.Flags:
		return x.flags(n, loadInt(m, n.disc)), nil
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
	return trapf("invalid variant discriminant: %d of %s, which has %d cases", i, n, len(n.cases))
}

// scalar lifts what is one core value. Of a narrow one the bits above count
// for nothing.
func (x *lifter) scalar(n *node, bits uint64) (mailbox.Value, error) {
	switch n.kind {
	case wit.Bool:
		return mailbox.Bool(uint32(bits) != 0), nil
	case wit.S8:
		return x.small(int64(int8(bits))), nil
	case wit.U8:
		return x.unsigned(uint64(uint8(bits))), nil
	case wit.S16:
		return x.small(int64(int16(bits))), nil
	case wit.U16:
		return x.unsigned(uint64(uint16(bits))), nil
	case wit.S32:
		return x.small(int64(int32(bits))), nil
	case wit.U32:
		return x.unsigned(uint64(uint32(bits))), nil
	case wit.S64:
		return mailbox.Int(int64(bits)), nil
	case wit.U64:
		return mailbox.Uint(bits), nil
	case wit.F32:
		return mailbox.Float(canonical(float64(math.Float32frombits(uint32(bits))))), nil
	case wit.F64:
		return mailbox.Float(canonical(math.Float64frombits(bits))), nil
	case wit.Char:
		return x.char(uint32(bits))
	}
	return x.handle(n, uint32(bits))
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
		return mailbox.Nil, trapf("invalid `char` bit pattern: %#x", c)
	}
	if x.named {
		return mailbox.String(string(rune(c))), nil
	}
	return mailbox.Uint(uint64(c)), nil
}

// handle lifts an own or a borrow.
func (x *lifter) handle(n *node, index uint32) (mailbox.Value, error) {
	inst := x.opts.Instance
	rt := inst.Resources[n.resource]
	var rep uint32
	var err error
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
		return mailbox.Nil, trapf("a list of %d elements takes %d bytes, more than %d", length, size, maxBytes)
	}
	if err := inRange(x.mem, uint64(p), size, e.align, "list"); err != nil {
		return mailbox.Nil, err
	}
	if e.kind == wit.U8 || x.direct && isNumber(e.kind) {
		return x.bytes(x.mem[p : uint64(p)+size]), nil
	}
	if err := x.count(uint64(length)); err != nil {
		return mailbox.Nil, err
	}
	list := x.takeValues(int(length))
	at := uint64(p)
	for i := range list {
		if i%reserveEvery == 0 {
			x.reserve(e, min(len(list)-i, reserveEvery), x.named)
		}
		var err error
		if list[i], err = x.load(e, at); err != nil {
			return mailbox.Nil, err
		}
		at += uint64(e.size)
	}
	return x.table(list, nil), nil
}

// isNumber tells whether every pattern of bits is a value of a type that is as
// good as any in another memory, but for NaNs.
func isNumber(k wit.Kind) bool { return k >= wit.S8 && k <= wit.F64 }

// record is a record or tuple that is being filled.
type record struct {
	x     *lifter
	n     *node
	list  []mailbox.Value
	pairs []mailbox.Pair
}

func (x *lifter) openRecord(n *node) record {
	if x.named && n.kind == wit.Record {
		return record{x: x, n: n, pairs: x.takePairs(len(n.fields))}
	}
	return record{x: x, n: n, list: x.takeValues(len(n.fields))}
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
func (x *lifter) variant(n *node, i uint32, v mailbox.Value) mailbox.Value {
	payload := n.cases[i].node != nil
	switch {
	case n.kind == wit.Option:
		return x.option(n, i, v)
	case !x.named && !payload:
		return mailbox.Uint(uint64(i))
	case !x.named:
		list := x.takeValues(2)
		list[0], list[1] = mailbox.Uint(uint64(i)), v
		return x.table(list, nil)
	case n.kind == wit.Enum:
		return n.cases[i].shown
	case n.kind == wit.Result:
		if !payload {
			v = mailbox.Bool(true)
		}
		pairs := x.takePairs(1)
		pairs[0] = mailbox.Pair{Key: n.cases[i].snake, Value: v}
		return x.table(nil, pairs)
	}
	pairs := x.takePairs(2)[:1]
	pairs[0] = mailbox.Pair{Key: keyTag, Value: n.cases[i].shown}
	if payload {
		pairs = append(pairs, mailbox.Pair{Key: keyValue, Value: v})
	}
	return x.table(nil, pairs)
}

func (x *lifter) option(n *node, i uint32, v mailbox.Value) mailbox.Value {
	switch {
	case x.named && n.wrapped && i == 0:
		return x.table(nil, nil)
	case i == 0:
		return mailbox.Nil
	case x.named && n.wrapped:
		pairs := x.takePairs(1)
		pairs[0] = mailbox.Pair{Key: keySome, Value: v}
		return x.table(nil, pairs)
	case !x.named && n.elem.kind == wit.Option:
		list := x.takeValues(1)
		list[0] = v
		return x.table(list, nil)
	}
	return v
}

// flags makes the Value of flags; bits beyond them count for nothing.
func (x *lifter) flags(n *node, bits uint32) mailbox.Value {
	bits &= uint32(1<<len(n.labels) - 1)
	if !x.named {
		return mailbox.Uint(uint64(bits))
	}
	var pairs []mailbox.Pair
	for i, l := range n.labels {
		if bits>>i&1 != 0 {
			pairs = append(pairs, mailbox.Pair{Key: l.snake, Value: mailbox.Bool(true)})
		}
	}
	return x.table(nil, pairs)
}
