package files

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// look tells what a path names.
func look(r raw, n name, follow bool) (Stat, error) {
	do := r.root.Lstat
	if follow {
		do = r.root.Stat
	}
	info, err := do(n.text())
	if err != nil {
		return Stat{}, codeFrom(err)
	}
	s := statFrom(info)
	if n.slash && s.Kind != DirectoryKind {
		return s, NotDirectory
	}
	return s, nil
}

func (m *Mount) openAt(base raw, n name, how How, flags Flags) (raw, Kind, Flags, error) {
	follow := (how&Follow != 0 || n.slash) && how&(Create|Exclusive) != Create|Exclusive
	system := os.O_RDONLY
	if how&(Create|Truncate) != 0 {
		flags |= Write
	}
	switch flags & (Read | Write) {
	case Read | Write:
		system = os.O_RDWR
	case Write:
		system = os.O_WRONLY
	}
	if flags&syncing != 0 {
		system |= os.O_SYNC
	}
	s, err := look(base, n, follow)
	switch {
	case err == NoEntry && how&Create != 0:
		if n.slash {
			return raw{}, 0, 0, IsDirectory
		}
		if system |= os.O_CREATE; !follow {
			system |= os.O_EXCL
		}
	case err != nil:
		return raw{}, 0, 0, err
	case how&(Create|Exclusive) == Create|Exclusive:
		return raw{}, 0, 0, Exist
	case s.Kind == SymbolicLink:
		return raw{}, 0, 0, Loop
	case s.Kind == DirectoryKind:
		if flags&Write != 0 {
			return raw{}, 0, 0, IsDirectory
		}
		root, err := base.root.OpenRoot(n.text())
		return raw{root: root}, DirectoryKind, flags, codeFrom(err)
	case s.Kind != RegularFile:
		return raw{}, 0, 0, NotPermitted
	case how&OnlyDirectory != 0:
		return raw{}, 0, 0, NotDirectory
	}
	f, err := base.root.OpenFile(n.text(), system, 0o666)
	if err != nil {
		return raw{}, 0, 0, codeFrom(err)
	}
	r := raw{file: f}
	if s, err = r.stat(); err == nil && s.Kind != RegularFile {
		err = NotPermitted
	}
	if err == nil && how&Truncate != 0 {
		err = r.setSize(0)
	}
	if err != nil {
		r.close()
		return raw{}, 0, 0, err
	}
	return r, RegularFile, flags, nil
}

func (m *Mount) statAt(base raw, n name, follow bool) (Stat, error) {
	s, err := look(base, n, follow)
	if err != nil {
		return Stat{}, err
	}
	if s.Kind == RegularFile || s.Kind == DirectoryKind {
		if f, err := base.root.Open(n.text()); err == nil {
			defer f.Close()
			identify(f, &s)
		}
	}
	return s, nil
}

func (m *Mount) setTimesAt(base raw, n name, follow bool, access, modify NewTime) error {
	s, err := look(base, n, follow)
	switch {
	case err != nil:
		return err
	case s.Kind == SymbolicLink:
		return Unsupported
	}
	ts, err := times(access, modify)
	if err != nil {
		return err
	}
	return codeFrom(base.root.Chtimes(n.text(), ts[0], ts[1]))
}

// inside fails if a path that ends in "." or ".." leads out, and with err if it
// does not.
func inside(r raw, n name, err error) error {
	if _, outside := look(r, n, true); outside != nil {
		return outside
	}
	return err
}

func (m *Mount) mkdirAt(base raw, n name) error {
	if n.here() {
		return inside(base, n, Exist)
	}
	return codeFrom(base.root.Mkdir(n.text(), 0o777))
}

func (m *Mount) rmdirAt(base raw, n name) error {
	switch {
	case n.here() && n.last == "..":
		return inside(base, n, NotEmpty)
	case n.here():
		return inside(base, n, Invalid)
	}
	s, err := look(base, n, false)
	switch {
	case err != nil && err != NotDirectory:
		return err
	case n.slash && s.Kind == SymbolicLink:
		return inside(base, n, NotDirectory)
	case s.Kind != DirectoryKind:
		return NotDirectory
	}
	return codeFrom(base.root.Remove(n.text()))
}

func (m *Mount) unlinkAt(base raw, n name) error {
	if n.here() {
		return inside(base, n, IsDirectory)
	}
	s, err := look(base, n, false)
	switch {
	case err == NotDirectory:
		return inside(base, n, err)
	case err != nil:
		return err
	case s.Kind == DirectoryKind:
		return IsDirectory
	}
	return codeFrom(base.root.Remove(n.text()))
}

func (m *Mount) symlinkAt(target string, base raw, n name) error {
	if n.here() {
		return inside(base, n, Exist)
	}
	if n.slash {
		if _, err := look(base, n, false); err != nil {
			return err
		}
		return Exist
	}
	return codeFrom(base.root.Symlink(filepath.FromSlash(target), n.text()))
}

func (m *Mount) readlinkAt(base raw, n name) (string, error) {
	s, err := look(base, n, n.slash)
	switch {
	case err != nil:
		return "", err
	case s.Kind != SymbolicLink:
		return "", Invalid
	}
	target, err := base.root.Readlink(n.text())
	return filepath.ToSlash(target), codeFrom(err)
}

func (m *Mount) renameAt(from raw, n name, to raw, o name) error {
	for _, side := range [...]struct {
		raw
		name
	}{{from, n}, {to, o}} {
		if side.here() {
			return inside(side.raw, side.name, Busy)
		}
	}
	s, err := look(from, n, false)
	switch {
	case err != nil:
		return err
	case o.slash && s.Kind != DirectoryKind:
		return NotDirectory
	case from.root != to.root:
		return CrossDevice
	}
	return codeFrom(from.root.Rename(n.text(), o.text()))
}

func (m *Mount) linkAt(from raw, n name, follow bool, to raw, o name) error {
	s, err := look(from, n, follow)
	switch {
	case err != nil:
		return err
	case s.Kind == DirectoryKind:
		return NotPermitted
	case o.here():
		return inside(to, o, Exist)
	}
	if follow {
		itself, err := look(from, n, false)
		if err != nil {
			return err
		}
		if itself.Kind == SymbolicLink {
			return Unsupported
		}
	}
	if o.slash {
		_, err := look(to, o, false)
		if err == nil || err == NotDirectory {
			return Exist
		}
		return err
	}
	if from.root != to.root {
		return CrossDevice
	}
	err = from.root.Link(n.text(), o.text())
	if errors.Is(err, fs.ErrExist) {
		return Exist
	}
	return codeFrom(err)
}
