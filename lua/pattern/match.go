package pattern

import "strings"

// Matcher goes through the matches of a pattern in a subject.
//
//	m := pattern.New(pattern.Compile("(%w+)=(%w+)"), meter)
//	m.Reset("a=1, b=2", 0)
//	for {
//		found, err := m.Next()
//		…
//	}
//
// It is not safe for concurrent use. After a panic of its Meter it can be used
// again once it is Reset.
type Matcher struct {
	p       *Pattern
	subject string
	next    int // where the next match may begin; beyond the end when there is none
	start   int // of the last match
	end     int

	spans   []span // of the captures
	choices []choice
	counter counter
}

// span is where a capture is. That of a position has no end.
type span struct{ start, end int }

// choice is what an item that repeats took, and could take instead.
type choice struct {
	item  int
	least int // the end of the shortest that may be taken, where the longest is tried first
	at    int // the end of what is taken
}

// New makes a Matcher, of the empty subject.
func New(p *Pattern, meter Meter) *Matcher {
	return &Matcher{
		p:       p,
		spans:   make([]span, p.captures),
		choices: make([]choice, p.choices),
		counter: counter{meter, interval},
	}
}

// Pattern is what the Matcher was made for.
func (m *Matcher) Pattern() *Pattern { return m.p }

// Subject is what Reset was given.
func (m *Matcher) Subject() string { return m.subject }

// Reset begins anew with a subject, from the offset from on.
func (m *Matcher) Reset(subject string, from int) {
	m.subject, m.next = subject, from
	m.counter.left = interval
}

// Next finds the next match: one after the last, and not where an empty last
// one was. An anchored pattern matches only where it begins to look.
//
// # Errors
//
// An Error, when the match gets to where the pattern is wrong.
func (m *Matcher) Next() (found bool, err error) {
	m.counter.spend(callSteps)
	at := m.next
	m.next = len(m.subject) + 1 // unless there is a match
	for ; at <= len(m.subject); at++ {
		if !m.p.anchored {
			if at = m.seek(at); at < 0 {
				break
			}
		}
		end, failed := m.match(at)
		if failed != "" {
			err = failed
			break
		}
		if end >= 0 {
			found = true
			m.start, m.end = at, end
			if !m.p.anchored {
				m.next = max(end, at+1)
			}
			break
		}
		if m.p.anchored {
			break
		}
	}
	m.counter.tell()
	return found, err
}

// Start is the offset at which the last match begins.
func (m *Matcher) Start() int { return m.start }

// End is the offset after the last match.
func (m *Matcher) End() int { return m.end }

// Match is the text of the last match.
func (m *Matcher) Match() string { return m.subject[m.start:m.end] }

// Capture is a capture of the last match, counted from 0: its text, or its
// position, which then is not 0: positions count from 1. As in Lua, the first
// capture of a pattern without any is the whole match.
//
// # Errors
//
// An Error, when there is no such capture or it was never closed.
func (m *Matcher) Capture(n int) (text string, position int, err error) {
	switch {
	case n == 0 && m.p.captures == 0:
		return m.Match(), 0, nil
	case n >= m.p.captures:
		return "", 0, errCaptureIndex
	case m.p.open&(1<<n) != 0:
		return "", 0, errUnfinishedCapture
	case m.p.positions&(1<<n) != 0:
		return "", m.spans[n].start + 1, nil
	}
	return m.text(byte(n)), 0, nil
}

func (m *Matcher) text(n byte) string { return m.subject[m.spans[n].start:m.spans[n].end] }

// seek finds where a match may begin, at or after at; it gives -1 where there
// is no such place.
func (m *Matcher) seek(at int) int {
	switch {
	case m.p.prefix != "":
		return m.counter.index(m.subject, m.p.prefix, at)
	case m.p.skipped != nil:
		if at = m.run(m.p.skipped, at); at == len(m.subject) {
			return -1
		}
	}
	return at
}

