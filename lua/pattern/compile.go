package pattern

import "strings"

// op is what an item does.
type op uint8

const (
	opSet      op = iota // one byte of set
	opLiteral            // the bytes of text
	opMost               // bytes of set, as many as can be, at least the number n: * and +
	opFewest             // bytes of set, as few as can be: -
	opOptional           // one byte of set or none, rather one: ?
	opOpen               // the start of capture n
	opClose              // the end of capture n
	opPosition           // capture n is the position
	opBack               // what capture n holds, again
	opBalance            // from the byte n to the byte last, with both in balance
	opFrontier           // where set begins
	opEnd                // the end of the subject
	opMatch              // the end of the pattern
	opFail               // text is wrong with the pattern
)

// item is one step of a pattern.
type item struct {
	op     op
	n      byte
	last   byte
	choice int    // the number of the item's choice, for those that have one
	set    *set   // of the bytes that it takes
	follow *set   // the bytes one of which must come after it; nil where that is not known
	text   string // a literal, or an Error
}

// Compile compiles a pattern. There is no error: as in Lua, what is wrong with
// a pattern comes out when a match gets there, and not before.
func Compile(text string) *Pattern {
	c := compiler{p: &Pattern{text: text}, rest: text}
	c.rest, c.p.anchored = strings.CutPrefix(text, "^")
	if len(text) > maxText {
		c.fail(errTooComplex)
	} else {
		for c.item() {
		}
	}
	c.p.link()
	return c.p
}

type compiler struct {
	p    *Pattern
	rest string
	// literal is a run of plain characters that is not an item yet.
	literal []byte
}

// item compiles an item, and tells whether there is more.
func (c *compiler) item() (more bool) {
	if len(c.p.items) >= maxItems {
		return c.fail(errTooComplex)
	}
	switch {
	case c.rest == "":
		c.emit(item{op: opMatch})
		return false
	case c.rest == "$":
		c.emit(item{op: opEnd})
		c.rest = ""
		return true
	case c.rest[0] == '(':
		return c.openCapture()
	case c.rest[0] == ')':
		return c.closeCapture()
	case c.rest[0] == '%' && len(c.rest) > 1:
		switch next := c.rest[1]; {
		case next == 'b':
			return c.balance()
		case next == 'f':
			return c.frontier()
		case isDigit(next):
			return c.backReference(int(next) - '1')
		}
	}
	return c.repeatable()
}

// emit adds an item, after the plain characters before it.
func (c *compiler) emit(i item) {
	switch len(c.literal) {
	case 0:
	case 1:
		c.p.items = append(c.p.items, item{op: opSet, set: &singles[c.literal[0]]})
	default:
		c.p.items = append(c.p.items, item{op: opLiteral, text: string(c.literal)})
	}
	c.literal = c.literal[:0]
	c.p.items = append(c.p.items, i)
}

// fail ends the pattern with an error.
func (c *compiler) fail(problem Error) (more bool) {
	c.emit(item{op: opFail, text: string(problem)})
	return false
}

func (c *compiler) openCapture() (more bool) {
	p := c.p
	n := p.captures
	if n == maxCaptures {
		return c.fail(errTooManyCaptures)
	}
	p.captures++
	if strings.HasPrefix(c.rest, "()") {
		p.positions |= 1 << n
		c.emit(item{op: opPosition, n: byte(n)})
		c.rest = c.rest[2:]
	} else {
		p.open |= 1 << n
		c.emit(item{op: opOpen, n: byte(n)})
		c.rest = c.rest[1:]
	}
	return true
}

// closeCapture closes the last capture that is open. Which that is does not
// depend on the subject, since every match goes through all items in order.
func (c *compiler) closeCapture() (more bool) {
	for n := c.p.captures - 1; n >= 0; n-- {
		if c.p.open&(1<<n) != 0 {
			c.p.open &^= 1 << n
			c.emit(item{op: opClose, n: byte(n)})
			c.rest = c.rest[1:]
			return true
		}
	}
	return c.fail(errPatternCapture)
}

