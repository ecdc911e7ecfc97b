package scheduler

import "wippy/mailbox"

// find gives the living process that dest is the PID or a registered name of;
// nil if there is none.
func (s *Scheduler) find(dest mailbox.PID) *task {
	if mailbox.IsPID(string(dest)) {
		return s.procs.get(dest)
	}
	return s.names.get(dest)
}

// Send implements process.Peers.
func (t *task) Send(dest mailbox.PID, topic string, values []mailbox.Value) error {
	return t.sendAs(t.pid, dest, topic, values)
}

// sendAs is Send from an address of t's.
func (t *task) sendAs(from, dest mailbox.PID, topic string, values []mailbox.Value) error {
	t.unwindIfDoomed()
	target, box := t.s.address(dest)
	if target == nil {
		return mailbox.NoProcess(dest)
	}
	ev := mailbox.Event{Type: mailbox.Message, From: from, Topic: topic, Values: values}
	err := box.Post(ev)
	if err == mailbox.ErrFull && box.Overflow() == mailbox.Block && target != t {
		err = t.postWhenRoom(target, ev)
	}
	if err == nil {
		target.wake(t.exec)
		return nil
	}
	return target.refuse(err, dest, box, &ev)
}

// Post implements process.Peers.
func (t *task) Post(dest mailbox.PID, topic string, values []mailbox.Value) error {
	t.unwindIfDoomed()
	return t.s.post(mailbox.Event{Type: mailbox.Message, From: t.pid, Topic: topic, Values: values}, dest, t.exec)
}

// refuse says why a message to a mailbox of t was not posted.
func (t *task) refuse(err error, dest mailbox.PID, box *mailbox.Mailbox, ev *mailbox.Event) error {
	if err != mailbox.ErrClosed {
		t.g.rejected.Add(1)
	}
	held, most := box.Bytes()
	switch size := ev.Size(); {
	case err == mailbox.ErrTooLarge:
		return mailbox.Errorf(mailbox.Invalid, "the message of %d bytes is too large for the mailbox of %s, which may hold %d", size, dest, most)
	case err == mailbox.ErrFull && box.Len() < box.Capacity():
		return mailbox.Errorf(mailbox.Unavailable, "the mailbox of %s has no room for %d bytes: it holds %d, and may hold %d", dest, size, held, most)
	case err == mailbox.ErrFull:
		return mailbox.Errorf(mailbox.Unavailable, "the mailbox of %s is full (capacity %d)", dest, box.Capacity())
	}
	return mailbox.NoProcess(dest)
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
func (s *Scheduler) Send(dest mailbox.PID, topic string, values []mailbox.Value) error {
	return s.post(mailbox.Event{Type: mailbox.Message, Topic: topic, Values: values}, dest, nil)
}

func (s *Scheduler) post(ev mailbox.Event, dest mailbox.PID, from *executor) error {
	target, box := s.address(dest)
	if target == nil {
		return mailbox.NoProcess(dest)
	}
	if err := box.Post(ev); err != nil {
		return target.refuse(err, dest, box, &ev)
	}
	target.wake(from)
	return nil
}

// Terminate implements process.Peers.
func (t *task) Terminate(dest mailbox.PID) error {
	t.unwindIfDoomed()
	err := t.s.Terminate(dest)
	t.unwindIfDoomed() // it may have been itself
	return err
}

// Terminate kills a process.
func (s *Scheduler) Terminate(dest mailbox.PID) error {
	target := s.find(dest)
	if target == nil {
		return mailbox.NoProcess(dest)
	}
	target.kill(killed)
	return nil
}
