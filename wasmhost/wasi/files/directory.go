package files

// Flags are what a descriptor is open for. Those of a file that end in Sync are
// set when it is opened and stay.
type Flags uint16

// The flags.
const (
	Read            Flags = 1 << iota // data can be read, a directory be listed
	Write                             // data can be written, of a file only
	MutateDirectory                   // of a directory only: names and files below can be changed through it
	FileSync                          // a write returns when data and metadata are on the disk
	DataSync                          // a write returns when data is on the disk
	ReadSync                          // as the two before, for reads; a wish
	Append                            // for the caller's use: Append writes at the end, whatever this says
	NonBlock                          // for the caller's use: nothing here waits for other than the disk
)

const (
	syncing  = FileSync | DataSync | ReadSync
	settable = Append | NonBlock
)

// How is how to open a path.
type How uint8

// The ways. Create and Truncate want a file that can be written, and make it
// one: Write is among the flags of what they open.
const (
	Follow        How = 1 << iota // if the last component is a symbolic link, open what it leads to
	Create                        // make a file where there is nothing
	Exclusive                     // with Create: fail where there is something
	Truncate                      // make the file empty
	OnlyDirectory                 // fail unless it is a directory
)

// Descriptor is a Directory or a File, and never anything else.
type Descriptor interface {
	// Kind is DirectoryKind or RegularFile.
	Kind() Kind
	// Flags gives what it is open for.
	Flags() Flags
	// SetFlags sets Append and NonBlock and leaves the others; to ask for a
	// change of those is Unsupported.
	SetFlags(Flags) error
	// Stat tells what is known of it.
	Stat() (Stat, error)
	// SetTimes sets when it was last read and written.
	SetTimes(access, modify NewTime) error
	// Sync waits until what was written is on the disk; without metadata that
	// reading does not need when data is true. It does nothing for a file that
	// is not open for writing.
	Sync(data bool) error
	// Close closes it; a call that is under way keeps what it uses until it
	// returns. It does not block, and may be called again and from any
	// goroutine. All other methods then fail with BadDescriptor.
	Close()
}

var (
	_ Descriptor = (*Directory)(nil)
	_ Descriptor = (*File)(nil)
)

// Directory is an open directory. Its methods that take a path mean paths below
// it; those that change something need MutateDirectory, or fail with ReadOnly
// before they look at anything.
type Directory struct {
	handle
	flags Flags
}

// Kind implements Descriptor.
func (d *Directory) Kind() Kind { return DirectoryKind }

// Flags implements Descriptor.
func (d *Directory) Flags() Flags { return d.flags }

// SetFlags implements Descriptor.
func (d *Directory) SetFlags(f Flags) error { return setFlags(&d.flags, f) }

func setFlags(to *Flags, f Flags) error {
	if (*to^f)&^settable != 0 {
		return Unsupported
	}
	*to = f
	return nil
}

// Close implements Descriptor.
func (d *Directory) Close() { d.close() }

// mutable fails where nothing may be changed through the directory.
func (d *Directory) mutable() error {
	if d.mount.readOnly || d.flags&MutateDirectory == 0 {
		return ReadOnly
	}
	return nil
}

// Stat implements Descriptor.
func (d *Directory) Stat() (Stat, error) { return d.handle.stat() }

func (h *handle) stat() (Stat, error) {
	r, err := h.use()
	if err != nil {
		return Stat{}, err
	}
	defer h.done()
	return r.stat()
}

// SameObject tells whether two descriptors are of the same file or directory.
func SameObject(a, b Descriptor) (bool, error) {
	x, err := a.Stat()
	if err != nil {
		return false, err
	}
	y, err := b.Stat()
	if err != nil {
		return false, err
	}
	return x.same(&y), nil
}

// SetTimes implements Descriptor.
func (d *Directory) SetTimes(access, modify NewTime) error {
	if err := d.mutable(); err != nil {
		return err
	}
	return d.handle.setTimes(access, modify)
}

func (h *handle) setTimes(access, modify NewTime) error {
	r, err := h.use()
	if err != nil {
		return err
	}
	defer h.done()
	return r.setTimes(access, modify)
}

// Sync implements Descriptor. Of a directory, it is the names in it that are
// then on the disk.
func (d *Directory) Sync(data bool) error {
	if d.mutable() != nil {
		return nil
	}
	return d.handle.sync(data)
}

func (h *handle) sync(data bool) error {
	r, err := h.use()
	if err != nil {
		return err
	}
	defer h.done()
	return r.sync(data)
}

// at does something with a path below the directory.
func (d *Directory) at(path string, do func(raw, name) error) error {
	n, err := parse(path)
	if err != nil {
		return err
	}
	r, err := d.use()
	if err != nil {
		return err
	}
	defer d.done()
	return do(r, n)
}

