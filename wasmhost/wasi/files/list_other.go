//go:build darwin || windows

package files

import (
	"errors"
	"io"
	"io/fs"
	"unicode/utf8"
)

// listing is what was read of a directory and not given on yet. The positions
// count names.
type listing struct {
	ahead []fs.DirEntry
	at    uint64 // how many names came before ahead
}

// listAhead is how many names are read at a time.
const listAhead = 64

func (l *listing) next(r raw) (Entry, bool, error) {
	for {
		d, err := l.one(r)
		if d == nil || err != nil {
			return Entry{}, false, err
		}
		if !utf8.ValidString(d.Name()) {
			continue
		}
		e := Entry{Name: d.Name(), Kind: kindOf(d.Type()), Next: l.at}
		switch info, err := d.Info(); {
		case err == nil:
			e.Inode = inodeOf(r, info)
		case errors.Is(err, fs.ErrNotExist):
			continue
		}
		return e, true, nil
	}
}

// one takes a name; nil at the end.
func (l *listing) one(r raw) (fs.DirEntry, error) {
	if len(l.ahead) == 0 {
		var err error
		l.ahead, err = r.file.ReadDir(listAhead)
		if len(l.ahead) == 0 {
			if err == io.EOF || codeFrom(err) == NoEntry { // or the directory is removed, and so empty
				err = nil
			}
			return nil, codeFrom(err)
		}
	}
	d := l.ahead[0]
	l.ahead = l.ahead[1:]
	l.at++
	return d, nil
}

func (l *listing) seek(r raw, position uint64) error {
	if position == l.at && position != 0 {
		return nil
	}
	if position < l.at || position == 0 {
		if _, err := r.file.Seek(0, io.SeekStart); err != nil {
			return codeFrom(err)
		}
		*l = listing{}
	}
	for l.at < position {
		d, err := l.one(r)
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
