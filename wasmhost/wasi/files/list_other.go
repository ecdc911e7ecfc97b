//go:build darwin || windows

package files

type listing struct{ names nameListing }

func (l *listing) next(r raw) (Entry, bool, error) { return l.names.next(r.file, r.entry) }

func (l *listing) seek(r raw, position uint64) error { return l.names.seek(r.file, position) }
