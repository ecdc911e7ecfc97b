package canon

import (
	"unicode/utf16"
	"unicode/utf8"
	"unsafe"

	"wippy/mailbox"
)

// utf16Tag marks the length of a latin1+utf16 string that is utf16.
const utf16Tag = 1 << 31

// share makes a string of bytes that nobody will change while it is used.
func share(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// octets gives what a guest's memory holds: a copy, unless views are wanted.
func (x *lifter) octets(b []byte) (mailbox.Value, error) {
	if x.views {
		return mailbox.String(share(b)), nil
	}
	if err := x.charge(uint64(len(b))); err != nil {
		return mailbox.Nil, err
	}
	if x.slabs.chars == nil || len(b) > shortString {
		return mailbox.String(string(b)), nil // made without being cleared first
	}
	own := x.takeChars(len(b))
	copy(own, b)
	return mailbox.String(share(own)), nil
}

// text lifts the string at p of so many code units, as its encoding counts them.
func (x *lifter) text(p, units uint32) (mailbox.Value, error) {
	size, align, wide := uint64(units), uint32(1), false
	switch x.opts.Encoding {
	case UTF16:
		size, align, wide = 2*size, 2, true
	case Latin1OrUTF16:
		align = 2
		if units&utf16Tag != 0 {
			size, wide = 2*uint64(units&^utf16Tag), true
		}
	}
	if size > maxBytes {
		return mailbox.Nil, Trapf("a string takes %d bytes, more than %d", size, maxBytes)
	}
	if err := inRange(x.mem, uint64(p), size, align, "string"); err != nil {
		return mailbox.Nil, err
	}
	x.opts.work(x.ctx, 0, size)
	b := x.mem[p : uint64(p)+size]
	switch {
	case wide:
		return x.fromUTF16(b)
	case x.opts.Encoding == Latin1OrUTF16:
		return x.fromLatin1(b)
	case !utf8.Valid(b):
		return mailbox.Nil, badUTF8(b)
	}
	return x.octets(b)
}

// badUTF8 says what is wrong with a string.
func badUTF8(b []byte) error {
	at := 0
	for at < len(b) {
		c, n := utf8.DecodeRune(b[at:])
		if c == utf8.RuneError && n == 1 {
			break
		}
		at += n
	}
	if !utf8.FullRune(b[at:]) {
		return Trapf("incomplete utf-8 byte sequence at byte %d of a string of %d", at, len(b))
	}
	return Trapf("invalid utf-8 at byte %d of a string of %d", at, len(b))
}

// fromLatin1 makes UTF-8 of characters of one byte.
func (x *lifter) fromLatin1(b []byte) (mailbox.Value, error) {
	high := 0
	for _, c := range b {
		high += int(c >> 7)
	}
	if high == 0 {
		return x.octets(b)
	}
	if err := x.charge(uint64(len(b) + high)); err != nil {
		return mailbox.Nil, err
	}
	out := x.takeChars(len(b) + high)[:0]
	for _, c := range b {
		out = utf8.AppendRune(out, rune(c))
	}
	return mailbox.String(share(out)), nil
}

// fromUTF16 makes UTF-8 of code units of two bytes. A surrogate alone traps.
func (x *lifter) fromUTF16(b []byte) (mailbox.Value, error) {
	size := 0
	for i := 0; i < len(b); i += 2 {
		c := rune(le.Uint16(b[i:]))
		switch {
		case c < 0x80:
			size++
		case c < 0x800:
			size += 2
		case !utf16.IsSurrogate(c):
			size += 3
		default:
			low := rune(0)
			if i+4 <= len(b) {
				low = rune(le.Uint16(b[i+2:]))
			}
			if utf16.DecodeRune(c, low) == utf8.RuneError {
				return mailbox.Nil, Trapf("invalid utf-16: unpaired surrogate at code unit %d of a string of %d", i/2, len(b)/2)
			}
			size += 4
			i += 2
		}
	}
	if err := x.charge(uint64(size)); err != nil {
		return mailbox.Nil, err
	}
	out := x.takeChars(size)[:0]
	for i := 0; i < len(b); i += 2 {
		c := rune(le.Uint16(b[i:]))
		if utf16.IsSurrogate(c) {
			i += 2
			c = utf16.DecodeRune(c, rune(le.Uint16(b[i:])))
		}
		out = utf8.AppendRune(out, c)
	}
	return mailbox.String(share(out)), nil
}

// text lowers a string, which is UTF-8, and gives where it is and its length
// as the encoding counts it. The guest's realloc is called as the specification
// does for a string that came from x.from, so that a guest that counts its
// allocations sees what it may expect. One thing is not known any more: whether
// a string that came in latin1+utf16, and that latin1 can hold, was in utf16;
// it is taken to have been in latin1.
func (x *lowerer) text(s string) (p, units uint32, err error) {
	if len(s) > maxBytes {
		return 0, 0, Trapf("a string takes %d bytes, more than %d", len(s), maxBytes)
	}
	x.opts.work(x.ctx, 0, uint64(len(s)))
	switch to := x.opts.Encoding; {
	case to == UTF8 && x.from == UTF8:
		return x.bytes(s)
	case to == UTF8:
		return x.toUTF8(s)
	case to == UTF16 && x.from == UTF8:
		return x.toUTF16(s)
	case to == UTF16:
		units := unitsOf(s)
		p, err := x.wide(s, units)
		return p, units, err
	case x.from == Latin1OrUTF16 && unitsOf(s) != latin1Of(s):
		units := unitsOf(s)
		p, err := x.wide(s, units)
		return p, units | utf16Tag, err
	case x.from == UTF8:
		return x.toLatin1(s, uint32(len(s)))
	}
	return x.toLatin1(s, unitsOf(s))
}

// unitsOf counts the code units of a string in UTF-16.
func unitsOf(s string) uint32 {
	n := 0
	for _, c := range s {
		n += 1 + btoi(c >= 1<<16)
	}
	return uint32(n)
}

// latin1Of counts the characters of a string that are in latin1.
func latin1Of(s string) uint32 {
	n := 0
	for _, c := range s {
		n += btoi(c < 1<<8)
	}
	return uint32(n)
}

// bytes lowers bytes as they are.
func (x *lowerer) bytes(s string) (p, size uint32, err error) {
	size = uint32(len(s))
	if p, err = x.realloc(0, 0, 1, size); err != nil {
		return 0, 0, err
	}
	copy(x.mem[p:], s)
	return p, size, nil
}

// toUTF8 lowers a string that came in code units of another encoding: there is
// room for as many bytes, until a character needs more.
func (x *lowerer) toUTF8(s string) (p, size uint32, err error) {
	units, most := unitsOf(s), uint32(0)
	if most = 3 * units; x.from == Latin1OrUTF16 && units == latin1Of(s) {
		most = 2 * units
	}
	if p, err = x.realloc(0, 0, 1, units); err != nil {
		return 0, 0, err
	}
	size = uint32(len(s))
	if size == units {
		copy(x.mem[p:], s)
		return p, size, nil
	}
	ascii := 0
	for s[ascii] < utf8.RuneSelf {
		ascii++
	}
	copy(x.mem[p:], s[:ascii])
	if p, err = x.realloc(p, units, 1, most); err != nil {
		return 0, 0, err
	}
	copy(x.mem[p+uint32(ascii):], s[ascii:])
	if most > size {
		if p, err = x.realloc(p, most, 1, size); err != nil {
			return 0, 0, err
		}
	}
	return p, size, nil
}

// toUTF16 lowers a string that came in UTF-8, which takes twice its bytes at most.
func (x *lowerer) toUTF16(s string) (p, units uint32, err error) {
	most := 2 * uint32(len(s))
	if p, err = x.realloc(0, 0, 2, most); err != nil {
		return 0, 0, err
	}
	size := putUTF16(x.mem[p:p+most], s)
	if size < most {
		if p, err = x.realloc(p, most, 2, size); err != nil {
			return 0, 0, err
		}
	}
	return p, size / 2, nil
}

// wide lowers a string as that many code units of UTF-16.
func (x *lowerer) wide(s string, units uint32) (p uint32, err error) {
	if 2*units > maxBytes {
		return 0, Trapf("a string takes %d bytes, more than %d", 2*units, maxBytes)
	}
	if p, err = x.realloc(0, 0, 2, 2*units); err != nil {
		return 0, err
	}
	putUTF16(x.mem[p:p+2*units], s)
	return p, nil
}

// putUTF16 writes code units of two bytes, and tells how many bytes they are.
func putUTF16(m []byte, s string) (size uint32) {
	at := 0
	for _, c := range s {
		if c >= 1<<16 {
			high, low := utf16.EncodeRune(c)
			le.PutUint16(m[at:], uint16(high))
			at += 2
			c = low
		}
		le.PutUint16(m[at:], uint16(c))
		at += 2
	}
	return uint32(at)
}

// toLatin1 lowers characters of one byte, until there is one that needs more:
// then all become UTF-16. room is the code units that the string came in.
func (x *lowerer) toLatin1(s string, room uint32) (p, units uint32, err error) {
	if p, err = x.realloc(0, 0, 2, room); err != nil {
		return 0, 0, err
	}
	size := uint32(0)
	for i, c := range s {
		if c >= 1<<8 {
			return x.widen(p, room, size, s[i:])
		}
		x.mem[p+size] = byte(c)
		size++
	}
	if size < room {
		if p, err = x.realloc(p, room, 2, size); err != nil {
			return 0, 0, err
		}
	}
	return p, size, nil
}

// widen makes UTF-16 of the done characters at p, and of the rest.
func (x *lowerer) widen(p, room, done uint32, rest string) (uint32, uint32, error) {
	most := 2 * room
	p, err := x.realloc(p, room, 2, most)
	if err != nil {
		return 0, 0, err
	}
	m := x.mem[p : p+most]
	for j := int(done) - 1; j >= 0; j-- {
		le.PutUint16(m[2*j:], uint16(m[j]))
	}
	size := 2*done + putUTF16(m[2*done:], rest)
	if size < most {
		if p, err = x.realloc(p, most, 2, size); err != nil {
			return 0, 0, err
		}
	}
	return p, size/2 | utf16Tag, nil
}
