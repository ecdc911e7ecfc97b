package module

import (
	"bytes"
	"fmt"
)

// The implementation limits of WebAssembly's JavaScript interface: toolchains
// stay within them, and they bound what a small file can make us allocate, and
// the engine, which believes every count that it reads. The last two are ours.
const (
	maxTypes    = 1_000_000
	maxFuncs    = 1_000_000
	maxImports  = 1_000_000
	maxExports  = 1_000_000
	maxGlobals  = 1_000_000
	maxTags     = 1_000_000
	maxTables   = 100_000
	maxMemories = 100
	maxParams   = 1_000
	maxResults  = 1_000
	maxElements = 10_000_000 // of all segments together, and of all tables to begin with
	maxSegments = 100_000
	maxLocals   = 50_000    // of a function
	maxBody     = 7_654_321 // of a function, in bytes
	maxSections = 100_000
	allLocals   = 10_000_000 // of all functions together
)

// The ids of the sections that Read looks into.
const (
	SectionCustom byte = iota
	SectionType
	SectionImport
	SectionFunction
	SectionTable
	SectionMemory
	SectionGlobal
	SectionExport
	SectionStart
	SectionElement
	SectionCode
	SectionData
	SectionDataCount
	SectionTag
)

// order gives each section's place in a binary; zero where it does not matter.
var order = [...]byte{
	SectionType: 1, SectionImport: 2, SectionFunction: 3, SectionTable: 4, SectionMemory: 5, SectionTag: 6, SectionGlobal: 7,
	SectionExport: 8, SectionStart: 9, SectionElement: 10, SectionDataCount: 11, SectionCode: 12, SectionData: 13,
}

var sectionNames = [...]string{
	"custom section", "type section", "import section", "function section", "table section", "memory section", "global section",
	"export section", "start section", "element section", "code section", "data section", "data count section", "tag section",
}

var magic = []byte("\x00asm")

// preamble is the length of magic, version and layer.
const preamble = 8

// IsComponent tells whether b begins as a component's binary does.
func IsComponent(b []byte) bool {
	return len(b) >= preamble && bytes.HasPrefix(b, magic) && b[6] == 1 && b[7] == 0
}

// Read reads a core module.
//
// # Errors
//
// An *Error when b is no core module, or is truncated or malformed as far as
// it was looked into.
func Read(b []byte) (*Module, error) {
	if err := checkPreamble(b); err != nil {
		return nil, err
	}
	m := &Module{}
	if err := m.split(b); err != nil {
		return nil, err
	}
	for _, s := range m.Sections {
		r := NewReader(s.Body, s.Offset, sectionNames[s.ID])
		m.section(s, r)
		if err := r.Err(); err != nil {
			return nil, err
		}
	}
	if err := m.checkTables(); err != nil {
		return nil, err
	}
	m.names = m.readNames()
	return m, nil
}

// checkTables bounds what instantiating takes beyond memories.
func (m *Module) checkTables() error {
	var sum uint64
	for _, t := range m.Tables {
		if sum += t.Min; t.Min > maxElements || sum > maxElements {
			return &Error{Offset: preamble, Message: fmt.Sprintf("tables of more than %d elements to begin with", maxElements)}
		}
	}
	return nil
}

func checkPreamble(b []byte) error {
	switch {
	case len(b) == 0:
		return &Error{Message: "the file is empty"}
	case !bytes.HasPrefix(b, magic[:min(len(b), len(magic))]):
		return &Error{Message: "not WebAssembly: " + looksLike(b)}
	case len(b) < preamble:
		return &Error{Offset: len(b), Message: fmt.Sprintf("truncated: the file has %d bytes, a module's header has %d", len(b), preamble)}
	case IsComponent(b):
		return &Error{Offset: 6, Message: "a component, not a core module"}
	case b[4] != 1 || b[5] != 0 || b[6] != 0 || b[7] != 0:
		return &Error{Offset: 4, Message: fmt.Sprintf("WebAssembly of an unknown version: % x; a core module has 01 00 00 00", b[4:8])}
	}
	return nil
}

