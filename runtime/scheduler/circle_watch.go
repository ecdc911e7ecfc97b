package scheduler

import (
	"cmp"
	"maps"
	"slices"

	"wippy/mailbox"
)

// watch is a task's monitor of a circle. What its task was told last and what
// has changed since give who is a member now. At most one event of it waits in
// the mailbox; what that tells is put together when it is received, so that one
// who never reads holds no more than there were members then, and are now.
type watch struct {
	ref mailbox.Ref
	t   *task
	c   *circle

	// Guarded by the circle's mutex:
	queued  bool                   // its event waits in the mailbox
	version uint64                 // counts what was noted
	changes map[mailbox.PID]change // not told yet
}

// change is what became of a process. A task that was told of it as a member
// can only have left, any other only have joined: both together are nothing.
type change struct {
	serial uint64
	joined bool
}

// tell notes for those who watch that t is a member now, or no more.
func (c *circle) tell(t *task, joined bool) {
	for _, w := range c.watches {
		w.note(t.pid, change{t.serial, joined})
	}
}

func (w *watch) note(pid mailbox.PID, ch change) {
	w.version++
	if was, ok := w.changes[pid]; ok && was.joined != ch.joined {
		delete(w.changes, pid)
		return
	}
	if w.changes == nil {
		w.changes = map[mailbox.PID]change{}
	}
	w.changes[pid] = ch
	w.post()
}

// post queues the watch's event where there is none and something to tell.
func (w *watch) post() {
	if w.queued || len(w.changes) == 0 {
		return
	}
	w.queued = true
	if w.t.box.Post(mailbox.Event{Type: mailbox.GroupEvent, Topic: w.c.name, Ref: w.ref}) == nil {
		w.t.wake(nil)
	}
}

// MonitorGroup implements process.Peers. Members and watch are of one moment.
func (t *task) MonitorGroup(group string) (mailbox.Ref, []mailbox.PID, error) {
	t.unwindIfDoomed()
	if err := checkName(group); err != nil {
		return 0, nil, err
	}
	if len(t.observed) >= maxCircles {
		return 0, nil, mailbox.Errorf(mailbox.LimitHit, "the process monitors %d groups; it may monitor %d", len(t.observed), maxCircles)
	}
	c := t.s.circles.enter(group, true)
	if n := len(c.watches); n >= maxWatches {
		t.s.circles.exit(c)
		return 0, nil, mailbox.Errorf(mailbox.Unavailable, "the group %q has %d monitors; it may have %d", group, n, maxWatches)
	}
	w := &watch{ref: t.s.newRef(), t: t, c: c}
	c.watches = append(c.watches, w)
	members := c.list()
	t.s.circles.exit(c)
	if t.observed == nil {
		t.observed = map[mailbox.Ref]*watch{}
	}
	t.observed[w.ref] = w
	return w.ref, t.membersByAge(members), nil
}

// DemonitorGroup implements process.Peers.
func (t *task) DemonitorGroup(ref mailbox.Ref) bool {
	t.unwindIfDoomed()
	w := t.observed[ref]
	if w == nil {
		return false
	}
	delete(t.observed, ref)
	t.s.circles.forget(w) // nothing is posted after this
	t.box.Discard(func(e *mailbox.Event) bool { return e.Type == mailbox.GroupEvent && e.Ref == ref })
	return true
}

// forget ends a watch.
func (cs *circles) forget(w *watch) {
	w.c.mu.Lock()
	if i := slices.Index(w.c.watches, w); i >= 0 {
		w.c.watches = slices.Delete(w.c.watches, i, i+1)
	}
	w.changes = nil
	cs.exit(w.c)
}

// changed gives the event of a group that was taken from the mailbox with what
// it tells; nil if that is nothing.
func (t *task) changed(e *mailbox.Event) *mailbox.Event {
	w := t.observed[e.Ref]
	if w == nil {
		return nil
	}
	w.c.mu.Lock()
	changes := w.changes
	w.changes, w.queued = nil, false
	w.c.mu.Unlock()
	return withChanges(e, changes)
}

// withChanges gives a copy of the event that tells the changes; nil for none.
func withChanges(e *mailbox.Event, changes map[mailbox.PID]change) *mailbox.Event {
	if len(changes) == 0 {
		return nil
	}
	told := *e
	told.Group = &mailbox.GroupChange{}
	sorted := slices.SortedFunc(maps.Keys(changes), func(a, b mailbox.PID) int {
		return cmp.Compare(changes[a].serial, changes[b].serial)
	})
	for _, pid := range sorted {
		if changes[pid].joined {
			told.Group.Joined = append(told.Group.Joined, pid)
		} else {
			told.Group.Left = append(told.Group.Left, pid)
		}
	}
	return &told
}

// offer shows a slow match what the group's event at the scan would tell now,
// and gives it if that is accepted. One that is refused, or tells nothing, is
// taken out of the mailbox, and comes back behind the others when there is more
// to tell, or when the receiver is done: a position that the scan has passed
// would not be looked at again.
func (t *task) offer(e *mailbox.Event, scan *mailbox.Scan, match func(*mailbox.Event) bool, refused *declined) *mailbox.Event {
	w := t.observed[e.Ref]
	if w == nil {
		return nil
	}
	w.c.mu.Lock()
	version, changes := w.version, maps.Clone(w.changes)
	w.c.mu.Unlock()
	told := withChanges(e, changes)
	accepted := told != nil && match(told)
	if !t.box.Remove(scan) { // match itself received it, or ended the watch
		return nil
	}
	w.c.mu.Lock()
	defer w.c.mu.Unlock()
	w.queued = false
	if accepted {
		w.tell(changes)
		w.post()
		return told
	}
	if w.version != version {
		w.post()
	}
	*refused = append(*refused, w)
	return nil
}

// tell takes the changes that the receiver knows now from those that it does not.
func (w *watch) tell(known map[mailbox.PID]change) {
	for pid, ch := range known {
		if _, still := w.changes[pid]; still {
			delete(w.changes, pid)
			continue
		}
		if w.changes == nil { // it was undone meanwhile
			w.changes = map[mailbox.PID]change{}
		}
		w.changes[pid] = change{ch.serial, !ch.joined}
	}
}

// declined are the watches whose event was taken out for a match that refused it.
type declined []*watch

// over puts their events back, for the next receiver.
func (r declined) over() {
	for _, w := range r {
		w.c.mu.Lock()
		w.post()
		w.c.mu.Unlock()
	}
}
