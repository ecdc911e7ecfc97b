package lua

import (
	"maps"
	"slices"

	glua "github.com/yuin/gopher-lua"
)

// Opening every library costs a state 50 KB and 60 µs, and most scripts use a
// few functions. So the table of globals starts empty, with a metatable that
// puts a global in its place when it is first read. Scripts cannot tell: what
// could show the difference opens all globals first.

// globals is the state of one process's table of globals.
type globals struct {
	table   *glua.LTable
	opened  []uint64     // a bit for each of the engine's globalNames
	strings *glua.LTable // the string library, once it is open
}

// globalNames is what every process of an engine finds as globals, sorted.
type globalNames struct {
	names  []string
	makers []func(s *State) glua.LValue
	index  map[string]int
}

func newGlobalNames(e *Engine) *globalNames {
	makers := map[string]func(s *State) glua.LValue{
		"_G":       func(s *State) glua.LValue { return s.globals.table },
		"_VERSION": func(*State) glua.LValue { return glua.LString(glua.LuaVersion) },
		"arg":      (*State).argTable,
		"string":   func(s *State) glua.LValue { return s.stringLibrary() },
	}
	for name, fn := range baseFunctions {
		makers[name] = func(*State) glua.LValue { return fn }
	}
	for name, lib := range libraries {
		if makers[name] == nil {
			makers[name] = func(s *State) glua.LValue { return lib.open(s.main) }
		}
	}
	for name, m := range e.modules {
		if m.Always {
			makers[name] = func(s *State) glua.LValue { return s.openModule(m) }
		}
	}
	g := &globalNames{names: sortedKeys(makers), index: make(map[string]int, len(makers))}
	for i, name := range g.names {
		g.index[name] = i
		g.makers = append(g.makers, makers[name])
	}
	return g
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// globalsMeta is the metatable of a table of globals that is not all open. All
// processes share it: no script can reach it.
var globalsMeta = func() *glua.LTable {
	mt := sharedTable()
	mt.RawSetString("__index", shared(func(L *glua.LState) int {
		L.Push(From(L).openGlobal(L.Get(2)))
		return 1
	}))
	// An assigned name is no longer the library's, not even when it is set to nil.
	mt.RawSetString("__newindex", shared(func(L *glua.LState) int {
		s := From(L)
		s.takeGlobal(L.Get(2))
		L.RawSet(s.globals.table, L.Get(2), L.Get(3))
		return 0
	}))
	return mt
}()

// stringMeta is the metatable of strings until the string library is open.
var stringMeta = func() *glua.LTable {
	mt := sharedTable()
	mt.RawSetString("__index", shared(func(L *glua.LState) int {
		L.Push(L.GetTable(From(L).stringLibrary(), L.Get(2)))
		return 1
	}))
	return mt
}()

func (s *State) initGlobals() {
	L := s.main
	t := L.CreateTable(0, 1) // without a hint, the first global makes room for 32
	t.Metatable = globalsMeta
	// gopher-lua has made tables of its own, with 6 KB of room in them.
	L.G.Global, L.G.Registry, L.Env = t, L.CreateTable(0, 0), t
	L.SetMetatable(glua.LString(""), stringMeta)
	s.globals = globals{table: t, opened: make([]uint64, (len(s.program.engine.globals.names)+63)/64)}
}

// takeGlobal marks a global as opened or assigned, and gives its maker if it
// was neither.
func (s *State) takeGlobal(key glua.LValue) func(*State) glua.LValue {
	name, ok := key.(glua.LString)
	if !ok {
		return nil
	}
	known := s.program.engine.globals
	i, ok := known.index[string(name)]
	if !ok || s.globals.opened[i/64]&(1<<(i%64)) != 0 {
		return nil
	}
	s.globals.opened[i/64] |= 1 << (i % 64)
	return known.makers[i]
}

func (s *State) openGlobal(key glua.LValue) glua.LValue {
	maker := s.takeGlobal(key)
	if maker == nil {
		return glua.LNil
	}
	v := maker(s)
	s.globals.table.RawSet(key, v)
	return v
}

// openGlobals makes the table of globals an ordinary table.
func (s *State) openGlobals() {
	if s.globals.table.Metatable != glua.LValue(globalsMeta) {
		return
	}
	for _, name := range s.program.engine.globals.names {
		s.openGlobal(glua.LString(name))
	}
	s.globals.table.Metatable = glua.LNil
}

// openIfGlobals is called with every table that a script is about to look at
// without metamethods.
func openIfGlobals(L *glua.LState, lv glua.LValue) {
	if t, ok := lv.(*glua.LTable); ok && t.Metatable == glua.LValue(globalsMeta) {
		From(L).openGlobals()
	}
}

// stringLibrary opens the string library, which gives strings their methods.
func (s *State) stringLibrary() *glua.LTable {
	if s.globals.strings == nil {
		s.globals.strings = libraries["string"].open(s.main)
		mt := s.main.CreateTable(0, 1)
		mt.RawSetString("__index", s.globals.strings)
		s.main.SetMetatable(glua.LString(""), mt)
	}
	return s.globals.strings
}

// argTable makes the global arg: the arguments, and the script's name at 0.
func (s *State) argTable() glua.LValue {
	t := s.main.CreateTable(len(s.args), 1)
	for i, v := range s.args {
		t.RawSetInt(i+1, FromValue(s.main, v))
	}
	t.RawSet(glua.LNumber(0), glua.LString(s.program.main.name))
	return t
}
