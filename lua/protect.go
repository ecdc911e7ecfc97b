package lua

import (
	"fmt"
	"runtime/debug"

	glua "github.com/yuin/gopher-lua"

	"wippy/mailbox"
	"wippy/runtime/process"
)

// The stock pcall recovers every panic of Go: a kill, too, and faults of the
// functions it calls. Here a protected call runs below guard, a function that
// looks at what was panicked while the frames of the call are still there.

// basePCall is the global pcall.
func basePCall(L *glua.LState) int {
	if L.GetTop() == 0 {
		ArgError(L, "pcall", 1, "a function")
	}
	return protectedCall(L, nil)
}

// baseXPCall is the global xpcall. Further arguments go to the function, as
// they do since Lua 5.2.
func baseXPCall(L *glua.LState) int {
	handler, ok := L.Get(2).(*glua.LFunction)
	if !ok {
		ArgError(L, "xpcall", 2, "a function")
	}
	L.Remove(2)
	return protectedCall(L, handler)
}

// protectedCall calls the function at 1 with the rest, and pushes what pcall returns.
func protectedCall(L *glua.LState, handler *glua.LFunction) int {
	if !callable(L, L.Get(1)) {
		L.Push(glua.LFalse)
		L.Push(glua.LString("attempt to call a " + L.Get(1).Type().String() + " value"))
		return 2
	}
	if depth(L) > frames-reservedFrames {
		L.RaiseError("stack overflow")
	}
	if err := From(L).try(L, L.GetTop()-1, glua.MultRet, handler); err != nil {
		From(L).growText(err.Object)
		L.Push(glua.LFalse)
		L.Push(err.Object)
		return 2
	}
	L.Insert(glua.LTrue, 1)
	return L.GetTop()
}

// reservedFrames are left free by protected calls: PCall, when the stack is
// full, would leave it in disorder. The last ones are for handlers.
const reservedFrames = 16

func callable(L *glua.LState, lv glua.LValue) bool {
	return lv.Type() == glua.LTFunction || L.GetMetaField(lv, "__call").Type() == glua.LTFunction
}

// try calls the function below nargs arguments. In place of these it leaves nret
// results, or none and gives the error.
func (s *State) try(L *glua.LState, nargs, nret int, handler *glua.LFunction) *glua.ApiError {
	err := s.attempt(L, nargs, nret, handler)
	if err == ending {
		s.check()
	}
	return err
}

// ending is the error as which the end of the process comes through PCall,
// which would take any other panic for a fault.
var ending = &glua.ApiError{Object: glua.LNil, StackTrace: noTrace}

// attempt is try, but gives ending rather than to unwind.
func (s *State) attempt(L *glua.LState, nargs, nret int, handler *glua.LFunction) *glua.ApiError {
	L.Insert(guardFunction, -nargs-1)
	s.handler = handler
	building := s.memory.building
	before := keepUpvalues(L, true)
	err := L.PCall(nargs+1, nret, nil)
	keepUpvalues(L, before)
	if err == nil {
		return nil
	}
	s.memory.building = building // by what the error left is no more
	return err.(*glua.ApiError)
}

// guardFunction is guard as a value.
var guardFunction = shared(nil)

func init() { guardFunction.GFunction = guard }

// guard calls its first argument with the rest. What is panicked there it
// passes on as an error of Lua, or as ending.
func guard(L *glua.LState) int {
	s := From(L)
	base, handler := frameBase(L), s.handler
	s.handler = nil
	defer func() {
		r := recover()
		if r == nil {
			return
		}
		raised := s.raised(L, r)
		if handler != nil && raised != ending {
			raised = s.handle(L, handler, raised)
		}
		closeUpvalues(L, base)
		panic(raised)
	}()
	L.Call(L.GetTop()-1, glua.MultRet)
	return L.GetTop()
}

// noTrace keeps PCall from making a backtrace that nobody reads, in time that
// grows with the square of the depth.
const noTrace = "-"

// raised makes of a recovered value the error that it is for Lua.
func (s *State) raised(L *glua.LState, r any) *glua.ApiError {
	e, ok := r.(*glua.ApiError)
	switch {
	case e == ending, process.Unwinding(r): // all processes share ending, so it stays as it is
		return ending
	case ok:
		e.StackTrace = noTrace
		return e
	case r == any(stackOverflow):
		return raise(glua.LString(position(L) + "stack overflow"))
	}
	return raise(ErrorValue(L, s.fault(L, r)))
}

func raise(object glua.LValue) *glua.ApiError {
	return &glua.ApiError{Type: glua.ApiErrorRun, Object: object, StackTrace: noTrace}
}

// stackOverflow is what gopher-lua's growing call stack panics with when it is full.
const stackOverflow = "lua callstack overflow"

// fault makes an error of a panic that is nobody's intention, and logs where
// in Go it came from.
func (s *State) fault(L *glua.LState, r any) *mailbox.Error {
	at := position(L)
	s.ctx.Logger().Error("a function called from Lua panicked", "panic", fmt.Sprint(r), "at", at, "stack", string(debug.Stack()))
	return mailbox.Errorf(mailbox.Internal, "%sa function of the runtime or of an extension panicked: %v", at, r)
}

// handle calls xpcall's handler with an error, on top of the frames that
// raised it, and gives the error that is to take its place: what the handler
// returns, or its own error.
func (s *State) handle(L *glua.LState, handler *glua.LFunction, raised *glua.ApiError) *glua.ApiError {
	if depth(L) > frames-reservedFrames/2 {
		return raised
	}
	L.Push(handler)
	L.Push(raised.Object)
	if err := s.attempt(L, 1, 1, nil); err != nil {
		return err
	}
	result := L.Get(-1)
	L.Pop(1)
	return raise(result)
}
