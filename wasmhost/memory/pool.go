// Package memory holds the bytes of linear memories. A [Pool], one a host,
// hands out zeroed slots; a [Budget], one a process, bounds and counts what
// that process's memories hold, and is what wazero is given as its allocator
// (SPEC section 2, max_memory; DESIGN section 2, "Instances").
//
// On 64-bit Linux a slot is a piece of a large reservation of address space:
// the kernel backs only what is touched, a freed slot's pages go back to it,
// and however many memories there are, they cost a handful of mappings.
// Elsewhere slots are slices of the Go heap, recycled by size.
package memory

import (
	"math/bits"
	"sync"
	"sync/atomic"
)

// PageSize is the size of a WebAssembly page, in bytes.
const PageSize = 1 << 16

// MaxSize is the most that a 32-bit linear memory can hold, in bytes.
const MaxSize = 1 << 32

const (
	// classes is the number of slot sizes: the powers of two from PageSize to
	// MaxSize.
	classes = 17
	// roomy is the slot that a memory of unknown or large maximum begins in.
	// It costs address space only; growth within it moves nothing. 100,000 of
	// them take 6.4 of the 128 TB that a process has.
	roomy = 64 << 20
	// firstReservation is how many slots a class reserves first. Each
	// reservation after that is twice as large, so that a class has few.
	firstReservation = 64
)

// Pool is where slots come from. The zero Pool is ready. Its methods may be
// called from any goroutine; none waits for more than a system call.
type Pool struct {
	// Idle has what ended processes left for others. It is closed first.
	Idle    Idle
	images  atomic.Int64 // bytes that Images hold
	classes [classes]class
}

// class is the slots of one size.
type class struct {
	mu       sync.Mutex
	free     [][]byte // zeroed, last freed last
	fresh    []byte   // of the latest reservation, what was never handed out
	reserved [][]byte // every reservation, for Close
	heap     sync.Pool
}

// slot is a piece of zeroed memory. It is owned by who took it until it is
// given back.
type slot struct {
	bytes []byte // its length is its class's size; nil for no slot
	heap  bool   // of the Go heap, not of a reservation
}

// classOf gives the smallest class whose slots hold size bytes.
func classOf(size uint64) int {
	if size <= PageSize {
		return 0
	}
	return bits.Len64(size-1) - bits.Len64(PageSize-1)
}

func classSize(c int) uint64 { return PageSize << c }

// take gives a zeroed slot of at least need bytes, for a memory that may grow
// to most. It gives no slot when there is no address space left.
func (p *Pool) take(need, most uint64) slot {
	if need > MaxSize {
		return slot{}
	}
	if canReserve {
		c := classOf(max(need, min(most, roomy)))
		if b := p.classes[c].takeReserved(classSize(c)); b != nil {
			return slot{bytes: b}
		}
	}
	// The Go heap backs what is allocated, touched or not: no room ahead.
	c := classOf(need)
	if b, ok := p.classes[c].heap.Get().(*[]byte); ok {
		return slot{bytes: *b, heap: true}
	}
	if classSize(c) > maxInt {
		return slot{}
	}
	return slot{bytes: make([]byte, classSize(c)), heap: true}
}

// maxInt bounds a slice on this machine.
const maxInt = uint64(^uint(0) >> 1)

// give takes back a slot of which only the first dirty bytes may be set.
func (p *Pool) give(s slot, dirty uint64) {
	c := &p.classes[classOf(uint64(len(s.bytes)))]
	if s.heap {
		clear(s.bytes[:dirty])
		c.heap.Put(&s.bytes)
		return
	}
	discard(s.bytes[:dirty])
	c.mu.Lock()
	c.free = append(c.free, s.bytes)
	c.mu.Unlock()
}

// takeReserved gives a slot of a reservation, nil when none can be made.
func (c *class) takeReserved(size uint64) []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	if n := len(c.free); n > 0 {
		b := c.free[n-1]
		c.free[n-1] = nil
		c.free = c.free[:n-1]
		return b
	}
	if len(c.fresh) == 0 && !c.reserve(size) {
		return nil
	}
	b := c.fresh[:size:size]
	c.fresh = c.fresh[size:]
	return b
}

// reserve makes room for more slots; for fewer than it would like where
// address space is bounded.
func (c *class) reserve(size uint64) bool {
	for n := uint64(firstReservation) << len(c.reserved); n > 0; n /= 2 {
		if b := reserve(size * n); b != nil {
			if size < roomy {
				// One huge page would back what 32 idle memories touch.
				avoidHugePages(b)
			}
			c.reserved = append(c.reserved, b)
			c.fresh = b
			return true
		}
	}
	return false
}

// Close gives the reservations back, after what waits. No memory of the pool may be in use, nor
// asked for afterwards.
func (p *Pool) Close() {
	p.Idle.Close()
	for i := range p.classes {
		c := &p.classes[i]
		c.mu.Lock()
		for _, b := range c.reserved {
			release(b)
		}
		c.free, c.fresh, c.reserved = nil, nil, nil
		c.mu.Unlock()
	}
}
