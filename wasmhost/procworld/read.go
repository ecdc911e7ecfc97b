package procworld

import (
	"context"
	"encoding/binary"
	"math"
	"time"
	"unicode/utf8"

	"wippy/mailbox"
	"wippy/wasmhost/imports"
)

// What one call may hand over: the guest's memory bounds each string, but a
// list may name the same one many times.
const (
	maxBytes   = 64 << 20 // of all strings together
	maxEncoded = 16 << 20 // of those, encoded values, which take more when they are decoded
	maxValues  = 1 << 16
	// maxInline is how much is decoded at once on the worker; more is done elsewhere.
	maxInline = 64 << 10
)

// The cases of the variant value.
const (
	caseNil = iota
	caseBoolean
	caseInteger
	caseNumber
	caseText
	caseBytes
	caseEncoded
	caseOpaque
)

// The size and alignment of a value in memory, and where its payload is.
const (
	valueSize  = 16
	valueAlign = 8
	payloadAt  = 8
)

// reader reads the parameters of one call. What breaks the ABI traps; what is
// only too much, or not encoded well, is in err, and reads as nothing.
type reader struct {
	c       *imports.Caller
	bytes   int // taken so far
	encoded int
	err     error
}

// text reads a string, given its address and length.
func (r *reader) text(at, n uint64, what string) string {
	if !r.take(uint32(n), what) {
		return ""
	}
	return r.c.Text(uint32(at), uint32(n), what)
}

// take counts bytes before there is memory for them.
func (r *reader) take(n uint32, what string) bool {
	if r.err != nil {
		return false
	}
	if uint64(n) > uint64(maxBytes-r.bytes) {
		r.err = mailbox.Errorf(mailbox.Invalid, "%s: more than %d bytes in one call", what, maxBytes)
		return false
	}
	r.bytes += int(n)
	return true
}

// values reads a list of values, given its address and length.
func (r *reader) values(at, n uint64, what string) []mailbox.Value {
	c := r.c
	count := uint32(n)
	c.Array(uint32(at), count, valueSize, valueAlign, what)
	if count > maxValues && r.err == nil {
		r.err = mailbox.Errorf(mailbox.Invalid, "%s: %d are more than %d", what, count, maxValues)
	}
	if r.err != nil || count == 0 {
		return nil
	}
	values := make([]mailbox.Value, count)
	for i := range values {
		// A value may be long, and decoding it let other code run.
		b := c.View(uint32(at)+uint32(i)*valueSize, valueSize, what)
		if values[i] = r.value(b, what); r.err != nil {
			return nil
		}
	}
	return values
}

// value reads one value from its 16 bytes.
func (r *reader) value(b []byte, what string) mailbox.Value {
	payload := b[payloadAt:]
	at, n := uint64(binary.LittleEndian.Uint32(payload)), uint64(binary.LittleEndian.Uint32(payload[4:]))
	switch b[0] {
	case caseNil:
		return mailbox.Nil
	case caseBoolean:
		return mailbox.Bool(payload[0] != 0)
	case caseInteger:
		return mailbox.Int(int64(binary.LittleEndian.Uint64(payload)))
	case caseNumber:
		return mailbox.Float(math.Float64frombits(binary.LittleEndian.Uint64(payload)))
	case caseText:
		return mailbox.String(r.text(at, n, what))
	case caseBytes:
		return mailbox.String(string(r.data(at, n, what)))
	case caseEncoded:
		return r.decode(at, n, what)
	case caseOpaque:
		r.err = mailbox.Errorf(mailbox.Invalid, "%s: an opaque value cannot be sent", what)
		return mailbox.Nil
	}
	r.c.Trap("%s: %d is no case of value, which has %d", what, b[0], caseOpaque+1)
	return mailbox.Nil
}

