// Package procworld is the interface wippy:process: how a WebAssembly guest
// spawns, executes, links, monitors, names, groups, messages, lists and ends
// processes, goes on as another entry, waits, and prints (SPEC section 2,
// process.wasm's imports). process.wit says what each function does, and how a
// core module calls it; wippy_process.h declares the same for C. What it does
// is what Lua's module process does: both ask the process's Context.
//
// The functions take what the canonical ABI lowers, so that they serve a core
// module and a component's lowered imports alike.
package procworld

import (
	_ "embed"
	"time"

	"wippy/mailbox"
	"wippy/runtime/process"
	"wippy/wasmhost/imports"
	"wippy/wasmhost/module"
)

// WIT is the interface's definition.
//
//go:embed process.wit
var WIT string

// Header declares the interface for core modules in C.
//
//go:embed wippy_process.h
var Header string

const (
	// Name is what a core module imports the functions from.
	Name = "wippy:process/process@0.1.0"
	// Capability is what an entry grants.
	Capability = "wippy:process"
)

// Module gives the interface's functions.
func Module() *imports.Module { return world }

const (
	i32 = module.I32
	i64 = module.I64
)

// types gives the type of a function by its parameters. A result that is written
// to memory is a parameter that says where.
func types(groups ...[]module.ValType) module.FuncType {
	var t module.FuncType
	for _, g := range groups {
		t.Params = append(t.Params, g...)
	}
	return t
}

// What the canonical ABI flattens types to.
var (
	text   = []module.ValType{i32, i32}
	list   = text
	small  = []module.ValType{i32} // a boolean, an enum, flags
	word   = []module.ValType{i64}
	result = []module.ValType{i32} // where to write it

	maybeText = []module.ValType{i32, i32, i32}
	maybeWord = []module.ValType{i32, i64}
	failure   = []module.ValType{i32, i32, i32, i32, i32, i64, i32} // a record error
)

// predicate is the type of a function that gives a boolean.
func predicate(params []module.ValType) module.FuncType {
	return module.FuncType{Params: params, Results: []module.ValType{i32}}
}

