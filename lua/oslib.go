package lua

import (
	"strings"
	"time"

	glua "github.com/yuin/gopher-lua"
)

// osClock is the seconds since the process began, by the node's clock: the
// processor time of one process is not known.
func osClock(L *glua.LState) int {
	s := From(L)
	L.Push(glua.LNumber(s.ctx.Clock().Now().Sub(s.started).Seconds()))
	return 1
}

func osDiffTime(L *glua.LState) int {
	L.Push(checkNumber(L, 1) - optNumber(L, 2, 0))
	return 1
}

func optNumber(L *glua.LState, n int, otherwise glua.LNumber) glua.LNumber {
	if L.Get(n) == glua.LNil {
		return otherwise
	}
	return checkNumber(L, n)
}

// MaxLayout bounds the text of a time and of its layout, in bytes: nothing
// interrupts what formats and parses them.
const MaxLayout = 4 << 10

// osTime is the seconds since 1970, of now or of a table in local time.
func osTime(L *glua.LState) int {
	now := From(L).ctx.Clock().Now()
	if L.Get(1) == glua.LNil {
		L.Push(glua.LNumber(now.Unix()))
		return 1
	}
	t := L.CheckTable(1)
	field := func(name string, def int) int {
		switch n := t.RawGetString(name).(type) {
		case glua.LNumber:
			return int(n)
		case glua.LString:
			if f, ok := parseNumber(string(n)).(glua.LNumber); ok {
				return int(f)
			}
		}
		if def < 0 {
			L.RaiseError("field '%s' missing in date table", name)
		}
		return def
	}
	year, month, day := field("year", -1), field("month", -1), field("day", -1)
	hour, minute, second := field("hour", 12), field("min", 0), field("sec", 0)
	at := time.Date(year, time.Month(month), day, hour, minute, second, 0, now.Location())
	L.Push(glua.LNumber(at.Unix()))
	return 1
}

// osDate formats a time, or gives its parts for "*t"; "!" asks for UTC.
func osDate(L *glua.LState) int {
	format := L.OptString(1, "%c")
	if len(format) > MaxLayout {
		L.RaiseError("os.date: the format has more than %d bytes", MaxLayout)
	}
	t := From(L).ctx.Clock().Now()
	if L.Get(2) != glua.LNil {
		t = time.Unix(int64(checkNumber(L, 2)), 0).In(t.Location())
	}
	format, utc := strings.CutPrefix(format, "!")
	if utc {
		t = t.UTC()
	}
	if !strings.HasPrefix(format, "*t") {
		L.Push(glua.LString(strftime(t, format)))
		return 1
	}
	From(L).grow(tableBytes + 9*keyBytes)
	parts := L.CreateTable(0, 9)
	for name, n := range map[string]int{
		"year": t.Year(), "month": int(t.Month()), "day": t.Day(),
		"hour": t.Hour(), "min": t.Minute(), "sec": t.Second(),
		"wday": int(t.Weekday()) + 1, "yday": t.YearDay(),
	} {
		parts.RawSetString(name, glua.LNumber(n))
	}
	parts.RawSetString("isdst", glua.LBool(t.IsDST()))
	L.Push(parts)
	return 1
}
