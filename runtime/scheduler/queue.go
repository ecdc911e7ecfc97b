package scheduler

import (
	"sync"
	"sync/atomic"
)

// favour bounds how many woken processes go before a preempted one gets its turn.
const favour = 16

// runQueue holds the runnable processes of all groups and the executors that
// have nothing to do. Groups take turns, so that a busy one does not delay the
// rest; within a group woken processes go before preempted ones.
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

// taskList is a queue of tasks, linked through task.next.
type taskList struct{ head, tail *task }

func (l *taskList) push(t *task) {
	if l.tail == nil {
		l.head = t
	} else {
		l.tail.next = t
	}
	l.tail = t
}

func (l *taskList) pop() *task {
	t := l.head
	l.head = t.next
	if l.head == nil {
		l.tail = nil
	}
	t.next = nil
	return t
}

// put makes t runnable and gives an idle executor the word.
func (q *runQueue) put(t *task, preempted bool) {
	q.mu.Lock()
	if preempted {
		t.g.preempted.push(t)
	} else {
		t.g.woken.push(t)
	}
	q.offer(t.g)
	q.wakeOne()
	q.mu.Unlock()
}

// offer lists g if a process of it could be run now.
func (q *runQueue) offer(g *group) {
	if g.ready || g.running >= g.Workers || (g.woken.head == nil && g.preempted.head == nil) {
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

// next takes a process of the group; there is one.
func (g *group) next() *task {
	if g.woken.head != nil && (g.preempted.head == nil || g.favoured < favour) {
		g.favoured++
		return g.woken.pop()
	}
	g.favoured = 0
	return g.preempted.pop()
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
