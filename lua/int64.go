package lua

import (
	"math"
	"strconv"
	"strings"

	glua "github.com/yuin/gopher-lua"
)

// maxExact is the largest integer up to which every one is a number of its own.
const maxExact = 1 << 53

// intMeta is the metatable of exact 64-bit integers, signed and unsigned. Their
// arithmetic is that of Lua 5.3's integers: it wraps around; / rounds down, as
// // does there, and % has the divisor's sign, so that a == a/b*b + a%b; division by
// zero is an error. A number operand must be whole. Signed with unsigned gives
// unsigned. They compare by value among themselves; == with a number is false,
// since Lua 5.1 asks no metamethod there.
var intMeta = sharedTable()

func init() {
	fillMetatable(intMeta, "int64", map[string]glua.LGFunction{
		// tonumber gives the nearest number; the global tonumber does, too.
		"tonumber": func(L *glua.LState) int {
			n, ok := integerOf(L.Get(1))
			if !ok {
				ArgError(L, "int64:tonumber", 1, "a 64-bit integer")
			}
			L.Push(glua.LNumber(n.float()))
			return 1
		},
	}, map[string]glua.LGFunction{
		"__add": intArithmetic("add", func(a, b uint64) uint64 { return a + b }),
		"__sub": intArithmetic("subtract", func(a, b uint64) uint64 { return a - b }),
		"__mul": intArithmetic("multiply", func(a, b uint64) uint64 { return a * b }),
		"__div": intDivision(floorDiv, func(a, b uint64) uint64 { return a / b }),
		"__mod": intDivision(floorMod[int64], func(a, b uint64) uint64 { return a % b }),
		"__pow": func(L *glua.LState) int {
			a, b := intOperands(L, "raise")
			if !b.unsigned && int64(b.bits) < 0 {
				L.RaiseError("attempt to raise a 64-bit integer to a negative power")
			}
			result := uint64(1)
			for base, e := a.bits, b.bits; e > 0; e >>= 1 {
				if e&1 == 1 {
					result *= base
				}
				base *= base
			}
			return pushInteger(L, integer{result, a.unsigned || b.unsigned})
		},
		"__unm": func(L *glua.LState) int {
			a, _ := integerOf(L.Get(1))
			return pushInteger(L, integer{-a.bits, a.unsigned})
		},
		"__eq": intComparison(func(order int) bool { return order == 0 }),
		"__lt": intComparison(func(order int) bool { return order < 0 }),
		"__le": intComparison(func(order int) bool { return order <= 0 }),
	}, func(v any) string {
		if i, ok := v.(int64); ok {
			return strconv.FormatInt(i, 10)
		}
		return strconv.FormatUint(v.(uint64), 10)
	})
}

// NewInt makes the Lua value of a signed integer: a number within ±2^53, else
// an exact 64-bit integer (SPEC section 3, "Values between Lua, Go and WIT").
func NewInt(L *glua.LState, i int64) glua.LValue {
	if -maxExact <= i && i <= maxExact {
		return number(float64(i))
	}
	return userData(L, i, intMeta)
}

// NewUint is NewInt of an unsigned integer.
func NewUint(L *glua.LState, u uint64) glua.LValue {
	if u <= maxExact {
		return number(float64(u))
	}
	return userData(L, u, intMeta)
}

// integer is an operand or a result.
type integer struct {
	bits     uint64
	unsigned bool
}

func (n integer) float() float64 {
	if n.unsigned {
		return float64(n.bits)
	}
	return float64(int64(n.bits))
}

func (n integer) negative() bool { return !n.unsigned && int64(n.bits) < 0 }

func integerOf(lv glua.LValue) (integer, bool) {
	if ud, ok := lv.(*glua.LUserData); ok {
		switch v := ud.Value.(type) {
		case int64:
			return integer{uint64(v), false}, true
		case uint64:
			return integer{v, true}, true
		}
	}
	return integer{}, false
}

