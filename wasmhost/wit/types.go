// Package wit reads signatures in the WebAssembly Interface Types language:
// [Parse] turns the text of a process.wasm entry's `wit` field into [Func]
// values (SPEC section 2, process.wasm). It knows the types that a core
// module's parameters and results can have; those that need a component are
// errors that say so.
package wit

import "strings"

// Kind is what sort of type a Type is.
type Kind uint8

// The kinds of type. Those up to Char are scalars.
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
	Tuple
)

var kindNames = [...]string{"bool", "s8", "u8", "s16", "u16", "s32", "u32", "s64", "u64", "f32", "f64", "char", "tuple"}

// String gives the keyword.
func (k Kind) String() string { return kindNames[k] }

// Type is a WIT type. It is immutable.
type Type struct {
	Kind  Kind
	Elems []Type // of a Tuple
}

// String prints the type as WIT.
func (t Type) String() string {
	if t.Kind != Tuple {
		return t.Kind.String()
	}
	elems := make([]string, len(t.Elems))
	for i, e := range t.Elems {
		elems[i] = e.String()
	}
	return "tuple<" + strings.Join(elems, ", ") + ">"
}

// Param is a parameter, or a named result.
type Param struct {
	Name string // without the % that escapes a keyword
	Type Type
}

// Func is the signature of a function. It is immutable.
type Func struct {
	Name   string // without the % that escapes a keyword
	Params []Param
	// Results are what comes back, each a value of its own: none, one, the
	// named results of older WIT, or the elements of a tuple. Only named ones
	// have names.
	Results []Param
	// Line and Col are where the signature begins, both from 1.
	Line, Col int
}

// String prints the signature: "compute: func(a: s32, b: s32) -> s32".
func (f Func) String() string {
	s := f.Name + ": func(" + List(f.Params) + ")"
	switch {
	case len(f.Results) == 0:
		return s
	case f.Results[0].Name != "":
		return s + " -> (" + List(f.Results) + ")"
	case len(f.Results) == 1:
		return s + " -> " + List(f.Results)
	}
	return s + " -> tuple<" + List(f.Results) + ">"
}

// List prints parameters, without parentheses: "a: s32, b: u64".
func List(params []Param) string {
	var s strings.Builder
	for i, p := range params {
		if i > 0 {
			s.WriteString(", ")
		}
		if p.Name != "" {
			s.WriteString(p.Name + ": ")
		}
		s.WriteString(p.Type.String())
	}
	return s.String()
}
