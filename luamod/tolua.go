package luamod

import (
	"fmt"
	"reflect"
	"time"

	glua "github.com/yuin/gopher-lua"

	"wippy/lua"
	"wippy/mailbox"
)

// valueBytes is what the conversion of one value counts as work.
const valueBytes = 32

// toLua converts Go values to Lua's, as [Bind] describes. It belongs to one
// call, in the process's coroutine.
type toLua struct {
	L     *glua.LState
	b     *binding
	path  string // names the functions among the values
	meter *Meter
	nodes int
}

func newToLua(L *glua.LState, b *binding, path string) *toLua {
	return &toLua{L: L, b: b, path: path, meter: NewMeter(L)}
}

var (
	durationType = reflect.TypeFor[time.Duration]()
	timeType     = reflect.TypeFor[time.Time]()
	valueType    = reflect.TypeFor[mailbox.Value]()
	lvalueType   = reflect.TypeFor[glua.LValue]()
)

// isScalar tells of the struct types, and pointers to them, that are no
// structs in Lua.
func isScalar(t reflect.Type) bool {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t == timeType || t == valueType || reflect.PointerTo(t).Implements(lvalueType) || reflect.PointerTo(t).Implements(errorType)
}

// value converts v, which lies depth levels deep.
func (c *toLua) value(v reflect.Value, depth int) (glua.LValue, error) {
	for v.Kind() == reflect.Interface {
		v = v.Elem()
	}
	if isNil(v) {
		return glua.LNil, nil
	}
	if err := bounds(&c.nodes, depth); err != nil {
		return nil, err
	}
	c.meter.Bytes(valueBytes)
	switch x := v.Interface().(type) {
	case glua.LValue:
		return x, nil
	case mailbox.Value:
		return lua.FromValue(c.L, x), nil
	case time.Duration:
		return lua.NewDuration(c.L, x), nil
	case time.Time:
		return lua.NewTime(c.L, x), nil
	case error:
		return lua.ErrorValue(c.L, asError(x)), nil
	}
	switch v.Kind() {
	case reflect.Bool:
		return glua.LBool(v.Bool()), nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return lua.NewInt(c.L, v.Int()), nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return lua.NewUint(c.L, v.Uint()), nil
	case reflect.Float32, reflect.Float64:
		return glua.LNumber(v.Float()), nil
	case reflect.String:
		c.meter.Bytes(v.Len())
		lua.From(c.L).Grow(v.Len())
		return glua.LString(v.String()), nil
	case reflect.Slice, reflect.Array:
		return c.list(v, depth)
	case reflect.Map:
		return c.mapping(v, depth)
	case reflect.Struct:
		return c.structure(v, depth)
	case reflect.Pointer:
		if e := v.Elem(); e.Kind() != reflect.Struct || isData(e.Type()) || isScalar(e.Type()) {
			return c.value(e, depth+1)
		}
		return c.object(v), nil
	case reflect.Func:
		return c.function(v)
	}
	return nil, fmt.Errorf("a %v has no Lua form", v.Type())
}

// What a table takes, in bytes: itself, an element of a list, a field.
const (
	tableBytes   = 96
	elementBytes = 24
	fieldBytes   = 160
)

func (c *toLua) list(v reflect.Value, depth int) (glua.LValue, error) {
	if v.Type().Elem().Kind() == reflect.Uint8 {
		c.meter.Bytes(v.Len())
		lua.From(c.L).Grow(v.Len())
		if v.Kind() == reflect.Array && !v.CanAddr() {
			addressable := reflect.New(v.Type()).Elem()
			addressable.Set(v)
			v = addressable
		}
		return glua.LString(v.Bytes()), nil
	}
	if v.Len() >= glua.MaxArrayIndex {
		return nil, fmt.Errorf("a list of %d elements is too long for Lua", v.Len())
	}
	lua.From(c.L).Grow(tableBytes + v.Len()*elementBytes)
	t := c.L.CreateTable(v.Len(), 0)
	for i := range v.Len() {
		e, err := c.value(v.Index(i), depth+1)
		if err != nil {
			return nil, Within(glua.LNumber(i+1), err)
		}
		t.RawSetInt(i+1, e)
	}
	return t, nil
}

func (c *toLua) mapping(v reflect.Value, depth int) (glua.LValue, error) {
	lua.From(c.L).Grow(tableBytes + v.Len()*fieldBytes)
	t := c.L.CreateTable(0, v.Len())
	for key, value := range v.Seq2() {
		k, err := c.value(key, depth+1)
		if err != nil {
			return nil, fmt.Errorf("key %v: %w", key, err)
		}
		if n, ok := k.(glua.LNumber); k == glua.LNil || ok && n != n {
			return nil, fmt.Errorf("key %v: Lua allows no such key", key)
		}
		e, err := c.value(value, depth+1)
		if err != nil {
			return nil, Within(k, err)
		}
		t.RawSet(k, e)
	}
	return t, nil
}

func (c *toLua) structure(v reflect.Value, depth int) (glua.LValue, error) {
	if !isData(v.Type()) {
		p := reflect.New(v.Type())
		p.Elem().Set(v)
		return c.object(p), nil
	}
	fields := fieldsOf(v.Type())
	lua.From(c.L).Grow(tableBytes + len(fields)*fieldBytes)
	t := c.L.CreateTable(0, len(fields))
	for name, index := range fields {
		field, err := v.FieldByIndexErr(index)
		if err != nil {
			continue // it is in an embedded pointer that is nil
		}
		e, err := c.value(field, depth+1)
		if err != nil {
			return nil, Within(glua.LString(name), err)
		}
		t.RawSetString(name, e)
	}
	t.Metatable = spellings(c.L)
	return t, nil
}

func (c *toLua) function(v reflect.Value) (glua.LValue, error) {
	if v.CanConvert(rawType) {
		return c.L.NewFunction(v.Convert(rawType).Interface().(glua.LGFunction)), nil
	}
	f, err := newFunction(c.b, c.path, v, false)
	if err != nil {
		return nil, err
	}
	return f.open(c.L), nil
}
