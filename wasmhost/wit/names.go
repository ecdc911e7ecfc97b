package wit

import (
	"slices"
	"strings"
)

// keywords must be written with % where they are names.
var keywords = []string{
	"as", "async", "bool", "borrow", "char", "constructor", "enum", "error-context", "export", "f32", "f64", "flags", "from", "func",
	"future", "import", "include", "interface", "list", "map", "option", "own", "package", "record", "resource", "result", "s16",
	"s32", "s64", "s8", "static", "stream", "string", "tuple", "type", "u16", "u32", "u64", "u8", "use", "variant", "with", "world",
}

// Snake gives a kebab-case name as Lua sees it where it is a key, the name of
// a field or of a flag (SPEC section 3, "Values"): its words joined by _.
func Snake(name string) string { return strings.ReplaceAll(name, "-", "_") }

// Same tells whether a key means a name of WIT: both kebab-case and snake_case
// do, in whichever case. No two names of one type are the same in this sense.
func Same(name, key string) bool {
	if len(name) != len(key) {
		return false
	}
	for i := range len(name) {
		if fold(name[i]) != fold(key[i]) {
			return false
		}
	}
	return true
}

// fold takes the style out of a byte of a name.
func fold(c byte) byte {
	switch {
	case c == '-':
		return '_'
	case c >= 'A' && c <= 'Z':
		return c + 'a' - 'A'
	}
	return c
}

// Name gives the name of an export as a signature writes it: in kebab-case,
// with % before a keyword. "" if a signature cannot name it.
func Name(export string) string {
	name := kebab(export)
	if !isKebab(name) {
		return ""
	}
	return escaped(name)
}

// escaped gives a name as WIT text: with % before a keyword.
func escaped(name string) string {
	if slices.Contains(keywords, name) {
		return "%" + name
	}
	return name
}

// isKebab tells whether s is a kebab-case name: words of ASCII letters and
// digits that are in one case each, the first of which begins with a letter.
func isKebab(s string) bool {
	if s == "" || s[0] >= '0' && s[0] <= '9' {
		return false
	}
	for part := range strings.SplitSeq(s, "-") {
		lower, upper := false, false
		for i := range len(part) {
			switch c := part[i]; {
			case c >= 'a' && c <= 'z':
				lower = true
			case c >= 'A' && c <= 'Z':
				upper = true
			case c < '0' || c > '9':
				return false
			}
		}
		if part == "" || lower && upper {
			return false
		}
	}
	return true
}

// kebab guesses the kebab-case name that was meant by one in another style.
func kebab(s string) string {
	if isKebab(s) {
		return s
	}
	var b strings.Builder
	for i, c := range s {
		switch {
		case c == '_':
			c = '-'
		case c >= 'A' && c <= 'Z':
			c += 'a' - 'A'
			if i > 0 && s[i-1] >= 'a' && s[i-1] <= 'z' {
				b.WriteByte('-')
			}
		}
		b.WriteRune(c)
	}
	return strings.Trim(b.String(), "-")
}

// wordByte tells what a name is cut at. It takes in more than a name may hold,
// so that an error can name the whole of what was meant as one.
func wordByte(c byte) bool {
	return c == '-' || c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

func wordStart(s string) bool { return s[0] == '_' && len(s) > 1 && wordByte(s[1]) }
