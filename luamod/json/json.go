// Package json is the Lua module json of SPEC section 3: values to JSON text
// and back, with 64-bit integers exact both ways and object keys in order.
//
// What Lua's one kind of table leaves open is decided as users of cjson expect:
// a table of 1…n is an array, holes in it are null, every other table is an
// object, the empty one too. json.array marks a table as an array, as
// decode does; json.null stands for null where nil would leave no trace.
//
// # Bounds
//
// Tables nest at most mailbox.MaxDepth deep. A text, and what it decodes to,
// takes no more memory than the process's max_memory, or maxMemory if that is
// less. Long texts share the worker, and are paid for in fuel.
package json

import (
	_ "embed"
	"errors"
	"fmt"
	"strings"

	glua "github.com/yuin/gopher-lua"

	"wippy/lua"
	"wippy/luamod"
	"wippy/mailbox"
)

//go:embed json.lua
var stub string

// maxMemory bounds what one call makes, in bytes.
const maxMemory = 256 << 20

const maxIndent = 16

// Module makes the module.
func Module() luamod.Module {
	funcs := map[string]glua.LGFunction{
		"encode": encode,
		"decode": decode,
		"array":  array,
	}
	return luamod.Module{
		Name: "json",
		Stub: stub,
		Open: func(s *lua.State) glua.LValue {
			t := luamod.NewTable(s.Main(), funcs)
			t.RawSetString("null", marksOf(s.Main()).null)
			return t
		},
	}
}

// marks are a process's values that say what nil and tables cannot.
type marks struct {
	null  *glua.LUserData
	array *glua.LTable // the metatable of arrays
}

func marksOf(L *glua.LState) *marks {
	return lua.From(L).Stash(marks{}, func() any {
		null := L.NewUserData()
		null.Metatable = lua.From(L).Metatable("json.null", func(mt *glua.LTable) {
			mt.RawSetString("__tostring", L.NewFunction(func(L *glua.LState) int {
				L.Push(glua.LString("null"))
				return 1
			}))
		})
		return &marks{null: null, array: L.NewTable()}
	}).(*marks)
}

// array is json.array([t]).
func array(L *glua.LState) int {
	m := marksOf(L)
	if L.GetTop() == 0 {
		L.Push(L.NewTable())
	}
	t, ok := L.Get(1).(*glua.LTable)
	if !ok || t.Metatable != glua.LNil && t.Metatable != glua.LValue(m.array) {
		lua.ArgError(L, "json.array", 1, "a table without a metatable")
	}
	t.Metatable = m.array
	L.Push(t)
	return 1
}

// encode is json.encode(value [, options]).
func encode(L *glua.LState) int {
	if L.GetTop() == 0 {
		lua.ArgError(L, "json.encode", 1, "a value")
	}
	e := &encoder{
		marks:  marksOf(L),
		meter:  luamod.NewMeter(L),
		L:      L,
		indent: indentOption(L),
		room:   room(L),
	}
	if err := e.value(L.Get(1)); err != nil {
		return lua.PushError(L, located("json.encode", err))
	}
	lua.From(L).Grow(len(e.out))
	L.Push(glua.LString(e.out))
	return 1
}

// indentOption reads {indent = n} or {indent = "\t"}.
func indentOption(L *glua.LState) (indent string) {
	if L.Get(2) == glua.LNil {
		return ""
	}
	options, ok := L.Get(2).(*glua.LTable)
	if !ok {
		lua.ArgError(L, "json.encode", 2, "a table of options")
	}
	for k, v := options.Next(glua.LNil); k != glua.LNil; k, v = options.Next(k) {
		if k != glua.LString("indent") {
			L.RaiseError("json.encode: unknown option %s; known here: indent", k.String())
		}
		if indent, ok = indentOf(v); !ok {
			L.RaiseError("json.encode: option indent: expected 0 to %d spaces, or blanks in a string, got %s", maxIndent, v.String())
		}
	}
	return indent
}

func indentOf(lv glua.LValue) (indent string, ok bool) {
	switch lv := lv.(type) {
	case glua.LNumber:
		if lv >= 0 && lv <= maxIndent && lv == glua.LNumber(int(lv)) {
			return strings.Repeat(" ", int(lv)), true
		}
	case glua.LString:
		return string(lv), len(lv) <= maxIndent && strings.Trim(string(lv), " \t") == ""
	}
	return "", false
}

// decode is json.decode(s).
func decode(L *glua.LState) int {
	s, ok := L.Get(1).(glua.LString)
	if !ok {
		lua.ArgError(L, "json.decode", 1, "a string")
	}
	d := &decoder{
		marks: marksOf(L),
		meter: luamod.NewMeter(L),
		L:     L,
		text:  string(s),
		room:  room(L),
	}
	all := d.room
	v, err := d.document()
	lua.From(L).Built(all - d.room)
	if err != nil {
		return lua.PushError(L, located("json.decode", err))
	}
	L.Push(v)
	return 1
}

// room is how much memory a call may take.
func room(L *glua.LState) int {
	if limit := lua.From(L).Context().Limits().MaxMemory; limit > 0 {
		return int(min(limit, maxMemory))
	}
	return maxMemory
}

// located puts the function's name before an error.
func located(fn string, err error) error {
	kind := mailbox.Invalid
	if e, ok := errors.AsType[*mailbox.Error](err); ok {
		kind = e.Kind
	}
	return mailbox.Errorf(kind, "%s: %w", fn, err)
}

func tooDeep() error {
	return fmt.Errorf("nested deeper than %d levels", mailbox.MaxDepth)
}

func tooLarge() error {
	return mailbox.Errorf(mailbox.LimitHit, "it takes more memory than max_memory, or %d bytes", maxMemory)
}
