package meter

import (
	"fmt"
	"strings"

	"wippy/wasmhost/module"
)

// What a function may have. The engine takes time that grows with the square
// of these, some five seconds for as many, and goes through blocks recursively: a Go stack that overflows
// ends the program. A JavaScript engine's largest function has 4,200 blocks and
// 400 loops, of which 20 are nested.
const (
	maxBlocks  = 10_000
	maxNesting = 1_000  // of loops
	maxLabels  = 50_000 // of all br_table together, five for a block
	// maxWork bounds the sum of the squares of the functions' blocks: of a
	// JavaScript engine it is a fourteenth.
	maxWork = 10 * maxBlocks * maxBlocks
)

// function is what the first pass finds out about a function of the module's own.
type function struct {
	index  uint32 // imports first
	at     int    // offset of body in the binary
	body   []byte // its locals and its code
	locals uint32 // parameters included
	slots  uint64 // what they take of a frame, in bytes
	// values is what the values take that calls and blocks give or take beyond
	// one, outgoing what the call with the most takes to pass its own, in bytes.
	values, outgoing uint64
	cost             uint64 // of running all its code once, without what it calls
	size             uint64 // of its code, in bytes, more or less
	loop             int    // its first loop among all of the module's
	call             int    // its first call in facts.calls
	calls            int    // how many
	long             bool   // it has loops or bulk instructions
	room             uint32 // how much of the stack it takes, in bytes
}

// leaf tells that f is charged to who calls it.
func (f *function) leaf() bool { return f.calls == 0 && f.cost <= leafCost }

// facts is what the first pass finds out about a module's code.
type facts struct {
	imported int // functions
	funcs    []function
	looping  bits     // of all loops, those that some branch leads back to
	calls    []uint32 // what is called: nodes of the call graph
	types    []uint32 // of each type, the first one that is the same
	taken    bits     // functions that a reference leads to
	declared bits     // functions that ref.func in code may refer to
	segments []uint64 // sizes of the data segments, in bytes
	late     bool     // there are late element segments
	tails    bool     // some function makes tail calls
	lasting  bool     // some function changes a table or drops a segment
}

// bits is a set of small numbers.
type bits []uint64

func (b bits) has(i int) bool { return i/64 < len(b) && b[i/64]>>(i%64)&1 != 0 }

func (b *bits) add(i int) {
	for i/64 >= len(*b) {
		*b = append(*b, 0)
	}
	(*b)[i/64] |= 1 << (i % 64)
}

// scanner makes the first pass.
type scanner struct {
	facts
	m       *module.Module
	loops   int   // seen so far
	nesting int   // loops that are open
	work    int   // what compiling takes, as maxWork counts it
	open    []int // of each open block, the number of the loop, or one of the next
}

// What is open and no loop.
const (
	openBlock = -1 // or the function, or an else
	openIf    = -2
)

func scan(m *module.Module) (*facts, error) {
	s := &scanner{m: m}
	s.types = sameTypes(m.Types)
	for i := range m.Imports {
		if m.Imports[i].Kind == module.Func {
			s.imported++
		}
	}
	s.segments = segmentSizes(m)
	if err := s.references(); err != nil {
		return nil, err
	}
	if err := s.bodies(); err != nil {
		return nil, err
	}
	return &s.facts, nil
}

// references finds the functions that are referred to outside of the code, and
// refuses those, and types of theirs, that are not there.
func (s *scanner) references() error {
	for i, t := range s.m.Funcs {
		if uint64(t) >= uint64(len(s.m.Types)) {
			return &module.Error{Offset: find(s.m, module.SectionType).Offset, Message: fmt.Sprintf("function %d is of the unknown type %d", i, t)}
		}
	}
	take := func(function uint32) uint32 {
		s.taken.add(int(function))
		s.declared.add(int(function))
		return function
	}
	declare := func(function uint32) uint32 {
		s.declared.add(int(function))
		return function
	}
	if _, _, err := copySection(s.m, module.SectionGlobal, take); err != nil {
		return err
	}
	_, segments, err := copySection(s.m, module.SectionElement, take)
	if err != nil {
		return err
	}
	s.late = len(segments) > 0
	_, _, err = copySection(s.m, module.SectionExport, declare)
	return err
}

