package canon

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"

	"wippy/mailbox"
)

// modelHandle is a handle as TestTableModel keeps it.
type modelHandle struct {
	rt    *ResourceType
	rep   uint32
	own   bool
	lends int
}

// TestTableModel does what guests may do to handles at random, and compares
// with a model that is a map and a list of free indices.
func TestTableModel(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	s := &Store{}
	i := s.NewInstance(nil, 0)
	var dropped []uint32
	drop := func(_ context.Context, rep uint32) error {
		dropped = append(dropped, rep)
		return nil
	}
	types := []*ResourceType{{Name: "a", Drop: drop}, {Name: "b", Drop: drop}}
	model := map[uint32]*modelHandle{}
	var free, wantDropped []uint32
	next := uint32(1)
	call, open := &task{}, []*scope{}
	borrows := 0
	add := func(h *modelHandle, got uint32) {
		want := next
		if n := len(free); n > 0 {
			want, free = free[n-1], free[:n-1]
		} else {
			next++
		}
		if got != want {
			t.Fatalf("index %d, want %d", got, want)
		}
		model[got] = h
	}
	remove := func(index uint32) {
		delete(model, index)
		free = append(free, index)
	}
	for step := range 20000 {
		rt, index := types[random.IntN(2)], random.Uint32N(next+2)
		h := model[index]
		good := h != nil && h.rt == rt
		var err error
		switch random.IntN(8) {
		case 0, 1:
			var got uint32
			if got, err = ResourceNew(i, rt, uint32(step)); err == nil {
				add(&modelHandle{rt: rt, rep: uint32(step), own: true}, got)
			}
			good = true
		case 2:
			var got uint32
			if got, err = i.add(entry{rt: rt, rep: uint32(step), scope: call}); err == nil {
				call.borrows++
				borrows++
				add(&modelHandle{rt: rt, rep: uint32(step)}, got)
			}
			good = true
		case 3, 4:
			good = good && h.lends == 0
			if err = ResourceDrop(bg, i, rt, index); good {
				if h.own {
					wantDropped = append(wantDropped, h.rep)
				} else {
					borrows--
				}
				remove(index)
			}
		case 5:
			good = good && h.lends == 0 && h.own
			var rep uint32
			if rep, err = i.take(index, rt); good {
				if rep != h.rep {
					t.Fatalf("took rep %d, want %d", rep, h.rep)
				}
				remove(index)
			}
		case 6:
			if len(open) == 0 || random.IntN(4) == 0 {
				open = append(open, &scope{})
			}
			var rep uint32
			if rep, err = open[random.IntN(len(open))].lend(i, index, rt); good {
				if h.lends++; rep != h.rep {
					t.Fatalf("borrowed rep %d, want %d", rep, h.rep)
				}
			}
		case 7:
			good = true
			if n := len(open); n > 0 {
				for _, index := range open[n-1].lenders {
					model[index].lends--
				}
				open[n-1].end(i)
				open = open[:n-1]
			}
		}
		if (err == nil) != good {
			t.Fatalf("step %d: %v, want good: %v", step, err, good)
		}
		if s.Handles() != len(model) || call.borrows != borrows {
			t.Fatalf("step %d: %d handles and %d borrows, want %d and %d", step, s.Handles(), call.borrows, len(model), borrows)
		}
	}
	for index, h := range model {
		if rep, err := ResourceRep(i, h.rt, index); err != nil || rep != h.rep || int(i.handles.entries[index-1].lends) != h.lends {
			t.Errorf("handle %d: rep %d %v, want %+v", index, rep, err, *h)
		}
	}
	if !slices.Equal(dropped, wantDropped) {
		t.Error("other resources were dropped than should have been")
	}
}

// TestTableIsBounded fills the tables of a process that no limit is given to.
func TestTableIsBounded(t *testing.T) {
	s := &Store{}
	rt := &ResourceType{Name: "r"}
	first, second := s.NewInstance(nil, 0), s.NewInstance(nil, 0)
	for n := range DefaultMaxHandles {
		if _, err := first.add(entry{rt: rt, own: true}); err != nil {
			t.Fatalf("handle %d: %v", n, err)
		}
	}
	if _, err := second.add(entry{rt: rt, own: true}); !errors.Is(err, mailbox.LimitHit) {
		t.Errorf("one more gives %v", err)
	}
	// What one table had is not given back, so another may not have as much.
	for n := range uint32(DefaultMaxHandles) {
		first.remove(n + 1)
	}
	if _, err := first.add(entry{rt: rt, own: true}); err != nil {
		t.Error(err)
	}
	if _, err := second.add(entry{rt: rt, own: true}); err == nil {
		t.Error("the tables hold more than their room")
	}
}
