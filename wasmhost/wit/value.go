package wit

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"wippy/mailbox"
)

// maxValueText bounds the text of a value, in bytes.
const maxValueText = 1 << 20

// ValueError is a mistake in the text of a value.
type ValueError struct {
	At      int    // where it is, in characters from 1
	Path    string // to the part that it is in, such as `field "age": `; "" for the whole
	Message string // what was expected, and what was found
	Hint    string // what to write instead; may be empty
}

// Error returns `field "age": expected u32, got "x", at character 14`. A
// mistake at the very beginning goes without a place.
func (e *ValueError) Error() string {
	s := e.Path + e.Message
	if e.At > 1 {
		s += fmt.Sprintf(", at character %d", e.At)
	}
	if e.Hint != "" {
		s += "; " + e.Hint
	}
	return s
}

// ParseWord gives the value that a word of the command line means as a type
// (SPEC section 4). It is ParseValue, but for what a shell's word is by itself:
//
//   - of a string, and of a list<u8>, the word is the value, quotes and all; a
//     list<u8> that begins with [ is a list of numbers;
//   - of a char, a word of one character is that character;
//   - of an option, a word other than none, and that does not begin with some(,
//     is what the option holds; of an option<string>, one that begins with " is
//     a string as in ParseValue.
//
// # Errors
//
// A *ValueError.
func ParseWord(word string, t *Type) (mailbox.Value, error) {
	switch {
	case t.Kind == String:
		if !utf8.ValidString(word) {
			return mailbox.Nil, &ValueError{At: 1, Message: fmt.Sprintf("expected a string of UTF-8, got %s", mailbox.String(word))}
		}
		return mailbox.String(word), nil
	case t.isBytes() && !strings.HasPrefix(word, "["):
		return mailbox.String(word), nil
	case t.Kind > Bool && t.Kind < Char:
		if v, ok := parseNumber(word, t.Kind); ok {
			return v, nil
		}
		return mailbox.Nil, &ValueError{At: 1, Message: fmt.Sprintf("expected %s, got %s", t, shown(word))}
	case t.Kind == Char:
		if c, n := utf8.DecodeRuneInString(word); n == len(word) && n > 0 && (c != utf8.RuneError || n > 1) {
			return mailbox.String(word), nil
		}
		if !strings.HasPrefix(word, "'") {
			return mailbox.Nil, &ValueError{At: 1, Message: fmt.Sprintf("expected %s, got %s", t, shown(word))}
		}
	case t.Kind == Option && t.Elem.isFlat():
		bare := strings.TrimSpace(word)
		if bare != "none" && !strings.HasPrefix(bare, "some(") && !(t.Elem.Kind == String && strings.HasPrefix(word, `"`)) {
			return ParseWord(word, t.Elem)
		}
	}
	return ParseValue(word, t)
}

// ParseValue reads a value in the syntax of WAVE, the value encoding of the
// component model's tools: true, -7, 1.5e3, inf, 'x', "a string\n", [1, 2],
// (1, "two"), {field: 1, other: [2]}, a-case, a-case(7), some(1), none, ok(1),
// err("x"), {flag, other}. Names may be in kebab-case or snake_case, and some
// and ok left out where what stands in them is neither an option nor a result.
// A list<u8> may be a string, too. A field that is an option may be left out;
// a record without any is {:}. Resources cannot be written.
//
// The value is what SPEC section 3, "Values" makes of the type.
//
// # Errors
//
// A *ValueError: the first mistake.
func ParseValue(text string, t *Type) (mailbox.Value, error) {
	p := valueParser{text: text}
	if len(text) > maxValueText {
		return mailbox.Nil, &ValueError{At: 1, Message: fmt.Sprintf("the value has %d bytes; there may be %d", len(text), maxValueText)}
	}
	v := p.value(t, false)
	if p.skip(); p.err == nil && p.pos < len(p.text) {
		p.expected("the end", "")
	}
	if p.err != nil {
		return mailbox.Nil, p.err
	}
	return v, nil
}

// isBytes tells whether the values of t are strings of bytes.
func (t *Type) isBytes() bool { return t.Kind == List && t.Elem.Kind == U8 }

// isFlat tells whether a value of t may stand for an option or result of it.
func (t *Type) isFlat() bool { return t.Kind != Option && t.Kind != Result }

// valueParser reads a value. After the first error every method does nothing,
// and the rest of the text is not looked at.
type valueParser struct {
	text string
	pos  int // in bytes
	path []string
	err  *ValueError
	// depth is how many values stand one in the other, nodes of how many Values
	// they consist at most, work how many names of types were looked at.
	depth, nodes, work int
}

// grow counts Values before there is memory for them.
func (p *valueParser) grow(nodes int) {
	if p.nodes += nodes; p.nodes > mailbox.MaxNodes {
		p.fail("", "the value has more than %d parts", mailbox.MaxNodes)
	}
}

