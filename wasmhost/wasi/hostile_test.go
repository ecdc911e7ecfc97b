package wasi_test

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"wippy/mailbox"
	"wippy/runtime/process"
	"wippy/wasmhost/canon"
)

// TestBadHandles calls with handles that a guest made up, of every resource.
func TestBadHandles(t *testing.T) {
	for which := range 6 {
		for _, handle := range []int64{0, 1, 77, 1 << 31, 1<<32 - 1} {
			fails(t, setup{}, fmt.Sprintf("unknown handle index %d", handle), func(g *guest) {
				g.call("raw", num(which), mailbox.Int(handle))
				t.Errorf("%d goes on with %d", which, handle)
			})
		}
	}
	fails(t, setup{}, "unknown handle index 1", func(g *guest) { g.call("after-drop") })
}

// TestWrongHandle uses a handle of another resource.
func TestWrongHandle(t *testing.T) {
	fails(t, withDir(t, t.TempDir()), "used with the wrong type", func(g *guest) {
		g.call("keep", num(1)) // a directory is handle 1
		g.call("raw", num(0), num(1))
	})
}

// TestParentFirst drops a stream before its pollable.
func TestParentFirst(t *testing.T) {
	r, w := io.Pipe()
	defer w.Close()
	run(t, setup{terminal: &process.Terminal{Stdin: r}}, func(g *guest) { g.want(g.call("parent-first"), "true") })
}

// TestUseAfterDrop uses resources in the host's hands that it gave up.
func TestUseAfterDrop(t *testing.T) {
	run(t, withDir(t, t.TempDir()), func(g *guest) {
		d := root(g)
		g.drop(d)
		if err := d.Resource().(*canon.Handle).Drop(background); err == nil {
			t.Error("it is dropped twice")
		}
		e, err := g.plan.Find(descriptor + "stat")
		if err != nil {
			t.Fatal(err)
		}
		if args, err := e.Fit([]mailbox.Value{d}); err == nil {
			if _, err = g.instance.Call(e, args); err == nil {
				t.Error("it is used after it was dropped")
			}
		}
	})
}

// TestKept leaves everything to the end of the process.
func TestKept(t *testing.T) {
	run(t, withDir(t, t.TempDir()), func(g *guest) {
		g.call("keep", num(100))
		if n := g.objects(); n != 200 {
			t.Errorf("%d objects", n)
		}
		open(g, root(g), "f", create, readWrite)
		g.call(descriptor+"read-directory", root(g))
		if n := g.caller.World.Handles(); n != 104 {
			t.Errorf("%d handles", n)
		}
	})
}

// TestMaxHandles opens more than a process may hold.
func TestMaxHandles(t *testing.T) {
	for _, limit := range []int64{0, 10} {
		s := withDir(t, t.TempDir())
		s.limits.MaxHandles = limit
		e := start(t, s, func(g *guest) { g.call("keep", num(1_000_000)) }).wait()
		if e.Reason != mailbox.ReasonLimit || !strings.HasPrefix(e.Err.Message, "max_handles: the process holds") {
			t.Errorf("%s: %v", e.Reason, e.Err)
		}
	}
}

// TestCrowd polls a thousand pollables, and one ten thousand times over.
func TestCrowd(t *testing.T) {
	clock := process.NewManualClock(time.Unix(0, 0))
	s := start(t, setup{clock: clock}, func(g *guest) { g.want(g.call("crowd", num(1000)), `1000`) })
	clock.WaitTimers(1)
	clock.Advance(time.Second)
	if e := s.wait(); e.Reason != mailbox.ReasonNormal {
		t.Errorf("%s: %v", e.Reason, e.Err)
	}
	if e := start(t, setup{limits: process.Limits{MaxHandles: 100}}, func(g *guest) { g.call("crowd", num(101)) }).wait(); e.Reason != mailbox.ReasonLimit {
		t.Errorf("%s: %v", e.Reason, e.Err)
	}
	r, w := io.Pipe()
	s = start(t, setup{terminal: &process.Terminal{Stdin: r}}, func(g *guest) { g.want(g.call("same", num(10_000)), `10000`) })
	io.WriteString(w, "x")
	if e := s.wait(); e.Reason != mailbox.ReasonNormal {
		t.Errorf("%s: %v", e.Reason, e.Err)
	}
	w.Close()
}

