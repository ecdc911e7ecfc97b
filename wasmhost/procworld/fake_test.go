package procworld

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"log/slog"
	"math"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tetratelabs/wazero/api"
	"go.uber.org/goleak"

	"wippy/mailbox"
	"wippy/runtime/process"
	"wippy/wasmhost/imports"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// guest is a process with a memory and an allocator, and nothing that runs.
type guest struct {
	process.Context
	api.Module
	caller imports.Caller
	memory memory
	next   uint32 // what the allocator gives next

	events []*mailbox.Event
	fail   error // of what is asked of others
	calls  []string
	sent   []mailbox.Value
	fuel   uint64
	waits  int           // that were told of
	delay  time.Duration // of a Receive that finds nothing
	log    bytes.Buffer

	exit      mailbox.Exit // of whom it executes
	described process.Info
	pids      []mailbox.PID
	shares    int // that it offered others their turn
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

type function struct{ api.Function }

const memorySize = 1 << 16

func newGuest() *guest {
	g := &guest{memory: memory{bytes: make([]byte, memorySize)}, next: memorySize / 2}
	g.caller = imports.Caller{Context: g, Guest: g}
	return g
}

func (g *guest) Memory() api.Memory                        { return &g.memory }
func (g *guest) ExportedFunction(name string) api.Function { return function{} }

// Within is the allocator. It moves the memory each time, as a growth may.
func (g *guest) Within(_ imports.Callable, stack []uint64) error {
	align, n := uint32(stack[2]), uint32(stack[3])
	g.memory.bytes = bytes.Clone(g.memory.bytes)
	at := (g.next + align - 1) / align * align
	if uint64(at)+uint64(n) > memorySize {
		return &imports.Trap{Message: "full"}
	}
	g.next = at + n
	stack[0] = uint64(at)
	return nil
}

func (g *guest) Charge(fuel uint64) { g.fuel += fuel }
func (g *guest) Share()             { g.shares++ }
func (g *guest) Waited()            { g.waits++ }

func (g *guest) did(what string) error {
	g.calls = append(g.calls, what)
	return g.fail
}

func (g *guest) Self() mailbox.PID           { return "<1.1.1>" }
func (g *guest) Namespace() string           { return "app" }
func (g *guest) Printed(int) int64           { return 0 }
func (g *guest) Limits() process.Limits      { return process.Limits{} }
func (g *guest) Terminal() *process.Terminal { return nil }
func (g *guest) Logger() *slog.Logger        { return slog.New(slog.NewTextHandler(&g.log, nil)) }
func (g *guest) Clock() process.Clock        { return process.NewManualClock(time.Unix(100, 0)) }

func (g *guest) Checkpoint(uint64)                         {}
func (g *guest) Urgent() *atomic.Bool                      { return new(atomic.Bool) }
func (g *guest) Yield()                                    {}
func (g *guest) Await(f func(context.Context) error) error { return f(context.Background()) }

func (g *guest) Receive(match func(*mailbox.Event) bool, timeout time.Duration) *mailbox.Event {
	for i, e := range g.events {
		if match == nil || match(e) {
			g.events = append(g.events[:i:i], g.events[i+1:]...)
			return e
		}
	}
	if timeout != 0 {
		for begun := time.Now(); time.Since(begun) < g.delay; {
		}
	}
	return nil
}

func (g *guest) Send(to mailbox.PID, topic string, values []mailbox.Value) error {
	g.sent = values
	return g.did("send " + string(to) + " " + topic)
}

func (g *guest) Spawn(req process.Spawn) (mailbox.PID, error) {
	g.sent = req.Args
	return "<1.1.2>", g.did(fmt.Sprintf("spawn %s %s %v %v", req.Entry, req.Group, req.Monitor, req.Link))
}

func (g *guest) Exec(req process.Spawn) (*mailbox.Exit, error) {
	g.sent = req.Args
	return &g.exit, g.did("exec " + req.Entry + " " + req.Group)
}

func (g *guest) PostAfter(d time.Duration, to mailbox.PID, topic string, values []mailbox.Value) (mailbox.Ref, error) {
	g.sent = values
	return 8, g.did("post " + d.String() + " " + string(to) + " " + topic)
}

func (g *guest) StopTimer(ref mailbox.Ref) bool { return ref == 8 }

func (g *guest) Sleep(d time.Duration) { _ = g.did("sleep " + d.String()) }

func (g *guest) Link(pid mailbox.PID) error { return g.did("link " + string(pid)) }

func (g *guest) Unlink(mailbox.PID) bool { return true }

func (g *guest) TrapLinks(on bool) { _ = g.did(fmt.Sprint("trap ", on)) }

func (g *guest) Register(name string, pid mailbox.PID) error {
	return g.did("register " + name + " " + string(pid))
}

func (g *guest) Lookup(name string) (mailbox.PID, bool) { return "<1.1.3>", name == "known" }

func (g *guest) Unregister(name string) error { return g.did("unregister " + name) }

func (g *guest) Upgrade(entry string, args []mailbox.Value) error {
	g.sent = args
	if err := g.did("upgrade " + entry); err != nil {
		return err
	}
	return mailbox.Errorf(mailbox.NotFound, "there is no entry")
}

func (g *guest) JoinGroup(name string, dest mailbox.PID) error {
	return g.did("join " + name + " " + string(dest))
}

func (g *guest) LeaveGroup(name string, dest mailbox.PID) bool {
	return g.did("leave "+name+" "+string(dest)) == nil
}

func (g *guest) GroupMembers(string) []mailbox.PID { return g.pids }

func (g *guest) Broadcast(name, topic string, values []mailbox.Value) (int, error) {
	g.sent = values
	return 3, g.did("broadcast " + name + " " + topic)
}

func (g *guest) MonitorGroup(name string) (mailbox.Ref, []mailbox.PID, error) {
	return 9, g.pids, g.did("monitor " + name)
}

func (g *guest) DemonitorGroup(ref mailbox.Ref) bool { return ref == 9 }

func (g *guest) Info(pid mailbox.PID) (process.Info, bool) {
	return g.described, pid == g.described.PID
}

func (g *guest) List(group string) ([]mailbox.PID, error) {
	return g.pids, g.did("list " + group)
}

func (g *guest) Monitor(pid mailbox.PID) (mailbox.Ref, error) {
	return 7, g.did("monitor " + string(pid))
}

func (g *guest) Demonitor(mailbox.Ref) bool    { return true }
func (g *guest) DemonitorAll(mailbox.PID) bool { return true }

func (g *guest) Cancel(pid mailbox.PID, reason string, grace time.Duration) error {
	return g.did("cancel " + string(pid) + " " + reason + " " + grace.String())
}

func (g *guest) Terminate(pid mailbox.PID) error { return g.did("terminate " + string(pid)) }

// call calls a function as the engine does. It gives the panic that ended it,
// nil if none did.
func (g *guest) call(name string, stack ...uint64) (ended any) {
	f := Module().Func(name)
	full := make([]uint64, max(len(f.Type.Params), len(f.Type.Results)))
	copy(full, stack)
	defer func() { ended = recover() }()
	Module().Function(f).Call(context.WithValue(context.Background(), imports.Key{}, &g.caller), g, full)
	copy(stack, full)
	return nil
}

// put writes bytes and gives their address and length as parameters.
func (g *guest) put(at uint32, s string) (uint64, uint64) {
	copy(g.memory.bytes[at:], s)
	return uint64(at), uint64(len(s))
}

func (g *guest) u32(at uint32) uint32 { return binary.LittleEndian.Uint32(g.memory.bytes[at:]) }
func (g *guest) u64(at uint32) uint64 { return binary.LittleEndian.Uint64(g.memory.bytes[at:]) }

// str reads a string by where its address and length stand.
func (g *guest) str(at uint32) string {
	b, ok := g.memory.Read(g.u32(at), g.u32(at+4))
	if !ok {
		return "outside"
	}
	return string(b)
}

// putValue writes a value of two words.
func (g *guest) putValue(at uint32, tag byte, payload uint64) {
	g.memory.bytes[at] = tag
	binary.LittleEndian.PutUint64(g.memory.bytes[at+payloadAt:], payload)
}

func number(f float64) uint64 { return math.Float64bits(f) }

// mustReturn fails a test whose call was ended.
func mustReturn(t *testing.T, ended any) {
	t.Helper()
	if ended != nil {
		t.Fatalf("it ended with %v", ended)
	}
}