// looksLike helps whoever named the wrong file.
func looksLike(b []byte) string {
	text := bytes.TrimLeft(b[:min(len(b), 64)], " \t\r\n")
	switch {
	case bytes.HasPrefix(text, []byte("(component")):
		return "it is text; turn it into a binary first (wasm-tools parse)"
	case bytes.HasPrefix(text, []byte("(")), bytes.HasPrefix(text, []byte(";;")):
		return "it is text; turn it into a binary first (wat2wasm)"
	case bytes.HasPrefix(b, []byte{0x1f, 0x8b}):
		return "it is compressed; unpack it first (gunzip)"
	}
	return fmt.Sprintf("it begins with % x, a binary begins with 00 61 73 6d", b[:min(len(b), 4)])
}

// split finds the sections, and checks their order.
func (m *Module) split(b []byte) error {
	r := NewReader(b[preamble:], preamble, "module")
	last := byte(0)
	for r.Len() > 0 {
		if len(m.Sections) == maxSections {
			r.Failf("more than %d sections", maxSections)
			break
		}
		id := r.Byte()
		if int(id) >= len(order) {
			r.Failf("unknown section %d", id)
			break
		}
		if place := order[id]; place != 0 {
			if place <= last {
				r.Failf("the %s is twice or too late", sectionNames[id])
				break
			}
			last = place
		}
		size := r.U32()
		if uint64(size) > uint64(r.Len()) {
			r.Failf("truncated: the %s needs %d bytes, %d are left", sectionNames[id], size, r.Len())
			break
		}
		at := r.Offset()
		m.Sections = append(m.Sections, Section{ID: id, Offset: at, Body: r.Bytes(uint64(size))})
	}
	return r.Err()
}

// section reads what one section says. The error is r's.
func (m *Module) section(s Section, r *Reader) {
	switch s.ID {
	case SectionCustom:
		r.Name() // the rest is anybody's
		return
	case SectionType:
		m.readTypes(r)
	case SectionImport:
		for range r.Count(maxImports, "imports") {
			m.readImport(r)
		}
	case SectionFunction:
		for range r.Count(maxFuncs, "functions") {
			m.Funcs = append(m.Funcs, r.U32())
		}
	case SectionTable:
		for range r.Count(maxTables, "tables") {
			m.readTable(r)
		}
	case SectionMemory:
		for range r.Count(maxMemories, "memories") {
			m.readMemory(r)
		}
	case SectionGlobal:
		for range r.Count(maxGlobals, "globals") {
			m.Globals = append(m.Globals, ReadGlobal(r))
			skipConstant(r)
		}
	case SectionExport:
		for range r.Count(maxExports, "exports") {
			m.Exports = append(m.Exports, Export{Name: r.Name(), Kind: ReadKind(r), Index: r.U32()})
		}
	case SectionStart:
		m.Start, m.HasStart = r.U32(), true
	case SectionTag:
		m.uses("exception handling", r.Offset())
		for range r.Count(maxTags, "tags") {
			m.Tags = append(m.Tags, readTag(r))
		}
	case SectionElement:
		checkElements(r)
	case SectionCode:
		checkCode(r)
	case SectionData:
		checkData(r)
	case SectionDataCount:
		r.U32()
	}
	if r.Len() > 0 && len(m.Proposals) == 0 {
		r.Failf("%d bytes too many", r.Len())
	}
}

func (m *Module) readTypes(r *Reader) {
	for range r.Count(maxTypes, "types") {
		if form := r.Byte(); form != 0x60 {
			if form < 0x4e || form > 0x5f {
				r.Failf("unknown form of type %#x", form)
				return
			}
			// Groups, subtypes, structures and arrays. The rest cannot be
			// understood without them, and need not be.
			m.uses("garbage collection", r.Offset())
			r.Bytes(uint64(r.Len()))
			return
		}
		m.Types = append(m.Types, ReadFuncType(r))
	}
}

func (m *Module) readImport(r *Reader) {
	i := Import{Module: r.Name(), Name: r.Name(), Kind: ReadKind(r)}
	switch i.Kind {
	case Func:
		i.Type = r.U32()
		m.Funcs = append(m.Funcs, i.Type)
	case Table:
		m.readTable(r)
	case Memory:
		m.readMemory(r)
	case Global:
		m.Globals = append(m.Globals, ReadGlobal(r))
	case Tag:
		m.uses("exception handling", r.Offset())
		i.Type = readTag(r)
		m.Tags = append(m.Tags, i.Type)
	}
	m.Imports = append(m.Imports, i)
}

