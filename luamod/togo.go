package luamod

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	glua "github.com/yuin/gopher-lua"

	"wippy/lua"
	"wippy/mailbox"
)

// toGo converts Lua values to Go's, as [Bind] describes. It belongs to one
// call, in the process's coroutine. gopher-luar's own conversion is not used:
// it follows a table to any depth, which a script can make too deep for Go's
// stack, cuts 1.5 down to 1, and rounds 64-bit integers.
type toGo struct {
	L     *glua.LState
	meter *Meter
	nodes int
}

func newToGo(L *glua.LState) *toGo { return &toGo{L: L, meter: NewMeter(L)} }

// fromLua tells whether Lua can give a value of type t. It looks at the type
// itself; what its elements cannot take shows in the call.
func fromLua(t reflect.Type) bool {
	if t.Implements(lvalueType) { // it would leave the process's coroutine
		return false
	}
	switch t.Kind() {
	case reflect.Func, reflect.Chan, reflect.UnsafePointer, reflect.Uintptr, reflect.Complex64, reflect.Complex128:
		return false
	case reflect.Pointer:
		return fromLua(t.Elem())
	}
	return true
}

// value converts lv, which lies depth levels deep, to t.
func (c *toGo) value(lv glua.LValue, t reflect.Type, depth int) (reflect.Value, error) {
	if err := bounds(&c.nodes, depth); err != nil {
		return reflect.Value{}, err
	}
	c.meter.Bytes(valueBytes)
	if v, ok := objectOf(lv); ok {
		return object(lv, v, t)
	}
	switch t {
	case valueType:
		v, err := lua.ToValue(c.L, lv)
		return reflect.ValueOf(v), err
	case durationType:
		d, ok := duration(lv)
		return check(d, ok, lv, "a duration")
	case timeType:
		x, ok := lua.TimeOf(lv)
		return check(x, ok, lv, "a time")
	case errorType:
		return c.failure(lv)
	}
	switch t.Kind() {
	case reflect.Bool:
		b, ok := lv.(glua.LBool)
		return convert(bool(b), ok, lv, t, "a boolean")
	case reflect.String:
		s, ok := lv.(glua.LString)
		return convert(string(s), ok, lv, t, "a string")
	case reflect.Float32, reflect.Float64:
		return c.float(lv, t)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return c.integer(lv, t)
	case reflect.Interface:
		return c.iface(lv, t, depth)
	case reflect.Pointer:
		return c.pointer(lv, t, depth)
	case reflect.Slice, reflect.Array:
		return c.list(lv, t, depth)
	case reflect.Map:
		return c.mapping(lv, t, depth)
	case reflect.Struct:
		return c.structure(lv, t, depth)
	}
	return reflect.Value{}, fmt.Errorf("a %v cannot be given by Lua", t)
}

// mismatch is the error of a Lua value of the wrong type.
func mismatch(wanted string, got glua.LValue) error {
	return fmt.Errorf("expected %s, got %s", wanted, Describe(got))
}

// Describe names a Lua value in a message, without calling its metamethods.
func Describe(lv glua.LValue) string {
	switch lv := lv.(type) {
	case *glua.LNilType, glua.LBool, glua.LNumber:
		return lv.String()
	case glua.LString:
		return mailbox.String(string(lv)).String()
	case *glua.LUserData:
		if v, ok := objectOf(lv); ok {
			return "a " + v.Type().Elem().String()
		}
		switch x := lv.Value.(type) {
		case int64, uint64, time.Duration:
			return fmt.Sprint(x)
		case time.Time:
			return "a time"
		case *mailbox.Error:
			return "an error value"
		}
	}
	return "a " + lv.Type().String()
}

func check[T any](x T, ok bool, lv glua.LValue, wanted string) (reflect.Value, error) {
	if !ok {
		return reflect.Value{}, mismatch(wanted, lv)
	}
	return reflect.ValueOf(x), nil
}

func convert[T any](x T, ok bool, lv glua.LValue, t reflect.Type, wanted string) (reflect.Value, error) {
	v, err := check(x, ok, lv, wanted)
	if err != nil {
		return v, err
	}
	return v.Convert(t), nil
}

