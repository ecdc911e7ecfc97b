package mailbox

import (
	"fmt"
	"math"
	"strconv"
	"time"
	"unicode/utf8"
	"unsafe"
)

// Kind is the type of a Value.
type Kind uint8

// The kinds of value that cross between processes.
const (
	KindNil Kind = iota
	KindBool
	KindFloat    // a Lua number, WIT f32 and f64
	KindInt      // a signed 64-bit integer
	KindUint     // an unsigned 64-bit integer
	KindString   // bytes; UTF-8 is checked where a type asks for it
	KindTable    // list and record alike, as in Lua
	KindError    // an error value
	KindDuration // a length of time
	KindTime     // a point in time
	KindResource // a reference to what lives inside one process
)

// String names the kind as error messages do.
func (k Kind) String() string {
	return [...]string{"nil", "boolean", "number", "integer", "unsigned integer", "string", "table", "error", "duration", "time", "resource"}[k]
}

// MaxDepth and MaxNodes bound a Value: how many tables and error values stand
// one in the other, and how many Values it consists of, keys included. Whoever
// builds one from outside data stops there.
const (
	MaxDepth = 128
	MaxNodes = 1 << 22
)

// Value is what crosses between processes, whatever their language: immutable,
// so that one Value may be held by many. The zero Value is nil. Scalars do not
// allocate; a string shares the bytes that it is made of.
type Value struct {
	_ [0]func() // not comparable: equal strings may differ in address
	// num holds the bits of a scalar, or the length of a string.
	num uint64
	// ref holds the kind for a scalar (boxing a small constant does not
	// allocate), stringPtr for a string, a pointer for the rest. This is the
	// layout of slog.Value.
	ref any
}

type (
	stringPtr   *byte
	timePtr     *time.Time
	resourcePtr struct{ r Resource }
)

// Resource is a reference to what lives inside one process, such as a
// component's resource. Others may hold it, and do nothing with it: only the
// process that it came from gives it a meaning, by its own type behind the
// interface. It does not cross between machines.
type Resource interface {
	// ResourceType names its type for messages.
	ResourceType() string
}

// Nil is the nil Value.
var Nil = Value{}

// Bool makes a boolean.
func Bool(b bool) Value {
	v := Value{ref: KindBool}
	if b {
		v.num = 1
	}
	return v
}

// Float makes a number.
func Float(f float64) Value { return Value{num: math.Float64bits(f), ref: KindFloat} }

// Int makes a signed 64-bit integer.
func Int(i int64) Value { return Value{num: uint64(i), ref: KindInt} }

// Uint makes an unsigned 64-bit integer.
func Uint(u uint64) Value { return Value{num: u, ref: KindUint} }

// String makes a string; its bytes are shared, not copied.
func String(s string) Value {
	return Value{num: uint64(len(s)), ref: stringPtr(unsafe.StringData(s))}
}

// Duration makes a duration.
func Duration(d time.Duration) Value { return Value{num: uint64(d), ref: KindDuration} }

// Time makes a point in time.
func Time(t time.Time) Value { return Value{ref: timePtr(&t)} }

// ErrorValue makes an error value; nil gives the nil Value.
func ErrorValue(e *Error) Value {
	if e == nil {
		return Nil
	}
	return Value{ref: e}
}

// ResourceValue makes a resource; nil gives the nil Value.
func ResourceValue(r Resource) Value {
	if r == nil {
		return Nil
	}
	return Value{ref: resourcePtr{r}}
}

// Kind tells what v is.
func (v Value) Kind() Kind {
	switch r := v.ref.(type) {
	case nil:
		return KindNil
	case Kind:
		return r
	case stringPtr:
		return KindString
	case *Table:
		return KindTable
	case *Error:
		return KindError
	case timePtr:
		return KindTime
	case resourcePtr:
		return KindResource
	}
	panic("mailbox: value of no kind")
}

