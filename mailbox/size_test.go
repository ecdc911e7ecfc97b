package mailbox

import (
	"strings"
	"testing"
)

func text(n int) Event {
	return Event{Type: Message, Values: []Value{String(strings.Repeat("x", n))}}
}

func TestSizeCountsAllParts(t *testing.T) {
	long := String(strings.Repeat("x", 1000))
	inner := TableValue([]Value{long, long}, []Pair{{Key: String("key"), Value: long}})
	for _, tt := range []struct {
		name  string
		value Value
		least int64
	}{
		{"a string", long, 1000},
		{"a table", inner, 3003},
		{"a table in one", TableValue([]Value{inner}, nil), 3003},
		{"a table whose size is not kept", (&Table{List: []Value{(&Table{List: []Value{long}}).Value()}}).Value(), 1000},
		{"an error", ErrorValue(&Error{Message: long.Str(), Value: inner, Trace: []string{long.Str()}}), 5003},
	} {
		e := Event{Type: Message, Topic: "topic", Values: []Value{tt.value}}
		if got := e.Size(); got < tt.least || got > tt.least+1000 {
			t.Errorf("%s: %d bytes, want some more than %d", tt.name, got, tt.least)
		}
	}
	encoded, err := inner.Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	if v, err := Decode(encoded); err != nil || v.size() != inner.size() {
		t.Errorf("a decoded table takes %d bytes, want %d (%v)", v.size(), inner.size(), err)
	}
}

func TestBytesBound(t *testing.T) {
	const most = 10_000
	for _, policy := range []Overflow{Reject, DropOldest, Block} {
		m := New(Config{Capacity: 100, Overflow: policy, Bytes: most})
		if err := m.Post(text(most)); err != ErrTooLarge {
			t.Errorf("%d: a message larger than the mailbox: %v", policy, err)
		}
		for range 3 {
			if err := m.Post(text(3000)); err != nil {
				t.Fatal(err)
			}
		}
		err := m.Post(text(3000))
		if want := map[Overflow]error{Reject: ErrFull, Block: ErrFull, DropOldest: nil}[policy]; err != want {
			t.Errorf("%d: a message for which there is no room: %v", policy, err)
		}
		if held, bound := m.Bytes(); held > bound || m.Len() != 3 {
			t.Errorf("%d: %d messages of %d bytes, of %d", policy, m.Len(), held, bound)
		}
		// What the owner ordered finds room, and takes it from others.
		for range 2 {
			if err := m.PostDue(text(3000)); err != nil {
				t.Fatal(err)
			}
		}
		for m.Take(nil, func(e *Event) bool { return e.counts() }) != nil {
		}
		if err := m.Post(text(5000)); err != ErrFull {
			t.Errorf("%d: a message beside those that are due: %v", policy, err)
		}
		for m.Take(nil, nil) != nil {
		}
		if held, _ := m.Bytes(); held != 0 {
			t.Errorf("%d: an empty mailbox holds %d bytes", policy, held)
		}
	}
}

// A large message that waits for room is not overtaken by small ones that
// would find it.
func TestBytesWaitInOrder(t *testing.T) {
	m := New(Config{Capacity: 100, Overflow: Block, Bytes: 10_000})
	if err := m.Post(text(5000)); err != nil {
		t.Fatal(err)
	}
	var large, small error = ErrFull, ErrFull
	m.PostWhenRoom(text(6000), func(err error) { large = err })
	if err := m.Post(text(1)); err != ErrFull {
		t.Fatalf("a small message overtook: %v", err)
	}
	m.PostWhenRoom(text(1), func(err error) { small = err })
	if large != ErrFull || small != ErrFull {
		t.Fatalf("done before there is room: %v, %v", large, small)
	}
	m.Take(nil, nil)
	if large != nil {
		t.Fatalf("the large one did not go in: %v", large)
	}
	if small == ErrFull { // there is room for both: who comes next lets it in
		m.Take(nil, nil)
	}
	if small != nil {
		t.Errorf("the small one did not go in: %v", small)
	}
	tooLarge := ErrFull
	m.PostWhenRoom(text(10_000), func(err error) { tooLarge = err.(*Error) })
	if tooLarge != ErrTooLarge {
		t.Errorf("one that will never find room: %v", tooLarge)
	}
}
