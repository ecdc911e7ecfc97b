package mailbox

import "encoding/binary"

// maxLEB is the number of bytes that a LEB128 of 64 bits has at most.
const maxLEB = binary.MaxVarintLen64

// appendUnsigned appends an unsigned LEB128: seven bits a byte, lowest first.
func appendUnsigned(b []byte, u uint64) []byte { return binary.AppendUvarint(b, u) }

// appendSigned appends a signed LEB128: as an unsigned one, until what is left
// is the sign that bit 6 of the last byte shows.
func appendSigned(b []byte, i int64) []byte {
	for i < -1<<6 || i >= 1<<6 {
		b = append(b, byte(i)|0x80)
		i >>= 7
	}
	return append(b, byte(i)&0x7f)
}

// readUnsigned reads an unsigned LEB128 from the start of b. n is the number of
// its bytes, zero if b does not begin with one of 64 bits in its shortest form.
func readUnsigned(b []byte) (u uint64, n int) {
	for i, c := range b[:min(len(b), maxLEB)] {
		u |= uint64(c&0x7f) << (7 * i)
		if c >= 0x80 {
			continue
		}
		if overlong := c == 0 && i > 0; overlong || i == maxLEB-1 && c > 1 {
			return 0, 0
		}
		return u, i + 1
	}
	return 0, 0
}

// readSigned is readUnsigned for a signed LEB128.
func readSigned(b []byte) (v int64, n int) {
	for i, c := range b[:min(len(b), maxLEB)] {
		v |= int64(c&0x7f) << (7 * i)
		if c >= 0x80 {
			continue
		}
		// A last byte that is nothing but sign is needless where the byte before
		// shows that sign too, and all that the tenth can be.
		sign := c == 0 || c == 0x7f
		if overlong := sign && i > 0 && b[i-1]&0x40 == c&0x40; overlong || i == maxLEB-1 && !sign {
			return 0, 0
		}
		if unused := 64 - 7*(i+1); unused > 0 {
			v = v << unused >> unused
		}
		return v, i + 1
	}
	return 0, 0
}
