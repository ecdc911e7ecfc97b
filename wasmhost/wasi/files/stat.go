package files

import (
	"crypto/sha256"
	"encoding/binary"
	"time"
)

// Kind is what a name stands for. The numbers are those of the cases of WASI
// 0.2's descriptor-type.
type Kind uint8

// The kinds.
const (
	Unknown Kind = iota
	BlockDevice
	CharacterDevice
	DirectoryKind
	FIFO
	SymbolicLink
	RegularFile
	Socket
)

// Filetype is the number of the same meaning in preview 1, which has none for a
// FIFO and calls that unknown.
func (k Kind) Filetype() uint8 {
	switch k {
	case BlockDevice, CharacterDevice, DirectoryKind:
		return uint8(k)
	case RegularFile:
		return 4
	case Socket:
		return 6
	case SymbolicLink:
		return 7
	}
	return 0
}

// Stat is what is known of a file, directory or whatever else a name stands
// for.
type Stat struct {
	Kind   Kind
	Links  uint64 // how many names it has
	Size   uint64 // in bytes
	Device uint64 // with Inode the identity of a file on this host
	Inode  uint64
	Access time.Time // when it was last read, as far as the host keeps that
	Modify time.Time // when its content was last changed
	Change time.Time // when anything about it was last changed
}

// Hash is a hash of what changes when a file is changed or replaced; equal
// stats have equal hashes.
func (s *Stat) Hash() (lower, upper uint64) {
	var b [48]byte
	for i, v := range [...]uint64{
		s.Device, s.Inode, s.Size, s.Links<<8 | uint64(s.Kind), uint64(s.Modify.UnixNano()), uint64(s.Change.UnixNano()),
	} {
		binary.LittleEndian.PutUint64(b[8*i:], v)
	}
	sum := sha256.Sum256(b[:])
	return binary.LittleEndian.Uint64(sum[:]), binary.LittleEndian.Uint64(sum[8:])
}

// same tells whether two stats are of the same object.
func (s *Stat) same(o *Stat) bool { return s.Device == o.Device && s.Inode == o.Inode }

// NewTime is what to set a time of a file to. The zero value keeps what it is.
type NewTime struct {
	at  time.Time
	now bool
	set bool
}

// Now sets a time to the clock of the file system.
func Now() NewTime { return NewTime{now: true, set: true} }

// At sets a time to t.
func At(t time.Time) NewTime { return NewTime{at: t, set: true} }
