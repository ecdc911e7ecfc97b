// Package mailbox holds what processes exchange: [PID] is an address, [Value]
// what crosses, [Event] what arrives, and [Mailbox] the bounded, ordered queue
// that one process owns and everybody may post to (SPEC section 3). It knows
// neither processes nor languages.
package mailbox

import "sync"

// Overflow is what a full mailbox does with one more message.
type Overflow uint8

// The overflow policies of SPEC section 3.
const (
	Reject     Overflow = iota // the sender gets ErrFull
	DropOldest                 // the oldest message goes, and is counted
	Block                      // the sender waits for room
)

// DefaultCapacity is the number of messages that a mailbox holds where its
// group says nothing.
const DefaultCapacity = 1024

// Config bounds a mailbox. The zero value is DefaultCapacity and Reject.
type Config struct {
	Capacity int // messages; zero means DefaultCapacity
	Overflow Overflow
}

// The sentinels of Post. Both are of a kind that callers branch on.
var (
	ErrFull   = &Error{Kind: Unavailable, Message: "the mailbox is full", Retryable: true}
	ErrClosed = &Error{Kind: NoProc, Message: "the process has ended"}
)

// Mailbox is a queue of events in order of arrival. Messages count against its
// capacity; EXIT, LINK_DOWN and CANCEL never do and are never dropped: how
// many can come is bounded by the monitors and links that the owner made.
//
// Every method may be called from any goroutine and none blocks. Only the
// owner calls Take and Scan.
type Mailbox struct {
	cfg Config

	mu       sync.Mutex
	head     *node // sentinel-free doubly linked list, oldest first
	tail     *node
	messages int // of the list, those that count
	events   int // the whole list
	seq      uint64
	dropped  uint64
	waiters  []*Waiter // senders that Block holds, oldest first
	closed   bool
}

// node holds its event by value: a message costs one allocation. Unlinked, it
// keeps nothing else alive.
type node struct {
	ev         Event
	seq        uint64
	prev, next *node
}

// New makes an empty mailbox.
func New(cfg Config) *Mailbox {
	if cfg.Capacity <= 0 {
		cfg.Capacity = DefaultCapacity
	}
	return &Mailbox{cfg: cfg}
}

// Post appends e. What it refers to must not change afterwards.
//
// # Errors
//
// ErrClosed when the owner has ended; ErrFull when there is no room for a
// message and the policy is Reject or Block: under Block the sender goes on
// with PostWhenRoom.
func (m *Mailbox) Post(e Event) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.post(e)
}

func (m *Mailbox) post(e Event) error {
	if m.closed {
		return ErrClosed
	}
	if e.Type == Message {
		if m.messages >= m.cfg.Capacity || len(m.waiters) > 0 {
			if m.cfg.Overflow != DropOldest {
				return ErrFull
			}
			m.dropOldest()
		}
	}
	m.push(e)
	return nil
}

// PostDue appends a message that the owner ordered itself and cannot ask for
// again, such as a timer's. It has room even in a full mailbox: how many there
// can be is bounded by the timers that the owner holds.
func (m *Mailbox) PostDue(e Event) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return ErrClosed
	}
	m.push(e)
	return nil
}

// CountDropped counts one message that was not posted for want of room by a
// sender that has nobody to tell, such as a ticker.
func (m *Mailbox) CountDropped() {
	m.mu.Lock()
	m.dropped++
	m.mu.Unlock()
}

// Capacity is the number of messages that it holds.
func (m *Mailbox) Capacity() int { return m.cfg.Capacity }

// Overflow gives the policy.
func (m *Mailbox) Overflow() Overflow { return m.cfg.Overflow }

// Waiter is one message that waits for room.
type Waiter struct {
	ev   Event
	done func(error)
}

