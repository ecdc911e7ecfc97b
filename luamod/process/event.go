package process

import (
	glua "github.com/yuin/gopher-lua"

	"wippy/lua"
	"wippy/luamod"
	"wippy/mailbox"
)

// The tables of SPEC section 3, "Events".
var (
	messageShape = lua.NewShape("type", "from", "topic", "payload", "payloads")
	endShape     = lua.NewShape("type", "from", "ref", "entry", "reason", "value", "values") // eight keys are cheaper than nine
	exitShape    = lua.NewShape("type", "from", "ref", "entry", "reason", "value", "values", "code", "error", "report")
	reportShape  = lua.NewShape("entry", "pid", "group", "reason", "error", "trace", "memory", "fuel", "steps", "uptime")
	linkShape    = lua.NewShape("type", "from", "reason", "error")
	cancelShape  = lua.NewShape("type", "from", "reason", "deadline")
	changeShape  = lua.NewShape("type", "ref", "name", "joined", "left")
	countShape   = lua.NewShape("n")
)

// eventTypes holds the types boxed once: an event's table is built for every message.
var eventTypes = [...]glua.LValue{
	mailbox.Message:     glua.LString(mailbox.Message.String()),
	mailbox.ExitEvent:   glua.LString(mailbox.ExitEvent.String()),
	mailbox.LinkDown:    glua.LString(mailbox.LinkDown.String()),
	mailbox.CancelEvent: glua.LString(mailbox.CancelEvent.String()),
	mailbox.GroupEvent:  glua.LString(mailbox.GroupEvent.String()),
}

// eventTable gives an event as a plain table.
func eventTable(L *glua.LState, e *mailbox.Event) *glua.LTable {
	is, from := eventTypes[e.Type], optional(string(e.From))
	switch e.Type {
	case mailbox.ExitEvent:
		value, values := valueTable(L, e.Exit.Values)
		if !e.Exit.HasCode && e.Exit.Err == nil {
			return endShape.Table(L, is, from, glua.LNumber(e.Ref), optional(e.Exit.Entry),
				glua.LString(e.Exit.Reason), value, values)
		}
		var code glua.LValue
		if e.Exit.HasCode {
			code = glua.LNumber(e.Exit.Code)
		}
		return exitShape.Table(L, is, from, glua.LNumber(e.Ref), optional(e.Exit.Entry),
			glua.LString(e.Exit.Reason), value, values, code, errorValue(L, e.Exit), reportTable(L, e.Exit))
	case mailbox.LinkDown:
		return linkShape.Table(L, is, from, glua.LString(e.Exit.Reason), errorValue(L, e.Exit))
	case mailbox.CancelEvent:
		return cancelShape.Table(L, is, from, glua.LString(e.Cancel.Reason), lua.NewTime(L, e.Cancel.Deadline))
	case mailbox.GroupEvent:
		meter := luamod.NewMeter(L)
		return changeShape.Table(L, is, glua.LNumber(e.Ref), glua.LString(e.Topic),
			stringList(L, meter, e.Group.Joined), stringList(L, meter, e.Group.Left))
	}
	payload, payloads := valueTable(L, e.Values)
	return messageShape.Table(L, is, from, glua.LString(e.Topic), payload, payloads)
}

func optional(s string) glua.LValue {
	if s == "" {
		return nil
	}
	return glua.LString(s)
}

func errorValue(L *glua.LState, e *mailbox.Exit) glua.LValue {
	if e.Err == nil {
		return nil
	}
	return lua.ErrorValue(L, e.Err)
}

// reportTable gives the report of an end other than normal; nil where there is none.
func reportTable(L *glua.LState, e *mailbox.Exit) glua.LValue {
	r := e.Report
	if r == nil {
		return nil
	}
	trace := L.CreateTable(len(e.Err.Trace), 0)
	for _, line := range e.Err.Trace {
		trace.Append(glua.LString(line))
	}
	return reportShape.Table(L, glua.LString(e.Entry), glua.LString(r.PID), glua.LString(r.Group),
		glua.LString(e.Reason), glua.LString(e.Err.Message), trace,
		glua.LNumber(r.Memory), glua.LNumber(r.Fuel), glua.LNumber(r.Steps), lua.NewDuration(L, r.Uptime))
}

// valueTable gives the first of the values, and all of them with their number n.
func valueTable(L *glua.LState, values []mailbox.Value) (first glua.LValue, all *glua.LTable) {
	all = L.CreateTable(len(values), 0)
	countShape.Fill(all, glua.LNumber(len(values)))
	for i, v := range values {
		lv := lua.FromValue(L, v)
		all.RawSetInt(i+1, lv)
		if i == 0 {
			first = lv
		}
	}
	return first, all
}