// duration takes every form of one (SPEC section 3, "Lua").
func duration(lv glua.LValue) (time.Duration, bool) {
	switch lv := lv.(type) {
	case glua.LNumber:
		ns := float64(lv) * float64(time.Second)
		return time.Duration(ns), math.Abs(ns) < math.MaxInt64
	case glua.LString:
		d, err := time.ParseDuration(string(lv))
		return d, err == nil
	}
	return lua.DurationOf(lv)
}

// number gives a number or 64-bit integer as the Value that it is.
func (c *toGo) number(lv glua.LValue) mailbox.Value {
	switch lv := lv.(type) {
	case glua.LNumber:
		return mailbox.Float(float64(lv))
	case *glua.LUserData:
		if v, err := lua.ToValue(c.L, lv); err == nil {
			return v
		}
	}
	return mailbox.Nil
}

func (c *toGo) float(lv glua.LValue, t reflect.Type) (reflect.Value, error) {
	v := c.number(lv)
	switch v.Kind() {
	case mailbox.KindFloat:
		return reflect.ValueOf(v.Float()).Convert(t), nil
	case mailbox.KindInt:
		return reflect.ValueOf(v.Int()).Convert(t), nil
	case mailbox.KindUint:
		return reflect.ValueOf(v.Uint()).Convert(t), nil
	}
	return reflect.Value{}, mismatch("a number", lv)
}

// integer converts what is a whole number within t's range; to 64 bits also a
// decimal string (SPEC section 3).
func (c *toGo) integer(lv glua.LValue, t reflect.Type) (reflect.Value, error) {
	out := reflect.New(t).Elem()
	bits, negative, ok := c.number(lv).Integer()
	if s, isString := lv.(glua.LString); isString && t.Bits() == 64 {
		bits, negative, ok = parseInteger(string(s))
	}
	signed := out.CanInt()
	fits := ok && (signed && (negative || bits <= math.MaxInt64) || !signed && !negative)
	switch {
	case fits && signed && !out.OverflowInt(int64(bits)):
		out.SetInt(int64(bits))
	case fits && !signed && !out.OverflowUint(bits):
		out.SetUint(bits)
	case ok:
		return reflect.Value{}, fmt.Errorf("%s is out of the range of %s", Describe(lv), t.Kind())
	default:
		return reflect.Value{}, mismatch("an integer", lv)
	}
	return out, nil
}

func parseInteger(s string) (bits uint64, negative, ok bool) {
	if i, err := strconv.ParseInt(s, 10, 64); err == nil {
		return uint64(i), i < 0, true
	}
	u, err := strconv.ParseUint(s, 10, 64)
	return u, false, err == nil
}

// failure converts to an error: nil, an error value, or a string.
func (c *toGo) failure(lv glua.LValue) (reflect.Value, error) {
	out := reflect.New(errorType).Elem()
	e := lua.ErrorOf(lv)
	switch s, isString := lv.(glua.LString); {
	case e != nil:
		out.Set(reflect.ValueOf(e))
	case isString:
		out.Set(reflect.ValueOf(errors.New(string(s))))
	case lv != glua.LNil:
		return out, mismatch("an error", lv)
	}
	return out, nil
}

// iface converts to an interface other than error: only an object can
// implement one that has methods.
func (c *toGo) iface(lv glua.LValue, t reflect.Type, depth int) (reflect.Value, error) {
	out := reflect.New(t).Elem()
	if lv == glua.LNil {
		return out, nil
	}
	if t.NumMethod() > 0 {
		return out, mismatch("a "+t.String(), lv)
	}
	x, err := c.plain(lv, depth)
	if err == nil && x != nil {
		out.Set(reflect.ValueOf(x))
	}
	return out, err
}

// plain converts to what an any holds.
func (c *toGo) plain(lv glua.LValue, depth int) (any, error) {
	t, ok := lv.(*glua.LTable)
	if !ok {
		v, err := lua.ToValue(c.L, lv)
		if err != nil {
			return nil, err
		}
		return Plain(v), nil
	}
	if _, ok := IsList(t); ok {
		list, err := c.list(t, reflect.TypeFor[[]any](), depth)
		return list.Interface(), err
	}
	fields, err := c.mapping(t, reflect.TypeFor[map[string]any](), depth)
	return fields.Interface(), err
}

