package imports

import (
	"sync/atomic"
	"weak"

	"github.com/tetratelabs/wazero/api"
)

// allocator is a guest's exported allocator. The engine gives each function
// that is looked up a stack of its own: 11.8 KB, half of what an idle process
// takes. So a Caller refers to it weakly, and only those of processes that used
// theirs recently are held; the others go at the next garbage collection, and
// are looked up again, which takes some microseconds, when their process wakes.
type allocator struct {
	api.Function
	slot uint32
}

// maxHeld is how many allocators are held, 12 MB of them. A power of two.
const maxHeld = 1 << 10

var (
	held  [maxHeld]atomic.Pointer[allocator]
	slots atomic.Uint32 // given out so far
)

// realloc gives the module's allocator, nil if it has none.
func (c *Caller) realloc() api.Function {
	a := c.alloc.Value()
	if a == nil {
		fn := c.mod.ExportedFunction(Realloc)
		if fn == nil {
			return nil
		}
		a = &allocator{fn, slots.Add(1) % maxHeld}
		c.alloc = weak.Make(a)
	}
	if h := &held[a.slot]; h.Load() != a {
		h.Store(a)
	}
	return a.Function
}

// Forget gives up the guest's allocator. The process calls it at its end.
func (c *Caller) Forget() {
	if a := c.alloc.Value(); a != nil {
		held[a.slot].CompareAndSwap(a, nil)
	}
	c.alloc = weak.Pointer[allocator]{}
}
