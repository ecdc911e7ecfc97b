package luamod

import (
	"fmt"
	"reflect"
	"strings"
)

// writeStub writes the LuaLS type stub of a bound value.
func writeStub(name string, root part) string {
	s := &stub{}
	fmt.Fprintf(&s.text, "---@meta %s\n", name)
	local := snake(strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			return r
		}
		return '_'
	}, name))
	s.part("local ", local, root)
	fmt.Fprintf(&s.text, "\nreturn %s\n", local)
	return s.text.String()
}

type stub struct{ text strings.Builder }

// part declares a part under a name, with what stands before it.
func (s *stub) part(prefix, name string, p part) {
	s.text.WriteByte('\n')
	switch p := p.(type) {
	case namespace:
		if prefix != "" {
			fmt.Fprintf(&s.text, "---@class %s\n", name)
		}
		fmt.Fprintf(&s.text, "%s%s = {}\n", prefix, name)
		for _, m := range p {
			s.part("", name+"."+m.name, m.part)
		}
	case constant:
		fmt.Fprintf(&s.text, "---@type %s\n%s%s = nil\n", luaType(p.value.Type(), 0), prefix, name)
	case raw:
		fmt.Fprintf(&s.text, "%sfunction %s(...) end\n", prefix, name)
	case *function:
		s.function(prefix, name, p)
	}
}

func (s *stub) function(prefix, name string, f *function) {
	var params []string
	for i, t := range f.params {
		param, optional := fmt.Sprintf("arg%d", i+1), ""
		switch {
		case f.variadic && i == len(f.params)-1:
			param = "..."
		case t.Kind() == reflect.Pointer:
			optional = "?"
		}
		params = append(params, param)
		fmt.Fprintf(&s.text, "---@param %s%s %s\n", param, optional, luaType(t, 0))
	}
	optional := ""
	if f.fails {
		optional = "?"
	}
	for _, t := range f.results {
		fmt.Fprintf(&s.text, "---@return %s%s\n", luaType(t, 0), optional)
	}
	if f.fails {
		if len(f.results) == 0 {
			s.text.WriteString("---@return nil\n")
		}
		s.text.WriteString("---@return error? err\n")
	}
	fmt.Fprintf(&s.text, "%sfunction %s(%s) end\n", prefix, name, strings.Join(params, ", "))
}

// luaType names in LuaLS's terms what a Go type is in Lua. Below some depth it
// says any, since types may contain themselves.
func luaType(t reflect.Type, depth int) string {
	switch t {
	case durationType:
		return "time.Duration"
	case timeType:
		return "time.Time"
	case errorType:
		return "error"
	}
	if depth > 4 {
		return "any"
	}
	switch t.Kind() {
	case reflect.Bool:
		return "boolean"
	case reflect.String:
		return "string"
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return "integer"
	case reflect.Float32, reflect.Float64:
		return "number"
	case reflect.Slice, reflect.Array:
		if t.Elem().Kind() == reflect.Uint8 {
			return "string"
		}
		return luaType(t.Elem(), depth+1) + "[]"
	case reflect.Map:
		return fmt.Sprintf("table<%s, %s>", luaType(t.Key(), depth+1), luaType(t.Elem(), depth+1))
	case reflect.Pointer:
		return luaType(t.Elem(), depth+1)
	case reflect.Func:
		return "function"
	case reflect.Struct:
		if isData(t) {
			return "table"
		}
		return "userdata"
	}
	return "any"
}
