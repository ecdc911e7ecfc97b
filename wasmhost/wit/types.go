// Package wit holds the types of the WebAssembly Interface Types language:
// [Type] and [Func] are what a component's binary decodes to, what the
// canonical ABI lifts and lowers by, and what [Parse] reads from the text of a
// process.wasm entry's `wit` field (SPEC section 2, process.wasm).
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
	String
	List
	Record
	Tuple
	Variant
	Enum
	Option
	Result
	Flags
	Own
	Borrow
)

var kindNames = [...]string{
	"bool", "s8", "u8", "s16", "u16", "s32", "u32", "s64", "u64", "f32", "f64", "char",
	"string", "list", "record", "tuple", "variant", "enum", "option", "result", "flags", "own", "borrow",
}

// String gives the keyword.
func (k Kind) String() string { return kindNames[k] }

// Type is a WIT type. It is immutable, and shared: the types of one component
// are a graph without cycles.
type Type struct {
	Kind Kind
	// Name is what a record, variant, enum or flags is called where it is
	// defined, "" where that is not known.
	Name     string
	Elem     *Type     // of a List or Option
	Fields   []Field   // of a Record; of a Tuple, without names
	Cases    []Case    // of a Variant
	Labels   []string  // of an Enum or Flags
	OK, Err  *Type     // of a Result; nil where there is no payload
	Resource *Resource // of an Own or Borrow
}

// Field is one of a Record or Tuple.
type Field struct {
	Name string // in kebab-case; "" in a Tuple
	Type *Type
}

// Case is one of a Variant.
type Case struct {
	Name string // in kebab-case
	Type *Type  // nil where there is no payload
}

// Resource is a resource type as a component's types name it. Two are the same
// type if they are the same pointer; which type that is while an instance runs
// is for its linker to say.
type Resource struct {
	Name string // for messages; "" where it is not known
}

// String prints the type as WIT; one that has a name by its name.
func (t *Type) String() string {
	switch t.Kind {
	case List, Option:
		return t.Kind.String() + "<" + t.Elem.String() + ">"
	case Tuple:
		elems := make([]string, len(t.Fields))
		for i, e := range t.Fields {
			elems[i] = e.Type.String()
		}
		return "tuple<" + strings.Join(elems, ", ") + ">"
	case Result:
		switch {
		case t.OK == nil && t.Err == nil:
			return "result"
		case t.Err == nil:
			return "result<" + t.OK.String() + ">"
		case t.OK == nil:
			return "result<_, " + t.Err.String() + ">"
		}
		return "result<" + t.OK.String() + ", " + t.Err.String() + ">"
	case Own, Borrow:
		name := "resource"
		if t.Resource != nil && t.Resource.Name != "" {
			name = t.Resource.Name
		}
		if t.Kind == Own {
			return name
		}
		return "borrow<" + name + ">"
	}
	if t.Name != "" {
		return t.Name
	}
	return t.Kind.String()
}

// Param is a parameter, or a named result.
type Param struct {
	Name string // without the % that escapes a keyword
	Type *Type
}

// Func is the signature of a function. It is immutable.
type Func struct {
	Name   string // without the % that escapes a keyword
	Params []Param
	// Results are what comes back. A component's function has one, without a
	// name, or none. Of a core module's signature each is a value of its own:
	// the named results of older WIT, or the elements of a tuple.
	Results []Param
	// Line and Col are where the signature begins, both from 1; zero for one
	// that was not read from text.
	Line, Col int
}

// String prints the signature: "compute: func(a: s32, b: s32) -> s32".
func (f Func) String() string {
	s := f.Name + ": func(" + Params(f.Params) + ")"
	switch {
	case len(f.Results) == 0:
		return s
	case f.Results[0].Name != "":
		return s + " -> (" + Params(f.Results) + ")"
	case len(f.Results) == 1:
		return s + " -> " + Params(f.Results)
	}
	return s + " -> tuple<" + Params(f.Results) + ">"
}

// Params prints parameters, without parentheses: "a: s32, b: u64".
func Params(params []Param) string {
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
