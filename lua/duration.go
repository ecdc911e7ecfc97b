package lua

import (
	"math"
	"time"

	glua "github.com/yuin/gopher-lua"
)

// durationMeta is the metatable of durations: + and - among themselves, * and /
// by a number, / and % by a duration, comparison, and :seconds() and its kin.
// What leaves the range of ±292 years is an error.
var durationMeta = sharedTable()

func init() {
	fillMetatable(durationMeta, "duration", durationMethods(), map[string]glua.LGFunction{
		"__add": func(L *glua.LState) int {
			if t, ok := TimeOf(L.Get(2)); ok {
				L.Push(NewTime(L, t.Add(durationOperand(L, 1, "add"))))
				return 1
			}
			a, b := durationOperand(L, 1, "add"), durationOperand(L, 2, "add")
			return pushDuration(L, a+b, (a+b > a) == (b > 0))
		},
		"__sub": func(L *glua.LState) int {
			a, b := durationOperand(L, 1, "subtract"), durationOperand(L, 2, "subtract")
			return pushDuration(L, a-b, (a-b < a) == (b > 0))
		},
		"__mul": func(L *glua.LState) int {
			d, isFirst := DurationOf(L.Get(1))
			factor := L.Get(2)
			if !isFirst {
				d, factor = durationOperand(L, 2, "multiply"), L.Get(1)
			}
			n, ok := factor.(glua.LNumber)
			if !ok {
				L.RaiseError("cannot multiply a duration by %s", describe(factor))
			}
			return pushScaled(L, d, float64(n), float64(d)*float64(n))
		},
		"__div": func(L *glua.LState) int {
			d := durationOperand(L, 1, "divide")
			if by, ok := DurationOf(L.Get(2)); ok {
				L.Push(glua.LNumber(float64(d) / float64(by)))
				return 1
			}
			n, ok := L.Get(2).(glua.LNumber)
			if !ok {
				L.RaiseError("cannot divide a duration by %s", describe(L.Get(2)))
			}
			return pushScaled(L, d, 1/float64(n), float64(d)/float64(n))
		},
		"__mod": func(L *glua.LState) int {
			a, b := durationOperand(L, 1, "divide"), durationOperand(L, 2, "divide")
			if b == 0 {
				L.RaiseError("attempt to divide a duration by 0s")
			}
			return pushDuration(L, floorMod(a, b), true)
		},
		"__unm": func(L *glua.LState) int {
			d := durationOperand(L, 1, "negate")
			return pushDuration(L, -d, d != math.MinInt64)
		},
		"__eq": func(L *glua.LState) int {
			L.Push(glua.LBool(durationOperand(L, 1, "compare") == durationOperand(L, 2, "compare")))
			return 1
		},
		"__lt": func(L *glua.LState) int {
			L.Push(glua.LBool(durationOperand(L, 1, "compare") < durationOperand(L, 2, "compare")))
			return 1
		},
		"__le": func(L *glua.LState) int {
			L.Push(glua.LBool(durationOperand(L, 1, "compare") <= durationOperand(L, 2, "compare")))
			return 1
		},
	}, func(v any) string { return v.(time.Duration).String() })
}

func durationMethods() map[string]glua.LGFunction {
	methods := map[string]glua.LGFunction{
		// nanoseconds is exact: beyond 2^53 it is an int64.
		"nanoseconds": func(L *glua.LState) int {
			L.Push(NewInt(L, int64(checkSelfDuration(L, "nanoseconds"))))
			return 1
		},
	}
	for name, unit := range map[string]time.Duration{
		"microseconds": time.Microsecond,
		"milliseconds": time.Millisecond,
		"seconds":      time.Second,
		"minutes":      time.Minute,
		"hours":        time.Hour,
	} {
		methods[name] = func(L *glua.LState) int {
			d := checkSelfDuration(L, name)
			L.Push(glua.LNumber(float64(d/unit) + float64(d%unit)/float64(unit)))
			return 1
		}
	}
	for name, f := range map[string]func(d, to time.Duration) time.Duration{
		"round":    time.Duration.Round,
		"truncate": time.Duration.Truncate,
	} {
		methods[name] = func(L *glua.LState) int {
			L.Push(NewDuration(L, f(checkSelfDuration(L, name), CheckDuration(L, 2, "duration:"+name))))
			return 1
		}
	}
	methods["abs"] = func(L *glua.LState) int {
		L.Push(NewDuration(L, checkSelfDuration(L, "abs").Abs()))
		return 1
	}
	return methods
}

