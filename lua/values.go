package lua

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	glua "github.com/yuin/gopher-lua"

	"wippy/mailbox"
)

// smallNumbers are boxed once: counts, codes and indices cross without an allocation.
var smallNumbers = func() (boxed [256]glua.LValue) {
	for i := range boxed {
		boxed[i] = glua.LNumber(i)
	}
	return boxed
}()

// number boxes f.
func number(f float64) glua.LValue {
	if i := int(f); i > 0 && i < len(smallNumbers) && float64(i) == f {
		return smallNumbers[i]
	}
	return glua.LNumber(f)
}

// FromValue makes the Lua value of what another process sent (SPEC section 3,
// "Values between Lua, Go and WIT"). Tables are fresh; strings share their
// bytes. It may be called from the process's own coroutine only.
func FromValue(L *glua.LState, v mailbox.Value) glua.LValue {
	switch v.Kind() {
	case mailbox.KindBool:
		return glua.LBool(v.Bool())
	case mailbox.KindFloat:
		return number(v.Float())
	case mailbox.KindInt:
		return NewInt(L, v.Int())
	case mailbox.KindUint:
		return NewUint(L, v.Uint())
	case mailbox.KindString:
		if s := From(L); s != nil {
			s.grow(stringBytes + len(v.Str()))
		}
		return glua.LString(v.Str())
	case mailbox.KindTable:
		return fromTable(L, v.Table())
	case mailbox.KindError:
		return ErrorValue(L, v.Err())
	case mailbox.KindDuration:
		return NewDuration(L, v.Duration())
	case mailbox.KindTime:
		return NewTime(L, v.Time())
	case mailbox.KindResource:
		return newResource(L, v.Resource())
	}
	return glua.LNil
}

// newResource makes the userdata of a resource: opaque, with its type as text.
func newResource(L *glua.LState, r mailbox.Resource) glua.LValue {
	return &glua.LUserData{Value: r, Env: L.Env, Metatable: From(L).Metatable("resource", func(mt *glua.LTable) {
		mt.RawSetString("__tostring", L.NewFunction(func(L *glua.LState) int {
			text := "a resource"
			if u, ok := L.Get(1).(*glua.LUserData); ok {
				if r, ok := u.Value.(mailbox.Resource); ok {
					text = mailbox.ResourceValue(r).String()
				}
			}
			L.Push(glua.LString(text))
			return 1
		}))
	})}
}

func fromTable(L *glua.LState, t *mailbox.Table) *glua.LTable {
	if s := From(L); s != nil {
		s.grow(tableBytes + len(t.List)*(valueBytes+numberBytes) + len(t.Pairs)*keyBytes)
	}
	lt := L.CreateTable(len(t.List), len(t.Pairs))
	for i, v := range t.List {
		lt.RawSetInt(i+1, FromValue(L, v))
	}
	for _, p := range t.Pairs {
		if p.Key.Kind() == mailbox.KindString {
			lt.RawSetString(p.Key.Str(), FromValue(L, p.Value))
		} else {
			lt.RawSet(FromValue(L, p.Key), FromValue(L, p.Value))
		}
	}
	return lt
}

// ToValue makes of a Lua value what can be sent. Metatables stay behind. The
// part of a table that # counts becomes the List, with its holes; the rest
// follows in the order of next.
//
// # Errors
//
// Kind Invalid, naming the path: a function, coroutine or foreign userdata, a
// table as a key, nesting beyond mailbox.MaxDepth (a table within itself ends
// there), more than mailbox.MaxNodes elements.
func ToValue(L *glua.LState, lv glua.LValue) (mailbox.Value, error) {
	var v mailbox.Value
	var bad *unsendable
	if t, ok := lv.(*glua.LTable); ok {
		c := converter{state: From(L)}
		v, bad = c.table(t, 0)
	} else {
		v, bad = scalar(lv)
	}
	if bad != nil {
		return mailbox.Nil, mailbox.Errorf(mailbox.Invalid, "%s", bad)
	}
	return v, nil
}

// ToValues makes sendable the arguments from the one at index from to the last.
//
// # Errors
//
// As ToValue, after "argument n: ", where the one at from is argument 1.
func ToValues(L *glua.LState, from int) ([]mailbox.Value, error) {
	n := L.GetTop() - from + 1
	if n <= 0 {
		return nil, nil
	}
	values := make([]mailbox.Value, n)
	for i := range values {
		v, err := ToValue(L, L.Get(from+i))
		if err != nil {
			return nil, mailbox.Errorf(mailbox.Invalid, "argument %d: %s", i+1, err)
		}
		values[i] = v
	}
	return values, nil
}

// converter turns one Lua value, counting what it meets.
type converter struct {
	state *State
	nodes int
}

// unsendable is an error of ToValue. Its path grows from the inside out while
// the conversion returns; element steps are put before it.
type unsendable struct {
	path   string
	fields bool // the path begins with a field
	reason string
}

func (e *unsendable) String() string {
	path := e.path
	if len(path) > maxPath {
		path = strings.ToValidUTF8(path[:maxPath], "") + "…"
	}
	switch {
	case path == "":
		return e.reason
	case e.fields:
		return "field " + path[1:] + ": " + e.reason // without the leading dot
	}
	return path + ": " + e.reason
}

