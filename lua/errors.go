package lua

import (
	"strings"

	glua "github.com/yuin/gopher-lua"

	"wippy/mailbox"
)

// errorMeta is the metatable of error values.
var errorMeta = sharedTable()

func init() {
	fillMetatable(errorMeta, "error", map[string]glua.LGFunction{
		"kind": func(L *glua.LState) int {
			L.Push(glua.LString(checkError(L, "kind").Kind))
			return 1
		},
		"message": func(L *glua.LState) int {
			L.Push(glua.LString(checkError(L, "message").Message))
			return 1
		},
		"retryable": func(L *glua.LState) int {
			L.Push(glua.LBool(checkError(L, "retryable").Retryable))
			return 1
		},
		"value": func(L *glua.LState) int {
			L.Push(FromValue(L, checkError(L, "value").Value))
			return 1
		},
		"traceback": func(L *glua.LState) int {
			L.Push(glua.LString(strings.Join(checkError(L, "traceback").Trace, "\n")))
			return 1
		},
	}, map[string]glua.LGFunction{
		"__eq": func(L *glua.LState) int {
			L.Push(glua.LBool(ErrorOf(L.Get(1)) == ErrorOf(L.Get(2))))
			return 1
		},
	}, func(v any) string { return v.(*mailbox.Error).Message })
}

// ErrorValue makes the Lua error value of err, nil for nil (SPEC section 3). It
// has the methods kind, message, retryable, value and traceback; tostring
// and .. give its message. An err that is no *mailbox.Error is of kind internal.
func ErrorValue(L *glua.LState, err error) glua.LValue {
	e := mailbox.AsError(err)
	if e == nil {
		return glua.LNil
	}
	return userData(L, e, errorMeta)
}

// PushError pushes nil and err, and returns 2: a module function ends with
// return lua.PushError(L, err).
func PushError(L *glua.LState, err error) int {
	L.Push(glua.LNil)
	L.Push(ErrorValue(L, err))
	return 2
}

// ErrorOf gives back what ErrorValue was given; nil for every other value.
func ErrorOf(lv glua.LValue) *mailbox.Error {
	if ud, ok := lv.(*glua.LUserData); ok {
		e, _ := ud.Value.(*mailbox.Error)
		return e
	}
	return nil
}

func checkError(L *glua.LState, method string) *mailbox.Error {
	e := ErrorOf(L.Get(1))
	if e == nil {
		ArgError(L, "error:"+method, 1, "an error value")
	}
	return e
}

// ArgError raises the Lua error for a misused argument:
// "process.send: argument 1: expected a PID or name, got nil". It does not return.
func ArgError(L *glua.LState, fn string, n int, expected string) {
	got := "nothing"
	if n <= L.GetTop() {
		got = describe(L.Get(n))
	}
	L.RaiseError("%s: argument %d: expected %s, got %s", fn, n, expected, got)
}
