package env

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Mistake is one thing that is wrong in a dotenv text.
type Mistake struct {
	Line, Col int // both from 1; Col counts characters
	Message   string
	Hint      string // what to write instead; it may be empty
}

// ParseDotenv reads variables and their values, and every mistake. It never
// quotes a value, which may be a secret. The format is what the tools of that
// name have in common:
//
//	# a comment, and an empty line, say nothing
//	PLAIN=up to the end of the line, without surrounding blanks  # or to " #"
//	export SHELL_LIKE=works too
//	EMPTY=
//	SINGLE='as it is: \n and $HOME stay; may span lines'
//	DOUBLE="with \n, \r, \t, \", \\ and \$; may span lines"
//
// Nothing is expanded: a $ stands for itself. A name is letters, digits, "_",
// "." and "-", and does not begin with a digit; the last of two equal ones counts.
func ParseDotenv(text string) (map[string]string, []Mistake) {
	p := &dotenv{rest: strings.TrimPrefix(text, "\ufeff"), line: 1, col: 1, values: map[string]string{}}
	for p.rest != "" {
		p.statement()
	}
	return p.values, p.mistakes
}

// dotenv is a position in a text, and what was read before it.
type dotenv struct {
	rest      string
	line, col int
	values    map[string]string
	mistakes  []Mistake
}

func (p *dotenv) fail(hint, format string, args ...any) {
	p.mistakes = append(p.mistakes, Mistake{p.line, p.col, fmt.Sprintf(format, args...), hint})
}

// take consumes n bytes and gives them.
func (p *dotenv) take(n int) string {
	taken := p.rest[:n]
	p.rest = p.rest[n:]
	for i := range n {
		switch {
		case taken[i] == '\n':
			p.line, p.col = p.line+1, 1
		case utf8.RuneStart(taken[i]):
			p.col++
		}
	}
	return taken
}

// run consumes the characters that in accepts.
func (p *dotenv) run(in func(rune) bool) string {
	n := strings.IndexFunc(p.rest, func(r rune) bool { return !in(r) })
	if n < 0 {
		n = len(p.rest)
	}
	return p.take(n)
}

func blank(r rune) bool      { return r == ' ' || r == '\t' || r == '\r' }
func withinLine(r rune) bool { return r != '\n' }

func nameRune(r rune) bool {
	return r == '_' || r == '.' || r == '-' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
}

// statement reads one assignment, comment or empty line with its line feed.
// After a mistake it goes on with the next line.
func (p *dotenv) statement() {
	defer func() {
		p.run(withinLine)
		if p.rest != "" {
			p.take(1)
		}
	}()
	p.run(blank)
	if p.rest == "" || p.rest[0] == '\n' || p.rest[0] == '#' {
		return
	}
	name, ok := p.name()
	if !ok {
		return
	}
	p.run(blank)
	value, ok := p.value()
	if !ok {
		return
	}
	if strings.ContainsRune(value, 0) {
		p.fail("", "the value of %s has a NUL character", name)
		return
	}
	p.values[name] = value
}

// name reads a variable's name and its equals sign.
func (p *dotenv) name() (string, bool) {
	line, col := p.line, p.col
	name := p.run(nameRune)
	if name == "export" && p.rest != "" && blank(rune(p.rest[0])) {
		p.run(blank)
		line, col = p.line, p.col
		name = p.run(nameRune)
	}
	p.run(blank)
	if !strings.HasPrefix(p.rest, "=") || name == "" || name[0] >= '0' && name[0] <= '9' {
		p.line, p.col = line, col
		p.fail(`write NAME=value; a name has letters, digits, "_", "." and "-", and begins with no digit`, "expected a variable and its value")
		return "", false
	}
	p.take(1)
	return name, true
}

func (p *dotenv) value() (string, bool) {
	switch {
	case strings.HasPrefix(p.rest, "'"), strings.HasPrefix(p.rest, `"`):
		value, ok := p.quoted()
		if !ok {
			return "", false
		}
		p.run(blank)
		if p.rest != "" && p.rest[0] != '\n' && p.rest[0] != '#' {
			p.fail("put the whole value between the quotes", "unexpected text after the closing quote")
			return "", false
		}
		return value, true
	}
	value := p.run(withinLine)
	if strings.HasPrefix(value, "#") {
		return "", true
	}
	for _, comment := range []string{" #", "\t#"} {
		value, _, _ = strings.Cut(value, comment)
	}
	return strings.TrimFunc(value, blank), true
}

// quoted reads a quoted value with both of its quotes.
func (p *dotenv) quoted() (string, bool) {
	open := *p
	quote := p.take(1)[0]
	var b strings.Builder
	for p.rest != "" {
		c := p.take(1)[0]
		switch {
		case c == quote:
			return b.String(), true
		case c == '\\' && quote == '"' && p.rest != "":
			p.escape(&b)
		default:
			b.WriteByte(c)
		}
	}
	// The lines behind an open quote would give mistakes that are none, so
	// nothing after it is read.
	p.line, p.col = open.line, open.col
	p.fail("", "this quote is never closed")
	return "", false
}

// escape reads what follows a backslash between double quotes. An escape that
// is not known stays as it is written, as a shell has it.
func (p *dotenv) escape(b *strings.Builder) {
	c := p.take(1)[0]
	switch c {
	case 'n':
		b.WriteByte('\n')
	case 'r':
		b.WriteByte('\r')
	case 't':
		b.WriteByte('\t')
	case '"', '\\', '$', '`':
		b.WriteByte(c)
	default:
		b.WriteByte('\\')
		b.WriteByte(c)
	}
}