// bodies scans the code section.
func (s *scanner) bodies() error {
	section := find(s.m, module.SectionCode)
	r := module.NewReader(section.Body, section.Offset, codeSection)
	n := 0
	if len(section.Body) > 0 {
		n = int(r.U32())
	}
	if want := len(s.m.Funcs) - s.imported; n != want {
		r.Failf("%d functions, but %d in the function section", n, want)
		return r.Err()
	}
	s.funcs = make([]function, n)
	for i := range s.funcs {
		f := &s.funcs[i]
		f.index = uint32(s.imported + i)
		size := r.U32()
		f.at = r.Offset()
		f.body = r.Bytes(uint64(size))
		if err := r.Err(); err != nil {
			return err
		}
		d := newDecoder(f)
		s.function(f, d)
		if err := d.Err(); err != nil {
			return inFunction(s.m, f, err)
		}
	}
	return nil
}

const codeSection = "code section"

func newDecoder(f *function) *decoder {
	return &decoder{Reader: module.NewReader(f.body, f.at, codeSection)}
}

// inFunction names the function that an error is in.
func inFunction(m *module.Module, f *function, err error) error {
	if e, ok := err.(*module.Error); ok {
		return &module.Error{Offset: e.Offset, Message: "function " + m.FuncName(f.index) + strings.TrimPrefix(e.Message, codeSection)}
	}
	return err
}

// function scans a function. The error is d's.
func (s *scanner) function(f *function, d *decoder) {
	f.loop, f.call = s.loops, len(s.calls)
	s.locals(f, d)
	s.open, s.nesting = append(s.open[:0], openBlock), 0
	blocks, labels := 0, 0
	var in instr
	for len(s.open) > 0 {
		d.next(&in)
		if d.Err() == nil {
			s.check(f, d, &in)
		}
		if d.Err() != nil {
			return
		}
		c := cost(&in)
		if f.cost += c; in.accesses() {
			c = uint64(in.size)
		}
		f.size += c
		switch in.op {
		case opBlock, opIf, opLoop:
			s.open = append(s.open, s.opened(in.op))
			if in.n >= 0 {
				t := s.m.Types[in.n]
				f.values += slots(t.Params) + slots(t.Results)
			}
			if blocks++; blocks > maxBlocks {
				d.Failf("more than %d blocks", maxBlocks)
			}
			if s.nesting > maxNesting {
				d.Failf("more than %d nested loops", maxNesting)
			}
		case opElse:
			if last := &s.open[len(s.open)-1]; *last == openIf {
				*last = openBlock
			} else {
				d.Failf("else without if")
			}
		case opEnd:
			if s.open[len(s.open)-1] >= 0 {
				s.nesting--
			}
			s.open = s.open[:len(s.open)-1]
		case opBr, opBrIf:
			s.branch(f, d, in.x)
		case opBrTable:
			if labels += len(in.labels); labels > maxLabels {
				d.Failf("more than %d labels of br_table", maxLabels)
			}
			for _, l := range in.labels {
				s.branch(f, d, l)
			}
		case opCall, opReturnCall:
			s.calls = append(s.calls, in.x)
			s.passed(f, s.m.Types[s.m.Funcs[in.x]])
		case opCallIndirect, opReturnCallIndirect:
			s.calls = append(s.calls, uint32(len(s.m.Funcs))+s.types[in.x])
			s.passed(f, s.m.Types[in.x])
		case opRefFunc:
			s.taken.add(int(in.x))
		case opMemoryGrow, opMemoryInit, opMemoryCopy, opMemoryFill, opTableInit, opTableCopy, opTableGrow, opTableFill:
			f.long = true
		}
		switch in.op {
		case opTableSet, opTableInit, opTableCopy, opTableGrow, opTableFill, opElemDrop, opDataDrop:
			s.lasting = true
		}
		s.tails = s.tails || in.op == opReturnCall || in.op == opReturnCallIndirect
		if f.values > maxValues {
			d.Failf("more than %d bytes for the values that its calls and blocks give", maxValues)
		}
	}
	if d.Len() > 0 {
		d.Failf("%d bytes after its end", d.Len())
	}
	if s.work += blocks*blocks + labels/5*labels/5; s.work > maxWork {
		d.Failf("with it, the functions have more and larger blocks than can be compiled")
	}
	f.calls = len(s.calls) - f.call
	f.room = room(f)
}

