// Package module reads what a core WebAssembly binary says about itself:
// [Read] gives a [Module] with its types, imports, exports, memories and names.
// It does not validate code: the engine does. Every input, hostile ones too, costs
// time and memory in proportion to its size, within the implementation limits
// of WebAssembly's JavaScript interface; what [Module.Encode] gives costs the
// engine no more.
package module

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// Kind is what an import or export is.
type Kind byte

// The external kinds of the core specification.
const (
	Func Kind = iota
	Table
	Memory
	Global
	Tag
)

// String names the kind as the text format does.
func (k Kind) String() string {
	if k > Tag {
		return fmt.Sprintf("kind %d", byte(k))
	}
	return [...]string{"func", "table", "memory", "global", "tag"}[k]
}

// ValType is the type of a core value: the byte that stands for it. Reference
// types that name a heap type are the byte before it alone.
type ValType byte

// The value types of the core specification.
const (
	I32       ValType = 0x7f
	I64       ValType = 0x7e
	F32       ValType = 0x7d
	F64       ValType = 0x7c
	V128      ValType = 0x7b
	FuncRef   ValType = 0x70
	ExternRef ValType = 0x6f
)

// String names the type as the text format does.
func (t ValType) String() string {
	switch t {
	case I32:
		return "i32"
	case I64:
		return "i64"
	case F32:
		return "f32"
	case F64:
		return "f64"
	case V128:
		return "v128"
	case FuncRef:
		return "funcref"
	case ExternRef:
		return "externref"
	}
	return "ref"
}

// FuncType is the type of a function.
type FuncType struct{ Params, Results []ValType }

// String prints the type: "(i32, i64) -> f32".
func (t FuncType) String() string { return List(t.Params) + " -> " + results(t.Results) }

// List prints types in parentheses.
func List(ts []ValType) string {
	names := make([]string, len(ts))
	for i, t := range ts {
		names[i] = t.String()
	}
	return "(" + strings.Join(names, ", ") + ")"
}

func results(ts []ValType) string {
	if len(ts) == 1 {
		return ts[0].String()
	}
	return List(ts)
}

// Limits is the size of a memory, in pages, or of a table, in elements.
type Limits struct {
	Min, Max uint64
	HasMax   bool
	Shared   bool // between threads
	Wide     bool // indexed by 64 bits
}

// Import is one import.
type Import struct {
	Module, Name string
	Kind         Kind
	Type         uint32 // index of the type, for Func and Tag
}

// Export is one export.
type Export struct {
	Name  string
	Kind  Kind
	Index uint32 // in the index space of its kind, imports first
}

// GlobalType is the type of a global.
type GlobalType struct {
	Type    ValType
	Mutable bool
}

// Module is what Read found. Index spaces hold the imports first, as in the
// specification. It is immutable and shares the binary's bytes.
type Module struct {
	Types    []FuncType
	Imports  []Import
	Funcs    []uint32 // of each function, the index of its type
	Tables   []Limits
	Elements []ValType // of each table, what its elements are
	Memories []Limits
	Globals  []GlobalType
	Tags     []uint32 // of each tag, the index of its type
	Exports  []Export
	// Start is the index of the start function, where HasStart.
	Start    uint32
	HasStart bool
	// Proposals names, in order of discovery, what the module uses of
	// WebAssembly beyond what this runtime runs; ProposalOffsets tells where.
	Proposals       []string
	ProposalOffsets []int
	// Sections are all of the binary's sections in order, the custom ones too.
	Sections []Section

	names names
}

// Section is one section of a binary.
type Section struct {
	ID     byte
	Offset int    // of Body in the binary
	Body   []byte // without ID and length
}

// Export gives an export, nil if there is none of that name.
func (m *Module) Export(name string) *Export {
	i := slices.IndexFunc(m.Exports, func(e Export) bool { return e.Name == name })
	if i < 0 {
		return nil
	}
	return &m.Exports[i]
}

// FuncType gives the type of the function with that index; false when there is
// no such function or type, which a valid module has always.
func (m *Module) FuncType(index uint32) (FuncType, bool) {
	if uint64(index) >= uint64(len(m.Funcs)) || uint64(m.Funcs[index]) >= uint64(len(m.Types)) {
		return FuncType{}, false
	}
	return m.Types[m.Funcs[index]], true
}

// Name is the module's own name, "" where its name section gives none.
func (m *Module) Name() string { return m.names.module }

// FuncName names a function for people: by the name section, else by an
// export, else as "$" and its index.
func (m *Module) FuncName(index uint32) string {
	if name := m.names.function(index); name != "" {
		return Readable(name)
	}
	for i := range m.Exports {
		if e := &m.Exports[i]; e.Kind == Func && e.Index == index {
			return Readable(e.Name)
		}
	}
	return "$" + strconv.FormatUint(uint64(index), 10)
}

// Readable gives a name as a terminal may see it: quoted if it has characters
// that do not print, with which a guest could write over what is around it.
func Readable(name string) string {
	if strings.ContainsFunc(name, func(c rune) bool { return !unicode.IsPrint(c) }) {
		return strconv.Quote(name)
	}
	return name
}

func (m *Module) uses(proposal string, offset int) {
	if !slices.Contains(m.Proposals, proposal) {
		m.Proposals = append(m.Proposals, proposal)
		m.ProposalOffsets = append(m.ProposalOffsets, offset)
	}
}
