package files

// Entry is one name of a directory.
type Entry struct {
	Name  string
	Kind  Kind
	Inode uint64
	// Next is the position behind this entry, for Listing.Seek.
	Next uint64
}

// Listing goes through the names of a directory, in no order. Names that come
// or go meanwhile may or may not be among them; each of the others is there
// once. "." and ".." are not, nor is a name that is not UTF-8. It holds some
// kilobytes of names until it is at its end or closed.
type Listing struct {
	handle
	listing
}

// List begins a listing. It has a place of its own in the directory, so that
// several do not disturb each other; it stays valid when d is closed, and is to
// be closed itself.
func (d *Directory) List() (*Listing, error) {
	r, err := d.use()
	if err != nil {
		return nil, err
	}
	defer d.done()
	again, err := openListing(r)
	if err != nil {
		return nil, err
	}
	l := new(Listing)
	if err := d.mount.adopt(&l.handle, again); err != nil {
		return nil, err
	}
	return l, nil
}

// Close ends the listing, as a Descriptor's does.
func (l *Listing) Close() { l.close() }

// Next gives the next name; false at the end, after which more may come.
func (l *Listing) Next() (Entry, bool, error) {
	r, err := l.use()
	if err != nil {
		return Entry{}, false, err
	}
	defer l.done()
	return l.next(r)
}

// Seek goes to a position that an Entry of this listing gave, or to 0: the
// beginning, and the directory as it is now. To go back by a few names is
// cheap. Other positions lead anywhere in the directory or are Invalid.
func (l *Listing) Seek(position uint64) error {
	r, err := l.use()
	if err != nil {
		return err
	}
	defer l.done()
	return l.seek(r, position)
}
