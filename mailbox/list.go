package mailbox

import "sync/atomic"

// list is the queue of a mailbox, oldest first. Its methods run under the
// mailbox's lock.
type list struct {
	head, tail *node
	// oldest is the first message that counts: the one that DropOldest drops.
	// It only ever moves forward, so keeping it costs a constant per event
	// however many lifecycle events stand before it.
	oldest   *node
	len      int           // every event
	messages int           // those that count
	bytes    int64         // the sizes of all
	shared   *atomic.Int64 // the same of several mailboxes; may be nil
	seq      uint64        // of the last event that came
}

// node holds its event by value: a message costs one allocation. Unlinked, it
// keeps nothing else alive.
type node struct {
	ev         Event
	size       int64  // as Event.Size gives it
	seq        uint64 // its place in the order of arrival; zero once unlinked
	prev, next *node
}

// count adds to the sizes.
func (l *list) count(bytes int64) {
	l.bytes += bytes
	if l.shared != nil {
		l.shared.Add(bytes)
	}
}

func (l *list) push(e Event, size int64) {
	l.seq++
	l.count(size)
	n := &node{ev: e, size: size, seq: l.seq, prev: l.tail}
	if l.tail == nil {
		l.head = n
	} else {
		l.tail.next = n
	}
	l.tail = n
	l.len++
	if n.ev.counts() {
		l.messages++
		if l.oldest == nil {
			l.oldest = n
		}
	}
}

func (l *list) unlink(n *node) {
	if n == l.oldest {
		l.oldest = n.next
		for l.oldest != nil && !l.oldest.ev.counts() {
			l.oldest = l.oldest.next
		}
	}
	if n.prev == nil {
		l.head = n.next
	} else {
		n.prev.next = n.next
	}
	if n.next == nil {
		l.tail = n.prev
	} else {
		n.next.prev = n.prev
	}
	n.seq, n.prev, n.next = 0, nil, nil
	l.len--
	l.count(-n.size)
	if n.ev.counts() {
		l.messages--
	}
}

// after gives the first node behind a scan, nil at the end. A nil scan stands
// before the first.
func (l *list) after(s *Scan) *node {
	switch {
	case s == nil || s.at == nil:
		return l.head
	case l.tail == nil || l.tail.seq <= s.seq:
		return nil
	case s.at.seq == s.seq:
		return s.at.next
	}
	return l.seek(s.seq)
}

// seek gives the first node behind seq, which must be before the tail. It
// walks from both ends at once, since seq does not tell how many nodes stand
// on either side; a node that went missing was mostly near one: dropped at the
// head, or taken at the tail as soon as it came.
func (l *list) seek(seq uint64) *node {
	front, back := l.head, l.tail
	for front.seq <= seq {
		if back.prev.seq <= seq {
			return back
		}
		front, back = front.next, back.prev
	}
	return front
}
