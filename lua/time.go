package lua

import (
	"strings"
	"time"

	glua "github.com/yuin/gopher-lua"
)

// timeMeta is the metatable of points in time: a time plus or minus a duration,
// the duration between two times, comparison, parts and formatting.
var timeMeta = sharedTable()

func init() {
	fillMetatable(timeMeta, "time", timeMethods(), map[string]glua.LGFunction{
		"__add": func(L *glua.LState) int {
			t, isTime := TimeOf(L.Get(1))
			d, isDuration := DurationOf(L.Get(2))
			if !isTime || !isDuration {
				L.RaiseError("cannot add %s and %s", describe(L.Get(1)), describe(L.Get(2)))
			}
			L.Push(NewTime(L, t.Add(d)))
			return 1
		},
		"__sub": func(L *glua.LState) int {
			t, ok := TimeOf(L.Get(1))
			if other, isTime := TimeOf(L.Get(2)); ok && isTime {
				L.Push(NewDuration(L, t.Sub(other)))
				return 1
			}
			d, isDuration := DurationOf(L.Get(2))
			if !ok || !isDuration {
				L.RaiseError("cannot subtract %s from %s", describe(L.Get(2)), describe(L.Get(1)))
			}
			L.Push(NewTime(L, t.Add(-d)))
			return 1
		},
		"__eq": func(L *glua.LState) int {
			L.Push(glua.LBool(timeOperand(L, 1).Equal(timeOperand(L, 2))))
			return 1
		},
		"__lt": func(L *glua.LState) int {
			L.Push(glua.LBool(timeOperand(L, 1).Before(timeOperand(L, 2))))
			return 1
		},
		"__le": func(L *glua.LState) int {
			L.Push(glua.LBool(!timeOperand(L, 1).After(timeOperand(L, 2))))
			return 1
		},
	}, func(v any) string { return v.(time.Time).Format(time.RFC3339Nano) })
}

func timeMethods() map[string]glua.LGFunction {
	methods := map[string]glua.LGFunction{
		// unix is in seconds with the fraction; the others are whole.
		"unix": func(L *glua.LState) int {
			t := checkSelfTime(L, "unix")
			L.Push(glua.LNumber(float64(t.Unix()) + float64(t.Nanosecond())/1e9))
			return 1
		},
		"unix_nano": func(L *glua.LState) int {
			L.Push(NewInt(L, checkSelfTime(L, "unix_nano").UnixNano()))
			return 1
		},
		"format": func(L *glua.LState) int {
			t := checkSelfTime(L, "format")
			layout, ok := L.Get(2).(glua.LString)
			switch {
			case L.Get(2) == glua.LNil:
				layout = time.RFC3339Nano
			case !ok:
				ArgError(L, "time:format", 2, `a layout like "%Y-%m-%d" or "2006-01-02"`)
			}
			if len(layout) > MaxLayout {
				L.RaiseError("time:format: the layout has more than %d bytes", MaxLayout)
			}
			if strings.Contains(string(layout), "%") {
				L.Push(glua.LString(strftime(t, string(layout))))
			} else {
				L.Push(glua.LString(t.Format(string(layout))))
			}
			return 1
		},
		"utc": func(L *glua.LState) int {
			L.Push(NewTime(L, checkSelfTime(L, "utc").UTC()))
			return 1
		},
		"local": func(L *glua.LState) int {
			L.Push(NewTime(L, checkSelfTime(L, "local").Local()))
			return 1
		},
	}
	for name, part := range map[string]func(time.Time) int64{
		"unix_milli": time.Time.UnixMilli,
		"year":       func(t time.Time) int64 { return int64(t.Year()) },
		"month":      func(t time.Time) int64 { return int64(t.Month()) },
		"day":        func(t time.Time) int64 { return int64(t.Day()) },
		"hour":       func(t time.Time) int64 { return int64(t.Hour()) },
		"minute":     func(t time.Time) int64 { return int64(t.Minute()) },
		"second":     func(t time.Time) int64 { return int64(t.Second()) },
		"nanosecond": func(t time.Time) int64 { return int64(t.Nanosecond()) },
		"year_day":   func(t time.Time) int64 { return int64(t.YearDay()) },
		"weekday":    func(t time.Time) int64 { return int64(t.Weekday()) }, // Sunday is 0
	} {
		methods[name] = func(L *glua.LState) int {
			L.Push(NewInt(L, part(checkSelfTime(L, name))))
			return 1
		}
	}
	return methods
}

// NewTime makes the Lua value of a point in time.
func NewTime(L *glua.LState, t time.Time) glua.LValue {
	return userData(L, t, timeMeta)
}

// TimeOf gives back what NewTime was given; false for every other value.
func TimeOf(lv glua.LValue) (time.Time, bool) {
	if ud, ok := lv.(*glua.LUserData); ok {
		t, ok := ud.Value.(time.Time)
		return t, ok
	}
	return time.Time{}, false
}

func checkSelfTime(L *glua.LState, method string) time.Time {
	t, ok := TimeOf(L.Get(1))
	if !ok {
		ArgError(L, "time:"+method, 1, "a time")
	}
	return t
}

func timeOperand(L *glua.LState, n int) time.Time {
	t, ok := TimeOf(L.Get(n))
	if !ok {
		L.RaiseError("cannot compare %s and %s", describe(L.Get(1)), describe(L.Get(2)))
	}
	return t
}
