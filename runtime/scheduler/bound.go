package scheduler

import (
	"wippy/mailbox"
	"wippy/runtime/process"
)

// A bound child ends with its spawner, however that ends and whatever the child
// does about links (process.Spawn.Bound). It is one-sided and has nothing to do
// with links: the child's own end is told by a monitor, and only the spawner can
// let the child go. The spawner's end waits until its children's are over, and
// were told to everybody: so its EXIT comes after theirs and says that nothing
// is left of them, and whoever restarts it finds their names and files free.

// keep binds a child that was not launched yet.
func (t *task) keep(child *task) {
	child.keeper.Store(t)
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.wards == nil {
		t.wards = map[mailbox.PID]*task{}
	}
	t.wards[child.pid] = child
}

// letGo ends the bond with a child; false if there was none.
func (t *task) letGo(child mailbox.PID) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	c := t.wards[child]
	if c == nil {
		return false
	}
	delete(t.wards, child)
	c.keeper.Store(nil)
	return true
}

// endBound kills the children that are bound to t, whose own code is over, and
// waits until nothing is left of them.
func (t *task) endBound(r process.Result) {
	t.mu.Lock()
	t.waning.Store(true)
	children := make([]*task, 0, len(t.wards))
	for _, c := range t.wards {
		children = append(children, c)
	}
	t.mu.Unlock()
	if len(children) == 0 {
		return
	}
	why := t.passedOn(t.exit(r))
	if why == nil {
		why = t.leftAlone()
	}
	for _, c := range children {
		c.kill(why)
	}
	for t.hasWards() {
		t.parkRaw()
	}
}

// hasWards tells whether a bound child is left.
func (t *task) hasWards() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.wards) > 0
}

// unbound takes t, whose end everybody knows, from the spawner that it is bound
// to, which may wait for just that.
func (t *task) unbound() {
	k := t.keeper.Swap(nil)
	if k == nil {
		return
	}
	k.mu.Lock()
	delete(k.wards, t.pid)
	last := k.waning.Load() && len(k.wards) == 0
	k.mu.Unlock()
	if last {
		k.wake(t.exec)
	}
}

// leftAlone is the end of a bound child whose spawner t has ended normally.
func (t *task) leftAlone() *mailbox.Exit {
	return &mailbox.Exit{Reason: mailbox.ReasonKilled, Origin: t.pid,
		Err: mailbox.Errorf(mailbox.Killed, "the process ended with its owner %s of %s", t.pid, t.now().entry)}
}

// announced tells the spawner that Init is over.
func (t *task) announced() {
	if p := t.s.procs.get(t.parent); p != nil {
		if p.box.PostDue(mailbox.Event{Type: mailbox.Message, From: t.pid, Topic: process.Started}) == nil {
			p.wake(t.exec)
		}
	}
}