// maxWork bounds how often a text makes its parser look at a name of a type:
// each part of it may look at all names of a record.
const maxWork = 1 << 24

func (p *valueParser) spend(names int) {
	if p.work += names; p.work > maxWork {
		p.fail("", "the value has too many parts for a type of that size")
	}
}

// within reads a part, which step names.
func (p *valueParser) within(step string, t *Type, boxed bool) mailbox.Value {
	p.path = append(p.path, step)
	v := p.value(t, boxed)
	p.path = p.path[:len(p.path)-1]
	return v
}

func (p *valueParser) fail(hint, format string, args ...any) {
	if p.err != nil {
		return
	}
	path := ""
	for i, step := range p.path {
		if i >= 8 && i < len(p.path)-1 { // of a long path the ends tell enough
			continue
		}
		path += step + ": "
	}
	p.err = &ValueError{
		At:   utf8.RuneCountInString(p.text[:p.pos]) + 1,
		Path: path, Message: fmt.Sprintf(format, args...), Hint: hint,
	}
}

func (p *valueParser) expected(what, hint string) {
	if p.err == nil {
		p.fail(hint, "expected %s, got %s", what, p.next())
	}
}

// next says in an error what was found.
func (p *valueParser) next() string {
	if p.pos == len(p.text) {
		return "the end"
	}
	if w := p.peek(numberByte); w != "" {
		return shown(w)
	}
	c, _ := utf8.DecodeRuneInString(p.text[p.pos:])
	switch c {
	case '"':
		return "a string"
	case '\'':
		return "a character"
	}
	return strconv.Quote(string(c))
}

// shown prints a word in an error: whole numbers as they are.
func shown(word string) string {
	if _, _, ok := decimal(word); ok {
		return word
	}
	return mailbox.String(word).String()
}

// skip steps over space and comments.
func (p *valueParser) skip() {
	for p.err == nil && p.pos < len(p.text) {
		switch c := p.text[p.pos]; {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			p.pos++
		case strings.HasPrefix(p.text[p.pos:], "//"):
			n := strings.IndexByte(p.text[p.pos:], '\n')
			if n < 0 {
				n = len(p.text) - p.pos
			}
			p.pos += n
		default:
			return
		}
	}
}

// is tells whether a mark is next.
func (p *valueParser) is(mark byte) bool {
	p.skip()
	return p.err == nil && p.pos < len(p.text) && p.text[p.pos] == mark
}

func (p *valueParser) accept(mark byte) bool {
	if !p.is(mark) {
		return false
	}
	p.pos++
	return true
}

func (p *valueParser) expect(mark byte) {
	if !p.accept(mark) {
		p.expected(strconv.Quote(string(mark)), "")
	}
}

// peek gives the bytes that come next and are of that sort.
func (p *valueParser) peek(sort func(c byte) bool) string {
	p.skip()
	if p.err != nil {
		return ""
	}
	n := p.pos
	for n < len(p.text) && sort(p.text[n]) {
		n++
	}
	return p.text[p.pos:n]
}

// numberByte tells what a number, or what was meant as one, consists of.
func numberByte(c byte) bool { return wordByte(c) || c == '+' || c == '.' }

// call tells whether the next is that word, and whether a payload follows it.
func (p *valueParser) call(name string) (is, payload bool) {
	if p.peek(wordByte) != name {
		return false, false
	}
	q := *p
	q.pos += len(name)
	return true, q.is('(')
}

// value reads a value. boxed tells that an option is one of a list or another
// option, where nil cannot stand for none.
func (p *valueParser) value(t *Type, boxed bool) mailbox.Value {
	if p.depth++; p.depth > mailbox.MaxDepth {
		p.fail("", "values are nested more than %d deep", mailbox.MaxDepth)
	}
	defer func() { p.depth-- }()
	p.grow(6) // as many as a case in an option in a list makes without its payload
	if p.skip(); p.err != nil {
		return mailbox.Nil
	}
	switch t.Kind {
	case Bool:
		switch w := p.peek(wordByte); w {
		case "true", "false":
			p.pos += len(w)
			return mailbox.Bool(w == "true")
		}
		p.expected("bool", "")
	case Char:
		return p.char()
	case String:
		return p.str("string")
	case List:
		return p.list(t)
	case Record:
		return p.record(t)
	case Tuple:
		return p.tuple(t)
	case Variant:
		return p.variant(t)
	case Enum:
		if i := p.label(t, "case", len(t.Labels), func(i int) string { return t.Labels[i] }); i >= 0 {
			return mailbox.String(t.Labels[i])
		}
	case Option:
		return p.option(t, boxed)
	case Result:
		return p.result(t)
	case Flags:
		return p.flags(t)
	case Own, Borrow:
		p.fail("", "a %s is a resource, which cannot be written", t)
	default:
		w := p.peek(numberByte)
		if v, ok := parseNumber(w, t.Kind); ok {
			p.pos += len(w)
			return v
		}
		p.expected(t.Kind.String(), "")
	}
	return mailbox.Nil
}

