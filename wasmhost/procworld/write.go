package procworld

import (
	"encoding/binary"
	"math"
	"slices"
	"time"

	"wippy/mailbox"
	"wippy/wasmhost/imports"
)

// The sizes and alignments of what is written to memory. Every result has room
// for an error.
const (
	textSize, textAlign     = 8, 4
	listSize, listAlign     = 8, 4
	errorSize               = 32
	resultSize, resultAlign = payloadAt + errorSize, 8
	eventSize, eventAlign   = 104, 8 // an option<event>

	infoSize, infoAlign           = payloadAt + 120, 8 // a result of a process-info
	limitsSize                    = payloadAt + 48
	watchSize, watchAlign         = 16, 8
	maybeTextSize, maybeTextAlign = 12, 4 // an option<string>
	maybeTextAt                   = 4     // its payload
)

// writer gathers what a function gives back and writes it at the end, when
// nothing can move the guest's memory any more.
type writer struct {
	c    *imports.Caller
	at   uint32
	size int
	b    [infoSize]byte // the largest
}

// writerAt makes a writer of so many bytes, whose place is checked before the
// function does anything.
func writerAt(c *imports.Caller, at uint64, size int, align uint32) writer {
	c.Aligned(uint32(at), uint32(size), align, "the result's address")
	return writer{c: c, at: uint32(at), size: size}
}

func (w *writer) flush() {
	copy(w.c.View(w.at, uint32(w.size), "the result's address"), w.b[:w.size])
}

func (w *writer) u32(at int, v uint32) { put32(w.b[at:], v) }
func (w *writer) u64(at int, v uint64) { put64(w.b[at:], v) }

func put32(b []byte, v uint32) { binary.LittleEndian.PutUint32(b, v) }
func put64(b []byte, v uint64) { binary.LittleEndian.PutUint64(b, v) }

// text stores a string and writes its address and length. What WIT calls a
// string is UTF-8: bytes that are not become U+FFFD.
func (w *writer) text(at int, s string) { w.storeText(w.b[at:], s) }

func (w *writer) storeText(b []byte, s string) {
	if !isText(s) {
		s = replaced(s)
	}
	put32(b, imports.Store(w.c, s))
	put32(b[4:], uint32(len(s)))
}

// replaced gives s with U+FFFD for each byte that is not text. It is not inlined
// for the sake of storeText's frame, see imports.Caller.Alloc.
//
//go:noinline
func replaced(s string) string { return string([]rune(s)) }

// done writes a result: its error or, where that is nil, whatever its payload
// is already.
func (w *writer) done(err error) {
	if err != nil {
		w.b[0] = 1
		w.error(payloadAt, mailbox.AsError(err))
	}
	w.flush()
}

// errorKinds are the cases of the enum error-kind, but for the last.
var errorKinds = []mailbox.ErrorKind{
	mailbox.Invalid, mailbox.NotFound, mailbox.Exists, mailbox.NoProc, mailbox.Unavailable, mailbox.Denied,
	mailbox.Timeout, mailbox.Killed, mailbox.Cancelled, mailbox.LimitHit, mailbox.Failed, mailbox.Internal,
}

// reasons are the cases of the enum reason, but for the last.
var reasons = []mailbox.Reason{
	mailbox.ReasonNormal, mailbox.ReasonError, mailbox.ReasonKilled, mailbox.ReasonCancelled, mailbox.ReasonLimit,
	mailbox.ReasonNoProc, mailbox.ReasonNodeDown,
}

// enum gives the case of v; the last is for what is not among them.
func enum[T comparable](cases []T, v T) byte {
	if i := slices.Index(cases, v); i >= 0 {
		return byte(i)
	}
	return byte(len(cases))
}

// error writes a record error.
func (w *writer) error(at int, e *mailbox.Error) {
	if e.Owner != "" && e.Owner == w.c.Self() {
		w.c.Refused = e
	}
	w.b[at] = enum(errorKinds, e.Kind)
	w.b[at+1] = byte(flag(e.Retryable))
	w.text(at+4, e.Message)
	value := encode(w.c, e.Value)
	copy(w.b[at+16:], value[:])
}

// someError writes an option<error>.
func (w *writer) someError(at int, e *mailbox.Error) {
	if e != nil {
		w.b[at] = 1
		w.error(at+payloadAt, e)
	}
}

