package luamod

import (
	"errors"
	"fmt"

	glua "github.com/yuin/gopher-lua"

	"wippy/mailbox"
)

// Within puts the key of a table's field or element before the path of an
// error that was met below it, as lua.ToValue writes paths:
// field "users"[3]."age": expected an integer, got "x".
func Within(key glua.LValue, err error) error {
	inner, ok := errors.AsType[*pathError](err)
	if !ok {
		inner = &pathError{reason: err}
	}
	if s, ok := key.(glua.LString); ok {
		return &pathError{path: "." + mailbox.String(string(s)).String() + inner.path, field: true, reason: inner.reason}
	}
	return &pathError{path: "[" + key.String() + "]" + inner.path, reason: inner.reason}
}

// pathError is what went wrong, and where in a table.
type pathError struct {
	path   string
	field  bool // the path begins with a field's name
	reason error
}

func (e *pathError) Error() string {
	if e.field {
		return fmt.Sprintf("field %s: %v", e.path[1:], e.reason) // without the leading dot
	}
	return fmt.Sprintf("%s: %v", e.path, e.reason)
}

func (e *pathError) Unwrap() error { return e.reason }

// IsList tells whether a table's keys are 1…n and no others, and gives n. The
// empty table is none. The list may have holes.
func IsList(t *glua.LTable) (n int, ok bool) {
	n = t.Len()
	if n == 0 {
		return 0, false
	}
	next, _ := t.Next(glua.LNumber(n))
	return n, next == glua.LNil
}

// bounds counts one more value, at a depth, against what may cross at once.
func bounds(nodes *int, depth int) error {
	*nodes++
	switch {
	case depth > mailbox.MaxDepth:
		return fmt.Errorf("nested deeper than %d tables; is a table part of itself?", mailbox.MaxDepth)
	case *nodes > mailbox.MaxNodes:
		return fmt.Errorf("more than %d elements", mailbox.MaxNodes)
	}
	return nil
}
