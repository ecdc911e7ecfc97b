package mailbox

import (
	"cmp"
	"fmt"
	"math"
	"reflect"
	"slices"
	"time"
)

// ValueOf gives a Go value as a Value: nil, booleans, numbers, strings, []byte,
// time.Duration, time.Time, errors, Values themselves, and slices, arrays and
// maps of these. Integers keep their exactness. The Value shares no memory
// with v except that of strings, and of Values.
//
// # Errors
//
// Kind Invalid, with the path to what cannot cross: functions, channels,
// structs, keys that are equal once they are Values, what lies deeper than
// MaxDepth, what has more parts than MaxNodes. A slice within itself is such.
func ValueOf(v any) (Value, error) {
	var c goConverter
	value, err := c.value(v, 0)
	if err != nil {
		return Nil, err
	}
	return value, nil
}

// ValuesOf is ValueOf of each.
func ValuesOf(vs ...any) ([]Value, error) {
	if len(vs) == 0 {
		return nil, nil
	}
	out := make([]Value, len(vs))
	for i, v := range vs {
		var c goConverter
		var err *Error
		if out[i], err = c.value(v, 0); err != nil {
			return nil, within(err, "argument %d: ", i+1)
		}
	}
	return out, nil
}

// goConverter makes a Value of a Go value, counting its parts.
type goConverter struct{ nodes int }

// within puts a step of the path before an error's text.
func within(e *Error, step string, args ...any) *Error {
	e.Message = fmt.Sprintf(step, args...) + e.Message
	return e
}

// add counts parts before there is memory for them.
func (c *goConverter) add(parts int) *Error {
	if c.nodes += parts; c.nodes > MaxNodes {
		return Errorf(Invalid, "more than %d parts", MaxNodes)
	}
	return nil
}

func tooDeep(depth int) *Error {
	if depth >= MaxDepth {
		return Errorf(Invalid, "nested deeper than %d levels", MaxDepth)
	}
	return nil
}

// value converts what stands within depth tables.
func (c *goConverter) value(v any, depth int) (Value, *Error) {
	switch v := v.(type) {
	case nil:
		return Nil, nil
	case Value:
		return v, c.admit(v, depth)
	case time.Duration:
		return Duration(v), nil
	case time.Time:
		return Time(v), nil
	case []byte:
		return String(string(v)), nil
	case error:
		e := ErrorValue(AsError(v))
		return e, c.admit(e, depth)
	}
	r := reflect.ValueOf(v)
	switch {
	case r.Kind() == reflect.Bool:
		return Bool(r.Bool()), nil
	case r.Kind() == reflect.String:
		return String(r.String()), nil
	case r.CanInt():
		return Int(r.Int()), nil
	case r.CanUint():
		return Uint(r.Uint()), nil
	case r.CanFloat():
		return Float(r.Float()), nil
	case r.Kind() == reflect.Slice, r.Kind() == reflect.Array:
		return c.list(r, depth)
	case r.Kind() == reflect.Map:
		return c.table(r, depth)
	}
	return Nil, Errorf(Invalid, "a Go %T cannot be a value", v)
}

func (c *goConverter) list(r reflect.Value, depth int) (Value, *Error) {
	if err := cmp.Or(tooDeep(depth), c.add(r.Len())); err != nil {
		return Nil, err
	}
	list := make([]Value, r.Len())
	for i := range list {
		var err *Error
		if list[i], err = c.value(r.Index(i).Interface(), depth+1); err != nil {
			return Nil, within(err, "[%d] ", i)
		}
	}
	return TableValue(list, nil), nil
}

// table converts a map, its keys in order so that equal maps are equal values.
func (c *goConverter) table(m reflect.Value, depth int) (Value, *Error) {
	if err := cmp.Or(tooDeep(depth), c.add(2*m.Len())); err != nil {
		return Nil, err
	}
	pairs := make([]Pair, 0, m.Len())
	var keys keySet
	for it := m.MapRange(); it.Next(); {
		k, err := c.value(it.Key().Interface(), depth+1)
		if err != nil {
			return Nil, within(err, "key ")
		}
		if _, ok := k.tableKey(); !ok {
			return Nil, Errorf(Invalid, "a %s cannot be a key", k.Kind())
		}
		if keys.add(k) != "" {
			return Nil, Errorf(Invalid, "two keys are %s", k)
		}
		v, err := c.value(it.Value().Interface(), depth+1)
		if err != nil {
			return Nil, within(err, "field %s: ", k)
		}
		pairs = append(pairs, Pair{k, v})
	}
	slices.SortFunc(pairs, func(a, b Pair) int {
		return cmp.Or(cmp.Compare(a.Key.Kind(), b.Key.Kind()), cmp.Compare(a.Key.keyString(), b.Key.keyString()))
	})
	return TableValue(nil, pairs), nil
}

// admit counts the parts of a Value that becomes a part. One that stands alone
// is as good as it was.
func (c *goConverter) admit(v Value, depth int) *Error {
	if depth == 0 {
		return nil
	}
	return c.measure(v, depth)
}

func (c *goConverter) measure(v Value, depth int) *Error {
	if e := v.Err(); e != nil {
		if err := cmp.Or(tooDeep(depth), c.add(1)); err != nil {
			return err
		}
		return c.measure(e.Value, depth+1)
	}
	t := v.Table()
	if t == nil {
		return nil
	}
	if err := cmp.Or(tooDeep(depth), c.add(len(t.List)+2*len(t.Pairs))); err != nil {
		return err
	}
	for _, e := range t.List {
		if err := c.measure(e, depth+1); err != nil {
			return err
		}
	}
	for _, p := range t.Pairs {
		if err := c.measure(p.Value, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// Any gives v as plain Go: nil, bool, float64, int64, uint64, string,
// time.Duration, time.Time, *Error, Resource, []any for a table that is a list,
// map[string]any for one whose keys are strings (integers and other keys
// become strings by their printed form).
func (v Value) Any() any {
	switch v.Kind() {
	case KindNil:
		return nil
	case KindBool:
		return v.Bool()
	case KindFloat:
		return v.Float()
	case KindInt:
		return v.Int()
	case KindUint:
		return v.Uint()
	case KindString:
		return v.Str()
	case KindError:
		return v.Err()
	case KindDuration:
		return v.Duration()
	case KindTime:
		return v.Time()
	case KindResource:
		return v.Resource()
	}
	t := v.Table()
	if len(t.Pairs) == 0 {
		list := make([]any, len(t.List))
		for i, e := range t.List {
			list[i] = e.Any()
		}
		return list
	}
	m := make(map[string]any, len(t.List)+len(t.Pairs))
	for i, e := range t.List {
		m[fmt.Sprint(i+1)] = e.Any()
	}
	for _, p := range t.Pairs {
		m[p.Key.keyString()] = p.Value.Any()
	}
	return m
}

// keyString prints a key: a string as it is, a whole number without a fraction.
func (v Value) keyString() string {
	switch v.Kind() {
	case KindString:
		return v.Str()
	case KindFloat:
		if f := v.Float(); f == math.Trunc(f) && math.Abs(f) < 1<<53 {
			return fmt.Sprint(int64(f))
		}
	}
	return v.String()
}
