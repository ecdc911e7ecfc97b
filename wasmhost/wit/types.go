// Package wit holds the types of the WebAssembly Interface Types language:
// [Type] and [Func] are what a component's binary decodes to, what the
// canonical ABI lifts and lowers by, and what [Parse] reads from the text of a
// process.wasm entry's `wit` field (SPEC section 2, process.wasm). [World] is
// printed as the text of WIT; [ParseWord] reads a value of a type from the
// command line (SPEC section 4), and [FormatValue] prints one.
package wit

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

// maxShown is of how many parts a type is shown in a message; what is more is
// shortened to "…".
const maxShown = 1000

// String prints the type for messages: one that has a name by its name,
// keywords not escaped.
func (t *Type) String() string { return (&scope{plain: true, left: maxShown}).typ(t) }

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

// Result is what comes back as one type, as the canonical ABI has it: nil for
// nothing, the type of one result, a tuple of several.
func (f *Func) Result() *Type {
	switch len(f.Results) {
	case 0:
		return nil
	case 1:
		return f.Results[0].Type
	}
	t := &Type{Kind: Tuple, Fields: make([]Field, len(f.Results))}
	for i, r := range f.Results {
		t.Fields[i].Type = r.Type
	}
	return t
}

// String prints the signature for messages: "compute: func(a: s32, b: s32) -> s32".
func (f Func) String() string {
	return f.Name + ": " + (&scope{plain: true, left: maxShown}).function(&f)
}

// Params prints parameters for messages, without parentheses: "a: s32, b: u64".
func Params(params []Param) string { return (&scope{plain: true, left: maxShown}).params(params) }
