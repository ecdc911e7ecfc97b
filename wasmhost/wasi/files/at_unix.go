//go:build linux || darwin

package files

import (
	"errors"

	"golang.org/x/sys/unix"
)

// errRaced and errLink never leave the package.
var (
	errRaced = errors.New("it changed meanwhile")
	errLink  = errors.New("it is a symbolic link, and not to be one")
)

// stat tells what is at the place.
func (p place) stat() (Stat, error) {
	var st unix.Stat_t
	err := retry(func() error { return unix.Fstatat(p.dir, p.name, &st, unix.AT_SYMLINK_NOFOLLOW) })
	if err != nil {
		return Stat{}, codeFrom(err)
	}
	return statFrom(&st), nil
}

// look tells what is at a place where a path that is followed leads.
func (p place) look() (Stat, error) {
	s, err := p.stat()
	switch {
	case err != nil:
		return Stat{}, err
	case s.Kind == SymbolicLink:
		return Stat{}, errLink
	case p.slash && s.Kind != DirectoryKind:
		return Stat{}, NotDirectory
	}
	return s, nil
}

func (m *Mount) statAt(base raw, n name, follow bool) (s Stat, err error) {
	err = m.within(base, n, follow, func(p place) error {
		if follow {
			s, err = p.look()
		} else {
			s, err = p.stat()
		}
		return err
	})
	if err != nil {
		return Stat{}, err
	}
	return s, nil
}

func (m *Mount) setTimesAt(base raw, n name, follow bool, access, modify NewTime) error {
	ts, err := timespecs(access, modify)
	if err != nil {
		return err
	}
	return m.within(base, n, follow, func(p place) error {
		if follow { // else the link's own times would be set
			if _, err := p.look(); err != nil {
				return err
			}
		}
		return retry(func() error { return unix.UtimesNanoAt(p.dir, p.name, ts[:], unix.AT_SYMLINK_NOFOLLOW) })
	})
}

func (m *Mount) mkdirAt(base raw, n name) error {
	return m.within(base, n, false, func(p place) error {
		if p.here() {
			return Exist
		}
		return retry(func() error { return unix.Mkdirat(p.dir, p.name, 0o777) })
	})
}

func (m *Mount) rmdirAt(base raw, n name) error {
	return m.within(base, n, false, func(p place) error {
		if p.here() {
			if n.last == ".." {
				return NotEmpty
			}
			return Invalid
		}
		err := retry(func() error { return unix.Unlinkat(p.dir, p.name, unix.AT_REMOVEDIR) })
		if err == unix.ENOTDIR && n.slash {
			return m.past(base, n, NotDirectory)
		}
		return err
	})
}

// past gives the error of a path that ends with a slash and names no
// directory: if it names a link that leads out, that.
func (m *Mount) past(base raw, n name, err error) error {
	if _, outside := m.statAt(base, n, true); outside == NotPermitted {
		return NotPermitted
	}
	return err
}

func (m *Mount) unlinkAt(base raw, n name) error {
	return m.within(base, n, false, func(p place) error {
		if p.here() {
			return IsDirectory
		}
		if p.slash {
			s, err := p.stat()
			switch {
			case err != nil:
				return err
			case s.Kind == DirectoryKind:
				return IsDirectory
			}
			return m.past(base, n, NotDirectory)
		}
		err := retry(func() error { return unix.Unlinkat(p.dir, p.name, 0) })
		if err == unix.EPERM { // what other systems than Linux say of a directory
			if s, e := p.stat(); e == nil && s.Kind == DirectoryKind {
				return IsDirectory
			}
		}
		return err
	})
}

func (m *Mount) symlinkAt(target string, base raw, n name) error {
	return m.within(base, n, false, func(p place) error {
		if p.here() {
			return Exist
		}
		if p.slash {
			return p.taken()
		}
		return retry(func() error { return unix.Symlinkat(target, p.dir, p.name) })
	})
}

// taken gives the error of making something that is no directory by a name
// with a slash at its end.
func (p place) taken() error {
	s, err := p.stat()
	switch {
	case err != nil:
		return err
	case s.Kind == DirectoryKind:
		return Exist
	}
	return NotDirectory
}

func (m *Mount) readlinkAt(base raw, n name) (target string, err error) {
	err = m.within(base, n, n.slash, func(p place) error {
		if n.slash {
			if _, err := p.look(); err != nil {
				return err
			}
		}
		target, err = p.readlink()
		return err
	})
	return target, err
}

func (m *Mount) renameAt(from raw, n name, to raw, o name) error {
	return m.within(from, n, false, func(p place) error {
		return m.within(to, o, false, func(q place) error {
			if p.here() || q.here() {
				return Busy
			}
			if p.slash || q.slash {
				s, err := p.stat()
				switch {
				case err != nil:
					return err
				case s.Kind != DirectoryKind:
					return NotDirectory
				}
			}
			return retry(func() error { return unix.Renameat(p.dir, p.name, q.dir, q.name) })
		})
	})
}

func (m *Mount) linkAt(from raw, n name, follow bool, to raw, o name) error {
	return m.within(from, n, follow, func(p place) error {
		s, err := p.stat()
		switch {
		case err != nil:
			return err
		case s.Kind == DirectoryKind:
			return NotPermitted
		case follow && s.Kind == SymbolicLink:
			return errLink
		case p.slash:
			return NotDirectory
		}
		return m.within(to, o, false, func(q place) error {
			switch {
			case q.here():
				return Exist
			case q.slash:
				if _, err := q.stat(); err != nil {
					return err
				}
				return Exist
			}
			return retry(func() error { return unix.Linkat(p.dir, p.name, q.dir, q.name, 0) })
		})
	})
}
