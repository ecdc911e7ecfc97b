package lua

import (
	"runtime"
	"slices"
	"strings"

	glua "github.com/yuin/gopher-lua"
)

// maxResumes and maxLevels bound coroutines that resume one another, and the
// calls on their stacks together: some of these are on the Go stack, too, whose
// overflow would end the whole program.
const (
	maxResumes = 190
	maxLevels  = 8 * frames
)

var (
	stockCreate = stockGo("coroutine", "create")
	stockResume = stockGo("coroutine", "resume")
	stockYield  = stockGo("coroutine", "yield")
)

// coroutineCreate is coroutine.create. The stock one would wrap the context,
// so that the new thread is neither preempted nor killed.
func coroutineCreate(L *glua.LState) int {
	body, ok := L.Get(1).(*glua.LFunction)
	if !ok {
		ArgError(L, "coroutine.create", 1, "a function")
	}
	if body.IsG {
		L.Replace(1, calling(L, body))
	}
	From(L).grow(newThreadBytes)
	s := L.RemoveContext()
	n := stockCreate(L)
	L.SetContext(s)
	L.Get(-1).(*glua.LState).SetContext(s)
	return n
}

// callingProto is of a function of Lua that calls its upvalue.
var callingProto = func() *glua.FunctionProto {
	proto, err := compile("=coroutine", []byte("local f; return function(...) return f(...) end"))
	if err != nil {
		panic(err)
	}
	return proto.FunctionPrototypes[0]
}()

// calling makes a function of Lua that calls one of Go: a thread that begins
// in Go would not come back to the one that resumed it.
func calling(L *glua.LState, fn *glua.LFunction) *glua.LFunction {
	From(L).grow(functionBytes + wordBytes + upvalueBytes)
	caller := L.NewFunctionFromProto(callingProto)
	caller.Upvalues[0] = &glua.Upvalue{}
	caller.Upvalues[0].Close()
	caller.Upvalues[0].SetValue(fn)
	return caller
}

// coroutineResume is coroutine.resume.
func coroutineResume(L *glua.LState) int {
	th, ok := L.Get(1).(*glua.LState)
	if !ok {
		ArgError(L, "coroutine.resume", 1, "a coroutine")
	}
	s := From(L)
	var refused string
	switch {
	case th.Dead:
		refused = "cannot resume dead coroutine"
	case th == L:
		refused = "cannot resume the running coroutine"
	case th.Parent != nil:
		refused = "cannot resume a coroutine that is resuming another"
	case s.resumes >= maxResumes || s.levels > maxLevels:
		refused = "stack overflow: too many coroutines resume one another"
	}
	if refused != "" {
		L.Push(glua.LFalse)
		L.Push(glua.LString(refused))
		return 2
	}
	n := s.resume(L)
	if L.Get(-n) == glua.LFalse {
		s.check() // the stock resume recovers a kill
		s.growText(L.Get(-1))
		if L.Get(-1) == glua.LString(stackOverflow) {
			L.Pop(1)
			L.Push(glua.LString("stack overflow"))
		}
	}
	return n
}

// resume is the stock coroutine.resume, counted.
func (s *State) resume(L *glua.LState) int {
	levels := depth(L)
	th := threadOf(L.Get(1).(*glua.LState))
	room, building := cap(th.reg.array), s.memory.building
	s.resumes++
	s.levels += levels
	defer func() {
		s.resumes--
		s.levels -= levels
	}()
	n := stockResume(L)
	s.memory.building = building
	s.memory.room -= int64(cap(th.reg.array)-room) * valueBytes
	return n
}

// coroutineWrap is coroutine.wrap. The stock kind of thread for it stays the
// current one after an error.
func coroutineWrap(L *glua.LState) int {
	coroutineCreate(L)
	From(L).grow(functionBytes + wordBytes + upvalueBytes)
	L.Push(L.NewClosure(wrapped, L.Get(-1)))
	return 1
}

func wrapped(L *glua.LState) int {
	L.Insert(L.Get(glua.UpvalueIndex(1)), 1)
	n := coroutineResume(L)
	if L.Get(-n) == glua.LFalse {
		object := L.Get(-1)
		if text, ok := object.(glua.LString); ok && strings.HasPrefix(string(text), "cannot resume ") {
			L.RaiseError("%s", text)
		}
		L.Error(object, 0)
	}
	return n - 1
}

// coroutineYield is coroutine.yield. Between it and its resume there may be no
// function of Go and no metamethod: gopher-lua would lose its frames.
func coroutineYield(L *glua.LState) int {
	switch {
	case L.Parent == nil:
		L.RaiseError("attempt to yield from outside a coroutine")
	case !yieldable():
		L.RaiseError("attempt to yield across a pcall, metamethod or iterator")
	}
	return stockYield(L)
}

// yieldFrames is how many frames of Go there are from a yield to the start of
// its thread when nothing else lies between: the call of a function, the
// instruction, the virtual machine's loop, the start.
const yieldFrames = 4

// threadStart is the address in threadRun to which the thread's loop returns.
var threadStart = func() uintptr {
	L := glua.NewState()
	var start uintptr
	probe := L.NewFunction(func(*glua.LState) int {
		var pcs [16]uintptr
		frames := runtime.CallersFrames(pcs[:runtime.Callers(1, pcs[:])])
		for {
			f, more := frames.Next()
			if strings.HasSuffix(f.Function, "gopher-lua.threadRun") {
				start = f.PC + 1 // CallersFrames gives the call, Callers the return
			}
			if !more {
				return 0
			}
		}
	})
	th, _ := L.NewThread()
	L.Push(glua.LNil) // threads are resumed from a running one
	L.Resume(th, probe)
	if start == 0 {
		panic("lua: this version of gopher-lua starts coroutines in another way")
	}
	return start
}()

// yieldable tells whether only the loop of the running thread lies below.
func yieldable() bool {
	var pcs [yieldFrames]uintptr
	n := runtime.Callers(3, pcs[:])
	return slices.Contains(pcs[:n], threadStart)
}

// coroutineStatus is coroutine.status.
func coroutineStatus(L *glua.LState) int {
	th, ok := L.Get(1).(*glua.LState)
	if !ok {
		ArgError(L, "coroutine.status", 1, "a coroutine")
	}
	status := "suspended"
	switch {
	case th.Dead:
		status = "dead"
	case th == L:
		status = "running"
	case th.Parent != nil:
		status = "normal"
	}
	L.Push(glua.LString(status))
	return 1
}

// coroutineRunning is coroutine.running: nil in the main thread.
func coroutineRunning(L *glua.LState) int {
	if L == From(L).main {
		L.Push(glua.LNil)
	} else {
		L.Push(L)
	}
	return 1
}
