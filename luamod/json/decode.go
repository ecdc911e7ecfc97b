package json

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	glua "github.com/yuin/gopher-lua"

	"wippy/lua"
	"wippy/luamod"
	"wippy/mailbox"
)

// What values cost in memory, in bytes, so that a small text that stands for
// much is refused in time.
const (
	scalarCost = 32
	tableCost  = 768 // with the maps of a small one
	maxNumber  = 4096
)

// decoder reads RFC 8259. It does not go through encoding/json, which reads a
// text in one go that nothing can interrupt or charge for.
type decoder struct {
	*marks
	L       *glua.LState
	meter   *luamod.Meter
	text    string
	pos     int
	charged int // of text
	depth   int
	room    int
}

func (d *decoder) document() (glua.LValue, error) {
	v, err := d.value()
	if err != nil {
		return nil, err
	}
	d.blanks()
	if d.pos < len(d.text) {
		return nil, d.expected("the end")
	}
	if v == glua.LValue(d.null) {
		v = glua.LNil
	}
	return v, nil
}

// fail gives an error at the current position.
func (d *decoder) fail(format string, args ...any) error {
	before := d.text[:min(d.pos, len(d.text))]
	line := strings.Count(before, "\n") + 1
	col := utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:]) + 1
	return fmt.Errorf("%d:%d: %w", line, col, fmt.Errorf(format, args...))
}

func (d *decoder) expected(what string) error {
	if d.pos >= len(d.text) {
		return d.fail("expected %s, got the end of the text", what)
	}
	r, size := utf8.DecodeRuneInString(d.text[d.pos:])
	if r == utf8.RuneError && size == 1 {
		return d.notUTF8()
	}
	return d.fail("expected %s, got %q", what, r)
}

func (d *decoder) notUTF8() error {
	return d.fail("the text is not UTF-8: byte %#x", d.text[d.pos])
}

// charge accounts for the text that was read since the last time. Every loop
// that can go over much of it calls this now and then.
func (d *decoder) charge() {
	d.meter.Bytes(d.pos - d.charged)
	d.charged = d.pos
}

const chargeEvery = 4096

// take accounts for the memory of a value.
func (d *decoder) take(bytes int) error {
	d.room -= bytes
	if d.room < 0 {
		d.room += bytes
		return tooLarge()
	}
	lua.From(d.L).Build(bytes)
	return nil
}

// peek gives the next byte, 0 at the end.
func (d *decoder) peek() byte {
	if d.pos < len(d.text) {
		return d.text[d.pos]
	}
	return 0
}

// accept reads c if it comes next.
func (d *decoder) accept(c byte) bool {
	if d.peek() != c || c == 0 {
		return false
	}
	d.pos++
	return true
}

func (d *decoder) blanks() {
	for ; d.pos < len(d.text); d.pos++ {
		switch d.text[d.pos] {
		case ' ', '\t', '\n', '\r':
		default:
			return
		}
		if d.pos-d.charged > chargeEvery {
			d.charge()
		}
	}
}

// value reads one value. JSON's null is the null mark.
func (d *decoder) value() (glua.LValue, error) {
	d.blanks()
	d.charge()
	if err := d.take(scalarCost); err != nil {
		return nil, err
	}
	switch c := d.peek(); {
	case c == '{':
		return d.nested(d.object)
	case c == '[':
		return d.nested(d.list)
	case c == '"':
		s, err := d.str()
		return glua.LString(s), err
	case c == '-' || c >= '0' && c <= '9':
		return d.number()
	}
	switch {
	case d.word("null"):
		return d.null, nil
	case d.word("true"):
		return glua.LTrue, nil
	case d.word("false"):
		return glua.LFalse, nil
	}
	return nil, d.expected("a value")
}

// word reads a word if it comes next.
func (d *decoder) word(word string) bool {
	ok := strings.HasPrefix(d.text[d.pos:], word)
	if ok {
		d.pos += len(word)
	}
	return ok
}

// nested reads an array or object behind its opening bracket.
func (d *decoder) nested(read func() (glua.LValue, error)) (glua.LValue, error) {
	if d.depth >= mailbox.MaxDepth {
		return nil, d.fail("%w", tooDeep())
	}
	if err := d.take(tableCost); err != nil {
		return nil, err
	}
	d.pos++
	d.depth++
	v, err := read()
	d.depth--
	return v, err
}

func (d *decoder) list() (glua.LValue, error) {
	// A small capacity is given, since gopher-lua's own is 32.
	t := d.L.CreateTable(4, 0)
	t.Metatable = d.array
	d.blanks()
	if d.accept(']') {
		return t, nil
	}
	for n := 1; ; n++ {
		v, err := d.value()
		if err != nil {
			return nil, err
		}
		if n >= glua.MaxArrayIndex {
			return nil, d.fail("an array has %d elements or more", n)
		}
		t.RawSetInt(n, v)
		d.blanks()
		switch {
		case d.accept(']'):
			return t, nil
		case !d.accept(','):
			return nil, d.expected(`"," or "]"`)
		}
	}
}

