package wasmhost

import (
	"context"
	"crypto/sha256"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"wippy/config"
	"wippy/mailbox"
	"wippy/runtime/process"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const guests = "../test/guests/bin"

func readGuest(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(guests, name+".wasm"))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func newHost(t testing.TB, opts Options) *Host {
	t.Helper()
	h := New(opts)
	t.Cleanup(func() {
		if err := h.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return h
}

func compileGuest(t testing.TB, h *Host, guest, method, wit string) *Program {
	t.Helper()
	p, err := h.Compile(context.Background(), Source{Name: guest + ".wasm", Bytes: readGuest(t, guest), Method: method, WIT: wit})
	if err != nil {
		t.Fatal(err)
	}
	return p.(*Program)
}

// fakeContext is a node of one process. What it does not implement panics.
type fakeContext struct {
	process.Context
	killed    bool
	killAfter time.Time // zero: never
}

func (c *fakeContext) Self() mailbox.PID { return "<1.1.1>" }

func (c *fakeContext) Exceed(err *mailbox.Error) { panic(err) }

func (c *fakeContext) Checkpoint(uint64) {
	if c.killed || !c.killAfter.IsZero() && time.Now().After(c.killAfter) {
		process.Unwind()
	}
}

func (c *fakeContext) Yield() { c.Checkpoint(0) }

func (c *fakeContext) Limits() process.Limits { return process.Limits{} }

func (c *fakeContext) Logger() *slog.Logger { return slog.New(slog.DiscardHandler) }

// run lives a whole process.
func run(t testing.TB, p process.Program, limits process.Limits, args ...mailbox.Value) process.Result {
	t.Helper()
	proc, err := p.New(args, limits)
	if err != nil {
		return process.Fail(err)
	}
	defer proc.Close()
	ctx := &fakeContext{}
	if err := proc.Init(ctx); err != nil {
		return process.Fail(err)
	}
	r, status := proc.Step(ctx)
	if status != process.Done {
		t.Fatalf("status %d", status)
	}
	return r
}

// fakeApp has one directory, app:bin.
type fakeApp struct{ dir fs.FS }

func (a fakeApp) Entry(config.ID) *config.Entry { return nil }

func (a fakeApp) Dir(id config.ID) (fs.FS, error) {
	if a.dir == nil || id != "app:bin" {
		return nil, errors.New("no such directory")
	}
	return a.dir, nil
}

func (a fakeApp) Env(config.ID) (string, bool, error) { return "", false, nil }

func (a fakeApp) DirPath(id config.ID) (string, bool, error) {
	return "", false, errors.New("there is no fs.directory " + string(id))
}

func (a fakeApp) Logger() *slog.Logger { return slog.New(slog.DiscardHandler) }

// num and str make argument lists short.
func num(f float64) mailbox.Value { return mailbox.Float(f) }
func str(s string) mailbox.Value  { return mailbox.String(s) }

// hash gives a binary's hash as an entry wants it.
func hash(binary []byte) string { return digest(sha256.Sum256(binary)).String() }

func (c *fakeContext) Urgent() *atomic.Bool { return new(atomic.Bool) }
