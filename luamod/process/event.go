package process

import (
	glua "github.com/yuin/gopher-lua"

	"wippy/lua"
	"wippy/mailbox"
)

// eventTable gives an event as the plain table of SPEC section 3, "Events".
func eventTable(L *glua.LState, e *mailbox.Event) *glua.LTable {
	t := L.CreateTable(0, 8)
	t.RawSetString("type", eventTypes[e.Type])
	if e.From != "" {
		t.RawSetString("from", glua.LString(e.From))
	}
	switch e.Type {
	case mailbox.Message:
		t.RawSetString("topic", glua.LString(e.Topic))
		setValues(L, t, "payload", "payloads", e.Values)
	case mailbox.ExitEvent:
		t.RawSetString("ref", glua.LNumber(e.Ref))
		if e.Exit.Entry != "" {
			t.RawSetString("entry", glua.LString(e.Exit.Entry))
		}
		setEnd(L, t, e.Exit)
		setValues(L, t, "value", "values", e.Exit.Values)
		if e.Exit.HasCode {
			t.RawSetString("code", glua.LNumber(e.Exit.Code))
		}
	case mailbox.LinkDown:
		setEnd(L, t, e.Exit)
	case mailbox.CancelEvent:
		t.RawSetString("reason", glua.LString(e.Cancel.Reason))
		t.RawSetString("deadline", lua.NewTime(L, e.Cancel.Deadline))
	}
	return t
}

// eventTypes holds the types boxed once: an event's table is built for every message.
var eventTypes = [...]glua.LValue{
	mailbox.Message:     glua.LString(mailbox.Message.String()),
	mailbox.ExitEvent:   glua.LString(mailbox.ExitEvent.String()),
	mailbox.LinkDown:    glua.LString(mailbox.LinkDown.String()),
	mailbox.CancelEvent: glua.LString(mailbox.CancelEvent.String()),
}

func setEnd(L *glua.LState, t *glua.LTable, e *mailbox.Exit) {
	t.RawSetString("reason", glua.LString(e.Reason))
	if e.Err != nil {
		t.RawSetString("error", lua.ErrorValue(L, e.Err))
	}
}

// setValues sets the first value under one name and all of them, with their
// number n, under another.
func setValues(L *glua.LState, t *glua.LTable, first, all string, values []mailbox.Value) {
	list := L.CreateTable(len(values), 1)
	for i, v := range values {
		lv := lua.FromValue(L, v)
		list.RawSetInt(i+1, lv)
		if i == 0 {
			t.RawSetString(first, lv)
		}
	}
	list.RawSetString("n", glua.LNumber(len(values)))
	t.RawSetString(all, list)
}