// maxPath bounds a path in a message, in bytes: that of a table which is part
// of itself names every level.
const maxPath = 100

// within puts the key under which the offender stands before its path.
func (e *unsendable) within(key glua.LValue) *unsendable {
	if s, ok := key.(glua.LString); ok {
		e.path, e.fields = "."+quote(string(s))+e.path, true
	} else {
		e.path, e.fields = "["+key.String()+"]"+e.path, false
	}
	return e
}

func (c *converter) value(lv glua.LValue, depth int) (mailbox.Value, *unsendable) {
	if t, ok := lv.(*glua.LTable); ok {
		return c.table(t, depth)
	}
	return scalar(lv)
}

func (c *converter) table(t *glua.LTable, depth int) (mailbox.Value, *unsendable) {
	if depth >= mailbox.MaxDepth {
		return mailbox.Nil, &unsendable{reason: fmt.Sprintf("nested deeper than %d tables; is a table part of itself?", mailbox.MaxDepth)}
	}
	if t.Metatable == glua.LValue(globalsMeta) && c.state != nil {
		c.state.openGlobals()
	}
	n := t.Len()
	if c.nodes += n; c.nodes > mailbox.MaxNodes {
		return mailbox.Nil, tooMany()
	}
	c.state.chargeTable(n)
	var list []mailbox.Value
	if n > 0 {
		list = make([]mailbox.Value, n)
	}
	for i := range list {
		lv := t.RawGetInt(i + 1)
		v, bad := c.value(lv, depth+1)
		if bad != nil {
			return mailbox.Nil, bad.within(glua.LNumber(i + 1))
		}
		list[i] = v
	}
	var pairs []mailbox.Pair
	var at glua.LValue = glua.LNil
	if n > 0 {
		at = glua.LNumber(n)
	}
	next := t.Next
	if c.state != nil {
		next = func(key glua.LValue) (k, v glua.LValue) { return c.state.next(t, key) }
	}
	for k, lv := next(at); k != glua.LNil; k, lv = next(k) {
		if c.nodes++; c.nodes > mailbox.MaxNodes {
			return mailbox.Nil, tooMany()
		}
		key, bad := tableKey(k)
		if bad != nil {
			return mailbox.Nil, bad
		}
		v, bad := c.value(lv, depth+1)
		if bad != nil {
			return mailbox.Nil, bad.within(k)
		}
		pairs = append(pairs, mailbox.Pair{Key: key, Value: v})
	}
	c.state.chargeTable(len(pairs))
	return mailbox.TableValue(list, pairs), nil
}

// chargeTable accounts for a table of n elements that is converted. The nil
// State, which is no process's, pays nothing.
func (s *State) chargeTable(n int) {
	if s != nil {
		s.charge(1 + n/valuesPerFuel)
	}
}

func tooMany() *unsendable {
	return &unsendable{reason: fmt.Sprintf("more than %d elements", mailbox.MaxNodes)}
}

func tableKey(k glua.LValue) (mailbox.Value, *unsendable) {
	switch k := k.(type) {
	case glua.LString, glua.LNumber, glua.LBool:
		return scalar(k)
	}
	return mailbox.Nil, &unsendable{reason: describe(k) + " as a key cannot be sent"}
}

func scalar(lv glua.LValue) (mailbox.Value, *unsendable) {
	switch lv := lv.(type) {
	case *glua.LNilType:
		return mailbox.Nil, nil
	case glua.LBool:
		return mailbox.Bool(bool(lv)), nil
	case glua.LNumber:
		return mailbox.Float(float64(lv)), nil
	case glua.LString:
		return mailbox.String(string(lv)), nil
	case *glua.LUserData:
		switch v := lv.Value.(type) {
		case int64:
			return mailbox.Int(v), nil
		case uint64:
			return mailbox.Uint(v), nil
		case time.Duration:
			return mailbox.Duration(v), nil
		case time.Time:
			return mailbox.Time(v), nil
		case *mailbox.Error:
			return mailbox.ErrorValue(v), nil
		case mailbox.Resource:
			return mailbox.ResourceValue(v), nil
		}
	}
	return mailbox.Nil, &unsendable{reason: describe(lv) + " cannot be sent"}
}

// describe names a value as error messages do: scalars by their text.
func describe(lv glua.LValue) string {
	switch v := lv.(type) {
	case *glua.LNilType, glua.LBool, glua.LNumber:
		return v.String()
	case glua.LString:
		return quote(string(v))
	case *glua.LState:
		return "a coroutine"
	case *glua.LUserData:
		switch x := v.Value.(type) {
		case int64:
			return strconv.FormatInt(x, 10)
		case uint64:
			return strconv.FormatUint(x, 10)
		case time.Duration:
			return "a duration"
		case time.Time:
			return "a time"
		case *mailbox.Error:
			return "an error value"
		}
	}
	return "a " + lv.Type().String()
}

// quote quotes a string for a message, shortened where it is long.
func quote(s string) string {
	if len(s) > 60 {
		return strconv.Quote(s[:57]) + "…"
	}
	return strconv.Quote(s)
}
