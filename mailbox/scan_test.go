package mailbox

import (
	"slices"
	"testing"
)

func is(id int) func(*Event) bool { return func(e *Event) bool { return int(e.Ref) == id } }

func TestTakeLeavesTheRestInOrder(t *testing.T) {
	m := New(Config{})
	for id := range 6 {
		post(t, m, message(id))
	}
	for _, id := range []int{3, 0, 5} {
		wantEvent(t, m.Take(nil, is(id)), id)
		if e := m.Take(nil, is(id)); e != nil {
			t.Errorf("event %d was taken twice", id)
		}
	}
	wantTaken(t, m, 1, 2, 4)
}

func TestTakeWithAScanDoesNotLookAgain(t *testing.T) {
	m := New(Config{})
	var s Scan
	var looked []int
	match := func(e *Event) bool {
		looked = append(looked, int(e.Ref))
		return e.Ref%10 == 9
	}
	step := func(taken int, want ...int) {
		t.Helper()
		looked = nil
		if e := m.Take(&s, match); taken >= 0 {
			wantEvent(t, e, taken)
		} else if e != nil {
			t.Errorf("took %d", e.Ref)
		}
		if !slices.Equal(looked, want) {
			t.Errorf("looked at %v, want %v", looked, want)
		}
	}
	step(-1)
	post(t, m, message(1), message(2))
	step(-1, 1, 2)
	step(-1)
	post(t, m, message(3), message(19), message(4), message(29))
	step(19, 3, 19)
	step(29, 4, 29)
	step(-1)
	// What stands before or at the scan may go without moving it.
	wantEvent(t, m.Take(nil, is(4)), 4)
	wantEvent(t, m.Take(nil, is(1)), 1)
	post(t, m, message(5))
	step(-1, 5)
	m.Discard(func(*Event) bool { return true })
	step(-1)
	post(t, m, message(6), message(39))
	step(39, 6, 39)
	wantTaken(t, m, 6)
}

func TestNextAndRemove(t *testing.T) {
	m := New(Config{})
	post(t, m, message(1), exit(2), message(3), message(4))
	var s Scan
	if m.Remove(&s) {
		t.Error("a scan that stands nowhere removed something")
	}
	wantEvent(t, m.Next(&s), 1)
	wantEvent(t, m.Next(&s), 2)
	if first, again := m.Remove(&s), m.Remove(&s); !first || again {
		t.Error("event 2 was not removed exactly once")
	}
	wantEvent(t, m.Next(&s), 3)
	wantEvent(t, m.Next(&s), 4)
	for range 2 {
		if m.Next(&s) != nil {
			t.Error("the scan went beyond the end")
		}
	}
	if !m.Remove(&s) {
		t.Error("the end took the scan away from event 4")
	}
	post(t, m, message(5))
	wantEvent(t, m.Next(&s), 5)
	wantTaken(t, m, 1, 3, 5)
}

func TestNextAndRemoveWhileDropOldestDrops(t *testing.T) {
	m := New(Config{Capacity: 3, Overflow: DropOldest})
	post(t, m, exit(1), message(2), message(3), message(4))
	var s Scan
	wantEvent(t, m.Next(&s), 1)
	e := m.Next(&s)
	wantEvent(t, e, 2)
	post(t, m, message(5)) // drops 2, where the scan stands
	if m.Remove(&s) {
		t.Error("a dropped event was removed")
	}
	wantEvent(t, e, 2) // what Next gave stays readable
	wantEvent(t, m.Next(&s), 3)
	post(t, m, message(6), message(7)) // drop 3, where the scan stands, and 4 behind it
	if m.Remove(&s) {
		t.Error("a dropped event was removed")
	}
	wantEvent(t, m.Next(&s), 5)
	post(t, m, message(8), message(9), message(10)) // everything that the scan saw and more
	wantEvent(t, m.Next(&s), 8)
	if !m.Remove(&s) {
		t.Error("event 8 was gone")
	}
	wantTaken(t, m, 1, 9, 10)
	if m.Dropped() != 6 {
		t.Errorf("%d dropped", m.Dropped())
	}
}

