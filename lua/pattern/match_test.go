package pattern

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// counting is a Meter that stops a match at a number of steps.
type counting struct {
	steps, limit int
	most         int // steps told at once
}

type stopped struct{}

func (c *counting) Spend(steps int) {
	c.steps += steps
	c.most = max(c.most, steps)
	if c.limit > 0 && c.steps > c.limit {
		panic(stopped{})
	}
}

// results are all matches with their captures, or what went wrong, as text.
func results(m *Matcher) string {
	var b strings.Builder
	for {
		found, err := m.Next()
		if err != nil {
			return b.String() + "error: " + err.Error()
		}
		if !found {
			return b.String()
		}
		fmt.Fprintf(&b, "[%d:%d", m.Start(), m.End())
		for i := range max(m.Pattern().Captures(), 1) {
			text, position, err := m.Capture(i)
			switch {
			case err != nil:
				fmt.Fprintf(&b, " %s", err)
			case position > 0:
				fmt.Fprintf(&b, " %d", position)
			default:
				fmt.Fprintf(&b, " %q", text)
			}
		}
		b.WriteString("]")
	}
}

func TestMatch(t *testing.T) {
	for _, test := range []struct{ pattern, subject, want string }{
		{"b", "abcb", `[1:2 "b"][3:4 "b"]`},
		{"^a", "aa", `[0:1 "a"]`},
		{"a$", "aa", `[1:2 "a"]`},
		{"^$", "", `[0:0 ""]`},
		{"a^$b", "a^$b", `[0:4 "a^$b"]`},
		{"x*", "axb", `[0:0 ""][1:2 "x"][2:2 ""][3:3 ""]`},
		{"%a+", "ab, cd", `[0:2 "ab"][4:6 "cd"]`},
		{"<(.-)>", "<a><>", `[0:3 "a"][3:5 ""]`},
		{"(%w+)=(%w+)", "a=1, bc=23", `[0:3 "a" "1"][5:10 "bc" "23"]`},
		{"()x()", "axx", `[1:2 2 3][2:3 3 4]`},
		{"(a(b)(c))", "abc", `[0:3 "abc" "b" "c"]`},
		{"(.)%1", "abba", `[1:3 "b"]`},
		{"()%1", "a1", ``},
		{"%b()", "a(b(c)d)(e", `[1:8 "(b(c)d)"]`},
		{"%b''", "'a'b'", `[0:3 "'a'"]`},
		{"%f[%w]%w+", "the end", `[0:3 "the"][4:7 "end"]`},
		{"%f[%z]", "ab", `[2:2 ""]`},
		{"[]]", "]", `[0:1 "]"]`},
		{"[^]]", "]a", `[1:2 "a"]`},
		{"[a-]", "-", `[0:1 "-"]`},
		{"[%a-z]+", "b-z", `[0:3 "b-z"]`},
		{"[+-%%]", "],", `[0:1 "]"]`},
		{"[%]]", "]", `[0:1 "]"]`},
		{"%-%.", "-.", `[0:2 "-."]`},
		{"a?b", "abb", `[0:2 "ab"][2:3 "b"]`},
		{"**", "**", `[0:2 "**"][2:2 ""]`},
		{"()*", "*a", `[0:1 1]`},
		{"a\x00b", "xa\x00b", `[1:4 "a\x00b"]`},
		{"%z", "\x00", `[0:1 "\x00"]`},
		{"[\x00-\x01]", "\x01", `[0:1 "\x01"]`},
		{"\xff", "\xff", `[0:1 "\xff"]`},
		{"%g%", "g", `error: malformed pattern (ends with '%')`},
		{"[a", "b", `error: malformed pattern (missing ']')`},
		{"[a%]", "b", `error: malformed pattern (missing ']')`},
		{"[]", "b", `error: malformed pattern (missing ']')`},
		{"[^", "b", `error: malformed pattern (missing ']')`},
		{"%b(", "(", `error: unbalanced pattern`},
		{"%f", "b", `error: missing '[' after '%f' in pattern`},
		{"%f[", "b", `error: malformed pattern (missing ']')`},
		{"(b", "b", `[0:1 unfinished capture]`},
		{"b)", "b", `error: invalid pattern capture`},
		{"(b%1)", "b", `error: invalid capture index`},
		{"%0", "b", `error: invalid capture index`},
		{"%1", "b", `error: invalid capture index`},
		{strings.Repeat("()", 33), "b", `error: too many captures`},
		{strings.Repeat("a?", maxItems), "b", `error: pattern too complex`},
		{strings.Repeat("a", maxText+1), "b", `error: pattern too complex`},
		{"a[", "b", ``}, // what is wrong is never reached
		{"a%", "", ``},
	} {
		m := New(Compile(test.pattern), new(counting))
		m.Reset(test.subject, 0)
		if got := results(m); got != test.want {
			t.Errorf("%.40q in %q: got %s, want %s", test.pattern, test.subject, got, test.want)
		}
	}
}