// flatValue reads a value from its three flat parameters.
func (r *reader) flatValue(tag, payload, n uint64, what string) mailbox.Value {
	if uint32(tag) > caseOpaque {
		r.c.Trap("%s: %d is no case of value, which has %d", what, uint32(tag), caseOpaque+1)
	}
	var b [valueSize]byte
	b[0] = byte(tag)
	switch b[0] {
	case caseBoolean:
		b[payloadAt] = byte(flag(uint32(payload) != 0))
	case caseText, caseBytes, caseEncoded:
		put32(b[payloadAt:], uint32(payload))
		put32(b[payloadAt+4:], uint32(n))
	default:
		put64(b[payloadAt:], payload)
	}
	return r.value(b[:], what)
}

// data gives a view of a list of bytes.
func (r *reader) data(at, n uint64, what string) []byte {
	b := r.c.View(uint32(at), uint32(n), what)
	if !r.take(uint32(n), what) {
		return nil
	}
	r.c.Charge(len(b))
	return b
}

// decode reads an encoded value.
func (r *reader) decode(at, n uint64, what string) (v mailbox.Value) {
	b := r.data(at, n, what)
	if r.err != nil {
		return mailbox.Nil
	}
	if r.encoded += len(b); r.encoded > maxEncoded {
		r.err = mailbox.Errorf(mailbox.Invalid, "%s: more than %d bytes of encoded values in one call", what, maxEncoded)
		return mailbox.Nil
	}
	r.err = apart(r.c, &b, func() (err error) {
		v, err = mailbox.Decode(b)
		return err
	})
	return v
}

// apart runs f, which reads b for a time in proportion to its length: what is
// long off the worker, on a copy, since nothing can interrupt it.
func apart(c *imports.Caller, b *[]byte, f func() error) error {
	if len(*b) <= maxInline {
		return f()
	}
	*b = append([]byte(nil), *b...)
	return c.Await(func(context.Context) error { return f() })
}

// timeout reads an option<duration>: a negative one is none.
func timeout(c *imports.Caller, some, ns uint64) time.Duration {
	if !option(c, some, "the duration") {
		return -1
	}
	return nanoseconds(ns)
}

// nanoseconds reads a duration. What is longer than can be waited is as long as can be.
func nanoseconds(ns uint64) time.Duration { return time.Duration(min(ns, math.MaxInt64)) }

// option reads the discriminant of an option.
func option(c *imports.Caller, some uint64, what string) bool {
	if uint32(some) > 1 {
		c.Trap("%s: %d is no case of option, which has 2", what, uint32(some))
	}
	return uint32(some) == 1
}

// pattern reads a pattern from its ten flat values, whose event is of the types up
// to last; it accepts no other. Nil accepts everything.
func (r *reader) pattern(flat []uint64, last mailbox.Type) func(*mailbox.Event) bool {
	hasType := option(r.c, flat[0], "the pattern's event")
	hasFrom := option(r.c, flat[2], "the pattern's from")
	hasTopic := option(r.c, flat[5], "the pattern's topic")
	hasRef := option(r.c, flat[8], "the pattern's ref")
	eventType, ref := mailbox.Type(flat[1]), mailbox.Ref(flat[9])
	if hasType && uint32(flat[1]) > uint32(last) {
		enum := "event-type"
		if last == mailbox.GroupEvent {
			enum = "any-event-type"
		}
		r.c.Trap("the pattern's event: %d is no case of %s, which has %d", uint32(flat[1]), enum, last+1)
	}
	var from, topic string
	if hasFrom {
		from = r.text(flat[3], flat[4], "the pattern's from")
	}
	if hasTopic {
		topic = r.text(flat[6], flat[7], "the pattern's topic")
	}
	if r.err != nil { // too long for any event to be equal
		return func(*mailbox.Event) bool { return false }
	}
	if !hasType && !hasFrom && !hasTopic && !hasRef && last == mailbox.GroupEvent {
		return nil
	}
	return func(e *mailbox.Event) bool {
		return e.Type <= last && (!hasType || e.Type == eventType) &&
			(!hasFrom || string(e.From) == from) &&
			(!hasTopic || e.Type == mailbox.Message && e.Topic == topic) &&
			(!hasRef || e.Ref != 0 && e.Ref == ref)
	}
}

// isText tells whether a string is text to WIT.
func isText(s string) bool { return utf8.ValidString(s) }
