package lua

import (
	"math/bits"
	"unsafe"

	glua "github.com/yuin/gopher-lua"

	"wippy/mailbox"
)

// What things take, in bytes of the Go heap on 64-bit machines.
const (
	wordBytes     = 8
	valueBytes    = 16 // a place for a value
	stringBytes   = 16 // a string without its text
	tableBytes    = 96
	functionBytes = 64
	upvalueBytes  = 48
	userDataBytes = 80 // with what it holds
	segmentBytes  = 704
	threadBytes   = 320 + 352 // with its allocator of numbers
	protoBytes    = 320
	stateBytes    = int64(unsafe.Sizeof(State{})+unsafe.Sizeof(instance{})) + threadBytes + 512 // with its tables for globals and modules
	// newThreadBytes is a thread with a stack of frames and registers.
	newThreadBytes = threadBytes + frames + segmentBytes + firstRegisters*valueBytes
	blockBytes     = 256 // a block of boxed numbers; any of them keeps it

	mapHeader     = 48
	mapTableBytes = 32
	smallMap      = 8       // entries that a map holds before it has tables
	stringSlot    = 16 + 16 // of a table's strings
	valueSlot     = 16 + 16 // of its other keys
	indexSlot     = 16 + 8  // of its index of keys

	// keyBytes is what a new key takes: its place among the strings or others,
	// in the index, in the list, and itself, boxed. firstKeyBytes is what the
	// maps take before.
	keyBytes      = 2*(stringSlot+indexSlot) + 2*valueBytes + 2*stringBytes
	firstKeyBytes = 2*mapHeader + 64*(stringSlot+1) + 8*indexSlot
)

// mapBytes is what a map of Go takes.
func mapBytes[K comparable, V any](m map[K]V, slot int) int64 {
	if m == nil {
		return 0
	}
	if mapsAreKnown {
		return (*(**goMap)(unsafe.Pointer(&m))).bytes(slot)
	}
	return mapHeader + groupBytes(mapSlots(len(m)), slot)
}

// groupBytes is what so many places of a map take. They come in groups of
// eight, with a word of their own, and what Go's allocator adds to large ones.
func groupBytes(slots, slot int) int64 {
	n := slots / smallMap * (wordBytes + smallMap*slot)
	if n > 32<<10 {
		return int64(n+8<<10-1) &^ (8<<10 - 1)
	}
	return int64(n + n/24)
}

// mapSlots is how many entries a map has places for that is made for n of them.
func mapSlots(n int) int { return max(smallMap, 1<<bits.Len(uint(n*8/7))) }

// goMap is the beginning of Go's own maps: enough to tell how much room one has,
// which no entry that is removed gives back.
type goMap struct {
	used   uint64
	_      uintptr      // the seed of its hash
	tables **goMapTable // the first of length; a small map has none
	length int          // of tables, some of which are the same
}

type goMapTable struct{ _, slots uint16 } // the first is how many are used

func (m *goMap) bytes(slot int) int64 {
	n := int64(mapHeader)
	if m.length == 0 {
		return n + groupBytes(smallMap, slot)
	}
	var last *goMapTable
	for _, t := range m.all() {
		n += wordBytes
		if t != last { // those that are the same are neighbours
			n += mapTableBytes + groupBytes(int(t.slots), slot)
			last = t
		}
	}
	return n
}

func (m *goMap) all() []*goMapTable { return unsafe.Slice(m.tables, m.length) }

// mapsAreKnown tells whether maps are as goMap says.
var mapsAreKnown = func() bool {
	for _, c := range []struct{ hint, tables, slots int }{{8, 0, 0}, {64, 1, 128}, {4096, 8, 1024}} {
		m := make(map[string]int, c.hint)
		m["a"] = 1
		p := *(**goMap)(unsafe.Pointer(&m))
		if p.used != 1 || p.length != c.tables || c.tables > 0 && int(p.all()[c.tables-1].slots) != c.slots {
			return false
		}
	}
	return true
}()

// walkedPerFuel is what a unit of fuel buys of a walk, in values.
const walkedPerFuel = 2

// walker measures what a state holds. It keeps no Go stack of its own: a list of
// a million tables is as flat as a table of them. Between its steps others
// run, but not the state, so nothing changes under it.
type walker struct {
	s      *State
	bytes  int64
	most   int64 // beyond which there is no use in going on; 0 for no limit
	seen   places
	todo   []glua.LValue
	last   uintptr      // the block of the last number
	recent [256]uintptr // boxes of strings
	steps  int
}

