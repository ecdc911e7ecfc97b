package luamod

import (
	"reflect"
	"slices"
	"strings"
	"unicode"

	glua "github.com/yuin/gopher-lua"

	"wippy/lua"
)

// snake gives the Lua spelling of a Go name: read_all of ReadAll and readAll,
// http_port of HTTPPort. End stays, since Lua could not read x.end.
func snake(name string) string {
	var b strings.Builder
	runes := []rune(name)
	for i, r := range runes {
		if !unicode.IsUpper(r) {
			b.WriteRune(r)
			continue
		}
		// A word begins behind a small letter or digit, and with the last of
		// several capitals that a small letter follows.
		inside := i > 0 && (unicode.IsLetter(runes[i-1]) || unicode.IsDigit(runes[i-1]))
		if inside && (!unicode.IsUpper(runes[i-1]) || i+1 < len(runes) && unicode.IsLower(runes[i+1])) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	if slices.Contains(keywords, b.String()) {
		return name
	}
	return b.String()
}

var keywords = []string{
	"and", "break", "do", "else", "elseif", "end", "false", "for", "function", "goto", "if",
	"in", "local", "nil", "not", "or", "repeat", "return", "then", "true", "until", "while",
}

// bySpelling finds what a Lua script may spell as Go does.
func bySpelling[T any](m map[string]T, name string) (T, bool) {
	if v, ok := m[name]; ok {
		return v, true
	}
	v, ok := m[snake(name)]
	return v, ok
}

// spellings gives the metatable of tables that Go names can be read from. A
// script may replace it by its own.
func spellings(L *glua.LState) *glua.LTable {
	type key struct{}
	return lua.From(L).Stash(key{}, func() any {
		mt := L.CreateTable(0, 1)
		mt.RawSetString("__index", L.NewFunction(func(L *glua.LState) int {
			t, isTable := L.Get(1).(*glua.LTable)
			name, isString := L.Get(2).(glua.LString)
			if !isTable || !isString {
				return 0
			}
			L.Push(t.RawGetString(snake(string(name))))
			return 1
		}))
		return mt
	}).(*glua.LTable)
}

// fieldsOf gives the exported fields of a struct type, those of embedded
// structs included, by their names in Lua.
func fieldsOf(t reflect.Type) map[string][]int {
	fields := make(map[string][]int)
	for _, f := range reflect.VisibleFields(t) {
		tag := f.Tag.Get("luar")
		if !f.IsExported() || tag == "-" || f.Anonymous && tag == "" {
			continue
		}
		name := snake(f.Name)
		if tag != "" {
			name = tag
		}
		fields[name] = f.Index
	}
	return fields
}
