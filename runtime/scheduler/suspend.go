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

func (t *task) unwindIfDoomed() {
	if t.doomed.Load() != nil {
		t.unwinding = true
		process.Unwind()
	}
}

// Checkpoint implements process.Suspender.
func (t *task) Checkpoint(fuel uint64) {
	used := t.fuel.Add(fuel)
	if limit := t.limits.MaxFuel; limit > 0 && used > uint64(limit) {
		t.kill(limitExit("max_fuel: the process used %d of %d units", used, limit))
	}
	t.unwindIfDoomed()
	// Whoever this process woke waits in the slot: let an idle executor have it.
	if e := t.exec; e != nil && e.next != nil && t.s.queue.idle.Load() > 0 {
		n := e.next
		e.next = nil
		t.s.queue.put(n, false)
	}
}

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
	var scan mailbox.Scan
	return t.await(timeout, func() *mailbox.Event { return t.box.Take(&scan, match) })
}

// ReceiveFunc implements process.Suspender.
func (t *task) ReceiveFunc(match func(*mailbox.Event) bool, timeout time.Duration) *mailbox.Event {
	var scan mailbox.Scan
	return t.await(timeout, func() *mailbox.Event {
		for e := t.box.Next(&scan); e != nil; e = t.box.Next(&scan) {
			if match(e) && t.box.Remove(&scan) {
				return e
			}
		}
		return nil
	})
}

// await tries take until it gives an event or the timeout is over.
func (t *task) await(timeout time.Duration, take func() *mailbox.Event) *mailbox.Event {
	t.unwindIfDoomed()
	e := take()
	if e != nil || timeout == 0 {
		return e
	}
	if timeout > 0 {
		t.alarm.set(t, timeout)
		defer t.alarm.stop()
	}
	for {
		t.park()
		if e := take(); e != nil {
			return e
		}
		if timeout > 0 && t.alarm.due(t) {
			return nil
		}
	}
}

// Sleep implements process.Suspender.
func (t *task) Sleep(d time.Duration) {
	t.unwindIfDoomed()
	if d <= 0 {
		t.Yield()
		return
	}
	t.alarm.set(t, d)
	defer t.alarm.stop()
	for !t.alarm.due(t) {
		t.park()
	}
}

// alarm wakes a task once, at a deadline. One serves all of a task's waits, one after the other.
type alarm struct {
	timer process.Timer
	at    time.Time
	rang  atomic.Bool
}

func (a *alarm) set(t *task, d time.Duration) {
	a.at = t.s.cfg.Clock.Now().Add(d)
	a.rang.Store(false)
	if a.timer == nil {
		a.timer = t.s.cfg.Clock.AfterFunc(d, func() {
			a.rang.Store(true)
			t.wake(nil)
		})
		return
	}
	a.timer.Reset(d)
}

// due tells whether the deadline is there. A call that a stopped wait left
// behind may still ring in a later one: the clock decides.
func (a *alarm) due(t *task) bool {
	return a.rang.Load() && !t.s.cfg.Clock.Now().Before(a.at)
}

func (a *alarm) stop() {
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
	j := &job{f: f, ctx: ctx, t: t}
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
	t.alarm.set(t, t.s.cfg.AbandonAfter)
	defer t.alarm.stop()
	for !j.done.Load() {
		if t.alarm.due(t) {
			if t.s.pool.abandon(j) {
				n := t.s.abandoned.Add(1)
				t.Logger().Warn("a call ignored its cancelled context and was abandoned", "stuck_calls", n)
			}
			return
		}
		t.parkRaw()
	}
}
