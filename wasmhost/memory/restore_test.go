package memory

import (
	"bytes"
	"testing"

	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"
)

// engineMemory is a memory as the engine has it.
type engineMemory struct {
	api.Memory
	linear experimental.LinearMemory
	buffer []byte
	most   int // pages
}

func (m *engineMemory) Size() uint32 { return uint32(len(m.buffer)) }

// Grow does what the engine does.
func (m *engineMemory) Grow(delta uint32) (uint32, bool) {
	pages := len(m.buffer) / PageSize
	if pages+int(delta) > m.most {
		return 0, false
	}
	b := m.linear.Reallocate(uint64(pages+int(delta)) * PageSize)
	if b == nil {
		return 0, false
	}
	m.buffer = b
	return uint32(pages), true
}

// begin makes memories of so many pages, with something in each.
func begin(b *Budget, pages ...int) (all []api.Memory) {
	for i, n := range pages {
		m := &engineMemory{linear: b.Allocate(0, MaxSize), most: 40}
		m.buffer = m.linear.Reallocate(uint64(n) * PageSize)
		if n > 0 {
			m.buffer[0], m.buffer[n*PageSize-1] = byte(i+1), 9
		}
		all = append(all, m)
	}
	return all
}

// TestKeep hands memories of every kind on, some of which have grown.
func TestKeep(t *testing.T) {
	p := newPool(t)
	sizes := []int{1, 0, compared/PageSize + 1, 3}
	first := newBudget(t, p, 0)
	all := begin(first, sizes...)
	image := first.Image()
	var want [][]byte
	for _, m := range all {
		want = append(want, bytes.Clone(m.(*engineMemory).buffer))
	}
	b := first
	for round := range 4 {
		for i, m := range all {
			if m.Grow(uint32((i + round) % 3)); m.Size() > 0 {
				fill(m.(*engineMemory).buffer, 0xa5)
			}
		}
		k := b.Keep(image, all)
		if k == nil {
			t.Fatal("the memories cannot be kept")
		}
		if b.Used() != 0 {
			t.Fatalf("who gave them away has %d bytes", b.Used())
		}
		b.Release()
		if newBudget(t, p, 8*PageSize).Adopt(k) {
			t.Fatal("adopted by a budget that is too small")
		}
		b = newBudget(t, p, 0)
		if !b.Adopt(k) {
			t.Fatal("not adopted")
		}
		sum := uint64(0)
		for i, m := range all {
			if !bytes.Equal(m.(*engineMemory).buffer, want[i]) {
				t.Fatalf("memory %d has %d bytes that differ from those it began with, %d", i, m.Size(), len(want[i]))
			}
			sum += uint64(m.Size())
		}
		if b.Used() != sum || b.Peak() != sum {
			t.Fatalf("%d used, %d at most; want %d", b.Used(), b.Peak(), sum)
		}
		for i, m := range all {
			at := len(want[i])
			if m.Grow(1); !allZero(m.(*engineMemory).buffer[at:]) {
				t.Fatal("what it grows by is not zero")
			}
		}
	}
	b.Release()
}

// TestNotKept has what cannot be as it was.
func TestNotKept(t *testing.T) {
	p := newPool(t)
	for name, spoil := range map[string]func(m *engineMemory){
		"as large as it can be": func(m *engineMemory) { m.Grow(39) },
		"moved":                 func(m *engineMemory) { m.most = MaxSize / PageSize; m.Grow(2 * roomy / PageSize) },
	} {
		b := newBudget(t, p, 0)
		all := begin(b, 1)
		image := b.Image()
		spoil(all[0].(*engineMemory))
		if b.Keep(image, all) != nil {
			t.Errorf("%s: it is kept", name)
		}
		b.Release()
		if b.Used() != 0 {
			t.Errorf("%s: %d bytes are left", name, b.Used())
		}
	}
	b := newBudget(t, p, 0)
	begin(b, MaxImage/PageSize+1)
	if b.Image() != nil {
		t.Error("there is an image of more than MaxImage")
	}
	b.Release()
}

// TestKeptOnTheHeap is TestKeep's for slots of Go's heap.
func TestKeptOnTheHeap(t *testing.T) {
	p := newPool(t)
	for _, pages := range []int{1, compared/PageSize + 1} {
		b := newBudget(t, p, 0)
		all := begin(b, pages)
		m := all[0].(*engineMemory)
		b.live.slot = slot{bytes: make([]byte, classSize(classOf(uint64(pages)*PageSize))), heap: true}
		m.buffer = b.live.slot.bytes[:pages*PageSize]
		image := b.Image()
		fill(m.buffer, 1)
		k := b.Keep(image, all)
		if kept := k != nil; kept != (pages*PageSize <= compared) {
			t.Fatalf("%d pages: kept is %t", pages, kept)
		}
		if k != nil && !allZero(m.buffer) {
			t.Error("something is left")
		}
		if k != nil {
			k.Release()
		}
		b.Release()
	}
}