// event writes an option<event>, or an option<any-event>.
func (w *writer) event(e *mailbox.Event) {
	const (
		kind   = 8  // the discriminant of the event
		record = 16 // its payload
	)
	if e == nil {
		return
	}
	w.b[0], w.b[kind] = 1, byte(e.Type)
	if e.Type != mailbox.GroupEvent {
		w.text(record, string(e.From))
	}
	switch e.Type {
	case mailbox.Message:
		w.text(record+8, e.Topic)
		w.values(record+16, e.Values)
	case mailbox.ExitEvent:
		w.u64(record+8, uint64(e.Ref))
		w.text(record+16, e.Exit.Entry)
		w.b[record+24] = enum(reasons, e.Exit.Reason)
		w.values(record+28, e.Exit.Values)
		if e.Exit.HasCode {
			w.b[record+36] = 1
			w.u32(record+40, uint32(int32(e.Exit.Code)))
		}
		w.someError(record+48, e.Exit.Err)
	case mailbox.LinkDown:
		w.b[record+8] = enum(reasons, e.Exit.Reason)
		w.someError(record+16, e.Exit.Err)
	case mailbox.CancelEvent:
		w.text(record+8, e.Cancel.Reason)
		left := max(0, e.Cancel.Deadline.Sub(w.c.Clock().Now()))
		w.u64(record+16, uint64(left/time.Nanosecond))
	case mailbox.GroupEvent:
		w.text(record, e.Topic)
		w.u64(record+8, uint64(e.Ref))
		texts(w, record+16, e.Group.Joined)
		texts(w, record+24, e.Group.Left)
	}
}

// values stores a list of values and writes its address and length.
func (w *writer) values(at int, vs []mailbox.Value) {
	to := w.room(at, len(vs), valueSize, valueAlign)
	for i := range vs {
		w.share(i)
		b := encode(w.c, vs[i]) // which may move the memory
		copy(w.c.View(to+uint32(i)*valueSize, valueSize, stored), b[:])
	}
}

const (
	// maxElement is the largest size of what is stored in a list.
	maxElement = 16
	// sharedEvery is how many elements are stored before others have their turn,
	// if it is time: each may call the guest's allocator.
	sharedEvery = 64
)

// list stores n elements and writes the list's address and length. element
// fills in the bytes of one, and may itself store what they point to.
func (w *writer) list(at, n int, size, align uint32, element func(b []byte, i int)) {
	to := w.room(at, n, size, align)
	for i := range n {
		w.share(i)
		var b [maxElement]byte
		element(b[:size], i) // which may move the memory
		copy(w.c.View(to+uint32(i)*size, size, stored), b[:])
	}
}

// stored is what errors call the elements of a list.
const stored = "what " + imports.Realloc + " gave"

// room takes memory for n elements of a list, and writes its address and length.
func (w *writer) room(at, n int, size, align uint32) uint32 {
	if uint64(n) > uint64(math.MaxUint32/size) {
		w.c.Trap("a list of %d elements of %d bytes is more than a memory has", n, size)
	}
	to := w.c.Alloc(uint32(n)*size, align)
	w.u32(at, to)
	w.u32(at+4, uint32(n))
	return to
}

// share gives others their turn before element i of a list, if it is time.
func (w *writer) share(i int) {
	if i%sharedEvery == sharedEvery-1 {
		w.c.Guest.Share()
	}
}

// encode gives the 16 bytes of a value, storing what it points to.
func encode(c *imports.Caller, v mailbox.Value) (b [valueSize]byte) {
	pointer := func(tag byte, at uint32, n int) {
		b[0] = tag
		binary.LittleEndian.PutUint32(b[payloadAt:], at)
		binary.LittleEndian.PutUint32(b[payloadAt+4:], uint32(n))
	}
	word := func(tag byte, bits uint64) {
		b[0] = tag
		binary.LittleEndian.PutUint64(b[payloadAt:], bits)
	}
	switch v.Kind() {
	case mailbox.KindNil:
	case mailbox.KindBool:
		b[0], b[payloadAt] = caseBoolean, byte(flag(v.Bool()))
	case mailbox.KindInt:
		word(caseInteger, uint64(v.Int()))
	case mailbox.KindFloat:
		word(caseNumber, math.Float64bits(v.Float()))
	case mailbox.KindString:
		tag := byte(caseText)
		if !isText(v.Str()) {
			tag = caseBytes
		}
		pointer(tag, imports.Store(c, v.Str()), len(v.Str()))
	default:
		if u := v.Uint(); v.Kind() == mailbox.KindUint && u <= math.MaxInt64 {
			word(caseInteger, u)
			break
		}
		encoded, err := v.Append(nil)
		if err != nil {
			b[0] = caseOpaque
			break
		}
		pointer(caseEncoded, imports.Store(c, encoded), len(encoded))
	}
	return b
}