// whole gives a number as an integer, unsigned only where it has to be.
func whole(f float64) (integer, bool) {
	switch {
	case f != math.Trunc(f) || f < -1<<63 || f >= 1<<64:
		return integer{}, false
	case f >= 1<<63:
		return integer{uint64(f), true}, true
	}
	return integer{uint64(int64(f)), false}, true
}

func pushInteger(L *glua.LState, n integer) int {
	ud := &glua.LUserData{Metatable: intMeta}
	if n.unsigned {
		ud.Value = n.bits
	} else {
		ud.Value = int64(n.bits)
	}
	L.Push(ud)
	return 1
}

func intOperands(L *glua.LState, verb string) (a, b integer) {
	var n [2]integer
	for i := range n {
		lv := L.Get(i + 1)
		var ok bool
		if f, isNumber := lv.(glua.LNumber); isNumber {
			n[i], ok = whole(float64(f))
		} else {
			n[i], ok = integerOf(lv)
		}
		if !ok {
			L.RaiseError("cannot %s a 64-bit integer and %s", verb, describe(lv))
		}
	}
	return n[0], n[1]
}

func intArithmetic(verb string, op func(a, b uint64) uint64) glua.LGFunction {
	return func(L *glua.LState) int {
		a, b := intOperands(L, verb)
		return pushInteger(L, integer{op(a.bits, b.bits), a.unsigned || b.unsigned})
	}
}

func intDivision(signed func(a, b int64) int64, unsigned func(a, b uint64) uint64) glua.LGFunction {
	return func(L *glua.LState) int {
		a, b := intOperands(L, "divide")
		switch {
		case b.bits == 0:
			L.RaiseError("attempt to divide a 64-bit integer by zero")
		case a.unsigned || b.unsigned:
			return pushInteger(L, integer{unsigned(a.bits, b.bits), true})
		}
		return pushInteger(L, integer{uint64(signed(int64(a.bits), int64(b.bits))), false})
	}
}

func intComparison(holds func(order int) bool) glua.LGFunction {
	return func(L *glua.LState) int {
		a, ok1 := integerOf(L.Get(1))
		b, ok2 := integerOf(L.Get(2))
		if !ok1 || !ok2 {
			L.RaiseError("cannot compare %s with %s", describe(L.Get(1)), describe(L.Get(2)))
		}
		order := 0
		switch {
		case a.negative() != b.negative():
			order = 1
			if a.negative() {
				order = -1
			}
		case a.bits < b.bits: // of one sign, two's complement keeps the order
			order = -1
		case a.bits > b.bits:
			order = 1
		}
		L.Push(glua.LBool(holds(order)))
		return 1
	}
}

// baseInt64 and baseUint64 are the globals int64 and uint64: they make an exact
// integer of a number, a decimal or hexadecimal string, or another one.
func baseInt64(L *glua.LState) int {
	n, ok := toInteger(L.Get(1))
	if !ok || n.unsigned && n.bits > math.MaxInt64 {
		ArgError(L, "int64", 1, "an integer within ±2^63")
	}
	return pushInteger(L, integer{n.bits, false})
}

func baseUint64(L *glua.LState) int {
	n, ok := toInteger(L.Get(1))
	if !ok || n.negative() {
		ArgError(L, "uint64", 1, "an integer from 0 to 2^64-1")
	}
	return pushInteger(L, integer{n.bits, true})
}

func toInteger(lv glua.LValue) (integer, bool) {
	switch v := lv.(type) {
	case glua.LNumber:
		return whole(float64(v))
	case glua.LString:
		if len(v) > maxNumeral {
			return integer{}, false
		}
		digits, base := strings.TrimSpace(string(v)), 10
		if hex, ok := strings.CutPrefix(strings.ToLower(digits), "0x"); ok {
			digits, base = hex, 16
		}
		if i, err := strconv.ParseInt(digits, base, 64); err == nil {
			return integer{uint64(i), false}, true
		}
		u, err := strconv.ParseUint(digits, base, 64)
		return integer{u, true}, err == nil
	}
	return integerOf(lv)
}

// floorDiv divides and rounds down.
func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b != 0 && (a < 0) != (b < 0) {
		q--
	}
	return q
}
