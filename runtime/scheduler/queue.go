package scheduler

import (
	"sync"
	"sync/atomic"
)

const (
	// favour bounds how many processes of a better class go before one of a
	// worse class gets its turn.
	favour = 16
	// credit is how many slices a process that was woken may use up before it
	// counts as one that only computes. One that does little may still lose its
	// slice to the clock, when the machine gave its thread to another program.
	credit = 2
)

// class is why a process is runnable. The classes go in this order, within the
// bounds of favour: whoever waited for something has it soon, however many
// others are new or compute.
type class uint8

const (
	resumed   class = iota // woken from a wait
	fresh                  // new
	preempted              // its slice is used up
	classes
)

// runQueue holds the runnable processes of all groups and the executors that
// have nothing to do. Groups take turns, so that a busy one does not delay the
// rest; within a group they go by their class.
//
// One mutex guards it. Most messages never come here: a process that wakes
// another leaves it in its executor's slot (see executor.next).
type runQueue struct {
	mu        sync.Mutex
	first     *group // groups with a process to run and a worker to run it on
	last      *group
	parked    []*executor // executors without work
	executors []*executor // all of them
	closed    bool
	busy      chan struct{} // has a token once an executor has work after none had

	idle atomic.Int32 // len(parked), to be read without the mutex
}

// taskList is a queue of tasks, linked through themselves.
type taskList struct {
	head, tail *task
	len        int
}

func (l *taskList) push(t *task) {
	l.len++
	t.list, t.prev = l, l.tail
	if l.tail == nil {
		l.head = t
	} else {
		l.tail.next = t
	}
	l.tail = t
}

func (l *taskList) pushFront(t *task) {
	l.len++
	t.list, t.next = l, l.head
	if l.head == nil {
		l.tail = t
	} else {
		l.head.prev = t
	}
	l.head = t
}

func (l *taskList) pop() *task {
	t := l.head
	l.remove(t)
	return t
}

func (l *taskList) remove(t *task) {
	l.len--
	if t.prev == nil {
		l.head = t.next
	} else {
		t.prev.next = t.next
	}
	if t.next == nil {
		l.tail = t.prev
	} else {
		t.next.prev = t.prev
	}
	t.list, t.prev, t.next = nil, nil, nil
}

// put makes t runnable and gives an idle executor the word.
func (q *runQueue) put(t *task, c class) {
	q.mu.Lock()
	switch {
	case c == resumed:
		t.credit = credit
	case c == preempted && t.credit > 0:
		t.credit--
		c = resumed
	}
	if t.doomed.Load() != nil { // expedite may have come before
		t.g.runnable[resumed].pushFront(t)
	} else {
		t.g.runnable[c].push(t)
	}
	q.offer(t.g)
	q.wakeOne()
	q.mu.Unlock()
}

// expedite puts a task that is to end before all others of its group, so that
// its end does not wait for as many slices as there are processes. It takes
// next to nothing to end. One that is on its way into the queue has its place
// of put.
func (q *runQueue) expedite(t *task) {
	q.mu.Lock()
	if t.list != nil {
		t.list.remove(t)
		t.g.runnable[resumed].pushFront(t)
	}
	q.mu.Unlock()
}

// offer lists g if a process of it could be run now.
func (q *runQueue) offer(g *group) {
	if g.ready || g.running >= g.Workers || !g.anyFrom(resumed) {
		return
	}
	g.ready = true
	if q.last == nil {
		q.first = g
	} else {
		q.last.after = g
	}
	q.last = g
}

func (q *runQueue) wakeOne() {
	if q.first == nil || len(q.parked) == 0 {
		return
	}
	if len(q.parked) == len(q.executors) {
		select {
		case q.busy <- struct{}{}:
		default:
		}
	}
	n := len(q.parked) - 1
	e := q.parked[n]
	q.parked = q.parked[:n]
	q.idle.Store(int32(n))
	e.signal <- struct{}{}
}

// take gives the next process to run and counts its group as held by e, which
// gives up the group that it held. It waits while there is nothing to do, and
// returns nil when the queue is closed.
func (q *runQueue) take(e *executor) *task {
	q.mu.Lock()
	if e.group != nil {
		e.group.running--
		q.offer(e.group)
		e.group = nil
	}
	for {
		if g := q.nextGroup(); g != nil {
			t := g.next()
			g.running++
			q.offer(g)
			q.wakeOne() // whoever was woken for this one may as well take the next
			e.group = g
			q.mu.Unlock()
			return t
		}
		if q.closed {
			q.mu.Unlock()
			return nil
		}
		q.parked = append(q.parked, e)
		q.idle.Store(int32(len(q.parked)))
		q.mu.Unlock()
		<-e.signal
		q.mu.Lock()
	}
}

// nextGroup takes the next group off the list that has a process to run and a
// worker to run it on. One whose last worker went to a slot's process since it
// was listed is left out; it is offered again when a worker leaves it.
func (q *runQueue) nextGroup() *group {
	for q.first != nil {
		g := q.first
		q.first = g.after
		if q.first == nil {
			q.last = nil
		}
		g.after = nil
		g.ready = false
		if g.running < g.Workers {
			return g
		}
	}
	return nil
}

// enter lets e run a process of g without going through the queue. False when
// all of the group's workers are busy.
func (q *runQueue) enter(e *executor, g *group) bool {
	if e.group == g {
		return true
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if g.running >= g.Workers {
		return false
	}
	if e.group != nil {
		e.group.running--
		q.offer(e.group)
		q.wakeOne()
	}
	g.running++
	e.group = g
	return true
}

// anyFrom tells whether a process of class c or a worse one is runnable.
func (g *group) anyFrom(c class) bool {
	for ; c < classes; c++ {
		if g.runnable[c].head != nil {
			return true
		}
	}
	return false
}

// next takes a process of the group; there is one.
func (g *group) next() *task {
	for c := range classes {
		switch {
		case g.runnable[c].head == nil:
		case g.favoured[c] < favour && g.anyFrom(c+1):
			g.favoured[c]++
			return g.runnable[c].pop()
		case !g.anyFrom(c + 1):
			return g.runnable[c].pop()
		}
		g.favoured[c] = 0
	}
	panic("scheduler: a group was offered that has nothing to run")
}

// close sends the executors home once nothing is runnable.
func (q *runQueue) close() {
	q.mu.Lock()
	q.closed = true
	for _, e := range q.parked {
		e.signal <- struct{}{}
	}
	q.parked = nil
	q.idle.Store(0)
	q.mu.Unlock()
}
