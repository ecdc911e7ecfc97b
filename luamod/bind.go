package luamod

import (
	"cmp"
	"context"
	"fmt"
	"reflect"
	"slices"
	"sync"

	glua "github.com/yuin/gopher-lua"

	"wippy/lua"
)

// Option changes what [Bind] does.
type Option func(*binding)

// Quick marks functions as quick: they run on the worker, at the cost of a
// plain call, and must neither block nor compute for long. Each is named as Lua
// names it below the module ("parse", "codec.decode"); without a name, every
// function and method is marked.
func Quick(names ...string) Option {
	return func(b *binding) {
		b.allQuick = b.allQuick || len(names) == 0
		for _, name := range names {
			b.quick[name] = false
		}
	}
}

// Stub replaces the type stub that Bind writes, which knows no parameter's
// name and no documentation.
func Stub(text string) Option {
	return func(b *binding) { b.stub = text }
}

// Bind makes a module of a Go value: of a function, require gives that
// function; of a struct, a pointer or a map[string]any, a table of its methods,
// functions and fields (nested maps: nested tables), whose fields are read when
// the module is required; of anything else, its Lua form.
//
//	luamod.Bind("geo", map[string]any{"distance": Distance, "Earth": 6371.0})
//	luamod.Bind("users", &UserStore{db})
//	luamod.Bind("now", time.Now, luamod.Quick())
//
// # Functions
//
// A function runs on the I/O pool: the process that calls it is suspended, its
// worker free, so it may block. It may be called for many processes at once.
// [Quick] functions run on the worker instead. A first parameter of type
// [context.Context] is no argument of Lua's: it is cancelled when the process
// is killed. (A quick one gets the background context.) A last result of type
// error is the error of SPEC section 3: Lua gets nil, err, or the other results
// without it. An error that is no *mailbox.Error, nor wraps one, is of kind
// `not_found`, `denied` or `timeout` where the standard library's sentinels say
// so, and `failed` otherwise. Missing arguments are nil, further ones are ignored.
//
// An argument that does not fit is a Lua error that names the function, the
// argument and what it got. A function that panics raises a Lua error of kind
// `internal`, and the log has the Go stack; nothing else ends.
//
// A func(*lua.LState) int of gopher-lua is taken as it is and runs on the worker.
//
// # Values
//
// Integers are exact: an int64 beyond ±2^53 is the 64-bit userdata of SPEC
// section 3, and either is accepted. []byte is a string. A [time.Duration] is a
// duration, and accepts every form of one. A pointer is what it points to, or
// nil. Slices, maps, and structs with exported fields and no methods are copied
// into tables, both ways, no deeper than mailbox.MaxDepth; nil ones are empty
// tables. In an any parameter arrive nil, bool, float64, int64, uint64, string,
// time.Duration, time.Time, *mailbox.Error, []any and map[string]any.
//
// A struct with methods is an object: a gopher-luar userdata, shared, not
// copied. Its methods (obj:method()) run as functions do; its fields can be
// read, which is not synchronized, and not assigned. Its String method, where
// there is one, is tostring's and must be quick. Lua hands an object back to any
// parameter that its type fits. Functions among results become Lua functions
// that run as the others do. Channels, complex numbers and Lua functions as
// callbacks do not cross.
//
// # Names
//
// ReadAll is read_all in Lua, HTTPPort http_port; the Go spelling and readAll
// work too. A name that would be a keyword of Lua's, as End, stays. The keys of a map stay as they are. A field's tag `luar:"name"`
// names it, `luar:"-"` hides it.
//
// # Errors
//
// Bind panics at what is a mistake of the program: nil, a function that Lua
// could never call, a Quick name that names nothing.
func Bind(name string, value any, opts ...Option) Module {
	b := &binding{module: name, quick: make(map[string]bool)}
	for _, opt := range opts {
		opt(b)
	}
	v := reflect.ValueOf(value)
	if isNil(v) {
		panic(fmt.Sprintf("luamod: %s is bound to nil", name))
	}
	root := b.part("", v)
	for quick, found := range b.quick {
		if !found {
			panic(fmt.Sprintf("luamod: Quick names %q, and %s has no such function", quick, name))
		}
	}
	if b.stub == "" {
		b.stub = writeStub(name, root)
	}
	return Module{
		Name: name,
		Stub: b.stub,
		Open: func(s *lua.State) glua.LValue { return root.open(s.Main()) },
	}
}

