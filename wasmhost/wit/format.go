package wit

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"wippy/mailbox"
)

// FormatValue prints a value of a type as ParseValue reads it.
func FormatValue(v mailbox.Value, t *Type) string { return string(AppendValue(nil, v, t)) }

// AppendValue appends FormatValue's text. What is not of the type, and
// resources, are printed as in messages: that text is not for parsing.
func AppendValue(b []byte, v mailbox.Value, t *Type) []byte {
	return valuePrinter{math.MaxInt}.value(b, v, t, false)
}

// FormatShort is FormatValue of as much as most bytes hold, and then an ellipsis. It
// takes no longer for a value that is larger.
func FormatShort(v mailbox.Value, t *Type, most int) string {
	s := string(valuePrinter{most}.value(nil, v, t, false))
	if len(s) > most {
		s = cut(s, most) + "…"
	}
	return s
}

// cut gives the beginning of a text, most bytes or a few less.
func cut(s string, most int) string {
	if len(s) <= most {
		return s
	}
	for most > 0 && !utf8.RuneStart(s[most]) {
		most--
	}
	return s[:most]
}

// valuePrinter prints until there are more than most bytes.
type valuePrinter struct{ most int }

func (p valuePrinter) full(b []byte) bool { return len(b) > p.most }

func (p valuePrinter) value(b []byte, v mailbox.Value, t *Type, boxed bool) []byte {
	switch t.Kind {
	case Bool:
		if v.Kind() == mailbox.KindBool {
			return strconv.AppendBool(b, v.Bool())
		}
	case F32, F64:
		if f, ok := number(v); ok {
			return appendFloat(b, f, t.Kind)
		}
	case Char:
		if s := v.Str(); utf8.RuneCountInString(s) == 1 {
			return p.quoted(b, s, '\'')
		}
	case String:
		if v.Kind() == mailbox.KindString {
			return p.quoted(b, v.Str(), '"')
		}
	case List:
		return p.list(b, v, t)
	case Option:
		return p.option(b, v, t, boxed)
	case Enum:
		if v.Kind() == mailbox.KindString {
			return append(b, waveName(v.Str())...)
		}
	case Variant:
		return p.variant(b, v, t)
	case Record, Tuple, Flags, Result:
		if table := v.Table(); table != nil {
			return p.table(b, v, table, t)
		}
	case Own, Borrow:
	default:
		if bits, negative, ok := v.Integer(); ok && negative {
			return strconv.AppendInt(b, int64(bits), 10)
		} else if ok {
			return strconv.AppendUint(b, bits, 10)
		}
	}
	return append(b, v.String()...)
}

// number gives the float nearest to a number.
func number(v mailbox.Value) (float64, bool) {
	switch v.Kind() {
	case mailbox.KindFloat:
		return v.Float(), true
	case mailbox.KindInt:
		return float64(v.Int()), true
	case mailbox.KindUint:
		return float64(v.Uint()), true
	}
	return 0, false
}

func appendFloat(b []byte, f float64, k Kind) []byte {
	switch {
	case math.IsNaN(f):
		return append(b, "nan"...)
	case math.IsInf(f, 1):
		return append(b, "inf"...)
	case math.IsInf(f, -1):
		return append(b, "-inf"...)
	case k == F32:
		return strconv.AppendFloat(b, f, 'g', -1, 32)
	}
	return strconv.AppendFloat(b, f, 'g', -1, 64)
}

func (p valuePrinter) quoted(b []byte, s string, quote rune) []byte {
	b = append(b, byte(quote))
	for _, c := range s {
		if p.full(b) {
			break
		}
		switch {
		case c == quote || c == '\\':
			b = append(b, '\\', byte(c))
		case c == '\n':
			b = append(b, `\n`...)
		case c == '\r':
			b = append(b, `\r`...)
		case c == '\t':
			b = append(b, `\t`...)
		case unicode.IsPrint(c):
			b = utf8.AppendRune(b, c)
		default:
			b = fmt.Appendf(b, `\u{%x}`, c)
		}
	}
	return append(b, byte(quote))
}

