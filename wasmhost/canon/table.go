package canon

import "wippy/mailbox"

// entry is a handle in an instance's table. A free one has no resource type.
type entry struct {
	rt    *ResourceType
	scope *task // of a borrow: the call that it must be dropped in
	rep   uint32
	lends uint32 // how many calls in progress borrow through it; of a free one the next free
	own   bool
}

// table is the handles of one instance. The zero value is empty. Index zero is
// never valid; an index that became free last is used again first.
type table struct {
	entries []entry // from index 1
	free    uint32  // the index that is used next; zero for one behind the end
}

// DefaultMaxHandles is how many handles the instances of a process hold together
// where Store.MaxHandles says nothing. They are the host's memory, 32 bytes each.
const DefaultMaxHandles = 1 << 20

// maxIndex bounds a table.
const maxIndex = 1<<28 - 1

// add makes a handle and gives its index.
func (i *Instance) add(e entry) (uint32, error) {
	s := i.Store
	limit := s.MaxHandles
	if limit <= 0 {
		limit = DefaultMaxHandles
	}
	if int64(s.handles) >= limit {
		return 0, mailbox.Errorf(mailbox.LimitHit, "max_handles: the process holds %d of %d handles", s.handles, limit)
	}
	t := &i.handles
	if index := t.free; index != 0 {
		at := &t.entries[index-1]
		t.free = at.lends
		*at = e
		s.handles++
		return index, nil
	}
	// Tables do not shrink: what one instance held, and dropped, counts for the next.
	if room := max(limit, DefaultMaxHandles); s.slots >= room || len(t.entries) >= maxIndex {
		return 0, Trapf("the handle tables are full: they had %d handles at their largest", s.slots)
	}
	s.slots++
	t.entries = append(t.entries, e)
	s.handles++
	return uint32(len(t.entries)), nil
}

// find gives the handle of an index and checks its type.
func (i *Instance) find(index uint32, rt *ResourceType) (*entry, error) {
	t := &i.handles
	if index == 0 || uint64(index) > uint64(len(t.entries)) || t.entries[index-1].rt == nil {
		return nil, Trapf("unknown handle index %d", index)
	}
	e := &t.entries[index-1]
	if e.rt != rt {
		return nil, wrongType(index, rt, e.rt)
	}
	return e, nil
}

// remove takes out what find found.
func (i *Instance) remove(index uint32) {
	t := &i.handles
	t.entries[index-1] = entry{lends: t.free}
	t.free = index
	i.Store.handles--
}

// take removes an own handle that nothing borrows through, and gives its rep.
func (i *Instance) take(index uint32, rt *ResourceType) (uint32, error) {
	e, err := i.find(index, rt)
	if err != nil {
		return 0, err
	}
	switch {
	case e.lends != 0:
		return 0, Trapf("cannot remove owned resource while borrowed: handle index %d", index)
	case !e.own:
		return 0, Trapf("cannot pass on a borrowed resource as owned: handle index %d", index)
	}
	rep := e.rep
	i.remove(index)
	return rep, nil
}
