// Package log is the Lua module log of SPEC section 3: leveled lines with
// fields, through the process's logger, so that they carry its entry and pid.
// Writing a line does not suspend.
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
			return with(L, "log.with", processLogger(L))
		},
	}
	for name, level := range levels {
		funcs[name] = func(L *glua.LState) int {
			return line(L, "log."+name, processLogger(L), level)
		}
	}
	return luamod.Functions("log", stub, funcs)
}

func processLogger(L *glua.LState) *slog.Logger { return lua.From(L).Context().Logger() }

// line writes a line: a message and, unless nil, fields.
func line(L *glua.LState, fn string, logger *slog.Logger, level slog.Level) int {
	if L.GetTop() == 0 {
		lua.ArgError(L, fn, 1, "a message")
	}
	fields := fieldsArgument(L, fn, 2)
	if logger.Enabled(context.Background(), level) {
		message := cut(L.ToStringMeta(L.Get(1)).String(), maxText)
		logger.LogAttrs(context.Background(), level, message, attributes(L, fields)...)
	}
	return 0
}

// with pushes a logger that adds fields to every line.
func with(L *glua.LState, fn string, logger *slog.Logger) int {
	fields := fieldsArgument(L, fn, 1)
	if fields == nil {
		lua.ArgError(L, fn, 1, "a table of fields")
	}
	ud := L.NewUserData()
	ud.Value = slog.New(logger.Handler().WithAttrs(attributes(L, fields)))
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

// self takes the logger of a method call off the arguments.
func self(L *glua.LState, method string) *slog.Logger {
	if ud, ok := L.Get(1).(*glua.LUserData); ok {
		if logger, ok := ud.Value.(*slog.Logger); ok {
			L.Remove(1)
			return logger
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
