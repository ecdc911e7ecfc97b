package lua

import glua "github.com/yuin/gopher-lua"

// Module is what Go registers in Lua: require(Name) gives what Open made
// (SPEC section 5). One Module serves all processes of a node.
type Module struct {
	// Name is what scripts require and entries list under modules.
	Name string
	// Open builds the module's value, usually a table of functions. It is called
	// once per process, at the first require, on the process's coroutine.
	Open func(s *State) glua.LValue
	// Stub is the module's type stub for editors (LuaLS); it may be empty.
	Stub string
	// Always says that the module may be required without a grant, and is a
	// global too: process and time.
	Always bool
}
