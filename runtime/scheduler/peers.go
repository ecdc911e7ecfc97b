package scheduler

import (
	"cmp"
	"slices"
	"time"

	"wippy/mailbox"
	"wippy/runtime/process"
)

func noProc(pid mailbox.PID) *mailbox.Error {
	return mailbox.Errorf(mailbox.NoProc, "there is no process %s", pid)
}

// Send implements process.Peers.
func (t *task) Send(to mailbox.PID, topic string, values []mailbox.Value) error {
	t.unwindIfDoomed()
	target := t.s.procs.get(to)
	if target == nil {
		return noProc(to)
	}
	ev := mailbox.Event{Type: mailbox.Message, From: t.pid, Topic: topic, Values: values}
	err := target.box.Post(ev)
	if err == mailbox.ErrFull && target.box.Overflow() == mailbox.Block && target != t {
		err = t.postWhenRoom(target, ev)
	}
	switch err {
	case nil:
		target.wake(t.exec)
		return nil
	case mailbox.ErrFull:
		return full(to, target.box)
	}
	return noProc(to)
}

func full(pid mailbox.PID, box *mailbox.Mailbox) error {
	return mailbox.Errorf(mailbox.Unavailable, "the mailbox of %s is full (capacity %d)", pid, box.Capacity())
}

func (t *task) postWhenRoom(target *task, ev mailbox.Event) error {
	var w *mailbox.Waiter
	var err error
	t.Suspend(func(wake func()) {
		w = target.box.PostWhenRoom(ev, func(e error) {
			err = e
			target.wake(nil)
			wake()
		})
	}, func() { target.box.Withdraw(w) })
	return err
}

// Send posts a message from outside of any process; it never blocks: a full
// mailbox is an error under the policy `block` too.
func (s *Scheduler) Send(to mailbox.PID, topic string, values []mailbox.Value) error {
	target := s.procs.get(to)
	if target == nil {
		return noProc(to)
	}
	switch target.box.Post(mailbox.Event{Type: mailbox.Message, Topic: topic, Values: values}) {
	case nil:
		target.wake(nil)
		return nil
	case mailbox.ErrFull:
		return full(to, target.box)
	}
	return noProc(to)
}

// Terminate implements process.Peers.
func (t *task) Terminate(pid mailbox.PID) error {
	t.unwindIfDoomed()
	err := t.s.Terminate(pid)
	t.unwindIfDoomed() // it may have been itself
	return err
}

// Terminate kills a process.
func (s *Scheduler) Terminate(pid mailbox.PID) error {
	target := s.procs.get(pid)
	if target == nil {
		return noProc(pid)
	}
	target.kill(killed)
	return nil
}

// Cancel implements process.Peers.
func (t *task) Cancel(pid mailbox.PID, reason string, grace time.Duration) error {
	t.unwindIfDoomed()
	target := t.s.procs.get(pid)
	if target == nil {
		return noProc(pid)
	}
	target.cancel(t.pid, reason, grace)
	t.unwindIfDoomed() // it may have been itself
	return nil
}

// leaving is a cancel that its target has to answer by ending.
type leaving struct {
	deadline time.Time
	timer    *timer
}

// deaf tells whether the task has no use for a mailbox.
func (t *task) deaf() bool {
	d, ok := t.prog.(process.Deaf)
	return ok && d.Deaf() || t.prog.Straight()
}

// cancel asks the task to end within grace and kills it then, at once if it
// could not learn of it. Of several cancels the earliest deadline counts, and
// one CANCEL is queued at the most: others' cancels cannot fill a mailbox.
func (t *task) cancel(from mailbox.PID, reason string, grace time.Duration) {
	if grace <= 0 || t.deaf() {
		t.kill(cancelled)
		return
	}
	deadline := t.s.cfg.Clock.Now().Add(grace)
	t.cancelling.Lock()
	defer t.cancelling.Unlock()
	if t.leaving != nil && !deadline.Before(t.leaving.deadline) {
		return
	}
	timer, ok := t.addTimer(grace, func() { t.kill(cancelled) })
	if !ok {
		return
	}
	if t.leaving != nil {
		t.leaving.timer.stop()
		t.box.Discard(func(e *mailbox.Event) bool { return e.Type == mailbox.CancelEvent })
	}
	t.leaving = &leaving{deadline, timer}
	if t.box.Post(mailbox.Event{Type: mailbox.CancelEvent, From: from,
		Cancel: &mailbox.Cancel{Reason: reason, Deadline: deadline}}) == nil {
		t.wake(nil)
	}
}

// Info implements process.Peers.
func (t *task) Info(pid mailbox.PID) (process.Info, bool) { return t.s.Info(pid) }

// Info describes a living process.
func (s *Scheduler) Info(pid mailbox.PID) (process.Info, bool) {
	t := s.procs.get(pid)
	if t == nil {
		return process.Info{}, false
	}
	info := process.Info{
		PID: t.pid, Entry: t.entry, Group: t.g.ID,
		State:   t.stateName(),
		Steps:   t.steps.Load(),
		Mailbox: t.box.Len(),
		Dropped: t.box.Dropped(),
		Fuel:    t.fuel.Load(),
		Uptime:  s.cfg.Clock.Now().Sub(t.born),
	}
	if m, ok := t.proc.(process.Measured); ok {
		info.Memory = m.Memory()
	}
	return info, true
}

func (t *task) stateName() string {
	switch {
	case t.doomed.Load() != nil:
		return "ending"
	case !t.begun.Load():
		return "starting"
	}
	switch t.state.Load() {
	case queued:
		return "runnable"
	case parked:
		return "waiting"
	case ended:
		return "ending"
	}
	return "running"
}

// List implements process.Peers.
func (t *task) List(group string) ([]mailbox.PID, error) { return t.s.List(group) }

// List gives the living processes of a group, oldest first, or of all for "".
func (s *Scheduler) List(groupID string) ([]mailbox.PID, error) {
	if groupID != "" {
		if _, err := s.group(groupID); err != nil {
			return nil, err
		}
	}
	var ts []*task
	for _, t := range s.procs.all() {
		if groupID == "" || t.g.ID == groupID {
			ts = append(ts, t)
		}
	}
	slices.SortFunc(ts, func(a, b *task) int { return cmp.Compare(a.serial, b.serial) })
	pids := make([]mailbox.PID, len(ts))
	for i, t := range ts {
		pids[i] = t.pid
	}
	return pids, nil
}

// Waiting is the number of processes that wait to be woken.
func (s *Scheduler) Waiting() int {
	n := 0
	for _, t := range s.procs.all() {
		if t.state.Load() == parked {
			n++
		}
	}
	return n
}
