package wasmhost

import (
	"math"
	"strconv"
	"unicode/utf8"

	"github.com/tetratelabs/wazero/api"

	"wippy/mailbox"
	"wippy/wasmhost/wit"
)

// span is the range of an integer type: from min, which is not positive, to max.
type span struct {
	min int64
	max uint64
}

var spans = [...]span{
	anyI32:          {math.MinInt32, math.MaxUint32},
	anyI64:          {math.MinInt64, math.MaxUint64},
	scalar(wit.S8):  {math.MinInt8, math.MaxInt8},
	scalar(wit.U8):  {0, math.MaxUint8},
	scalar(wit.S16): {math.MinInt16, math.MaxInt16},
	scalar(wit.U16): {0, math.MaxUint16},
	scalar(wit.S32): {math.MinInt32, math.MaxInt32},
	scalar(wit.U32): {0, math.MaxUint32},
	scalar(wit.S64): {math.MinInt64, math.MaxInt64},
	scalar(wit.U64): {0, math.MaxUint64},
}

// lower gives the core value of v as a type; false when v does not fit.
func lower(as scalar, v mailbox.Value) (bits uint64, ok bool) {
	switch as {
	case scalar(wit.Bool):
		if v.Kind() != mailbox.KindBool {
			return 0, false
		}
		if v.Bool() {
			return 1, true
		}
		return 0, true
	case scalar(wit.Char):
		c, n := utf8.DecodeRuneInString(v.Str())
		if n != len(v.Str()) || n == 0 || c == utf8.RuneError && n == 1 {
			return 0, false
		}
		return uint64(c), true
	case scalar(wit.F32):
		f, ok := number(v)
		narrow := float32(f)
		if !ok || math.IsInf(float64(narrow), 0) && !math.IsInf(f, 0) {
			return 0, false
		}
		return api.EncodeF32(narrow), true
	case scalar(wit.F64):
		f, ok := number(v)
		return api.EncodeF64(f), ok
	}
	return lowerInteger(as, v)
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

// lowerInteger gives an integer in two's complement, of 64 bits or, for the
// smaller types, of 32 with nothing above.
func lowerInteger(as scalar, v mailbox.Value) (uint64, bool) {
	wide := as == anyI64 || as == scalar(wit.S64) || as == scalar(wit.U64)
	bits, negative, ok := v.Integer()
	if !ok && wide && v.Kind() == mailbox.KindString {
		bits, negative, ok = decimal(v.Str())
	}
	s := spans[as]
	if !ok || negative && int64(bits) < s.min || !negative && bits > s.max {
		return 0, false
	}
	if !wide {
		bits = uint64(uint32(bits))
	}
	return bits, true
}

// decimal reads an integer of 64 bits, of either sign.
func decimal(s string) (bits uint64, negative, ok bool) {
	if u, err := strconv.ParseUint(s, 10, 64); err == nil {
		return u, false, true
	}
	i, err := strconv.ParseInt(s, 10, 64)
	return uint64(i), i < 0, err == nil
}

// parseWord gives the value that a word means as a type; false when it means
// none. Whether the value is in the type's range is lower's to say.
func parseWord(as scalar, word string) (mailbox.Value, bool) {
	switch as {
	case scalar(wit.Bool):
		return mailbox.Bool(word == "true"), word == "true" || word == "false"
	case scalar(wit.Char):
		return mailbox.String(word), true
	case scalar(wit.F32), scalar(wit.F64):
		f, err := strconv.ParseFloat(word, 64)
		return mailbox.Float(f), err == nil
	}
	bits, negative, ok := decimal(word)
	if negative {
		return mailbox.Int(int64(bits)), ok
	}
	return mailbox.Uint(bits), ok
}

// lift gives the value of what a module returned as a type; false when the
// type has no such value. As in the canonical ABI, what is beyond the width of
// a small integer is ignored.
func lift(as scalar, bits uint64) (mailbox.Value, bool) {
	switch as {
	case anyI64, scalar(wit.S64):
		return mailbox.Int(int64(bits)), true
	case scalar(wit.U64):
		return mailbox.Uint(bits), true
	case scalar(wit.F32):
		return mailbox.Float(float64(api.DecodeF32(bits))), true
	case scalar(wit.F64):
		return mailbox.Float(api.DecodeF64(bits)), true
	case scalar(wit.Bool):
		return mailbox.Bool(uint32(bits) != 0), true
	case scalar(wit.Char):
		if c := uint32(bits); c > math.MaxInt32 || !utf8.ValidRune(rune(c)) {
			return mailbox.Nil, false
		}
		return mailbox.String(string(rune(bits))), true
	case scalar(wit.S8):
		return mailbox.Float(float64(int8(bits))), true
	case scalar(wit.U8):
		return mailbox.Float(float64(uint8(bits))), true
	case scalar(wit.S16):
		return mailbox.Float(float64(int16(bits))), true
	case scalar(wit.U16):
		return mailbox.Float(float64(uint16(bits))), true
	case scalar(wit.U32):
		return mailbox.Float(float64(uint32(bits))), true
	}
	return mailbox.Float(float64(int32(bits))), true // anyI32, s32
}
