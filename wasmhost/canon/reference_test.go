package canon

import (
	"math"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"wippy/mailbox"
	"wippy/wasmhost/wit"
)

// What follows is a second implementation of lifting, as plain as can be and
// with nothing in common with the first.

// refCases gives the payloads of whatever is a variant.
func refCases(t *wit.Type) []*wit.Type {
	switch t.Kind {
	case wit.Variant:
		var ts []*wit.Type
		for _, k := range t.Cases {
			ts = append(ts, k.Type)
		}
		return ts
	case wit.Enum:
		return make([]*wit.Type, len(t.Labels))
	case wit.Option:
		return []*wit.Type{nil, t.Elem}
	case wit.Result:
		return []*wit.Type{t.OK, t.Err}
	}
	return nil
}

func refUp(p, align uint64) uint64 {
	for p%align != 0 {
		p++
	}
	return p
}

// refLayout gives size and alignment, and of a variant where payloads stand.
func refLayout(t *wit.Type) (size, align, payload uint64) {
	switch t.Kind {
	case wit.Bool, wit.S8, wit.U8:
		return 1, 1, 0
	case wit.S16, wit.U16:
		return 2, 2, 0
	case wit.S32, wit.U32, wit.F32, wit.Char:
		return 4, 4, 0
	case wit.S64, wit.U64, wit.F64:
		return 8, 8, 0
	case wit.String, wit.List:
		return 8, 4, 0
	case wit.Flags:
		size = 4
		if len(t.Labels) <= 8 {
			size = 1
		} else if len(t.Labels) <= 16 {
			size = 2
		}
		return size, size, 0
	case wit.Record, wit.Tuple:
		align = 1
		for _, f := range t.Fields {
			s, a, _ := refLayout(f.Type)
			size = refUp(size, a) + s
			align = max(align, a)
		}
		return refUp(size, align), align, 0
	}
	cases := refCases(t)
	disc := uint64(1)
	if len(cases) > 256 {
		disc = 2
	}
	payloadAlign := uint64(1)
	for _, c := range cases {
		if c != nil {
			s, a, _ := refLayout(c)
			size, payloadAlign = max(size, s), max(payloadAlign, a)
		}
	}
	payload = refUp(disc, payloadAlign)
	align = max(disc, payloadAlign)
	return refUp(payload+size, align), align, payload
}

// refFlat gives the core types.
func refFlat(t *wit.Type) string {
	switch t.Kind {
	case wit.S64, wit.U64:
		return "I"
	case wit.F32:
		return "f"
	case wit.F64:
		return "F"
	case wit.String, wit.List:
		return "ii"
	case wit.Record, wit.Tuple:
		s := ""
		for _, f := range t.Fields {
			s += refFlat(f.Type)
		}
		return s
	}
	flat := []byte("")
	for _, c := range refCases(t) {
		if c == nil {
			continue
		}
		for i, f := range []byte(refFlat(c)) {
			switch {
			case i == len(flat):
				flat = append(flat, f)
			case flat[i] == f:
			case flat[i] == 'i' && f == 'f' || flat[i] == 'f' && f == 'i':
				flat[i] = 'i'
			default:
				flat[i] = 'I'
			}
		}
	}
	return "i" + string(flat)
}

// refScalar gives the Value of a scalar's bits; false is a trap.
func refScalar(k wit.Kind, bits uint64) (v mailbox.Value, known, ok bool) {
	switch k {
	case wit.Bool:
		return mailbox.Bool(uint32(bits) != 0), true, true
	case wit.S8:
		return num(float64(int8(bits))), true, true
	case wit.U8:
		return num(float64(uint8(bits))), true, true
	case wit.S16:
		return num(float64(int16(bits))), true, true
	case wit.U16:
		return num(float64(uint16(bits))), true, true
	case wit.S32:
		return num(float64(int32(bits))), true, true
	case wit.U32:
		return num(float64(uint32(bits))), true, true
	case wit.S64:
		return mailbox.Int(int64(bits)), true, true
	case wit.U64:
		return mailbox.Uint(bits), true, true
	case wit.F32:
		return num(float64(math.Float32frombits(uint32(bits)))), true, true
	case wit.F64:
		return num(math.Float64frombits(bits)), true, true
	case wit.Char:
		c := uint32(bits)
		return str(string(rune(c))), true, c < 0xd800 || c > 0xdfff && c < 0x110000
	}
	return null, false, false
}

