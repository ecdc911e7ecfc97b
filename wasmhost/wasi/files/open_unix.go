//go:build linux || darwin

package files

import "golang.org/x/sys/unix"

// openAt opens what a path names. It gives what it opened, whether that is a
// directory or a file, and what it is open for.
//
// What is there is looked at first, so that only a file or directory is ever
// opened; if it is another thing by then, everything begins again.
func (m *Mount) openAt(base raw, n name, how How, flags Flags) (raw, Kind, Flags, error) {
	follow := (how&Follow != 0 || n.slash) && how&(Create|Exclusive) != Create|Exclusive
	var (
		fd   int
		kind Kind
		got  Flags
	)
	err := m.within(base, n, follow, func(p place) (err error) {
		fd, kind, got, err = p.open(how, flags)
		return err
	})
	return raw{fd: fd}, kind, got, err
}

// open opens what is at a place; errLink if that is a symbolic link, errRaced
// if it became another thing meanwhile.
func (p place) open(how How, flags Flags) (int, Kind, Flags, error) {
	s, err := p.stat()
	switch {
	case err == NoEntry && how&Create != 0:
		if p.slash {
			return -1, 0, 0, IsDirectory
		}
		flags |= Write
		fd, err := openRetry(p.dir, p.name, systemFlags(flags)|unix.O_CREAT|unix.O_EXCL, 0o666)
		if err == unix.EEXIST {
			err = errRaced
		}
		return fd, RegularFile, flags, err
	case err != nil:
		return -1, 0, 0, err
	case how&(Create|Exclusive) == Create|Exclusive:
		return -1, 0, 0, Exist
	}
	var fd int
	switch s.Kind {
	case SymbolicLink:
		return -1, 0, 0, errLink
	case DirectoryKind:
		if flags&Write != 0 || how&(Create|Truncate) != 0 {
			return -1, 0, 0, IsDirectory
		}
		fd, err = openRetry(p.dir, p.name, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_DIRECTORY, 0)
	case RegularFile:
		if p.slash || how&OnlyDirectory != 0 {
			return -1, 0, 0, NotDirectory
		}
		fd, flags, err = p.openFile(how, flags)
	default:
		return -1, 0, 0, NotPermitted
	}
	switch err {
	case nil:
	case unix.ENOENT, unix.ELOOP, unix.ENOTDIR, unix.EISDIR, unix.ENXIO:
		return -1, 0, 0, errRaced
	default:
		return -1, 0, 0, err
	}
	r := raw{fd: fd}
	now, err := r.stat()
	if err == nil && now.Kind != s.Kind {
		err = errRaced
	}
	if err == nil && how&Truncate != 0 {
		err = r.setSize(0)
	}
	if err != nil {
		r.close()
		return -1, 0, 0, err
	}
	return fd, s.Kind, flags, nil
}

// openFile opens a file that is there. One that was only to be made if it was
// not there, and must not be written, is opened for reading.
func (p place) openFile(how How, flags Flags) (int, Flags, error) {
	wanted := flags
	if how&(Create|Truncate) != 0 {
		flags |= Write
	}
	fd, err := openRetry(p.dir, p.name, systemFlags(flags), 0)
	if wanted != flags && how&Truncate == 0 {
		switch err {
		case unix.EACCES, unix.EPERM, unix.EROFS, unix.ETXTBSY:
			flags = wanted
			fd, err = openRetry(p.dir, p.name, systemFlags(flags), 0)
		}
	}
	return fd, flags, err
}

// systemFlags are the flags that the system opens a file with. It never waits
// for what is no file, and no terminal becomes the program's.
func systemFlags(f Flags) int {
	flags := unix.O_NONBLOCK | unix.O_NOCTTY
	switch f & (Read | Write) {
	case Read | Write:
		flags |= unix.O_RDWR
	case Write:
		flags |= unix.O_WRONLY
	default:
		flags |= unix.O_RDONLY
	}
	switch {
	case f&(FileSync|ReadSync) != 0:
		flags |= unix.O_SYNC
	case f&DataSync != 0:
		flags |= unix.O_DSYNC
	}
	return flags
}
