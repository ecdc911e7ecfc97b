package files

import (
	"io"
	"io/fs"
	"slices"
	"unicode/utf8"
)

// nameListing is a listing where the system's calls give names and no positions
// among them. The positions count names.
type nameListing struct {
	kept []fs.DirEntry // what was read last, given on already or not
	from uint64        // how many names came before kept
	at   uint64        // and before the one that comes next
}

// nameReader is the directory: a file of package os's.
type nameReader interface {
	io.Seeker
	ReadDir(n int) ([]fs.DirEntry, error)
}

const (
	// listAhead is how many names are read at a time.
	listAhead = 64
	// listBack is how many names at least are kept of those that were given on:
	// preview 1 reads more than its guest may have room for, and goes back.
	listBack = 256
)

// next gives the next name. stat gives its kind and inode, and NoEntry if it is
// gone; what [fs.DirEntry] would tell of it is of a path, and not of this directory.
func (l *nameListing) next(dir nameReader, stat func(fs.DirEntry) (Kind, uint64, error)) (Entry, bool, error) {
	for {
		d, err := l.one(dir)
		if d == nil || err != nil {
			return Entry{}, false, err
		}
		if !utf8.ValidString(d.Name()) {
			continue
		}
		kind, inode, err := stat(d)
		if err == NoEntry {
			continue
		}
		if err != nil { // the name is there all the same
			kind = kindOf(d.Type())
		}
		return Entry{Name: d.Name(), Kind: kind, Inode: inode, Next: l.at}, true, nil
	}
}

// one takes a name; nil at the end.
func (l *nameListing) one(dir nameReader) (fs.DirEntry, error) {
	if l.at == l.from+uint64(len(l.kept)) {
		more, err := dir.ReadDir(listAhead)
		if len(more) == 0 {
			if err == io.EOF || codeFrom(err) == NoEntry { // or the directory is removed, and so empty
				err = nil
			}
			return nil, codeFrom(err)
		}
		if drop := len(l.kept) - listBack; drop >= listBack {
			l.kept = slices.Delete(l.kept, 0, drop)
			l.from += uint64(drop)
		}
		l.kept = append(l.kept, more...)
	}
	d := l.kept[l.at-l.from]
	l.at++
	return d, nil
}

func (l *nameListing) seek(dir nameReader, position uint64) error {
	if position < l.from || position == 0 {
		if _, err := dir.Seek(0, io.SeekStart); err != nil {
			return codeFrom(err)
		}
		*l = nameListing{}
	}
	l.at = min(position, l.from+uint64(len(l.kept)))
	for l.at < position {
		d, err := l.one(dir)
		if err != nil {
			return err
		}
		if d == nil {
			return nil
		}
	}
	return nil
}

func kindOf(mode fs.FileMode) Kind {
	switch {
	case mode.IsRegular():
		return RegularFile
	case mode.IsDir():
		return DirectoryKind
	case mode&fs.ModeSymlink != 0:
		return SymbolicLink
	case mode&fs.ModeNamedPipe != 0:
		return FIFO
	case mode&fs.ModeSocket != 0:
		return Socket
	case mode&fs.ModeCharDevice != 0:
		return CharacterDevice
	case mode&fs.ModeDevice != 0:
		return BlockDevice
	}
	return Unknown
}
