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
	"spawn":                  spawner("process.spawn", process.Spawn{}),
	"spawn_monitored":        spawner("process.spawn_monitored", process.Spawn{Monitor: true}),
	"spawn_linked":           spawner("process.spawn_linked", process.Spawn{Link: true}),
	"spawn_linked_monitored": spawner("process.spawn_linked_monitored", process.Spawn{Link: true, Monitor: true}),
	"spawn_owned":            spawner("process.spawn_owned", process.Spawn{Bound: true, Monitor: true}),
	"exec":                   exec,
	"upgrade":                upgrade,
	"inbox":                  openInbox,
	"self":                   self,
	"send":                   send,
	"send_after":             sendAfter,
	"receive":                receive,
	"monitor":                monitor,
	"unmonitor":              unmonitor,
	"link":                   link,
	"unlink":                 unlink,
	"set_options":            setOptions,
	"cancel":                 cancel,
	"terminate":              terminate,
	"exit":                   exit,
	"info":                   info,
	"list":                   list,
}

var registryFunctions = map[string]glua.LGFunction{
	"register":   register,
	"lookup":     lookup,
	"unregister": unregister,
}

// The shapes and values of the module's tables. Their functions have no state,
// so that all processes share them: an idle process is a kilobyte smaller.
var (
	shape, values                 = tableOf(functions)
	registryShape, registryValues = tableOf(registryFunctions)
	groupShape, groupValues       = tableOf(groupFunctions)
)

func tableOf(functions map[string]glua.LGFunction) (*lua.Shape, []glua.LValue) {
	names := slices.Sorted(maps.Keys(functions))
	values := make([]glua.LValue, len(names))
	for i, name := range names {
		values[i] = shared(functions[name])
	}
	return lua.NewShape(names...), values
}

// shared makes a function that every process may have.
func shared(f glua.LGFunction) *glua.LFunction {
	return &glua.LFunction{IsG: true, Env: new(glua.LState).NewTable(), GFunction: f}
}

// meta is the metatable of the module's table in every process, which no script
// can reach. It makes the tables process.registry and process.group once somebody
// asks for them.
var meta = func() *glua.LTable {
	mt := new(glua.LState).NewTable()
	mt.RawSetString("__metatable", glua.LString("process"))
	mt.RawSetString("__index", shared(func(L *glua.LState) int {
		module, ok := L.Get(1).(*glua.LTable)
		if !ok {
			return 0
		}
		var made *glua.LTable
		switch L.Get(2) {
		case glua.LString("registry"):
			made = registryShape.Table(L, registryValues...)
		case glua.LString("group"):
			made = groupShape.Table(L, groupValues...)
		default:
			return 0
		}
		module.RawSet(L.Get(2), made)
		L.Push(made)
		return 1
	}))
	return mt
}()

func open(s *lua.State) glua.LValue {
	module := shape.Table(s.Main(), values...)
	module.Metatable = meta
	return module
}

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

// checkSpawn gives the spawn that the arguments ask for, entry, group and what
// the process gets. The error is of an argument that cannot cross.
func checkSpawn(L *glua.LState, fn string, r process.Spawn) (process.Spawn, error) {
	ctx := context(L)
	r.Entry = process.Qualify(ctx, checkString(L, 1, fn, "an entry ID"))
	r.Group = process.Qualify(ctx, checkString(L, 2, fn, "a process group's ID"))
	var err error
	r.Args, err = lua.ToValues(L, 3)
	return r, err
}

// spawner makes one of the functions that spawn.
func spawner(fn string, how process.Spawn) glua.LGFunction {
	return func(L *glua.LState) int {
		r, err := checkSpawn(L, fn, how)
		if err != nil {
			return lua.PushError(L, err)
		}
		pid, err := context(L).Spawn(r)
		if err != nil {
			return lua.PushError(L, err)
		}
		L.Push(glua.LString(pid))
		return 1
	}
}

