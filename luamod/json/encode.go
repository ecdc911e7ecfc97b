package json

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	glua "github.com/yuin/gopher-lua"

	"wippy/lua"
	"wippy/luamod"
	"wippy/mailbox"
)

// encoder appends JSON to out.
type encoder struct {
	*marks
	L      *glua.LState
	meter  *luamod.Meter
	indent string
	room   int
	out    []byte
	path   []*glua.LTable // around the current value, outermost first
}

func (e *encoder) value(lv glua.LValue) error {
	before := len(e.out)
	switch lv := lv.(type) {
	case *glua.LTable:
		return e.table(lv)
	case glua.LString:
		if err := e.str(string(lv)); err != nil {
			return err
		}
	default:
		if lv == glua.LValue(e.null) {
			lv = glua.LNil
		}
		v, err := lua.ToValue(e.L, lv)
		if err != nil {
			return fmt.Errorf("a %s has no JSON form", lv.Type())
		}
		if err := e.scalar(v); err != nil {
			return err
		}
	}
	return e.charge(before)
}

// charge accounts for what was written since the length before.
func (e *encoder) charge(before int) error {
	e.meter.Bytes(len(e.out) - before + 16)
	if len(e.out) > e.room {
		return tooLarge()
	}
	return nil
}

func (e *encoder) scalar(v mailbox.Value) error {
	switch v.Kind() {
	case mailbox.KindNil:
		e.out = append(e.out, "null"...)
	case mailbox.KindBool:
		e.out = strconv.AppendBool(e.out, v.Bool())
	case mailbox.KindInt:
		e.out = strconv.AppendInt(e.out, v.Int(), 10)
	case mailbox.KindUint:
		e.out = strconv.AppendUint(e.out, v.Uint(), 10)
	case mailbox.KindFloat:
		return e.number(v.Float())
	case mailbox.KindDuration:
		return e.str(v.Duration().String())
	case mailbox.KindTime:
		return e.str(v.Time().Format(time.RFC3339Nano))
	case mailbox.KindResource:
		return e.str(v.String())
	case mailbox.KindError:
		e.out = append(e.out, `{"kind":`...)
		if err := e.str(string(v.Err().Kind)); err != nil {
			return err
		}
		e.out = append(e.out, `,"message":`...)
		if err := e.str(v.Err().Message); err != nil {
			return err
		}
		e.out = append(e.out, '}')
	}
	return nil
}

// number writes whole numbers as such, and all others as short as they can be
// read back.
func (e *encoder) number(f float64) error {
	switch {
	case math.IsNaN(f) || math.IsInf(f, 0):
		return fmt.Errorf("%v has no JSON form", f)
	case f == math.Trunc(f) && math.Abs(f) <= 1<<53 && (f != 0 || !math.Signbit(f)):
		e.out = strconv.AppendInt(e.out, int64(f), 10)
	default:
		e.out = strconv.AppendFloat(e.out, f, 'g', -1, 64)
	}
	return nil
}

const hex = "0123456789abcdef"

// str writes a string. Only what JSON wants escaped is.
func (e *encoder) str(s string) error {
	e.out = append(e.out, '"')
	done := 0 // of s, written
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case c >= utf8.RuneSelf:
			r, size := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && size == 1 {
				return fmt.Errorf("a string is not UTF-8: byte %d is %#x", i+1, c)
			}
			i += size
			continue
		case c >= ' ' && c != '"' && c != '\\':
			i++
			continue
		}
		e.out = append(append(e.out, s[done:i]...), '\\')
		switch c {
		case '"', '\\':
			e.out = append(e.out, c)
		case '\n':
			e.out = append(e.out, 'n')
		case '\r':
			e.out = append(e.out, 'r')
		case '\t':
			e.out = append(e.out, 't')
		default:
			e.out = append(e.out, 'u', '0', '0', hex[c>>4], hex[c&15])
		}
		i++
		done = i
	}
	e.out = append(append(e.out, s[done:]...), '"')
	return nil
}

func (e *encoder) table(t *glua.LTable) error {
	if slices.Contains(e.path, t) {
		return errors.New("the table contains itself")
	}
	if len(e.path) >= mailbox.MaxDepth {
		return tooDeep()
	}
	e.path = append(e.path, t)
	defer func() { e.path = e.path[:len(e.path)-1] }()
	n, list := luamod.IsList(t)
	switch marked := t.Metatable == glua.LValue(e.array); {
	case marked && !list && !empty(t):
		return fmt.Errorf("an array has keys besides 1 to %d", n)
	case marked || list:
		return e.list(t, n)
	}
	return e.object(t)
}

func empty(t *glua.LTable) bool {
	k, _ := t.Next(glua.LNil)
	return k == glua.LNil
}

func (e *encoder) list(t *glua.LTable, n int) error {
	if err := sparse(t, n); err != nil {
		return err
	}
	before := len(e.out)
	e.out = append(e.out, '[')
	for i := 1; i <= n; i++ {
		e.separate(i > 1)
		if err := e.value(t.RawGetInt(i)); err != nil {
			return luamod.Within(glua.LNumber(i), err)
		}
	}
	e.close(']', n == 0)
	return e.charge(before)
}

// sparse refuses a list with more holes than values, which most likely is no
// list but numbers that name something.
func sparse(t *glua.LTable, n int) error {
	if n <= 10 {
		return nil
	}
	values := 0
	for i := 1; i <= n; i++ {
		if t.RawGetInt(i) != glua.LNil {
			values++
		}
	}
	if n > 2*values {
		return fmt.Errorf("a list of %d elements has only %d values; make its keys strings, or fill it with json.null", n, values)
	}
	return nil
}

func (e *encoder) object(t *glua.LTable) error {
	var keys []string
	for k, _ := t.Next(glua.LNil); k != glua.LNil; k, _ = t.Next(k) {
		name, ok := k.(glua.LString)
		if !ok {
			return fmt.Errorf("the key %s: all keys must be strings, or 1 to n", k.String())
		}
		keys = append(keys, string(name))
		e.meter.Bytes(len(name))
	}
	slices.Sort(keys)
	before := len(e.out)
	e.out = append(e.out, '{')
	for i, key := range keys {
		e.separate(i > 0)
		if err := e.str(key); err != nil {
			return fmt.Errorf("a key: %w", err)
		}
		e.out = append(e.out, ':')
		if e.indent != "" {
			e.out = append(e.out, ' ')
		}
		if err := e.value(t.RawGetString(key)); err != nil {
			return luamod.Within(glua.LString(key), err)
		}
	}
	e.close('}', len(keys) == 0)
	return e.charge(before)
}

// separate begins an element.
func (e *encoder) separate(comma bool) {
	if comma {
		e.out = append(e.out, ',')
	}
	e.newline(len(e.path))
}

// close ends an array or object.
func (e *encoder) close(bracket byte, empty bool) {
	if !empty {
		e.newline(len(e.path) - 1)
	}
	e.out = append(e.out, bracket)
}

func (e *encoder) newline(depth int) {
	if e.indent == "" {
		return
	}
	e.out = append(e.out, '\n')
	for range depth {
		e.out = append(e.out, e.indent...)
	}
}