// passed notes what a call of a function of type t takes of the frame of f.
func (s *scanner) passed(f *function, t module.FuncType) {
	results := slots(t.Results)
	if len(t.Results) > 1 {
		f.values += results
	}
	if onStack(t) {
		f.outgoing = max(f.outgoing, slots(t.Params)+results)
	}
}

// locals reads the declarations of a function's locals.
func (s *scanner) locals(f *function, d *decoder) {
	t, _ := s.m.FuncType(f.index)
	locals := uint64(len(t.Params))
	f.slots = slots(t.Params)
	for range d.Count(d.Len(), "groups of locals") {
		n := uint64(d.U32()) // module.Read has bounded the sum
		locals += n
		f.slots += n * slot(module.ValType(readType(d.Reader)))
	}
	f.locals = uint32(locals)
}

// opened gives what s.open says of a block.
func (s *scanner) opened(op opcode) int {
	switch op {
	case opIf:
		return openIf
	case opLoop:
		s.loops++
		s.nesting++
		return s.loops - 1
	}
	return openBlock
}

func (s *scanner) branch(f *function, d *decoder, l uint32) {
	if uint64(l) >= uint64(len(s.open)) {
		d.Failf("unknown label %d", l)
		return
	}
	if loop := s.open[len(s.open)-1-int(l)]; loop >= 0 {
		s.looping.add(loop)
		f.long = true
	}
}

// check refuses indices that are not there. The engine would too, but not once
// our own functions, globals and locals are behind the module's.
func (s *scanner) check(f *function, d *decoder, in *instr) {
	most, what := uint64(0), ""
	switch in.op {
	case opCall, opReturnCall, opRefFunc:
		most, what = uint64(len(s.m.Funcs)), "function"
	case opCallIndirect, opReturnCallIndirect:
		most, what = uint64(len(s.m.Types)), "type"
	case opLocalGet, opLocalSet, opLocalTee:
		most, what = uint64(f.locals), "local"
	case opGlobalGet, opGlobalSet:
		most, what = uint64(len(s.m.Globals)), "global"
	case opMemoryInit:
		most, what = uint64(len(s.segments)), "data segment"
	case opBlock, opLoop, opIf:
		if in.n < 0 || in.n < int64(len(s.m.Types)) {
			return
		}
		d.Failf("unknown type %d", in.n)
		return
	default:
		return
	}
	if uint64(in.x) >= most {
		d.Failf("unknown %s %d", what, in.x)
		return
	}
	// The engine takes our export of the start function for one of the module's.
	if in.op == opRefFunc && !s.declared.has(int(in.x)) {
		d.Failf("ref.func of function %d, which neither an element segment, a global nor an export names", in.x)
	}
}

// sameTypes gives for each type the first that is the same.
func sameTypes(types []module.FuncType) []uint32 {
	first := make(map[string]uint32, len(types))
	same := make([]uint32, len(types))
	var key []byte
	for i, t := range types {
		key = key[:0]
		for _, p := range t.Params {
			key = append(key, byte(p))
		}
		key = append(key, 0)
		for _, r := range t.Results {
			key = append(key, byte(r))
		}
		if _, seen := first[string(key)]; !seen {
			first[string(key)] = uint32(i)
		}
		same[i] = first[string(key)]
	}
	return same
}

// find gives a section, an empty one where there is none.
func find(m *module.Module, id byte) module.Section {
	for _, s := range m.Sections {
		if s.ID == id {
			return s
		}
	}
	return module.Section{}
}
