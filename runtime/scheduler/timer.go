package scheduler

import (
	"time"

	"wippy/mailbox"
	"wippy/runtime/process"
)

// timer is something that the clock owes a task, and a handle of the task's.
// It dies with it. What it does when it is due happens under the task's mutex,
// and only if it still stands among the task's timers: so stopping it is
// final, and nothing comes of it after the task's EXIT.
type timer struct {
	t     *task
	ref   mailbox.Ref
	clock process.Timer
	bytes int64 // what its message takes
	ticks bool  // it comes again and again
}

// order sets a timer for a message of so many bytes: due is called under the
// mutex.
func (t *task) order(d time.Duration, bytes int64, ticks bool, due func(*timer)) *timer {
	tm := &timer{t: t, ref: t.s.newRef(), bytes: bytes, ticks: ticks}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ordered += bytes
	if t.timers == nil {
		t.timers = map[mailbox.Ref]*timer{}
	}
	t.timers[tm.ref] = tm
	tm.clock = t.s.cfg.Clock.AfterFunc(d, func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		if _, held := t.timers[tm.ref]; held {
			due(tm)
		}
	})
	return tm
}

// stop withdraws the timer; false if it was due, or stopped, already.
func (tm *timer) stop() bool { return tm.t.StopTimer(tm.ref) }

// StopTimer implements process.Peers.
func (t *task) StopTimer(ref mailbox.Ref) bool {
	t.mu.Lock()
	tm, held := t.timers[ref]
	if held {
		tm.forget()
	}
	t.mu.Unlock()
	if held {
		tm.clock.Stop()
	}
	return held
}

// forget takes the timer from its task, whose mutex is held.
func (tm *timer) forget() {
	delete(tm.t.timers, tm.ref)
	tm.t.ordered -= tm.bytes
}

// ticking is how many of the timers come again and again. The mutex is held.
func (t *task) ticking() (n int64) {
	for _, tm := range t.timers {
		if tm.ticks {
			n++
		}
	}
	return n
}

// stopTickers ends the timers that would come for ever: whoever ordered them is
// gone, and could alone stop them.
func (t *task) stopTickers() {
	var stopped []*timer
	t.mu.Lock()
	for _, tm := range t.timers {
		if tm.ticks {
			tm.forget()
			stopped = append(stopped, tm)
		}
	}
	t.mu.Unlock()
	for _, tm := range stopped {
		tm.clock.Stop()
	}
}

// minPeriod is the shortest period of a timer: faster ones would keep a
// processor busy that no limit of the process's counts.
const minPeriod = time.Millisecond

// maxTimers bounds the timers that a process holds where its limits say
// nothing, together with the messages of timers that wait in its mailbox beyond
// the capacity.
const maxTimers = 1 << 16

// SendAfter implements process.Peers. A single message finds room even in a
// full mailbox; a periodic one that finds none is counted as dropped.
func (t *task) SendAfter(d, period time.Duration, topic string, values []mailbox.Value) (stop func() bool, err error) {
	tm, err := t.sendAfter(d, period, topic, values)
	if err != nil {
		return nil, err
	}
	return tm.stop, nil
}

func (t *task) sendAfter(d, period time.Duration, topic string, values []mailbox.Value) (*timer, error) {
	t.unwindIfDoomed()
	if period > 0 && period < minPeriod {
		return nil, mailbox.Errorf(mailbox.Invalid, "a period of %v is too short; the shortest is %v", period, minPeriod)
	}
	ev := mailbox.Event{Type: mailbox.Message, From: t.pid, Topic: topic, Values: values}
	size := ev.Size()
	if err := t.mayHoldTimer(size); err != nil {
		return nil, err
	}
	due := t.s.cfg.Clock.Now().Add(d)
	return t.order(d, size, period > 0, func(tm *timer) {
		if period <= 0 {
			tm.forget()
			if t.box.PostDue(ev) == nil {
				t.wake(nil)
			}
			return
		}
		t.postOrDrop(t.box, ev)
		tm.again(&due, period)
	}), nil
}

// PostAfter implements process.Peers.
func (t *task) PostAfter(d time.Duration, dest mailbox.PID, topic string, values []mailbox.Value) (mailbox.Ref, error) {
	t.unwindIfDoomed()
	target, box := t.s.address(dest)
	switch {
	case target == t && box == t.box:
		tm, err := t.sendAfter(d, 0, topic, values)
		if err != nil {
			return 0, err
		}
		return tm.ref, nil
	case target == nil && mailbox.IsPID(string(dest)): // nobody will ever have it again
		return 0, mailbox.NoProcess(dest)
	case target == nil:
		if err := checkName(string(dest)); err != nil {
			return 0, err
		}
	}
	ev := mailbox.Event{Type: mailbox.Message, From: t.pid, Topic: topic, Values: values}
	size := ev.Size()
	if err := t.mayHoldTimer(size); err != nil {
		return 0, err
	}
	return t.order(d, size, false, func(tm *timer) {
		tm.forget()
		switch target, box := t.s.address(dest); {
		case target == t: // an inbox: see sendAfter
			if box.PostDue(ev) == nil {
				t.wake(nil)
			}
		case target != nil:
			target.postOrDrop(box, ev)
		}
	}).ref, nil
}

// postOrDrop posts a message to a mailbox of t's; its sender does not wait for room.
func (t *task) postOrDrop(box *mailbox.Mailbox, ev mailbox.Event) {
	switch box.Post(ev) {
	case nil:
		t.wake(nil)
	case mailbox.ErrFull, mailbox.ErrTooLarge:
		box.CountDropped()
	}
}

// mayHoldTimer refuses a timer too many, or one whose message, of so many bytes,
// is too large beside those that are due or wait to be received.
func (t *task) mayHoldTimer(bytes int64) error {
	t.mu.Lock()
	held, ordered := len(t.timers), t.ordered
	t.mu.Unlock()
	if waiting, most := t.box.Bytes(); waiting+ordered+bytes > most {
		return mailbox.Errorf(mailbox.LimitHit, "the messages of the process's timers take %d bytes and its mailbox holds %d, and %d more were asked for; there may be %d",
			ordered, waiting, bytes, most)
	}
	if limit := t.now().limits.MaxHandles; limit > 0 && int64(held) >= limit {
		return t.limitError("max_handles: the limit is %d handles; %d timers are held, and one more was asked for", limit, held)
	}
	if unread := max(0, t.box.Len()-t.box.Capacity()); held+unread >= maxTimers {
		return mailbox.Errorf(mailbox.LimitHit, "the process has %d timers and %d unread messages of timers; there may be %d", held, unread, maxTimers)
	}
	return nil
}

// again orders the next tick at a multiple of the period, so that ticks do not
// drift; those that are missed altogether are left out.
func (tm *timer) again(due *time.Time, period time.Duration) {
	now := tm.t.s.cfg.Clock.Now()
	*due = due.Add(period)
	if late := now.Sub(*due); late > 0 {
		*due = due.Add(late.Truncate(period) + period)
	}
	tm.clock.Reset(due.Sub(now))
}
