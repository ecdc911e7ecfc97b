// Package log is the Lua module log of SPEC section 3: leveled lines with
// fields, through the process's logger, so that they carry its entry, pid and
// group. The fields stand in a group of their own, so that none is ever taken for
// one of those, or for the level or the time. Writing a line does not suspend.
package log

import (
	"context"
	_ "embed"
	"log/slog"

	glua "github.com/yuin/gopher-lua"

	"wippy/lua"
	"wippy/luamod"
)

//go:embed log.lua
var stub string

var levels = map[string]slog.Level{
	"debug": slog.LevelDebug,
	"info":  slog.LevelInfo,
	"warn":  slog.LevelWarn,
	"error": slog.LevelError,
}

// Module makes the module.
func Module() luamod.Module {
	funcs := map[string]glua.LGFunction{
		"with": func(L *glua.LState) int {
			return with(L, "log.with", nil)
		},
	}
	for name, level := range levels {
		funcs[name] = func(L *glua.LState) int {
			return line(L, "log."+name, nil, level)
		}
	}
	return luamod.Functions("log", stub, funcs)
}

// fieldsKey is the group that the script's fields stand in.
const fieldsKey = "fields"

// logger is what log.with gives: fields for every line, sorted by name.
type logger struct{ fields []slog.Attr }

// line writes a line: a message and, unless nil, fields, beside those of a logger.
func line(L *glua.LState, fn string, always []slog.Attr, level slog.Level) int {
	if L.GetTop() == 0 {
		lua.ArgError(L, fn, 1, "a message")
	}
	fields := fieldsArgument(L, fn, 2)
	if out := lua.From(L).Context().Logger(); out.Enabled(context.Background(), level) {
		message := cut(L.ToStringMeta(L.Get(1)).String(), maxText)
		out.LogAttrs(context.Background(), level, message,
			slog.Attr{Key: fieldsKey, Value: slog.GroupValue(merged(always, attributes(L, fields))...)})
	}
	return 0
}

// with pushes a logger that adds fields to every line.
func with(L *glua.LState, fn string, always []slog.Attr) int {
	fields := fieldsArgument(L, fn, 1)
	if fields == nil {
		lua.ArgError(L, fn, 1, "a table of fields")
	}
	ud := L.NewUserData()
	ud.Value = &logger{fields: merged(always, attributes(L, fields))}
	ud.Metatable = lua.From(L).Metatable("logger", func(mt *glua.LTable) {
		methods := map[string]glua.LGFunction{
			"with": func(L *glua.LState) int {
				return with(L, "logger:with", self(L, "with"))
			},
		}
		for name, level := range levels {
			methods[name] = func(L *glua.LState) int {
				return line(L, "logger:"+name, self(L, name), level)
			}
		}
		mt.RawSetString("__index", luamod.NewTable(L, methods))
	})
	L.Push(ud)
	return 1
}

// self takes the logger of a method call off the arguments, and gives its fields.
func self(L *glua.LState, method string) []slog.Attr {
	if ud, ok := L.Get(1).(*glua.LUserData); ok {
		if l, ok := ud.Value.(*logger); ok {
			L.Remove(1)
			return l.fields
		}
	}
	lua.ArgError(L, "logger:"+method, 1, "a logger: call it with a colon")
	return nil
}

func fieldsArgument(L *glua.LState, fn string, n int) *glua.LTable {
	if L.Get(n) == glua.LNil {
		return nil
	}
	fields, ok := L.Get(n).(*glua.LTable)
	if !ok {
		lua.ArgError(L, fn, n, "a table of fields")
	}
	return fields
}
