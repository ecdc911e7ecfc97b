// Package errors is the Lua module errors: how a script makes error values of
// its own, as those are that the runtime's functions return (SPEC section 3).
package errors

import (
	_ "embed"

	glua "github.com/yuin/gopher-lua"

	"wippy/lua"
	"wippy/luamod"
	"wippy/mailbox"
)

//go:embed errors.lua
var stub string

// Module makes the module; every script may require it, and has it as a global.
func Module() luamod.Module {
	m := luamod.Functions("errors", stub, map[string]glua.LGFunction{"new": newError, "is": isError, "keep": keep})
	m.Always = true
	return m
}

// maxKind bounds a kind, which is a word.
const maxKind = 64

// newError implements errors.new(kind, message [, options]).
func newError(L *glua.LState) int {
	const fn = "errors.new"
	kind, ok := L.Get(1).(glua.LString)
	if !ok || kind == "" || len(kind) > maxKind {
		lua.ArgError(L, fn, 1, `a kind, which is a word like "not_found"`)
	}
	message, ok := L.Get(2).(glua.LString)
	if !ok {
		lua.ArgError(L, fn, 2, "a message (string)")
	}
	err := &mailbox.Error{Kind: mailbox.ErrorKind(kind), Message: string(message), Retryable: mailbox.ErrorKind(kind) == mailbox.Unavailable}
	switch options := L.Get(3).(type) {
	case *glua.LNilType:
	case *glua.LTable:
		options.ForEach(func(k, v glua.LValue) {
			switch k {
			case glua.LString("retryable"):
				if v.Type() != glua.LTBool {
					L.RaiseError("%s: argument 3: retryable: expected a boolean, got %s", fn, luamod.Describe(v))
				}
				err.Retryable = glua.LVAsBool(v)
			case glua.LString("value"):
				value, bad := lua.ToValue(L, v)
				if bad != nil {
					L.RaiseError("%s: argument 3: value: %s", fn, bad.Error())
				}
				err.Value = value
			default:
				L.RaiseError("%s: argument 3: there is no option %s; there are retryable, value", fn, luamod.Describe(k))
			}
		})
	default:
		lua.ArgError(L, fn, 3, "a table of options")
	}
	L.Push(lua.ErrorValue(L, err))
	return 1
}

// isError implements errors.is(value [, kind]).
func isError(L *glua.LState) int {
	err := lua.ErrorOf(L.Get(1))
	is := err != nil
	if is && L.Get(2) != glua.LNil {
		kind, ok := L.Get(2).(glua.LString)
		if !ok {
			lua.ArgError(L, "errors.is", 2, "a kind (string)")
		}
		is = err.Kind == mailbox.ErrorKind(kind)
	}
	L.Push(glua.LBool(is))
	return 1
}

// keep implements errors.keep(err).
func keep(L *glua.LState) int {
	lua.From(L).KeepTrace(L, L.Get(1))
	L.SetTop(1)
	return 1
}
