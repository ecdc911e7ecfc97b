package scheduler

import (
	"sync/atomic"
	"time"

	"wippy/mailbox"
	"wippy/runtime/process"
)

// timer is something that the clock owes a task; it dies with the task.
type timer struct {
	t       *task
	clock   process.Timer
	stopped atomic.Bool
}

// addTimer orders one call of f. False when the task has ended.
func (t *task) addTimer(d time.Duration, f func()) (*timer, bool) {
	tm := &timer{t: t}
	ok := tm.start(d, func() {
		tm.stop()
		f()
	})
	return tm, ok
}

func (tm *timer) start(d time.Duration, f func()) bool {
	t := tm.t
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.over {
		return false
	}
	if t.timers == nil {
		t.timers = map[*timer]struct{}{}
	}
	t.timers[tm] = struct{}{}
	tm.clock = t.s.cfg.Clock.AfterFunc(d, func() {
		if !tm.stopped.Load() {
			f()
		}
	})
	return true
}

func (tm *timer) stop() {
	if tm.stopped.Swap(true) {
		return
	}
	t := tm.t
	t.mu.Lock()
	delete(t.timers, tm)
	clock := tm.clock
	t.mu.Unlock()
	clock.Stop()
}

func (t *task) stopTimers() {
	t.mu.Lock()
	timers := t.timers
	t.timers = nil
	t.over = true
	t.mu.Unlock()
	for tm := range timers {
		tm.stopped.Store(true)
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
func (t *task) SendAfter(d, period time.Duration, topic string, values []mailbox.Value) (stop func(), err error) {
	t.unwindIfDoomed()
	if period > 0 && period < minPeriod {
		return nil, mailbox.Errorf(mailbox.Invalid, "a period of %v is too short; the shortest is %v", period, minPeriod)
	}
	if err := t.mayHoldTimer(); err != nil {
		return nil, err
	}
	ev := mailbox.Event{Type: mailbox.Message, From: t.pid, Topic: topic, Values: values}
	tm := &timer{t: t}
	due := t.s.cfg.Clock.Now().Add(d)
	tm.start(d, func() {
		if period <= 0 {
			tm.stop()
			if t.box.PostDue(ev) == nil {
				t.wake(nil)
			}
			return
		}
		if t.box.Post(ev) == nil {
			t.wake(nil)
		} else {
			t.box.CountDropped()
		}
		tm.again(&due, period)
	})
	return tm.stop, nil
}

func (t *task) mayHoldTimer() error {
	t.mu.Lock()
	held := len(t.timers)
	t.mu.Unlock()
	if limit := t.limits.MaxHandles; limit > 0 && int64(held) >= limit {
		return mailbox.Errorf(mailbox.LimitHit, "max_handles: the process holds %d of %d timers", held, limit)
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
	tm.t.mu.Lock()
	defer tm.t.mu.Unlock()
	if !tm.stopped.Load() {
		tm.clock.Reset(due.Sub(now))
	}
}