// ref lifts from a memory; bad is set where the specification traps.
type ref struct {
	mem   []byte
	enc   Encoding
	left  int // Values that it may make
	chars int // in strings
	bad   bool
}

func (r *ref) uint(p uint64, size uint64) (u uint64) {
	for i := range size {
		u |= uint64(r.mem[p+i]) << (8 * i)
	}
	return u
}

func (r *ref) check(p, size, align uint64) bool {
	if p%align != 0 || p+size > uint64(len(r.mem)) {
		r.bad = true
	}
	return !r.bad
}

// str counts the bytes of strings.
func (r *ref) str(s string) mailbox.Value {
	if r.chars += len(s); r.chars > 2*len(r.mem)+16<<20 {
		r.bad = true
	}
	return str(s)
}

func (r *ref) text(p, units uint64) mailbox.Value {
	wide := r.enc == UTF16 || r.enc == Latin1OrUTF16 && units >= 1<<31
	align := uint64(2)
	size := units
	if wide {
		size = units % (1 << 31) * 2
		if r.enc == UTF16 {
			size = units * 2
		}
	}
	if r.enc == UTF8 {
		align = 1
	}
	if size >= 1<<28 || !r.check(p, size, align) {
		r.bad = true
		return null
	}
	b := r.mem[p : p+size]
	switch {
	case r.enc == UTF8:
		r.bad = r.bad || !utf8.Valid(b)
		return r.str(string(b))
	case !wide:
		s := ""
		for _, c := range b {
			s += string(rune(c))
		}
		return r.str(s)
	}
	var u []uint16
	for i := 0; i < len(b); i += 2 {
		u = append(u, le.Uint16(b[i:]))
	}
	s := string(utf16.Decode(u))
	again := utf16.Encode([]rune(s))
	for i := range u {
		if len(again) != len(u) || again[i] != u[i] {
			r.bad = true
		}
	}
	return r.str(s)
}

func (r *ref) list(t *wit.Type, p, length uint64) mailbox.Value {
	size, align, _ := refLayout(t.Elem)
	if length*size >= 1<<28 || !r.check(p, length*size, align) {
		r.bad = true
		return null
	}
	if t.Elem.Kind == wit.U8 {
		return r.str(string(r.mem[p : p+length]))
	}
	if r.left -= int(length); r.left < 0 {
		r.bad = true
		return null
	}
	var vs []mailbox.Value
	for i := range length {
		vs = append(vs, r.load(t.Elem, p+i*size, true))
		if r.bad {
			return null
		}
	}
	return arr(vs...)
}

func (r *ref) load(t *wit.Type, p uint64, wrapped bool) mailbox.Value {
	if r.bad {
		return null
	}
	size, _, payload := refLayout(t)
	switch t.Kind {
	case wit.String:
		return r.text(r.uint(p, 4), r.uint(p+4, 4))
	case wit.List:
		return r.list(t, r.uint(p, 4), r.uint(p+4, 4))
	case wit.Record, wit.Tuple:
		var vs []mailbox.Value
		for _, f := range t.Fields {
			s, a, _ := refLayout(f.Type)
			p = refUp(p, a)
			vs = append(vs, r.load(f.Type, p, false))
			p += s
		}
		return r.fields(t, vs)
	case wit.Flags:
		return r.counted(refFlags(t, r.uint(p, size)))
	}
	if cases := refCases(t); cases != nil {
		disc := uint64(1)
		if len(cases) > 256 {
			disc = 2
		}
		i := r.uint(p, disc)
		if i >= uint64(len(cases)) {
			r.bad = true
			return null
		}
		v := null
		if cases[i] != nil {
			v = r.load(cases[i], p+payload, t.Kind == wit.Option)
		}
		return r.counted2(t, refCase(t, i, v, wrapped), wrapped)
	}
	v, _, ok := refScalar(t.Kind, r.uint(p, size))
	r.bad = r.bad || !ok
	return v
}

