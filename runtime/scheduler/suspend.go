package scheduler

import (
	"context"
	"sync/atomic"
	"time"

	"wippy/mailbox"
	"wippy/runtime/process"
)

// park waits for a wake and unwinds if the process is to end. Wakes may be
// spurious: callers look again at what they wait for.
func (t *task) park() {
	t.parkRaw()
	t.unwindIfDoomed()
}

func (t *task) parkRaw() {
	if t.co == nil {
		panic("a straight process tried to suspend")
	}
	t.co.yield(sigPark)
}

// unwindIfDoomed unwinds a process that is to end, or to go on as another entry.
func (t *task) unwindIfDoomed() {
	if t.doomed.Load() != nil {
		t.unwinding = true
		process.Unwind()
	}
	if t.successor != nil {
		process.Unwind()
	}
}

// Checkpoint implements process.Suspender.
func (t *task) Checkpoint(fuel uint64) {
	used := t.fuel.Add(fuel)
	if limit := t.now().limits.MaxFuel; limit > 0 && used > uint64(limit) {
		t.kill(limitExit("max_fuel: the process used %d of %d units", used, limit))
	}
	// Whoever this process woke waits in the slot: let an idle executor have it.
	if e := t.exec; e != nil && e.next != nil && t.s.queue.idle.Load() > 0 {
		n := e.next
		e.next = nil
		t.s.queue.put(n, resumed)
	}
	t.unwindIfDoomed()
}

// Exceed implements process.Suspender.
func (t *task) Exceed(err *mailbox.Error) {
	t.kill(&mailbox.Exit{Reason: mailbox.ReasonLimit, Err: err})
	t.unwindIfDoomed()
}

// Printed implements process.Suspender.
func (t *task) Printed(n int) int64 {
	t.printed += int64(n)
	return t.printed
}

// Urgent implements process.Suspender.
func (t *task) Urgent() *atomic.Bool { return &t.urgent }

// Yield implements process.Suspender.
func (t *task) Yield() {
	t.unwindIfDoomed()
	if t.co == nil {
		return
	}
	t.co.yield(sigYield)
	t.unwindIfDoomed()
}

// Receive implements process.Suspender.
func (t *task) Receive(match func(*mailbox.Event) bool, timeout time.Duration) *mailbox.Event {
	return t.receive(t.box, match, timeout)
}

// receive is Receive from one of t's mailboxes.
func (t *task) receive(box *mailbox.Mailbox, match func(*mailbox.Event) bool, timeout time.Duration) *mailbox.Event {
	var scan mailbox.Scan
	return t.await(timeout, func() *mailbox.Event { return t.take(box, &scan, match) })
}

// ReceiveFunc implements process.Suspender.
func (t *task) ReceiveFunc(match func(*mailbox.Event) bool, timeout time.Duration) *mailbox.Event {
	return t.receiveFunc(t.box, match, timeout)
}

// receiveFunc is ReceiveFunc from one of t's mailboxes.
func (t *task) receiveFunc(box *mailbox.Mailbox, match func(*mailbox.Event) bool, timeout time.Duration) *mailbox.Event {
	var scan mailbox.Scan
	var refused declined
	defer func() { refused.over() }()
	return t.await(timeout, func() *mailbox.Event {
		for e := box.Next(&scan); e != nil; e = box.Next(&scan) {
			if e.Type == mailbox.GroupEvent { // in the mailbox only
				if e := t.offer(e, &scan, match, &refused); e != nil {
					return e
				}
			} else if match(e) && box.Remove(&scan) {
				return e
			}
		}
		return nil
	})
}

// take takes an event from the mailbox. That of a group whose changes came to
// nothing is none.
func (t *task) take(box *mailbox.Mailbox, scan *mailbox.Scan, match func(*mailbox.Event) bool) *mailbox.Event {
	for {
		e := box.Take(scan, match)
		if e == nil || e.Type != mailbox.GroupEvent {
			return e
		}
		if e := t.changed(e); e != nil {
			return e
		}
	}
}

