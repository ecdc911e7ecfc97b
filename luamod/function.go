package luamod

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"reflect"
	"runtime/debug"

	glua "github.com/yuin/gopher-lua"

	"wippy/lua"
	"wippy/mailbox"
	"wippy/runtime/process"
)

// function is a bound Go function or method. It serves all states.
type function struct {
	b        *binding
	name     string // as messages give it
	fn       reflect.Value
	quick    bool
	receiver bool           // the first parameter is a method's receiver
	context  bool           // the next one is a context.Context
	params   []reflect.Type // the rest: Lua's arguments
	variadic bool           // the last of params repeats
	results  []reflect.Type // without the error
	fails    bool           // there is a last result of type error
}

// newFunction takes a function's type apart. The error says why Lua could
// never call it.
func newFunction(b *binding, name string, fn reflect.Value, receiver bool) (*function, error) {
	t := fn.Type()
	f := &function{b: b, name: name, fn: fn, quick: b.allQuick, receiver: receiver, variadic: t.IsVariadic()}
	first := 0
	if receiver {
		first++
	}
	if first < t.NumIn() && t.In(first) == contextType {
		f.context = true
		first++
	}
	for i := first; i < t.NumIn(); i++ {
		p := t.In(i)
		if f.variadic && i == t.NumIn()-1 {
			p = p.Elem()
		}
		if p == contextType || !fromLua(p) {
			return nil, fmt.Errorf("%s: a parameter of type %v cannot be given by Lua", name, t.In(i))
		}
		f.params = append(f.params, p)
	}
	for i := range t.NumOut() {
		if r := t.Out(i); i == t.NumOut()-1 && r == errorType {
			f.fails = true
		} else {
			f.results = append(f.results, r)
		}
	}
	return f, nil
}

// open implements part.
func (f *function) open(L *glua.LState) glua.LValue { return L.NewFunction(f.call) }

// call is what Lua calls.
func (f *function) call(L *glua.LState) int {
	in := f.arguments(L)
	var out []reflect.Value
	var err error
	if f.quick {
		out, err = f.invoke(context.Background(), in)
	} else {
		// out is read only after Await returned: a call that is abandoned goes
		// on without readers. The function's own error is among its results;
		// this one is a panic, or the pool's.
		err = Await(L, func(ctx context.Context) (err error) {
			out, err = f.invoke(ctx, in)
			return err
		})
	}
	if err != nil {
		f.raise(L, err)
	}
	return f.deliver(L, out)
}

// arguments converts Lua's arguments, and makes room for the context.
func (f *function) arguments(L *glua.LState) []reflect.Value {
	var in []reflect.Value
	first := 1
	if f.receiver {
		in = append(in, f.self(L))
		first++
	}
	if f.context {
		in = append(in, reflect.Zero(contextType))
	}
	given := L.GetTop() - first + 1
	wanted := len(f.params)
	if f.variadic {
		wanted = max(wanted-1, given)
	}
	c := newToGo(L)
	for i := range wanted {
		v, err := c.value(L.Get(first+i), f.params[min(i, len(f.params)-1)], 0)
		if err != nil {
			L.RaiseError("%s: argument %d: %v", f.name, i+1, err)
		}
		in = append(in, v)
	}
	return in
}

// self gives a method's receiver.
func (f *function) self(L *glua.LState) reflect.Value {
	if v, ok := objectOf(L.Get(1)); ok && v.Type().AssignableTo(f.fn.Type().In(0)) {
		return v
	}
	L.RaiseError("%s: call it with a colon on a %v, got %s", f.name, f.fn.Type().In(0).Elem(), Describe(L.Get(1)))
	return reflect.Value{}
}

// invoke calls the Go function. Its panic becomes an error, since beyond this
// frame it would end more than the caller: the pool's goroutine has no owner.
func (f *function) invoke(ctx context.Context, in []reflect.Value) (out []reflect.Value, err error) {
	defer func() {
		r := recover()
		if r == nil {
			return
		}
		if process.Unwinding(r) {
			panic(r)
		}
		err = &panicked{value: r, stack: debug.Stack()}
	}()
	switch {
	case f.context && f.receiver:
		in[1] = reflect.ValueOf(ctx)
	case f.context:
		in[0] = reflect.ValueOf(ctx)
	}
	return f.fn.Call(in), nil
}

// panicked is the error of a function that panicked.
type panicked struct {
	value any
	stack []byte
}

func (p *panicked) Error() string { return fmt.Sprintf("panic: %v", p.value) }

// raise ends the call with a Lua error.
func (f *function) raise(L *glua.LState, err error) {
	if p, ok := errors.AsType[*panicked](err); ok {
		lua.From(L).Context().Logger().Error("a bound Go function panicked",
			"function", f.name, "panic", fmt.Sprint(p.value), "stack", string(p.stack))
		err = mailbox.Errorf(mailbox.Internal, "%s: %w", f.name, err)
	}
	L.Error(lua.ErrorValue(L, err), 1)
}

// deliver pushes the results.
func (f *function) deliver(L *glua.LState, out []reflect.Value) int {
	if f.fails {
		last := len(out) - 1
		if err, _ := out[last].Interface().(error); err != nil {
			return lua.PushError(L, asError(err))
		}
		out = out[:last]
	}
	c := newToLua(L, f.b, f.name)
	for i, v := range out {
		lv, err := c.value(v, 0)
		if err != nil {
			L.RaiseError("%s: result %d: %v", f.name, i+1, err)
		}
		L.Push(lv)
	}
	return len(out)
}

// asError gives an error of Go's a kind that Lua code can branch on.
func asError(err error) error {
	if e, ok := errors.AsType[*mailbox.Error](err); ok {
		return e
	}
	kind := mailbox.Failed
	switch {
	case errors.Is(err, fs.ErrNotExist):
		kind = mailbox.NotFound
	case errors.Is(err, fs.ErrPermission):
		kind = mailbox.Denied
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		kind = mailbox.Timeout
	}
	return &mailbox.Error{Kind: kind, Message: err.Error(), Cause: err}
}
