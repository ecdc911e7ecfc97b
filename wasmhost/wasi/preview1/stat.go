package preview1

import (
	"math"
	"time"

	"wippy/wasmhost/wasi/files"
)

// The flags of a descriptor.
const (
	appendFlag   = 1 << 0
	dsyncFlag    = 1 << 1
	nonblockFlag = 1 << 2
	rsyncFlag    = 1 << 3
	syncFlag     = 1 << 4
	allFlags     = 1<<5 - 1
)

// flagTable pairs preview 1's flags with those of files.
var flagTable = [...]struct {
	guest uint16
	host  files.Flags
}{
	{appendFlag, files.Append},
	{dsyncFlag, files.DataSync},
	{nonblockFlag, files.NonBlock},
	{rsyncFlag, files.ReadSync},
	{syncFlag, files.FileSync},
}

func flagsFrom(guest uint64) (files.Flags, errno) {
	if uint32(guest)&^allFlags != 0 {
		return 0, einval
	}
	var host files.Flags
	for _, f := range flagTable {
		if uint16(guest)&f.guest != 0 {
			host |= f.host
		}
	}
	return host, success
}

func flagsTo(host files.Flags) (guest uint16) {
	for _, f := range flagTable {
		if host&f.host != 0 {
			guest |= f.guest
		}
	}
	return guest
}

// filetype gives the number of what a descriptor is of.
func (d *descriptor) filetype() uint8 {
	switch {
	case d.dir != nil:
		return files.DirectoryKind.Filetype()
	case d.file != nil:
		return files.RegularFile.Filetype()
	case d.terminal:
		return files.CharacterDevice.Filetype()
	}
	return files.Unknown.Filetype()
}

func fdFdstatGet(x *call, a []uint64) errno {
	out := x.out(a[1], 24)
	d, no := x.find(a[0], 0)
	if no != success {
		return no
	}
	clear(out)
	out[0] = d.filetype()
	le.PutUint16(out[2:], flagsTo(d.getFlags()))
	le.PutUint64(out[8:], uint64(d.base))
	le.PutUint64(out[16:], uint64(d.inheriting))
	return success
}

// fdFdstatSetFlags sets what can be set of an open descriptor.
func fdFdstatSetFlags(x *call, a []uint64) errno {
	d, no := x.find(a[0], fdFdstatSetFlagsRight)
	if no != success {
		return no
	}
	flags, no := flagsFrom(a[1])
	if no != success {
		return no
	}
	const settable = files.Append | files.NonBlock
	if (flags^d.getFlags())&(files.FileSync|files.DataSync|files.ReadSync) != 0 {
		return enotsup
	}
	return errnoOf(d.setFlags(flags & settable))
}

// fdFdstatSetRights gives up rights.
func fdFdstatSetRights(x *call, a []uint64) errno {
	d, no := x.find(a[0], 0)
	if no != success {
		return no
	}
	base, inheriting := rights(a[1]), rights(a[2])
	if base&^d.base != 0 || inheriting&^d.inheriting != 0 {
		return enotcapable
	}
	d.base, d.inheriting = base, inheriting
	return success
}

const filestatSize = 64

func fdFilestatGet(x *call, a []uint64) errno {
	out := x.out(a[1], filestatSize)
	d, no := x.find(a[0], fdFilestatGetRight)
	if no != success {
		return no
	}
	if d.any() == nil {
		clear(out)
		out[16] = d.filetype()
		return success
	}
	var s files.Stat
	if no := x.await(func() (err error) { s, err = d.any().Stat(); return err }); no != success {
		return no
	}
	putFilestat(out, &s)
	return success
}

func putFilestat(out []byte, s *files.Stat) {
	clear(out)
	le.PutUint64(out, s.Device)
	le.PutUint64(out[8:], s.Inode)
	out[16] = s.Kind.Filetype()
	le.PutUint64(out[24:], s.Links)
	le.PutUint64(out[32:], s.Size)
	le.PutUint64(out[40:], timestamp(s.Access))
	le.PutUint64(out[48:], timestamp(s.Modify))
	le.PutUint64(out[56:], timestamp(s.Change))
}

// timestamp gives a time as preview 1 has it, which knows none before 1970.
func timestamp(t time.Time) uint64 {
	if t.Unix() < 0 {
		return 0
	}
	if t.Unix() > math.MaxInt64/int64(time.Second)-1 {
		return math.MaxInt64
	}
	return uint64(t.UnixNano())
}

func fdFilestatSetSize(x *call, a []uint64) errno {
	d, no := x.findFile(a[0], fdFilestatSetSizeRight)
	if no != success {
		return no
	}
	return x.await(func() error { return d.file.SetSize(a[1]) })
}

// The flags of times to set.
const (
	accessFlag    = 1 << 0
	accessNowFlag = 1 << 1
	modifyFlag    = 1 << 2
	modifyNowFlag = 1 << 3
	allTimeFlags  = 1<<4 - 1
)

// newTimes reads which times to set, and to what.
func newTimes(access, modify, flags uint64) (files.NewTime, files.NewTime, errno) {
	f := uint32(flags)
	const accessBoth, modifyBoth = accessFlag | accessNowFlag, modifyFlag | modifyNowFlag
	if f&^allTimeFlags != 0 || f&accessBoth == accessBoth || f&modifyBoth == modifyBoth {
		return files.NewTime{}, files.NewTime{}, einval
	}
	return newTime(f, accessFlag, accessNowFlag, access), newTime(f, modifyFlag, modifyNowFlag, modify), success
}

func newTime(flags, set, now uint32, ns uint64) files.NewTime {
	switch {
	case flags&now != 0:
		return files.Now()
	case flags&set != 0:
		return files.At(time.Unix(int64(ns/1e9), int64(ns%1e9)))
	}
	return files.NewTime{}
}

func fdFilestatSetTimes(x *call, a []uint64) errno {
	d, no := x.find(a[0], fdFilestatSetTimesRight)
	if no != success {
		return no
	}
	access, modify, no := newTimes(a[1], a[2], a[3])
	switch {
	case no != success:
		return no
	case d.any() == nil:
		return enotsup
	}
	return x.await(func() error { return d.any().SetTimes(access, modify) })
}
