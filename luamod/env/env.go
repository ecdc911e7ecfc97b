// Package env is the Lua module env of SPEC section 3: reading env.variable
// entries that are not secret, or that the calling process's entry was granted.
package env

import (
	_ "embed"
	"strings"

	glua "github.com/yuin/gopher-lua"

	"wippy/config"
	"wippy/lua"
	"wippy/luamod"
	"wippy/mailbox"
)

//go:embed env.lua
var stub string

// Source resolves env.variable entries; process.App is one. It is asked on the
// process's worker and must not block.
type Source interface {
	// Env resolves an entry now. The secret flag counts also beside an error.
	Env(id config.ID) (value string, secret bool, err error)
}

// Granted tells whether an entry may read a secret variable. It must not block.
type Granted func(entry, variable config.ID) bool

// Module makes the module. A nil granted grants nothing.
func Module(source Source, granted Granted) luamod.Module {
	get := func(L *glua.LState) int {
		name, ok := L.Get(1).(glua.LString)
		if !ok || name == "" {
			lua.ArgError(L, "env.get", 1, "the ID of an env.variable entry")
		}
		ctx := lua.From(L).Context()
		entry, id := config.ID(ctx.Entry()), absolute(string(name), ctx.Namespace())
		value, secret, err := source.Env(id)
		// A secret first: whether it is set is nobody's business either.
		if secret && (granted == nil || !granted(entry, id)) {
			err = mailbox.Errorf(mailbox.Denied, "%s is secret, and not granted to %s, whose env: has to list it", id, entry)
		}
		if err != nil {
			return lua.PushError(L, err)
		}
		L.Push(glua.LString(value))
		return 1
	}
	return luamod.Functions("env", stub, map[string]glua.LGFunction{"get": get})
}

// absolute completes an ID without a namespace by the caller's.
func absolute(name, namespace string) config.ID {
	if namespace == "" || strings.Contains(name, ":") {
		return config.ID(name)
	}
	return config.ID(namespace + ":" + name)
}
