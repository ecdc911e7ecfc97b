package scheduler

import (
	"time"

	"wippy/mailbox"
	"wippy/runtime/process"
)

// Cancel implements process.Peers.
func (t *task) Cancel(dest mailbox.PID, reason string, grace time.Duration) error {
	t.unwindIfDoomed()
	target := t.s.find(dest)
	if target == nil {
		return mailbox.NoProcess(dest)
	}
	target.cancel(t.pid, reason, grace)
	t.unwindIfDoomed() // it may have been itself
	return nil
}

// Cancel asks a process to end within grace, from nobody.
func (s *Scheduler) Cancel(dest mailbox.PID, reason string, grace time.Duration) error {
	target := s.find(dest)
	if target == nil {
		return mailbox.NoProcess(dest)
	}
	target.cancel("", reason, grace)
	return nil
}

// leaving is a cancel that its target has to answer by ending.
type leaving struct {
	deadline time.Time
	timer    process.Timer // kills it then
}

// deaf tells whether the task has no use for a mailbox.
func (t *task) deaf() bool {
	prog := t.now().prog
	d, ok := prog.(process.Deaf)
	return ok && d.Deaf() || prog.Straight()
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
	if t.state.Load() == ended || t.leaving != nil && !deadline.Before(t.leaving.deadline) {
		return
	}
	if t.leaving != nil {
		t.leaving.timer.Stop()
		t.box.Discard(func(e *mailbox.Event) bool { return e.Type == mailbox.CancelEvent })
	}
	t.leaving = &leaving{deadline, t.s.cfg.Clock.AfterFunc(grace, func() { t.kill(cancelled) })}
	if t.box.Post(mailbox.Event{Type: mailbox.CancelEvent, From: from,
		Cancel: &mailbox.Cancel{Reason: reason, Deadline: deadline}}) == nil {
		t.wake(nil)
	}
}

// stay ends the cancel of a task that has ended: its deadline is of no concern
// any more.
func (t *task) stay() {
	t.cancelling.Lock()
	defer t.cancelling.Unlock()
	if t.leaving != nil {
		t.leaving.timer.Stop()
	}
}