func (c *compiler) backReference(n int) (more bool) {
	switch {
	case n < 0 || n >= c.p.captures || c.p.open&(1<<n) != 0:
		return c.fail(errCaptureIndex)
	case c.p.positions&(1<<n) != 0: // no text is equal to a position
		c.emit(item{op: opSet, set: &nothing})
	default:
		c.emit(item{op: opBack, n: byte(n)})
	}
	c.rest = c.rest[2:]
	return true
}

func (c *compiler) balance() (more bool) {
	if len(c.rest) < 4 {
		return c.fail(errUnbalanced)
	}
	c.emit(item{op: opBalance, n: c.rest[2], last: c.rest[3]})
	c.rest = c.rest[4:]
	return true
}

func (c *compiler) frontier() (more bool) {
	c.rest = c.rest[2:]
	if !strings.HasPrefix(c.rest, "[") {
		return c.fail(errFrontier)
	}
	s, n := brackets(c.rest)
	if s == nil {
		return c.fail(errUnfinishedSet)
	}
	c.emit(item{op: opFrontier, set: s})
	c.rest = c.rest[n:]
	return true
}

// repeatable compiles what stands for a single character, and its repetition.
func (c *compiler) repeatable() (more bool) {
	var s *set
	n := 1
	switch ch := c.rest[0]; {
	case ch == '.':
		s = &anything
	case ch == '[':
		if s, n = brackets(c.rest); s == nil {
			return c.fail(errUnfinishedSet)
		}
	case ch == '%' && len(c.rest) == 1:
		return c.fail(errEndsInEscape)
	case ch == '%':
		s, n = &classes[c.rest[1]], 2
	default:
		s = &singles[ch]
	}
	c.rest = c.rest[n:]
	if c.rest != "" {
		switch c.rest[0] {
		case '*':
			return c.repeat(item{op: opMost, set: s})
		case '+':
			return c.repeat(item{op: opMost, set: s, n: 1})
		case '-':
			return c.repeat(item{op: opFewest, set: s})
		case '?':
			return c.repeat(item{op: opOptional, set: s})
		}
	}
	if ch, ok := s.single(); ok {
		c.literal = append(c.literal, ch)
	} else {
		c.emit(item{op: opSet, set: s})
	}
	return true
}

func (c *compiler) repeat(i item) (more bool) {
	i.choice = c.p.choices
	c.p.choices++
	c.emit(i)
	c.rest = c.rest[1:]
	return true
}

// brackets reads a set in brackets, which text begins with: the set and the
// length of its text, or nil where the closing bracket is missing.
func brackets(text string) (s *set, n int) {
	first := 1
	if strings.HasPrefix(text, "[^") {
		first = 2
	}
	end := first
	for { // the first character is one of the set, also if it is a bracket
		if end >= len(text) {
			return nil, 0
		}
		if text[end] == '%' {
			end++
		}
		if end++; end < len(text) && text[end] == ']' {
			break
		}
	}
	s = new(set)
	for i := first; i < end; i++ {
		switch {
		case text[i] == '%':
			i++
			s.union(&classes[text[i]])
		case i+2 < end && text[i+1] == '-':
			s.addRange(text[i], text[i+2])
			i += 2
		default:
			s.add(text[i])
		}
	}
	if first == 2 {
		s.invert()
	}
	return s, end + 1
}

// link finds what may come after each item, and what a match begins with.
func (p *Pattern) link() {
	var follow *set
	for i := len(p.items) - 1; i >= 0; i-- {
		it := &p.items[i]
		it.follow = follow
		switch it.op {
		case opSet:
			follow = it.set
		case opLiteral:
			follow = &singles[it.text[0]]
		case opBalance:
			follow = &singles[it.n]
		case opMost:
			if follow = nil; it.n > 0 {
				follow = it.set
			}
		case opOpen, opClose, opPosition: // the same as without them
		default:
			follow = nil
		}
	}
	if follow != nil {
		skipped := *follow
		skipped.invert()
		p.skipped = &skipped
	}
	switch it := &p.items[0]; it.op {
	case opLiteral:
		p.prefix = it.text
	case opSet:
		if c, ok := it.set.single(); ok {
			p.prefix = string([]byte{c})
		}
	}
}