// NewDuration makes the Lua value of a length of time.
func NewDuration(L *glua.LState, d time.Duration) glua.LValue {
	return userData(L, d, durationMeta)
}

// DurationOf gives back what NewDuration was given; false for every other
// value. See CheckDuration for what else is taken for a duration.
func DurationOf(lv glua.LValue) (time.Duration, bool) {
	if ud, ok := lv.(*glua.LUserData); ok {
		d, ok := ud.Value.(time.Duration)
		return d, ok
	}
	return 0, false
}

// CheckDuration gives argument n of the function fn: a duration, a number of
// seconds, or a string like "5s" (SPEC section 3, "Lua"). Anything else is an
// ArgError. What is longer than 292 years, such as math.huge seconds, is 292 years.
func CheckDuration(L *glua.LState, n int, fn string) time.Duration {
	d, ok := toDuration(L.Get(n))
	if !ok {
		ArgError(L, fn, n, `a duration, a number of seconds or a string like "5s"`)
	}
	return d
}

// OptDuration is CheckDuration with def for nil or nothing.
func OptDuration(L *glua.LState, n int, fn string, def time.Duration) time.Duration {
	if L.Get(n) == glua.LNil {
		return def
	}
	return CheckDuration(L, n, fn)
}

func toDuration(lv glua.LValue) (time.Duration, bool) {
	switch v := lv.(type) {
	case glua.LNumber:
		return fromSeconds(float64(v))
	case glua.LString:
		d, err := time.ParseDuration(string(v))
		return d, err == nil
	}
	return DurationOf(lv)
}

func fromSeconds(s float64) (time.Duration, bool) {
	ns := s * float64(time.Second)
	switch {
	case math.IsNaN(s):
		return 0, false
	case ns >= math.MaxInt64:
		return math.MaxInt64, true
	case ns <= math.MinInt64:
		return math.MinInt64, true
	}
	return time.Duration(math.Round(ns)), true
}

func checkSelfDuration(L *glua.LState, method string) time.Duration {
	d, ok := DurationOf(L.Get(1))
	if !ok {
		ArgError(L, "duration:"+method, 1, "a duration")
	}
	return d
}

func durationOperand(L *glua.LState, n int, verb string) time.Duration {
	d, ok := DurationOf(L.Get(n))
	if !ok {
		L.RaiseError("cannot %s %s and %s", verb, describe(L.Get(1)), describe(L.Get(2)))
	}
	return d
}

// pushScaled pushes d * factor. Whole factors keep every nanosecond; for the
// rest, product is the result in floating point.
func pushScaled(L *glua.LState, d time.Duration, factor, product float64) int {
	if i := int64(factor); float64(i) == factor && math.Abs(product) < 1<<62 {
		return pushDuration(L, d*time.Duration(i), true)
	}
	return pushDuration(L, time.Duration(math.Round(product)), math.Abs(product) < math.MaxInt64)
}

func pushDuration(L *glua.LState, d time.Duration, fits bool) int {
	if !fits {
		L.RaiseError("the duration is out of range: at most %s", time.Duration(math.MaxInt64))
	}
	L.Push(NewDuration(L, d))
	return 1
}

// floorMod is Lua's %: the result has the divisor's sign.
func floorMod[T ~int64](a, b T) T {
	m := a % b
	if m != 0 && (m < 0) != (b < 0) {
		m += b
	}
	return m
}
