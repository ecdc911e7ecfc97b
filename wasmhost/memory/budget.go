package memory

import (
	"bytes"
	"sync/atomic"

	"github.com/tetratelabs/wazero/experimental"
)

// Largest is the most that one memory may hold, in bytes: a page less than 32
// bits can count. The engine keeps a memory's length in 32 bits, where 4 GiB is
// zero.
const Largest = MaxSize - PageSize

// DefaultLimit is what a process's memories may hold together where no limit
// is set, in bytes: as much as one memory may.
const DefaultLimit = Largest

// Budget is what one process's linear memories may hold, and do hold. It is
// the experimental.MemoryAllocator of that process's instantiations.
//
// Whoever runs the process calls Allocate, the memories' methods and Release,
// never two at once; any goroutine may ask how much is used.
type Budget struct {
	pool    *Pool
	limit   uint64
	used    atomic.Uint64
	peak    atomic.Uint64
	refused atomic.Uint64
	live    *linear // latest first
}

var _ experimental.MemoryAllocator = (*Budget)(nil)

// Init makes b an empty budget of limit bytes over pool. A limit of zero is
// DefaultLimit.
func (b *Budget) Init(pool *Pool, limit uint64) {
	if limit == 0 {
		limit = DefaultLimit
	}
	b.pool, b.limit = pool, limit
}

// Limit is the most that the memories may hold together, in bytes.
func (b *Budget) Limit() uint64 { return b.limit }

// Used is what the memories hold together now, in bytes: their sizes as the
// guest sees them, touched or not.
func (b *Budget) Used() uint64 { return b.used.Load() }

// Peak is the most that Used ever was.
func (b *Budget) Peak() uint64 { return b.peak.Load() }

// Refused is what the memories would have held together, in bytes, had the
// latest refused growth been granted; zero when none was refused.
func (b *Budget) Refused() uint64 { return b.refused.Load() }

// Allocate makes an empty memory that will never be asked to hold more than
// most bytes. wazero sizes it to the module's minimum at once and panics when
// that is refused: check the minimum against the limit first.
func (b *Budget) Allocate(_, most uint64) experimental.LinearMemory {
	// Not a part of b, which it may outlive.
	m := &linear{budget: b, most: min(most, b.limit), next: b.live}
	b.live = m
	return m
}

// Release frees every memory that is not freed yet. wazero drops, without
// freeing it, the memory of an instance that fails to come up.
func (b *Budget) Release() {
	for m := b.live; m != nil; m = m.next {
		m.Free()
	}
	b.live = nil
}

// grow books n more bytes, or refuses and remembers it.
func (b *Budget) grow(n uint64) bool {
	used := b.used.Load() + n
	if used > b.limit {
		b.refused.Store(used)
		return false
	}
	b.used.Store(used)
	if used > b.peak.Load() {
		b.peak.Store(used)
	}
	return true
}

// linear is one linear memory.
type linear struct {
	budget *Budget
	next   *linear // of the budget's
	slot   slot
	size   uint64 // bytes in use, the slot's prefix
	most   uint64 // bytes that size will never exceed
	least  uint64 // to which Reallocate is to shrink it, if shrink
	shrink bool
	moved  bool // into another slot than its first
}

// Reallocate implements experimental.LinearMemory: it grows the memory to size
// bytes, the new ones zero, and gives them. Nil refuses. The memory's address
// may change, so it cannot back a shared memory.
func (m *linear) Reallocate(size uint64) []byte {
	if m.shrink {
		return m.shrunk()
	}
	if size == 0 {
		return []byte{}
	}
	if size > Largest {
		return nil
	}
	grown := size - min(size, m.size)
	if !m.budget.grow(grown) {
		return nil
	}
	if size > uint64(len(m.slot.bytes)) && !m.move(size) {
		m.budget.used.Add(-grown)
		return nil
	}
	m.size += grown
	return m.slot.bytes[:m.size:m.size]
}

// move puts the memory into a slot that holds size bytes.
func (m *linear) move(size uint64) bool {
	to := m.budget.pool.take(size, m.most)
	if to.bytes == nil {
		return false
	}
	if m.slot.bytes != nil {
		m.moved = true
		copyTouched(to.bytes, m.slot.bytes[:m.size])
		m.budget.pool.give(m.slot, m.size)
	}
	m.slot = to
	return true
}

// Free implements experimental.LinearMemory. It may be called again.
func (m *linear) Free() {
	if m.slot.bytes != nil {
		m.budget.pool.give(m.slot, m.size)
	}
	m.budget.used.Add(-m.size)
	m.slot, m.size = slot{}, 0
}

// touch is the granularity at which copyTouched skips zeros: a small page of
// the kernel's.
const touch = 4096

var zeros [touch]byte

// copyTouched copies src to dst, which is zero, without writing where src is
// zero: what the guest never touched stays without a page behind it.
func copyTouched(dst, src []byte) {
	for i := 0; i < len(src); i += touch {
		if page := src[i : i+touch]; !bytes.Equal(page, zeros[:]) {
			copy(dst[i:], page)
		}
	}
}
