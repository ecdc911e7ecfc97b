package process

import (
	"maps"
	"slices"

	glua "github.com/yuin/gopher-lua"

	"wippy/lua"
	"wippy/luamod"
	"wippy/mailbox"
	"wippy/runtime/process"
)

// info implements process.info([dest]).
func info(L *glua.LState) int {
	ctx := context(L)
	dest := ctx.Self()
	if L.Get(1) != glua.LNil {
		dest = checkDest(L, "process.info")
	}
	i, ok := ctx.Info(dest)
	if !ok {
		return lua.PushError(L, mailbox.NoProcess(dest))
	}
	lua.From(L).Grow(infoBytes)
	meter := luamod.NewMeter(L)
	t := L.CreateTable(0, 22)
	t.RawSetString("pid", glua.LString(i.PID))
	t.RawSetString("entry", glua.LString(i.Entry))
	t.RawSetString("group", glua.LString(i.Group))
	if i.Parent != "" {
		t.RawSetString("parent", glua.LString(i.Parent))
	}
	t.RawSetString("state", glua.LString(i.State))
	t.RawSetString("steps", glua.LNumber(i.Steps))
	t.RawSetString("mailbox", glua.LNumber(i.Mailbox))
	t.RawSetString("dropped", glua.LNumber(i.Dropped))
	t.RawSetString("fuel", glua.LNumber(i.Fuel))
	t.RawSetString("memory", glua.LNumber(i.Memory))
	t.RawSetString("peak", glua.LNumber(i.Peak))
	t.RawSetString("uptime", lua.NewDuration(L, i.Uptime))
	t.RawSetString("children", glua.LNumber(i.Children))
	t.RawSetString("names", stringList(L, meter, i.Names))
	t.RawSetString("groups", stringList(L, meter, i.Groups))
	t.RawSetString("limits", limitsTable(L, i.Limits))
	t.RawSetString("links", stringList(L, meter, i.Links))
	t.RawSetString("trap_links", glua.LBool(i.TrapLinks))
	lua.From(L).Grow(len(i.Monitors) * 2 * listedBytes)
	monitors := L.CreateTable(0, len(i.Monitors))
	for _, ref := range slices.Sorted(maps.Keys(i.Monitors)) {
		meter.Bytes(entryBytes)
		monitors.RawSet(glua.LNumber(ref), glua.LString(i.Monitors[ref]))
	}
	t.RawSetString("monitors", monitors)
	t.RawSetString("monitored_by", stringList(L, meter, i.MonitoredBy))
	L.Push(t)
	return 1
}

// limitsTable gives the limits that are set, by their YAML names.
func limitsTable(L *glua.LState, l process.Limits) *glua.LTable {
	t := L.NewTable()
	for name, limit := range map[string]int64{
		"max_execution_ms": l.MaxExecutionMS, "max_fuel": l.MaxFuel, "max_memory": l.MaxMemory,
		"max_output": l.MaxOutput, "max_handles": l.MaxHandles, "max_children": l.MaxChildren,
	} {
		if limit > 0 {
			t.RawSetString(name, glua.LNumber(limit))
		}
	}
	return t
}

const (
	// entryBytes is what an entry of a list counts as in work: one may have as
	// many as there are processes.
	entryBytes = 32
	// listedBytes is what it takes of memory, with its text; infoBytes what the
	// table of info takes without its lists.
	listedBytes = 48
	infoBytes   = 8 << 10
)

func stringList[T ~string](L *glua.LState, meter *luamod.Meter, list []T) *glua.LTable {
	lua.From(L).Grow(len(list) * listedBytes)
	t := L.CreateTable(len(list), 0)
	for _, s := range list {
		meter.Bytes(entryBytes)
		t.Append(glua.LString(s))
	}
	return t
}

// list implements process.list([group]).
func list(L *glua.LState) int {
	ctx := context(L)
	group := ""
	if L.Get(1) != glua.LNil {
		group = process.Qualify(ctx, checkString(L, 1, "process.list", "a process group's ID"))
	}
	pids, err := ctx.List(group)
	if err != nil {
		return lua.PushError(L, err)
	}
	L.Push(stringList(L, luamod.NewMeter(L), pids))
	return 1
}
