package value

import (
	"math"
	"strings"

	"wippy/mailbox"
)

// Mailbox gives a value as SPEC section 3 maps it. inside tells that it stands
// in a list or an option, where none has to be told from nothing. resource gives
// what a number is to the host under test.
func (v Value) Mailbox(t *Type, inside bool, resource func(uint64) mailbox.Value) mailbox.Value {
	pair := func(name string, v mailbox.Value) mailbox.Pair {
		return mailbox.Pair{Key: mailbox.String(name), Value: v}
	}
	payload := func(t *Type, inside bool) mailbox.Value {
		if v.Payload == nil {
			return mailbox.Bool(true)
		}
		return v.Payload.Mailbox(t, inside, resource)
	}
	switch t.Kind {
	case Bool:
		return mailbox.Bool(v.Bits != 0)
	case S8, S16, S32:
		return mailbox.Float(float64(int64(v.Bits)))
	case U8, U16, U32:
		return mailbox.Float(float64(v.Bits))
	case S64:
		return mailbox.Int(int64(v.Bits))
	case U64:
		return mailbox.Uint(v.Bits)
	case F32:
		return mailbox.Float(float64(math.Float32frombits(uint32(v.Bits))))
	case F64:
		return mailbox.Float(math.Float64frombits(v.Bits))
	case Char:
		return mailbox.String(string(rune(v.Bits)))
	case String, Enum:
		return mailbox.String(v.Text)
	case List:
		if t.Elem.Kind == U8 {
			b := make([]byte, len(v.List))
			for i, e := range v.List {
				b[i] = byte(e.Bits)
			}
			return mailbox.String(string(b))
		}
		list := make([]mailbox.Value, len(v.List))
		for i, e := range v.List {
			list[i] = e.Mailbox(t.Elem, true, resource)
		}
		return mailbox.TableValue(list, nil)
	case Tuple:
		list := make([]mailbox.Value, len(v.List))
		for i, e := range v.List {
			list[i] = e.Mailbox(t.Fields[i].Type, false, resource)
		}
		return mailbox.TableValue(list, nil)
	case Record:
		var pairs []mailbox.Pair
		for i, e := range v.List {
			pairs = append(pairs, pair(snake(v.Names[i]), e.Mailbox(t.Fields[i].Type, false, resource)))
		}
		return mailbox.TableValue(nil, pairs)
	case Variant:
		pairs := []mailbox.Pair{pair("tag", mailbox.String(v.Text))}
		for _, c := range t.Fields {
			if c.Name == v.Text && c.Type != nil {
				pairs = append(pairs, pair("value", payload(c.Type, false)))
			}
		}
		return mailbox.TableValue(nil, pairs)
	case Option:
		switch {
		case !inside && v.Payload == nil:
			return mailbox.Nil
		case !inside:
			return payload(t.Elem, true)
		case v.Payload == nil:
			return mailbox.TableValue(nil, nil)
		}
		return mailbox.TableValue(nil, []mailbox.Pair{pair("some", payload(t.Elem, true))})
	case Result:
		if v.OK {
			return mailbox.TableValue(nil, []mailbox.Pair{pair("ok", payload(t.OK, false))})
		}
		return mailbox.TableValue(nil, []mailbox.Pair{pair("err", payload(t.Err, false))})
	case Flags:
		var pairs []mailbox.Pair
		for _, n := range v.Names {
			pairs = append(pairs, pair(snake(n), mailbox.Bool(true)))
		}
		return mailbox.TableValue(nil, pairs)
	}
	return resource(v.Bits)
}

func snake(kebab string) string { return strings.ReplaceAll(kebab, "-", "_") }

// Same tells whether two values of the host under test are the same, more
// strictly than Equal: zeros by their sign, numbers of up to 32 bits by their
// kind. resources tells whether two resources are.
func Same(want, got mailbox.Value, resources func(want, got mailbox.Value) bool) bool {
	switch want.Kind() {
	case mailbox.KindFloat:
		a, b := want.Float(), got.Float()
		return got.Kind() == mailbox.KindFloat && (a != a && b != b || math.Float64bits(a) == math.Float64bits(b))
	case mailbox.KindResource:
		return got.Kind() == mailbox.KindResource && resources(want, got)
	case mailbox.KindTable:
		a, b := want.Table(), got.Table()
		if b == nil || len(a.List) != len(b.List) {
			return false
		}
		for i := range a.List {
			if !Same(a.List[i], b.List[i], resources) {
				return false
			}
		}
		return within(a, b, resources) && within(b, a, nil)
	}
	return want.Equal(got)
}

// within tells whether all pairs of a are the same in b; without resources,
// whether b has them.
func within(a, b *mailbox.Table, resources func(want, got mailbox.Value) bool) bool {
	for _, p := range a.Pairs {
		v := b.Get(p.Key.Str())
		if resources == nil && v.IsNil() != p.Value.IsNil() || resources != nil && !Same(p.Value, v, resources) {
			return false
		}
	}
	return true
}
