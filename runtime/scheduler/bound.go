package scheduler

import (
	"wippy/mailbox"
	"wippy/runtime/process"
)

// A bound child ends with its parent, however that ends and whatever the child
// does about links (process.Spawn.Bound). The bond is a link whose halves know
// which of the two is the child. Nobody can unlink it, and the parent's end
// waits until its children's are over: so its EXIT says that nothing is left
// of them, and whoever restarts the parent finds their names and files free.

// orphaned is the end of a bound child whose parent ended normally.
var orphaned = &mailbox.Exit{Reason: mailbox.ReasonKilled,
	Err: &mailbox.Error{Kind: mailbox.Killed, Message: "the process that it was bound to has ended"}}

// keep makes the link with a child, which nobody knows yet, a bond.
func (t *task) keep(child *task) {
	t.mu.Lock()
	t.links[child.pid] = link{peer: child, role: ward}
	t.wards++
	t.mu.Unlock()
	child.mu.Lock()
	child.links[t.pid] = link{peer: t, role: keeper}
	child.mu.Unlock()
}

// mourn takes note of the end of a bound child of t, whose mutex is held. True
// if t is ending itself: it waits for nothing else then.
func (t *task) mourn() bool {
	t.wards--
	if t.waning {
		t.wake(nil)
		return true
	}
	// An end that is not trapped kills t below; t sees the rest to their ends.
	return false
}

// endBound kills the children that are bound to t, whose own code is over, and
// waits until nothing is left of them.
func (t *task) endBound(r process.Result, wait bool) {
	t.mu.Lock()
	t.waning = true
	var wards []*task
	if t.wards > 0 {
		for _, l := range t.links {
			if l.role == ward {
				wards = append(wards, l.peer)
			}
		}
	}
	t.mu.Unlock()
	if wards == nil {
		return
	}
	why := t.passedOn(t.exit(r))
	if why == nil {
		why = orphaned
	}
	for _, w := range wards {
		w.kill(why)
	}
	for wait && t.hasWards() {
		t.parkRaw()
	}
}

func (t *task) hasWards() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.wards > 0
}

// announced tells the spawner that Init is over.
func (t *task) announced() {
	if p := t.s.procs.get(t.parent); p != nil {
		if p.box.PostDue(mailbox.Event{Type: mailbox.Message, From: t.pid, Topic: process.Started}) == nil {
			p.wake(t.exec)
		}
	}
}
