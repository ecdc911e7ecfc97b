package mailbox

// Waiter is one message that waits for room.
type Waiter struct {
	ev         Event
	size       int64 // as Event.Size gives it
	done       func(error)
	waiting    bool // stands in the mailbox's waiters; under its lock
	prev, next *Waiter
}

// waiters is a queue, oldest first. Its methods run under the mailbox's lock.
type waiters struct{ first, last *Waiter }

func (q *waiters) push(w *Waiter) {
	w.waiting, w.prev = true, q.last
	if q.last == nil {
		q.first = w
	} else {
		q.last.next = w
	}
	q.last = w
}

func (q *waiters) remove(w *Waiter) {
	if w.prev == nil {
		q.first = w.next
	} else {
		w.prev.next = w.next
	}
	if w.next == nil {
		q.last = w.prev
	} else {
		w.next.prev = w.prev
	}
	w.waiting, w.prev, w.next = false, nil, nil
}

// PostWhenRoom appends e as soon as there is room, also where the policy is
// Reject, and calls done exactly once: with nil when it is in the queue, with
// ErrClosed when the owner has ended, with ErrTooLarge. All may happen before it returns.
// Waiting messages go in in the order of their calls. done is called with no
// lock held, from whichever goroutine made room, and must not block.
func (m *Mailbox) PostWhenRoom(e Event, done func(error)) *Waiter {
	w := &Waiter{ev: e, size: e.Size(), done: done}
	m.mu.Lock()
	err := m.post(e, w.size)
	if err == ErrFull {
		m.waiters.push(w)
	}
	m.mu.Unlock()
	if err != ErrFull {
		done(err)
	}
	return w
}

// Withdraw takes a waiting message back. It is false when done was called or
// is about to be.
func (m *Mailbox) Withdraw(w *Waiter) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !w.waiting {
		return false
	}
	m.waiters.remove(w)
	return true
}

// admit lets the first waiting message in if there is room, nil otherwise.
// Whoever removed an event calls it, and the message's done once the lock is
// free.
func (m *Mailbox) admit() *Waiter {
	w := m.waiters.first
	if w == nil || !m.hasRoom(w.size) {
		return nil
	}
	m.waiters.remove(w)
	m.posted++
	m.queue.push(w.ev, w.size)
	return w
}
