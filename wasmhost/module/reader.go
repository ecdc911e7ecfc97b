package module

import (
	"fmt"
	"unicode/utf8"
)

// Error says what is wrong with a binary, and where.
type Error struct {
	Offset  int // in bytes from the beginning of the binary
	Message string
}

// Error implements error.
func (e *Error) Error() string { return fmt.Sprintf("%s (at byte %#x)", e.Message, e.Offset) }

// Reader reads the primitives of the binary format. After the first error
// every method gives zero, and Err tells what it was: a caller checks once
// where it must know, and in any case before it trusts what it read.
//
// What it returns shares the bytes that it reads.
type Reader struct {
	b    []byte
	off  int // of b[0] in the whole binary
	what string
	err  *Error
}

// NewReader makes a reader of b, which lies at offset in the binary; what
// names it in errors ("type section").
func NewReader(b []byte, offset int, what string) *Reader {
	return &Reader{b: b, off: offset, what: what}
}

// Err is the first error, nil if there was none.
func (r *Reader) Err() error {
	if r.err == nil {
		return nil // not a typed nil
	}
	return r.err
}

// Len is the number of bytes left, zero after an error.
func (r *Reader) Len() int { return len(r.b) }

// Offset is the position in the whole binary.
func (r *Reader) Offset() int { return r.off }

// Failf records an error at the current position, unless there is one.
func (r *Reader) Failf(format string, args ...any) {
	if r.err == nil {
		r.err = &Error{Offset: r.off, Message: r.what + ": " + fmt.Sprintf(format, args...)}
	}
	r.b = nil
}

// Bytes reads n bytes.
func (r *Reader) Bytes(n uint64) []byte {
	if n > uint64(len(r.b)) {
		r.Failf("truncated: %d bytes expected, %d left", n, len(r.b))
		return nil
	}
	b := r.b[:n:n]
	r.b = r.b[n:]
	r.off += int(n)
	return b
}

// Byte reads one byte.
func (r *Reader) Byte() byte {
	if len(r.b) == 0 {
		r.Failf("truncated: one more byte expected")
		return 0
	}
	c := r.b[0]
	r.b = r.b[1:]
	r.off++
	return c
}

// U32 reads an unsigned LEB128 of at most 32 bits.
func (r *Reader) U32() uint32 { return uint32(r.unsigned(32)) }

// U64 reads an unsigned LEB128 of at most 64 bits.
func (r *Reader) U64() uint64 { return r.unsigned(64) }

func (r *Reader) unsigned(bits uint) uint64 {
	var v uint64
	for shift := uint(0); ; shift += 7 {
		c := r.Byte()
		if r.err != nil {
			return 0
		}
		if left := bits - shift; left < 7 && c>>left != 0 {
			r.Failf("a number has more than %d bits", bits)
			return 0
		}
		v |= uint64(c&0x7f) << shift
		if c < 0x80 {
			return v
		}
	}
}

// Signed reads a signed LEB128 of at most bits bits: 32, 33 or 64.
func (r *Reader) Signed(bits uint) int64 {
	var v int64
	for shift := uint(0); ; shift += 7 {
		c := r.Byte()
		if r.err != nil {
			return 0
		}
		v |= int64(c&0x7f) << shift
		if left := bits - shift; left < 7 {
			// The last byte holds the sign and copies of it, nothing else.
			if sign := int8(c<<1) >> left; c >= 0x80 || (sign != 0 && sign != -1) {
				r.Failf("a number has more than %d bits", bits)
				return 0
			}
		}
		if c < 0x80 {
			if shift+7 < 64 && c&0x40 != 0 {
				v |= -1 << (shift + 7)
			}
			return v
		}
	}
}

// Name reads a string, which must be UTF-8.
func (r *Reader) Name() string {
	n := r.U32()
	at := *r
	b := r.Bytes(uint64(n))
	if !utf8.Valid(b) {
		*r = at
		r.Failf("a name is not UTF-8")
		return ""
	}
	return string(b)
}

// Count reads a number of items, each of which takes at least one byte, and
// refuses more than most.
func (r *Reader) Count(most int, items string) int {
	n := r.U32()
	if r.err == nil && (uint64(n) > uint64(most) || uint64(n) > uint64(len(r.b))) {
		r.Failf("%d %s: at most %d can follow", n, items, min(most, len(r.b)))
		return 0
	}
	return int(n)
}
