// Package luatest runs the Lua files that test modules: see [Run].
package luatest

import (
	"bytes"
	"context"
	"crypto/rand"
	"io"
	"log/slog"
	"sync/atomic"
	"time"

	"wippy/mailbox"
	"wippy/runtime/process"
)

// Start is when the clock of every Context begins.
var Start = time.Date(2026, time.July, 1, 12, 30, 0, 0, time.UTC)

// step is how far time moves at once while a process waits.
const step = time.Millisecond

// Context is a node for one process, in virtual time: what waits moves the
// clock. The process runs on the test's goroutine; Await runs on another.
type Context struct {
	process.Peers // nil: a module that asks for more than is below panics
	EntryID       string
	Limit         process.Limits
	Log           bytes.Buffer
	JSON          bool // the log's format; text otherwise
	Awaits        int  // calls so far
	Fuel          uint64
	// Killed, once set, unwinds the process as a kill does: after the function
	// of the next Await began.
	Killed bool

	clock *process.ManualClock
	inbox *mailbox.Mailbox
	ended bool
}

// NewContext makes the context of an entry app:test.
func NewContext() *Context {
	return &Context{
		EntryID: "app:test",
		clock:   process.NewManualClock(Start),
		inbox:   mailbox.New(mailbox.Config{}),
	}
}

// Self implements process.Identity.
func (c *Context) Self() mailbox.PID { return mailbox.MakePID(1, 1, 1) }

// Entry implements process.Identity.
func (c *Context) Entry() string { return c.EntryID }

// Group implements process.Identity.
func (c *Context) Group() string { return "app:processes" }

// Namespace implements process.Identity.
func (c *Context) Namespace() string { return "app" }

// Limits implements process.Identity.
func (c *Context) Limits() process.Limits { return c.Limit }

// Terminal implements process.Identity.
func (c *Context) Terminal() *process.Terminal { return nil }

// Clock implements process.Identity.
func (c *Context) Clock() process.Clock { return c.clock }

// Entropy implements process.Identity.
func (c *Context) Entropy() io.Reader { return rand.Reader }

// Logger implements process.Identity: it writes to Log, without the time.
func (c *Context) Logger() *slog.Logger {
	opts := &slog.HandlerOptions{
		Level: slog.LevelDebug,
		ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
			if len(groups) == 0 && a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return a
		},
	}
	if c.JSON {
		return slog.New(slog.NewJSONHandler(&c.Log, opts))
	}
	return slog.New(slog.NewTextHandler(&c.Log, opts))
}

// Receive implements process.Suspender.
func (c *Context) Receive(match func(*mailbox.Event) bool, timeout time.Duration) *mailbox.Event {
	for waited := time.Duration(0); ; waited += step {
		if e := c.inbox.Take(nil, match); e != nil || waited >= timeout {
			return e
		}
		c.clock.Advance(step)
	}
}

// ReceiveFunc implements process.Suspender.
func (c *Context) ReceiveFunc(match func(*mailbox.Event) bool, timeout time.Duration) *mailbox.Event {
	return c.Receive(match, timeout)
}

// Sleep implements process.Suspender.
func (c *Context) Sleep(d time.Duration) { c.clock.Advance(d) }

// Await implements process.Suspender.
func (c *Context) Await(f func(context.Context) error) error {
	c.Awaits++
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- f(ctx) }()
	if c.Killed {
		cancel()
		<-done
		c.ended = true
		process.Unwind()
	}
	return <-done
}

// Suspend implements process.Suspender.
func (c *Context) Suspend(start func(wake func()), _ func()) {
	woken := make(chan struct{})
	start(func() { close(woken) })
	<-woken
}

// Exceed implements process.Suspender.
func (c *Context) Exceed(err *mailbox.Error) { panic(err) }

// Checkpoint implements process.Suspender.
func (c *Context) Checkpoint(fuel uint64) {
	c.Fuel += fuel
	limit := c.Limit.MaxFuel
	if c.ended || limit > 0 && c.Fuel > uint64(limit) {
		process.Unwind()
	}
}

// FuelUsed implements process.Identity.
func (c *Context) FuelUsed() uint64 { return c.Fuel }

// Printed implements process.Suspender: it counts nothing.
func (c *Context) Printed(int) int64 { return 0 }

// Yield implements process.Suspender.
func (c *Context) Yield() {}

// Urgent implements process.Suspender: nothing is here.
func (c *Context) Urgent() *atomic.Bool { return new(atomic.Bool) }

// SendAfter implements process.Peers.
func (c *Context) SendAfter(d, period time.Duration, topic string, values []mailbox.Value) (func() bool, error) {
	var timer process.Timer
	timer = c.clock.AfterFunc(d, func() {
		if period > 0 {
			timer.Reset(period)
		}
		_ = c.inbox.PostDue(mailbox.Event{From: c.Self(), Topic: topic, Values: values})
	})
	return timer.Stop, nil
}
