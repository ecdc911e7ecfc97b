// Package value has values and types of the component model in a form that
// belongs to neither engine, so that each can be asked the same and their answers be
// compared.
package value

import (
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Kind is what sort of value or type something is.
type Kind uint8

// The kinds, as wasmtime numbers those of values.
const (
	Bool Kind = iota
	S8
	U8
	S16
	U16
	S32
	U32
	S64
	U64
	F32
	F64
	Char
	String
	List
	Record
	Tuple
	Variant
	Enum
	Option
	Result
	Flags
	Own // a resource, where it is a value
	Borrow
)

var kindNames = [...]string{
	"bool", "s8", "u8", "s16", "u16", "s32", "u32", "s64", "u64", "f32", "f64", "char",
	"string", "list", "record", "tuple", "variant", "enum", "option", "result", "flags", "own", "borrow",
}

// Type is a type.
type Type struct {
	Kind     Kind
	Elem     *Type   // of a List or Option
	Fields   []Field // of a Record; of a Tuple, without names; cases of a Variant
	Labels   []string
	OK, Err  *Type  // nil where there is no payload
	Resource uint32 // which type of resource: equal ones are the same
}

// Field is a field, case or parameter.
type Field struct {
	Name string
	Type *Type // nil for a case without a payload
}

// Func is the signature of a function.
type Func struct {
	Params []Field
	Result *Type // nil for none
}

// Value is a value.
type Value struct {
	Kind    Kind
	Bits    uint64   // a scalar, integers sign-extended; the number of a resource
	Text    string   // a String, an Enum's label, a Variant's case
	List    []Value  // elements, fields
	Names   []string // of a Record's fields; the Flags that are set
	Payload *Value   // of a Variant, Option or Result; nil for none
	OK      bool     // of a Result
}

// String gives the type in the syntax of WIT, records and such written out.
func (t *Type) String() string {
	if t == nil {
		return "_"
	}
	switch t.Kind {
	case List, Option:
		return kindNames[t.Kind] + "<" + t.Elem.String() + ">"
	case Result:
		return "result<" + t.OK.String() + ", " + t.Err.String() + ">"
	case Record, Variant, Tuple:
		var parts []string
		for _, f := range t.Fields {
			switch {
			case f.Name == "":
				parts = append(parts, f.Type.String())
			case f.Type == nil:
				parts = append(parts, f.Name)
			default:
				parts = append(parts, f.Name+": "+f.Type.String())
			}
		}
		return kindNames[t.Kind] + "<" + strings.Join(parts, ", ") + ">"
	case Enum, Flags:
		return kindNames[t.Kind] + "<" + strings.Join(t.Labels, ", ") + ">"
	case Own, Borrow:
		return kindNames[t.Kind] + "<" + strconv.Itoa(int(t.Resource)) + ">"
	}
	return kindNames[t.Kind]
}

// String gives the signature.
func (f Func) String() string {
	var params []string
	for _, p := range f.Params {
		params = append(params, p.Name+": "+p.Type.String())
	}
	s := "func(" + strings.Join(params, ", ") + ")"
	if f.Result != nil {
		s += " -> " + f.Result.String()
	}
	return s
}

// String gives the value in the syntax of WAVE.
func (v Value) String() string {
	parts := func(open string, list []Value, end string) string {
		var s []string
		for i, e := range list {
			text := e.String()
			if v.Kind == Record {
				text = v.Names[i] + ": " + text
			}
			s = append(s, text)
		}
		return open + strings.Join(s, ", ") + end
	}
	payload := func(name string) string {
		if v.Payload == nil {
			return name
		}
		return name + "(" + v.Payload.String() + ")"
	}
	switch v.Kind {
	case Bool:
		return strconv.FormatBool(v.Bits != 0)
	case S8, S16, S32, S64:
		return strconv.FormatInt(int64(v.Bits), 10)
	case F32:
		f := math.Float32frombits(uint32(v.Bits))
		if f != f {
			return fmt.Sprintf("nan:%#x", v.Bits)
		}
		return strconv.FormatFloat(float64(f), 'g', -1, 32)
	case F64:
		f := math.Float64frombits(v.Bits)
		if f != f {
			return fmt.Sprintf("nan:%#x", v.Bits)
		}
		return strconv.FormatFloat(f, 'g', -1, 64)
	case Char:
		return strconv.QuoteRuneToASCII(rune(v.Bits))
	case String:
		return strconv.QuoteToASCII(v.Text)
	case List:
		return parts("[", v.List, "]")
	case Tuple:
		return parts("(", v.List, ")")
	case Record:
		return parts("{", v.List, "}")
	case Enum:
		return v.Text
	case Variant:
		return payload(v.Text)
	case Option:
		if v.Payload == nil {
			return "none"
		}
		return payload("some")
	case Result:
		if v.OK {
			return payload("ok")
		}
		return payload("err")
	case Flags:
		return "{" + strings.Join(v.Names, ", ") + "}"
	case Own, Borrow:
		return "resource" + strconv.FormatUint(v.Bits, 10)
	}
	return strconv.FormatUint(v.Bits, 10)
}

// Encode appends a value as peer.c reads it.
func Encode(b []byte, v Value) []byte {
	text := func(s string) { b = append(binary.LittleEndian.AppendUint32(b, uint32(len(s))), s...) }
	payload := func() {
		if v.Payload == nil {
			b = append(b, 0)
			return
		}
		b = Encode(append(b, 1), *v.Payload)
	}
	if v.Kind == Borrow {
		v.Kind = Own
	}
	b = append(b, byte(v.Kind))
	switch v.Kind {
	case String, Enum:
		text(v.Text)
	case List, Tuple, Record:
		b = binary.LittleEndian.AppendUint32(b, uint32(len(v.List)))
		for i, e := range v.List {
			if v.Kind == Record {
				text(v.Names[i])
			}
			b = Encode(b, e)
		}
	case Flags:
		b = binary.LittleEndian.AppendUint32(b, uint32(len(v.Names)))
		for _, n := range v.Names {
			text(n)
		}
	case Variant:
		text(v.Text)
		payload()
	case Option:
		payload()
	case Result:
		ok := byte(0)
		if v.OK {
			ok = 1
		}
		b = append(b, ok)
		payload()
	default:
		b = binary.LittleEndian.AppendUint64(b, v.Bits)
	}
	return b
}

// Decoder reads what peer.c writes. It trusts it.
type Decoder struct{ Bytes []byte }

func (d *Decoder) byte() byte {
	b := d.Bytes[0]
	d.Bytes = d.Bytes[1:]
	return b
}

func (d *Decoder) count() int {
	n := binary.LittleEndian.Uint32(d.Bytes)
	d.Bytes = d.Bytes[4:]
	return int(n)
}

// Text reads a string.
func (d *Decoder) Text() string {
	n := d.count()
	s := string(d.Bytes[:n])
	d.Bytes = d.Bytes[n:]
	return s
}

func (d *Decoder) payload() *Value {
	if d.byte() == 0 {
		return nil
	}
	v := d.Value()
	return &v
}

// Value reads a value.
func (d *Decoder) Value() Value {
	v := Value{Kind: Kind(d.byte())}
	switch v.Kind {
	case String, Enum:
		v.Text = d.Text()
	case List, Tuple, Record:
		for range d.count() {
			if v.Kind == Record {
				v.Names = append(v.Names, d.Text())
			}
			v.List = append(v.List, d.Value())
		}
	case Flags:
		for range d.count() {
			v.Names = append(v.Names, d.Text())
		}
	case Variant:
		v.Text = d.Text()
		v.Payload = d.payload()
	case Option:
		v.Payload = d.payload()
	case Result:
		v.OK = d.byte() != 0
		v.Payload = d.payload()
	default:
		v.Bits = binary.LittleEndian.Uint64(d.Bytes)
		d.Bytes = d.Bytes[8:]
	}
	return v
}

// typeKinds are the kinds of types, as wasmtime numbers them.
var typeKinds = [...]Kind{
	Bool, S8, S16, S32, S64, U8, U16, U32, U64, F32, F64, Char, String,
	List, Record, Tuple, Variant, Enum, Option, Result, Flags, Own, Borrow,
}

func (d *Decoder) optional() *Type {
	if d.byte() == 0 {
		return nil
	}
	return d.Type()
}

// Type reads a type.
func (d *Decoder) Type() *Type {
	t := &Type{Kind: typeKinds[d.byte()]}
	switch t.Kind {
	case List, Option:
		t.Elem = d.Type()
	case Record:
		for range d.count() {
			f := Field{Name: d.Text()}
			f.Type = d.Type()
			t.Fields = append(t.Fields, f)
		}
	case Tuple:
		for range d.count() {
			t.Fields = append(t.Fields, Field{Type: d.Type()})
		}
	case Variant:
		for range d.count() {
			f := Field{Name: d.Text()}
			f.Type = d.optional()
			t.Fields = append(t.Fields, f)
		}
	case Enum, Flags:
		for range d.count() {
			t.Labels = append(t.Labels, d.Text())
		}
	case Result:
		t.OK = d.optional()
		t.Err = d.optional()
	case Own, Borrow:
		t.Resource = uint32(d.count())
	}
	return t
}

// Func reads a signature.
func (d *Decoder) Func() (f Func) {
	for range d.count() {
		p := Field{Name: d.Text()}
		p.Type = d.Type()
		f.Params = append(f.Params, p)
	}
	f.Result = d.optional()
	return f
}
