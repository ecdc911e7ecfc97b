// Package world is the world that one guest sees through WASI, by whichever
// version: its arguments, environment and directories, time and randomness,
// and what it holds open (SPEC section 2, wasi). A [Config] is what the entry
// says, for all of its processes; a [World] is that of one process. It is used
// on the process's coroutine only, but for Close.
package world

import (
	"context"
	"fmt"
	"io"
	"sync"
	"time"

	"wippy/mailbox"
	"wippy/runtime/process"
	"wippy/wasmhost/wasi/files"
	"wippy/wasmhost/wasi/network"
	"wippy/wasmhost/wasi/poll"
)

// Config is the world of every process of an entry. It is immutable.
type Config struct {
	// Name is the name of the binary's file.
	Name string
	// Args are the arguments after the name.
	Args []string
	// CWD is the initial working directory; "" says nothing.
	CWD string
	// Mounts are the directories, in the order in which the guest finds them.
	Mounts []Mount
	// Network is what the guest may reach, if it has the interfaces for that;
	// nil is everything.
	Network *network.Policy
}

// Mount is a directory of the host that the guest sees.
type Mount struct {
	Guest string // absolute
	Files *files.Mount
}

// Variable is one of the environment.
type Variable struct{ Name, Value string }

// Handle is something that a guest holds open, a pointer.
type Handle interface {
	// Close gives it up. It must not suspend; it may be called from any
	// goroutine, and again.
	Close()
}

// DefaultMaxHandles is how many handles a process may hold where max_handles
// says nothing. Each file takes a descriptor of the node's, of which there are
// some thousands.
const DefaultMaxHandles = 1024

// World is the world of one process.
type World struct {
	// Args are the name of the binary, the entry's arguments and those of the spawn.
	Args []string
	// Env is the environment; each name is there once.
	Env []Variable
	// CWD is the initial working directory; "" if the entry says nothing.
	CWD string
	// Network is what it may reach; nil is everything.
	Network *network.Policy
	// Table is what an interface keeps for the process; one uses it.
	Table any

	mounts []Mount
	origin time.Time // of the monotonic clock; zero until it is asked

	mu     sync.Mutex
	closed bool
	open   map[Handle]struct{}
}

// New makes the world of a process, whose spawn adds words to the arguments
// and gives the values of the environment.
func New(c *Config, words []string, env []Variable) *World {
	args := append([]string{c.Name}, c.Args...)
	return &World{Args: append(args, words...), Env: env, CWD: c.CWD, Network: c.Network, mounts: c.Mounts}
}

// Own makes the world the owner of a handle, and closes it with the process if
// Release has not come before. A process with more than max_handles ends.
func (w *World) Own(ctx process.Context, h Handle) {
	w.adopt(h) // first: Close finds it if the process ends here
	w.checkRoom(ctx, 1)
}

// Open has a handle opened on the I/O pool, and makes the world its owner. A
// process that holds max_handles already ends before that.
func Open[H Handle](ctx process.Context, w *World, open func() (H, error)) (H, error) {
	w.checkRoom(ctx, 0)
	var handle H
	err := ctx.Await(func(context.Context) error {
		h, err := open()
		if err != nil {
			return err
		}
		w.adopt(h) // here, because nobody is left to do it if the process was killed
		handle = h
		return nil
	})
	return handle, err
}

// Release closes a handle that the world owns.
func (w *World) Release(h Handle) {
	w.mu.Lock()
	delete(w.open, h)
	w.mu.Unlock()
	h.Close()
}

// Handles counts what the world owns.
func (w *World) Handles() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.open)
}

// checkRoom ends a process that holds as many handles as it may, besides new ones.
func (w *World) checkRoom(ctx process.Context, fresh int) {
	limit := ctx.Limits().MaxHandles
	if limit == 0 {
		limit = DefaultMaxHandles
	}
	if n := w.Handles() - fresh; int64(n) >= limit {
		ctx.Exceed(mailbox.Errorf(mailbox.LimitHit, "max_handles: the process holds %d of %d handles", n, limit))
	}
}

func (w *World) adopt(h Handle) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		h.Close()
		return
	}
	if w.open == nil {
		w.open = map[Handle]struct{}{}
	}
	w.open[h] = struct{}{}
}

// Close closes everything that the world owns, and what is opened for it later.
func (w *World) Close() {
	w.mu.Lock()
	open := w.open
	w.open, w.closed = nil, true
	w.mu.Unlock()
	for h := range open {
		h.Close()
	}
}

// Preopen is a mount as a process holds it.
type Preopen struct {
	Guest string
	Dir   *files.Directory // owned by the world
}

// Preopens opens the mounts, in their order. It suspends the process. The error
// names the mount.
func (w *World) Preopens(ctx process.Context) ([]Preopen, error) {
	preopens := make([]Preopen, 0, len(w.mounts))
	for _, m := range w.mounts {
		d, err := Open(ctx, w, m.Files.Root)
		if err != nil {
			return nil, fmt.Errorf("the directory of %s: %w", m.Guest, err)
		}
		preopens = append(preopens, Preopen{m.Guest, d})
	}
	return preopens, nil
}

// head is what the monotonic clock of a process begins with: there are guests
// that take a zero for no time at all.
const head = time.Second

// Monotonic reads the clock that measures: nanoseconds since soon before the
// process first asked, so that it says nothing about the host.
func (w *World) Monotonic(ctx process.Context) uint64 {
	return uint64(ctx.Clock().Now().Sub(w.begin(ctx)))
}

func (w *World) begin(ctx process.Context) time.Time {
	if w.origin.IsZero() {
		w.origin = ctx.Clock().Now().Add(-head)
	}
	return w.origin
}

// AtMonotonic is ready once the monotonic clock shows ns.
func (w *World) AtMonotonic(ctx process.Context, ns uint64) *poll.Deadline {
	return poll.At(ctx.Clock(), w.begin(ctx).Add(Duration(ns)))
}

// Duration gives nanoseconds of a guest's; more than two hundred years are so many.
func Duration(ns uint64) time.Duration {
	const forever = 200 * 365 * 24 * time.Hour
	return time.Duration(min(ns, uint64(forever)))
}

// randomChunk is how much randomness is given without looking up, in bytes.
const randomChunk = 64 << 10

// Random fills p with randomness, which it takes from the node's source.
func (w *World) Random(ctx process.Context, p []byte) error {
	for len(p) > 0 {
		part := p[:min(len(p), randomChunk)]
		if _, err := io.ReadFull(ctx.Entropy(), part); err != nil {
			return err
		}
		p = p[len(part):]
		ctx.Checkpoint(uint64(len(part)) / 16)
		if ctx.Urgent().Load() {
			ctx.Yield()
		}
	}
	return nil
}
