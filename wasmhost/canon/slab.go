package canon

import "wippy/mailbox"

// slabs are where lifting takes the parts of Values from, so that a list of
// records costs a few allocations and not a few for each. What was taken is
// given out once; a slab lives as long as any part of it.
type slabs struct {
	tables []mailbox.Table
	pairs  []mailbox.Pair
	values []mailbox.Value
	chars  []byte
	arena  *arena // nil where Values outlive the call
}

// arena is where the parts of Values come from that are gone when a call ends:
// those by position that go from one component to another. It is used again.
type arena struct {
	tables chunk[mailbox.Table]
	values chunk[mailbox.Value]
}

func (a *arena) reset() {
	a.tables.reset()
	a.values.reset()
}

// chunk gives out parts of a buffer. One that it outgrew lives as long as its
// parts are used.
type chunk[T any] struct {
	buf  []T
	used int
}

func (c *chunk[T]) take(n int) []T {
	if n == 0 {
		return []T{} // not nil: a list without elements is one, as JSON too
	}
	if c.used+n > len(c.buf) {
		c.buf, c.used = make([]T, max(n, min(2*len(c.buf), mostReserved), 16)), 0
	}
	out := c.buf[c.used : c.used+n : c.used+n]
	c.used += n
	return out
}

// mostKept bounds what a process keeps between calls.
const mostKept = 1 << 13

// reset takes everything back, and keeps the buffer unless it is large.
func (c *chunk[T]) reset() {
	if len(c.buf) > mostKept {
		c.buf = nil
	} else {
		clear(c.buf[:c.used])
	}
	c.used = 0
}

// reserveEvery is for how many elements of a list slabs are made at a time.
const reserveEvery = 1024

// reserve makes room for n values of a type, if they need any.
func (s *slabs) reserve(e *node, n int, named bool) {
	if s.arena != nil {
		return
	}
	pairs, values := e.pairs, e.values
	if !named {
		pairs, values = 0, pairs+values
	}
	reserve(&s.tables, e.tables*n)
	reserve(&s.pairs, pairs*n)
	reserve(&s.values, values*n)
	if n > 1 && s.chars == nil {
		s.chars = []byte{} // short strings share slabs from here on
	}
}

// mostReserved bounds a slab, and what one part that is kept keeps alive.
const mostReserved = 1 << 14

func reserve[T any](free *[]T, n int) {
	if n = min(n, mostReserved); n > len(*free) {
		*free = make([]T, n)
	}
}

func (s *slabs) takeValues(n int) []mailbox.Value {
	if s.arena != nil {
		return s.arena.values.take(n)
	}
	return take(&s.values, n)
}

func (s *slabs) takePairs(n int) []mailbox.Pair { return take(&s.pairs, n) }

func take[T any](free *[]T, n int) []T {
	if n == 0 {
		return []T{} // as chunk.take
	}
	if n > len(*free) {
		return make([]T, n)
	}
	out := (*free)[:n:n]
	*free = (*free)[n:]
	return out
}

// table makes a table of its parts.
func (s *slabs) table(list []mailbox.Value, pairs []mailbox.Pair) mailbox.Value {
	var t *mailbox.Table
	switch {
	case s.arena != nil:
		t = &s.arena.tables.take(1)[0]
	case len(s.tables) > 0:
		t = &s.tables[0]
		s.tables = s.tables[1:]
	default:
		return mailbox.TableValue(list, pairs)
	}
	t.List, t.Pairs = list, pairs
	return t.Value()
}

// Short strings in lists share slabs of charSlab bytes.
const (
	shortString = 64
	charSlab    = 2048
)

// takeChars gives n bytes that belong to nobody else.
func (s *slabs) takeChars(n int) []byte {
	if s.chars == nil || n > shortString {
		return make([]byte, n)
	}
	if n > len(s.chars) {
		s.chars = make([]byte, charSlab)
	}
	return take(&s.chars, n)
}
