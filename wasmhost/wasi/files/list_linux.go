package files

import (
	"bytes"
	"encoding/binary"
	"math"
	"unicode/utf8"

	"golang.org/x/sys/unix"
)

// listing is what getdents gave and what of it was given on. The positions are
// the kernel's.
type listing struct {
	buf   []byte // nil until it is needed, and at the end
	from  uint64 // the position of buf's first record
	begin int    // in buf, of the record that comes next
	at    uint64 // the position of the record that comes next
}

// listBuffer is how many bytes of records are read at a time.
const listBuffer = 8 << 10

// What a record consists of (struct linux_dirent64).
const (
	recordPosition = 8
	recordLength   = 16
	recordType     = 18
	recordName     = 19
)

func openListing(r raw) (raw, error) { return reopen(r) }

func (l *listing) next(r raw) (Entry, bool, error) {
	for {
		if l.begin == len(l.buf) {
			if err := l.read(r); err != nil {
				return Entry{}, false, err
			}
			if len(l.buf) == 0 {
				l.buf = nil
				return Entry{}, false, nil
			}
		}
		rec := l.buf[l.begin:]
		length := int(binary.NativeEndian.Uint16(rec[recordLength:]))
		rec = rec[:length]
		l.begin += length
		l.at = binary.NativeEndian.Uint64(rec[recordPosition:])
		name, _, _ := bytes.Cut(rec[recordName:], []byte{0})
		inode := binary.NativeEndian.Uint64(rec)
		if inode == 0 || string(name) == "." || string(name) == ".." || !utf8.Valid(name) {
			continue
		}
		e := Entry{Name: string(name), Kind: kindFrom(uint32(rec[recordType]) << 12), Inode: inode, Next: l.at}
		if e.Kind == Unknown { // some file systems do not keep it there
			s, err := place{dir: r.fd, name: e.Name}.stat()
			if err == NoEntry {
				continue
			}
			e.Kind = s.Kind
		}
		return e, true, nil
	}
}

// read reads the records that come next; none at the end.
func (l *listing) read(r raw) (err error) {
	if l.buf == nil {
		l.buf = make([]byte, listBuffer)
	}
	n := 0
	err = retry(func() error {
		n, err = unix.Getdents(r.fd, l.buf[:cap(l.buf)])
		return err
	})
	l.buf, l.begin, l.from = l.buf[:max(n, 0)], 0, l.at
	if err == unix.ENOENT { // the directory is removed, and so empty
		return nil
	}
	return codeFrom(err)
}

func (l *listing) seek(r raw, position uint64) error {
	if position > math.MaxInt64 {
		return Invalid
	}
	if position != 0 {
		if position == l.at {
			return nil
		}
		for begin, at := 0, l.from; begin < len(l.buf); {
			if at == position {
				l.begin, l.at = begin, at
				return nil
			}
			rec := l.buf[begin:]
			at = binary.NativeEndian.Uint64(rec[recordPosition:])
			begin += int(binary.NativeEndian.Uint16(rec[recordLength:]))
		}
	}
	if _, err := unix.Seek(r.fd, int64(position), unix.SEEK_SET); err != nil {
		return codeFrom(err)
	}
	l.buf, l.begin, l.from, l.at = l.buf[:0], 0, position, position
	return nil
}