var world = &imports.Module{
	Name:       Name,
	Capability: Capability,
	Funcs: []imports.Func{
		{Name: "self", Type: types(result), Call: self, Allocates: true, Memory: true},
		{Name: "arguments", Type: types(result), Call: arguments, TakesArguments: true, Allocates: true, Memory: true},
		{Name: "send", Type: types(text, text, list, result), Call: send, Suspends: true, Allocates: true, Memory: true},
		{Name: "send-after", Type: types(word, text, text, list, result), Call: sendAfter, Suspends: true, Allocates: true, Memory: true},
		{Name: "cancel-timer", Type: predicate(word), Call: cancelTimer},
		{Name: "sleep", Type: types(word), Call: sleep, Suspends: true},
		{Name: "receive", Type: types(maybeWord, result), Call: receive, Suspends: true, Receives: true, Allocates: true, Memory: true},
		{
			Name: "receive-match",
			Type: types(small, small, maybeText, maybeText, maybeWord, maybeWord, result),
			Call: receiveMatch, Suspends: true, Receives: true, Allocates: true, Memory: true,
		},
		{
			Name: "receive-any",
			Type: types(small, small, maybeText, maybeText, maybeWord, maybeWord, result),
			Call: receiveAny, Suspends: true, Receives: true, Allocates: true, Memory: true,
		},
		{Name: "upgrade", Type: types(text, list, result), Call: upgrade, Suspends: true, Allocates: true, Memory: true},
		{Name: "spawn", Type: types(text, text, list, small, result), Call: spawn, Suspends: true, Allocates: true, Memory: true},
		{Name: "exec", Type: types(text, text, list, result), Call: exec, Suspends: true, Allocates: true, Memory: true},
		{Name: "monitor", Type: types(text, result), Call: monitor, Allocates: true, Memory: true},
		{Name: "unmonitor", Type: predicate(word), Call: unmonitor},
		{Name: "unmonitor-all", Type: predicate(text), Call: unmonitorAll, Memory: true},
		{Name: "link", Type: types(text, result), Call: link, Allocates: true, Memory: true},
		{Name: "unlink", Type: predicate(text), Call: unlink, Memory: true},
		{Name: "trap-links", Type: types(small), Call: trapLinks},
		{Name: "register", Type: types(text, maybeText, result), Call: register, Allocates: true, Memory: true},
		{Name: "lookup", Type: types(text, result), Call: lookup, Allocates: true, Memory: true},
		{Name: "unregister", Type: types(text, result), Call: unregister, Allocates: true, Memory: true},
		{Name: "group-join", Type: types(text, maybeText, result), Call: groupJoin, Allocates: true, Memory: true},
		{Name: "group-leave", Type: predicate(append(text[:2:2], maybeText...)), Call: groupLeave, Memory: true},
		{Name: "group-members", Type: types(text, result), Call: groupMembers, Suspends: true, Allocates: true, Memory: true},
		{Name: "group-broadcast", Type: types(text, text, list, result), Call: groupBroadcast, Suspends: true, Allocates: true, Memory: true},
		{Name: "group-monitor", Type: types(text, result), Call: groupMonitor, Suspends: true, Allocates: true, Memory: true},
		{Name: "group-demonitor", Type: predicate(word), Call: groupDemonitor},
		{Name: "info", Type: types(text, result), Call: info, Suspends: true, Allocates: true, Memory: true},
		{Name: "limits", Type: types(text, result), Call: limits, Suspends: true, Allocates: true, Memory: true},
		{Name: "groups", Type: types(text, result), Call: groups, Suspends: true, Allocates: true, Memory: true},
		{Name: "list", Type: types(maybeText, result), Call: listProcesses, Suspends: true, Allocates: true, Memory: true},
		{Name: "cancel", Type: types(text, text, maybeWord, result), Call: cancel, Allocates: true, Memory: true},
		{Name: "terminate", Type: types(text, result), Call: terminate, Allocates: true, Memory: true},
		{Name: "exit", Type: types(list), Call: exit, Suspends: true, Memory: true},
		{Name: "fail", Type: types(failure), Call: fail, Suspends: true, Memory: true},
		{Name: "print", Type: types(text, result), Call: print, Suspends: true, Allocates: true, Memory: true},
		{Name: "to-json", Type: types(list, result), Call: toJSON, Suspends: true, Allocates: true, Memory: true},
		{Name: "from-json", Type: types(text, result), Call: fromJSON, Suspends: true, Allocates: true, Memory: true},
	},
}

func self(c *imports.Caller, stack []uint64) {
	w := writerAt(c, stack[0], textSize, textAlign)
	w.text(0, string(c.Self()))
	w.flush()
}

func arguments(c *imports.Caller, stack []uint64) {
	w := writerAt(c, stack[0], listSize, listAlign)
	w.values(0, c.Args)
	w.flush()
}

func send(c *imports.Caller, stack []uint64) {
	w := writerAt(c, stack[6], resultSize, resultAlign)
	r := reader{c: c}
	to := r.text(stack[0], stack[1], "the destination")
	topic := r.text(stack[2], stack[3], "the topic")
	values := r.values(stack[4], stack[5], "the values")
	err := r.err
	if err == nil {
		err = c.Send(mailbox.PID(to), topic, values)
	}
	w.done(err)
}

func sendAfter(c *imports.Caller, stack []uint64) {
	w := writerAt(c, stack[7], resultSize, resultAlign)
	r := reader{c: c}
	to := r.text(stack[1], stack[2], "the destination")
	topic := r.text(stack[3], stack[4], "the topic")
	values := r.values(stack[5], stack[6], "the values")
	var timer mailbox.Ref
	err := r.err
	if err == nil {
		timer, err = c.PostAfter(nanoseconds(stack[0]), mailbox.PID(to), topic, values)
	}
	w.u64(payloadAt, uint64(timer))
	w.done(err)
}

