// Package poll is how a guest waits: for one thing or for several at once, by
// whichever version of WASI. A [Pollable] is what it waits for; [Wait] suspends
// its process until one is ready, and holds neither a worker nor a goroutine
// meanwhile.
package poll

import (
	"sync"
	"time"

	"wippy/runtime/process"
)

// Pollable is something that becomes ready.
type Pollable interface {
	// Ready tells whether it is ready now. It neither blocks nor suspends. It is
	// called on the process's coroutine.
	Ready() bool
	// Watch calls wake when it may have become ready, from any goroutine, also
	// before it returns; it does so at once if it is ready already. To call it
	// again, or for nothing, does no harm. stop ends that: it is called exactly
	// once, on the coroutine, and what Watch set up is gone when it returns,
	// though a call of wake that has begun may still run.
	Watch(wake func()) (stop func())
}

// Always is ready.
var Always Pollable = always{}

type always struct{}

func (always) Ready() bool { return true }

func (always) Watch(wake func()) (stop func()) {
	wake()
	return func() {}
}

// Any tells whether one of several is ready.
func Any(ps []Pollable) bool {
	for _, p := range ps {
		if p.Ready() {
			return true
		}
	}
	return false
}

// Nudge has a source that reads only while somebody waits read once, and does not
// wait: a guest may ask again and again instead.
func Nudge(p Pollable) {
	if _, ok := p.(*Deadline); !ok {
		p.Watch(func() {})()
	}
}

// Wait suspends the process until one of the pollables is ready, and returns at
// once if one is. Which are then is for Ready to say. Without any it waits for
// ever. A process that is killed meanwhile does not return, and watches nothing
// any more.
func Wait(ctx process.Suspender, ps ...Pollable) {
	for !Any(ps) {
		if len(ps) == 1 {
			if d, ok := ps[0].(*Deadline); ok {
				ctx.Sleep(d.left()) // it has a timer already
				continue
			}
		}
		stops := make([]func(), 0, len(ps))
		stop := func() {
			for _, s := range stops {
				s()
			}
		}
		ctx.Suspend(func(wake func()) {
			var once sync.Once
			for _, p := range ps {
				stops = append(stops, p.Watch(func() { once.Do(wake) }))
			}
		}, stop)
		stop()
	}
}

// Deadline is ready from a point in time on.
type Deadline struct {
	clock process.Clock
	at    time.Time
}

// At makes a pollable of a point in time of a clock's.
func At(clock process.Clock, at time.Time) *Deadline { return &Deadline{clock, at} }

// After makes a pollable that is ready once d has passed.
func After(clock process.Clock, d time.Duration) *Deadline {
	return &Deadline{clock, clock.Now().Add(d)}
}

// Before tells whether d is ready earlier than another of the same clock.
func (d *Deadline) Before(other *Deadline) bool { return d.at.Before(other.at) }

func (d *Deadline) left() time.Duration { return d.at.Sub(d.clock.Now()) }

// Ready implements Pollable.
func (d *Deadline) Ready() bool { return d.left() <= 0 }

// Watch implements Pollable.
func (d *Deadline) Watch(wake func()) (stop func()) {
	t := d.clock.AfterFunc(d.left(), wake)
	return func() { t.Stop() }
}
