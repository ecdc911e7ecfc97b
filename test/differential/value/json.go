package value

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// OfJSON gives the value of a type that a JSON value means, as encoding/json
// reads it with UseNumber, in the mapping of SPEC section 3. inside is as Mailbox
// has it; resource gives the number of a resource by its name.
func OfJSON(j any, t *Type, inside bool, resource func(name string) (uint64, bool)) (Value, error) {
	v := Value{Kind: t.Kind}
	wrong := func() (Value, error) { return v, fmt.Errorf("expected %s, got %v", t, j) }
	payload := func(j any, t *Type, inside bool) error {
		p, err := OfJSON(j, t, inside, resource)
		v.Payload = &p
		return err
	}
	object, _ := j.(map[string]any)
	list, isList := j.([]any)
	text, isText := j.(string)
	switch t.Kind {
	case Bool:
		b, ok := j.(bool)
		if !ok {
			return wrong()
		}
		if b {
			v.Bits = 1
		}
	case S8, S16, S32, S64, U8, U16, U32, U64, F32, F64:
		n, ok := j.(json.Number)
		if !ok {
			return wrong()
		}
		var err error
		switch t.Kind {
		case F32, F64:
			var f float64
			f, err = n.Float64()
			if v.Bits = math.Float64bits(f); t.Kind == F32 {
				v.Bits = uint64(math.Float32bits(float32(f)))
			}
		case U8, U16, U32, U64:
			v.Bits, err = strconv.ParseUint(n.String(), 10, 64)
		default:
			var i int64
			i, err = n.Int64()
			v.Bits = uint64(i)
		}
		return v, err
	case Char:
		r, size := utf8.DecodeRuneInString(text)
		if !isText || size != len(text) {
			return wrong()
		}
		v.Bits = uint64(r)
	case String, Enum:
		if v.Text = text; !isText {
			return wrong()
		}
	case List:
		if t.Elem.Kind == U8 && isText {
			for _, b := range []byte(text) {
				v.List = append(v.List, Value{Kind: U8, Bits: uint64(b)})
			}
			return v, nil
		}
		if !isList {
			return wrong()
		}
		for _, j := range list {
			e, err := OfJSON(j, t.Elem, true, resource)
			if err != nil {
				return v, err
			}
			v.List = append(v.List, e)
		}
	case Tuple, Record:
		if t.Kind == Tuple && len(list) != len(t.Fields) || t.Kind == Record && object == nil {
			return wrong()
		}
		for i, f := range t.Fields {
			var j any
			if t.Kind == Tuple {
				j = list[i]
			} else {
				j = object[snake(f.Name)]
				v.Names = append(v.Names, f.Name)
			}
			e, err := OfJSON(j, f.Type, false, resource)
			if err != nil {
				return v, err
			}
			v.List = append(v.List, e)
		}
	case Variant:
		tag, _ := object["tag"].(string)
		for _, c := range t.Fields {
			if c.Name != tag {
				continue
			}
			if v.Text = tag; c.Type == nil {
				return v, nil
			}
			return v, payload(object["value"], c.Type, false)
		}
		return wrong()
	case Option:
		switch {
		case j == nil || inside && len(object) == 0:
		case inside:
			return v, payload(object["some"], t.Elem, true)
		default:
			return v, payload(j, t.Elem, true)
		}
	case Result:
		j, ok := object["ok"]
		of := t.OK
		if !ok {
			j, of = object["err"], t.Err
		}
		if v.OK = ok; of == nil {
			return v, nil
		}
		return v, payload(j, of, false)
	case Flags:
		for _, l := range t.Labels {
			if object[snake(l)] == true {
				v.Names = append(v.Names, l)
			}
		}
	case Own, Borrow:
		name, named := strings.CutPrefix(text, "$")
		n, known := resource(name)
		if !named || !known {
			return wrong()
		}
		v.Bits = n
	}
	return v, nil
}
