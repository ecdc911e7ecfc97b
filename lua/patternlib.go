package lua

import (
	"strings"

	glua "github.com/yuin/gopher-lua"

	"wippy/lua/pattern"
)

const (
	// stepsPerFuel is what a unit of fuel buys of pattern matching.
	stepsPerFuel = 8
	// compileFuel is what compiling a pattern costs, besides its length.
	compileFuel = 16
	// maxMatchers bounds the matchers that a process keeps for patterns that it
	// used, and maxKept the length of these patterns.
	maxMatchers = 8
	maxKept     = 200
)

// patternMeter is a State as what pattern matching is charged to.
type patternMeter State

var _ pattern.Meter = (*patternMeter)(nil)

// Spend implements pattern.Meter.
func (m *patternMeter) Spend(steps int) { (*State)(m).charge(steps / stepsPerFuel) }

// matcher gives a matcher of a pattern that nobody else uses.
func (s *State) matcher(text string) *pattern.Matcher {
	for i := len(s.matchers) - 1; i >= 0; i-- {
		if m := s.matchers[i]; m.Pattern().String() == text {
			s.matchers = append(s.matchers[:i], s.matchers[i+1:]...)
			return m
		}
	}
	s.charge(compileFuel + len(text)/convertedPerFuel)
	p := pattern.Compile(text)
	s.grow(p.Size())
	return pattern.New(p, (*patternMeter)(s))
}

// putMatcher takes a matcher back. One that is not given back, since an error
// was raised or a loop left, is only not used again.
func (s *State) putMatcher(m *pattern.Matcher) {
	m.Reset("", 0) // it must not keep the subject
	if len(m.Pattern().String()) > maxKept {
		return
	}
	if len(s.matchers) == maxMatchers {
		s.matchers = append(s.matchers[:0], s.matchers[1:]...)
	}
	s.matchers = append(s.matchers, m)
}

// next is m.Next, with a Lua error for what is wrong with the pattern.
func next(L *glua.LState, m *pattern.Matcher) bool {
	found, err := m.Next()
	if err != nil {
		L.RaiseError("%s", err)
	}
	return found
}

// capture is capture n of a match as a value.
func capture(L *glua.LState, m *pattern.Matcher, n int) glua.LValue {
	text, position, err := m.Capture(n)
	switch {
	case err != nil:
		L.RaiseError("%s", err)
	case position > 0:
		return glua.LNumber(position)
	}
	return From(L).part(text, len(m.Subject()))
}

// pushCaptures pushes the first n captures.
func pushCaptures(L *glua.LState, m *pattern.Matcher, n int) int {
	for i := range n {
		L.Push(capture(L, m, i))
	}
	return n
}

// results is how many values a match gives: the whole where there is no capture.
func results(m *pattern.Matcher) int { return max(m.Pattern().Captures(), 1) }

// startArgument is argument n as the offset at which to begin.
func startArgument(L *glua.LState, n int, subject string) int {
	return min(max(absolute(optInteger(L, n, 1), len(subject)), 1)-1, len(subject))
}

// specials are the characters that make a pattern more than plain text.
const specials = "^$*+?.([%-"

func stringFind(L *glua.LState) int {
	subject, text := L.CheckString(1), L.CheckString(2)
	from := startArgument(L, 3, subject)
	s := From(L)
	if L.ToBool(4) || !strings.ContainsAny(text, specials) {
		at := pattern.Index(subject, text, from, (*patternMeter)(s))
		if at < 0 {
			L.Push(glua.LNil)
			return 1
		}
		L.Push(glua.LNumber(at + 1))
		L.Push(glua.LNumber(at + len(text)))
		return 2
	}
	m := s.matcher(text)
	m.Reset(subject, from)
	n := 1
	if next(L, m) {
		L.Push(glua.LNumber(m.Start() + 1))
		L.Push(glua.LNumber(m.End()))
		n = 2 + pushCaptures(L, m, m.Pattern().Captures())
	} else {
		L.Push(glua.LNil)
	}
	s.putMatcher(m)
	return n
}

func stringMatch(L *glua.LState) int {
	subject, text := L.CheckString(1), L.CheckString(2)
	s := From(L)
	m := s.matcher(text)
	m.Reset(subject, startArgument(L, 3, subject))
	n := 1
	if next(L, m) {
		n = pushCaptures(L, m, results(m))
	} else {
		L.Push(glua.LNil)
	}
	s.putMatcher(m)
	return n
}

