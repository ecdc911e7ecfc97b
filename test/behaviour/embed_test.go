package behaviour_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"wippy/mailbox"
)

// logTo gives a logger that writes lines to w, which mu guards.
func logTo(mu *sync.Mutex, w io.Writer) *slog.Logger {
	return slog.New(slog.NewTextHandler(writerFunc(func(b []byte) (int, error) {
		mu.Lock()
		defer mu.Unlock()
		return w.Write(b)
	}), nil))
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }

// TestRun shows the way in from Go, for every kind of guest.
func TestRun(t *testing.T) {
	run(t, func(t *testing.T, g guest) {
		t.Parallel()
		n := start(t, "app")
		ctx := context.Background()
		values, err := n.Run(ctx, g.entries["product"], "app:processes", 6, 7)
		if err != nil || len(values) != 1 || values[0].Any() != 42.0 {
			t.Errorf("got %v, %v", values, err)
		}
		_, err = n.Run(ctx, g.entries["fails"], "app:processes")
		if e, ok := errors.AsType[*mailbox.Error](err); !ok || e.Kind != mailbox.Failed || len(e.Trace) < 2 {
			t.Errorf("got %#v, want an error of kind failed with its trace", err)
		}
		if _, err := n.Run(ctx, g.entries["product"], "app:procesess", 6, 7); !errors.Is(err, mailbox.NotFound) {
			t.Errorf("an unknown group gives %v", err)
		}
		if _, err := n.Run(ctx, g.entries["product"]+"x", "app:processes", 6, 7); !errors.Is(err, mailbox.NotFound) {
			t.Errorf("an unknown entry gives %v", err)
		}
		if _, err := n.Run(ctx, g.entries["product"], "app:processes", func() {}); !errors.Is(err, mailbox.Invalid) {
			t.Errorf("a function as an argument gives %v", err)
		}
	})
}

// TestRunCancelled shows that Run kills its process when its context ends.
func TestRunCancelled(t *testing.T) {
	run(t, func(t *testing.T, g guest) {
		g.need(t, "waits")
		t.Parallel()
		n := start(t, "app")
		reason := errors.New("nobody waits for it")
		ctx, cancel := context.WithCancelCause(context.Background())
		cancel(reason)
		if _, err := n.Run(ctx, g.entries["waits"], "app:processes"); !errors.Is(err, reason) {
			t.Errorf("got %v", err)
		}
	})
}

// TestSpawnBeforeStart shows that a node that is not started says so.
func TestSpawnBeforeStart(t *testing.T) {
	n := load(t, "app")
	if _, err := n.Spawn(context.Background(), "app:lua.nothing", "app:processes"); !errors.Is(err, mailbox.Unavailable) {
		t.Errorf("got %v", err)
	}
}

// TestMending shows that a failed compilation is not kept: once the file is
// there, the entry runs.
func TestMending(t *testing.T) {
	n := loadOwn(t, "app").start()
	ctx := context.Background()
	if _, err := n.Run(ctx, "app:core.gone", "app:processes", 6, 7); !errors.Is(err, mailbox.Invalid) {
		t.Errorf("without its file the entry gives %v", err)
	}
	wasm := filepath.Join(n.App().Dir, "wasm")
	binary, err := os.ReadFile(filepath.Join(wasm, "compute.wasm"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(wasm, "gone.wasm"), binary, 0o666); err != nil {
		t.Fatal(err)
	}
	values, err := n.Run(ctx, "app:core.gone", "app:processes", 6, 7)
	if err != nil || len(values) != 1 || values[0].Any() != 42.0 {
		t.Errorf("got %v, %v", values, err)
	}
}
