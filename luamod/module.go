// Package luamod is the extension point of SPEC section 5: how Go gives Lua
// scripts something to require. [Module] is what a runtime registers;
// [Functions] makes one of functions written against gopher-lua, [Bind] makes
// one of any Go value or function. The packages below hold the modules that
// come with the runtime.
//
// A Go function that Lua calls runs in the process's own coroutine, on a
// worker that others wait for. What may block goes through [Await]; what may
// compute for long counts its work with a [Meter].
package luamod

import (
	"context"

	glua "github.com/yuin/gopher-lua"

	"wippy/lua"
)

// Module is a name, a function that builds what require gives, and a type stub
// for editors.
type Module = lua.Module

// Functions makes a module that is a table of functions.
func Functions(name, stub string, funcs map[string]glua.LGFunction) Module {
	return Module{
		Name: name,
		Stub: stub,
		Open: func(s *lua.State) glua.LValue { return NewTable(s.Main(), funcs) },
	}
}

// NewTable makes a table of functions, for an Open that adds more to it.
func NewTable(L *glua.LState, funcs map[string]glua.LGFunction) *glua.LTable {
	return L.SetFuncs(L.CreateTable(0, len(funcs)), funcs)
}

// Await runs f on the I/O pool and gives its error. Only the calling process
// is suspended. f's context is cancelled when the process is killed; Await then
// does not return. f must touch neither L nor any Lua value (see
// process.Suspender).
func Await(L *glua.LState, f func(context.Context) error) error {
	return lua.From(L).Context().Await(f)
}
