package files

import (
	"strings"
	"unicode/utf8"
)

const (
	// MaxPath is how long a path, or the target of a symbolic link, may be, in
	// bytes.
	MaxPath = 4095
	// MaxDepth is how many components a path may have; "." is none.
	MaxDepth = 256
	// maxLinks is how many symbolic links one path may lead through, as in
	// Linux.
	maxLinks = 40
)

// name is a checked path, divided at its last component.
type name struct {
	head  string // what stands before the last component; "" for nothing
	last  string // never empty; may be "." or ".."
	slash bool   // the path ends with a slash
}

// here tells whether the last component is a directory's name for itself or
// for its parent.
func (n name) here() bool { return n.last == "." || n.last == ".." }

// text is the whole path, without the slash at its end.
func (n name) text() string {
	if n.head == "" {
		return n.last
	}
	return n.head + "/" + n.last
}

// parse checks a path of a guest's.
func parse(path string) (name, error) {
	if err := checkText(path); err != nil {
		return name{}, err
	}
	return split(path)
}

// checkText checks what holds for paths and for the targets of links.
func checkText(path string) error {
	switch {
	case path == "":
		return NoEntry
	case len(path) > MaxPath:
		return NameTooLong
	case rooted(path):
		return NotPermitted
	case strings.IndexByte(path, 0) >= 0:
		return Invalid
	case !utf8.ValidString(path):
		return IllegalByteSequence
	}
	return nil
}

// split divides a relative path, which is not empty. The target of a link
// comes here unchecked.
func split(path string) (n name, err error) {
	if depth(path) > MaxDepth {
		return name{}, NameTooLong
	}
	text := strings.TrimRight(path, "/")
	n.slash = len(text) < len(path)
	for len(text) > 2 && strings.HasPrefix(text, "./") { // saves looking up "."
		rest := strings.TrimLeft(text[2:], "/")
		if rest == "" {
			break
		}
		text = rest
	}
	i := strings.LastIndexByte(text, '/')
	n.last = text[i+1:]
	if i > 0 {
		n.head = strings.TrimRight(text[:i], "/")
	}
	return n, nil
}

// depth counts the components of a path.
func depth(path string) (n int) {
	for path != "" {
		component, rest, _ := strings.Cut(path, "/")
		if component != "" && component != "." {
			n++
		}
		path = rest
	}
	return n
}
