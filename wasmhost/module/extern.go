package module

import "fmt"

// Extern is the type of an import or export. Which fields count depends on
// Kind.
type Extern struct {
	Kind   Kind
	Func   FuncType // of a Func or Tag
	Elem   ValType  // of a Table
	Limits Limits   // of a Table or Memory
	Global GlobalType
}

// String prints the type as the text format does, nearly: "func (i32) -> i64",
// "table 1 10 funcref".
func (e Extern) String() string {
	switch e.Kind {
	case Func, Tag:
		return e.Kind.String() + " " + e.Func.String()
	case Table:
		return "table " + e.Limits.String() + " " + e.Elem.String()
	case Memory:
		return "memory " + e.Limits.String()
	case Global:
		if e.Global.Mutable {
			return "global mut " + e.Global.Type.String()
		}
		return "global " + e.Global.Type.String()
	}
	return e.Kind.String()
}

// String prints the limits: "1", "1 10", "1 10 shared".
func (l Limits) String() string {
	s := fmt.Sprint(l.Min)
	if l.HasMax {
		s += fmt.Sprintf(" %d", l.Max)
	}
	if l.Shared {
		s += " shared"
	}
	if l.Wide {
		s = "i64 " + s
	}
	return s
}

// Extern gives the type of what an index stands for; false when there is
// nothing of that kind and index, or no such type, which a valid module has
// always.
func (m *Module) Extern(kind Kind, index uint32) (Extern, bool) {
	e, i := Extern{Kind: kind}, uint64(index)
	switch kind {
	case Func:
		t, ok := m.FuncType(index)
		e.Func = t
		return e, ok
	case Tag:
		if i >= uint64(len(m.Tags)) || uint64(m.Tags[i]) >= uint64(len(m.Types)) {
			return e, false
		}
		e.Func = m.Types[m.Tags[i]]
	case Table:
		if i >= uint64(len(m.Tables)) {
			return e, false
		}
		e.Limits, e.Elem = m.Tables[i], m.Elements[i]
	case Memory:
		if i >= uint64(len(m.Memories)) {
			return e, false
		}
		e.Limits = m.Memories[i]
	case Global:
		if i >= uint64(len(m.Globals)) {
			return e, false
		}
		e.Global = m.Globals[i]
	}
	return e, true
}
