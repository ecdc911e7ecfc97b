package lua

import (
	"fmt"
	"strings"

	glua "github.com/yuin/gopher-lua"

	"wippy/config"
	"wippy/mailbox"
	"wippy/runtime/process"
)

// program is a compiled entry or script with all that require finds for it
// but the files, which are read when they are asked for.
type program struct {
	engine *Engine
	main   *unit
	method string
	units  map[string]*unit // main and what it imports, by name

	// The modules that may be required: those listed, or all of them.
	modules    map[string]bool
	everything bool
	entry      string          // its ID; "" for a script
	grantAt    config.Position // where modules stand, or would
}

var _ process.Program = (*program)(nil)

// New implements process.Program. Scripts take any arguments.
func (p *program) New(args []mailbox.Value, limits process.Limits) (process.Process, error) {
	if limit := limits.MaxMemory; limit > 0 && limit < leastMemory {
		return nil, mailbox.Errorf(mailbox.LimitHit, "max_memory: a Lua process takes %d bytes before it has done anything, of %d", leastMemory, limit)
	}
	return &instance{program: p, args: args}, nil
}

// Straight implements process.Program.
func (p *program) Straight() bool { return false }

// instance is one Lua process. It runs in one Step: all that waits suspends
// the coroutine below the interpreter.
type instance struct {
	program *program
	args    []mailbox.Value
	state   *State
	memory  memory
}

// Init implements process.Process.
func (i *instance) Init(ctx process.Context) error {
	i.state = newState(ctx, i.program, &i.memory)
	i.state.args = i.args
	return nil
}

// Step implements process.Process.
func (i *instance) Step(process.Context) (process.Result, process.Status) {
	s := i.state
	defer s.output.Flush(s.ctx)
	result := s.protect(s.run)
	if object := s.lastError; object != nil { // describing it may run Lua: its __tostring
		result = s.protect(func() process.Result { return process.Result{Err: s.failure(object)} })
	}
	if s.result == nil {
		s.settle() // what was used since the last checkpoint counts too
	}
	return result, process.Done
}

// protect gives what f gives, or what a panic in it means for the process.
func (s *State) protect(f func() process.Result) (result process.Result) {
	defer func() {
		if r := recover(); r != nil {
			result = s.ended(r)
		}
	}()
	return f()
}

// Close implements process.Process.
func (i *instance) Close() {
	if i.state != nil {
		i.state.main.Close()
		i.state = nil
	}
}

// run runs the main chunk and then the method.
func (s *State) run() process.Result {
	L := s.main
	L.Push(L.NewFunctionFromProto(s.program.main.proto))
	s.call()
	if s.program.method != "" {
		method, err := s.method(L.Get(1))
		if err != nil {
			return process.Fail(err)
		}
		L.SetTop(0)
		L.Push(method)
		s.call()
	}
	values, err := ToValues(L, 1)
	if err != nil {
		text := strings.Replace(err.Error(), "argument", "result", 1)
		return process.Fail(mailbox.Errorf(mailbox.Invalid, "%s: %s", s.program.main.name, text))
	}
	return process.Result{Values: values}
}

// call calls the function on the stack with the process's arguments, in place
// of which it leaves the results.
func (s *State) call() {
	L := s.main
	for _, v := range s.args {
		L.Push(FromValue(L, v))
	}
	L.Call(len(s.args), glua.MultRet)
}

// method finds the entry's method: a field of the table that the main chunk
// returned, or a global.
func (s *State) method(returned glua.LValue) (glua.LValue, error) {
	name := s.program.method
	methods, isTable := returned.(*glua.LTable)
	if isTable {
		if fn, ok := methods.RawGetString(name).(*glua.LFunction); ok {
			return fn, nil
		}
	}
	if fn, ok := s.globals.table.RawGetString(name).(*glua.LFunction); ok {
		return fn, nil
	}
	there := map[string]bool{}
	if isTable {
		addFunctions(there, methods)
	}
	addFunctions(there, s.globals.table)
	text := fmt.Sprintf("%s has no function %q", s.program.main.name, name)
	if len(there) == 0 {
		return nil, mailbox.Errorf(mailbox.NotFound, "%s: it defines no global function and returns no table of functions", text)
	}
	return nil, mailbox.Errorf(mailbox.NotFound, "%s: it has %s", text, strings.Join(sortedKeys(there), ", "))
}

