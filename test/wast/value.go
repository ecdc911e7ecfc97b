package wast

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
)

// Value is a component's value in a script.
type Value struct {
	// Type is "bool", "char", "string", "s8" to "u64", "f32", "f64", "list",
	// "tuple", "record", "variant", "enum", "flags", "option" or "result"; of a
	// core module's value "i32" or "i64", too.
	Type string `json:"type"`
	// Case is the case of a variant, and "ok" or "err" of a result.
	Case string `json:"case,omitempty"`
	// Value is a JSON boolean; a string for chars, strings, enums and (as the
	// script writes them) numbers; an array of values for a list or tuple, of
	// pairs of name and value for a record, of names for flags; the payload of
	// a variant, option or result, null where there is none.
	Value json.RawMessage `json:"value"`
}

// String prints the value as JSON.
func (v Value) String() string {
	b, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// Int gives the value of an integer type, as 64 bits.
func (v Value) Int() (uint64, error) {
	var text string
	if err := json.Unmarshal(v.Value, &text); err != nil {
		return 0, err
	}
	if n, err := strconv.ParseInt(text, 0, 64); err == nil {
		return uint64(n), nil
	}
	return strconv.ParseUint(text, 0, 64)
}

// Float gives the value of a floating-point type.
func (v Value) Float() (float64, error) {
	var text string
	if err := json.Unmarshal(v.Value, &text); err != nil {
		return 0, err
	}
	switch text {
	case "nan", "-nan", "nan:canonical", "nan:arithmetic":
		return math.NaN(), nil
	}
	return strconv.ParseFloat(text, 64)
}

// Equal tells whether two values are of one type and the same. All NaNs are.
func Equal(a, b Value) (bool, error) {
	if a.Type != b.Type || a.Case != b.Case {
		return false, nil
	}
	switch a.Type {
	case "bool", "char", "string", "enum":
		return sameJSON(a.Value, b.Value)
	case "f32", "f64":
		return both(a, b, Value.Float, func(x, y float64) bool {
			return x == y && math.Signbit(x) == math.Signbit(y) || x != x && y != y
		})
	case "list", "tuple":
		return both(a, b, decoded[[]Value], equalAll)
	case "record":
		return both(a, b, decoded[[][2]json.RawMessage], equalFields)
	case "flags":
		return both(a, b, decoded[[]string], func(x, y []string) bool {
			slices.Sort(x)
			slices.Sort(y)
			return slices.Equal(x, y)
		})
	case "variant", "option", "result":
		return both(a, b, decoded[*Value], func(x, y *Value) bool {
			if x == nil || y == nil {
				return x == y
			}
			return equalAll([]Value{*x}, []Value{*y})
		})
	case "s8", "u8", "s16", "u16", "s32", "u32", "s64", "u64", "i32", "i64":
		return both(a, b, Value.Int, func(x, y uint64) bool { return x == y })
	}
	return false, fmt.Errorf("unknown type %q of a value", a.Type)
}

// both decodes two values and compares what comes out.
func both[T any](a, b Value, decode func(Value) (T, error), same func(x, y T) bool) (bool, error) {
	x, err := decode(a)
	if err != nil {
		return false, err
	}
	y, err := decode(b)
	if err != nil {
		return false, err
	}
	return same(x, y), nil
}

func decoded[T any](v Value) (T, error) {
	var t T
	err := json.Unmarshal(v.Value, &t)
	return t, err
}

func sameJSON(a, b json.RawMessage) (bool, error) {
	var x, y any
	if err := json.Unmarshal(a, &x); err != nil {
		return false, err
	}
	if err := json.Unmarshal(b, &y); err != nil {
		return false, err
	}
	return x == y, nil
}

func equalAll(x, y []Value) bool {
	return slices.EqualFunc(x, y, func(v, w Value) bool {
		same, err := Equal(v, w)
		return same && err == nil
	})
}

// equalFields compares pairs of name and value.
func equalFields(x, y [][2]json.RawMessage) bool {
	return slices.EqualFunc(x, y, func(f, g [2]json.RawMessage) bool {
		var v, w Value
		if json.Unmarshal(f[1], &v) != nil || json.Unmarshal(g[1], &w) != nil {
			return false
		}
		name, err := sameJSON(f[0], g[0])
		return name && err == nil && equalAll([]Value{v}, []Value{w})
	})
}
