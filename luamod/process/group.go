package process

import (
	glua "github.com/yuin/gopher-lua"

	"wippy/lua"
	"wippy/luamod"
	"wippy/mailbox"
)

// groupFunctions are the functions of process.group: sets of processes by name.
var groupFunctions = map[string]glua.LGFunction{
	"join":      join,
	"leave":     leave,
	"members":   members,
	"broadcast": broadcast,
	"monitor":   monitorGroup,
	"demonitor": demonitorGroup,
}

const groupName = "a group's name (string)"

// checkMember gives the group and the process of a membership; that is the caller
// where nothing else is said.
func checkMember(L *glua.LState, fn string) (string, mailbox.PID) {
	name, dest := checkString(L, 1, fn, groupName), context(L).Self()
	if L.Get(2) != glua.LNil {
		dest = mailbox.PID(checkString(L, 2, fn, "a PID or a registered name"))
	}
	return name, dest
}

func join(L *glua.LState) int {
	name, dest := checkMember(L, "process.group.join")
	return done(L, context(L).JoinGroup(name, dest))
}

func leave(L *glua.LState) int {
	name, dest := checkMember(L, "process.group.leave")
	L.Push(glua.LBool(context(L).LeaveGroup(name, dest)))
	return 1
}

func members(L *glua.LState) int {
	pids := context(L).GroupMembers(checkString(L, 1, "process.group.members", groupName))
	L.Push(stringList(L, luamod.NewMeter(L), pids))
	return 1
}

func broadcast(L *glua.LState) int {
	const fn = "process.group.broadcast"
	name := checkString(L, 1, fn, groupName)
	topic := checkString(L, 2, fn, "a topic (string)")
	values, err := lua.ToValues(L, 3)
	if err != nil {
		return lua.PushError(L, err)
	}
	taken, err := context(L).Broadcast(name, topic, values)
	if err != nil {
		return lua.PushError(L, err)
	}
	L.Push(glua.LNumber(taken))
	return 1
}

func monitorGroup(L *glua.LState) int {
	ref, pids, err := context(L).MonitorGroup(checkString(L, 1, "process.group.monitor", groupName))
	if err != nil {
		return lua.PushError(L, err)
	}
	L.Push(glua.LNumber(ref))
	L.Push(stringList(L, luamod.NewMeter(L), pids))
	return 2
}

func demonitorGroup(L *glua.LState) int {
	ref, ok := L.Get(1).(glua.LNumber)
	if !ok {
		lua.ArgError(L, "process.group.demonitor", 1, "a monitor's ref")
	}
	L.Push(glua.LBool(context(L).DemonitorGroup(mailbox.Ref(ref))))
	return 1
}
