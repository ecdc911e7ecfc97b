package preview1

import (
	"wippy/wasmhost/wasi/files"
	"wippy/wasmhost/wasi/world"
)

// follow is the flag that has a symbolic link at the end of a path followed.
const follow = 1 << 0

// at finds a directory and reads a path below it.
func (x *call) at(fd, path, n uint64, need rights) (*descriptor, string, errno) {
	d, no := x.findDir(fd, need)
	if no != success {
		return nil, "", no
	}
	name, no := x.path(path, n)
	return d, name, no
}

func lookup(flags uint64) (follows bool, no errno) {
	if uint32(flags)&^follow != 0 {
		return false, einval
	}
	return uint32(flags)&follow != 0, success
}

func pathCreateDirectory(x *call, a []uint64) errno {
	d, path, no := x.at(a[0], a[1], a[2], pathCreateDirectoryRight)
	if no != success {
		return no
	}
	return x.await(func() error { return d.dir.Mkdir(path) })
}

func pathRemoveDirectory(x *call, a []uint64) errno {
	d, path, no := x.at(a[0], a[1], a[2], pathRemoveDirectoryRight)
	if no != success {
		return no
	}
	return x.await(func() error { return d.dir.Rmdir(path) })
}

func pathUnlinkFile(x *call, a []uint64) errno {
	d, path, no := x.at(a[0], a[1], a[2], pathUnlinkFileRight)
	if no != success {
		return no
	}
	return x.await(func() error { return d.dir.Unlink(path) })
}

func pathFilestatGet(x *call, a []uint64) errno {
	out := x.out(a[4], filestatSize)
	d, path, no := x.at(a[0], a[2], a[3], pathFilestatGetRight)
	if no != success {
		return no
	}
	follows, no := lookup(a[1])
	if no != success {
		return no
	}
	var s files.Stat
	if no := x.await(func() (err error) { s, err = d.dir.StatAt(path, follows); return err }); no != success {
		return no
	}
	putFilestat(out, &s)
	return success
}

func pathFilestatSetTimes(x *call, a []uint64) errno {
	d, path, no := x.at(a[0], a[2], a[3], pathFilestatSetTimesRight)
	if no != success {
		return no
	}
	follows, no := lookup(a[1])
	if no != success {
		return no
	}
	access, modify, no := newTimes(a[4], a[5], a[6])
	if no != success {
		return no
	}
	return x.await(func() error { return d.dir.SetTimesAt(path, follows, access, modify) })
}

func pathLink(x *call, a []uint64) errno {
	from, path, no := x.at(a[0], a[2], a[3], pathLinkSourceRight)
	if no != success {
		return no
	}
	follows, no := lookup(a[1])
	if no != success {
		return no
	}
	to, name, no := x.at(a[4], a[5], a[6], pathLinkTargetRight)
	if no != success {
		return no
	}
	return x.await(func() error { return from.dir.Link(path, follows, to.dir, name) })
}

func pathRename(x *call, a []uint64) errno {
	from, path, no := x.at(a[0], a[1], a[2], pathRenameSourceRight)
	if no != success {
		return no
	}
	to, name, no := x.at(a[3], a[4], a[5], pathRenameTargetRight)
	if no != success {
		return no
	}
	return x.await(func() error { return from.dir.Rename(path, to.dir, name) })
}

func pathSymlink(x *call, a []uint64) errno {
	d, path, no := x.at(a[2], a[3], a[4], pathSymlinkRight)
	if no != success {
		return no
	}
	target, no := x.path(a[0], a[1])
	if no != success {
		return no
	}
	return x.await(func() error { return d.dir.Symlink(target, path) })
}

// pathReadlink gives as much of a link's target as there is room for.
func pathReadlink(x *call, a []uint64) errno {
	out, used := x.View(uint32(a[3]), uint32(a[4]), "a buffer"), x.out(a[5], 4)
	d, path, no := x.at(a[0], a[1], a[2], pathReadlinkRight)
	if no != success {
		return no
	}
	var target string
	if no := x.await(func() (err error) { target, err = d.dir.Readlink(path); return err }); no != success {
		return no
	}
	le.PutUint32(used, uint32(copy(out, target)))
	return success
}

// The flags of path_open.
const (
	createFlag    = 1 << 0
	directoryFlag = 1 << 1
	exclusiveFlag = 1 << 2
	truncateFlag  = 1 << 3
	allOpenFlags  = 1<<4 - 1
)

var howTable = [...]struct {
	guest uint32
	host  files.How
}{
	{createFlag, files.Create}, {directoryFlag, files.OnlyDirectory}, {exclusiveFlag, files.Exclusive}, {truncateFlag, files.Truncate},
}

// pathOpen opens a file or directory. Of the rights that are asked for, reading
// and writing say what it is opened for; it gets all others that its kind has,
// unless its directory has given them up.
func pathOpen(x *call, a []uint64) errno {
	out := x.out(a[8], 4)
	d, path, no := x.at(a[0], a[2], a[3], pathOpenRight)
	if no != success {
		return no
	}
	follows, no := lookup(a[1])
	if no != success {
		return no
	}
	oflags, base := uint32(a[4]), rights(a[5])
	flags, no := flagsFrom(a[7])
	switch {
	case no != success:
		return no
	case oflags&^allOpenFlags != 0:
		return einval
	case oflags&createFlag != 0 && d.base&pathCreateFileRight == 0,
		oflags&truncateFlag != 0 && d.base&pathFilestatSetSizeRight == 0,
		base&(fdReadRight|fdWriteRight)&^d.inheriting != 0:
		return enotcapable
	}
	var how files.How
	if follows {
		how |= files.Follow
	}
	for _, h := range howTable {
		if oflags&h.guest != 0 {
			how |= h.host
		}
	}
	if base&(fdReadRight|fdReaddirRight) != 0 {
		flags |= files.Read
	}
	if base&fdWriteRight != 0 {
		flags |= files.Write
	}
	if d.dir.Flags()&files.MutateDirectory != 0 && flags&files.Write == 0 && how&(files.Create|files.Truncate) == 0 {
		flags |= files.MutateDirectory // if it turns out to be a directory
	}
	opened, err := world.Open(x, x.World, func() (files.Descriptor, error) { return d.dir.Open(path, how, flags) })
	if err != nil {
		return errnoOf(err)
	}
	fresh := &descriptor{}
	switch o := opened.(type) {
	case *files.Directory:
		fresh.dir = o
		fresh.base, fresh.inheriting = directoryRights&d.inheriting, d.inheriting
	case *files.File:
		fresh.file = o
		fresh.base = fileRights & d.inheriting &^ ((fdReadRight | fdWriteRight) &^ base)
	}
	le.PutUint32(out, x.table.put(fresh))
	return success
}