// flat lifts from core values, and gives those behind.
func (r *ref) flat(t *wit.Type, stack []uint64, wrapped bool) (mailbox.Value, []uint64) {
	if r.bad {
		return null, nil
	}
	i32 := func(at int) uint64 { return uint64(uint32(stack[at])) }
	switch t.Kind {
	case wit.String:
		return r.text(i32(0), i32(1)), stack[2:]
	case wit.List:
		return r.list(t, i32(0), i32(1)), stack[2:]
	case wit.Record, wit.Tuple:
		var vs []mailbox.Value
		for _, f := range t.Fields {
			var v mailbox.Value
			v, stack = r.flat(f.Type, stack, false)
			vs = append(vs, v)
		}
		return r.fields(t, vs), stack
	case wit.Flags:
		return r.counted(refFlags(t, stack[0])), stack[1:]
	}
	if cases := refCases(t); cases != nil {
		i := i32(0)
		if i >= uint64(len(cases)) {
			r.bad = true
			return null, nil
		}
		v := null
		if cases[i] != nil {
			v, _ = r.flat(cases[i], stack[1:], t.Kind == wit.Option)
		}
		return r.counted2(t, refCase(t, i, v, wrapped), wrapped), stack[len(refFlat(t)):]
	}
	v, _, ok := refScalar(t.Kind, stack[0])
	r.bad = r.bad || !ok
	return v, stack[1:]
}

func (r *ref) fields(t *wit.Type, vs []mailbox.Value) mailbox.Value {
	if t.Kind == wit.Tuple {
		r.count(len(vs))
		return arr(vs...)
	}
	r.count(2 * len(vs))
	var kv []any
	for i, f := range t.Fields {
		kv = append(kv, strings.ReplaceAll(f.Name, "-", "_"), vs[i])
	}
	return tab(kv...)
}

func (r *ref) count(n int) {
	if r.left -= n; r.left < 0 {
		r.bad = true
	}
}

// counted counts the parts of a table that stands for a case or flags.
func (r *ref) counted(v mailbox.Value) mailbox.Value {
	if t := v.Table(); t != nil {
		r.count(2 * len(t.Pairs))
	}
	return v
}

// counted2 does not count what an option holds as it is.
func (r *ref) counted2(t *wit.Type, v mailbox.Value, wrapped bool) mailbox.Value {
	if t.Kind == wit.Option && !wrapped {
		return v
	}
	return r.counted(v)
}

func refFlags(t *wit.Type, bits uint64) mailbox.Value {
	var kv []any
	for i, l := range t.Labels {
		if bits>>i%2 == 1 {
			kv = append(kv, l, yes)
		}
	}
	return tab(kv...)
}

func refCase(t *wit.Type, i uint64, v mailbox.Value, wrapped bool) mailbox.Value {
	switch t.Kind {
	case wit.Enum:
		return str(t.Labels[i])
	case wit.Option:
		switch {
		case wrapped && i == 0:
			return tab()
		case wrapped:
			return tab("some", v)
		}
		return v
	case wit.Result:
		if refCases(t)[i] == nil {
			v = yes
		}
		return tab([]string{"ok", "err"}[i], v)
	}
	if t.Cases[i].Type == nil {
		return tab("tag", str(t.Cases[i].Name))
	}
	return tab("tag", str(t.Cases[i].Name), "value", v)
}

// refLift lifts one parameter, spilled or not.
func refLift(t *wit.Type, mem []byte, e Encoding, stack []uint64, parts int) (v mailbox.Value, ok bool) {
	r := ref{mem: mem, enc: e, left: parts}
	if flat := refFlat(t); len(flat) <= 16 {
		v, _ = r.flat(t, stack, false)
	} else {
		size, align, _ := refLayout(t)
		if p := uint64(uint32(stack[0])); r.check(p, size, align) {
			v = r.load(t, p, false)
		}
	}
	return v, !r.bad
}
