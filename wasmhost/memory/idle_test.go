package memory

import (
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// waiter tells when it is freed.
type waiter struct {
	Waiting
	name  string
	freed *names
}

func (w *waiter) Free() { w.freed.add(w.name) }

type names struct {
	mu  sync.Mutex
	all []string
}

func (n *names) add(name string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.all = append(n.all, name)
}

func (n *names) get() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.all)
}

// TestIdleIsBounded has more wait, of two programs, than a node holds.
func TestIdleIsBounded(t *testing.T) {
	var freed names
	i := &Idle{most: 100}
	defer i.Close()
	var all [6]*Shelf
	for n := range all {
		all[n] = &Shelf{Most: 3}
	}
	a, b := all[0], all[1]
	put := func(s *Shelf, name string, bytes uint64, want bool) {
		t.Helper()
		if i.Put(s, &waiter{name: name, freed: &freed}, bytes) != want {
			t.Fatalf("put of %s gives %t", name, !want)
		}
	}
	check := func(na, nb int, bytes uint64, gone ...string) {
		t.Helper()
		if i.Waiting(a) != na || i.Waiting(b) != nb || i.Bytes() != bytes || !slices.Equal(freed.get(), gone) {
			t.Fatalf("%d and %d wait, of %d bytes; freed are %q", i.Waiting(a), i.Waiting(b), i.Bytes(), freed.get())
		}
	}
	put(a, "a1", 10, true)
	put(b, "b1", 20, true)
	put(a, "a2", 10, true)
	put(a, "a3", 6, false) // more than a quarter
	put(b, "b2", 6, false)
	if !i.Full(a) || !i.Full(b) || i.Full(all[2]) {
		t.Error("what is as large as before should not fit where there is a quarter already")
	}
	check(2, 1, 40)
	for n, s := range all[2:4] {
		put(s, string(rune('c'+n)), 25, true)
	}
	check(2, 1, 90)
	put(all[4], "e", 11, true)
	check(1, 1, 91, "a1")
	put(a, "a4", 15, true)
	check(2, 0, 86, "a1", "b1")
	put(all[5], "f", 25, true)
	check(1, 0, 76, "a1", "b1", "a2", "c")
	if w := i.Take(a); w == nil || w.(*waiter).name != "a4" {
		t.Fatalf("took %+v", w)
	}
	if i.Take(a) != nil || i.Take(b) != nil {
		t.Fatal("took what is not there")
	}
	for n := range 4 {
		put(a, "a", 1, n < 3)
	}
	if !i.Full(a) || i.Full(b) {
		t.Error("one shelf is full, the other is not")
	}
	w := i.Take(a).(*waiter)
	i.Close()
	check(0, 0, 0, "a1", "b1", "a2", "c", "d", "e", "f", "a", "a")
	if i.Put(a, w, 1) || !i.Full(b) {
		t.Error("something waits after the end")
	}
}

// TestIdleForLong has the timer free what no process takes, and leave what one does.
func TestIdleForLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var freed names
		var i Idle
		var s Shelf
		s.Most = 2
		i.Put(&s, &waiter{name: "first", freed: &freed}, 1)
		i.Put(&s, &waiter{name: "second", freed: &freed}, 1)
		for range 10 {
			time.Sleep(maxAge / 3)
			if w := i.Take(&s); !i.Put(&s, w, 1) {
				t.Fatal("it cannot wait")
			}
		}
		synctest.Wait()
		if !slices.Equal(freed.get(), []string{"first"}) {
			t.Errorf("freed are %q", freed.get())
		}
		time.Sleep(2*maxAge + 1)
		synctest.Wait()
		if len(freed.get()) != 2 || i.Bytes() != 0 {
			t.Errorf("freed are %q, and %d bytes wait", freed.get(), i.Bytes())
		}
		i.Close()
	})
}

// TestStack finds the stacks of functions, and takes others for large.
func TestStack(t *testing.T) {
	type engine struct{ stack []uint64 }
	if n := Stack(&engine{make([]uint64, 1, 20)}); n != 160 {
		t.Errorf("got %d bytes, want 160", n)
	}
	for _, f := range []any{nil, 1, &struct{}{}, &struct{ stack int }{}, (*engine)(nil)} {
		if Stack(f) <= MaxStack {
			t.Errorf("%T has a small stack", f)
		}
	}
}

// TestImagesAreBounded has an image that is one page too many.
func TestImagesAreBounded(t *testing.T) {
	p := newPool(t)
	b := newBudget(t, p, 0)
	begin(b, 1)
	p.images.Store(maxImages - touch)
	if b.Image() != nil {
		t.Error("there is an image of two pages")
	}
	p.images.Store(maxImages - 2*touch)
	i := b.Image()
	if i == nil || p.images.Load() != maxImages {
		t.Errorf("there is no image, of %d bytes", p.images.Load())
	}
	b.Release()
}