// PostWhenRoom appends e as soon as there is room and calls done exactly once:
// with nil when it is in the queue, with ErrClosed when the owner ended. Both
// may happen before it returns. Waiting messages go in in the order of their
// calls. done is called with no lock held, from whichever goroutine made room.
func (m *Mailbox) PostWhenRoom(e Event, done func(error)) *Waiter {
	w := &Waiter{ev: e, done: done}
	m.mu.Lock()
	err := m.post(e)
	if err == ErrFull {
		m.waiters = append(m.waiters, w)
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
	for i, o := range m.waiters {
		if o == w {
			m.waiters = append(m.waiters[:i], m.waiters[i+1:]...)
			return true
		}
	}
	return false
}

// Scan is a position in a mailbox: the events up to it were looked at. The
// zero Scan stands before the first. What arrives later is behind every position.
type Scan struct{ seq uint64 }

// Take removes and returns the oldest event behind s that match accepts, nil
// if there is none. A nil match accepts every event; a nil s stands before the
// first. s moves on past what was looked at, so that a receiver that waits for
// one event does not walk the queue again at each arrival. match runs under
// the mailbox's lock: it must be quick and call nothing of the mailbox; see
// Next for one that is not. The caller owns the event.
func (m *Mailbox) Take(s *Scan, match func(*Event) bool) *Event {
	var from uint64
	if s != nil {
		from = s.seq
	}
	m.mu.Lock()
	for n := m.seek(from); n != nil; n = n.next {
		if match == nil || match(&n.ev) {
			admitted := m.remove(n)
			m.mu.Unlock()
			if admitted != nil {
				admitted.done(nil)
			}
			return &n.ev
		}
		if s != nil {
			s.seq = n.seq
		}
	}
	m.mu.Unlock()
	return nil
}

// Next moves the scan to the next event and gives it without removing it, nil
// at the end.
func (m *Mailbox) Next(s *Scan) *Event {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := m.seek(s.seq)
	if n == nil {
		return nil
	}
	s.seq = n.seq
	return &n.ev
}

// seek gives the first node behind seq. It walks from the nearer end.
func (m *Mailbox) seek(seq uint64) *node {
	if m.tail == nil || m.tail.seq <= seq {
		return nil
	}
	n := m.head
	if n.seq > seq {
		return n
	}
	if seq-n.seq < m.tail.seq-seq {
		for n.seq <= seq {
			n = n.next
		}
		return n
	}
	n = m.tail
	for n.prev.seq > seq {
		n = n.prev
	}
	return n
}

// Remove takes out the event that the scan stands at. It is false when the
// event is gone: DropOldest may have dropped it meanwhile.
func (m *Mailbox) Remove(s *Scan) bool {
	m.mu.Lock()
	n := m.tail
	for n != nil && n.seq > s.seq {
		n = n.prev
	}
	if n == nil || n.seq != s.seq {
		m.mu.Unlock()
		return false
	}
	admitted := m.remove(n)
	m.mu.Unlock()
	if admitted != nil {
		admitted.done(nil)
	}
	return true
}

// Discard removes every event that match accepts without delivering it, and
// tells how many there were. match runs under the lock.
func (m *Mailbox) Discard(match func(*Event) bool) int {
	var admitted []*Waiter
	m.mu.Lock()
	gone := 0
	for n, next := m.head, (*node)(nil); n != nil; n = next {
		next = n.next
		if match(&n.ev) {
			gone++
			if w := m.remove(n); w != nil {
				admitted = append(admitted, w)
			}
		}
	}
	m.mu.Unlock()
	for _, w := range admitted {
		w.done(nil)
	}
	return gone
}

// Close ends the mailbox: what it holds is freed, waiting senders and every
// later Post get ErrClosed.
func (m *Mailbox) Close() {
	m.mu.Lock()
	waiters := m.waiters
	m.closed = true
	m.head, m.tail, m.waiters = nil, nil, nil
	m.messages, m.events = 0, 0
	m.mu.Unlock()
	for _, w := range waiters {
		w.done(ErrClosed)
	}
}

// Len is the number of events that wait.
func (m *Mailbox) Len() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.events
}

// Dropped is the number of messages lost to the overflow policy so far.
func (m *Mailbox) Dropped() uint64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.dropped
}

func (m *Mailbox) push(e Event) {
	m.seq++
	n := &node{prev: m.tail, seq: m.seq, ev: e}
	if m.tail == nil {
		m.head = n
	} else {
		m.tail.next = n
	}
	m.tail = n
	m.events++
	if e.Type == Message {
		m.messages++
	}
}

// remove unlinks n and, where that makes room, lets the first waiting message
// in; the caller calls its done without the lock.
func (m *Mailbox) remove(n *node) *Waiter {
	m.unlink(n)
	if len(m.waiters) == 0 || m.messages >= m.cfg.Capacity {
		return nil
	}
	w := m.waiters[0]
	m.waiters[0] = nil
	m.waiters = m.waiters[1:]
	m.push(w.ev)
	return w
}

func (m *Mailbox) unlink(n *node) {
	if n.prev == nil {
		m.head = n.next
	} else {
		n.prev.next = n.next
	}
	if n.next == nil {
		m.tail = n.prev
	} else {
		n.next.prev = n.prev
	}
	n.prev, n.next = nil, nil
	m.events--
	if n.ev.Type == Message {
		m.messages--
	}
}

func (m *Mailbox) dropOldest() {
	for n := m.head; n != nil; n = n.next {
		if n.ev.Type == Message {
			m.unlink(n)
			m.dropped++
			return
		}
	}
}
