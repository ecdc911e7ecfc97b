package value

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"strings"
)

// Random makes values, those at the edges of their types often.
type Random struct {
	*rand.Rand
	// Resource gives the number of a resource of a type, to be lent or given away.
	Resource func(t *Type) uint64
}

var edges = []uint64{
	0, 1, 2, 9, 127, 128, 254, 255, 256, 32767, 32768, 65535, 65536, 1<<31 - 1, 1 << 31, 1<<32 - 1, 1 << 32,
	1<<53 - 1, 1 << 53, 1<<53 + 1, 1<<63 - 1, 1 << 63, math.MaxUint64, math.MaxUint64 - 1, math.MaxUint64 - 127,
}

var floats = []float64{
	0, math.Copysign(0, -1), 1, -1, 0.5, 1.1, math.Inf(1), math.Inf(-1), math.NaN(), math.MaxFloat32, math.MaxFloat64,
	math.SmallestNonzeroFloat32, math.SmallestNonzeroFloat64, 2147483647, 2147483648, -2147483648, -2147483649, 4294967296, 1 << 53,
}

var chars = []rune{
	0, 1, '\t', '\n', '"', '\\', 'a', 'z', 0x7f, 0x80, 0xe9, 0xff, 0x100, 0x7ff, 0x800, 0x20ac, 0xd7ff, 0xe000, 0xfeff, 0xfffd, 0xffff,
	0x10000, 0x1f980, 0x10ffff,
}

// char gives a character below a bound.
func (r *Random) char(below rune) rune {
	for {
		c := chars[r.IntN(len(chars))]
		if r.IntN(3) == 0 {
			c = rune(r.IntN(0x110000))
		}
		if c < below && (c < 0xd800 || c > 0xdfff) {
			return c
		}
	}
}

// text gives a string, most of whose characters are alike.
func (r *Random) text() string {
	below := []rune{0x80, 0x100, 0x800, 0x10000, 0x110000}[r.IntN(5)]
	var b strings.Builder
	length := r.length()
	if r.IntN(30) == 0 {
		length = r.IntN(5000)
	}
	for i := range length {
		if i == length-1 && r.IntN(3) == 0 {
			below = 0x110000 // the last one needs another encoding
		}
		b.WriteRune(r.char(below))
	}
	return b.String()
}

func (r *Random) length() int {
	switch r.IntN(8) {
	case 0:
		return 0
	case 1:
		return r.IntN(40)
	}
	return r.IntN(4)
}

// Value makes a value of a type.
func (r *Random) Value(t *Type) Value {
	v := Value{Kind: t.Kind}
	payload := func(t *Type) *Value {
		if t == nil {
			return nil
		}
		v := r.Value(t)
		return &v
	}
	bits := func() uint64 {
		switch r.IntN(3) {
		case 0:
			return r.Uint64()
		case 1:
			return r.Uint64N(300)
		}
		return edges[r.IntN(len(edges))]
	}
	switch t.Kind {
	case Bool:
		v.Bits = uint64(r.IntN(2))
	case S8:
		v.Bits = uint64(int8(bits()))
	case U8:
		v.Bits = uint64(uint8(bits()))
	case S16:
		v.Bits = uint64(int16(bits()))
	case U16:
		v.Bits = uint64(uint16(bits()))
	case S32:
		v.Bits = uint64(int32(bits()))
	case U32:
		v.Bits = uint64(uint32(bits()))
	case S64, U64:
		v.Bits = bits()
	case F32:
		v.Bits = uint64(math.Float32bits(float32(floats[r.IntN(len(floats))])))
		if r.IntN(3) == 0 {
			v.Bits = uint64(r.Uint32())
		}
	case F64:
		v.Bits = math.Float64bits(floats[r.IntN(len(floats))])
		if r.IntN(3) == 0 {
			v.Bits = r.Uint64()
		}
	case Char:
		v.Bits = uint64(r.char(0x110000))
	case String:
		v.Text = r.text()
	case List:
		length := r.length()
		if t.Elem.Kind < String && r.IntN(20) == 0 {
			length = r.IntN(10_000)
		}
		for range length {
			v.List = append(v.List, r.Value(t.Elem))
		}
	case Record, Tuple:
		for _, f := range t.Fields {
			if t.Kind == Record {
				v.Names = append(v.Names, f.Name)
			}
			v.List = append(v.List, r.Value(f.Type))
		}
	case Variant:
		c := t.Fields[r.IntN(len(t.Fields))]
		v.Text, v.Payload = c.Name, payload(c.Type)
	case Enum:
		v.Text = t.Labels[r.IntN(len(t.Labels))]
	case Flags:
		for _, l := range t.Labels {
			if r.IntN(2) == 0 {
				v.Names = append(v.Names, l)
			}
		}
	case Option:
		if r.IntN(3) > 0 {
			v.Payload = payload(t.Elem)
		}
	case Result:
		v.OK = r.IntN(2) == 0
		if v.OK {
			v.Payload = payload(t.OK)
		} else {
			v.Payload = payload(t.Err)
		}
	case Own, Borrow:
		v.Bits = r.Resource(t)
	}
	return v
}

// Named makes a value of a parameter, whose name tells what a guest takes it for.
func (r *Random) Named(name string, t *Type) Value {
	v := r.Value(t)
	rare := r.IntN(8) == 0
	switch name {
	case "n": // so many of something are made
		v.Bits %= 3000
	case "pages": // how many there may be is each engine's own matter
		v.Bits %= 100
	case "memory": // the bytes of values
		var b []byte
		for range r.IntN(70) {
			b = binary.LittleEndian.AppendUint32(b, r.word())
		}
		if len(b) > 0 && rare {
			b[r.IntN(len(b))] = byte(r.Uint32())
		}
		v.List = nil
		for _, b := range b {
			v.List = append(v.List, Value{Kind: U8, Bits: uint64(b)})
		}
	case "address", "at", "argument", "result":
		if !rare {
			v.Bits = uint64(r.Uint32N(80_000) &^ 7)
		}
	case "length", "count", "which":
		if !rare {
			v.Bits = r.Uint64N(12)
		}
	}
	return v
}

// word is what a guest's memory may hold: most often small numbers, which are
// good discriminants, lengths and addresses of what is there.
func (r *Random) word() uint32 {
	switch r.IntN(8) {
	case 0:
		return r.Uint32N(4) | r.Uint32N(4)<<8 | r.Uint32N(4)<<16 | r.Uint32N(4)<<24
	case 1:
		return 1024 + r.Uint32N(1024)&^7
	case 2:
		if r.IntN(8) == 0 {
			return r.Uint32()
		}
	}
	return r.Uint32N(3)
}