func TestReset(t *testing.T) {
	m := New(Compile("^a"), new(counting))
	for _, test := range []struct {
		subject string
		from    int
		want    string
	}{{"aab", 1, `[1:2 "a"]`}, {"aab", 2, ``}, {"aab", 3, ``}, {"", 0, ``}} {
		m.Reset(test.subject, test.from)
		if got := results(m); got != test.want {
			t.Errorf("%q from %d: got %s, want %s", test.subject, test.from, got, test.want)
		}
	}
}

// compare finds all that a pattern and the reference find, and gives the
// difference; "" also where the reference takes too long.
func compare(pattern, subject string) (difference string) {
	defer func() {
		if r := recover(); r != nil {
			if r != any(refStop{}) {
				panic(r)
			}
		}
	}()
	m := New(Compile(pattern), &counting{limit: 100 * refSteps})
	m.Reset(subject, 0)
	r := &reference{pattern: pattern, subject: subject}
	for from := 0; from <= len(subject); {
		start, end, wanted := r.next(from)
		found, err := m.Next()
		switch {
		case err != wanted:
			return fmt.Sprintf("error %v, want %v", err, wanted)
		case err != nil:
			return ""
		case found != (end >= 0):
			return fmt.Sprintf("found %t from %d, want the opposite", found, from)
		case !found:
			return ""
		case m.Start() != start || m.End() != end:
			return fmt.Sprintf("found %d to %d, want %d to %d", m.Start(), m.End(), start, end)
		case m.Pattern().Captures() != len(r.captures):
			return fmt.Sprintf("%d captures, want %d", m.Pattern().Captures(), len(r.captures))
		}
		for i, want := range r.captures {
			text, position, err := m.Capture(i)
			switch {
			case want.end == refOpen && err != errUnfinishedCapture,
				want.end == refPosition && position != want.start+1,
				want.end >= 0 && (text != subject[want.start:want.end] || err != nil):
				return fmt.Sprintf("capture %d is %q, %d, %v, want %+v", i, text, position, err, want)
			}
		}
		if from = max(end, start+1); pattern[:min(len(pattern), 1)] == "^" {
			from = len(subject) + 1
		}
	}
	return ""
}

// pieces are what random patterns are made of.
var pieces = []string{
	"a", "b", "c", ".", "%a", "%A", "%d", "%w", "%s", "%z", "%.", "%%", "x", "1", "-", "*", "?", "+", "^", "$",
	"[ab]", "[^a]", "[a-c]", "[%d_]", "[]]", "[^%w]", "[a-", "]", "[", "%", "(", "(", ")", ")", "()", "%1", "%2", "%0",
	"%b()", "%bab", "%b", "%f[%w]", "%f[^b]", "%f[%z]", "%f", "\x00", "\xff", "ab", "a*", "b+", ".-", "c?", ".*", "(a*)", "(.-)", "%1",
}

func randomPattern(random *rand.Rand) string {
	var b strings.Builder
	for range random.IntN(8) {
		b.WriteString(pieces[random.IntN(len(pieces))])
	}
	return b.String()
}

func randomSubject(random *rand.Rand) string {
	const letters = "aaabbbcc()1 .x\x00\xff]-"
	b := make([]byte, random.IntN(14))
	for i := range b {
		b[i] = letters[random.IntN(len(letters))]
	}
	return string(b)
}

// TestReference compares with the reference at random.
func TestReference(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 200_000 {
		pattern, subject := randomPattern(random), randomSubject(random)
		if difference := compare(pattern, subject); difference != "" {
			t.Fatalf("%q in %q: %s", pattern, subject, difference)
		}
	}
}

// FuzzPattern makes sure that no pattern panics, finds what the reference does
// not, or goes on between two tellings of its meter.
func FuzzPattern(f *testing.F) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 100 {
		f.Add(randomPattern(random), randomSubject(random), 1)
	}
	f.Add("a*a*a*a*b", "a", 1000)
	f.Add("(.-)(.-)(.-)x", "ab", 500)
	f.Add("%b()", "(", 5000)
	f.Add("(.*)%1$", "ab", 5000)
	f.Fuzz(func(t *testing.T, pattern, subject string, times int) {
		if difference := compare(pattern, subject); difference != "" {
			t.Errorf("%q in %q: %s", pattern, subject, difference)
		}
		times = max(0, min(times, 1<<16/(len(subject)+1)))
		bounded(t, pattern, strings.Repeat(subject, times))
	})
}

