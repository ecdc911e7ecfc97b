package canon

import (
	"context"
	"math"
	"unicode/utf8"

	"wippy/mailbox"
	"wippy/wasmhost/wit"
)

// lowerer writes Values by position for core code. It calls the instance's
// realloc function, after which it takes a new view of the memory.
type lowerer struct {
	ctx   context.Context
	opts  *Options
	mem   []byte
	task  *task     // the call that borrows are for; nil where none can be
	lent  []*Handle // what the host lends to the call
	stack [4]uint64 // of realloc
	from  Encoding  // how strings were held where they come from; UTF8 for the host
	// trusted is for what was lifted, not made by the host: its strings are UTF-8.
	trusted bool
}

// start makes x ready for the values of one side of a call, which the host gives.
func (x *lowerer) start(ctx context.Context, o *Options, t *task) {
	x.ctx, x.opts, x.mem, x.task, x.from, x.trusted = ctx, o, o.view(), t, UTF8, false
}

// out takes the core values of flat lowering one by one.
type out struct {
	stack []uint64
	at    int
}

func (o *out) put(v uint64) {
	o.stack[o.at] = v
	o.at++
}

// realloc has the guest allocate, and checks its answer.
func (x *lowerer) realloc(old, oldSize, align, size uint32) (uint32, error) {
	inst := x.opts.Instance
	if x.opts.Realloc == nil {
		return 0, mailbox.Errorf(mailbox.Internal, "a function was linked without the realloc function that its types need")
	}
	held := inst.held
	inst.held = true
	x.stack = [4]uint64{uint64(old), uint64(oldSize), uint64(align), uint64(size)}
	if err := x.opts.Realloc.CallWithStack(x.ctx, x.stack[:]); err != nil {
		return 0, err
	}
	inst.held = held
	x.mem = x.opts.view()
	p := uint32(x.stack[0])
	if p&(align-1) != 0 {
		return 0, Trapf("realloc return: result not aligned: %#x, whose alignment is to be %d", p, align)
	}
	if uint64(p)+uint64(size) > uint64(len(x.mem)) {
		return 0, Trapf("realloc return: beyond end of memory: %d bytes at %#x, in a memory of %d", size, p, len(x.mem))
	}
	return p, nil
}

// params lowers arguments for a lifted function onto the stack.
func (x *lowerer) params(f *Func, args []mailbox.Value, stack []uint64) error {
	if !f.spilled {
		o := out{stack: stack}
		for i := range f.params {
			if err := x.flat(f.params[i].node, args[i], &o); err != nil {
				return err
			}
		}
		return nil
	}
	p, err := x.realloc(0, 0, f.align, f.size)
	if err != nil {
		return err
	}
	stack[0] = uint64(p)
	for i := range f.params {
		if err := x.store(f.params[i].node, args[i], p+f.params[i].offset); err != nil {
			return err
		}
	}
	return nil
}

// result lowers what a lowered function returns. stack begins with its
// parameters, the last of which may tell where the result goes. which is the
// case of a result whose payload v is, or noCase.
func (x *lowerer) result(f *Func, v mailbox.Value, which int, stack []uint64) error {
	n := f.result
	if which != noCase && (n.kind != wit.Result || n.cases[which].node == nil && !v.IsNil()) {
		return mailbox.Errorf(mailbox.Internal, "the host gave case %d with %s where %s is expected", which, v, n)
	}
	if !f.resultOut {
		o := out{stack: stack}
		if which != noCase {
			return x.flatCase(n, uint32(which), v, &o)
		}
		return x.flat(n, v, &o)
	}
	p := uint32(stack[f.stackParams()])
	if err := inRange(x.mem, uint64(p), uint64(n.size), n.align, "result"); err != nil {
		return err
	}
	if which != noCase {
		return x.storeCase(n, uint32(which), v, p)
	}
	return x.store(n, v, p)
}

// misshapen is the error of a Value that is not what its type takes: a fault
// of the host function that gave it.
func misshapen(n *node, v mailbox.Value) error {
	return mailbox.Errorf(mailbox.Internal, "the host gave %s where %s is expected", v, n)
}

// flat lowers to core values.
func (x *lowerer) flat(n *node, v mailbox.Value, o *out) error {
	switch n.kind {
	case wit.String, wit.List:
		p, length, err := x.sequence(n, v)
		if err != nil {
			return err
		}
		o.put(uint64(p))
		o.put(uint64(length))
		return nil
	case wit.Record, wit.Tuple:
		list, ok := elements(v, len(n.fields))
		if !ok {
			return misshapen(n, v)
		}
		x.opts.work(x.ctx, uint64(len(list)), 0)
		for i := range n.fields {
			if err := x.flat(n.fields[i].node, list[i], o); err != nil {
				return err
			}
		}
		return nil
	case wit.Variant, wit.Enum, wit.Option, wit.Result:
		i, payload, ok := open(n, v)
		if !ok {
			return misshapen(n, v)
		}
		return x.flatCase(n, i, payload, o)
	case wit.Flags:
		bits, ok := flagBits(n, v)
		if !ok {
			return misshapen(n, v)
		}
		o.put(uint64(bits))
		return nil
	}
	bits, err := x.scalar(n, v)
	o.put(bits)
	return err
}