// walk gives what the state holds, in bytes; of one that is beyond its limit,
// more than that.
func (s *State) walk() int64 {
	w := walker{s: s, bytes: stateBytes, most: s.memory.limit + s.memory.limit/4}
	global := globalOf(s.main.G)
	w.value(global.Registry)
	w.value(global.Global)
	w.value(s.main)
	w.value(global.CurrentThread)
	for _, mt := range global.builtinMts {
		w.metatable(mt)
	}
	if s.globals.strings != nil {
		w.value(s.globals.strings)
	}
	for _, v := range s.loaded {
		w.value(v)
	}
	for _, kept := range s.stash {
		if v, ok := kept.(glua.LValue); ok {
			w.value(v)
		}
	}
	if s.kept.object != nil {
		w.value(s.kept.object)
	}
	for _, v := range s.args {
		w.sent(v)
	}
	for len(w.todo) > 0 && !w.enough() {
		v := w.todo[len(w.todo)-1]
		w.todo = w.todo[:len(w.todo)-1]
		switch v := v.(type) {
		case *glua.LTable:
			w.table(tableOf(v))
		case *glua.LFunction:
			w.function(v)
		case *glua.LState:
			w.thread(v)
		case *glua.LUserData:
			w.userData(v)
		}
	}
	s.charge(w.steps / walkedPerFuel)
	return w.bytes
}

func (w *walker) enough() bool { return w.most > 0 && w.bytes > w.most }

// step counts work, and lets others run.
func (w *walker) step() {
	const piece = 1024
	if w.steps++; w.steps >= piece {
		w.steps = 0
		w.s.charge(piece / walkedPerFuel)
	}
}

// value counts what a value refers to, once.
func (w *walker) value(v glua.LValue) {
	switch x := v.(type) {
	case nil, *glua.LNilType, glua.LBool:
	case glua.LNumber:
		if x < 0 || x >= preloaded || x != glua.LNumber(int(x)) {
			w.number(dataOf(v))
		}
	case glua.LString:
		// A constant of the code is boxed once, and may stand in many places.
		box := dataOf(v)
		if recent := &w.recent[box/stringBytes%uintptr(len(w.recent))]; *recent != box {
			*recent = box
			w.text(string(x))
		}
	default: // what is a pointer
		if w.first(dataOf(v)) {
			w.todo = append(w.todo, v)
		}
	}
}

// dataOf is the address that an interface holds.
func dataOf(v glua.LValue) uintptr {
	return (*[2]uintptr)(unsafe.Pointer(&v))[1]
}

func (w *walker) first(address uintptr) bool { return address != 0 && w.seen.add(address) }

// number counts the block that a number was boxed in. Numbers that are made one
// after the other share one.
func (w *walker) number(address uintptr) {
	block := address &^ (blockBytes - 1)
	if block == w.last {
		return
	}
	w.last = block
	if w.seen.add(block | 1) {
		w.bytes += blockBytes
	}
}

// preloaded is how many whole numbers are boxed once for all states.
const preloaded = 128

func (w *walker) text(s string) {
	w.bytes += stringBytes
	if len(s) <= 1 {
		return
	}
	if len(s) < 64 || w.first(uintptr(unsafe.Pointer(unsafe.StringData(s)))) {
		w.bytes += int64(len(s)+7) &^ 7
	}
}

func (w *walker) table(t *vmTable) {
	w.bytes += tableBytes + int64(cap(t.array)+cap(t.keys))*valueBytes
	w.metatable(t.Metatable)
	for _, v := range t.array {
		w.value(v)
		w.step()
	}
	w.bytes += mapBytes(t.strdict, stringSlot) + mapBytes(t.dict, valueSlot) + mapBytes(t.k2i, indexSlot)
	for _, k := range t.keys { // those, too, that were set to nil
		w.value(k)
		if _, ok := k.(glua.LString); ok {
			w.bytes += stringBytes // boxed once more for the index
		}
		w.step()
	}
	for _, v := range t.strdict {
		w.value(v)
		w.step()
	}
	for _, v := range t.dict {
		w.value(v)
		w.step()
	}
}

// metatable counts a metatable that is the process's own.
func (w *walker) metatable(mt glua.LValue) {
	if t, ok := mt.(*glua.LTable); ok && !sharedTables[t] {
		w.value(mt)
	}
}

func (w *walker) function(f *glua.LFunction) {
	if f.IsG && f.Upvalues == nil && (f.Env == nil || f.Env == stockEnv) {
		return // all processes share it
	}
	w.bytes += functionBytes + int64(cap(f.Upvalues))*wordBytes
	w.step()
	if f.Env != nil {
		w.value(f.Env)
	}
	if f.Proto != nil {
		w.proto(f.Proto)
	}
	for _, u := range f.Upvalues {
		w.upvalue(upvalueOf(u))
	}
}

// upvalue counts an upvalue and those that it keeps: gopher-lua leaves in each
// what was the next one of its thread.
func (w *walker) upvalue(u *vmUpvalue) {
	for u != nil && w.first(uintptr(unsafe.Pointer(u))) {
		w.bytes += upvalueBytes
		w.value(u.value)
		if u.reg != nil && !u.closed {
			w.registry(u.reg)
		}
		u = u.next
		w.step()
	}
}