// addFunctions adds the names of the functions of Lua in a table.
func addFunctions(names map[string]bool, t *glua.LTable) {
	t.ForEach(func(k, v glua.LValue) {
		if fn, ok := v.(*glua.LFunction); ok && !fn.IsG && k.Type() == glua.LTString {
			names[k.String()] = true
		}
	})
}

// uncaught is called by gopher-lua for an error that nothing protects, while
// the frames are still there.
func (s *State) uncaught(L *glua.LState) {
	s.trace = traceback(L)
	if s.kept.trace != nil && s.kept.object == L.Get(-1) {
		s.trace = s.kept.trace
	}
	panic(&glua.ApiError{Type: glua.ApiErrorRun, Object: L.Get(-1)})
}

// keptTrace is where an error was raised that is to be raised again.
type keptTrace struct {
	object glua.LValue
	trace  []string
}

// KeepTrace is called on top of the frames that raised an error, as xpcall's
// handler. If that very object ends the process after all, raised again by who
// caught it, the report says where it was raised first.
func (s *State) KeepTrace(L *glua.LState, object glua.LValue) {
	s.kept = keptTrace{object, traceback(L)}
}

// ended gives the result of a process that a panic ended; that of an error of
// Lua is still to be made of lastError. It panics on if the end is not the
// process's own doing.
func (s *State) ended(r any) process.Result {
	if process.Unwinding(r) {
		if s.result == nil {
			panic(r)
		}
		return *s.result
	}
	if e, ok := r.(*glua.ApiError); ok {
		s.lastError = e.Object
		return process.Result{}
	}
	var err *mailbox.Error
	if r == any(stackOverflow) {
		err = mailbox.Errorf(mailbox.Failed, "%sstack overflow", position(s.main))
	} else {
		err = s.fault(s.main, r)
	}
	err.Trace = traceback(s.main)
	return process.Result{Err: err}
}

// failure makes the process's error of what was given to Lua's error. An error
// value keeps its kind and message; of every other value the kind is Failed.
func (s *State) failure(object glua.LValue) *mailbox.Error {
	if e := ErrorOf(object); e != nil {
		kind := e.Kind
		if kind == mailbox.LimitHit && e.Owner != s.ctx.Self() {
			kind = mailbox.Failed // it was another process that reached its limit
		}
		return &mailbox.Error{
			Kind: kind, Message: e.Message, Retryable: e.Retryable,
			Value: mailbox.ErrorValue(e), Trace: s.trace, Cause: e,
		}
	}
	failed := &mailbox.Error{Kind: mailbox.Failed, Trace: s.trace}
	if v, err := ToValue(s.main, object); err == nil {
		failed.Value = v
	}
	if text, ok := object.(glua.LString); ok {
		failed.Message = string(text)
	} else {
		failed.Message = s.describeFailure(object)
	}
	return failed
}

var tostringFunction = stock("_G", "tostring")

// describeFailure gives the text of an error that is no string: what its
// __tostring says, else its type.
func (s *State) describeFailure(object glua.LValue) string {
	L := s.main
	if L.GetMetaField(object, "__tostring").Type() == glua.LTFunction && depth(L) < frames-reservedFrames {
		L.Push(tostringFunction)
		L.Push(object)
		if err := s.try(L, 1, 1, nil); err == nil {
			return L.Get(-1).String()
		}
	}
	text := fmt.Sprintf("the error is %s", describe(object))
	if len(s.trace) == 0 {
		return text
	}
	at, _, _ := strings.Cut(s.trace[0], " in ")
	return at + " " + text
}