// flatCase lowers a case of a variant. What its payload leaves of the variant's
// core values is zero.
func (x *lowerer) flatCase(n *node, i uint32, payload mailbox.Value, o *out) error {
	end := o.at + n.flats
	o.put(uint64(i))
	if e := n.cases[i].node; e != nil {
		if err := x.flat(e, payload, o); err != nil {
			return err
		}
	}
	for o.at < end {
		o.put(0)
	}
	return nil
}

// storeCase lowers a case of a variant into memory.
func (x *lowerer) storeCase(n *node, i uint32, payload mailbox.Value, p uint32) error {
	x.storeInt(n.disc, i, p)
	if e := n.cases[i].node; e != nil {
		return x.store(e, payload, p+n.payload)
	}
	return nil
}

// store lowers into memory; p is in range and aligned.
func (x *lowerer) store(n *node, v mailbox.Value, p uint32) error {
	switch n.kind {
	case wit.String, wit.List:
		at, length, err := x.sequence(n, v)
		if err != nil {
			return err
		}
		le.PutUint32(x.mem[p:], at)
		le.PutUint32(x.mem[p+4:], length)
		return nil
	case wit.Record, wit.Tuple:
		list, ok := elements(v, len(n.fields))
		if !ok {
			return misshapen(n, v)
		}
		x.opts.work(x.ctx, uint64(len(list)), 0)
		for i := range n.fields {
			if err := x.store(n.fields[i].node, list[i], p+n.fields[i].offset); err != nil {
				return err
			}
		}
		return nil
	case wit.Variant, wit.Enum, wit.Option, wit.Result:
		i, payload, ok := open(n, v)
		if !ok {
			return misshapen(n, v)
		}
		return x.storeCase(n, i, payload, p)
	case wit.Flags:
		bits, ok := flagBits(n, v)
		if !ok {
			return misshapen(n, v)
		}
		x.storeInt(n.disc, bits, p)
		return nil
	}
	bits, err := x.scalar(n, v)
	if err != nil {
		return err
	}
	switch n.size {
	case 1:
		x.mem[p] = byte(bits)
	case 2:
		le.PutUint16(x.mem[p:], uint16(bits))
	case 4:
		le.PutUint32(x.mem[p:], uint32(bits))
	default:
		le.PutUint64(x.mem[p:], bits)
	}
	return nil
}

// storeInt writes a discriminant or flags.
func (x *lowerer) storeInt(size uint8, v, p uint32) {
	switch size {
	case 1:
		x.mem[p] = byte(v)
	case 2:
		le.PutUint16(x.mem[p:], uint16(v))
	default:
		le.PutUint32(x.mem[p:], v)
	}
}

// sequence lowers a string or list.
func (x *lowerer) sequence(n *node, v mailbox.Value) (p, length uint32, err error) {
	if n.kind == wit.String {
		if v.Kind() != mailbox.KindString || !x.trusted && !utf8.ValidString(v.Str()) {
			return 0, 0, misshapen(n, v)
		}
		return x.text(v.Str())
	}
	e := n.elem
	if e.kind == wit.U8 && v.Kind() == mailbox.KindString {
		if len(v.Str()) > maxBytes {
			return 0, 0, tooLong(len(v.Str()), e)
		}
		x.opts.work(x.ctx, 0, uint64(len(v.Str())))
		return x.bytes(v.Str())
	}
	if x.trusted && e.dense && v.Kind() == mailbox.KindString {
		return x.numbers(e, v.Str())
	}
	t := v.Table()
	if t == nil || len(t.Pairs) > 0 {
		return 0, 0, misshapen(n, v)
	}
	size := uint64(len(t.List)) * uint64(e.size)
	if size > maxBytes {
		return 0, 0, tooLong(len(t.List), e)
	}
	if p, err = x.realloc(0, 0, e.align, uint32(size)); err != nil {
		return 0, 0, err
	}
	at := p
	for i, v := range t.List {
		if i%reserveEvery == 0 {
			x.opts.work(x.ctx, uint64(min(len(t.List)-i, reserveEvery)), 0)
		}
		if err := x.store(e, v, at); err != nil {
			return 0, 0, err
		}
		at += e.size
	}
	return p, uint32(len(t.List)), nil
}