func (w *walker) registry(r *vmRegistry) {
	if !w.first(uintptr(unsafe.Pointer(r))) {
		return
	}
	w.bytes += int64(cap(r.array)) * valueBytes
	for _, v := range r.array {
		w.value(v)
		w.step()
	}
}

func (w *walker) thread(L *glua.LState) {
	th := threadOf(L)
	w.step()
	if L != w.s.main {
		w.bytes += threadBytes
	}
	if th.reg != nil {
		w.registry(th.reg)
	}
	if st := th.stack.stack; st != nil { // it is gone once a state is closed
		w.bytes += int64(cap(st.segments))*wordBytes + int64(st.segIdx+1)*segmentBytes
	}
	for f := th.currentFrame; f != nil; f = f.Parent {
		if f.Fn != nil {
			w.value(f.Fn)
		}
		w.step()
	}
	if th.Env != nil {
		w.value(th.Env)
	}
	if th.Parent != nil {
		w.value(th.Parent)
	}
}

func (w *walker) userData(u *glua.LUserData) {
	w.bytes += userDataBytes
	w.step()
	if u.Env != nil {
		w.value(u.Env)
	}
	w.metatable(u.Metatable)
	switch v := u.Value.(type) {
	case *mailbox.Error:
		if w.first(uintptr(unsafe.Pointer(v))) {
			w.text(v.Message)
			w.sent(v.Value)
		}
	case held:
		v(w)
	}
}

// held counts what a function of Go holds that no walk sees.
type held func(w *walker)

// holding gives the upvalues of a function of Go that holds more than these.
func holding(more held) []*glua.Upvalue {
	u := &glua.Upvalue{}
	u.Close()
	u.SetValue(&glua.LUserData{Value: more})
	return []*glua.Upvalue{u}
}

// sent counts what came from another process.
func (w *walker) sent(v mailbox.Value) {
	values := []mailbox.Value{v}
	for len(values) > 0 && !w.enough() {
		v := values[len(values)-1]
		values = values[:len(values)-1]
		w.bytes += mailboxBytes
		w.step()
		switch v.Kind() {
		case mailbox.KindString:
			w.text(v.Str())
		case mailbox.KindTable:
			t := v.Table()
			if !w.first(uintptr(unsafe.Pointer(t))) {
				break
			}
			values = append(values, t.List...)
			for _, p := range t.Pairs {
				values = append(values, p.Key, p.Value)
			}
		}
	}
}

// mailboxBytes is what a value takes that was sent, without what it refers to.
const mailboxBytes = int64(unsafe.Sizeof(mailbox.Value{}))

// proto counts code that this process compiled, by load. What units hold is
// shared by all that run them.
func (w *walker) proto(p *glua.FunctionProto) {
	if !w.first(uintptr(unsafe.Pointer(p))) {
		return
	}
	if u := w.s.unitNamed(p.SourceName); u != nil && u.owns(p) {
		return
	}
	w.bytes += codeBytes(p)
	for _, k := range p.Constants {
		w.value(k)
	}
	for _, inner := range p.FunctionPrototypes {
		w.proto(inner) // as deep as a source is nested at most
	}
	w.step()
}

// codeBytes is what a function's code takes, without the functions in it.
func codeBytes(p *glua.FunctionProto) int64 {
	const localBytes, callBytes = 48, 24
	return protoBytes + int64(cap(p.Code))*4 + int64(cap(p.Constants))*2*valueBytes + int64(cap(p.DbgSourcePositions)+cap(p.FunctionPrototypes))*wordBytes +
		int64(cap(p.DbgLocals))*localBytes + int64(cap(p.DbgCalls))*callBytes + int64(cap(p.DbgUpvalues))*stringBytes
}

// places is a set of addresses. It consists of many tables that grow one at a time, so that no
// step takes long.
type places struct {
	tables [64]placeTable
}

type placeTable struct {
	slots []uintptr
	used  int
}

// add tells whether an address was not there.
func (p *places) add(address uintptr) bool {
	hash := uint64(address) * 0x9e3779b97f4a7c15
	t := &p.tables[hash>>58]
	if t.used*4 >= len(t.slots)*3 {
		t.grow()
	}
	mask := uint64(len(t.slots) - 1)
	for i := hash >> 20; ; i++ {
		switch slot := &t.slots[i&mask]; *slot {
		case address:
			return false
		case 0:
			*slot = address
			t.used++
			return true
		}
	}
}

func (t *placeTable) grow() {
	old := t.slots
	t.slots = make([]uintptr, max(8, 2*len(old)))
	mask := uint64(len(t.slots) - 1)
	for _, address := range old {
		if address == 0 {
			continue
		}
		i := uint64(address) * 0x9e3779b97f4a7c15 >> 20
		for t.slots[i&mask] != 0 {
			i++
		}
		t.slots[i&mask] = address
	}
}