// Plain gives what v is in Go: nil, bool, float64, int64, uint64, string,
// time.Duration, time.Time or *mailbox.Error; nil also for a table.
func Plain(v mailbox.Value) any {
	switch v.Kind() {
	case mailbox.KindBool:
		return v.Bool()
	case mailbox.KindFloat:
		return v.Float()
	case mailbox.KindInt:
		return v.Int()
	case mailbox.KindUint:
		return v.Uint()
	case mailbox.KindString:
		return v.Str()
	case mailbox.KindDuration:
		return v.Duration()
	case mailbox.KindTime:
		return v.Time()
	case mailbox.KindError:
		return v.Err()
	}
	return nil
}

func (c *toGo) pointer(lv glua.LValue, t reflect.Type, depth int) (reflect.Value, error) {
	out := reflect.New(t).Elem()
	if lv == glua.LNil {
		return out, nil
	}
	v, err := c.value(lv, t.Elem(), depth+1)
	if err != nil {
		return out, err
	}
	out.Set(reflect.New(t.Elem()))
	out.Elem().Set(v)
	return out, nil
}

func (c *toGo) list(lv glua.LValue, t reflect.Type, depth int) (reflect.Value, error) {
	out := reflect.New(t).Elem()
	table, ok := lv.(*glua.LTable)
	s, isString := lv.(glua.LString)
	n := len(s)
	bytes := t.Elem().Kind() == reflect.Uint8
	switch {
	case lv == glua.LNil && t.Kind() == reflect.Slice:
		return out, nil
	case bytes && isString:
	case !ok && bytes:
		return out, mismatch("a string", lv)
	case !ok:
		return out, mismatch("an array", lv)
	default:
		n = table.Len()
	}
	switch {
	case t.Kind() == reflect.Slice:
		out.Set(reflect.MakeSlice(t, n, n))
	case n != t.Len():
		return out, fmt.Errorf("expected %d elements, got %d", t.Len(), n)
	}
	if isString {
		c.meter.Bytes(n)
		reflect.Copy(out, reflect.ValueOf(string(s)))
		return out, nil
	}
	for i := range n {
		e, err := c.value(table.RawGetInt(i+1), t.Elem(), depth+1)
		if err != nil {
			return out, Within(glua.LNumber(i+1), err)
		}
		out.Index(i).Set(e)
	}
	return out, nil
}

func (c *toGo) mapping(lv glua.LValue, t reflect.Type, depth int) (reflect.Value, error) {
	out := reflect.New(t).Elem()
	if lv == glua.LNil {
		return out, nil
	}
	table, ok := lv.(*glua.LTable)
	if !ok {
		return out, mismatch("a table", lv)
	}
	out.Set(reflect.MakeMap(t))
	for k, v := table.Next(glua.LNil); k != glua.LNil; k, v = table.Next(k) {
		key, err := c.value(k, t.Key(), depth+1)
		if err != nil {
			return out, fmt.Errorf("key %s: %w", Describe(k), err)
		}
		if !key.Comparable() {
			return out, fmt.Errorf("key %s: it cannot be a key in Go", Describe(k))
		}
		e, err := c.value(v, t.Elem(), depth+1)
		if err != nil {
			return out, Within(k, err)
		}
		out.SetMapIndex(key, e)
	}
	return out, nil
}

func (c *toGo) structure(lv glua.LValue, t reflect.Type, depth int) (reflect.Value, error) {
	out := reflect.New(t).Elem()
	table, ok := lv.(*glua.LTable)
	if !ok || !isData(t) {
		return out, mismatch("a "+t.String(), lv)
	}
	fields := fieldsOf(t)
	for k, v := table.Next(glua.LNil); k != glua.LNil; k, v = table.Next(k) {
		name, ok := k.(glua.LString)
		index, known := bySpelling(fields, string(name))
		if !ok || !known {
			return out, fmt.Errorf("unknown field %s: a %v has %s", Describe(k), t, strings.Join(slices.Sorted(maps.Keys(fields)), ", "))
		}
		field, err := out.FieldByIndexErr(index)
		if err != nil {
			return out, Within(k, err)
		}
		e, err := c.value(v, field.Type(), depth+1)
		if err != nil {
			return out, Within(k, err)
		}
		field.Set(e)
	}
	return out, nil
}
