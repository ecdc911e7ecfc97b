package lua

import (
	"fmt"
	"reflect"
	"unsafe"

	glua "github.com/yuin/gopher-lua"
)

// These types lie over gopher-lua's own, whose fields are not exported: what an
// instruction is about to do, and what a state holds, can only be told by
// looking. At start each field is compared with the original's; a version of
// gopher-lua that differs fails there.
type (
	vmThread struct {
		G            *glua.Global
		Parent       *glua.LState
		Env          *glua.LTable
		Panic        func(*glua.LState)
		Dead         bool
		Options      glua.Options
		stop         int32
		reg          *vmRegistry
		stack        vmStackValue
		alloc        *vmAllocator
		currentFrame *vmFrame
	}
	vmRegistry struct {
		array   []glua.LValue
		top     int
		growBy  int
		maxSize int
	}
	vmFrame struct {
		Idx        int
		Fn         *glua.LFunction
		Parent     *vmFrame
		Pc         int
		Base       int
		LocalBase  int
		ReturnBase int
		NArgs      int
		NRet       int
	}
	// vmStackValue is an interface that holds a *vmStack.
	vmStackValue struct {
		table unsafe.Pointer
		stack *vmStack
	}
	vmStack struct {
		segments []unsafe.Pointer
		segIdx   uint16
	}
	vmAllocator struct {
		size int //lint:ignore U1000 read by its offset alone
	}
	vmTable struct {
		Metatable glua.LValue
		array     []glua.LValue
		dict      map[glua.LValue]glua.LValue
		strdict   map[string]glua.LValue
		keys      []glua.LValue
		k2i       map[glua.LValue]int
	}
	vmUpvalue struct {
		next   *vmUpvalue
		reg    *vmRegistry
		index  int
		value  glua.LValue
		closed bool
	}
	vmGlobal struct {
		MainThread    *glua.LState
		CurrentThread *glua.LState
		Registry      *glua.LTable
		Global        *glua.LTable
		builtinMts    map[int]glua.LValue
	}
)

func threadOf(L *glua.LState) *vmThread    { return (*vmThread)(unsafe.Pointer(L)) }
func tableOf(t *glua.LTable) *vmTable      { return (*vmTable)(unsafe.Pointer(t)) }
func upvalueOf(u *glua.Upvalue) *vmUpvalue { return (*vmUpvalue)(unsafe.Pointer(u)) }
func globalOf(g *glua.Global) *vmGlobal    { return (*vmGlobal)(unsafe.Pointer(g)) }

func init() {
	thread := reflect.TypeFor[glua.LState]()
	checkMirror(reflect.TypeFor[vmThread](), thread)
	checkMirror(reflect.TypeFor[vmRegistry](), fieldElem(thread, "reg"))
	checkMirror(reflect.TypeFor[vmFrame](), fieldElem(thread, "currentFrame"))
	checkMirror(reflect.TypeFor[vmAllocator](), fieldElem(thread, "alloc"))
	checkMirror(reflect.TypeFor[vmTable](), reflect.TypeFor[glua.LTable]())
	checkMirror(reflect.TypeFor[vmUpvalue](), reflect.TypeFor[glua.Upvalue]())
	checkMirror(reflect.TypeFor[vmGlobal](), reflect.TypeFor[glua.Global]())
	L := glua.NewState(glua.Options{SkipOpenLibs: true, MinimizeStackMemory: true})
	defer L.Close()
	checkMirror(reflect.TypeFor[vmStack](), reflect.ValueOf(L).Elem().FieldByName("stack").Elem().Type().Elem())
}

func fieldElem(t reflect.Type, name string) reflect.Type {
	f, ok := t.FieldByName(name)
	if !ok || f.Type.Kind() != reflect.Pointer {
		panic("lua: this version of gopher-lua has no pointer " + t.String() + "." + name)
	}
	return f.Type.Elem()
}

// checkMirror panics unless the original has each field of the mirror, in its place.
func checkMirror(mirror, original reflect.Type) {
	for i := range mirror.NumField() {
		f := mirror.Field(i)
		o, ok := original.FieldByName(f.Name)
		if !ok {
			panic(fmt.Sprintf("lua: this version of gopher-lua has no %s.%s", original, f.Name))
		}
		if o.Offset != f.Offset || o.Type.Size() != f.Type.Size() || !mirrors(f.Type, o.Type) {
			panic(fmt.Sprintf("lua: this version of gopher-lua has another %s.%s", original, f.Name))
		}
	}
}

// mirrors tells whether values of a mirror's type may be read and set in place of
// the original's: the type is the same, or a pointer to what has a mirror of its own.
func mirrors(mirror, original reflect.Type) bool {
	switch {
	case mirror == original, mirror.Kind() == original.Kind() && mirror.Kind() <= reflect.Complex128: // scalars
		return true
	case mirror == reflect.TypeFor[vmStackValue]():
		return original.Kind() == reflect.Interface
	case mirror == reflect.TypeFor[[]unsafe.Pointer]():
		return original.Kind() == reflect.Slice && original.Elem().Kind() == reflect.Pointer
	}
	return mirror.Kind() == reflect.Pointer && mirror.Elem().PkgPath() == reflect.TypeFor[vmTable]().PkgPath() && original.Kind() == reflect.Pointer
}
