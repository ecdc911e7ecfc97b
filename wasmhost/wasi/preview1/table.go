package preview1

import (
	"slices"

	"wippy/wasmhost/wasi/files"
	"wippy/wasmhost/wasi/streams"
	"wippy/wasmhost/wasi/world"
)

// rights are what a descriptor may be used for. The guest gives them up, and
// cannot get them back; what it must not do at all is not decided by them.
type rights uint64

const (
	fdDatasyncRight rights = 1 << iota
	fdReadRight
	fdSeekRight
	fdFdstatSetFlagsRight
	fdSyncRight
	fdTellRight
	fdWriteRight
	fdAdviseRight
	fdAllocateRight
	pathCreateDirectoryRight
	pathCreateFileRight
	pathLinkSourceRight
	pathLinkTargetRight
	pathOpenRight
	fdReaddirRight
	pathReadlinkRight
	pathRenameSourceRight
	pathRenameTargetRight
	pathFilestatGetRight
	pathFilestatSetSizeRight
	pathFilestatSetTimesRight
	fdFilestatGetRight
	fdFilestatSetSizeRight
	fdFilestatSetTimesRight
	pathSymlinkRight
	pathRemoveDirectoryRight
	pathUnlinkFileRight
	pollFdReadwriteRight

	streamRights = fdFdstatSetFlagsRight | fdSyncRight | fdDatasyncRight | fdFilestatGetRight | pollFdReadwriteRight
	fileRights   = streamRights | fdReadRight | fdSeekRight | fdTellRight | fdWriteRight | fdAdviseRight | fdAllocateRight |
		fdFilestatSetSizeRight | fdFilestatSetTimesRight
	directoryRights = fdFdstatSetFlagsRight | fdSyncRight | fdDatasyncRight | fdAdviseRight | fdReaddirRight |
		fdFilestatGetRight | fdFilestatSetTimesRight | pathCreateDirectoryRight | pathCreateFileRight |
		pathLinkSourceRight | pathLinkTargetRight | pathOpenRight | pathReadlinkRight | pathRenameSourceRight |
		pathRenameTargetRight | pathFilestatGetRight | pathFilestatSetSizeRight | pathFilestatSetTimesRight |
		pathSymlinkRight | pathRemoveDirectoryRight | pathUnlinkFileRight
)

// descriptor is what a number stands for: a file, a directory or a stream.
type descriptor struct {
	base, inheriting rights
	flags            files.Flags // of a stream; files and directories have their own

	file *files.File
	at   uint64 // where the next read or write of file is

	dir     *files.Directory
	preopen string // the name of a directory that was there from the beginning
	list    listing

	in       streams.Input
	out      streams.Output
	terminal bool // a person is at the other end
}

// any gives the file or directory, nil for a stream.
func (d *descriptor) any() files.Descriptor {
	switch {
	case d.file != nil:
		return d.file
	case d.dir != nil:
		return d.dir
	}
	return nil
}

// setFlags sets those of files.Append and files.NonBlock.
func (d *descriptor) setFlags(f files.Flags) error {
	if o := d.any(); o != nil {
		return o.SetFlags(o.Flags()&^(files.Append|files.NonBlock) | f)
	}
	d.flags = f
	return nil
}

func (d *descriptor) getFlags() files.Flags {
	if o := d.any(); o != nil {
		return o.Flags()
	}
	return d.flags
}

// table holds the descriptors of a process by their numbers.
type table struct {
	open []*descriptor
	free int // no number below it is free
	made bool
}

func (t *table) get(fd uint64) *descriptor {
	if n := uint32(fd); uint64(n) < uint64(len(t.open)) {
		return t.open[n]
	}
	return nil
}

// put gives a descriptor the lowest number that is free. How many there are is
// bounded by max_handles.
func (t *table) put(d *descriptor) uint32 {
	for t.free < len(t.open) && t.open[t.free] != nil {
		t.free++
	}
	if t.free == len(t.open) {
		t.open = append(t.open, d)
	} else {
		t.open[t.free] = d
	}
	t.free++
	return uint32(t.free - 1)
}

func (t *table) remove(fd uint64) {
	n := int(uint32(fd))
	t.open[n] = nil
	t.free = min(t.free, n)
}

// The numbers of the standard streams.
const (
	stdin  = 0
	stdout = 1
	stderr = 2
)

// begin fills the table: standard streams and mounts, as far as they are granted.
func (x *call) begin() {
	t := &x.table
	if t.made {
		return
	}
	t.made = true
	t.open = make([]*descriptor, 3, 8)
	t.free = 3
	if x.granted(cli) {
		t.open[stdin] = &descriptor{base: streamRights | fdReadRight, in: streams.Stdin(x)}
		t.open[stdout] = &descriptor{base: streamRights | fdWriteRight, out: streams.Stdout(&x.Output)}
		t.open[stderr] = &descriptor{base: streamRights | fdWriteRight, out: streams.Stderr(&x.Output)}
		if terminal := x.Terminal(); terminal != nil {
			for i := range terminal.TTY {
				t.open[i].terminal = terminal.TTY[i]
			}
		}
	}
	if !x.granted(filesystem) {
		return
	}
	preopens, err := x.World.Preopens(x)
	if err != nil {
		x.Trap("the mounts cannot be opened: %v", err)
	}
	for _, p := range preopens {
		t.put(&descriptor{base: directoryRights, inheriting: directoryRights | fileRights, dir: p.Dir, preopen: p.Guest})
	}
}

// find gives a descriptor that may be used for something. The standard streams
// are not granted where there never were any.
func (x *call) find(fd uint64, need rights) (*descriptor, errno) {
	x.begin()
	d := x.table.get(fd)
	switch {
	case d == nil && uint32(fd) <= stderr && !x.granted(cli):
		return nil, x.deny(cli)
	case d == nil:
		return nil, ebadf
	case d.base&need != need:
		return nil, enotcapable
	}
	return d, success
}

// findFile gives a descriptor of a file.
func (x *call) findFile(fd uint64, need rights) (*descriptor, errno) {
	d, no := x.find(fd, 0)
	switch {
	case no != success:
		return nil, no
	case d.dir != nil:
		return nil, eisdir
	case d.file == nil:
		return nil, espipe
	case d.base&need != need:
		return nil, enotcapable
	}
	return d, success
}

// findDir gives a descriptor of a directory.
func (x *call) findDir(fd uint64, need rights) (*descriptor, errno) {
	d, no := x.find(fd, 0)
	switch {
	case no != success:
		return nil, no
	case d.dir == nil:
		return nil, enotdir
	case d.base&need != need:
		return nil, enotcapable
	}
	return d, success
}

// close gives up what a descriptor holds.
func (x *call) close(d *descriptor) {
	var held []world.Handle
	if o := d.any(); o != nil {
		held = append(held, o)
	}
	if d.list.entries != nil {
		held = append(held, d.list.entries)
	}
	for _, h := range slices.Backward(held) {
		x.World.Release(h)
	}
}