// ranges are what the integer types hold: from a minimum, which is not
// positive, to a maximum.
var ranges = [...]struct {
	min int64
	max uint64
}{
	S8: {math.MinInt8, math.MaxInt8}, U8: {0, math.MaxUint8}, S16: {math.MinInt16, math.MaxInt16}, U16: {0, math.MaxUint16},
	S32: {math.MinInt32, math.MaxInt32}, U32: {0, math.MaxUint32}, S64: {math.MinInt64, math.MaxInt64}, U64: {0, math.MaxUint64},
}

// parseNumber gives the number that a word is, false if it is none of that
// type. Integers of up to 32 bits are floats, as everywhere.
func parseNumber(word string, k Kind) (mailbox.Value, bool) {
	switch k {
	case F64:
		f, err := strconv.ParseFloat(word, 64)
		return mailbox.Float(f), err == nil
	case F32:
		f, err := strconv.ParseFloat(word, 32)
		return mailbox.Float(f), err == nil
	}
	bits, negative, ok := decimal(word)
	r := ranges[k]
	if !ok || negative && int64(bits) < r.min || !negative && bits > r.max {
		return mailbox.Nil, false
	}
	switch {
	case k == U64:
		return mailbox.Uint(bits), true
	case k == S64:
		return mailbox.Int(int64(bits)), true
	case negative:
		return mailbox.Float(float64(int64(bits))), true
	}
	return mailbox.Float(float64(bits)), true
}

// decimal reads an integer of 64 bits, of either sign, in two's complement.
func decimal(s string) (bits uint64, negative, ok bool) {
	if u, err := strconv.ParseUint(s, 10, 64); err == nil {
		return u, false, true
	}
	i, err := strconv.ParseInt(s, 10, 64)
	return uint64(i), i < 0, err == nil
}

func (p *valueParser) char() mailbox.Value {
	if !p.is('\'') {
		p.expected("char", `write it as 'x'`)
		return mailbox.Nil
	}
	p.pos++
	if strings.HasPrefix(p.text[p.pos:], "'") {
		p.fail(`write ' itself as '\''`, "expected a character between quotes")
	}
	c := p.rune()
	if p.err == nil && !strings.HasPrefix(p.text[p.pos:], "'") {
		p.expected(`"'" behind one character`, "")
	}
	p.pos++
	return mailbox.String(string(c))
}

// str reads a string; what is what it is meant as.
func (p *valueParser) str(what string) mailbox.Value {
	if !p.is('"') {
		p.expected(what, `write it as "…"`)
		return mailbox.Nil
	}
	start := p.pos
	p.pos++
	var b strings.Builder
	for p.err == nil && !strings.HasPrefix(p.text[p.pos:], `"`) {
		if p.pos == len(p.text) {
			p.pos = start
			p.fail(`end it with "`, "the string does not end")
			break
		}
		b.WriteRune(p.rune())
	}
	p.pos++
	return mailbox.String(b.String())
}

// rune reads a character between quotes, or an escape.
func (p *valueParser) rune() rune {
	if p.err != nil {
		return 0
	}
	c, n := utf8.DecodeRuneInString(p.text[p.pos:])
	switch {
	case n == 0:
		p.fail("", "expected a character, got the end")
	case c == utf8.RuneError && n == 1:
		p.fail("", "expected a character of UTF-8, got the byte %#x", p.text[p.pos])
	case c == '\n':
		p.fail(`write it as \n`, "a line ends between quotes")
	case c == '\\':
		return p.escape()
	}
	p.pos += n
	return c
}

func (p *valueParser) escape() rune {
	rest := p.text[p.pos+1:]
	if digits, ok := strings.CutPrefix(rest, "u{"); ok {
		digits, _, closed := strings.Cut(digits, "}")
		if c, err := strconv.ParseUint(digits, 16, 31); err == nil && closed && utf8.ValidRune(rune(c)) {
			p.pos += len(`\u{}`) + len(digits)
			return rune(c)
		}
		p.fail("", `expected \u{…} with the hexadecimal number of a character`)
		return 0
	}
	if rest != "" {
		if i := strings.IndexByte(`'"\tnr`, rest[0]); i >= 0 {
			p.pos += 2
			return rune("'\"\\\t\n\r"[i])
		}
	}
	p.fail(`there are \' \" \\ \t \n \r and \u{…}`, `a \ begins no escape`)
	return 0
}
