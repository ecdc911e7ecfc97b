package lua

import (
	"fmt"
	"reflect"
	"unsafe"

	glua "github.com/yuin/gopher-lua"
)

// maxTrace bounds the frames of a backtrace.
const maxTrace = 40

// Debug does not tell how many tail calls a frame stands for, and GetStack
// counts each as a level that it answers with the outermost frame.
var (
	debugFrame         = offset[glua.Debug]("frame", reflect.Pointer)
	callFrameTailCalls = func() uintptr {
		f, _ := reflect.TypeFor[glua.Debug]().FieldByName("frame")
		return fieldOffset(f.Type.Elem(), "TailCall", reflect.Int)
	}()
)

// traceback gives the frames of Lua code that run on a thread, innermost first:
// "worker.lua:12: in function 'f'".
func traceback(L *glua.LState) []string {
	var lines []string
	eachFrame(L, func(d *glua.Debug) bool {
		if len(lines) == maxTrace {
			lines = append(lines, "…")
			return false
		}
		lines = append(lines, fmt.Sprintf("%s:%d: in %s", d.Source, d.CurrentLine, frameName(d.Name)))
		return true
	})
	return lines
}

// position is where the innermost Lua code of a thread is: "worker.lua:12: ",
// or "" where none runs.
func position(L *glua.LState) string {
	where := ""
	eachFrame(L, func(d *glua.Debug) bool {
		where = fmt.Sprintf("%s:%d: ", d.Source, d.CurrentLine)
		return false
	})
	return where
}

// source is the chunk name of the innermost Lua code of a thread.
func source(L *glua.LState) string {
	name := ""
	eachFrame(L, func(d *glua.Debug) bool {
		name = d.Source
		return false
	})
	return name
}

// eachFrame visits the frames of Lua code until visit is false.
func eachFrame(L *glua.LState, visit func(*glua.Debug) bool) {
	for level := 0; ; level++ {
		d, ok := L.GetStack(level)
		if !ok {
			return
		}
		if _, err := L.GetInfo("Sln", d, glua.LNil); err != nil {
			return
		}
		if d.Source != "" && !visit(d) { // functions of Go have none
			return
		}
		frame := *at[unsafe.Pointer](d, debugFrame)
		if d.Source != "" {
			level += *(*int)(unsafe.Add(frame, callFrameTailCalls))
		}
	}
}

func frameName(name string) string {
	switch {
	case name == "main chunk":
		return name
	case name == "corountine": // as gopher-lua spells it
		return "coroutine"
	case name != "" && name[0] == '<':
		return "function " + name
	}
	return "function '" + name + "'"
}