// binding is what belongs to one Bind. It serves all states, and changes no
// more once the Module is made, but for what objects have learnt.
type binding struct {
	module   string
	stub     string
	allQuick bool
	quick    map[string]bool // by name: whether it was met
	objects  sync.Map        // of reflect.Type to *objectType
}

// part is a piece of a bound value, which every state gets its own Lua value of.
type part interface {
	open(L *glua.LState) glua.LValue
}

// namespace is a table of parts, in the order of names.
type namespace []member

type member struct {
	name string
	part part
}

// constant is a value that is converted at each require.
type constant struct {
	b     *binding
	path  string
	value reflect.Value
}

// raw is a function in gopher-lua's own form.
type raw glua.LGFunction

func (n namespace) open(L *glua.LState) glua.LValue {
	t := L.CreateTable(0, len(n))
	for _, m := range n {
		t.RawSetString(m.name, m.part.open(L))
	}
	t.Metatable = spellings(L)
	return t
}

func (c constant) open(L *glua.LState) glua.LValue {
	lv, err := newToLua(L, c.b, c.path).value(c.value, 0)
	if err != nil {
		L.RaiseError("%s: %v", c.path, err)
	}
	return lv
}

func (r raw) open(L *glua.LState) glua.LValue { return L.NewFunction(glua.LGFunction(r)) }

var (
	rawType     = reflect.TypeFor[glua.LGFunction]()
	contextType = reflect.TypeFor[context.Context]()
	errorType   = reflect.TypeFor[error]()
)

// part takes a value apart. path is its name below the module, "" for the
// bound value itself.
func (b *binding) part(path string, v reflect.Value) part {
	for v.Kind() == reflect.Interface {
		v = v.Elem()
	}
	top := path == ""
	switch {
	case isNil(v):
	case v.Kind() == reflect.Func:
		return b.function(path, v)
	case v.Type() == reflect.TypeFor[map[string]any]():
		return b.mapping(path, v)
	case top && (v.Kind() == reflect.Struct || v.Kind() == reflect.Pointer && v.Elem().Kind() == reflect.Struct) && !isScalar(v.Type()):
		return b.structure(v)
	}
	return constant{b, b.full(path), v}
}

func (b *binding) function(path string, v reflect.Value) part {
	named := false
	for name := range b.quick {
		if name == path || snake(name) == path {
			b.quick[name], named = true, true
		}
	}
	if v.CanConvert(rawType) {
		return raw(v.Convert(rawType).Interface().(glua.LGFunction))
	}
	f, err := newFunction(b, b.full(path), v, false)
	if err != nil {
		panic("luamod: " + err.Error())
	}
	f.quick = f.quick || named
	return f
}

func (b *binding) mapping(path string, v reflect.Value) part {
	var n namespace
	for key, value := range v.Seq2() {
		n = append(n, member{key.String(), b.part(join(path, key.String()), value)})
	}
	return n.sorted()
}

// structure makes the namespace of the bound struct's methods and fields. A
// method goes before a field of the same Lua name.
func (b *binding) structure(v reflect.Value) part {
	if v.Kind() == reflect.Struct { // so that methods of the pointer are there
		p := reflect.New(v.Type())
		p.Elem().Set(v)
		v = p
	}
	var n namespace
	has := make(map[string]bool)
	for i := range v.NumMethod() {
		name := snake(v.Type().Method(i).Name)
		has[name] = true
		n = append(n, member{name, b.function(name, v.Method(i))})
	}
	for name, index := range fieldsOf(v.Type().Elem()) {
		field, err := v.Elem().FieldByIndexErr(index)
		if err == nil && !has[name] { // an error: it is in an embedded pointer that is nil
			n = append(n, member{name, b.part(name, field)})
		}
	}
	return n.sorted()
}

func (n namespace) sorted() namespace {
	slices.SortFunc(n, func(x, y member) int { return cmp.Compare(x.name, y.name) })
	return n
}

// full gives a path as messages name it.
func (b *binding) full(path string) string { return join(b.module, path) }

func join(path, name string) string {
	if path == "" || name == "" {
		return path + name
	}
	return path + "." + name
}

// isNil tells whether there is nothing at all in v.
func isNil(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Invalid:
		return true
	case reflect.Pointer, reflect.Interface, reflect.Func:
		return v.IsNil()
	}
	return false
}
