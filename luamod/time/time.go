// Package timemod is the Lua module time of SPEC section 3: durations, points
// in time, and waiting. All of its time is the node's clock. Durations and
// points in time themselves, with their operators and methods, are lua's.
package timemod

import (
	_ "embed"
	"math"
	"strings"
	"time"

	glua "github.com/yuin/gopher-lua"

	"wippy/lua"
	"wippy/luamod"
	"wippy/mailbox"
)

//go:embed time.lua
var stub string

// Module makes the module; start is when the node started, on its clock.
func Module(start time.Time) luamod.Module {
	funcs := map[string]glua.LGFunction{
		"parse_duration": parseDuration,
		"duration":       duration,
		"now":            now,
		"unix":           unix,
		"parse":          parse,
		"sleep":          sleep,
		"after":          after,
		"ticker":         ticker,
		"monotonic": func(L *glua.LState) int {
			L.Push(lua.NewDuration(L, clockNow(L).Sub(start)))
			return 1
		},
	}
	for name, unit := range units {
		funcs[name+"s"] = constructor("time."+name+"s", unit)
	}
	return luamod.Module{
		Name:   "time",
		Stub:   stub,
		Always: true,
		Open: func(s *lua.State) glua.LValue {
			t := luamod.NewTable(s.Main(), funcs)
			for name, unit := range units {
				t.RawSetString(strings.ToUpper(name), lua.NewDuration(s.Main(), unit))
			}
			return t
		},
	}
}

// units are the constants, and in the plural the constructors.
var units = map[string]time.Duration{
	"nanosecond":  time.Nanosecond,
	"microsecond": time.Microsecond,
	"millisecond": time.Millisecond,
	"second":      time.Second,
	"minute":      time.Minute,
	"hour":        time.Hour,
}

func clockNow(L *glua.LState) time.Time { return lua.From(L).Context().Clock().Now() }

// constructor makes the function that gives n units. What is longer than 292
// years is 292 years, as wherever a duration is taken.
func constructor(fn string, unit time.Duration) glua.LGFunction {
	return func(L *glua.LState) int {
		var v mailbox.Value
		switch lv := L.Get(1).(type) {
		case glua.LNumber:
			v = mailbox.Float(float64(lv))
		case *glua.LUserData:
			v, _ = lua.ToValue(L, lv)
		}
		bits, negative, whole := v.Integer()
		f := v.Float() * float64(unit)
		var d time.Duration
		switch {
		case v.Kind() != mailbox.KindFloat && !whole, math.IsNaN(f):
			lua.ArgError(L, fn, 1, "a number")
		case whole:
			d = scale(bits, negative, unit)
		case math.Abs(f) < math.MaxInt64:
			d = time.Duration(math.Round(f))
		default:
			d = scale(math.MaxInt64, false, unit)
			if f < 0 {
				d = -d
			}
		}
		L.Push(lua.NewDuration(L, d))
		return 1
	}
}

// scale multiplies the integer of mailbox.Value.Integer, within the range of a
// duration.
func scale(bits uint64, negative bool, unit time.Duration) time.Duration {
	switch i := int64(bits); {
	case negative && i < int64(math.MinInt64/unit):
		return math.MinInt64
	case !negative && bits > uint64(math.MaxInt64/unit):
		return math.MaxInt64
	default:
		return time.Duration(i) * unit
	}
}

func parseDuration(L *glua.LState) int {
	s, ok := L.Get(1).(glua.LString)
	if !ok {
		lua.ArgError(L, "time.parse_duration", 1, `a string like "1h30m"`)
	}
	d, err := time.ParseDuration(string(s))
	if err != nil {
		return lua.PushError(L, mailbox.Errorf(mailbox.Invalid,
			`time.parse_duration: expected numbers with units, like "1h30m" or "250ms", got %v`, mailbox.String(string(s))))
	}
	L.Push(lua.NewDuration(L, d))
	return 1
}

// duration implements time.duration(d): whatever is taken for a duration, as one.
func duration(L *glua.LState) int {
	L.Push(lua.NewDuration(L, lua.CheckDuration(L, 1, "time.duration")))
	return 1
}

func now(L *glua.LState) int {
	L.Push(lua.NewTime(L, clockNow(L)))
	return 1
}

// The seconds of time.unix: the years 1 to 9999, which every format can write.
const (
	firstSecond = -62135596800
	lastSecond  = 253402300799
)

func unix(L *glua.LState) int {
	sec, ok := L.Get(1).(glua.LNumber)
	if !ok || !(sec >= firstSecond && sec <= lastSecond) {
		lua.ArgError(L, "time.unix", 1, "a number of seconds in the years 1 to 9999")
	}
	whole, fraction := math.Modf(float64(sec))
	L.Push(lua.NewTime(L, time.Unix(int64(whole), int64(math.Round(fraction*1e9)))))
	return 1
}

func sleep(L *glua.LState) int {
	d := lua.CheckDuration(L, 1, "time.sleep")
	lua.From(L).Context().Sleep(max(d, 0))
	return 0
}

// after delivers one message to the calling process: at once for a delay that
// is not above zero.
func after(L *glua.LState) int {
	d := lua.CheckDuration(L, 1, "time.after")
	return order(L, "time.after", "timer", max(d, 0), 0)
}

func ticker(L *glua.LState) int {
	d := lua.CheckDuration(L, 1, "time.ticker")
	if d <= 0 {
		L.RaiseError("time.ticker: argument 1: expected a duration above zero, got %v", d)
	}
	return order(L, "time.ticker", "tick", d, d)
}

// order orders the messages of a timer, and pushes its object.
func order(L *glua.LState, fn, topic string, d, period time.Duration) int {
	switch given := L.Get(2).(type) {
	case glua.LString:
		topic = string(given)
	case *glua.LNilType:
	default:
		lua.ArgError(L, fn, 2, "a topic, which is a string")
	}
	payload, err := lua.ToValues(L, 3)
	if err != nil {
		return lua.PushError(L, err)
	}
	stop, err := lua.From(L).Context().SendAfter(d, period, topic, payload)
	if err != nil {
		return lua.PushError(L, err)
	}
	L.Push(luamod.NewTimer(L, stop))
	return 1
}
