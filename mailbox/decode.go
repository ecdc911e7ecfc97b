package mailbox

import (
	"encoding/binary"
	"fmt"
	"math"
	"time"
)

// Decode reads what [Value.Append] wrote. b must hold one value and nothing
// behind it; it is not kept. Of what b claims, nothing is believed: Decode
// allocates in proportion to len(b), at most about a hundred bytes a byte,
// whatever counts stand there.
//
// # Errors
//
// An [Invalid] one that says at which byte what was expected and what was
// found, also for what breaks a rule of [Pair], [MaxDepth] or [MaxNodes].
func Decode(b []byte) (Value, error) {
	d := decoder{b: b}
	v, err := d.value(0)
	if err != nil {
		return Nil, err
	}
	if rest := len(b) - d.at; rest > 0 {
		return Nil, d.fail(d.at, "the end", found(rest))
	}
	return v, nil
}

// decoder reads from b. Its methods leave it anywhere on an error.
type decoder struct {
	b     []byte
	at    int
	nodes int // Values begun so far
	// owed is the least number of bytes that what was announced and not yet
	// begun takes: a byte for each element of the lists around, and so on. What
	// is owed cannot be announced again, so nested counts cannot multiply.
	owed int
}

// value reads a value that stands within depth tables and error values.
func (d *decoder) value(depth int) (Value, error) {
	start := d.at
	if d.nodes++; d.nodes > MaxNodes {
		return Nil, d.fail(start, fmt.Sprintf("no more than %d values", MaxNodes), "one more")
	}
	tag, err := d.byte("a value's tag")
	if err != nil {
		return Nil, err
	}
	switch tag {
	case tagNil:
		return Nil, nil
	case tagFalse, tagTrue:
		return Bool(tag == tagTrue), nil
	case tagFloat:
		return d.float()
	case tagInt:
		i, err := d.signed("an integer")
		return Int(i), err
	case tagUint:
		u, err := d.unsigned("", "an unsigned integer")
		return Uint(u), err
	case tagString:
		s, err := d.text("a string")
		return String(s), err
	case tagDuration:
		i, err := d.signed("a number of nanoseconds")
		return Duration(time.Duration(i)), err
	case tagTime:
		return d.time()
	case tagTable, tagError:
		if depth == MaxDepth {
			return Nil, d.fail(start, fmt.Sprintf("values nested no more than %d deep", MaxDepth), "one deeper")
		}
		if tag == tagTable {
			return d.table(depth + 1)
		}
		return d.error(depth + 1)
	}
	return Nil, d.fail(start, fmt.Sprintf("a value's tag, %#x to %#x", tagNil, tagLast), fmt.Sprintf("%#02x", tag))
}

func (d *decoder) float() (Value, error) {
	if free := d.free(); free < 8 {
		return Nil, d.fail(d.at, "the 8 bytes of a number", found(free))
	}
	bits := binary.LittleEndian.Uint64(d.b[d.at:])
	d.at += 8
	return Float(math.Float64frombits(bits)), nil
}

func (d *decoder) time() (Value, error) {
	seconds, err := d.signed("a number of seconds")
	if err != nil {
		return Nil, err
	}
	start := d.at
	ns, err := d.unsigned("", "a number of nanoseconds")
	if err != nil {
		return Nil, err
	}
	if ns >= uint64(time.Second) {
		return Nil, d.fail(start, "fewer nanoseconds than a second has", fmt.Sprint(ns))
	}
	return Time(time.Unix(seconds, int64(ns)).UTC()), nil
}

func (d *decoder) table(depth int) (Value, error) {
	const pairCount = 1 // the least number of bytes behind the elements
	d.owed += pairCount
	n, err := d.count("list elements", 1)
	if err != nil {
		return Nil, err
	}
	t := &Table{}
	if n > 0 {
		t.List = make([]Value, n)
	}
	for i := range t.List {
		if t.List[i], err = d.owedValue(depth); err != nil {
			return Nil, err
		}
	}
	d.owed -= pairCount
	if n, err = d.count("pairs", 2); err != nil {
		return Nil, err
	}
	if n > 0 {
		t.Pairs = make([]Pair, n)
	}
	keys := keySet{indices: len(t.List)}
	for i := range t.Pairs {
		p, start := &t.Pairs[i], d.at
		if p.Key, err = d.owedValue(depth); err != nil {
			return Nil, err
		}
		if expected := keys.add(p.Key); expected != "" {
			return Nil, d.fail(start, expected, p.Key.String())
		}
		if p.Value, err = d.owedValue(depth); err != nil {
			return Nil, err
		}
	}
	t.size = t.measure()
	return Value{ref: t}, nil
}

