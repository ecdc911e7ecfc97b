// Package process is the Lua module `process`: how a script spawns, monitors,
// messages and ends processes (SPEC section 3). Every function acts on the
// calling process through its process.Context; what fails for a reason outside
// the script is returned as nil, err, and misuse of an argument's type is
// raised.
package process

import (
	_ "embed"
	"maps"
	"slices"

	glua "github.com/yuin/gopher-lua"

	"wippy/lua"
	"wippy/luamod"
	"wippy/mailbox"
	"wippy/runtime/process"
)

//go:embed process.lua
var stub string

// Module gives the module; every script may require it, and has it as a global.
func Module() luamod.Module {
	return luamod.Module{Name: "process", Open: open, Stub: stub, Always: true}
}

var functions = map[string]glua.LGFunction{
	"spawn":           func(L *glua.LState) int { return spawn(L, "process.spawn", false) },
	"spawn_monitored": func(L *glua.LState) int { return spawn(L, "process.spawn_monitored", true) },
	"self":            self,
	"send":            send,
	"receive":         receive,
	"monitor":         monitor,
	"unmonitor":       unmonitor,
	"cancel":          cancel,
	"terminate":       terminate,
	"exit":            exit,
	"info":            info,
	"list":            list,
}

// shape and values make the module's table. Its functions have no state, so
// that all processes share them: an idle process is a kilobyte smaller.
var shape, values = func() (*lua.Shape, []glua.LValue) {
	names := slices.Sorted(maps.Keys(functions))
	env := new(glua.LState).NewTable()
	values := make([]glua.LValue, len(names))
	for i, name := range names {
		values[i] = &glua.LFunction{IsG: true, Env: env, GFunction: functions[name]}
	}
	return lua.NewShape(names...), values
}()

func open(s *lua.State) glua.LValue { return shape.Table(s.Main(), values...) }

func context(L *glua.LState) process.Context { return lua.From(L).Context() }

func checkString(L *glua.LState, n int, fn, what string) string {
	s, ok := L.Get(n).(glua.LString)
	if !ok {
		lua.ArgError(L, fn, n, what)
	}
	return string(s)
}

func checkDest(L *glua.LState, fn string) mailbox.PID {
	return mailbox.PID(checkString(L, 1, fn, "a PID or a registered name"))
}

func spawn(L *glua.LState, fn string, monitored bool) int {
	ctx := context(L)
	entry := process.Qualify(ctx, checkString(L, 1, fn, "an entry ID"))
	group := process.Qualify(ctx, checkString(L, 2, fn, "a process group's ID"))
	args, err := lua.ToValues(L, 3)
	if err != nil {
		return lua.PushError(L, err)
	}
	pid, err := ctx.Spawn(process.Spawn{Entry: entry, Group: group, Args: args, Monitor: monitored})
	if err != nil {
		return lua.PushError(L, err)
	}
	L.Push(glua.LString(pid))
	return 1
}

func self(L *glua.LState) int {
	L.Push(glua.LString(context(L).Self()))
	return 1
}

func send(L *glua.LState) int {
	to := checkDest(L, "process.send")
	topic := checkString(L, 2, "process.send", "a topic (string)")
	values, err := lua.ToValues(L, 3)
	if err != nil {
		return lua.PushError(L, err)
	}
	return done(L, context(L).Send(to, topic, values))
}

// done returns true, or nil and the error.
func done(L *glua.LState, err error) int {
	if err != nil {
		return lua.PushError(L, err)
	}
	L.Push(glua.LTrue)
	return 1
}

func monitor(L *glua.LState) int {
	ref, err := context(L).Monitor(checkDest(L, "process.monitor"))
	if err != nil {
		return lua.PushError(L, err)
	}
	L.Push(glua.LNumber(ref))
	return 1
}

func unmonitor(L *glua.LState) int {
	switch v := L.Get(1).(type) {
	case glua.LNumber:
		L.Push(glua.LBool(context(L).Demonitor(mailbox.Ref(v))))
	case glua.LString:
		L.Push(glua.LBool(context(L).DemonitorAll(mailbox.PID(v))))
	default:
		lua.ArgError(L, "process.unmonitor", 1, "a monitor's ref or a PID")
	}
	return 1
}

func cancel(L *glua.LState) int {
	to := checkDest(L, "process.cancel")
	reason := ""
	if L.Get(2) != glua.LNil {
		reason = checkString(L, 2, "process.cancel", "a reason (string)")
	}
	grace := lua.OptDuration(L, 3, "process.cancel", process.DefaultGrace)
	return done(L, context(L).Cancel(to, reason, grace))
}

func terminate(L *glua.LState) int {
	return done(L, context(L).Terminate(checkDest(L, "process.terminate")))
}

func exit(L *glua.LState) int {
	values, err := lua.ToValues(L, 1)
	if err != nil {
		L.RaiseError("process.exit: %s", err.Error())
	}
	lua.From(L).Exit(values)
	return 0
}

func info(L *glua.LState) int {
	ctx := context(L)
	pid := ctx.Self()
	if L.Get(1) != glua.LNil {
		pid = checkDest(L, "process.info")
	}
	i, ok := ctx.Info(pid)
	if !ok {
		return lua.PushError(L, mailbox.Errorf(mailbox.NoProc, "there is no process %s", pid))
	}
	t := L.CreateTable(0, 10)
	t.RawSetString("pid", glua.LString(i.PID))
	t.RawSetString("entry", glua.LString(i.Entry))
	t.RawSetString("group", glua.LString(i.Group))
	t.RawSetString("state", glua.LString(i.State))
	t.RawSetString("steps", glua.LNumber(i.Steps))
	t.RawSetString("mailbox", glua.LNumber(i.Mailbox))
	t.RawSetString("dropped", glua.LNumber(i.Dropped))
	t.RawSetString("fuel", glua.LNumber(i.Fuel))
	t.RawSetString("memory", glua.LNumber(i.Memory))
	t.RawSetString("uptime", lua.NewDuration(L, i.Uptime))
	L.Push(t)
	return 1
}

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
	t := L.CreateTable(len(pids), 0)
	for _, pid := range pids {
		t.Append(glua.LString(pid))
	}
	L.Push(t)
	return 1
}