func TestDiscard(t *testing.T) {
	m := New(Config{Capacity: 3})
	post(t, m, exit(1), message(2), exit(3), message(4), exit(5), message(6))
	if n := m.Discard(func(e *Event) bool { return e.Type == ExitEvent && e.Ref != 3 }); n != 2 {
		t.Errorf("discarded %d", n)
	}
	if err := m.Post(message(7)); err != ErrFull {
		t.Errorf("discarding EXITs made room for a message: %v", err)
	}
	if n := m.Discard(func(e *Event) bool { return e.Ref == 6 || e.Ref == 2 }); n != 2 {
		t.Errorf("discarded %d", n)
	}
	post(t, m, message(7), message(8))
	wantTaken(t, m, 3, 4, 7, 8)
	if m.Dropped() != 0 {
		t.Error("discarded events count as dropped")
	}
}

// A match is other people's code: its panic ends its process, not the senders.
func TestAPanickingMatchLeavesTheMailboxWorking(t *testing.T) {
	boom := func(e *Event) bool {
		if e.Ref == 2 {
			panic("boom")
		}
		return true
	}
	for name, f := range map[string]func(*Mailbox){
		"Take":    func(m *Mailbox) { m.Take(nil, func(e *Event) bool { return e.Ref == 2 && boom(e) }) },
		"Discard": func(m *Mailbox) { m.Discard(boom) },
	} {
		m := New(Config{})
		post(t, m, message(1), message(2), message(3))
		func() {
			defer func() {
				if r := recover(); r != "boom" {
					t.Errorf("%s recovered %v", name, r)
				}
			}()
			f(m)
		}()
		post(t, m, message(4))
		wantTaken(t, m, 1, 2, 3, 4)
	}
}

func BenchmarkPostTake(b *testing.B) {
	m := New(Config{})
	e := Event{Type: Message, From: "<1.2.3>", Topic: "job", Values: []Value{Int(1)}}
	b.ReportAllocs()
	for b.Loop() {
		if m.Post(e) != nil || m.Take(nil, nil) == nil {
			b.Fatal("the message was lost")
		}
	}
}

// A receiver waits for one reply while a thousand other messages are queued.
func BenchmarkSelectiveTakeBehind1000(b *testing.B) {
	fill := func() *Mailbox {
		m := New(Config{Capacity: 2000})
		for range 1000 {
			_ = m.Post(Event{Type: Message, Topic: "other"})
		}
		return m
	}
	reply := Event{Type: Message, Topic: "reply"}
	match := func(e *Event) bool { return e.Topic == "reply" }
	b.Run("scan", func(b *testing.B) {
		m, s := fill(), Scan{}
		m.Take(&s, match)
		b.ReportAllocs()
		for b.Loop() {
			if m.Post(reply) != nil || m.Take(&s, match) == nil {
				b.Fatal("the reply was lost")
			}
		}
	})
	b.Run("no scan", func(b *testing.B) {
		m := fill()
		b.ReportAllocs()
		for b.Loop() {
			if m.Post(reply) != nil || m.Take(nil, match) == nil {
				b.Fatal("the reply was lost")
			}
		}
	})
}

// Next walks a queue of a thousand events in steps of constant cost.
func BenchmarkNextThrough1000(b *testing.B) {
	m := New(Config{})
	for range 1000 {
		_ = m.Post(Event{Type: Message})
	}
	b.ReportAllocs()
	for b.Loop() {
		var s Scan
		for m.Next(&s) != nil {
		}
	}
}

func BenchmarkPostTakeContended(b *testing.B) {
	m := New(Config{Capacity: 1 << 30})
	e := Event{Type: Message}
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			_ = m.Post(e)
			m.Take(nil, nil)
		}
	})
}
