package lua

import (
	"reflect"
	"unsafe"

	glua "github.com/yuin/gopher-lua"
)

// When gopher-lua raises an error it closes every open upvalue of the thread,
// also those of functions that go on running because pcall caught the error:
//
//	local n = 0
//	local function count() n = n + 1 end
//	pcall(error)
//	count() -- n is still 0: count has a variable of its own by now
//
// A handler of xpcall's makes it close none at all, and functions made within
// the failed call then read registers that others use. Right is to close those
// above the call that failed. That needs unexported fields, found here by
// reflection; a version of gopher-lua that lacks them fails at start.
var (
	lstateReg          = offset[glua.LState]("reg", reflect.Pointer)
	lstateUpvalues     = offset[glua.LState]("uvcache", reflect.Pointer)
	lstateHasErrorFunc = offset[glua.LState]("hasErrorFunc", reflect.Bool)
	registryTop        = func() uintptr {
		f, _ := reflect.TypeFor[glua.LState]().FieldByName("reg")
		return fieldOffset(f.Type.Elem(), "top", reflect.Int)
	}()
	lstateFrame = offset[glua.LState]("currentFrame", reflect.Pointer)
	frameIndex  = func() uintptr {
		f, _ := reflect.TypeFor[glua.LState]().FieldByName("currentFrame")
		return fieldOffset(f.Type.Elem(), "Idx", reflect.Int)
	}()
	upvalueNext  = offset[glua.Upvalue]("next", reflect.Pointer)
	upvalueIndex = offset[glua.Upvalue]("index", reflect.Int)
)

func offset[T any](field string, kind reflect.Kind) uintptr {
	return fieldOffset(reflect.TypeFor[T](), field, kind)
}

func fieldOffset(t reflect.Type, field string, kind reflect.Kind) uintptr {
	f, ok := t.FieldByName(field)
	if !ok || f.Type.Kind() != kind {
		panic("lua: this version of gopher-lua has no " + t.String() + "." + field)
	}
	return f.Offset
}

func at[F, T any](object *T, offset uintptr) *F {
	return (*F)(unsafe.Add(unsafe.Pointer(object), offset))
}

// keepUpvalues sets whether errors leave upvalues open, and gives what was set.
func keepUpvalues(L *glua.LState, keep bool) (before bool) {
	field := at[bool](L, lstateHasErrorFunc)
	before, *field = *field, keep
	return before
}

// frameBase is the register of the running function's first argument.
func frameBase(L *glua.LState) int {
	registry := *at[unsafe.Pointer](L, lstateReg)
	return *(*int)(unsafe.Add(registry, registryTop)) - L.GetTop()
}

// depth is the number of calls on a thread's stack. A function is running.
func depth(L *glua.LState) int {
	frame := *at[unsafe.Pointer](L, lstateFrame)
	return *(*int)(unsafe.Add(frame, frameIndex)) + 1
}

// closeUpvalues gives the upvalues of registers from base on values of their own.
func closeUpvalues(L *glua.LState, base int) {
	link := at[*glua.Upvalue](L, lstateUpvalues) // in order of registers
	for *link != nil && *at[int](*link, upvalueIndex) < base {
		link = at[*glua.Upvalue](*link, upvalueNext)
	}
	open := *link
	*link = nil
	for ; open != nil; open = *at[*glua.Upvalue](open, upvalueNext) {
		open.Close()
	}
}
