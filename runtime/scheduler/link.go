package scheduler

import (
	"cmp"
	"maps"
	"slices"
	"sync"

	"wippy/mailbox"
)

// link is one half of a link: it stands in one task's map, under the PID of
// the other, and its twin stands in the other's. Each half is guarded by its
// task's mutex; no two are ever held at once. What makes and breaks both halves
// is serialized for the pair by a lock of its own, so that two processes that
// link and unlink each other at the same time agree on what came of it. An end
// takes no such lock: the task that ends takes its halves and visits the peers,
// and who removes a half from its task's map decides whether the end is
// delivered there.
type link struct {
	peer *task
	as   mailbox.PID // the name by which its task asked for the link; "" if by PID
}

// pairLocks is how many locks serialize what pairs of processes do. A power of two.
const pairLocks = 64

// pair gives the lock of two tasks, whichever is named first. It is taken
// before their mutexes.
func (s *Scheduler) pair(a, b *task) *sync.Mutex {
	return &s.pairs[(a.serial+b.serial)%pairLocks]
}

// maxBonds bounds the monitors, links and bound children that a process holds, together with
// what waits in its mailbox beyond the capacity: the events of earlier ones,
// which it never received.
const maxBonds = 1 << 18

// mayBind refuses one monitor or link too many.
func (t *task) mayBind() error {
	t.mu.Lock()
	held, unread := len(t.watching)+len(t.links)+len(t.wards), max(0, t.box.Len()-t.box.Capacity())
	for _, in := range t.openInboxes() {
		held += len(in.watching)
		unread += max(0, in.box.Len()-in.box.Capacity())
	}
	t.mu.Unlock()
	if held+unread >= maxBonds {
		return mailbox.Errorf(mailbox.LimitHit, "the process has %d monitors and links, and %d unread events beyond its mailbox's capacity; there may be %d", held, unread, maxBonds)
	}
	return nil
}

// Link implements process.Peers.
func (t *task) Link(dest mailbox.PID) error {
	t.unwindIfDoomed()
	if err := checkLength(dest); err != nil {
		return err
	}
	target := t.s.find(dest)
	if target == t {
		return nil
	}
	if err := t.mayBind(); err != nil {
		return err
	}
	if target != nil {
		if err := target.mayBind(); err != nil {
			return mailbox.Errorf(mailbox.Unavailable, "%s cannot be linked: %w", target.pid, err)
		}
	}
	if target != nil && t.bind(target, nameOf(dest)) {
		t.letGo(target.pid) // the link is in the bond's place
		t.unwindIfDoomed()
		return nil
	}
	from := dest
	if target != nil {
		from = target.pid
	}
	return t.box.Post(mailbox.Event{Type: mailbox.LinkDown, From: from, Topic: string(nameOf(dest)),
		Exit: &mailbox.Exit{Reason: mailbox.ReasonNoProc, Err: mailbox.NoProcess(dest)}})
}

// nameOf gives dest if it is a name, "" if it is a PID.
func nameOf(dest mailbox.PID) mailbox.PID {
	if mailbox.IsPID(string(dest)) {
		return ""
	}
	return dest
}

// bind links t, which runs or is not known yet, with target. False when target's
// end was passed on already, and does not come to t any more.
func (t *task) bind(target *task, as mailbox.PID) bool {
	pair := t.s.pair(t, target)
	pair.Lock()
	defer pair.Unlock()
	t.mu.Lock()
	_, linked := t.links[target.pid]
	t.mu.Unlock()
	if linked {
		return true
	}
	t.hold(link{peer: target, as: as})
	if target.hold(link{peer: t}) {
		return true
	}
	return !t.drop(target.pid)
}

// hold puts the half of a link in place. False when the task's end was passed on.
func (t *task) hold(half link) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.told {
		return false
	}
	if t.links == nil {
		t.links = map[mailbox.PID]link{}
	}
	t.links[half.peer.pid] = half
	return true
}

// drop removes the half of a link; false when there was none.
func (t *task) drop(peer mailbox.PID) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	_, held := t.links[peer]
	delete(t.links, peer)
	return held
}

// Unlink implements process.Peers.
func (t *task) Unlink(dest mailbox.PID) bool {
	t.unwindIfDoomed()
	target, name := t.s.find(dest), nameOf(dest)
	var peers []*task
	had := t.letGo(dest) || target != nil && t.letGo(target.pid)
	t.mu.Lock()
	// The peer may be ending: it is found no more, and its half still stands.
	if l, linked := t.links[dest]; linked {
		peers = append(peers, l.peer)
	}
	if name != "" {
		for _, l := range t.links {
			if l.as == name || l.peer == target {
				peers = append(peers, l.peer)
			}
		}
	}
	t.mu.Unlock()
	for _, p := range peers {
		pair := t.s.pair(t, p)
		pair.Lock()
		had = t.drop(p.pid) || had
		p.drop(t.pid)
		pair.Unlock()
	}
	gone := t.box.Discard(func(e *mailbox.Event) bool {
		return e.Type == mailbox.LinkDown && addressed(e, dest, target)
	})
	t.unwindIfDoomed() // the peer's end may have been quicker
	return had || gone > 0
}

// addressed tells whether an event of another's end is of dest: of that PID,
// asked for by that name, or of the process that has the name now.
func addressed(e *mailbox.Event, dest mailbox.PID, holder *task) bool {
	return e.From == dest || e.Topic != "" && e.Topic == string(dest) || holder != nil && e.From == holder.pid
}

// TrapLinks implements process.Peers.
func (t *task) TrapLinks(on bool) {
	t.unwindIfDoomed()
	t.mu.Lock()
	t.trap = on
	t.mu.Unlock()
}

// breakLinks passes the end of t on to those that it is linked with. It ends
// nobody itself: a peer that is to end is told so, and does it on its own
// executor, so that a chain of links costs no stack.
func (t *task) breakLinks(links map[mailbox.PID]link, exit *mailbox.Exit) {
	if len(links) == 0 {
		return
	}
	why := t.passedOn(exit)
	peers := slices.SortedFunc(maps.Values(links), func(a, b link) int { return cmp.Compare(a.peer.serial, b.peer.serial) })
	for _, l := range peers {
		p := l.peer
		// All of it happens under the peer's mutex, which makes Unlink's word final.
		p.mu.Lock()
		half, linked := p.links[t.pid]
		delete(p.links, t.pid)
		switch {
		case !linked:
		case p.trap:
			_ = p.box.Post(mailbox.Event{Type: mailbox.LinkDown, From: t.pid, Topic: string(half.as), Exit: exit})
			p.wake(nil)
		case why != nil:
			p.kill(why)
		}
		p.mu.Unlock()
	}
}

// passedOn gives the end of a process that is linked with t and does not trap;
// nil if it does not end. The first process of a chain is named in all of it.
func (t *task) passedOn(exit *mailbox.Exit) *mailbox.Exit {
	switch {
	case exit.Reason == mailbox.ReasonNormal:
		return nil
	case exit.Origin != "":
		return &mailbox.Exit{Reason: exit.Reason, Err: exit.Err, Origin: exit.Origin}
	}
	first := exit.Err
	err := mailbox.Errorf(first.Kind, "%w (in the linked process %s of %s)", first, t.pid, t.now().entry)
	err.Retryable, err.Value = first.Retryable, first.Value
	return &mailbox.Exit{Reason: exit.Reason, Err: err, Origin: t.pid}
}
