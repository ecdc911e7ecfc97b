package lua

import (
	"maps"
	"reflect"

	glua "github.com/yuin/gopher-lua"
)

// A table of gopher-lua's keeps each string key in three places, and filling
// one field by field grows all three: half the cost of a message was building
// its event. These are their fields; see internals.go.
var (
	tableValues = offset[glua.LTable]("strdict", reflect.Map)
	tableKeys   = offset[glua.LTable]("keys", reflect.Slice)
	tableIndex  = offset[glua.LTable]("k2i", reflect.Map)
)

// Shape makes tables that have the same fields, for what is built often. A
// Shape may be shared between processes.
type Shape struct {
	names []string
	keys  []glua.LValue       // the names boxed; shared by all tables, which only ever append to it
	index map[glua.LValue]int // where a key stands in keys
}

// NewShape makes a shape of fields in the order in which pairs gives them.
func NewShape(names ...string) *Shape {
	s := &Shape{names: names, index: make(map[glua.LValue]int, len(names))}
	for i, name := range names {
		s.index[glua.LString(name)] = i
		s.keys = append(s.keys, glua.LString(name))
	}
	s.keys = s.keys[:len(s.keys):len(s.keys)] // an append copies
	return s
}

// Table makes a table whose fields are these values, in the shape's order. A
// nil, Go's or Lua's, is no field.
func (s *Shape) Table(L *glua.LState, values ...glua.LValue) *glua.LTable {
	if state := From(L); state != nil {
		state.grow(tableBytes + len(s.names)*keyBytes)
	}
	t := L.CreateTable(0, 0)
	s.Fill(t, values...)
	return t
}

// Fill sets the fields of a table that has none yet; it may have a list.
func (s *Shape) Fill(t *glua.LTable, values ...glua.LValue) {
	fields := make(map[string]glua.LValue, len(s.names))
	for i, v := range values {
		if v != nil && v != glua.LNil {
			fields[s.names[i]] = v
		}
	}
	*at[map[string]glua.LValue](t, tableValues) = fields
	*at[[]glua.LValue](t, tableKeys) = s.keys
	*at[map[glua.LValue]int](t, tableIndex) = maps.Clone(s.index)
}
