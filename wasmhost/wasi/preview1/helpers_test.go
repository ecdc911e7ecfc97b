package preview1

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tetratelabs/wazero/api"
	"go.uber.org/goleak"

	"wippy/mailbox"
	"wippy/runtime/process"
	"wippy/wasmhost/imports"
	"wippy/wasmhost/wasi/files"
	"wippy/wasmhost/wasi/world"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// guest is a process with a memory, and nothing that runs: what would suspend
// it is done at once.
type guest struct {
	process.Context
	api.Module
	caller   imports.Caller
	memory   memory
	clock    *process.ManualClock
	terminal *process.Terminal
	urgent   atomic.Bool
	log      bytes.Buffer
	space    string // "" for what is no entry
	exceeded *mailbox.Error
}

type memory struct {
	api.Memory
	bytes []byte
}

func (m *memory) Size() uint32 { return uint32(len(m.bytes)) }

func (m *memory) Read(at, n uint32) ([]byte, bool) {
	if uint64(at)+uint64(n) > uint64(len(m.bytes)) {
		return nil, false
	}
	return m.bytes[at : at+n : at+n], true
}

const memorySize = 1 << 16

// everything are all groups.
var everything = imports.Grants{cli, ioGroup, random, filesystem, sockets}

// newGuest makes a guest that sees some files as /, if it is granted that.
func newGuest(t testing.TB, grants imports.Grants) *guest {
	dir := t.TempDir()
	for name, content := range map[string]string{"file": "content", "sub/one": "1", "sub/two": "22"} {
		name = filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	m, err := files.Open(dir, false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	g := &guest{memory: memory{bytes: make([]byte, memorySize)}, clock: process.NewManualClock(time.Unix(1000, 0))}
	c := &world.Config{Name: "x.wasm", Args: []string{"a"}, CWD: "/w", Mounts: []world.Mount{{Guest: "/", Files: m}}}
	g.caller = imports.Caller{Context: g, Guest: g, Grants: grants, World: world.New(c, []string{"b"}, []world.Variable{{Name: "K", Value: "v"}})}
	t.Cleanup(func() {
		g.caller.World.Close()
		if n := m.Descriptors(); n != 0 {
			t.Errorf("%d descriptors are left", n)
		}
	})
	return g
}

func (g *guest) Memory() api.Memory                        { return &g.memory }
func (g *guest) Within(imports.Callable, []uint64) error   { return nil }
func (g *guest) Charge(uint64)                             {}
func (g *guest) Share()                                    {}
func (g *guest) Waited()                                   {}
func (g *guest) Printed(int) int64                         { return 0 }
func (g *guest) Limits() process.Limits                    { return process.Limits{MaxHandles: 20} }
func (g *guest) Terminal() *process.Terminal               { return g.terminal }
func (g *guest) Clock() process.Clock                      { return g.clock }
func (g *guest) Entropy() io.Reader                        { return zeros{} }
func (g *guest) Checkpoint(uint64)                         {}
func (g *guest) Urgent() *atomic.Bool                      { return &g.urgent }
func (g *guest) Yield()                                    {}
func (g *guest) Namespace() string                         { return g.space }
func (g *guest) Logger() *slog.Logger                      { return slog.New(slog.NewTextHandler(&g.log, nil)) }
func (g *guest) Await(f func(context.Context) error) error { return f(context.Background()) }
func (g *guest) Sleep(d time.Duration)                     { g.clock.Advance(d) }
func (g *guest) Exceed(err *mailbox.Error)                 { g.exceeded = err; process.Unwind() }

func (g *guest) Suspend(start func(wake func()), cancel func()) {
	woken := make(chan struct{})
	start(func() { close(woken) })
	g.clock.Advance(1000 * time.Hour) // whoever waits for a time has it
	select {
	case <-woken:
	default: // it waits for what never comes
		cancel()
		process.Unwind()
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) {
	clear(b)
	return len(b), nil
}

// call calls a function as the engine does. It gives its answer, and the panic
// that ended it, nil if none did.
func (g *guest) call(name string, args ...uint64) (no errno, ended any) {
	f := Module().Func(name)
	stack := make([]uint64, max(len(f.Type.Params), 1))
	copy(stack, args)
	defer func() { ended = recover() }()
	Module().Function(f).Call(context.WithValue(context.Background(), imports.Key{}, &g.caller), g, stack)
	return errno(stack[0]), nil
}

// want calls a function that must answer so.
func (g *guest) want(t testing.TB, want errno, name string, args ...uint64) {
	t.Helper()
	if no, ended := g.call(name, args...); ended != nil || no != want {
		t.Errorf("%s%v answers %d, %v; want %d", name, args, no, ended, want)
	}
}

// put writes a text to memory and gives where it is.
func (g *guest) put(at uint64, text string) (uint64, uint64) {
	copy(g.memory.bytes[at:], text)
	return at, uint64(len(text))
}

func (g *guest) u32(at uint64) uint32 { return le.Uint32(g.memory.bytes[at:]) }
func (g *guest) u64(at uint64) uint64 { return le.Uint64(g.memory.bytes[at:]) }

// open opens a path below the mount, and gives its descriptor.
func (g *guest) open(t testing.TB, path string, oflags uint64, base rights) uint64 {
	t.Helper()
	at, n := g.put(60000, path)
	g.want(t, success, "path_open", 3, 0, at, n, oflags, uint64(base), 0, 0, 60500)
	return uint64(g.u32(60500))
}

// vector writes the address of one buffer.
func (g *guest) vector(at, buffer, n uint64) uint64 {
	le.PutUint32(g.memory.bytes[at:], uint32(buffer))
	le.PutUint32(g.memory.bytes[at+4:], uint32(n))
	return at
}
