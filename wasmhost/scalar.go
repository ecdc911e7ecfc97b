package wasmhost

import (
	"math"
	"strconv"

	"wippy/mailbox"
	"wippy/wasmhost/canon"
	"wippy/wasmhost/wit"
)

// lower gives the core value of v as a type; false when v does not fit. The
// core types without a sign take integers of either.
func lower(as scalar, v mailbox.Value) (bits uint64, ok bool) {
	if as < anyI32 {
		return canon.LowerScalar(wit.Kind(as), v)
	}
	bits, negative, ok := v.Integer()
	if as == anyI64 {
		if !ok && v.Kind() == mailbox.KindString {
			bits, _, ok = decimal(v.Str())
		}
		return bits, ok
	}
	if !ok || negative && int64(bits) < math.MinInt32 || !negative && bits > math.MaxUint32 {
		return 0, false
	}
	return uint64(uint32(bits)), true
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
	if as < anyI32 {
		v, err := wit.ParseWord(word, &wit.Type{Kind: wit.Kind(as)})
		return v, err == nil
	}
	bits, negative, ok := decimal(word)
	if negative {
		return mailbox.Int(int64(bits)), ok
	}
	return mailbox.Uint(bits), ok
}

// lift gives the value of what a module returned as a type; false when the
// type has no such value. The core types without a sign are signed.
func lift(as scalar, bits uint64) (mailbox.Value, bool) {
	switch as {
	case anyI32:
		return mailbox.Float(float64(int32(bits))), true
	case anyI64:
		return mailbox.Int(int64(bits)), true
	}
	return canon.LiftScalar(wit.Kind(as), bits)
}