// match matches the whole pattern at one place. It gives the end of the match,
// or -1 where there is none; failed is what is wrong with the pattern.
func (m *Matcher) match(at int) (end int, failed Error) {
	subject := m.subject
	chosen := -1 // the last choice that was made
	for i := 0; ; {
		m.counter.spend(1)
		it := &m.p.items[i]
		matched := true
		switch it.op {
		case opSet:
			if matched = at < len(subject) && it.set.has(subject[at]); matched {
				at++
			}
		case opLiteral:
			if matched = strings.HasPrefix(subject[at:], it.text); matched {
				at += len(it.text)
				m.counter.spend(len(it.text) / equalPerStep)
			}
		case opMost:
			least := at + int(it.n)
			at = m.run(it.set, at)
			if matched = at >= least; matched {
				chosen = it.choice
				m.choices[chosen] = choice{item: i, least: least, at: at}
			}
		case opFewest:
			chosen = it.choice
			m.choices[chosen] = choice{item: i, at: at}
		case opOptional:
			chosen = it.choice
			m.choices[chosen] = choice{item: i, least: at, at: at}
			if at < len(subject) && it.set.has(subject[at]) {
				at++
				m.choices[chosen].at = at
			}
		case opOpen, opPosition:
			m.spans[it.n].start = at
		case opClose:
			m.spans[it.n].end = at
		case opBack:
			text := m.text(it.n)
			if matched = len(text) <= len(subject)-at && m.counter.equal(text, subject[at:at+len(text)]); matched {
				at += len(text)
			}
		case opBalance:
			at = m.balance(it.n, it.last, at)
			matched = at >= 0
		case opFrontier:
			var before, after byte
			if at > 0 {
				before = subject[at-1]
			}
			if at < len(subject) {
				after = subject[at]
			}
			matched = !it.set.has(before) && it.set.has(after)
		case opEnd:
			matched = at == len(subject)
		case opMatch:
			return at, ""
		case opFail:
			return -1, Error(it.text)
		}
		if matched {
			i++
			continue
		}
		for chosen >= 0 && !m.rechoose(chosen) {
			chosen--
		}
		if chosen < 0 {
			return -1, ""
		}
		i, at = m.choices[chosen].item+1, m.choices[chosen].at
	}
}

// rechoose lets an item take something else than it took; it gives false when
// nothing is left. What cannot be followed by the next item is passed over.
func (m *Matcher) rechoose(number int) bool {
	subject, c := m.subject, &m.choices[number]
	it := &m.p.items[c.item]
	if it.op == opFewest {
		for c.at < len(subject) && it.set.has(subject[c.at]) {
			m.counter.spend(1)
			c.at++
			if it.follow == nil || c.at < len(subject) && it.follow.has(subject[c.at]) {
				return true
			}
		}
		return false
	}
	for c.at > c.least {
		m.counter.spend(1)
		c.at--
		if it.follow == nil || it.follow.has(subject[c.at]) {
			return true
		}
	}
	return false
}

// run gives the end of the bytes of s that there are from at on.
func (m *Matcher) run(s *set, at int) int {
	if s == &anything {
		return len(m.subject)
	}
	for {
		piece := m.subject[at:min(at+interval, len(m.subject))]
		n := 0
		for n < len(piece) && s.has(piece[n]) {
			n++
		}
		m.counter.spend(n)
		at += n
		if n < interval {
			return at
		}
	}
}

// balance gives the end of what begins with open at at, and ends with the
// closing that belongs to it; -1 where that is not there.
func (m *Matcher) balance(open, closing byte, at int) int {
	if at == len(m.subject) || m.subject[at] != open {
		return -1
	}
	for depth := 1; ; {
		if at++; at == len(m.subject) {
			return -1
		}
		m.counter.spend(1)
		switch m.subject[at] {
		case closing:
			if depth--; depth == 0 {
				return at + 1
			}
		case open:
			depth++
		}
	}
}
