package imports

import (
	"runtime"
	"testing"

	"github.com/tetratelabs/wazero/api"
)

// lookedUp counts how often its allocator is looked up.
type lookedUp struct {
	api.Module
	lookups int
}

func (m *lookedUp) ExportedFunction(name string) api.Function {
	m.lookups++
	if name != Realloc {
		return nil
	}
	return realloc{}
}

// TestAllocator looks the allocator up once for as long as it is used, and
// again when it was not used for long.
func TestAllocator(t *testing.T) {
	m := &lookedUp{}
	c := &Caller{mod: m}
	for range 10 {
		if c.realloc() == nil {
			t.Fatal("no allocator")
		}
		runtime.GC()
	}
	if m.lookups != 1 {
		t.Errorf("%d look-ups", m.lookups)
	}
	for range maxHeld { // others use theirs
		other := &Caller{mod: m}
		other.realloc()
	}
	runtime.GC()
	m.lookups = 0
	if c.realloc() == nil || m.lookups != 1 {
		t.Errorf("%d look-ups", m.lookups)
	}
	slot := c.alloc.Value().slot
	c.Forget()
	if held[slot].Load() != nil || c.alloc.Value() != nil {
		t.Error("the allocator is held after its process's end")
	}
}