// change does something with a path below the directory that changes what is
// there.
func (d *Directory) change(path string, do func(raw, name) error) error {
	if err := d.mutable(); err != nil {
		return err
	}
	return d.at(path, do)
}

// change2 does something with two paths, each below its directory. What is
// reached through one directory must not be changed through another, so both
// need be mutable.
func (d *Directory) change2(path string, to *Directory, toPath string, do func(from raw, n name, to raw, m name) error) error {
	if err := to.mutable(); err != nil {
		return err
	}
	return d.change(path, func(from raw, n name) error {
		return to.at(toPath, func(r raw, m name) error {
			if d.mount != to.mount {
				return CrossDevice
			}
			return do(from, n, r, m)
		})
	})
}

// Open opens a file or directory. The flags are what it is to be open for:
// without Write it can always be read. Sync flags matter to files only,
// MutateDirectory to directories only.
//
// # Errors
//
// ReadOnly if something could be changed through what was asked for, and not
// through d. IsDirectory if a directory was to be written. Loop for a symbolic
// link that was not to be followed. NotPermitted for what is neither a file nor
// a directory.
func (d *Directory) Open(path string, how How, flags Flags) (Descriptor, error) {
	if how&OnlyDirectory != 0 && how&(Create|Truncate) != 0 {
		return nil, Invalid
	}
	if flags&(Write|MutateDirectory) != 0 || how&(Create|Truncate) != 0 {
		if err := d.mutable(); err != nil {
			return nil, err
		}
	}
	if flags&Write == 0 {
		flags |= Read
	}
	var opened Descriptor
	err := d.at(path, func(r raw, n name) error {
		got, kind, flags, err := d.mount.openAt(r, n, how, flags)
		if err != nil {
			return err
		}
		var h *handle
		if kind == DirectoryKind {
			sub := &Directory{flags: flags&(settable|MutateDirectory) | Read}
			opened, h = sub, &sub.handle
		} else {
			f := &File{flags: flags &^ MutateDirectory, mutable: d.mutable() == nil}
			opened, h = f, &f.handle
		}
		return d.mount.adopt(h, got)
	})
	if err != nil {
		return nil, err
	}
	return opened, nil
}

// StatAt tells what is known of what a path names; of a symbolic link itself
// unless follow is true.
func (d *Directory) StatAt(path string, follow bool) (s Stat, err error) {
	err = d.at(path, func(r raw, n name) error {
		s, err = d.mount.statAt(r, n, follow || n.slash)
		return err
	})
	return s, err
}

// SetTimesAt sets when what a path names was last read and written; of a
// symbolic link itself unless follow is true.
func (d *Directory) SetTimesAt(path string, follow bool, access, modify NewTime) error {
	return d.change(path, func(r raw, n name) error {
		return d.mount.setTimesAt(r, n, follow || n.slash, access, modify)
	})
}

// Mkdir makes a directory.
func (d *Directory) Mkdir(path string) error { return d.change(path, d.mount.mkdirAt) }

// Rmdir removes a directory that is empty.
func (d *Directory) Rmdir(path string) error { return d.change(path, d.mount.rmdirAt) }

// Unlink removes a name that is not a directory's; of a symbolic link, the
// link. IsDirectory if it is a directory's.
func (d *Directory) Unlink(path string) error { return d.change(path, d.mount.unlinkAt) }

// Rename gives what a path names another name, below a directory of the same
// mount. What had that name before is gone, except for a directory that is not
// empty, and what is of the other kind.
func (d *Directory) Rename(path string, to *Directory, toPath string) error {
	return d.change2(path, to, toPath, d.mount.renameAt)
}

// Link gives a file a further name, below a directory of the same mount. A
// symbolic link gets one itself unless follow is true. A directory cannot have
// two: NotPermitted.
func (d *Directory) Link(path string, follow bool, to *Directory, toPath string) error {
	return d.change2(path, to, toPath, func(from raw, n name, r raw, m name) error {
		return d.mount.linkAt(from, n, follow || n.slash, r, m)
	})
}

// Symlink makes a symbolic link. Where it leads is looked at when it is
// followed; only an absolute target is refused here, with NotPermitted.
func (d *Directory) Symlink(target, path string) error {
	return d.change(path, func(r raw, n name) error {
		if err := checkText(target); err != nil {
			return err
		}
		return d.mount.symlinkAt(target, r, n)
	})
}

// Readlink gives the target of a symbolic link; NotPermitted if that is
// absolute, Invalid if it is no symbolic link.
func (d *Directory) Readlink(path string) (target string, err error) {
	err = d.at(path, func(r raw, n name) error {
		target, err = d.mount.readlinkAt(r, n)
		return err
	})
	if err == nil {
		err = checkText(target)
	}
	if err != nil {
		return "", err
	}
	return target, nil
}
