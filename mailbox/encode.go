package mailbox

import "encoding/binary"

// The first byte of an encoded value: the version of the encoding in the high
// four bits, what the value is in the low four.
const (
	tagNil = encodingVersion<<4 + iota
	tagFalse
	tagTrue
	tagFloat
	tagInt
	tagUint
	tagString
	tagTable
	tagError
	tagDuration
	tagTime

	tagLast = tagTime
)

const encodingVersion = 1

// Append appends the encoding of v to b and returns the longer slice. Decode
// reads it back.
//
// # Encoding
//
// A value is a tag byte and what the tag says. uleb is an unsigned LEB128 and
// sleb a signed one, as in the wasm binary format, of at most 64 bits and in
// the shortest form; all else is little-endian; text is a uleb with the number
// of bytes and those bytes, in no particular character set.
//
//	0x10  nil
//	0x11  false
//	0x12  true
//	0x13  number            8 bytes, IEEE 754 binary64
//	0x14  integer           sleb
//	0x15  unsigned integer  uleb
//	0x16  string            text
//	0x17  table             uleb n, n values: the elements at 1…n
//	                        uleb m, m times two values: a key and what it holds
//	0x18  error             text: its kind
//	                        text: its message
//	                        1 byte: 1 if retryable, else 0
//	                        value: what the process failed with, nil if nothing
//	                        uleb t, t times text: the trace, innermost first
//	0x19  duration          sleb, nanoseconds
//	0x1a  time              sleb, seconds since 1970-01-01T00:00:00Z
//	                        uleb, nanoseconds within that second, below 10⁹
//
// The high four bits of a tag are the version of this encoding, 1. Every part
// that is a value is a whole encoding by itself, so a reader may hand it on
// unread. There is exactly one encoding of a value: the same value gives the
// same bytes on every machine, pairs in their order, a NaN with its bits. Times
// lose their zone and monotonic reading, errors their Cause. Keys are as [Pair]
// wants them; [MaxDepth] and [MaxNodes] hold.
//
// # Errors
//
// An [Invalid] one when v breaks a rule of Pair or a bound, or holds a
// resource; b is returned as it was.
func (v Value) Append(b []byte) ([]byte, error) {
	e := encoder{b: b}
	if err := e.value(v, 0); err != nil {
		return b, err
	}
	return e.b, nil
}

type encoder struct {
	b     []byte
	nodes int // Values written so far
}

// value appends v, which stands within depth tables and error values.
func (e *encoder) value(v Value, depth int) error {
	if e.nodes++; e.nodes > MaxNodes {
		return Errorf(Invalid, "a value of more than %d parts cannot be encoded", MaxNodes)
	}
	switch v.Kind() {
	case KindNil:
		e.b = append(e.b, tagNil)
	case KindBool:
		e.b = append(e.b, tagFalse+byte(v.num))
	case KindFloat:
		e.b = binary.LittleEndian.AppendUint64(append(e.b, tagFloat), v.num)
	case KindInt:
		e.b = appendSigned(append(e.b, tagInt), v.Int())
	case KindUint:
		e.b = appendUnsigned(append(e.b, tagUint), v.num)
	case KindString:
		e.b = append(e.b, tagString)
		e.text(v.Str())
	case KindDuration:
		e.b = appendSigned(append(e.b, tagDuration), int64(v.num))
	case KindTime:
		t := v.Time()
		e.b = appendSigned(append(e.b, tagTime), t.Unix())
		e.count(t.Nanosecond())
	case KindResource:
		return Errorf(Invalid, "%s cannot be encoded", v)
	default:
		if depth == MaxDepth {
			return Errorf(Invalid, "a value nested more than %d deep cannot be encoded", MaxDepth)
		}
		if t := v.Table(); t != nil {
			return e.table(t, depth+1)
		}
		return e.error(v.Err(), depth+1)
	}
	return nil
}

func (e *encoder) table(t *Table, depth int) error {
	e.b = append(e.b, tagTable)
	e.count(len(t.List))
	for _, v := range t.List {
		if err := e.value(v, depth); err != nil {
			return err
		}
	}
	e.count(len(t.Pairs))
	keys := keySet{indices: len(t.List)}
	for _, p := range t.Pairs {
		if expected := keys.add(p.Key); expected != "" {
			return Errorf(Invalid, "a table cannot be encoded: expected %s, got %s", expected, p.Key)
		}
		if err := e.value(p.Key, depth); err != nil {
			return err
		}
		if err := e.value(p.Value, depth); err != nil {
			return err
		}
	}
	return nil
}

func (e *encoder) error(err *Error, depth int) error {
	e.b = append(e.b, tagError)
	e.text(string(err.Kind))
	e.text(err.Message)
	retryable := byte(0)
	if err.Retryable {
		retryable = 1
	}
	e.b = append(e.b, retryable)
	if err := e.value(err.Value, depth); err != nil {
		return err
	}
	e.count(len(err.Trace))
	for _, line := range err.Trace {
		e.text(line)
	}
	return nil
}

func (e *encoder) text(s string) {
	e.count(len(s))
	e.b = append(e.b, s...)
}

func (e *encoder) count(n int) { e.b = appendUnsigned(e.b, uint64(n)) }
