package luamod

import (
	"fmt"
	"reflect"

	glua "github.com/yuin/gopher-lua"
	luar "layeh.com/gopher-luar"

	"wippy/lua"
)

// isData tells whether a struct is copied into a table: it has something to
// see, and nothing to call.
func isData(t reflect.Type) bool {
	return reflect.PointerTo(t).NumMethod() == 0 && len(fieldsOf(t)) > 0
}

// objectType is what a binding knows of a pointer type.
type objectType struct {
	name    string
	methods map[string]*function // by their names in Lua
	fields  map[string][]int
}

// objectType gives what is known of t, a pointer to a struct. A method that
// Lua could never call is left out.
func (b *binding) objectType(t reflect.Type) *objectType {
	if known, ok := b.objects.Load(t); ok {
		return known.(*objectType)
	}
	o := &objectType{name: t.Elem().String(), methods: make(map[string]*function), fields: fieldsOf(t.Elem())}
	for i := range t.NumMethod() {
		m := t.Method(i)
		if f, err := newFunction(b, t.Elem().Name()+":"+snake(m.Name), m.Func, true); err == nil {
			o.methods[snake(m.Name)] = f
		}
	}
	known, _ := b.objects.LoadOrStore(t, o)
	return known.(*objectType)
}

// object gives the userdata of a pointer to a struct. gopher-luar makes it,
// with equality and tostring. Calls and reading go our way, and its operators
// that write through a pointer are left out: an object may be in the hands of
// several processes at once.
func (c *toLua) object(p reflect.Value) glua.LValue {
	ud := luar.New(c.L, p.Interface()).(*glua.LUserData)
	theirs := ud.Metatable.(*glua.LTable)
	type key struct {
		b *binding
		t reflect.Type
	}
	ud.Metatable = lua.From(c.L).Stash(key{c.b, p.Type()}, func() any {
		return c.b.metatable(c.L, p.Type(), theirs)
	}).(*glua.LTable)
	return ud
}

func (b *binding) metatable(L *glua.LState, t reflect.Type, theirs *glua.LTable) *glua.LTable {
	o := b.objectType(t)
	mt := L.NewTable()
	for _, name := range []string{"__eq", "__tostring", "__metatable"} {
		mt.RawSetString(name, theirs.RawGetString(name))
	}
	methods := make(map[string]glua.LValue, len(o.methods))
	for name, f := range o.methods {
		methods[name] = f.open(L)
	}
	mt.RawSetString("__index", L.NewFunction(func(L *glua.LState) int {
		name, _ := L.Get(2).(glua.LString)
		if method, ok := bySpelling(methods, string(name)); ok {
			L.Push(method)
			return 1
		}
		v, ok := objectOf(L.Get(1))
		index, known := bySpelling(o.fields, string(name))
		if !ok || !known {
			return 0
		}
		field, err := v.Elem().FieldByIndexErr(index)
		if err != nil { // it is in an embedded pointer that is nil
			return 0
		}
		lv, err := newToLua(L, b, o.name+"."+string(name)).value(field, 0)
		if err != nil {
			L.RaiseError("%s: field %q: %v", o.name, string(name), err)
		}
		L.Push(lv)
		return 1
	}))
	mt.RawSetString("__newindex", L.NewFunction(func(L *glua.LState) int {
		L.RaiseError("%s: field %s: an object's fields cannot be assigned; call a method of it", o.name, Describe(L.Get(2)))
		return 0
	}))
	return mt
}

// objectOf gives the Go pointer of an object. No script can forge one: it
// cannot give a userdata another metatable.
func objectOf(lv glua.LValue) (reflect.Value, bool) {
	ud, ok := lv.(*glua.LUserData)
	if !ok {
		return reflect.Value{}, false
	}
	mt, ok := ud.Metatable.(*glua.LTable)
	if !ok || mt.RawGetString("__metatable") != glua.LString("gopher-luar") {
		return reflect.Value{}, false
	}
	v := reflect.ValueOf(ud.Value)
	return v, v.Kind() == reflect.Pointer
}

// object gives the pointer v, or what it points to, to a parameter of type t.
func object(lv glua.LValue, v reflect.Value, t reflect.Type) (reflect.Value, error) {
	switch {
	case v.Type().AssignableTo(t):
		return v, nil
	case v.Type().Elem().AssignableTo(t):
		return v.Elem(), nil
	}
	return reflect.Value{}, fmt.Errorf("expected a %v, got %s", t, Describe(lv))
}
