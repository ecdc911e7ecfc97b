// Package mailbox holds what processes exchange: [PID] is an address, [Value]
// what crosses, [Event] what arrives, and [Mailbox] the bounded, ordered queue
// that one process owns and everybody may post to (SPEC section 3). It knows
// neither processes nor languages.
package mailbox

import (
	"sync"
	"sync/atomic"
)

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
	// Bytes bounds what the events take together; zero means DefaultBytes.
	Bytes int64
	// Drops, unless nil, counts what Dropped counts, for several mailboxes together.
	Drops *atomic.Uint64
	// Shared, unless nil, is what several mailboxes hold together; Bytes then
	// bounds the sum. It is for mailboxes of Reject alone: one that has room again
	// does not tell the others.
	Shared *atomic.Int64
}

// DefaultBytes is what a mailbox's events may take together where nothing else
// is said, in bytes: the longest string of Lua's fits twice.
const DefaultBytes = 512 << 20

// The sentinels of Post. All are of a kind that callers branch on.
var (
	ErrFull     = &Error{Kind: Unavailable, Message: "the mailbox is full", Retryable: true}
	ErrTooLarge = &Error{Kind: Invalid, Message: "the message is larger than the mailbox"}
	ErrClosed   = &Error{Kind: NoProc, Message: "the process has ended"}
)

// Mailbox is a queue of events in order of arrival. Messages count against its
// capacity, and find room only where all events together stay within its bytes; EXIT, LINK_DOWN, CANCEL, GROUP and what PostDue appends never do and are
// never dropped: how many can come is bounded where monitors, links and
// timers are made.
//
// Every method may be called from any goroutine and none blocks. A [Scan]
// belongs to one goroutine at a time, so that in practice only the owner calls
// Take, Next and Remove.
type Mailbox struct {
	cfg Config

	mu      sync.Mutex
	queue   list
	waiters waiters // held by Block; while there are any, the mailbox is full
	dropped uint64
	posted  uint64
	closed  bool
}

// New makes an empty mailbox.
func New(cfg Config) *Mailbox {
	if cfg.Capacity <= 0 {
		cfg.Capacity = DefaultCapacity
	}
	if cfg.Bytes <= 0 {
		cfg.Bytes = DefaultBytes
	}
	return &Mailbox{cfg: cfg, queue: list{shared: cfg.Shared}}
}

// Post appends e. What it refers to must not change afterwards.
//
// # Errors
//
// ErrClosed when the owner has ended; ErrTooLarge for a message that would not
// find room in an empty mailbox; ErrFull when there is no room for a message and
// the policy is Reject or Block: under Block the sender goes on with
// PostWhenRoom.
func (m *Mailbox) Post(e Event) error { return m.PostSized(e, e.Size()) }

// PostSized is Post of an event whose Size is known: one that goes to many
// mailboxes is measured once.
func (m *Mailbox) PostSized(e Event, size int64) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.post(e, size)
}

func (m *Mailbox) post(e Event, size int64) error {
	switch {
	case m.closed:
		return ErrClosed
	case !e.counts():
	case size > m.cfg.Bytes:
		return ErrTooLarge
	case m.waiters.first == nil && m.hasRoom(size):
	case m.cfg.Overflow == DropOldest:
		for !m.hasRoom(size) && m.queue.oldest != nil {
			m.queue.unlink(m.queue.oldest)
			m.drop()
		}
		if !m.hasRoom(size) { // what cannot be dropped takes it all
			return ErrFull
		}
	default:
		return ErrFull
	}
	m.posted++
	m.queue.push(e, size)
	return nil
}

// hasRoom tells whether a message of that size finds room.
func (m *Mailbox) hasRoom(size int64) bool {
	held := m.queue.bytes
	if m.cfg.Shared != nil {
		held = m.cfg.Shared.Load()
	}
	return m.queue.messages < m.cfg.Capacity && held+size <= m.cfg.Bytes
}

// PostDue appends a message that the owner ordered itself and cannot ask for
// again, such as a timer's. It does not count against the capacity and is not
// dropped for a later one; how many there can be is the owner's own doing.
//
// # Errors
//
// ErrClosed when the owner has ended.
func (m *Mailbox) PostDue(e Event) error {
	e.due = true
	return m.Post(e)
}

// CountDropped counts one message that was not posted for want of room by a
// sender that has nobody to tell, such as a ticker.
func (m *Mailbox) CountDropped() {
	m.mu.Lock()
	m.drop()
	m.mu.Unlock()
}

func (m *Mailbox) drop() {
	m.dropped++
	if m.cfg.Drops != nil {
		m.cfg.Drops.Add(1)
	}
}

// Posted is the number of events of every type that were queued so far.
func (m *Mailbox) Posted() uint64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.posted
}

// Close ends the mailbox: what it holds is freed, waiting senders and every
// later Post get ErrClosed. Closing it again does nothing.
func (m *Mailbox) Close() {
	m.mu.Lock()
	waiting := m.waiters
	m.closed = true
	m.queue.count(-m.queue.bytes)
	m.queue, m.waiters = list{}, waiters{}
	for w := waiting.first; w != nil; w = w.next {
		w.waiting = false
	}
	m.mu.Unlock()
	// Nobody else touches the chain now: Withdraw leaves those alone that do
	// not wait any more.
	for w := waiting.first; w != nil; w = w.next {
		w.done(ErrClosed)
	}
}

// Bytes is what the events take that wait to be taken, and what they may.
func (m *Mailbox) Bytes() (held, most int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.queue.bytes, m.cfg.Bytes
}

// SetBytes changes what the events may take together; zero means DefaultBytes.
// What is there stays, also where it is more. Messages that wait for room get
// what there is now, and ErrTooLarge if they never would.
func (m *Mailbox) SetBytes(most int64) {
	if most <= 0 {
		most = DefaultBytes
	}
	m.mu.Lock()
	m.cfg.Bytes = most
	var tooLarge, admitted []*Waiter
	for w := m.waiters.first; w != nil; {
		next := w.next
		if w.size > most {
			m.waiters.remove(w)
			tooLarge = append(tooLarge, w)
		}
		w = next
	}
	for w := m.admit(); w != nil; w = m.admit() {
		admitted = append(admitted, w)
	}
	m.mu.Unlock()
	for _, w := range tooLarge {
		w.done(ErrTooLarge)
	}
	for _, w := range admitted {
		w.done(nil)
	}
}

// Capacity is the number of messages that it holds.
func (m *Mailbox) Capacity() int { return m.cfg.Capacity }

// Overflow gives the policy.
func (m *Mailbox) Overflow() Overflow { return m.cfg.Overflow }

// Len is the number of events that wait to be taken, of every type.
func (m *Mailbox) Len() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.queue.len
}

// Dropped is the number of messages lost so far: those that DropOldest removed
// and those that CountDropped was told of. A message that Post refused is not
// among them, since its sender knows.
func (m *Mailbox) Dropped() uint64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.dropped
}
