package lua

import (
	"slices"
	"strings"
	"sync/atomic"

	glua "github.com/yuin/gopher-lua"

	"wippy/mailbox"
	"wippy/runtime/process"
)

// What a state holds is bounded (SPEC section 2, max_memory). The Go heap is
// the whole node's and tells nobody whose an object is, so this counts in two ways:
//
//   - Whatever creates something that may be kept adds its size to a count:
//     instructions (instructions.go), library functions, conversions. That says
//     how much more may be held than at the last measurement; garbage is in it.
//   - When that could be beyond the limit, a walk of all that the state reaches
//     measures what is really held (walk.go). Then the count starts anew, or the
//     process ends.
//
// Near the limit a walk comes for every eighth of it that is created, so a
// process may hold an eighth more than its limit before that is noticed. What is
// large by itself, an eighth and more, is refused before it is made if it does
// not fit. The sizes are a model of gopher-lua's and Go's structures: between
// 0.8 and 1.5 of what the heap says, and mostly within a tenth (TestMemoryModel).
// Not in it are Go's garbage, code that other processes share, the mailbox, and
// what modules of Go hold for a process.
//
// # Without a limit
//
// What a state holds is bounded by defaultMemory, as much as WebAssembly's
// memories may hold where nothing is said; it is measured seldom enough to cost
// nothing. No string has more than maxString bytes, no table's array more than
// 64 MiB, and a thread's stack 2 MiB.

const (
	// newStateBytes is what a state holds that has run nothing.
	newStateBytes = 8 << 10
	// defaultMemory is the limit of a process that has none.
	defaultMemory = 1<<32 - 1<<16
	// leastMemory is the limit below which no process is begun.
	leastMemory = 16 << 10
	// measureEvery is how much a process without a limit creates at least
	// between two measurements.
	measureEvery = 4 << 20
	// numberBytes is what an instruction creates that is not accounted for:
	// numbers, boxed.
	numberBytes = 8
)

// memory is what a State knows of what it holds.
type memory struct {
	limit    int64
	seldom   bool  // the limit is the default, and far
	measured int64 // at the last walk
	room     int64 // what may be created until the next walk
	began    int64 // what room began with
	building int64 // what library functions hold that are at work
	walking  bool

	now  atomic.Int64 // what Memory gives
	peak atomic.Int64
}

func (m *memory) init(limit int64) {
	m.limit, m.seldom = limit, limit <= 0
	if m.seldom {
		m.limit = defaultMemory
	}
	m.settle(newStateBytes)
}

// settle begins anew from what a walk measured.
func (m *memory) settle(measured int64) {
	m.measured = measured
	m.room = max(m.limit-measured, m.limit/8)
	if m.seldom {
		m.room = min(m.room, max(measureEvery, 4*measured))
	}
	m.began = m.room
	m.peak.Store(max(m.peak.Load(), measured))
	m.publish()
}

// publish lets other goroutines see what is held.
func (m *memory) publish() { m.now.Store(m.measured + max(m.began-m.room, 0)) }

// Memory implements process.Measured: what was measured last, and all that was
// created since, garbage included.
func (i *instance) Memory() uint64 { return uint64(i.memory.now.Load()) }

// Peak is the most that was ever measured, or Memory where that is more: short
// processes are never measured.
func (i *instance) Peak() uint64 { return uint64(max(i.memory.peak.Load(), i.memory.now.Load())) }

var _ process.Measured = (*instance)(nil)

// grow accounts for bytes that are about to be created. It unwinds a process
// that would hold more than it may.
func (s *State) grow(bytes int) {
	m := s.memory
	if m.room -= int64(bytes); m.room < 0 || int64(bytes) > m.limit/8 {
		s.press(int64(bytes))
	}
}

// Grow tells that a module is about to make so many bytes that the process may
// hold. It unwinds a process for which that is beyond its max_memory. What is
// gathered piece by piece is told to Build.
func (s *State) Grow(bytes int) { s.grow(max(bytes, 0)) }