// bounded goes through all matches until a million steps are done.
func bounded(t *testing.T, pattern, subject string) (steps int) {
	meter := &counting{limit: 1_000_000}
	m := New(Compile(pattern), meter)
	defer func() {
		if r := recover(); r != nil && r != any(stopped{}) {
			panic(r)
		}
		if longest := 2*interval + maxText/equalPerStep + callSteps; meter.most > longest {
			t.Errorf("%q went on for %d steps, more than %d", pattern, meter.most, longest)
		}
		if len(m.choices) > len(m.p.items) || len(m.p.items) > maxItems+2 {
			t.Errorf("%q has %d choices and %d items", pattern, len(m.choices), len(m.p.items))
		}
		steps = meter.steps
	}()
	m.Reset(subject, 0)
	results(m)
	return
}

// TestHostile makes sure that what takes long without end is told of.
func TestHostile(t *testing.T) {
	long := strings.Repeat("a", 1e6)
	for name, test := range map[string]struct{ pattern, subject string }{
		"greedy":     {"a*a*a*a*b", long},
		"lazy":       {"(.-)(.-)(.-)x", long},
		"lazy short": {".-.-.-.-.-.-.-.-x", long[:300]},
		"optional":   {strings.Repeat("a?", 40) + strings.Repeat("a", 40), long[:39]},
		"balance":    {"%b()", strings.Repeat("(", 1e5)},
		"set":        {"[" + strings.Repeat("a", 1e5) + "]*[^a]", long},
		"back":       {"^(.*)%1$", long[:len(long)-1] + "b"},
		"back lazy":  {"(.-)%1b", long},
		"literal":    {strings.Repeat("a", 1e4) + "b", long},
		"captures":   {strings.Repeat("(.-)", 32) + "x", long[:300]},
	} {
		if steps := bounded(t, test.pattern, test.subject); steps < 1_000_000 {
			t.Errorf("%s: only %d steps were told of", name, steps)
		}
	}
}

// TestLinear counts the steps of what must not take longer and longer.
func TestLinear(t *testing.T) {
	for pattern, subject := range map[string]string{
		"a":           "a",
		"%w+":         "ab ",
		"b":           "aaab",
		"()":          "a",
		"(%w+)=(%w+)": "key=value, ",
		".-,":         "abc,",
		"[^\n]*\n":    "line\n",
	} {
		steps := func(times int) int {
			meter := new(counting)
			m := New(Compile(pattern), meter)
			m.Reset(strings.Repeat(subject, times), 0)
			for {
				if found, _ := m.Next(); !found {
					return meter.steps
				}
			}
		}
		few, many := steps(10_000), steps(100_000)
		if many > 11*few || many < 9*few {
			t.Errorf("%q: ten times as much took %d steps and then %d", pattern, few, many)
		}
	}
}

func TestIndex(t *testing.T) {
	long := strings.Repeat("a", 100_000)
	for _, test := range []struct {
		subject, text string
		from, want    int
	}{
		{"abcabc", "bc", 0, 1},
		{"abcabc", "bc", 2, 4},
		{"abcabc", "bc", 5, -1},
		{"abc", "", 3, 3},
		{"", "", 0, 0},
		{"", "a", 0, -1},
		{long + "b", "ab", 0, 99_999},
		{long + "b", long[:40] + "b", 0, 99_960},
		{long + "b", long + "b", 0, 0},
		{long, long + "b", 0, -1},
		{long, long, 1, -1},
		{long + "bc" + long, "c" + long, 0, 100_001},
		{strings.Repeat("x", searchPiece-1) + "yz", "yz", 0, searchPiece - 1},
	} {
		if got := Index(test.subject, test.text, test.from, new(counting)); got != test.want {
			t.Errorf("%.10q in %.10q from %d: got %d, want %d", test.text, test.subject, test.from, got, test.want)
		}
	}
	meter := new(counting)
	Index(long, long[:50_000]+"b", 0, meter)
	if meter.steps < 50_000*50_000/equalPerStep {
		t.Errorf("half of the text was compared at each of half of the places, and took %d steps", meter.steps)
	}
}
