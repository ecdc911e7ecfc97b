// Package pattern matches Lua 5.1's string patterns in a way that can be
// interrupted and measured.
//
// A Pattern is compiled by Compile and serves any number of Matchers. A Matcher
// goes through the matches in one subject, one for each call of Next. What it
// does is counted in steps, which a Meter is told of every so often: patterns
// can be made to take time without end, and the Meter is where that is charged,
// shared or stopped.
//
// A Lua pattern has no alternatives and repeats only single characters. So
// there is one choice at most for each item, and the matcher keeps them in an
// array of that length: it neither recurses nor grows with the subject.
package pattern

// Pattern is a compiled pattern. It does not change, and is safe for concurrent
// use.
type Pattern struct {
	text     string
	items    []item
	anchored bool   // begins with ^
	prefix   string // what every match begins with
	skipped  *set   // the bytes that no match begins with; nil where it may be empty

	captures  int
	open      uint32 // the captures that are never closed, a bit each
	positions uint32 // the captures of a position
	choices   int
}

// String is the pattern's source.
func (p *Pattern) String() string { return p.text }

// Size is about what the pattern takes with a Matcher, in bytes.
func (p *Pattern) Size() int {
	const base, item = 512, 112 // with its sets and its choice
	return base + len(p.text) + item*len(p.items)
}

// Captures is the number of captures that the pattern has.
func (p *Pattern) Captures() int { return p.captures }

// Meter is told what a match costs.
type Meter interface {
	// Spend accounts for steps, each of which took a few nanoseconds. It is called
	// on the goroutine of the caller, about once per thousand steps and when
	// that call returns; it may block, or abandon the match by a panic.
	Spend(steps int)
}

// Error is what is wrong with a pattern, in Lua's own words.
type Error string

// Error implements error.
func (e Error) Error() string { return string(e) }

// Limits of a pattern. C Lua has but the first; its stack sets the others.
const (
	maxCaptures = 32
	maxItems    = 2000
	maxText     = 1 << 20
)

const (
	errTooComplex        Error = "pattern too complex"
	errTooManyCaptures   Error = "too many captures"
	errCaptureIndex      Error = "invalid capture index"
	errPatternCapture    Error = "invalid pattern capture"
	errUnfinishedCapture Error = "unfinished capture"
	errEndsInEscape      Error = "malformed pattern (ends with '%')"
	errUnfinishedSet     Error = "malformed pattern (missing ']')"
	errUnbalanced        Error = "unbalanced pattern"
	errFrontier          Error = "missing '[' after '%f' in pattern"
)
