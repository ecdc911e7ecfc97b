package lua

import (
	glua "github.com/yuin/gopher-lua"
)

// sharedTable makes an empty table that is filled at start and then only read.
func sharedTable() *glua.LTable { return &glua.LTable{Metatable: glua.LNil} }

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

// shared makes a function that all processes share. Its environment is nil: a
// function of Go has no use for one, and getfenv gives the globals for it.
func shared(fn glua.LGFunction) *glua.LFunction {
	return &glua.LFunction{IsG: true, GFunction: fn}
}
