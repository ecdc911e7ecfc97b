package memory

import (
	"bytes"
	"runtime"

	"github.com/tetratelabs/wazero/api"
)

// An instance that is used again has the memories that its first process had, as
// they were before any code ran: an [Image] knows how that was, a [Kept] holds
// them between two processes. What a guest wrote is gone when its process has
// ended, before anybody else is given the memory.

const (
	// MaxImage bounds what is restored, in bytes: the sizes of all memories of a
	// process together, as they begin.
	MaxImage = 16 << 20
	// compared is the size, in bytes, up to which a memory is compared with its image
	// and put right where it differs, so that its pages stay. It takes some 3 µs for each 64 KiB.
	// The pages of a larger one go back to the kernel.
	compared = 256 << 10
	// QuickImage is the size, in bytes, up to which an image costs a first process next
	// to nothing. There may be no second that is worth more.
	QuickImage = 1 << 20
	// maxImages bounds what all images of a pool hold, in bytes: a small module may begin with a
	// byte in each of many pages.
	maxImages = 256 << 20
)

// Image is what the memories of a process hold to begin with. It is immutable.
type Image struct{ memories []snapshot }

// snapshot is what one memory holds.
type snapshot struct {
	size  uint64
	parts []part // what is not zero, in order
}

// part is touch bytes of a memory.
type part struct {
	at    uint64
	bytes []byte
}

// Image copies what the memories hold. It gives nil where they are more than
// MaxImage, or there are too many images already.
func (b *Budget) Image() *Image {
	if b.Used() > MaxImage {
		return nil
	}
	i := &Image{}
	copied := int64(0)
	for m := b.live; m != nil; m = m.next {
		s := snapshot{size: m.size}
		for at := uint64(0); at < m.size; at += touch {
			if page := m.slot.bytes[at : at+touch]; !bytes.Equal(page, zeros[:]) {
				s.parts = append(s.parts, part{at, bytes.Clone(page)})
				copied += touch
			}
		}
		i.memories = append(i.memories, s)
	}
	images := &b.pool.images
	if images.Add(copied) > maxImages {
		images.Add(-copied)
		return nil
	}
	// It goes with the last program and the last memories that refer to it.
	runtime.AddCleanup(i, func(n int64) { images.Add(-n) }, copied)
	return i
}

// Kept are memories that belong to no process. They cannot grow.
type Kept struct {
	budget Budget
	image  *Image
	bare   []bool // of the memories, those whose image is yet to be written
}

// Keep takes the memories out of the budget, and what their guest wrote out of the memories.
// of are the engine's, in the order in which they were allocated; nothing may
// run in them. It gives nil where they cannot be as they were: they are the budget's
// still, and of no use but to be freed.
func (b *Budget) Keep(image *Image, of []api.Memory) *Kept {
	k := &Kept{image: image, bare: make([]bool, len(of))}
	n := 0
	for m := b.live; m != nil; m = m.next {
		if n == len(of) || n == len(image.memories) || !m.restore(&image.memories[n], of[len(of)-1-n], &k.bare[n]) {
			return nil
		}
		n++
	}
	if n != len(of) || n != len(image.memories) {
		return nil
	}
	k.budget.Init(b.pool, 0)
	k.budget.take(b)
	return k
}

// Adopt gives the memories to an empty budget. It gives false, and does nothing,
// where they are more than its limit.
func (b *Budget) Adopt(k *Kept) bool {
	if k.budget.Used() > b.limit {
		return false
	}
	n := 0
	for m := k.budget.live; m != nil; m = m.next {
		if k.bare[n] {
			for _, p := range k.image.memories[n].parts {
				copy(m.slot.bytes[p.at:], p.bytes)
			}
		}
		m.most = min(MaxSize, b.limit)
		n++
	}
	b.take(&k.budget)
	return true
}

// Resident is what the memories take while they wait, in bytes, at the most.
func (k *Kept) Resident() uint64 {
	sum, n := uint64(0), 0
	for m := k.budget.live; m != nil; m = m.next {
		if m.slot.heap {
			sum += uint64(len(m.slot.bytes))
		} else if !k.bare[n] {
			sum += m.size
		}
		n++
	}
	return sum
}

// Release frees the memories.
func (k *Kept) Release() { k.budget.Release() }

// take takes over the memories of another budget.
func (b *Budget) take(from *Budget) {
	for m := from.live; m != nil; m = m.next {
		m.budget = b
	}
	b.live, from.live = from.live, nil
	b.grow(from.used.Swap(0))
}

// restore makes the memory what s says, or bare: zero, and what is not is yet to
// be written. It gives false where that cannot be done.
func (m *linear) restore(s *snapshot, of api.Memory, bare *bool) bool {
	if m.moved || m.size < s.size || m.slot.heap && s.size > compared {
		return false // what waits on Go's heap would take it all
	}
	if m.size > s.size {
		m.zero(s.size, m.size)
		// The engine has no other way to have a memory shrink: it asks for the next size,
		// and takes what it is given.
		m.shrink, m.least = true, s.size
		_, ok := of.Grow(1)
		m.shrink = false
		if !ok {
			return false // it was as large as it can be
		}
	}
	if uint64(of.Size()) != s.size || m.size != s.size {
		return false
	}
	if s.size > compared {
		m.zero(0, s.size)
		*bare = true
		return true
	}
	parts := s.parts
	for at := uint64(0); at < s.size; at += touch {
		want := zeros[:]
		if len(parts) > 0 && parts[0].at == at {
			want, parts = parts[0].bytes, parts[1:]
		}
		if page := m.slot.bytes[at : at+touch]; !bytes.Equal(page, want) {
			copy(page, want)
		}
	}
	return true
}

// shrunk is what Reallocate gives to an engine that is to have the memory shrink.
func (m *linear) shrunk() []byte {
	m.budget.used.Add(-(m.size - m.least))
	m.size = m.least
	if m.size == 0 {
		return []byte{}
	}
	return m.slot.bytes[:m.size:m.size]
}

// zero zeroes the bytes between two sizes.
func (m *linear) zero(from, to uint64) {
	if b := m.slot.bytes[from:to]; m.slot.heap {
		clear(b)
	} else {
		discard(b)
	}
}
