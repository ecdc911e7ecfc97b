package pattern

import "strings"

// reference matches by the book: it walks the pattern's text, recurses for
// every choice, and stops at a number of steps.
type reference struct {
	pattern, subject string
	captures         []refCapture
	steps            int
}

type refCapture struct {
	start, end int // end is one of these, too
}

const (
	refOpen     = -1
	refPosition = -2
	refSteps    = 20000
)

type refStop struct{}

// next finds the next match at or after from, as in string.find.
func (r *reference) next(from int) (start, end int, err error) {
	defer func() {
		switch e := recover().(type) {
		case nil:
		case Error:
			err = e
		default:
			panic(e)
		}
	}()
	rest, anchored := strings.CutPrefix(r.pattern, "^")
	for start = from; start <= len(r.subject); start++ {
		r.captures = nil
		if end = r.match(start, rest); end >= 0 {
			return start, end, nil
		}
		if anchored {
			break
		}
	}
	return -1, -1, nil
}

// match gives the end of a match of the pattern p at s, or -1.
func (r *reference) match(s int, p string) int {
	if r.steps++; r.steps > refSteps {
		panic(refStop{})
	}
	switch {
	case p == "":
		return s
	case p == "$":
		if s == len(r.subject) {
			return s
		}
		return -1
	case strings.HasPrefix(p, "()"):
		return r.capture(s, p[2:], refPosition)
	case p[0] == '(':
		return r.capture(s, p[1:], refOpen)
	case p[0] == ')':
		for i := len(r.captures) - 1; i >= 0; i-- {
			if c := &r.captures[i]; c.end == refOpen {
				c.end = s
				end := r.match(s, p[1:])
				if end < 0 {
					r.captures[i].end = refOpen
				}
				return end
			}
		}
		panic(errPatternCapture)
	case strings.HasPrefix(p, "%b"):
		if len(p) < 4 {
			panic(errUnbalanced)
		}
		if s == len(r.subject) || r.subject[s] != p[2] {
			return -1
		}
		depth := 1
		for i := s + 1; i < len(r.subject); i++ {
			if r.subject[i] == p[3] {
				depth--
			} else if r.subject[i] == p[2] {
				depth++
			}
			if depth == 0 {
				return r.match(i+1, p[4:])
			}
		}
		return -1
	case strings.HasPrefix(p, "%f"):
		if !strings.HasPrefix(p[2:], "[") {
			panic(errFrontier)
		}
		set, rest := refItem(p[2:])
		padded := "\x00" + r.subject + "\x00"
		if refIn(set, padded[s]) || !refIn(set, padded[s+1]) {
			return -1
		}
		return r.match(s, rest)
	case p[0] == '%' && len(p) > 1 && '0' <= p[1] && p[1] <= '9':
		n := int(p[1] - '1')
		if p[1] == '0' || n >= len(r.captures) || r.captures[n].end == refOpen {
			panic(errCaptureIndex)
		}
		c := r.captures[n]
		if c.end == refPosition || !strings.HasPrefix(r.subject[s:], r.subject[c.start:c.end]) {
			return -1
		}
		return r.match(s+c.end-c.start, p[2:])
	}
	return r.single(s, p)
}

func (r *reference) capture(s int, p string, end int) int {
	if len(r.captures) == maxCaptures {
		panic(errTooManyCaptures)
	}
	r.captures = append(r.captures, refCapture{s, end})
	matched := r.match(s, p)
	if matched < 0 {
		r.captures = r.captures[:len(r.captures)-1]
	}
	return matched
}

func (r *reference) single(s int, p string) int {
	item, rest := refItem(p)
	fits := s < len(r.subject) && refIn(item, r.subject[s])
	repeat := byte(0)
	if rest != "" {
		repeat = rest[0]
	}
	switch repeat {
	case '?':
		if fits {
			if end := r.match(s+1, rest[1:]); end >= 0 {
				return end
			}
		}
		return r.match(s, rest[1:])
	case '-':
		if end := r.match(s, rest[1:]); end >= 0 || !fits {
			return end
		}
		return r.match(s+1, p)
	case '+', '*':
		if fits {
			if end := r.match(s+1, item+"*"+rest[1:]); end >= 0 {
				return end
			}
		}
		if repeat == '+' {
			return -1
		}
		return r.match(s, rest[1:])
	}
	if !fits {
		return -1
	}
	return r.match(s+1, rest)
}

// refItem splits off the text of a single character's item.
func refItem(p string) (item, rest string) {
	switch p[0] {
	case '%':
		if len(p) == 1 {
			panic(errEndsInEscape)
		}
		return p[:2], p[2:]
	case '[':
		i := 1
		if strings.HasPrefix(p, "[^") {
			i = 2
		}
		for first := true; ; first = false {
			switch {
			case i >= len(p):
				panic(errUnfinishedSet)
			case p[i] == ']' && !first:
				return p[:i+1], p[i+1:]
			case p[i] == '%':
				i++
			}
			i++
		}
	}
	return p[:1], p[1:]
}

// refIn tells whether an item takes a byte.
func refIn(item string, c byte) bool {
	switch {
	case item == ".":
		return true
	case item[0] == '%':
		return refClass(item[1], c)
	case len(item) == 1:
		return item[0] == c
	}
	body, complement := strings.CutPrefix(item[1:], "^")
	last := len(body) - 1 // the bracket
	for i := 0; i < last; i++ {
		switch {
		case body[i] == '%':
			i++
			if refClass(body[i], c) {
				return !complement
			}
		case i+2 < last && body[i+1] == '-':
			if body[i] <= c && c <= body[i+2] {
				return !complement
			}
			i += 2
		case body[i] == c:
			return !complement
		}
	}
	return complement
}

func refClass(class, c byte) bool {
	const (
		lower       = "abcdefghijklmnopqrstuvwxyz"
		upper       = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
		digits      = "0123456789"
		punctuation = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
		controls    = "\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f" +
			"\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f\x7f"
	)
	members, ok := map[byte]string{
		'a': lower + upper, 'c': controls, 'd': digits, 'l': lower, 'p': punctuation,
		's': " \t\n\v\f\r", 'u': upper, 'w': lower + upper + digits, 'x': digits + "abcdefABCDEF", 'z': "\x00",
	}[class|0x20]
	if !ok || !strings.Contains(lower+upper, string(rune(class))) {
		return class == c
	}
	return strings.IndexByte(members, c) >= 0 == strings.Contains(lower, string(rune(class)))
}
