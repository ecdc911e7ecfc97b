package mailbox

import (
	"math"
	"slices"
)

// Equal tells whether v and o are the same value, however deep. It is an
// equivalence:
//
//   - numbers of different kinds are equal when their exact values are: Float(1)
//     is Int(1), Float(1<<53) is not Int(1<<53+1); NaN equals itself, so that a
//     copy always equals its original;
//   - strings compare by their bytes;
//   - tables are equal when their Lists are, element by element, and both have
//     the same pairs in whichever order, those with a nil value left out;
//   - times are equal when they are the same instant, whatever their zone or
//     monotonic reading;
//   - errors are equal in all but their Cause;
//   - a resource is equal to itself alone.
func (v Value) Equal(o Value) bool { return comparer{}.equal(v, o) }

// EqualMetered is Equal for values that may be large: work is called again and
// again with the bytes that are about to be looked at, counted as the converters
// count theirs. It may suspend, and need not return. What is long it hears of in
// pieces of comparedBytes.
func (v Value) EqualMetered(o Value, work func(bytes int)) bool {
	return comparer{work}.equal(v, o)
}

const (
	// elementWork is what an element of a table counts as, in bytes of work.
	elementWork = 16
	// comparedBytes of a string are compared in one piece, which counts as
	// a sixty-fourth: that is how much faster it is than other work.
	comparedBytes = 256 << 10
)

// comparer compares; work is nil where nobody counts.
type comparer struct{ work func(bytes int) }

func (c comparer) count(bytes int) {
	if c.work != nil {
		c.work(bytes)
	}
}

func (c comparer) equal(v, o Value) bool {
	c.count(elementWork)
	k := v.Kind()
	if k.number() && o.Kind().number() {
		return sameNumber(v, o)
	}
	if k != o.Kind() {
		return false
	}
	switch k {
	case KindString:
		return c.sameString(v.Str(), o.Str())
	case KindTable:
		return c.sameTable(v.Table(), o.Table())
	case KindError:
		return c.sameError(v.Err(), o.Err())
	case KindTime:
		a, b := v.Time(), o.Time()
		return a.Unix() == b.Unix() && a.Nanosecond() == b.Nanosecond()
	case KindResource:
		return v.Resource() == o.Resource()
	}
	return v.num == o.num
}

func (k Kind) number() bool { return k == KindFloat || k == KindInt || k == KindUint }

func sameNumber(v, o Value) bool {
	a, aNegative, aWhole := v.Integer()
	b, bNegative, bWhole := o.Integer()
	if aWhole || bWhole {
		return aWhole == bWhole && a == b && aNegative == bNegative
	}
	f, g := v.Float(), o.Float()
	return f == g || math.IsNaN(f) && math.IsNaN(g)
}

func (c comparer) sameString(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for c.work != nil && len(a) > comparedBytes {
		c.work(comparedBytes / 64)
		if a[:comparedBytes] != b[:comparedBytes] {
			return false
		}
		a, b = a[comparedBytes:], b[comparedBytes:]
	}
	return a == b
}

func (c comparer) sameError(a, b *Error) bool {
	return a == b || a.Kind == b.Kind && c.sameString(a.Message, b.Message) && a.Retryable == b.Retryable &&
		c.equal(a.Value, b.Value) && slices.Equal(a.Trace, b.Trace)
}

func (c comparer) sameTable(a, b *Table) bool {
	if a == b {
		return true
	}
	if !slices.EqualFunc(a.List, b.List, c.equal) {
		return false
	}
	// Two copies of one table have their pairs in the same order: only what
	// follows the first difference needs looking up.
	p, q := a.Pairs, b.Pairs
	for len(p) > 0 && len(q) > 0 && c.equal(p[0].Key, q[0].Key) {
		if !c.equal(p[0].Value, q[0].Value) {
			return false
		}
		p, q = p[1:], q[1:]
	}
	return c.samePairs(p, q)
}

func (c comparer) samePairs(p, q []Pair) bool {
	if len(q) == 0 {
		p, q = q, p
	}
	if len(p) == 0 {
		return !slices.ContainsFunc(q, func(r Pair) bool { return !r.Value.IsNil() })
	}
	rest := make(map[tableKey]Value, len(q))
	for _, r := range q {
		c.count(elementWork)
		if k, ok := r.Key.tableKey(); ok && !r.Value.IsNil() {
			rest[k] = r.Value
		}
	}
	for _, r := range p {
		if r.Value.IsNil() {
			continue
		}
		k, _ := r.Key.tableKey()
		if other, ok := rest[k]; !ok || !c.equal(r.Value, other) {
			return false
		}
		delete(rest, k)
	}
	return len(rest) == 0
}