func cancelTimer(c *imports.Caller, stack []uint64) {
	stack[0] = flag(c.StopTimer(mailbox.Ref(stack[0])))
}

func sleep(c *imports.Caller, stack []uint64) {
	c.Sleep(nanoseconds(stack[0]))
	c.Guest.Waited()
}

func receive(c *imports.Caller, stack []uint64) {
	w := writerAt(c, stack[2], eventSize, eventAlign)
	w.event(next(c, isFirst, timeout(c, stack[0], stack[1])))
	w.flush()
}

func receiveMatch(c *imports.Caller, stack []uint64) {
	w := writerAt(c, stack[12], eventSize, eventAlign)
	r := reader{c: c}
	match := r.pattern(stack[:10], mailbox.CancelEvent)
	w.event(next(c, match, timeout(c, stack[10], stack[11])))
	w.flush()
}

func receiveAny(c *imports.Caller, stack []uint64) {
	w := writerAt(c, stack[12], eventSize, eventAlign)
	r := reader{c: c}
	match := r.pattern(stack[:10], mailbox.GroupEvent)
	w.event(next(c, match, timeout(c, stack[10], stack[11])))
	w.flush()
}

// isFirst tells events of the variant event, which a guest of the first version
// knows.
func isFirst(e *mailbox.Event) bool { return e.Type <= mailbox.CancelEvent }

// next takes an event.
func next(c *imports.Caller, match func(*mailbox.Event) bool, timeout time.Duration) *mailbox.Event {
	e := c.Receive(match, 0)
	if e == nil && timeout != 0 {
		e = c.Receive(match, timeout)
	}
	return e
}

// The bits of the flags bonds.
const (
	bondMonitor = 1 << iota
	bondLink
)

// request reads the six parameters that say what to spawn.
func (r *reader) request(stack []uint64) process.Spawn {
	return process.Spawn{
		Entry: process.Qualify(r.c, r.text(stack[0], stack[1], "the entry")),
		Group: process.Qualify(r.c, r.text(stack[2], stack[3], "the group")),
		Args:  r.values(stack[4], stack[5], "the arguments"),
	}
}

func spawn(c *imports.Caller, stack []uint64) {
	w := writerAt(c, stack[7], resultSize, resultAlign)
	r := reader{c: c}
	req := r.request(stack)
	req.Monitor, req.Link = stack[6]&bondMonitor != 0, stack[6]&bondLink != 0
	var pid mailbox.PID
	err := r.err
	if err == nil {
		pid, err = c.Spawn(req)
	}
	if err == nil {
		w.text(payloadAt, string(pid))
	}
	w.done(err)
}

func exec(c *imports.Caller, stack []uint64) {
	w := writerAt(c, stack[6], resultSize, resultAlign)
	r := reader{c: c}
	req := r.request(stack)
	var end *mailbox.Exit
	err := r.err
	if err == nil {
		end, err = c.Exec(req)
		c.Guest.Waited()
	}
	switch {
	case err != nil:
	case end.Err != nil:
		err = end.Err
	default:
		w.values(payloadAt, end.Values)
	}
	w.done(err)
}

// upgrade gives an error, or does not return.
func upgrade(c *imports.Caller, stack []uint64) {
	w := writerAt(c, stack[4], errorSize, valueAlign)
	r := reader{c: c}
	entry := process.Qualify(c, r.text(stack[0], stack[1], "the entry"))
	state := r.values(stack[2], stack[3], "the state")
	err := r.err
	if err == nil {
		err = c.Upgrade(entry, state)
	}
	w.error(0, mailbox.AsError(err))
	w.flush()
}

func flag(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}

func print(c *imports.Caller, stack []uint64) {
	w := writerAt(c, stack[2], resultSize, resultAlign)
	r := reader{c: c}
	s := r.text(stack[0], stack[1], "the text")
	err := r.err
	if err == nil {
		err = c.Output.Write(c, s)
	}
	w.done(err)
}