// TestHugeList polls lists that are longer than the memory.
func TestHugeList(t *testing.T) {
	for _, tt := range []struct {
		at, n   int64
		message string
	}{
		{0, 1 << 30, "list"}, {0, 1<<32 - 1, "list"}, {1 << 31, 4, "list"}, {2, 1, "align"}, {65536, 1, "list"}, {65532, 2, "list"},
	} {
		fails(t, setup{}, tt.message, func(g *guest) {
			g.call("list", mailbox.Int(tt.at), mailbox.Int(tt.n))
			t.Errorf("%v: it goes on", tt)
		})
	}
}

// TestKilledWhileParked kills processes that wait, in each function that does.
// What they hold is freed.
func TestKilledWhileParked(t *testing.T) {
	dir := t.TempDir()
	for name, script := range map[string]func(g *guest){
		"block": func(g *guest) {
			g.call("poll-pollable-block", g.call("monotonic-clock-subscribe-duration", mailbox.Uint(1<<62)))
		},
		"poll": func(g *guest) {
			g.call("poll-poll", arr(
				g.call("streams-input-stream-subscribe", g.call("stdin-get-stdin")),
				g.call("monotonic-clock-subscribe-duration", mailbox.Uint(1<<62))))
		},
		"blocking-read": func(g *guest) { g.call("streams-input-stream-blocking-read", g.call("stdin-get-stdin"), num(1)) },
		"blocking-skip": func(g *guest) { g.call("streams-input-stream-blocking-skip", g.call("stdin-get-stdin"), num(1)) },
		"blocking-splice": func(g *guest) {
			g.call("streams-output-stream-blocking-splice", g.call("stdout-get-stdout"), g.call("stdin-get-stdin"), num(1))
		},
		"blocking-write": func(g *guest) { write(g, g.call("stdout-get-stdout"), "x") },
		"write": func(g *guest) {
			out := g.call("stdout-get-stdout")
			g.call("streams-output-stream-check-write", out)
			g.call("streams-output-stream-write", out, str("x"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			r, w := io.Pipe()
			or, ow := io.Pipe() // which nobody reads
			ready := make(chan struct{})
			s := withDir(t, dir)
			s.terminal = &process.Terminal{Stdin: r, Stdout: ow}
			st := start(t, s, func(g *guest) {
				g.call("keep", num(3))
				open(g, root(g), "f", create, readWrite)
				select {
				case <-g.parked: // what came before
				default:
				}
				close(ready)
				script(g)
				t.Error("it goes on")
			})
			<-ready
			<-st.guest.parked
			if err := st.sched.Terminate(st.pid); err != nil {
				t.Error(err)
			}
			if e := st.wait(); e.Reason != mailbox.ReasonKilled {
				t.Errorf("%s: %v", e.Reason, e.Err)
			}
			w.Close()
			or.Close()
		})
	}
}

// TestParkedHoldNobody has more processes wait than there are executors, and one
// that runs beside them.
func TestParkedHoldNobody(t *testing.T) {
	r, w := io.Pipe()
	terminal := &process.Terminal{Stdin: r}
	s := start(t, setup{terminal: terminal}, func(g *guest) {
		g.want(g.call("streams-input-stream-blocking-read", g.call("stdin-get-stdin"), num(2)), `"xy"`)
	})
	<-s.guest.parked
	var more []chan *mailbox.Exit
	for range 20 {
		g := newGuest(t, setup{}, func(g *guest) {
			g.call("poll-pollable-block", g.call("streams-input-stream-subscribe", g.call("stdin-get-stdin")))
		})
		more = append(more, s.also(g))
		<-g.parked
	}
	free := newGuest(t, setup{}, func(g *guest) { g.call("environment-get-arguments") })
	if e := <-s.also(free); e.Reason != mailbox.ReasonNormal {
		t.Errorf("%s: %v", e.Reason, e.Err)
	}
	io.WriteString(w, "xy")
	w.Close()
	for _, exited := range append(more, s.exited) {
		if e := <-exited; e.Reason != mailbox.ReasonNormal {
			t.Errorf("%s: %v", e.Reason, e.Err)
		}
	}
}
