package lua

import (
	glua "github.com/yuin/gopher-lua"
)

// sharedTable makes an empty table that is filled at start and then only read.
func sharedTable() *glua.LTable {
	t := &glua.LTable{Metatable: glua.LNil}
	sharedTables[t] = true
	return t
}

// sharedTables are those that all processes share; none is made after the start.
var sharedTables = map[*glua.LTable]bool{}

// fillMetatable makes mt the metatable of a built-in type. One serves all
// processes, which is safe because no script can reach it, nor the table of
// methods: __metatable answers getmetatable with the type's name, and functions
// of Go have no state. text gives tostring and, with strings, the .. operator.
func fillMetatable(mt *glua.LTable, name string, methods, operators map[string]glua.LGFunction, text func(any) string) {
	index := sharedTable()
	for method, fn := range methods {
		index.RawSetString(method, shared(fn))
	}
	for event, fn := range operators {
		mt.RawSetString(event, shared(fn))
	}
	tostring := func(L *glua.LState, lv glua.LValue) string {
		if ud, ok := lv.(*glua.LUserData); ok && ud.Metatable == glua.LValue(mt) {
			return text(ud.Value)
		}
		return L.ToStringMeta(lv).String()
	}
	mt.RawSetString("__index", index)
	mt.RawSetString("__metatable", glua.LString(name))
	mt.RawSetString("__tostring", shared(func(L *glua.LState) int {
		L.Push(glua.LString(tostring(L, L.Get(1))))
		return 1
	}))
	mt.RawSetString("__concat", shared(func(L *glua.LState) int {
		for i := 1; i <= 2; i++ {
			if _, ok := L.Get(i).(*glua.LUserData); !ok && !glua.LVCanConvToString(L.Get(i)) {
				L.RaiseError("attempt to concatenate %s", describe(L.Get(i)))
			}
		}
		L.Push(glua.LString(tostring(L, L.Get(1)) + tostring(L, L.Get(2))))
		return 1
	}))
}

// userData makes a value of a built-in type.
func userData(L *glua.LState, v any, mt *glua.LTable) glua.LValue {
	if s := From(L); s != nil {
		s.grow(userDataBytes)
	}
	return &glua.LUserData{Value: v, Metatable: mt}
}

// shared makes a function that all processes share. Its environment is nil: a
// function of Go has no use for one, and getfenv gives the globals for it.
func shared(fn glua.LGFunction) *glua.LFunction {
	return &glua.LFunction{IsG: true, GFunction: fn}
}
