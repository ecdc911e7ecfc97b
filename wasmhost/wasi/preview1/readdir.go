package preview1

import (
	"wippy/wasmhost/wasi/files"
	"wippy/wasmhost/wasi/world"
)

// listing is how far the names of a directory have been read. The cookie of
// an entry is the place behind it: 1 and 2 for the directory and its parent,
// which package files does not list, then a position of that, plus 2.
type listing struct {
	entries *files.Listing // nil until it is needed
	at      uint64         // its position
}

const (
	afterSelf   = 1
	afterParent = 2
	direntSize  = 24
	// maxEntries is how many names one call on the I/O pool reads.
	maxEntries = 256
)

// fdReaddir writes as many entries as there is room for, the last maybe in
// part: a buffer that is not full tells that there are no more.
func fdReaddir(x *call, a []uint64) errno {
	out, used := x.View(uint32(a[1]), uint32(a[2]), "a buffer"), x.out(a[4], 4)
	d, no := x.findDir(a[0], fdReaddirRight)
	if no != success {
		return no
	}
	w := direntWriter{room: out}
	cookie := a[3]
	if cookie < afterParent {
		if no := x.readSelf(d, &w, cookie); no != success {
			return no
		}
		cookie = afterParent
	}
	no = x.readEntries(d, &w, cookie)
	le.PutUint32(used, uint32(len(out)-len(w.room)))
	return no
}

// readSelf writes the entries of the directory itself and of its parent, whose
// inode is not the guest's to know.
func (x *call) readSelf(d *descriptor, w *direntWriter, cookie uint64) errno {
	var s files.Stat
	if no := x.await(func() (err error) { s, err = d.dir.Stat(); return err }); no != success {
		return no
	}
	if cookie < afterSelf {
		w.entry(".", files.DirectoryKind, s.Inode, afterSelf)
	}
	w.entry("..", files.DirectoryKind, s.Inode, afterParent)
	return success
}

// readEntries writes entries from a place on.
func (x *call) readEntries(d *descriptor, w *direntWriter, cookie uint64) errno {
	l := &d.list
	if len(w.room) == 0 {
		return success
	}
	if l.entries == nil {
		entries, err := world.Open(x, x.World, d.dir.List)
		if err != nil {
			return errnoOf(err)
		}
		*l = listing{entries: entries}
	}
	position := cookie - afterParent
	for end := false; !end && len(w.room) > 0; {
		batch := make([]files.Entry, 0, min(maxEntries, len(w.room)/direntSize+1))
		start, seek := position, position == 0 || position != l.at
		entries := l.entries
		no := x.await(func() error {
			if seek {
				if err := entries.Seek(start); err != nil {
					return err
				}
			}
			for len(batch) < cap(batch) {
				e, more, err := entries.Next()
				if err != nil {
					return err
				}
				if !more {
					end = true
					return nil
				}
				batch = append(batch, e)
			}
			return nil
		})
		if no != success {
			l.at = 0
			return no
		}
		for _, e := range batch {
			position = e.Next
			w.entry(e.Name, e.Kind, e.Inode, position+afterParent)
		}
		l.at = position
	}
	return success
}

// direntWriter writes entries to a guest's buffer as long as there is room.
type direntWriter struct{ room []byte }

func (w *direntWriter) entry(name string, kind files.Kind, inode, next uint64) {
	var head [direntSize]byte
	le.PutUint64(head[:], next)
	le.PutUint64(head[8:], inode)
	le.PutUint32(head[16:], uint32(len(name)))
	head[20] = kind.Filetype()
	w.room = w.room[copy(w.room, head[:]):]
	w.room = w.room[copy(w.room, name):]
}
