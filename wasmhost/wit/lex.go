package wit

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Error is a mistake in a text.
type Error struct {
	Line, Col int    // both from 1; Col counts characters
	Message   string // what was expected, and what was found
	Hint      string // what to write instead; may be empty
}

// Error returns "line:col: message", and "; hint" where there is one.
func (e *Error) Error() string {
	s := fmt.Sprintf("%d:%d: %s", e.Line, e.Col, e.Message)
	if e.Hint != "" {
		s += "; " + e.Hint
	}
	return s
}

// token is a word or a mark of the text.
type token struct {
	kind      tokenKind
	text      string // of a word without the escaping %
	line, col int
}

type tokenKind uint8

const (
	end    tokenKind = iota
	word             // a keyword, or an id
	escape           // an id that was written with %
	mark             // punctuation
)

// String says in an error what was found.
func (t token) String() string {
	if t.kind == end {
		return "the end"
	}
	return fmt.Sprintf("%q", t.text)
}

// lexer cuts a text into tokens.
type lexer struct {
	rest      string
	line, col int
}

func (l *lexer) fail(line, col int, hint, format string, args ...any) *Error {
	return &Error{Line: line, Col: col, Message: fmt.Sprintf(format, args...), Hint: hint}
}

// advance steps over n bytes.
func (l *lexer) advance(n int) {
	for _, c := range l.rest[:n] {
		l.col++
		if c == '\n' {
			l.line, l.col = l.line+1, 1
		}
	}
	l.rest = l.rest[n:]
}

// next gives the next token.
func (l *lexer) next() (token, *Error) {
	if err := l.skip(); err != nil {
		return token{}, err
	}
	t := token{line: l.line, col: l.col}
	if l.rest == "" {
		return t, nil
	}
	if strings.HasPrefix(l.rest, "->") {
		return l.take(t, mark, 2), nil
	}
	if strings.IndexByte(":;,()<>{}=@/.*_", l.rest[0]) >= 0 && !wordStart(l.rest) {
		return l.take(t, mark, 1), nil
	}
	t.kind = word
	if l.rest[0] == '%' {
		t.kind = escape
		l.advance(1)
	}
	n := 0
	for n < len(l.rest) && wordByte(l.rest[n]) {
		n++
	}
	if n == 0 {
		c, _ := utf8.DecodeRuneInString(l.rest)
		if l.rest == "" {
			return t, l.fail(t.line, t.col, "", "expected a name after %%, found the end")
		}
		return t, l.fail(t.line, t.col, "", "expected a name or a mark, found %q", c)
	}
	t = l.take(t, t.kind, n)
	if want := kebab(t.text); want != t.text || !isKebab(t.text) {
		hint := "names are words of letters and digits, joined by -"
		if isKebab(want) {
			hint = "write " + want
		}
		return t, l.fail(t.line, t.col, hint, "expected a name in kebab-case, found %q", t.text)
	}
	return t, nil
}

func (l *lexer) take(t token, kind tokenKind, n int) token {
	t.kind, t.text = kind, l.rest[:n]
	l.advance(n)
	return t
}

// skip steps over space and comments; block comments nest.
func (l *lexer) skip() *Error {
	for {
		l.advance(len(l.rest) - len(strings.TrimLeft(l.rest, " \t\r\n")))
		switch {
		case strings.HasPrefix(l.rest, "//"):
			n := strings.IndexByte(l.rest, '\n')
			if n < 0 {
				n = len(l.rest)
			}
			l.advance(n)
		case strings.HasPrefix(l.rest, "/*"):
			if err := l.skipBlock(); err != nil {
				return err
			}
		default:
			return nil
		}
	}
}

func (l *lexer) skipBlock() *Error {
	line, col := l.line, l.col
	for depth := 0; ; {
		switch {
		case l.rest == "":
			return l.fail(line, col, "end it with */", "the comment does not end")
		case strings.HasPrefix(l.rest, "/*"):
			depth++
			l.advance(2)
		case strings.HasPrefix(l.rest, "*/"):
			depth--
			l.advance(2)
			if depth == 0 {
				return nil
			}
		default:
			_, n := utf8.DecodeRuneInString(l.rest)
			l.advance(n)
		}
	}
}