func (m *Module) readTable(r *Reader) {
	if r.Len() > 0 && r.b[0] == 0x40 { // a table with an initial value
		m.uses("typed function references", r.Offset())
		r.Bytes(2)
		m.Elements = append(m.Elements, ReadValType(r))
		m.Tables = append(m.Tables, m.readLimits(r))
		skipConstant(r)
		return
	}
	m.Elements = append(m.Elements, ReadValType(r))
	m.Tables = append(m.Tables, m.readLimits(r))
}

func (m *Module) readMemory(r *Reader) {
	if len(m.Memories) == 1 {
		m.uses("multi-memory", r.Offset())
	}
	m.Memories = append(m.Memories, m.readLimits(r))
}

func (m *Module) readLimits(r *Reader) Limits {
	at := r.Offset() + 1
	l, customPages := ReadLimits(r)
	if l.Shared {
		m.uses("threads", at)
	}
	if l.Wide {
		m.uses("memory64", at)
	}
	if customPages {
		m.uses("custom page sizes", at)
	}
	return l
}

// ReadLimits reads the limits of a table or memory, and tells whether they
// count pages of another size than 64 KiB.
func ReadLimits(r *Reader) (l Limits, customPages bool) {
	flags := r.Byte()
	if flags > 15 {
		r.Failf("unknown limits flag %#x", flags)
		return Limits{}, false
	}
	l = Limits{HasMax: flags&1 != 0, Shared: flags&2 != 0, Wide: flags&4 != 0}
	l.Min = r.U64()
	if l.HasMax {
		l.Max = r.U64()
	}
	if flags&8 != 0 {
		r.U32()
	}
	return l, flags&8 != 0
}

// readTag reads a tag: what it is for, which can only be an exception, and the
// index of its type.
func readTag(r *Reader) uint32 {
	r.Byte()
	return r.U32()
}

// ReadKind reads what an import or export is.
func ReadKind(r *Reader) Kind {
	k := Kind(r.Byte())
	if k > Tag {
		r.Failf("unknown kind %d of import or export", byte(k))
		return 0
	}
	return k
}

// ReadGlobal reads the type of a global.
func ReadGlobal(r *Reader) GlobalType {
	g := GlobalType{Type: ReadValType(r)}
	switch flag := r.Byte(); flag {
	case 0:
	case 1:
		g.Mutable = true
	default:
		r.Failf("unknown global flag %d", flag)
	}
	return g
}

// ReadFuncType reads the type of a function, after the byte 0x60.
func ReadFuncType(r *Reader) FuncType {
	return FuncType{
		Params:  readValTypes(r, maxParams, "parameters"),
		Results: readValTypes(r, maxResults, "results"),
	}
}

func readValTypes(r *Reader, most int, items string) []ValType {
	n := r.Count(most, items)
	ts := make([]ValType, 0, n)
	for range n {
		ts = append(ts, ReadValType(r))
	}
	return ts
}

// ReadValType reads the type of a value.
func ReadValType(r *Reader) ValType {
	t := ValType(r.Byte())
	switch {
	case t == 0x63 || t == 0x64: // a reference to a heap type
		r.Signed(33)
	case t < 0x69 || t > 0x7f:
		r.Failf("unknown value type %#x", byte(t))
	}
	return t
}

// skipConstant reads past a constant expression.
func skipConstant(r *Reader) {
	for r.Err() == nil {
		switch op := r.Byte(); op {
		case 0x0b: // end
			return
		case 0x23, 0xd2: // global.get, ref.func
			r.U32()
		case 0x41: // i32.const
			r.Signed(32)
		case 0x42: // i64.const
			r.Signed(64)
		case 0x43: // f32.const
			r.Bytes(4)
		case 0x44: // f64.const
			r.Bytes(8)
		case 0xd0: // ref.null
			r.Signed(33)
		case 0x6a, 0x6b, 0x6c, 0x7c, 0x7d, 0x7e: // add, sub, mul
		case 0xfd: // v128.const
			if sub := r.U32(); sub != 12 {
				r.Failf("instruction 0xfd %d in a constant expression", sub)
			}
			r.Bytes(16)
		default:
			r.Failf("instruction %#x in a constant expression", op)
		}
	}
}
