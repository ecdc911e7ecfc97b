package imports

import (
	"context"
	"time"

	"wippy/mailbox"
)

// leastWait is what a call must take for the process to have been suspended
// within. What it waits for may come before anybody else ran: a guest must not
// escape its slice by waiting for nothing.
const leastWait = 20 * time.Microsecond

// A Caller is the process.Context of its process. The time for which that is
// suspended is not the guest's use of time.

// waited ends a call that began then.
func (c *Caller) waited(begun time.Time) {
	if time.Since(begun) >= leastWait {
		c.Guest.Waited()
	}
}

// Receive implements process.Suspender.
func (c *Caller) Receive(match func(*mailbox.Event) bool, timeout time.Duration) *mailbox.Event {
	if timeout == 0 {
		return c.Context.Receive(match, 0)
	}
	begun := time.Now()
	e := c.Context.Receive(match, timeout)
	c.waited(begun)
	return e
}

// Sleep implements process.Suspender.
func (c *Caller) Sleep(d time.Duration) {
	begun := time.Now()
	c.Context.Sleep(d)
	c.waited(begun)
}

// Await implements process.Suspender.
func (c *Caller) Await(f func(context.Context) error) error {
	begun := time.Now()
	err := c.Context.Await(f)
	c.waited(begun)
	return err
}

// Suspend implements process.Suspender.
func (c *Caller) Suspend(start func(wake func()), cancel func()) {
	begun := time.Now()
	c.Context.Suspend(start, cancel)
	c.waited(begun)
}

// Yield implements process.Suspender.
func (c *Caller) Yield() {
	c.Context.Yield()
	c.Guest.Waited()
}