// exec gives what the process returned, or nil and why it did not.
func exec(L *glua.LState) int {
	r, err := checkSpawn(L, "process.exec", process.Spawn{})
	if err != nil {
		return lua.PushError(L, err)
	}
	e, err := context(L).Exec(r)
	if err != nil {
		return lua.PushError(L, err)
	}
	if e.Err != nil {
		return lua.PushError(L, e.Err)
	}
	for _, v := range e.Values {
		L.Push(lua.FromValue(L, v))
	}
	return len(e.Values)
}

// upgrade returns only where the process goes on as it is.
func upgrade(L *glua.LState) int {
	entry := process.Qualify(context(L), checkString(L, 1, "process.upgrade", "an entry ID"))
	state, err := lua.ToValues(L, 2)
	if err == nil {
		err = lua.From(L).Upgrade(entry, state)
	}
	return lua.PushError(L, err)
}

func self(L *glua.LState) int {
	L.Push(glua.LString(context(L).Self()))
	return 1
}

func send(L *glua.LState) int {
	return sendBy(L, "process.send", context(L).Send)
}

// sendAfter orders one message, to whoever has a name when it is due.
func sendAfter(L *glua.LState) int {
	const fn = "process.send_after"
	d := max(lua.CheckDuration(L, 1, fn), 0)
	to := mailbox.PID(checkString(L, 2, fn, "a PID or a registered name"))
	topic := checkString(L, 3, fn, "a topic (string)")
	values, err := lua.ToValues(L, 4)
	if err != nil {
		return lua.PushError(L, err)
	}
	ctx := context(L)
	ref, err := ctx.PostAfter(d, to, topic, values)
	if err != nil {
		return lua.PushError(L, err)
	}
	L.Push(luamod.NewTimer(L, func() bool { return ctx.StopTimer(ref) }))
	return 1
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
	return monitorBy(L, "process.monitor", context(L).Monitor)
}

func unmonitor(L *glua.LState) int {
	switch v := L.Get(1).(type) {
	case glua.LNumber:
		L.Push(glua.LBool(context(L).Demonitor(mailbox.Ref(v))))
	case glua.LString:
		L.Push(glua.LBool(context(L).DemonitorAll(mailbox.PID(v))))
	default:
		lua.ArgError(L, "process.unmonitor", 1, "a monitor's ref, a PID or a registered name")
	}
	return 1
}

func link(L *glua.LState) int { return done(L, context(L).Link(checkDest(L, "process.link"))) }

func unlink(L *glua.LState) int {
	L.Push(glua.LBool(context(L).Unlink(checkDest(L, "process.unlink"))))
	return 1
}

// setOptions sets what its table has, and leaves the rest.
func setOptions(L *glua.LState) int {
	const fn = "process.set_options"
	options, ok := L.Get(1).(*glua.LTable)
	if !ok {
		lua.ArgError(L, fn, 1, "a table of options")
	}
	trap := glua.LNil
	options.ForEach(func(k, v glua.LValue) {
		if k != glua.LString("trap_links") {
			L.RaiseError("%s: argument 1: there is no option %s; there is trap_links", fn, luamod.Describe(k))
		}
		if v.Type() != glua.LTBool {
			L.RaiseError("%s: argument 1: trap_links: expected a boolean, got %s", fn, luamod.Describe(v))
		}
		trap = v
	})
	if trap != glua.LNil {
		context(L).TrapLinks(glua.LVAsBool(trap))
	}
	L.Push(glua.LTrue)
	return 1
}

func register(L *glua.LState) int {
	const fn = "process.registry.register"
	ctx := context(L)
	name := checkString(L, 1, fn, "a name (string)")
	dest := ctx.Self()
	if L.Get(2) != glua.LNil {
		dest = mailbox.PID(checkString(L, 2, fn, "a PID"))
	}
	return done(L, ctx.Register(name, dest))
}

func lookup(L *glua.LState) int {
	pid, ok := context(L).Lookup(checkString(L, 1, "process.registry.lookup", "a name (string)"))
	if !ok {
		L.Push(glua.LNil)
	} else {
		L.Push(glua.LString(pid))
	}
	return 1
}

func unregister(L *glua.LState) int {
	return done(L, context(L).Unregister(checkString(L, 1, "process.registry.unregister", "a name (string)")))
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
