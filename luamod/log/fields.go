package log

import (
	"cmp"
	"log/slog"
	"math"
	"slices"
	"strconv"
	"strings"

	glua "github.com/yuin/gopher-lua"

	"wippy/lua"
	"wippy/luamod"
	"wippy/mailbox"
)

// The bounds of what one line shows. What is beyond them shows as an ellipsis.
const (
	maxDepth  = 8
	maxValues = 1000
	maxText   = 64 << 10 // bytes of the message, and of all fields together
	ellipsis  = "…"
)

// attributes makes attributes of a table's fields, sorted by name. A nested
// table is a group, or a list; what has no value outside of its process, such
// as a function, shows as the name of its type. Nothing is an error: a script
// does not fail because of what it logs.
func attributes(L *glua.LState, fields *glua.LTable) []slog.Attr {
	if fields == nil {
		return nil
	}
	c := converter{L: L}
	return c.group(fields, 0)
}

type converter struct {
	L      *glua.LState
	values int
	bytes  int // of texts so far
}

// text cuts a text where the line is long enough.
func (c *converter) text(s string) string {
	s = cut(s, maxText-c.bytes)
	c.bytes = min(c.bytes+len(s), maxText)
	return s
}

func cut(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + ellipsis
}

func (c *converter) group(t *glua.LTable, depth int) []slog.Attr {
	var attrs []slog.Attr
	for k, v := t.Next(glua.LNil); k != glua.LNil; k, v = t.Next(k) {
		if c.values >= maxValues {
			attrs = append(attrs, slog.String(ellipsis, ellipsis))
			break
		}
		key := c.text(k.String())
		if key == "" { // slog would put the fields of a nested table among these
			key = noName
		}
		attrs = append(attrs, slog.Any(key, c.value(v, depth)))
	}
	slices.SortFunc(attrs, byKey)
	return slices.CompactFunc(attrs, func(a, b slog.Attr) bool { return a.Key == b.Key }) // t[1] and t["1"]
}

// noName stands for an empty name.
const noName = "(empty)"

func byKey(a, b slog.Attr) int { return cmp.Compare(a.Key, b.Key) }

// merged gives the fields of both, sorted as they are, each name once: those of a
// line go before the logger's.
func merged(loggers, lines []slog.Attr) []slog.Attr {
	if len(loggers) == 0 {
		return lines
	}
	all := slices.Clone(lines)
	for _, a := range loggers {
		if _, there := slices.BinarySearchFunc(lines, a, byKey); !there {
			all = append(all, a)
		}
	}
	slices.SortFunc(all, byKey)
	return all
}

func (c *converter) value(lv glua.LValue, depth int) any {
	c.values++
	if t, ok := lv.(*glua.LTable); ok {
		return c.table(t, depth+1)
	}
	if s, ok := lv.(glua.LString); ok {
		return c.text(string(s))
	}
	v, err := lua.ToValue(c.L, lv)
	if err != nil {
		return lv.Type().String()
	}
	bits, _, whole := v.Integer()
	switch {
	case v.Err() != nil:
		return c.text(v.Err().Message)
	case v.Kind() == mailbox.KindFloat && whole && v.Float() < 1<<63:
		return int64(bits) // so that a million is not 1e+06
	case v.Kind() == mailbox.KindFloat && (math.IsNaN(v.Float()) || math.IsInf(v.Float(), 0)):
		return strconv.FormatFloat(v.Float(), 'g', -1, 64) // JSON has no such number
	}
	return luamod.Plain(v)
}

func (c *converter) table(t *glua.LTable, depth int) any {
	if depth > maxDepth {
		return ellipsis
	}
	n, ok := luamod.IsList(t)
	if !ok {
		return slog.GroupValue(c.group(t, depth)...)
	}
	var list []any
	for i := 1; i <= n; i++ {
		if c.values >= maxValues {
			return append(list, ellipsis)
		}
		e := c.value(t.RawGetInt(i), depth)
		if group, ok := e.(slog.Value); ok { // which no handler resolves inside of a list
			e = plainGroup(group)
		}
		list = append(list, e)
	}
	return list
}

func plainGroup(group slog.Value) map[string]any {
	fields := make(map[string]any)
	for _, a := range group.Group() {
		if a.Value.Kind() == slog.KindGroup {
			fields[a.Key] = plainGroup(a.Value)
		} else {
			fields[a.Key] = a.Value.Any()
		}
	}
	return fields
}