// Bool gives a boolean's value; false for every other kind.
func (v Value) Bool() bool { return v.ref == any(KindBool) && v.num == 1 }

// Float gives a KindFloat's number; zero for every other kind.
func (v Value) Float() float64 {
	if v.ref != any(KindFloat) {
		return 0
	}
	return math.Float64frombits(v.num)
}

// Int gives a KindInt's number; zero for every other kind.
func (v Value) Int() int64 {
	if v.ref != any(KindInt) {
		return 0
	}
	return int64(v.num)
}

// Uint gives a KindUint's number; zero for every other kind.
func (v Value) Uint() uint64 {
	if v.ref != any(KindUint) {
		return 0
	}
	return v.num
}

// Str gives a string's bytes; "" for every other kind.
func (v Value) Str() string {
	p, ok := v.ref.(stringPtr)
	if !ok {
		return ""
	}
	return unsafe.String(p, v.num)
}

// Duration gives a duration; zero for every other kind.
func (v Value) Duration() time.Duration {
	if v.ref != any(KindDuration) {
		return 0
	}
	return time.Duration(v.num)
}

// Time gives a point in time; the zero time for every other kind.
func (v Value) Time() time.Time {
	if t, ok := v.ref.(timePtr); ok {
		return *t
	}
	return time.Time{}
}

// Err gives an error value; nil for every other kind.
func (v Value) Err() *Error { e, _ := v.ref.(*Error); return e }

// Resource gives a resource; nil for every other kind.
func (v Value) Resource() Resource { r, _ := v.ref.(resourcePtr); return r.r }

// Table gives a table; nil for every other kind.
func (v Value) Table() *Table { t, _ := v.ref.(*Table); return t }

// IsNil tells whether v is nil.
func (v Value) IsNil() bool { return v.ref == nil }

// Integer gives the exact integer that v holds, in two's complement with its
// sign, whichever numeric kind it has. It is false for other kinds, fractions,
// and numbers beyond 64 bits.
func (v Value) Integer() (bits uint64, negative, ok bool) {
	switch v.Kind() {
	case KindInt:
		return v.num, int64(v.num) < 0, true
	case KindUint:
		return v.num, false, true
	case KindFloat:
		f := v.Float()
		switch {
		case f != math.Trunc(f) || f < -1<<63 || f >= 1<<64:
			return 0, false, false
		case f < 0:
			return uint64(int64(f)), true, true
		}
		return uint64(f), false, true
	}
	return 0, false, false
}

// maxShown is how many bytes of a string String shows.
const maxShown = 60

// String prints v for people: strings quoted, tables shortened. It is for
// messages, not for parsing.
func (v Value) String() string {
	switch v.Kind() {
	case KindNil:
		return "nil"
	case KindBool:
		return strconv.FormatBool(v.Bool())
	case KindFloat:
		return strconv.FormatFloat(v.Float(), 'g', 14, 64)
	case KindInt:
		return strconv.FormatInt(v.Int(), 10)
	case KindUint:
		return strconv.FormatUint(v.Uint(), 10)
	case KindString:
		s := v.Str()
		if len(s) <= maxShown {
			return strconv.Quote(s)
		}
		cut := maxShown
		for cut > maxShown-utf8.UTFMax && !utf8.RuneStart(s[cut]) {
			cut--
		}
		return fmt.Sprintf("%q… (%d bytes)", s[:cut], len(s))
	case KindError:
		return v.Err().Message
	case KindDuration:
		return v.Duration().String()
	case KindTime:
		return v.Time().Format(time.RFC3339Nano)
	case KindResource:
		return "a resource (" + v.Resource().ResourceType() + ")"
	}
	t := v.Table()
	if len(t.Pairs) == 0 {
		return fmt.Sprintf("table (%d elements)", len(t.List))
	}
	return fmt.Sprintf("table (%d fields)", len(t.List)+len(t.Pairs))
}
