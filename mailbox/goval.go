package mailbox

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"time"
)

// ValueOf gives a Go value as a Value: nil, booleans, numbers, strings, []byte,
// time.Duration, time.Time, errors, Values themselves, and slices, arrays and
// maps of these. Integers keep their exactness. The Value shares no memory
// with v except that of strings.
//
// # Errors
//
// Kind Invalid, with the path to what cannot cross: functions, channels,
// structs, and what lies deeper than MaxDepth.
func ValueOf(v any) (Value, error) { return valueOf(v, "", 0) }

// ValuesOf is ValueOf of each.
func ValuesOf(vs ...any) ([]Value, error) {
	if len(vs) == 0 {
		return nil, nil
	}
	out := make([]Value, len(vs))
	for i, v := range vs {
		var err error
		if out[i], err = valueOf(v, fmt.Sprintf("argument %d: ", i+1), 0); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func valueOf(v any, path string, depth int) (Value, error) {
	switch v := v.(type) {
	case nil:
		return Nil, nil
	case Value:
		return v, nil
	case time.Duration:
		return Duration(v), nil
	case time.Time:
		return Time(v), nil
	case []byte:
		return String(string(v)), nil
	case error:
		return ErrorValue(AsError(v)), nil
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
	case depth >= MaxDepth:
		return Nil, Errorf(Invalid, "%snested deeper than %d levels", path, MaxDepth)
	case r.Kind() == reflect.Slice, r.Kind() == reflect.Array:
		list := make([]Value, r.Len())
		for i := range list {
			var err error
			if list[i], err = valueOf(r.Index(i).Interface(), fmt.Sprintf("%s[%d] ", path, i), depth+1); err != nil {
				return Nil, err
			}
		}
		return TableValue(list, nil), nil
	case r.Kind() == reflect.Map:
		return mapValue(r, path, depth)
	}
	return Nil, Errorf(Invalid, "%sa Go %T cannot be a value", path, v)
}

// mapValue gives a map as a table, its keys in order so that equal maps are
// equal values.
func mapValue(m reflect.Value, path string, depth int) (Value, error) {
	pairs := make([]Pair, 0, m.Len())
	for it := m.MapRange(); it.Next(); {
		k, err := valueOf(it.Key().Interface(), path+"key ", depth+1)
		if err != nil {
			return Nil, err
		}
		if _, ok := k.tableKey(); !ok {
			return Nil, Errorf(Invalid, "%sa %s cannot be a key", path, k.Kind())
		}
		v, err := valueOf(it.Value().Interface(), fmt.Sprintf("%sfield %s: ", path, k), depth+1)
		if err != nil {
			return Nil, err
		}
		pairs = append(pairs, Pair{k, v})
	}
	slices.SortFunc(pairs, func(a, b Pair) int {
		if a, b := a.Key.String(), b.Key.String(); a < b {
			return -1
		} else if a > b {
			return 1
		}
		return 0
	})
	return TableValue(nil, pairs), nil
}

// Any gives v as plain Go: nil, bool, float64, int64, uint64, string,
// time.Duration, time.Time, *Error, []any for a table that is a list,
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