func (d *decoder) object() (glua.LValue, error) {
	t := d.L.CreateTable(0, 4)
	d.blanks()
	if d.accept('}') {
		return t, nil
	}
	for {
		d.blanks()
		if d.peek() != '"' {
			return nil, d.expected("a key in double quotes")
		}
		key, err := d.str()
		if err != nil {
			return nil, err
		}
		d.blanks()
		if !d.accept(':') {
			return nil, d.expected(`":"`)
		}
		v, err := d.value()
		if err != nil {
			return nil, err
		}
		if v == glua.LValue(d.null) {
			v = glua.LNil
		}
		t.RawSetString(key, v)
		d.blanks()
		switch {
		case d.accept('}'):
			return t, nil
		case !d.accept(','):
			return nil, d.expected(`"," or "}"`)
		}
	}
}

// number reads a number. Whole ones are exact up to 64 bits.
func (d *decoder) number() (glua.LValue, error) {
	start := d.pos
	whole := true
	d.accept('-')
	if !d.accept('0') && !d.digits() {
		return nil, d.expected("a digit")
	}
	if d.accept('.') {
		whole = false
		if !d.digits() {
			return nil, d.expected("a digit")
		}
	}
	if d.accept('e') || d.accept('E') {
		whole = false
		if !d.accept('+') {
			d.accept('-')
		}
		if !d.digits() {
			return nil, d.expected("a digit")
		}
	}
	text := d.text[start:d.pos]
	if len(text) > maxNumber {
		d.pos = start
		return nil, d.fail("a number of more than %d characters", maxNumber)
	}
	if whole && text != "-0" {
		if i, err := strconv.ParseInt(text, 10, 64); err == nil {
			return lua.NewInt(d.L, i), nil
		}
		if u, err := strconv.ParseUint(text, 10, 64); err == nil {
			return lua.NewUint(d.L, u), nil
		}
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		d.pos = start
		return nil, d.fail("the number %s is out of range", text)
	}
	return glua.LNumber(f), nil
}

func (d *decoder) digits() bool {
	start := d.pos
	for c := d.peek(); c >= '0' && c <= '9'; c = d.peek() {
		d.pos++
		if d.pos-d.charged > chargeEvery {
			d.charge()
		}
	}
	return d.pos > start
}

// str reads a string with its quotes. What it gives shares no memory with the
// text, so as not to keep all of it alive.
func (d *decoder) str() (string, error) {
	d.pos++
	var b strings.Builder
	done := d.pos // the text up to here is in b
	for {
		if d.pos-d.charged > chargeEvery {
			d.charge()
		}
		switch c := d.peek(); {
		case c == '"':
			b.WriteString(d.text[done:d.pos])
			d.pos++
			return b.String(), d.take(b.Len())
		case c == '\\':
			b.WriteString(d.text[done:d.pos])
			if err := d.escape(&b); err != nil {
				return "", err
			}
			done = d.pos
		case d.pos == len(d.text):
			return "", d.expected(`a closing "`)
		case c < ' ':
			return "", d.fail("a control character in a string: write \\u%04x", c)
		case c < utf8.RuneSelf:
			d.pos++
		default:
			r, size := utf8.DecodeRuneInString(d.text[d.pos:])
			if r == utf8.RuneError && size == 1 {
				return "", d.notUTF8()
			}
			d.pos += size
		}
	}
}

var escapes = map[byte]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// escape reads what a backslash begins. Half of a surrogate pair is U+FFFD, as
// for encoding/json.
func (d *decoder) escape(b *strings.Builder) error {
	d.pos++
	c := d.peek()
	if plain, ok := escapes[c]; ok {
		d.pos++
		b.WriteByte(plain)
		return nil
	}
	if c != 'u' {
		return d.expected(`one of "\/bfnrtu after a backslash`)
	}
	r, err := d.unit()
	if err != nil {
		return err
	}
	if utf16.IsSurrogate(r) {
		first := r
		r = utf8.RuneError
		if strings.HasPrefix(d.text[d.pos:], `\u`) {
			after := d.pos
			d.pos++
			second, err := d.unit()
			if err != nil {
				return err
			}
			if r = utf16.DecodeRune(first, second); r == utf8.RuneError {
				d.pos = after // it stands for itself
			}
		}
	}
	b.WriteRune(r)
	return nil
}

// unit reads u and the four digits of a \u escape.
func (d *decoder) unit() (rune, error) {
	d.pos++
	digits := d.text[d.pos:min(d.pos+4, len(d.text))]
	u, err := strconv.ParseUint(digits, 16, 16)
	if err != nil || len(digits) < 4 {
		return 0, d.fail("expected four hexadecimal digits after \\u")
	}
	d.pos += 4
	return rune(u), nil
}
