package mailbox

// Scan is a position in a mailbox: the events up to it were looked at. The
// zero Scan stands before the first. What arrives later is behind every
// position. A Scan serves one mailbox and is not safe for concurrent use.
type Scan struct {
	seq uint64
	at  *node // the event looked at last; its seq differs once it is unlinked
}

func (s *Scan) moveTo(n *node) { s.seq, s.at = n.seq, n }

// Take removes and returns the oldest event behind s that match accepts, nil
// if there is none. A nil match accepts every event; a nil s stands before the
// first. s moves on past what match refused, so that a receiver that waits for
// one event does not walk the queue again at each arrival. match runs under
// the mailbox's lock: it must be quick and call nothing of the mailbox; see
// Next for one that is not so. The caller owns the event.
func (m *Mailbox) Take(s *Scan, match func(*Event) bool) *Event {
	e, admitted := m.take(s, match)
	if admitted != nil {
		admitted.done(nil)
	}
	return e
}

func (m *Mailbox) take(s *Scan, match func(*Event) bool) (*Event, *Waiter) {
	m.mu.Lock()
	defer m.mu.Unlock() // also when match panics: the senders must not hang
	for n := m.queue.after(s); n != nil; n = n.next {
		if match == nil || match(&n.ev) {
			m.queue.unlink(n)
			return &n.ev, m.admit()
		}
		if s != nil {
			s.moveTo(n)
		}
	}
	return nil, nil
}

// Next moves the scan to the next event and gives it without removing it, nil
// at the end. Remove then takes it out. The event is only to be read.
func (m *Mailbox) Next(s *Scan) *Event {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := m.queue.after(s)
	if n == nil {
		return nil
	}
	s.moveTo(n)
	return &n.ev
}

// Remove takes out the event that the scan stands at. It is false when the
// event is gone: DropOldest may have dropped it meanwhile.
func (m *Mailbox) Remove(s *Scan) bool {
	m.mu.Lock()
	if m.closed || s.at == nil || s.at.seq != s.seq {
		m.mu.Unlock()
		return false
	}
	m.queue.unlink(s.at)
	admitted := m.admit()
	m.mu.Unlock()
	if admitted != nil {
		admitted.done(nil)
	}
	return true
}

// Discard removes every event that match accepts without delivering it, and
// tells how many there were. match sees each event that is queued when Discard
// is called, under the same rules as in Take; waiting messages that find room
// thereby are not shown to it.
func (m *Mailbox) Discard(match func(*Event) bool) int {
	gone, admitted := m.discard(match)
	for _, w := range admitted {
		w.done(nil)
	}
	return gone
}

func (m *Mailbox) discard(match func(*Event) bool) (gone int, admitted []*Waiter) {
	m.mu.Lock()
	defer m.mu.Unlock()
	// Two passes: a match that panics leaves everything as it was.
	var doomed []*node
	for n := m.queue.head; n != nil; n = n.next {
		if match(&n.ev) {
			doomed = append(doomed, n)
		}
	}
	for _, n := range doomed {
		m.queue.unlink(n)
	}
	for w := m.admit(); w != nil; w = m.admit() {
		admitted = append(admitted, w)
	}
	return len(doomed), admitted
}
