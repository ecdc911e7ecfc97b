package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// syntaxError is where and why a text is not YAML.
type syntaxError struct {
	line, col     int
	message, hint string
}

// parse splits a file into its documents. On a syntax error it also returns
// the documents before it.
func parse(text []byte) ([]*yaml.Node, *syntaxError) {
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	if bad := strangeCharacter(text); bad != nil {
		return nil, bad
	}
	docs, read, err := documents(text)
	if err == nil {
		return docs, nil
	}
	_, message := reason(err)
	lines := bytes.SplitAfter(text, []byte("\n"))
	line := min(locate(text, lines, read, message), len(lines))
	source := string(lines[line-1])
	body := strings.TrimLeft(source, " \t")
	indent := source[:len(source)-len(body)]
	return docs, &syntaxError{
		line:    line,
		col:     utf8.RuneCountInString(indent) + 1,
		message: "invalid YAML: " + message,
		hint:    syntaxHint(message, indent),
	}
}

// strangeCharacter reports the first byte or character that no YAML may hold.
// The parser would find it, too, but not say where.
func strangeCharacter(text []byte) *syntaxError {
	line, col := 1, 1
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		switch {
		case r == utf8.RuneError && size == 1:
			return &syntaxError{line, col, "invalid YAML: a byte that is not UTF-8", "save the file as UTF-8"}
		case r < ' ' && r != '\t' && r != '\n' && r != '\r', r == '\x7f':
			return &syntaxError{line, col, fmt.Sprintf("invalid YAML: control character %U", r), "remove it"}
		}
		text = text[size:]
		col++
		if r == '\n' {
			line, col = line+1, 1
		}
	}
	return nil
}

// documents parses text and says how many of its lines the parser had asked
// for when it was done or failed.
func documents(text []byte) (docs []*yaml.Node, read int, err error) {
	r := &lineReader{rest: text}
	defer func() {
		// The parser has states that it takes for impossible.
		if p := recover(); p != nil {
			err = fmt.Errorf("%v", p)
		}
		read = r.line
	}()
	parser := yaml.NewDecoder(r)
	for {
		doc := new(yaml.Node)
		if err := parser.Decode(doc); errors.Is(err, io.EOF) {
			return docs, 0, nil
		} else if err != nil {
			return docs, 0, err
		}
		docs = append(docs, doc)
	}
}

// lineReader hands out at most a line at each Read, so that a parser does not
// see the lines that it has no need of yet.
type lineReader struct {
	rest   []byte
	line   int  // lines begun
	inside bool // in the middle of a line
}

func (r *lineReader) Read(p []byte) (int, error) {
	if len(r.rest) == 0 {
		return 0, io.EOF
	}
	if !r.inside {
		r.line++
	}
	end := bytes.IndexByte(r.rest, '\n') + 1
	if end == 0 {
		end = len(r.rest)
	}
	n := copy(p, r.rest[:end])
	r.inside = n < end
	r.rest = r.rest[n:]
	return n, nil
}

var reasonText = regexp.MustCompile(`(?s)^(?:yaml: )?(?:line (\d+): )?(.*)$`)

// reason takes the parser's error apart. The line is 0 if it names none.
func reason(err error) (line int, message string) {
	m := reasonText.FindStringSubmatch(err.Error())
	line, _ = strconv.Atoi(m[1])
	return line, m[2]
}

const openQuote = "found unexpected end of stream"

// locate returns the line of a syntax error. The parser's own line cannot be
// taken: it names the start of the surrounding block, off by one, or nothing.
// What it had read when it failed is right but for a few lines of look-ahead.
func locate(text []byte, lines [][]byte, read int, message string) int {
	if message == openQuote {
		// Here alone its line is better: that of the opening quote, provided
		// that this is not the first.
		_, _, err := documents(append([]byte("\n"), text...))
		if line, again := reason(err); again == openQuote && line > 1 {
			return line - 1
		}
	}
	// A line is not to blame if the text fails in the same way without it.
	const lookAhead = 3
	end := 0
	for _, line := range lines[:read] {
		end += len(line)
	}
	for line, tried := read, 0; tried < lookAhead; line-- {
		if line <= 1 {
			return 1
		}
		end -= len(lines[line-1])
		if isFiller(lines[line-1]) {
			continue
		}
		tried++
		_, _, err := documents(text[:end])
		if err == nil {
			return line
		}
		if _, earlier := reason(err); earlier != message {
			return line
		}
	}
	return read
}

// isFiller tells whether a line is blank or a comment.
func isFiller(line []byte) bool {
	line = bytes.TrimSpace(line)
	return len(line) == 0 || line[0] == '#'
}

// syntaxHint says what usually lies behind one of the parser's messages.
func syntaxHint(message, indent string) string {
	switch {
	case strings.Contains(indent, "\t"):
		return "indent with spaces, not tabs"
	case message == openQuote:
		return "the quote that opens here is never closed"
	case strings.HasPrefix(message, "mapping values are not allowed"):
		return `check the indentation; a text with ": " in it must be quoted`
	case strings.HasPrefix(message, "found character that cannot start any token"):
		return "quote the value"
	case strings.HasSuffix(message, "expected key"), strings.HasSuffix(message, "expected '-' indicator"):
		return "check the indentation of this line"
	}
	return ""
}
