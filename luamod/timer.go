package luamod

import (
	glua "github.com/yuin/gopher-lua"

	"wippy/lua"
)

// timerType names the metatable of timers.
const timerType = "timer"

// NewTimer makes the Lua value of a timer: an object whose cancel method calls
// stop and gives what it says, whether the timer was withdrawn in time. stop
// must not mind a second call. A timer that nothing refers to runs on.
func NewTimer(L *glua.LState, stop func() bool) glua.LValue {
	ud := L.NewUserData()
	ud.Value = timer{stop}
	ud.Metatable = lua.From(L).Metatable(timerType, func(mt *glua.LTable) {
		mt.RawSetString("__index", NewTable(L, map[string]glua.LGFunction{"cancel": cancelTimer}))
		mt.RawSetString("__tostring", L.NewFunction(func(L *glua.LState) int {
			L.Push(glua.LString(timerType))
			return 1
		}))
	})
	return ud
}

type timer struct{ stop func() bool }

func cancelTimer(L *glua.LState) int {
	ud, _ := L.Get(1).(*glua.LUserData)
	if ud != nil {
		if t, ok := ud.Value.(timer); ok {
			L.Push(glua.LBool(t.stop()))
			return 1
		}
	}
	lua.ArgError(L, "timer:cancel", 1, "a timer")
	return 0
}
