package imports

import (
	"context"
	"fmt"
	"math"
	"unicode/utf8"
	"weak"

	"github.com/tetratelabs/wazero/api"

	"wippy/mailbox"
	"wippy/runtime/process"
	"wippy/wasmhost/wasi/world"
)

// Realloc is the export that host functions take memory from, as in the
// canonical ABI of components: (old, old size, alignment, size) -> address.
const Realloc = "cabi_realloc"

// stored is what errors call an address that the guest's allocator gave.
const stored = "what " + Realloc + " gave"

const noRealloc = "the guest has no " + Realloc

// BytesPerFuel is how many bytes that a host function copies cost a unit.
const BytesPerFuel = 64

// Caller is a process as host functions see it. It lives as long as the
// process and is used on its coroutine only.
type Caller struct {
	process.Context
	Grants Grants
	// Args is what it was spawned with.
	Args []mailbox.Value
	// Output is what the process prints.
	Output process.Output
	// World is what the process sees through WASI, nil if it imports none of it.
	World *world.World
	// Memory is the memory of the call that is made, nil if the guest has none.
	// What Read gives of it is good until the guest runs again: any growth may
	// move it, also one within Alloc.
	Memory Memory
	// Refused is the latest error of a limit of the process's own that it was
	// given; nil if it never was.
	Refused *mailbox.Error
	// Guest is what made the Caller.
	Guest Guest

	recent [4]string // short strings that the guest used last: PIDs and topics come again and again
	turn   uint8     // of recent, to be replaced next
	mod    api.Module
	given  Callable // the allocator that a component's import names
	alloc  weak.Pointer[allocator]
	busy   bool // within alloc
	stack  [4]uint64
}

// Memory is a linear memory, as wazero's api.Memory is one.
type Memory interface {
	Size() uint32
	Read(offset, count uint32) ([]byte, bool)
}

// Callable is a function of the guest's, as wazero's api.Function is one: stack
// holds the parameters, and afterwards the results.
type Callable interface {
	CallWithStack(ctx context.Context, stack []uint64) error
}

// Guest is the running instance behind a Caller.
type Guest interface {
	// Within calls a function of the guest from within a host function. The
	// error is a *Trap for what the guest did. A process that is to end does
	// not return.
	Within(fn Callable, stack []uint64) error
	// Charge takes fuel for work of the host's, and unwinds as Checkpoint does.
	Charge(fuel uint64)
	// Share gives others their turn if the process has run for long by the clock:
	// a guest may spend its time in the host, where its own code is not metered.
	Share()
	// Waited tells that the process was suspended: what it is charged for time
	// begins anew.
	Waited()
}

// Key is the key of the Caller in the context of a guest's calls.
type Key struct{}

// From gives the process that a host function was called by.
func From(ctx context.Context) *Caller { return ctx.Value(Key{}).(*Caller) }

// Trap ends the guest. It does not return.
func (c *Caller) Trap(format string, args ...any) {
	panic(&Trap{Message: fmt.Sprintf(format, args...)})
}

// Exit ends the process with a result. It does not return.
func (c *Caller) Exit(r process.Result) { panic(&Exit{r}) }

// Charge takes fuel for n bytes that are copied.
func (c *Caller) Charge(n int) {
	if n >= BytesPerFuel {
		c.Guest.Charge(uint64(n) / BytesPerFuel)
	}
}

// View gives n bytes of the guest's memory, to read or write until the guest
// runs again. It traps where they are not all in it, calling them what.
func (c *Caller) View(at, n uint32, what string) []byte {
	if c.Memory == nil {
		c.Trap("%s: the guest has no memory", what)
	}
	b, ok := c.Memory.Read(at, n)
	if !ok {
		c.Trap("%s: %d bytes at %#x are outside of the memory, which has %d", what, n, at, c.Memory.Size())
	}
	return b
}

// Aligned gives a View of what the guest keeps at a multiple of align, and
// traps where it does not.
func (c *Caller) Aligned(at, n, align uint32, what string) []byte {
	if at%align != 0 {
		c.Trap("%s: the address %#x is no multiple of %d", what, at, align)
	}
	return c.View(at, n, what)
}

// Array gives a View of n elements of size bytes each.
func (c *Caller) Array(at, n, size, align uint32, what string) []byte {
	if total := uint64(n) * uint64(size); total <= math.MaxUint32 {
		return c.Aligned(at, uint32(total), align, what)
	}
	c.Trap("%s: %d elements of %d bytes are more than a memory has", what, n, size)
	return nil
}

// Text gives a copy of a string of the guest's. It traps where that is not
// UTF-8.
func (c *Caller) Text(at, n uint32, what string) string {
	b := c.View(at, n, what)
	if n <= maxRecent {
		return c.short(b, what)
	}
	return c.text(b, what)
}

// maxRecent is how long a string may be that is kept for its next use.
const maxRecent = 32

func (c *Caller) short(b []byte, what string) string {
	for i := range c.recent {
		if c.recent[i] == string(b) {
			return c.recent[i]
		}
	}
	s := c.text(b, what)
	c.recent[c.turn%uint8(len(c.recent))] = s
	c.turn++
	return s
}

func (c *Caller) text(b []byte, what string) string {
	if !utf8.Valid(b) {
		c.Trap("%s: the string is not UTF-8", what)
	}
	c.Charge(len(b))
	return string(b)
}

// Alloc takes n bytes from the guest's allocator. Of no bytes the address is
// one that is aligned, and the guest is not asked. It traps where the guest
// does, or gives what is not in its memory or not aligned.
//
// It is called on the stack of a call of the guest's and makes a second one,
// each of which takes more than 2 KB. What is between them should have small
// frames: a process whose stack stays below 8 KB never needs one of 16.
func (c *Caller) Alloc(n, align uint32) uint32 {
	if n == 0 {
		return align
	}
	fn := c.given
	if fn == nil && c.mod != nil {
		if own := c.realloc(); own != nil {
			fn = own
		}
	}
	if fn == nil {
		c.Trap(noRealloc)
	}
	c.stack = [4]uint64{0, 0, uint64(align), uint64(n)}
	c.busy = true
	err := c.Guest.Within(fn, c.stack[:])
	c.busy = false
	if err != nil {
		panic(err)
	}
	at := uint32(c.stack[0])
	c.Aligned(at, n, align, stored)
	return at
}

// Store copies s into memory of the guest's own and gives its address.
func Store[T ~string | ~[]byte](c *Caller, s T) uint32 {
	if uint64(len(s)) > math.MaxUint32 {
		c.Trap("%d bytes are more than a memory has", len(s))
	}
	at := c.Alloc(uint32(len(s)), 1)
	if len(s) > 0 {
		copy(c.View(at, uint32(len(s)), stored), s)
		c.Charge(len(s))
	}
	return at
}
