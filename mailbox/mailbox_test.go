package mailbox

import (
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
)

// The tests tell events apart by Ref, which the mailbox does not look at.

func message(id int) Event { return Event{Type: Message, Topic: "t", Ref: Ref(id)} }

func exit(id int) Event { return Event{Type: ExitEvent, Ref: Ref(id)} }

func post(t *testing.T, m *Mailbox, events ...Event) {
	t.Helper()
	for _, e := range events {
		if err := m.Post(e); err != nil {
			t.Fatalf("posting %d: %v", e.Ref, err)
		}
	}
}

// take takes everything that is there.
func take(m *Mailbox) (ids []int) {
	for e := m.Take(nil, nil); e != nil; e = m.Take(nil, nil) {
		ids = append(ids, int(e.Ref))
	}
	return ids
}

func wantTaken(t *testing.T, m *Mailbox, want ...int) {
	t.Helper()
	if got := take(m); !slices.Equal(got, want) {
		t.Errorf("took %v, want %v", got, want)
	}
	if m.Len() != 0 {
		t.Errorf("%d events are left", m.Len())
	}
}

func wantEvent(t *testing.T, e *Event, id int) {
	t.Helper()
	if e == nil || int(e.Ref) != id {
		t.Errorf("got %v, want event %d", e, id)
	}
}

// answers collects what PostWhenRoom reports.
type answers []string

func (a *answers) of(id int) func(error) {
	return func(err error) { *a = append(*a, fmt.Sprint(id, " ", err)) }
}

func (a *answers) want(t *testing.T, want ...string) {
	t.Helper()
	if !slices.Equal(*a, want) {
		t.Errorf("answers are %q, want %q", *a, want)
	}
}

func TestEventsComeInOrderOfArrival(t *testing.T) {
	m := New(Config{})
	e := Event{Type: Message, From: "<1.1.1>", Topic: "greeting", Values: []Value{String("hello")}}
	post(t, m, message(1), exit(2), Event{Type: LinkDown, Ref: 3}, Event{Type: CancelEvent, Ref: 4}, message(5), e)
	for id := 1; id <= 5; id++ {
		wantEvent(t, m.Take(nil, nil), id)
	}
	got := m.Take(nil, nil)
	if got.Type != e.Type || got.From != e.From || got.Topic != e.Topic || !got.Values[0].Equal(e.Values[0]) {
		t.Errorf("got %+v, want %+v", got, e)
	}
	if e := m.Take(nil, nil); e != nil {
		t.Errorf("the empty mailbox gave %+v", e)
	}
}

func TestTypeNames(t *testing.T) {
	for typ, want := range []string{"MESSAGE", "EXIT", "LINK_DOWN", "CANCEL", "GROUP"} {
		if got := Type(typ).String(); got != want {
			t.Errorf("type %d is %s, want %s", typ, got, want)
		}
	}
}

func TestDefaults(t *testing.T) {
	for _, capacity := range []int{0, -1} {
		m := New(Config{Capacity: capacity, Overflow: Block})
		if m.Capacity() != DefaultCapacity || m.Overflow() != Block {
			t.Errorf("capacity %d gives %d, %v", capacity, m.Capacity(), m.Overflow())
		}
	}
}

func TestCapacityCountsOnlyMessages(t *testing.T) {
	m := New(Config{Capacity: 2})
	post(t, m, exit(1), exit(2), message(3), exit(4), message(5))
	if err := m.Post(message(6)); err != ErrFull {
		t.Errorf("posting a third message: %v", err)
	}
	post(t, m, exit(7), Event{Type: LinkDown, Ref: 8}, Event{Type: CancelEvent, Ref: 9})
	if m.Len() != 8 {
		t.Errorf("%d events wait", m.Len())
	}
	wantEvent(t, m.Take(nil, nil), 1) // no room comes of it
	if err := m.Post(message(10)); err != ErrFull {
		t.Errorf("posting when an EXIT was taken: %v", err)
	}
	wantTaken(t, m, 2, 3, 4, 5, 7, 8, 9)
	if m.Dropped() != 0 {
		t.Errorf("a refused message counts as dropped")
	}
}

