package imports

import (
	"context"
	"testing"

	"github.com/tetratelabs/wazero/api"

	"wippy/wasmhost/module"
)

// guest is a memory and an allocator of two addresses.
type guest struct {
	api.Memory
	bytes  []byte
	gives  uint32
	within func()
	shares int
}

func (g *guest) Size() uint32 { return uint32(len(g.bytes)) }

func (g *guest) Read(at, n uint32) ([]byte, bool) {
	if uint64(at)+uint64(n) > uint64(len(g.bytes)) {
		return nil, false
	}
	return g.bytes[at : at+n], true
}

func (g *guest) Within(_ Callable, stack []uint64) error {
	if g.within != nil {
		g.within()
	}
	stack[0] = uint64(g.gives)
	return nil
}

func (g *guest) Charge(uint64) {}
func (g *guest) Share()        { g.shares++ }
func (g *guest) Waited()       {}

type realloc struct{ api.Function }

// trapped gives the message of the trap that f ends with, "" if it returns.
func trapped(f func()) (message string) {
	defer func() {
		if r := recover(); r != nil {
			message = r.(*Trap).Message
		}
	}()
	f()
	return ""
}

func TestCallWith(t *testing.T) {
	g := &guest{bytes: make([]byte, 100), gives: 8}
	c := &Caller{Guest: g}
	m := &Module{Name: "m", Capability: "m:c", Funcs: []Func{
		{Name: "text", Type: module.FuncType{}, Call: func(c *Caller, stack []uint64) {
			stack[0] = uint64(Store(c, c.Text(uint32(stack[0]), uint32(stack[1]), "it")+"!"))
		}},
		{Name: "free", Free: true, Call: func(*Caller, []uint64) {}, Stub: func(*Caller, []uint64) { t.Error("stub") }},
	}}
	copy(g.bytes[40:], "abc\xff")
	call := func(r api.Function, stack ...uint64) string {
		return trapped(func() { m.CallWith(m.Func("text"), c, g, r, stack) })
	}
	stack := []uint64{40, 3}
	m.CallWith(m.Func("text"), c, g, realloc{}, stack)
	if stack[0] != 8 || string(g.bytes[8:12]) != "abc!" || g.shares != 1 {
		t.Errorf("%d %q %d", stack[0], g.bytes[8:12], g.shares)
	}
	for want, got := range map[string]string{
		"it: the string is not UTF-8":                                  call(realloc{}, 40, 4),
		"it: 4 bytes at 0x61 are outside of the memory, which has 100": call(realloc{}, 97, 4),
		"the guest has no cabi_realloc":                                call(nil, 40, 3),
		"it: the guest has no memory":                                  trapped(func() { m.CallWith(m.Func("text"), c, nil, nil, []uint64{0, 1}) }),
	} {
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	g.gives = 98
	if got := call(realloc{}, 40, 3); got != "what cabi_realloc gave: 4 bytes at 0x62 are outside of the memory, which has 100" {
		t.Error(got)
	}
	g.within = func() { m.CallWith(m.Func("free"), c, g, nil, nil) }
	if got := call(realloc{}, 40, 3); got != "m.free: called from within cabi_realloc, which must not call the host" {
		t.Error(got)
	}
	g.within, c.busy = nil, false // that process had ended
	m.CallWith(m.Func("free"), c, g, nil, nil)
}

func TestAlignment(t *testing.T) {
	g := &guest{bytes: make([]byte, 64), gives: 4}
	c := &Caller{Guest: g, Memory: g, given: realloc{}}
	if at := c.Alloc(0, 8); at != 8 {
		t.Errorf("nothing is at %d", at)
	}
	for want, f := range map[string]func(){
		"what cabi_realloc gave: the address 0x4 is no multiple of 8":  func() { c.Alloc(8, 8) },
		"x: 268435456 elements of 16 bytes are more than a memory has": func() { c.Array(0, 1<<28, 16, 8, "x") },
	} {
		if got := trapped(f); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestGrants(t *testing.T) {
	g := Grants{"a:b"}
	if !g.Has("a:b") || !g.Has("") || g.Has("a:c") {
		t.Error("Has")
	}
	if got := g.With("c:d", "a:b", "c:d"); got != "imports: [a:b, c:d]" {
		t.Error(got)
	}
}

// TestShort keeps short strings, and gives each its own bytes.
func TestShort(t *testing.T) {
	g := &guest{bytes: []byte("abcdefghijklmnop")}
	c := &Caller{Guest: g, Memory: g}
	for range 3 {
		for at := range uint32(10) {
			if got, want := c.Text(at, 3, "x"), string(g.bytes[at:at+3]); got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		}
	}
	allocs := testing.AllocsPerRun(100, func() { c.Text(9, 3, "x") })
	if allocs > 0 {
		t.Errorf("%g allocations", allocs)
	}
}

func TestFromFindsNobody(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a call without a process goes on")
		}
	}()
	From(context.Background())
}