// Build is Grow for a part of a result that Lua cannot reach before it is whole.
// The function tells the sum to Built when it is done, or gives up; it
// need not where it leaves by an error of Lua.
func (s *State) Build(bytes int) { s.build(max(bytes, 0)) }

// Built ends what Build began.
func (s *State) Built(bytes int) { s.built(bytes) }

// press measures, and ends the process if what it asks for does not fit.
func (s *State) press(bytes int64) {
	m := s.memory
	if m.walking {
		return
	}
	if m.room >= 0 && m.measured+m.began-m.room <= m.limit {
		return // large, but there is room
	}
	if bytes > m.limit {
		s.exceed(0, bytes)
	}
	m.walking = true
	held := s.walk() + m.building
	m.walking = false
	if held+bytes > m.limit {
		s.exceed(held, bytes)
	}
	m.settle(held + bytes)
}

// exceed ends the process: it holds so much and asks for more. It does not return.
func (s *State) exceed(held, bytes int64) {
	m := s.memory
	limit := m.limit
	m.room += bytes // it is not made
	m.publish()
	m.peak.Store(max(m.peak.Load(), held))
	var err *mailbox.Error
	switch {
	case bytes > limit:
		err = mailbox.Errorf(mailbox.LimitHit, "max_memory: the process asked for %d bytes at once, of %d", bytes, limit)
	case bytes >= limit/8:
		err = mailbox.Errorf(mailbox.LimitHit, "max_memory: the process holds %d bytes and asked for %d more, of %d", held, bytes, limit)
	default:
		err = mailbox.Errorf(mailbox.LimitHit, "max_memory: the process holds %d of %d bytes", held, limit)
	}
	if L := s.main.G.CurrentThread; L != nil {
		err.Trace = traceback(L)
	}
	s.end(process.Fail(err))
}

// growText accounts for a value that may be a new text: an error's message.
func (s *State) growText(v glua.LValue) {
	if text, ok := v.(glua.LString); ok {
		s.charge(len(text) / bytesPerFuel)
		s.grow(stringBytes + len(text))
	}
}

// build accounts for bytes that a library function is gathering for a result,
// where no walk sees them. The function ends with built; an error that leaves it is
// put right by whoever catches it.
func (s *State) build(bytes int) {
	s.grow(bytes)
	s.memory.building += int64(bytes)
}

// built ends what build counted.
func (s *State) built(bytes int) { s.memory.building -= int64(bytes) }

// joined is the concatenation of texts, accounted for.
func (s *State) joined(fn string, texts ...string) glua.LString {
	size := 0
	for _, text := range texts {
		size += len(text)
	}
	checkSize(s.main, fn, size)
	s.build(size)
	var b strings.Builder
	b.Grow(size)
	for _, text := range texts {
		s.append(&b, text)
	}
	s.built(size)
	return glua.LString(b.String())
}

// growArray makes room in a table's array for the key i, which is beyond its
// capacity. In a table of that length the places before i are filled, too.
func (s *State) growArray(t *vmTable, i int) {
	length := len(t.array)
	room := max(i, firstArray, length+length/4)
	if length < 256 {
		room = max(room, 2*length)
	}
	s.grow((room - cap(t.array)) * valueBytes)
	if room <= longText {
		return // the original does it
	}
	t.array = slices.Grow(t.array, room-length)
	s.charge(room / scannedPerFuel)
	for length = len(t.array); i-1-length > longText; length = len(t.array) {
		t.array = append(t.array, nils[:]...)
		s.charge(len(nils) / scannedPerFuel)
	}
}

// firstArray is the room in an array that gopher-lua begins with.
const firstArray = 32

// nils are what holes in arrays consist of.
var nils = func() (values [1 << 10]glua.LValue) {
	for i := range values {
		values[i] = glua.LNil
	}
	return values
}()