func TestOverflow(t *testing.T) {
	for _, c := range []struct {
		policy  Overflow
		err     error
		taken   []int
		dropped uint64
	}{
		{Reject, ErrFull, []int{1, 2, 3}, 0},
		{Block, ErrFull, []int{1, 2, 3}, 0},
		{DropOldest, nil, []int{1, 5, 6}, 2},
	} {
		m := New(Config{Capacity: 2, Overflow: c.policy})
		post(t, m, exit(1), message(2), message(3))
		for id := 5; id <= 6; id++ {
			if err := m.Post(message(id)); err != c.err {
				t.Errorf("policy %d: posting to a full mailbox: %v, want %v", c.policy, err, c.err)
			}
		}
		wantTaken(t, m, c.taken...)
		if m.Dropped() != c.dropped {
			t.Errorf("policy %d: %d dropped, want %d", c.policy, m.Dropped(), c.dropped)
		}
		post(t, m, message(7))
		wantTaken(t, m, 7)
	}
}

func TestDropOldestNeverDropsLifecycleEvents(t *testing.T) {
	m := New(Config{Capacity: 1, Overflow: DropOldest})
	var kept []int
	for id := range 50 {
		post(t, m, exit(2*id), message(2*id+1))
		kept = append(kept, 2*id)
	}
	wantTaken(t, m, append(kept, 99)...)
	if m.Dropped() != 49 {
		t.Errorf("%d dropped", m.Dropped())
	}
}

func TestDueMessagesNeitherCountNorGetDropped(t *testing.T) {
	for _, policy := range []Overflow{Reject, DropOldest, Block} {
		m := New(Config{Capacity: 1, Overflow: policy})
		post(t, m, message(1))
		for id := 2; id <= 4; id++ {
			if err := m.PostDue(message(id)); err != nil {
				t.Fatalf("policy %d: posting what is due to a full mailbox: %v", policy, err)
			}
		}
		wantEvent(t, m.Take(nil, nil), 1)
		post(t, m, message(5)) // three due ones wait, and yet there is room
		switch err := m.Post(message(6)); {
		case policy == DropOldest && err == nil:
			wantTaken(t, m, 2, 3, 4, 6)
		case policy != DropOldest && err == ErrFull:
			wantTaken(t, m, 2, 3, 4, 5)
		default:
			t.Errorf("policy %d: posting to a full mailbox: %v", policy, err)
		}
	}
}

func TestCountDropped(t *testing.T) {
	m := New(Config{})
	m.CountDropped()
	m.CountDropped()
	if m.Dropped() != 2 {
		t.Errorf("%d dropped", m.Dropped())
	}
}

// TestDropsOfSeveral counts for mailboxes together, and for each.
func TestDropsOfSeveral(t *testing.T) {
	var drops atomic.Uint64
	a := New(Config{Capacity: 1, Overflow: DropOldest, Drops: &drops})
	b := New(Config{Capacity: 1, Drops: &drops})
	post(t, a, message(1), message(2), message(3))
	b.CountDropped()
	if a.Dropped() != 2 || b.Dropped() != 1 || drops.Load() != 3 {
		t.Errorf("%d and %d dropped, and %d together", a.Dropped(), b.Dropped(), drops.Load())
	}
}

func TestPosted(t *testing.T) {
	m := New(Config{Capacity: 1, Overflow: Block})
	post(t, m, message(1), exit(2))
	_ = m.Post(message(3)) // refused
	m.PostWhenRoom(message(4), func(error) {})
	if m.Posted() != 2 {
		t.Errorf("%d posted, want 2", m.Posted())
	}
	m.Take(nil, nil)
	m.Close()
	if m.Posted() != 3 {
		t.Errorf("%d posted, want 3", m.Posted())
	}
}

func TestPostWhenRoomKeepsOrder(t *testing.T) {
	m := New(Config{Capacity: 2, Overflow: Block})
	var got answers
	m.PostWhenRoom(message(1), got.of(1))
	m.PostWhenRoom(message(2), got.of(2))
	got.want(t, "1 <nil>", "2 <nil>")
	for id := 3; id <= 5; id++ {
		m.PostWhenRoom(message(id), got.of(id))
	}
	m.PostWhenRoom(exit(6), got.of(6)) // has room always
	got.want(t, "1 <nil>", "2 <nil>", "6 <nil>")

	got = nil
	wantEvent(t, m.Take(nil, nil), 1)
	got.want(t, "3 <nil>")
	if err := m.Post(message(7)); err != ErrFull {
		t.Errorf("a message overtook those that wait: %v", err)
	}
	wantTaken(t, m, 2, 6, 3, 4, 5)
	got.want(t, "3 <nil>", "4 <nil>", "5 <nil>")
}

