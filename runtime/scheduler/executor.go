package scheduler

import (
	"iter"
	goruntime "runtime"
	"sync/atomic"
	"time"
)

const (
	// slotStreak bounds how many processes in a row an executor takes from its
	// slot before it looks at the queue, where others wait, and slotTime for how
	// long. It looks at the clock once in slotLook of them.
	slotStreak = 64
	slotTime   = time.Millisecond
	slotLook   = 4
	// turnsAlone is how many turns an executor takes at most before it lets the
	// program's other goroutines have its thread.
	turnsAlone = 64
	// pooledCoroutines is how many idle coroutines an executor keeps.
	pooledCoroutines = 256
)

// executor runs processes one at a time, on a goroutine of its own.
type executor struct {
	s      *Scheduler
	number int           // from 1 on
	signal chan struct{} // there is work, or the end
	group  *group        // the group that it counts as a worker of

	// next is the process that the running one woke first: it goes on next, on
	// this executor, with no lock and no other thread involved. Only the
	// running process and, between two, the executor touch it. A process that
	// goes on running hands it over at its next Checkpoint if anyone is idle.
	next   *task
	streak int
	since  time.Time // the streak's begin

	// For the watch: the process that it runs, and how often it took one up.
	current atomic.Pointer[task]
	turns   atomic.Uint64

	timer  sliceTimer
	slices *Histogram

	free []*coroutine
}

// loop is the executor's goroutine.
func (e *executor) loop() {
	over := false
	defer func() {
		if !over { // a guest's Go code called runtime.Goexit: only its process ends
			go e.loop()
			return
		}
		e.s.execs.Done()
	}()
	for t := e.take(); t != nil; t = e.take() {
		e.current.Store(t)
		e.timer.begin()
		share := e.run(t)
		e.timer.end(e.slices)
		e.current.Store(nil)
		// Busy executors hold all of the program's threads, and a switch to a
		// coroutine is none that the Go scheduler sees: timers, network and the
		// embedder's goroutines would wait until it preempts, ten milliseconds.
		if share || e.turns.Load()%turnsAlone == 0 {
			goruntime.Gosched()
		}
	}
	for _, c := range e.free {
		c.stop()
	}
	over = true
}

func (e *executor) take() *task {
	if t := e.next; t != nil {
		e.next = nil
		if e.mayGoOn() && e.s.queue.enter(e, t.g) {
			e.streak++
			return t
		}
		e.s.queue.put(t, resumed)
	}
	e.streak = 0
	return e.s.queue.take(e)
}

// mayGoOn tells whether the slot's process may go before those in the queue.
func (e *executor) mayGoOn() bool {
	switch {
	case e.streak == 0:
		e.since = time.Now()
	case e.streak >= slotStreak:
		return false
	case e.streak%slotLook == 0:
		return time.Since(e.since) < slotTime
	}
	return true
}

// run gives t the executor until it suspends, uses up its slice, or ends, and
// tells whether goroutines should have their turn: it took long, or somebody
// outside waits for its end.
func (e *executor) run(t *task) (share bool) {
	t.exec = e
	e.turns.Add(1)
	if t.co == nil {
		if t.now().prog.Straight() {
			t.state.Store(running)
			t.steps.Add(1)
			t.live()
			return t.onExit != nil
		}
		t.co = e.coroutine(t)
	}
	t.state.Store(running)
	for {
		t.steps.Add(1)
		t.urgent.Store(false) // a kill since then is seen at the resume
		sig, _ := t.co.next()
		switch sig {
		case sigEnd:
			e.recycle(t)
			return t.onExit != nil
		case sigYield:
			t.exec = nil
			if n := e.next; n != nil { // others had less time than these two
				e.next = nil
				e.s.queue.put(n, resumed)
			}
			t.state.Store(queued)
			e.s.queue.put(t, preempted)
			return true
		case sigPark:
			t.exec = nil
			if t.state.CompareAndSwap(running, parked) {
				return false
			}
			// Woken between its last look and here: it goes on at once.
			t.exec = e
			t.state.Store(running)
			e.turns.Add(1)
		}
	}
}

// signal is what a coroutine tells the executor when it switches back.
type signal uint8

const (
	sigEnd   signal = iota // the process is over; the coroutine may serve another
	sigYield               // the slice is used up
	sigPark                // it waits to be woken
)

// coroutine is a goroutine that runs processes, one after the other, and that
// the executor switches to and from without the Go scheduler.
type coroutine struct {
	next  func() (signal, bool)
	stop  func()
	yield func(signal) bool
	t     *task
}

func (e *executor) coroutine(t *task) *coroutine {
	if n := len(e.free); n > 0 {
		c := e.free[n-1]
		e.free = e.free[:n-1]
		c.t = t
		return c
	}
	c := &coroutine{t: t}
	c.next, c.stop = iter.Pull(func(yield func(signal) bool) {
		c.yield = yield
		for {
			c.t.live()
			c.t = nil
			if !yield(sigEnd) {
				return
			}
		}
	})
	return c
}

// recycle keeps the coroutine of a task that has ended for another. One that
// runtime.Goexit ended does not come here: the goexit goes on in the executor.
func (e *executor) recycle(t *task) {
	c := t.co
	t.co = nil
	if len(e.free) < pooledCoroutines {
		e.free = append(e.free, c)
	} else {
		c.stop()
	}
}