// list appends a list. Bytes that are text are a string, others a list.
func (p valuePrinter) list(b []byte, v mailbox.Value, t *Type) []byte {
	var n int
	var each func(b []byte, i int) []byte
	switch {
	case v.Table() != nil:
		list := v.Table().List
		n, each = len(list), func(b []byte, i int) []byte { return p.value(b, list[i], t.Elem, true) }
	case v.Kind() != mailbox.KindString || !t.isBytes():
		return append(b, v.String()...)
	case isText(cut(v.Str(), p.most)):
		return p.quoted(b, v.Str(), '"')
	default:
		n, each = len(v.Str()), func(b []byte, i int) []byte { return strconv.AppendUint(b, uint64(v.Str()[i]), 10) }
	}
	return p.items(b, '[', ']', n, each)
}

// isText tells whether bytes are better read as characters.
func isText(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(c rune) bool { return !unicode.IsPrint(c) && !strings.ContainsRune("\n\r\t", c) })
}

func (p valuePrinter) items(b []byte, open, shut byte, n int, each func(b []byte, i int) []byte) []byte {
	b = append(b, open)
	for i := range n {
		if p.full(b) {
			break
		}
		if i > 0 {
			b = append(b, ", "...)
		}
		b = each(b, i)
	}
	return append(b, shut)
}

func (p valuePrinter) option(b []byte, v mailbox.Value, t *Type, boxed bool) []byte {
	if table := v.Table(); boxed && table != nil {
		v = table.Get("some")
	}
	if v.IsNil() {
		return append(b, "none"...)
	}
	return append(p.value(append(b, "some("...), v, t.Elem, true), ')')
}

func (p valuePrinter) variant(b []byte, v mailbox.Value, t *Type) []byte {
	tag := v
	if table := v.Table(); table != nil {
		tag, v = table.Get("tag"), table.Get("value")
	} else {
		v = mailbox.Nil
	}
	i := slices.IndexFunc(t.Cases, func(c Case) bool { return Same(c.Name, tag.Str()) })
	if i < 0 {
		return append(b, tag.String()...)
	}
	b = append(b, waveName(t.Cases[i].Name)...)
	if t.Cases[i].Type == nil {
		return b
	}
	return append(p.value(append(b, '('), v, t.Cases[i].Type, false), ')')
}

// table appends what is a table and nothing else.
func (p valuePrinter) table(b []byte, v mailbox.Value, table *mailbox.Table, t *Type) []byte {
	switch t.Kind {
	case Tuple:
		return p.items(b, '(', ')', len(t.Fields), func(b []byte, i int) []byte {
			elem := mailbox.Nil
			if i < len(table.List) {
				elem = table.List[i]
			}
			return p.value(b, elem, t.Fields[i].Type, false)
		})
	case Record:
		return p.items(b, '{', '}', len(t.Fields), func(b []byte, i int) []byte {
			f := t.Fields[i]
			return p.value(append(b, f.Name+": "...), field(table, f.Name), f.Type, false)
		})
	case Flags:
		var set []string
		for _, l := range t.Labels {
			if field(table, l).Bool() {
				set = append(set, l)
			}
		}
		return p.items(b, '{', '}', len(set), func(b []byte, i int) []byte { return append(b, set[i]...) })
	}
	return p.result(b, v, table, t)
}

// result appends {ok=v} or {err=e}. Of a table of neither the payload is
// an option: Lua has no field that is nil.
func (p valuePrinter) result(b []byte, v mailbox.Value, table *mailbox.Table, t *Type) []byte {
	for _, pair := range table.Pairs {
		switch pair.Key.Str() {
		case "ok":
			return p.side(b, "ok", pair.Value, t.OK)
		case "err":
			return p.side(b, "err", pair.Value, t.Err)
		}
	}
	switch {
	case t.OK != nil && t.OK.Kind == Option:
		return p.side(b, "ok", mailbox.Nil, t.OK)
	case t.Err != nil && t.Err.Kind == Option:
		return p.side(b, "err", mailbox.Nil, t.Err)
	}
	return append(b, v.String()...)
}

func (p valuePrinter) side(b []byte, name string, v mailbox.Value, t *Type) []byte {
	b = append(b, name...)
	if t == nil {
		return b
	}
	return append(p.value(append(b, '('), v, t, false), ')')
}

// field gives the value of a name, in whichever style its key is.
func field(table *mailbox.Table, name string) mailbox.Value {
	for _, p := range table.Pairs {
		if p.Key.Kind() == mailbox.KindString && Same(name, p.Key.Str()) {
			return p.Value
		}
	}
	return mailbox.Nil
}

// waveName gives the name of a case as ParseValue takes it for one.
func waveName(name string) string {
	switch name {
	case "true", "false", "inf", "nan", "some", "none", "ok", "err":
		return "%" + name
	}
	return name
}