// owedValue reads a value whose byte count has taken into owed.
func (d *decoder) owedValue(depth int) (Value, error) {
	d.owed--
	return d.value(depth)
}

func (d *decoder) error(depth int) (Value, error) {
	kind, err := d.text("an error's kind")
	if err != nil {
		return Nil, err
	}
	e := &Error{Kind: ErrorKind(kind)}
	if e.Message, err = d.text("an error's message"); err != nil {
		return Nil, err
	}
	start := d.at
	retryable, err := d.byte("an error's retryable flag")
	if err != nil {
		return Nil, err
	}
	if retryable > 1 {
		return Nil, d.fail(start, "an error's retryable flag, 0 or 1", fmt.Sprint(retryable))
	}
	e.Retryable = retryable == 1
	const lineCount = 1
	d.owed += lineCount
	if e.Value, err = d.value(depth); err != nil {
		return Nil, err
	}
	d.owed -= lineCount
	n, err := d.count("trace lines", 1)
	if err != nil {
		return Nil, err
	}
	if n > 0 {
		e.Trace = make([]string, n)
	}
	for i := range e.Trace {
		d.owed--
		if e.Trace[i], err = d.text("a trace line"); err != nil {
			return Nil, err
		}
	}
	return ErrorValue(e), nil
}

// count reads a number of things of at least size bytes each and makes them
// owed.
func (d *decoder) count(what string, size int) (int, error) {
	start := d.at
	n, err := d.unsigned("a number of ", what)
	if err != nil {
		return 0, err
	}
	if most := max(d.free(), 0) / size; n > uint64(most) {
		return 0, d.fail(start, fmt.Sprintf("at most %d %s in what is left", most, what), fmt.Sprint(n))
	}
	d.owed += int(n) * size
	return int(n), nil
}

func (d *decoder) text(what string) (string, error) {
	n, err := d.unsigned("the length of ", what)
	if err != nil {
		return "", err
	}
	if free := d.free(); n > uint64(max(free, 0)) {
		return "", d.fail(d.at, fmt.Sprintf("the %d bytes of %s", n, what), found(free))
	}
	s := string(d.b[d.at : d.at+int(n)])
	d.at += int(n)
	return s, nil
}

func (d *decoder) byte(what string) (byte, error) {
	if d.at == len(d.b) {
		return 0, d.fail(d.at, what, found(0))
	}
	d.at++
	return d.b[d.at-1], nil
}

// unsigned reads an unsigned LEB128. An error calls it by measure and what
// together: they come apart so that only an error joins them.
func (d *decoder) unsigned(measure, what string) (uint64, error) {
	u, n := readUnsigned(d.b[d.at:])
	return u, d.leb(n, "an unsigned", measure, what)
}

func (d *decoder) signed(what string) (int64, error) {
	i, n := readSigned(d.b[d.at:])
	return i, d.leb(n, "a signed", "", what)
}

// leb moves on by the n bytes of a LEB128, or says why there are none.
func (d *decoder) leb(n int, form, measure, what string) error {
	if n > 0 {
		d.at += n
		return nil
	}
	rest := d.b[d.at:]
	rest = rest[:min(len(rest), maxLEB)]
	for i, c := range rest {
		if c < 0x80 {
			rest = rest[:i+1]
			break
		}
	}
	seen := fmt.Sprintf("% x", rest)
	if len(rest) == 0 {
		seen = found(0)
	}
	return d.fail(d.at, fmt.Sprintf("%s%s as %s LEB128 of 64 bits in its shortest form", measure, what, form), seen)
}

// free is the number of bytes left that are not owed; below zero when the
// input is too short already.
func (d *decoder) free() int { return len(d.b) - d.at - d.owed }

func found(bytes int) string {
	switch {
	case bytes <= 0:
		return "none left"
	case bytes == 1:
		return "1 byte left"
	}
	return fmt.Sprintf("%d bytes left", bytes)
}

func (d *decoder) fail(at int, expected, found string) error {
	return Errorf(Invalid, "encoded value: byte %d: expected %s, found %s", at, expected, found)
}