// await tries take until it gives an event or the timeout is over. take may
// itself wait. A process that is to end gets no event any more: a link's end
// comes before the EXIT of the same process.
func (t *task) await(timeout time.Duration, take func() *mailbox.Event) *mailbox.Event {
	e := t.awaitEvent(timeout, take)
	t.unwindIfDoomed()
	return e
}

func (t *task) awaitEvent(timeout time.Duration, take func() *mailbox.Event) *mailbox.Event {
	t.unwindIfDoomed()
	if timeout <= 0 {
		for {
			if e := take(); e != nil || timeout == 0 {
				return e
			}
			t.park()
		}
	}
	clock := t.s.cfg.Clock
	deadline := clock.Now().Add(timeout)
	if e := take(); e != nil {
		return e
	}
	defer t.alarm.restore(t, t.alarm.set(t, deadline))
	for clock.Now().Before(deadline) {
		t.park()
		if e := take(); e != nil {
			return e
		}
	}
	return nil
}

// Sleep implements process.Suspender.
func (t *task) Sleep(d time.Duration) {
	t.unwindIfDoomed()
	if d <= 0 {
		t.Yield()
		return
	}
	clock := t.s.cfg.Clock
	deadline := clock.Now().Add(d)
	defer t.alarm.restore(t, t.alarm.set(t, deadline))
	for clock.Now().Before(deadline) {
		t.park()
	}
}

// alarm wakes a task at a deadline. One serves all of a task's waits: a wait
// within another's match sets it anew, and puts it back when it ends. It only
// wakes; whether a deadline is over is for the clock to say.
type alarm struct {
	timer process.Timer
	at    time.Time // zero when it is not set
}

// set sets the alarm and gives what it was set to.
func (a *alarm) set(t *task, at time.Time) (before time.Time) {
	before, a.at = a.at, at
	d := at.Sub(t.s.cfg.Clock.Now())
	if a.timer == nil {
		a.timer = t.s.cfg.Clock.AfterFunc(d, func() { t.wake(nil) })
	} else {
		a.timer.Reset(d)
	}
	return before
}

// restore ends a wait: the alarm is set as it was before.
func (a *alarm) restore(t *task, before time.Time) {
	if before.IsZero() {
		a.stop()
	} else {
		a.set(t, before)
	}
}

func (a *alarm) stop() {
	a.at = time.Time{}
	if a.timer != nil {
		a.timer.Stop()
	}
}

// Suspend implements process.Suspender.
func (t *task) Suspend(start func(wake func()), cancel func()) {
	t.unwindIfDoomed()
	var done atomic.Bool
	start(func() {
		done.Store(true)
		t.wake(nil)
	})
	for !done.Load() {
		t.parkRaw()
		if t.doomed.Load() != nil {
			cancel()
			t.unwindIfDoomed()
		}
	}
}

// Await implements process.Suspender.
func (t *task) Await(f func(context.Context) error) error {
	t.unwindIfDoomed()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	j := &job{f: f, ctx: ctx, over: func() { t.wake(nil) }}
	t.s.pool.submit(j)
	for !j.done.Load() {
		t.parkRaw()
		if t.doomed.Load() != nil {
			cancel()
			t.forsake(j)
			t.unwindIfDoomed()
		}
	}
	return j.err
}

// forsake waits for a cancelled job for a while, and then no longer.
func (t *task) forsake(j *job) {
	if t.s.pool.withdraw(j) {
		return
	}
	clock := t.s.cfg.Clock
	deadline := clock.Now().Add(t.s.cfg.AbandonAfter)
	defer t.alarm.restore(t, t.alarm.set(t, deadline))
	for !j.done.Load() {
		if !clock.Now().Before(deadline) {
			if t.s.pool.abandon(j) {
				n := t.s.abandoned.Add(1)
				t.Logger().Warn("a call ignored its cancelled context and was abandoned", "stuck_calls", n)
			}
			return
		}
		t.parkRaw()
	}
}
