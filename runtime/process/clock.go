package process

import (
	"sync"
	"time"
)

// Clock is where time comes from. All of a node's time comes from one Clock,
// so that a test may own it. Methods may be called from any goroutine.
type Clock interface {
	// Now is the wall clock.
	Now() time.Time
	// AfterFunc calls f on a goroutine of the clock's once d has passed, and Now
	// shows it: who waits looks at Now when it is called, and waits on for good
	// if it comes too early. f must not block.
	AfterFunc(d time.Duration, f func()) Timer
}

// Timer is one call that a Clock owes.
type Timer interface {
	// Stop withdraws the call; false if it was made already.
	Stop() bool
	// Reset orders the call anew, d from now; as time.Timer.Reset.
	Reset(d time.Duration) bool
}

// SystemClock is the machine's own clock.
type SystemClock struct{}

// Now implements Clock.
func (SystemClock) Now() time.Time { return time.Now() }

// AfterFunc implements Clock.
func (SystemClock) AfterFunc(d time.Duration, f func()) Timer { return time.AfterFunc(d, f) }

// ManualClock stands still until Advance moves it. It is for tests.
type ManualClock struct {
	mu     sync.Mutex
	now    time.Time
	timers map[*manualTimer]struct{}
	armed  chan struct{} // closed and replaced whenever a timer is set
}

// NewManualClock makes a clock that stands at now.
func NewManualClock(now time.Time) *ManualClock {
	return &ManualClock{now: now, timers: map[*manualTimer]struct{}{}, armed: make(chan struct{})}
}

type manualTimer struct {
	c  *ManualClock
	at time.Time
	f  func()
}

// Now implements Clock.
func (c *ManualClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// AfterFunc implements Clock.
func (c *ManualClock) AfterFunc(d time.Duration, f func()) Timer {
	t := &manualTimer{c: c, f: f}
	t.Reset(d)
	return t
}

// Advance moves the clock by d and makes, in order of time, every call that is
// due, on the caller's goroutine.
func (c *ManualClock) Advance(d time.Duration) {
	c.mu.Lock()
	end := c.now.Add(d)
	for {
		var next *manualTimer
		for t := range c.timers {
			if !t.at.After(end) && (next == nil || t.at.Before(next.at)) {
				next = t
			}
		}
		if next == nil {
			break
		}
		delete(c.timers, next)
		if next.at.After(c.now) {
			c.now = next.at
		}
		c.mu.Unlock()
		next.f()
		c.mu.Lock()
	}
	c.now = end
	c.mu.Unlock()
}

// WaitTimers blocks until at least n timers are set: a test's way to know that
// a process has come to its sleep.
func (c *ManualClock) WaitTimers(n int) {
	for {
		c.mu.Lock()
		armed, have := c.armed, len(c.timers)
		c.mu.Unlock()
		if have >= n {
			return
		}
		<-armed
	}
}

// Stop implements Timer.
func (t *manualTimer) Stop() bool {
	t.c.mu.Lock()
	defer t.c.mu.Unlock()
	_, set := t.c.timers[t]
	delete(t.c.timers, t)
	return set
}

// Reset implements Timer.
func (t *manualTimer) Reset(d time.Duration) bool {
	c := t.c
	c.mu.Lock()
	defer c.mu.Unlock()
	_, set := c.timers[t]
	t.at = c.now.Add(d)
	c.timers[t] = struct{}{}
	close(c.armed)
	c.armed = make(chan struct{})
	return set
}