// numbers lowers a list of a dense type, which was lifted as its bytes.
func (x *lowerer) numbers(e *node, s string) (p, length uint32, err error) {
	size := uint32(len(s))
	x.opts.work(x.ctx, 0, uint64(size))
	if p, err = x.realloc(0, 0, e.align, size); err != nil {
		return 0, 0, err
	}
	m := x.mem[p : p+size]
	copy(m, s)
	for _, f := range e.floats {
		for at := f.offset; at < size; at += e.size {
			if f.node.kind == wit.F32 {
				if v := math.Float32frombits(le.Uint32(m[at:])); v != v {
					le.PutUint32(m[at:], canonicalNaN32)
				}
			} else if v := math.Float64frombits(le.Uint64(m[at:])); v != v {
				le.PutUint64(m[at:], math.Float64bits(canonicalNaN))
			}
		}
	}
	return p, size / e.size, nil
}

func tooLong(length int, e *node) error {
	return Trapf("a list of %d elements of %d bytes takes more than %d bytes", length, e.size, maxBytes)
}

// elements gives a table's list if it has that many.
func elements(v mailbox.Value, n int) ([]mailbox.Value, bool) {
	t := v.Table()
	if t == nil || len(t.List) != n {
		return nil, false
	}
	return t.List, true
}

// open gives the case of a variant's Value, and its payload.
func open(n *node, v mailbox.Value) (i uint32, payload mailbox.Value, ok bool) {
	if n.kind == wit.Option {
		if v.IsNil() || n.elem.kind != wit.Option {
			return uint32(btoi(!v.IsNil())), v, true
		}
		list, ok := elements(v, 1)
		if !ok {
			return 0, v, false
		}
		return 1, list[0], true
	}
	which := v
	list, packed := elements(v, 2)
	if packed {
		which, payload = list[0], list[1]
	}
	u := which.Uint()
	if which.Kind() != mailbox.KindUint || u >= uint64(len(n.cases)) || packed != (n.cases[u].node != nil) {
		return 0, v, false
	}
	return uint32(u), payload, true
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

func flagBits(n *node, v mailbox.Value) (uint32, bool) {
	bits, negative, ok := v.Integer()
	if !ok || negative || bits>>len(n.labels) != 0 {
		return 0, false
	}
	return uint32(bits), true
}

// scalar lowers what is one core value.
func (x *lowerer) scalar(n *node, v mailbox.Value) (uint64, error) {
	bits, ok := uint64(0), false
	switch n.kind {
	case wit.Own, wit.Borrow:
		return x.handle(n, v)
	case wit.Char:
		bits, _, ok = v.Integer()
		ok = ok && bits <= utf8.MaxRune && utf8.ValidRune(rune(bits))
	default:
		bits, ok = lowerScalar(n.kind, v)
	}
	if !ok {
		return 0, misshapen(n, v)
	}
	return bits, nil
}

// span is the range of an integer type: from min, which is not positive, to max.
type span struct {
	min int64
	max uint64
}

var spans = [...]span{
	wit.S8:  {math.MinInt8, math.MaxInt8},
	wit.U8:  {0, math.MaxUint8},
	wit.S16: {math.MinInt16, math.MaxInt16},
	wit.U16: {0, math.MaxUint16},
	wit.S32: {math.MinInt32, math.MaxInt32},
	wit.U32: {0, math.MaxUint32},
	wit.S64: {math.MinInt64, math.MaxInt64},
	wit.U64: {0, math.MaxUint64},
}

// handle lowers an own or a borrow.
func (x *lowerer) handle(n *node, v mailbox.Value) (uint64, error) {
	inst := x.opts.Instance
	rt, err := inst.resource(n)
	if err != nil {
		return 0, err
	}
	var rep uint32
	if h, ok := v.Resource().(*Handle); ok {
		if why := x.hand(n, rt, h); why != "" {
			return 0, mailbox.Errorf(mailbox.Invalid, "the resource (%s) %s", h.Type.text(), why)
		}
		rep = h.rep
	} else {
		bits, negative, ok := v.Integer()
		if !ok || negative || bits > math.MaxUint32 {
			return 0, misshapen(n, v)
		}
		rep = uint32(bits)
	}
	e := entry{rt: rt, rep: rep, own: n.kind == wit.Own}
	if !e.own {
		if inst == rt.Instance {
			return uint64(rep), nil
		}
		e.scope = x.task
	}
	index, err := inst.add(e)
	if err == nil && !e.own {
		x.task.borrows++
	}
	return uint64(index), err
}

// hand gives or lends a Handle of the host's to the call. It says why it
// cannot; "" if it did.
func (x *lowerer) hand(n *node, rt *ResourceType, h *Handle) string {
	switch why := h.unusable(x.opts.Instance.Store); {
	case why != "":
		return why
	case h.Type != rt:
		return "is not a " + rt.text()
	case n.kind == wit.Borrow:
		h.lends++
		x.lent = append(x.lent, h)
		return ""
	case !h.own:
		return "is borrowed, and cannot be passed on"
	case h.lends > 0:
		return "is in use by a call"
	}
	h.gone = true
	return ""
}
