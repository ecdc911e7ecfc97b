package pattern

import "strings"

const (
	// interval is the number of steps after which the Meter is told.
	interval = 1000
	// callSteps are what a call costs, whatever it finds at once.
	callSteps = 16
)

// counter counts steps, and tells a Meter.
type counter struct {
	meter Meter
	left  int // steps to the next telling
}

func (c *counter) spend(steps int) {
	if c.left -= steps; c.left <= 0 {
		c.tell()
	}
}

// tell accounts for what was counted since the last time.
func (c *counter) tell() {
	steps := interval - c.left
	c.left = interval
	c.meter.Spend(steps)
}

// What is compared or searched many bytes at a time is done in pieces, so that
// none takes long, and costs a step for some bytes.
const (
	equalPiece, equalPerStep   = 64 << 10, 64
	searchPiece, searchPerStep = 16 << 10, 8
	// searchHead is how much of a text is searched for: with more, the time that
	// strings.Index takes is no longer bounded by the bytes it looks through.
	searchHead = 32
)

// equal compares two strings of the same length.
func (c *counter) equal(a, b string) bool {
	for len(a) > equalPiece {
		if a[:equalPiece] != b[:equalPiece] {
			return false
		}
		a, b = a[equalPiece:], b[equalPiece:]
		c.spend(equalPiece / equalPerStep)
	}
	c.spend(len(a) / equalPerStep)
	return a == b
}

// index finds text at from or after it; it gives -1 where there is none.
func (c *counter) index(subject, text string, from int) int {
	head, rest := text, ""
	if len(text) > searchHead {
		head, rest = text[:searchHead], text[searchHead:]
	}
	end := len(subject) - len(rest)
	for from+len(head) <= end {
		piece := subject[from:min(from+searchPiece+len(head)-1, end)]
		i := strings.Index(piece, head)
		if i < 0 {
			c.spend(len(piece) / searchPerStep)
			from += len(piece) - len(head) + 1
			continue
		}
		c.spend(i / searchPerStep)
		from += i
		if rest == "" {
			return from
		}
		c.spend(callSteps)
		if after := from + len(head); c.equal(subject[after:after+len(rest)], rest) {
			return from
		}
		from++
	}
	return -1
}

// Index finds text, as it is, in subject from the offset from on: its offset,
// or -1 where there is none.
func Index(subject, text string, from int, meter Meter) int {
	c := counter{meter, interval - callSteps}
	i := c.index(subject, text, from)
	c.tell()
	return i
}