func TestRemoveAndDiscardLetWaitingMessagesIn(t *testing.T) {
	m := New(Config{Capacity: 2, Overflow: Block})
	var got answers
	post(t, m, message(1), message(2))
	for id := 3; id <= 6; id++ {
		m.PostWhenRoom(message(id), got.of(id))
	}
	var s Scan
	wantEvent(t, m.Next(&s), 1)
	if !m.Remove(&s) {
		t.Error("the event was gone")
	}
	got.want(t, "3 <nil>")
	// Both that are queued go; the two that come in are not asked about.
	var seen []int
	gone := m.Discard(func(e *Event) bool {
		seen = append(seen, int(e.Ref))
		return true
	})
	if gone != 2 || !slices.Equal(seen, []int{2, 3}) {
		t.Errorf("discarded %d of %v", gone, seen)
	}
	got.want(t, "3 <nil>", "4 <nil>", "5 <nil>")
	wantTaken(t, m, 4, 5, 6)
}

func TestSetBytes(t *testing.T) {
	large := func(id, bytes int) Event {
		e := message(id)
		e.Values = []Value{String(strings.Repeat("x", bytes))}
		return e
	}
	m := New(Config{Capacity: 10, Overflow: Block, Bytes: 4000})
	var got answers
	post(t, m, large(1, 3000))
	m.PostWhenRoom(large(2, 2500), got.of(2))
	m.PostWhenRoom(large(3, 100), got.of(3))
	m.PostWhenRoom(large(4, 3500), got.of(4))
	m.SetBytes(7000) // for one more
	got.want(t, "2 <nil>", "3 <nil>")
	got = nil
	m.SetBytes(3400) // what is there stays; the last would never find room
	got.want(t, "4 the message is larger than the mailbox")
	if held, most := m.Bytes(); held < 5600 || most != 3400 {
		t.Errorf("%d of %d bytes", held, most)
	}
	if err := m.Post(large(5, 1)); err != ErrFull {
		t.Error(err)
	}
	if err := m.Post(large(5, 3400)); err != ErrTooLarge {
		t.Error(err)
	}
	wantTaken(t, m, 1, 2, 3)
	m.SetBytes(0)
	if _, most := m.Bytes(); most != DefaultBytes {
		t.Errorf("%d bytes", most)
	}
}

func TestDoneMayUseTheMailbox(t *testing.T) {
	m := New(Config{Capacity: 1, Overflow: Block})
	post(t, m, message(1))
	m.PostWhenRoom(message(2), func(error) { wantEvent(t, m.Take(nil, nil), 2) })
	wantEvent(t, m.Take(nil, nil), 1)
	if m.Len() != 0 {
		t.Errorf("%d events are left", m.Len())
	}
}

func TestWithdraw(t *testing.T) {
	m := New(Config{Capacity: 1, Overflow: Block})
	var got answers
	in := m.PostWhenRoom(message(1), got.of(1))
	var waiting []*Waiter
	for id := 2; id <= 6; id++ {
		waiting = append(waiting, m.PostWhenRoom(message(id), got.of(id)))
	}
	if m.Withdraw(in) {
		t.Error("a queued message was withdrawn")
	}
	for _, i := range []int{2, 0, 4} { // from the middle, the front and the back
		if !m.Withdraw(waiting[i]) || m.Withdraw(waiting[i]) {
			t.Errorf("message %d was not withdrawn exactly once", i+2)
		}
	}
	wantTaken(t, m, 1, 3, 5)
	got.want(t, "1 <nil>", "3 <nil>", "5 <nil>")
	if m.Withdraw(waiting[1]) {
		t.Error("a taken message was withdrawn")
	}
}

func TestClose(t *testing.T) {
	m := New(Config{Capacity: 1, Overflow: Block})
	var got answers
	var s Scan
	post(t, m, message(1), exit(2))
	wantEvent(t, m.Next(&s), 1)
	waiting := m.PostWhenRoom(message(3), got.of(3))
	m.PostWhenRoom(message(4), got.of(4))
	m.Close()
	m.Close()
	got.want(t, "3 the process has ended", "4 the process has ended")
	m.PostWhenRoom(message(5), got.of(5))
	got.want(t, "3 the process has ended", "4 the process has ended", "5 the process has ended")
	for _, err := range []error{m.Post(message(6)), m.Post(exit(7)), m.PostDue(message(8))} {
		if err != ErrClosed {
			t.Errorf("posting to a closed mailbox: %v", err)
		}
	}
	if m.Remove(&s) || m.Next(&s) != nil || m.Take(&s, nil) != nil || m.Take(nil, nil) != nil || m.Withdraw(waiting) {
		t.Error("a closed mailbox gave something away")
	}
	if n := m.Discard(func(*Event) bool { return true }); n != 0 || m.Len() != 0 {
		t.Errorf("a closed mailbox discarded %d and held %d", n, m.Len())
	}
}
