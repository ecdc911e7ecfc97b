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
	t.unwindIfDoomed()
	target := t.s.find(dest)
	if target == nil {
		return mailbox.NoProcess(dest)
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
		return full(dest, target.box)
	}
	return mailbox.NoProcess(dest)
}

func full(dest mailbox.PID, box *mailbox.Mailbox) error {
	return mailbox.Errorf(mailbox.Unavailable, "the mailbox of %s is full (capacity %d)", dest, box.Capacity())
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
	target := s.find(dest)
	if target == nil {
		return mailbox.NoProcess(dest)
	}
	switch target.box.Post(mailbox.Event{Type: mailbox.Message, Topic: topic, Values: values}) {
	case nil:
		target.wake(nil)
		return nil
	case mailbox.ErrFull:
		return full(dest, target.box)
	}
	return mailbox.NoProcess(dest)
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
