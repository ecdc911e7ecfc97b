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

// keep binds a child.
func (t *task) keep(child *task) {
	pair := t.s.pair(t, child)
	pair.Lock()
	defer pair.Unlock()
	t.mu.Lock()
	t.wards++
	t.mu.Unlock()
	t.join(child, link{own: keeps}, link{own: kept})
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
			if l.own == keeps {
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
		why = t.leftAlone()
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
