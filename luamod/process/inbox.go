package process

import (
	glua "github.com/yuin/gopher-lua"

	"wippy/lua"
	"wippy/luamod"
	"wippy/mailbox"
	"wippy/runtime/process"
)

// inboxType names the metatable of inboxes.
const inboxType = "inbox"

// inboxBytes is about what an open inbox takes.
const inboxBytes = 512

// openInbox implements process.inbox().
func openInbox(L *glua.LState) int {
	in, err := context(L).OpenInbox()
	if err != nil {
		return lua.PushError(L, err)
	}
	lua.From(L).Grow(inboxBytes)
	ud := L.NewUserData()
	ud.Value = in
	ud.Metatable = lua.From(L).Metatable(inboxType, func(mt *glua.LTable) {
		mt.RawSetString("__index", luamod.NewTable(L, inboxMethods))
		mt.RawSetString("__tostring", L.NewFunction(inboxAddress))
	})
	L.Push(ud)
	return 1
}

var inboxMethods = map[string]glua.LGFunction{
	"address": inboxAddress,
	"receive": inboxReceive,
	"send":    inboxSend,
	"spawn":   inboxSpawn,
	"monitor": inboxMonitor,
	"close":   inboxClose,
}

// checkInbox takes the inbox from the arguments: what is left is as the
// process's function of that name has it.
func checkInbox(L *glua.LState, method string) process.Inbox {
	if ud, ok := L.Get(1).(*glua.LUserData); ok {
		if in, ok := ud.Value.(process.Inbox); ok {
			L.Remove(1)
			return in
		}
	}
	lua.ArgError(L, method, 1, "an inbox; call it with a colon")
	return nil
}

func inboxAddress(L *glua.LState) int {
	L.Push(glua.LString(checkInbox(L, "inbox:address").Address()))
	return 1
}

func inboxReceive(L *glua.LState) int {
	const fn = "inbox:receive"
	return receiveFrom(L, fn, checkInbox(L, fn))
}

func inboxSend(L *glua.LState) int {
	const fn = "inbox:send"
	in := checkInbox(L, fn)
	return sendBy(L, fn, in.Send)
}

func inboxSpawn(L *glua.LState) int {
	const fn = "inbox:spawn"
	in := checkInbox(L, fn)
	r, err := checkSpawn(L, fn, process.Spawn{Bound: true, Monitor: true})
	if err != nil {
		return lua.PushError(L, err)
	}
	pid, err := in.Spawn(r)
	if err != nil {
		return lua.PushError(L, err)
	}
	L.Push(glua.LString(pid))
	return 1
}

func inboxMonitor(L *glua.LState) int {
	const fn = "inbox:monitor"
	in := checkInbox(L, fn)
	return monitorBy(L, fn, in.Monitor)
}

func inboxClose(L *glua.LState) int {
	checkInbox(L, "inbox:close").Close()
	L.Push(glua.LTrue)
	return 1
}

// monitorBy monitors the first argument.
func monitorBy(L *glua.LState, fn string, monitor func(mailbox.PID) (mailbox.Ref, error)) int {
	ref, err := monitor(checkDest(L, fn))
	if err != nil {
		return lua.PushError(L, err)
	}
	L.Push(glua.LNumber(ref))
	return 1
}

// sendBy sends what the arguments say.
func sendBy(L *glua.LState, fn string, send func(mailbox.PID, string, []mailbox.Value) error) int {
	to := checkDest(L, fn)
	topic := checkString(L, 2, fn, "a topic (string)")
	values, err := lua.ToValues(L, 3)
	if err != nil {
		return lua.PushError(L, err)
	}
	return done(L, send(to, topic, values))
}
