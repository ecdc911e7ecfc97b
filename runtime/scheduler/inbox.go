package scheduler

import (
	"sync"
	"sync/atomic"
	"time"

	"wippy/mailbox"
	"wippy/runtime/process"
)

// maxInboxes bounds the inboxes that a process has open at once.
const maxInboxes = 64

// inboxes are a task's. Their lock is taken by whoever sends to one, and last:
// no other is taken under it.
type inboxes struct {
	held atomic.Int64 // what all of them hold, in bytes

	mu   sync.Mutex
	open map[uint64]*inbox
	last uint64 // number that was given; none is used twice
}

// inbox implements process.Inbox.
type inbox struct {
	t        *task
	n        uint64
	address  mailbox.PID
	box      *mailbox.Mailbox
	closed   bool                     // only the task's coroutine closes it, or asks
	watching map[mailbox.Ref]*monitor // whose EXIT comes here; guarded by the task's mutex
}

var _ process.Inbox = (*inbox)(nil)

// address gives the process and the mailbox that a dest is: of a PID or a name,
// or one of its inboxes. Both are nil where there is none.
func (s *Scheduler) address(dest mailbox.PID) (*task, *mailbox.Mailbox) {
	if owner, n, ok := dest.SplitInbox(); ok {
		if t := s.procs.get(owner); t != nil {
			if in := t.inbox(n); in != nil {
				return t, in.box
			}
		}
		return nil, nil
	}
	if t := s.find(dest); t != nil {
		return t, t.box
	}
	return nil, nil
}

// inbox gives an open one by its number, nil if it is not.
func (t *task) inbox(n uint64) *inbox {
	all := t.inboxes.Load()
	if all == nil {
		return nil
	}
	all.mu.Lock()
	defer all.mu.Unlock()
	return all.open[n]
}

// openInboxes gives those that are open.
func (t *task) openInboxes() []*inbox {
	all := t.inboxes.Load()
	if all == nil {
		return nil
	}
	all.mu.Lock()
	defer all.mu.Unlock()
	list := make([]*inbox, 0, len(all.open))
	for _, in := range all.open {
		list = append(list, in)
	}
	return list
}

// boxOf gives the mailbox of an inbox, the task's own for nil.
func (t *task) boxOf(in *inbox) *mailbox.Mailbox {
	if in != nil {
		return in.box
	}
	return t.box
}

// OpenInbox implements process.Peers.
func (t *task) OpenInbox() (process.Inbox, error) {
	t.unwindIfDoomed()
	all := t.inboxes.Load()
	if all == nil {
		all = &inboxes{open: map[uint64]*inbox{}}
		t.inboxes.Store(all)
	}
	_, most := t.box.Bytes()
	all.mu.Lock()
	defer all.mu.Unlock()
	if len(all.open) >= maxInboxes {
		return nil, mailbox.Errorf(mailbox.LimitHit, "the process has %d inboxes open, and may not have more; close those that are done with", len(all.open))
	}
	all.last++
	in := &inbox{t: t, n: all.last, address: t.pid.Inbox(all.last),
		box: mailbox.New(mailbox.Config{Capacity: t.box.Capacity(), Bytes: most, Drops: &t.g.dropped, Shared: &all.held})}
	all.open[in.n] = in
	return in, nil
}

// Address implements process.Inbox.
func (in *inbox) Address() mailbox.PID { return in.address }

// Receive implements process.Inbox.
func (in *inbox) Receive(match func(*mailbox.Event) bool, timeout time.Duration) *mailbox.Event {
	if in.closed { // nothing will ever come
		timeout = 0
	}
	return in.t.receive(in.box, match, timeout)
}

// ReceiveFunc implements process.Inbox.
func (in *inbox) ReceiveFunc(match func(*mailbox.Event) bool, timeout time.Duration) *mailbox.Event {
	if in.closed {
		timeout = 0
	}
	return in.t.receiveFunc(in.box, match, timeout)
}

// Send implements process.Inbox.
func (in *inbox) Send(dest mailbox.PID, topic string, values []mailbox.Value) error {
	return in.t.sendAs(in.address, dest, topic, values)
}

// Spawn implements process.Inbox.
func (in *inbox) Spawn(r process.Spawn) (mailbox.PID, error) {
	if in.closed {
		return "", in.isClosed()
	}
	return in.t.spawn(r, in)
}

func (in *inbox) isClosed() error {
	return mailbox.Errorf(mailbox.Invalid, "the inbox %s is closed", in.address)
}

// Monitor implements process.Inbox.
func (in *inbox) Monitor(dest mailbox.PID) (mailbox.Ref, error) {
	if in.closed {
		return 0, in.isClosed()
	}
	return in.t.monitor(dest, in)
}

// Close implements process.Inbox.
func (in *inbox) Close() {
	in.closed = true
	all := in.t.inboxes.Load()
	all.mu.Lock()
	delete(all.open, in.n)
	all.mu.Unlock()
	in.t.mu.Lock()
	watching := in.watching
	in.watching = nil
	in.t.mu.Unlock()
	for _, m := range watching {
		m.unlink()
	}
	in.box.Close()
}

// closeInboxes closes all of a task that has ended.
func (t *task) closeInboxes() {
	for _, in := range t.openInboxes() {
		in.Close()
	}
}
