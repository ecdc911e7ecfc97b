package canon

import (
	"math"
	"strconv"

	"wippy/mailbox"
	"wippy/wasmhost/wit"
)

// lowerScalar gives the core value of a boolean or number; false when v does
// not fit. It takes Values of either form.
func lowerScalar(k wit.Kind, v mailbox.Value) (bits uint64, ok bool) {
	switch k {
	case wit.Bool:
		return uint64(btoi(v.Bool())), v.Kind() == mailbox.KindBool
	case wit.F32:
		f, ok := number(v)
		narrow := float32(f)
		if !ok || math.IsInf(float64(narrow), 0) && !math.IsInf(f, 0) {
			return 0, false
		}
		if f != f {
			return canonicalNaN32, true
		}
		return uint64(math.Float32bits(narrow)), true
	case wit.F64:
		f, ok := number(v)
		return math.Float64bits(canonical(f)), ok
	}
	bits, negative, ok := v.Integer()
	wide := k == wit.S64 || k == wit.U64
	if !ok && wide && v.Kind() == mailbox.KindString {
		bits, negative, ok = decimal(v.Str())
	}
	s := spans[k]
	if !ok || negative && int64(bits) < s.min || !negative && bits > s.max {
		return 0, false
	}
	if !wide {
		bits = uint64(uint32(bits))
	}
	return bits, true
}

// number gives the float nearest to a number.
func number(v mailbox.Value) (float64, bool) {
	switch v.Kind() {
	case mailbox.KindFloat:
		return v.Float(), true
	case mailbox.KindInt:
		return float64(v.Int()), true
	case mailbox.KindUint:
		return float64(v.Uint()), true
	}
	return 0, false
}

// decimal reads an integer of 64 bits, of either sign.
func decimal(s string) (bits uint64, negative, ok bool) {
	if u, err := strconv.ParseUint(s, 10, 64); err == nil {
		return u, false, true
	}
	i, err := strconv.ParseInt(s, 10, 64)
	return uint64(i), i < 0, err == nil
}
