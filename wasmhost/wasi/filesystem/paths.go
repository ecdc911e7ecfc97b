package filesystem

import (
	"wippy/mailbox"
	"wippy/wasmhost/canon"
	"wippy/wasmhost/wasi/files"
	"wippy/wasmhost/wasi/iface"
	"wippy/wasmhost/wasi/world"
)

// followFlag is the bit of symlink-follow in path-flags.
const followFlag = 1 << 0

// within calls on the I/O pool what does something in a directory.
func (d *descriptor) within(p *iface.Process, do func(dir *files.Directory) error) error {
	dir, err := d.dir()
	if err != nil {
		return err
	}
	return p.Block(func() error { return do(dir) })
}

func createDirectoryAt(p *iface.Process, c *canon.Call, d *descriptor) (mailbox.Value, error) {
	path := c.Str(1)
	return mailbox.Nil, d.within(p, func(dir *files.Directory) error { return dir.Mkdir(path) })
}

func removeDirectoryAt(p *iface.Process, c *canon.Call, d *descriptor) (mailbox.Value, error) {
	path := c.Str(1)
	return mailbox.Nil, d.within(p, func(dir *files.Directory) error { return dir.Rmdir(path) })
}

func unlinkFileAt(p *iface.Process, c *canon.Call, d *descriptor) (mailbox.Value, error) {
	path := c.Str(1)
	return mailbox.Nil, d.within(p, func(dir *files.Directory) error { return dir.Unlink(path) })
}

func symlinkAt(p *iface.Process, c *canon.Call, d *descriptor) (mailbox.Value, error) {
	target, path := c.Str(1), c.Str(2)
	return mailbox.Nil, d.within(p, func(dir *files.Directory) error { return dir.Symlink(target, path) })
}

func readlinkAt(p *iface.Process, c *canon.Call, d *descriptor) (mailbox.Value, error) {
	path, target := c.Str(1), ""
	err := d.within(p, func(dir *files.Directory) (err error) { target, err = dir.Readlink(path); return err })
	if err != nil {
		return mailbox.Nil, err
	}
	return mailbox.String(target), nil
}

func statAt(p *iface.Process, c *canon.Call, d *descriptor) (mailbox.Value, error) {
	s, err := d.statAt(p, c)
	return statOf(&s), err
}

func metadataHashAt(p *iface.Process, c *canon.Call, d *descriptor) (mailbox.Value, error) {
	s, err := d.statAt(p, c)
	return hashOf(&s), err
}

// statAt serves the functions of (descriptor, path-flags, path).
func (d *descriptor) statAt(p *iface.Process, c *canon.Call) (s files.Stat, err error) {
	follow, path := c.Uint(1)&followFlag != 0, c.Str(2)
	err = d.within(p, func(dir *files.Directory) (err error) { s, err = dir.StatAt(path, follow); return err })
	return s, err
}

func setTimesAt(p *iface.Process, c *canon.Call, d *descriptor) (mailbox.Value, error) {
	follow, path := c.Uint(1)&followFlag != 0, c.Str(2)
	access, modify, err := newTimes(c, 3)
	if err != nil {
		return mailbox.Nil, err
	}
	return mailbox.Nil, d.within(p, func(dir *files.Directory) error { return dir.SetTimesAt(path, follow, access, modify) })
}

// other gives the directory that is argument i.
func other(p *iface.Process, c *canon.Call, i int) (*files.Directory, error) {
	d, err := Descriptors.Arg(p, c, i)
	if err != nil {
		return nil, err
	}
	return d.dir()
}

func linkAt(p *iface.Process, c *canon.Call, d *descriptor) (mailbox.Value, error) {
	follow, path, name := c.Uint(1)&followFlag != 0, c.Str(2), c.Str(4)
	to, err := other(p, c, 3)
	if err != nil {
		return mailbox.Nil, err
	}
	return mailbox.Nil, d.within(p, func(dir *files.Directory) error { return dir.Link(path, follow, to, name) })
}

func renameAt(p *iface.Process, c *canon.Call, d *descriptor) (mailbox.Value, error) {
	path, name := c.Str(1), c.Str(3)
	to, err := other(p, c, 2)
	if err != nil {
		return mailbox.Nil, err
	}
	return mailbox.Nil, d.within(p, func(dir *files.Directory) error { return dir.Rename(path, to, name) })
}

// howTable pairs the flags of open-flags, by their bits, with those of files.
var howTable = [...]files.How{files.Create, files.OnlyDirectory, files.Exclusive, files.Truncate}

// openAt opens a file or directory. A directory can be changed through if the one
// that it was opened by can, whatever was asked for: the adapter of preview 1, by which
// most guests come, never asks.
func openAt(p *iface.Process, c *canon.Call, d *descriptor) (mailbox.Value, error) {
	dir, err := d.dir()
	if err != nil {
		return mailbox.Nil, err
	}
	var how files.How
	if c.Uint(1)&followFlag != 0 {
		how |= files.Follow
	}
	for i, h := range howTable {
		if c.Uint(3)&(1<<i) != 0 {
			how |= h
		}
	}
	var flags files.Flags
	for i, f := range flagTable {
		if c.Uint(4)&(1<<i) != 0 {
			flags |= f
		}
	}
	if dir.Flags()&files.MutateDirectory != 0 && flags&files.Write == 0 && how&(files.Create|files.Truncate) == 0 {
		flags |= files.MutateDirectory // if it turns out to be a directory
	}
	path := c.Str(2)
	opened, err := world.Open(p, p.World, func() (files.Descriptor, error) { return dir.Open(path, how, flags) })
	if err != nil {
		return mailbox.Nil, err
	}
	return newDescriptor(p, opened), nil
}