func stringGmatch(L *glua.LState) int {
	subject, text := L.CheckString(1), L.CheckString(2)
	if strings.HasPrefix(text, "^") {
		text = "%" + text // it is no anchor here: a loop would find one match only
	}
	s := From(L)
	m := s.matcher(text)
	m.Reset(subject, 0)
	L.Push(shared(func(L *glua.LState) int {
		switch {
		case m == nil: // after the end
		case next(L, m):
			return pushCaptures(L, m, results(m))
		default:
			s.putMatcher(m)
			m = nil
		}
		L.Push(glua.LNil)
		return 1
	}))
	s.grow(functionBytes + upvalueBytes + userDataBytes)
	L.Get(-1).(*glua.LFunction).Upvalues = holding(func(w *walker) {
		if m != nil {
			w.text(m.Subject())
			w.bytes += int64(m.Pattern().Size())
		}
	})
	return 1
}

func stringGsub(L *glua.LState) int {
	subject, text := L.CheckString(1), L.CheckString(2)
	s := From(L)
	g := substitution{L: L, s: s, with: L.Get(3)}
	switch with := g.with.(type) {
	case glua.LNumber:
		g.with = glua.LString(with.String())
	case glua.LString, *glua.LTable, *glua.LFunction:
	default:
		ArgError(L, "string.gsub", 3, "a string, table or function")
	}
	most := optInteger(L, 4, len(subject)+1)
	g.m = s.matcher(text)
	g.m.Reset(subject, 0)
	n, copied := 0, 0
	for n < most && next(L, g.m) {
		n++
		if n == 1 {
			g.count(len(subject))
			g.out.Grow(len(subject))
		}
		g.write(subject[copied:g.m.Start()])
		g.replace()
		copied = g.m.End()
	}
	s.putMatcher(g.m)
	if n > 0 {
		g.write(subject[copied:])
		s.built(g.counted)
		subject = built(&g.out)
	}
	L.Push(glua.LString(subject))
	L.Push(glua.LNumber(n))
	return 2
}

// substitution is a call of string.gsub.
type substitution struct {
	L    *glua.LState
	s    *State
	m    *pattern.Matcher
	with glua.LValue
	out  strings.Builder

	counted int // of out, as what is being built
}

// write adds to the result.
func (g *substitution) write(text string) {
	checkSize(g.L, "string.gsub", g.out.Len()+len(text))
	g.count(g.out.Len() + len(text))
	g.s.append(&g.out, text)
}

// count accounts for a result of so many bytes.
func (g *substitution) count(size int) {
	if size > g.counted {
		g.s.build(size - g.counted)
		g.counted = size
	}
}

// replace writes what is to stand for the match.
func (g *substitution) replace() {
	var v glua.LValue
	switch with := g.with.(type) {
	case glua.LString:
		g.expand(string(with))
		return
	case *glua.LTable:
		v = g.L.GetTable(with, capture(g.L, g.m, 0))
	default:
		g.L.Push(with)
		g.L.Call(pushCaptures(g.L, g.m, results(g.m)), 1)
		v = g.L.Get(-1)
		g.L.Pop(1)
	}
	switch {
	case glua.LVIsFalse(v):
		g.write(g.m.Match())
	case glua.LVCanConvToString(v):
		g.write(v.String())
	default:
		g.L.RaiseError("invalid replacement value (a %s)", v.Type())
	}
}

// expand writes a replacement with %0 to %9 in it.
func (g *substitution) expand(with string) {
	for {
		i := strings.IndexByte(with, '%')
		if i < 0 {
			g.write(with)
			return
		}
		g.write(with[:i])
		g.s.charge(1)
		var digit byte
		if i++; i < len(with) {
			digit = with[i]
		}
		switch {
		case digit == '%':
			g.write("%")
		case digit == '0':
			g.write(g.m.Match())
		case '1' <= digit && digit <= '9':
			g.write(capture(g.L, g.m, int(digit-'1')).String())
		default:
			g.L.RaiseError("invalid use of '%c' in replacement string", '%')
		}
		with = with[i+1:]
	}
}
