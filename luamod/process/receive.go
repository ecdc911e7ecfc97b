package process

import (
	"sort"
	"strings"
	"time"

	glua "github.com/yuin/gopher-lua"

	"wippy/lua"
	"wippy/luamod"
	"wippy/mailbox"
)

// receive implements process.receive([timeout] [, match]).
func receive(L *glua.LState) int { return receiveFrom(L, "process.receive", context(L)) }

// receiver is the mailbox or an inbox.
type receiver interface {
	Receive(match func(*mailbox.Event) bool, timeout time.Duration) *mailbox.Event
	ReceiveFunc(match func(*mailbox.Event) bool, timeout time.Duration) *mailbox.Event
}

func receiveFrom(L *glua.LState, fn string, from receiver) int {
	timeout := time.Duration(-1)
	at := 1
	switch L.Get(1).(type) {
	case *glua.LTable, *glua.LFunction: // receive(match)
	default:
		at = 2
		if L.Get(1) != glua.LNil {
			timeout = max(lua.CheckDuration(L, 1, fn), 0)
		}
	}
	switch match := L.Get(at).(type) {
	case *glua.LNilType:
		return pushEvent(L, from.Receive(nil, timeout))
	case *glua.LTable:
		accepts, quick := fieldsMatch(L, fn, at, match)
		if !quick {
			return pushEvent(L, from.ReceiveFunc(accepts, timeout))
		}
		return pushEvent(L, from.Receive(accepts, timeout))
	case *glua.LFunction:
		return receiveFunc(L, from, match, timeout)
	}
	lua.ArgError(L, fn, at, "a match (table of fields or function)")
	return 0
}

func pushEvent(L *glua.LState, e *mailbox.Event) int {
	if e == nil {
		L.Push(glua.LNil)
	} else {
		L.Push(eventTable(L, e))
	}
	return 1
}

// receiveFunc asks a Lua function about each event, in the very table that it
// then returns.
func receiveFunc(L *glua.LState, from receiver, match *glua.LFunction, timeout time.Duration) int {
	var t *glua.LTable
	e := from.ReceiveFunc(func(e *mailbox.Event) bool {
		t = eventTable(L, e)
		L.Push(match)
		L.Push(t)
		L.Call(1, 1)
		accepted := glua.LVAsBool(L.Get(-1))
		L.Pop(1)
		return accepted
	}, timeout)
	if e == nil {
		L.Push(glua.LNil)
	} else {
		L.Push(t)
	}
	return 1
}

// fields are what a match may ask of an event.
var fields = map[string]func(*mailbox.Event) mailbox.Value{
	"type":  func(e *mailbox.Event) mailbox.Value { return mailbox.String(e.Type.String()) },
	"from":  func(e *mailbox.Event) mailbox.Value { return text(string(e.From)) },
	"topic": func(e *mailbox.Event) mailbox.Value { return ofType(e, mailbox.Message, mailbox.String(e.Topic)) },
	"payload": func(e *mailbox.Event) mailbox.Value {
		return ofType(e, mailbox.Message, first(e.Values))
	},
	"ref": func(e *mailbox.Event) mailbox.Value {
		if e.Ref == 0 {
			return mailbox.Nil
		}
		return mailbox.Float(float64(e.Ref))
	},
	"name": func(e *mailbox.Event) mailbox.Value { return ofType(e, mailbox.GroupEvent, mailbox.String(e.Topic)) },
	"entry": func(e *mailbox.Event) mailbox.Value {
		if e.Exit == nil {
			return mailbox.Nil
		}
		return text(e.Exit.Entry)
	},
	"reason": func(e *mailbox.Event) mailbox.Value {
		switch {
		case e.Exit != nil:
			return mailbox.String(string(e.Exit.Reason))
		case e.Cancel != nil:
			return mailbox.String(e.Cancel.Reason)
		}
		return mailbox.Nil
	},
	"value": func(e *mailbox.Event) mailbox.Value {
		if e.Exit == nil {
			return mailbox.Nil
		}
		return first(e.Exit.Values)
	},
	"code": func(e *mailbox.Event) mailbox.Value {
		if e.Exit == nil || !e.Exit.HasCode {
			return mailbox.Nil
		}
		return mailbox.Float(float64(e.Exit.Code))
	},
}

func text(s string) mailbox.Value {
	if s == "" {
		return mailbox.Nil
	}
	return mailbox.String(s)
}

func ofType(e *mailbox.Event, t mailbox.Type, v mailbox.Value) mailbox.Value {
	if e.Type != t {
		return mailbox.Nil
	}
	return v
}

func first(vs []mailbox.Value) mailbox.Value {
	if len(vs) == 0 {
		return mailbox.Nil
	}
	return vs[0]
}

// quickBytes is the length of a string up to which comparing it takes no time.
const quickBytes = 1 << 10

// fieldsMatch compiles a table of fields that must be equal. It is quick unless
// it compares what may be large: a quick one runs under the mailbox's lock, and
// nothing interrupts it.
func fieldsMatch(L *glua.LState, fn string, n int, want *glua.LTable) (accepts func(*mailbox.Event) bool, quick bool) {
	type test struct {
		get  func(*mailbox.Event) mailbox.Value
		want mailbox.Value
	}
	var tests []test
	quick = true
	want.ForEach(func(k, v glua.LValue) {
		name, _ := k.(glua.LString)
		get := fields[string(name)]
		if get == nil {
			L.RaiseError("%s: argument %d: an event has no field %s to match; there are %s", fn, n, luamod.Describe(k), fieldNames())
		}
		value, err := lua.ToValue(L, v)
		if err != nil {
			L.RaiseError("%s: argument %d: field %q: %s", fn, n, string(name), err.Error())
		}
		quick = quick && isQuick(value)
		tests = append(tests, test{get, value})
	})
	if quick {
		return func(e *mailbox.Event) bool {
			for _, t := range tests {
				if !t.get(e).Equal(t.want) {
					return false
				}
			}
			return true
		}, true
	}
	meter := luamod.NewMeter(L)
	return func(e *mailbox.Event) bool {
		for _, t := range tests {
			if !t.get(e).EqualMetered(t.want, meter.Bytes) {
				return false
			}
		}
		return true
	}, false
}

func isQuick(v mailbox.Value) bool {
	switch v.Kind() {
	case mailbox.KindTable, mailbox.KindError:
		return false
	case mailbox.KindString:
		return len(v.Str()) <= quickBytes
	}
	return true
}

func fieldNames() string {
	var names []string
	for name := range fields {
		names = append(names, name)
	}
	sort.Strings(names)
	return strings.Join(names, ", ")
}
