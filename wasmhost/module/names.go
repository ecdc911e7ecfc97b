package module

import (
	"bytes"
	"iter"
)

// names is what the name section gives. Function names are looked up, not
// decoded: few are ever asked for. They outlive the binary.
type names struct {
	module string
	count  uint32 // of functions
	pairs  []byte // index and name of each, as in the binary, by ascending index
}

// The subsections of the name section that matter here.
const (
	subsectionModule byte = iota
	subsectionFunctions
)

// readNames reads the name section. Like every custom section it is advice:
// what is wrong with it is as good as not there, and of several the last counts.
func (m *Module) readNames() names {
	var n names
	for _, s := range m.Sections {
		r := NewReader(s.Body, s.Offset, "name section")
		if s.ID != SectionCustom || r.Name() != "name" {
			continue
		}
		for r.Len() > 0 {
			id, size := r.Byte(), r.U32()
			sub := NewReader(r.Bytes(uint64(size)), 0, "names")
			switch id {
			case subsectionModule:
				n.module = sub.Name()
			case subsectionFunctions:
				n.readFunctions(sub, len(m.Funcs))
			}
		}
	}
	return n
}

// readFunctions keeps the names up to the first that is wrong.
func (n *names) readFunctions(r *Reader, functions int) {
	var good int
	claimed := r.U32()
	body, least := r.b, uint64(0)
	n.count = 0
	for n.count < claimed {
		index := r.U32()
		r.Name()
		if r.Err() != nil || uint64(index) < least || uint64(index) >= uint64(functions) {
			break
		}
		n.count++
		least = uint64(index) + 1
		good = len(body) - r.Len()
	}
	n.pairs = bytes.Clone(body[:good])
}

// function gives a function's name, "" if it has none.
func (n *names) function(index uint32) string {
	r := NewReader(n.pairs, 0, "names")
	for range n.count {
		if i, name := r.U32(), r.Name(); i == index {
			return name
		}
	}
	return ""
}

// Encode gives a binary of the same meaning, of nothing but what Read has
// looked through: the sections but for the custom ones, and the names. The
// engine allocates by what a binary claims; it can be given this one. It needs
// Sections.
func (m *Module) Encode() []byte {
	size := preamble + len(m.names.module) + len(m.names.pairs) + 64
	for _, s := range m.Sections {
		size += len(s.Body) + 8
	}
	b := append(make([]byte, 0, size), Preamble()...)
	for _, s := range m.Sections {
		if s.ID != SectionCustom {
			b = AppendSection(b, s.ID, s.Body)
		}
	}
	return AppendNames(b, m.names.module, m.names.count, m.names.pairs)
}

// AppendNames appends a name section: the module's name, and of count functions
// index and name, encoded in pairs by ascending index.
func AppendNames(b []byte, module string, count uint32, pairs []byte) []byte {
	body := AppendName(nil, "name")
	body = AppendSection(body, subsectionModule, AppendName(nil, module))
	body = AppendSection(body, subsectionFunctions, append(AppendU32(nil, count), pairs...))
	return AppendSection(b, SectionCustom, body)
}

// FuncNames gives the functions that the name section names, by ascending index.
func (m *Module) FuncNames() iter.Seq2[uint32, string] {
	return func(yield func(uint32, string) bool) {
		r := NewReader(m.names.pairs, 0, "names")
		for range m.names.count {
			if !yield(r.U32(), r.Name()) {
				return
			}
		}
	}
}
