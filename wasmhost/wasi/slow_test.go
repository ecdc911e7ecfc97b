package wasi_test

import (
	"bytes"
	"strings"
	"sync"
	"testing"

	"wippy/mailbox"
	"wippy/runtime/process"
	"wippy/wasmhost/wasi/files"
	"wippy/wasmhost/wasi/iface"
	"wippy/wasmhost/wasi/wasio"
)

// slow is an output, as a socket is one, whose other end takes bytes when it
// likes to.
type slow struct {
	mu      sync.Mutex
	room    int
	got     bytes.Buffer
	flush   error
	watched map[int]func()
	n       int
}

// take makes room.
func (s *slow) take(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.room += n
	for _, wake := range s.watched {
		wake()
	}
}

func (s *slow) Ready() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.room > 0
}

func (s *slow) Watch(wake func()) (stop func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.watched == nil {
		s.watched = map[int]func(){}
	}
	s.n++
	n := s.n
	s.watched[n] = wake
	if s.room > 0 {
		wake()
	}
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.watched, n)
	}
}

func (s *slow) Room(process.Context) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.room, nil
}

func (s *slow) Write(_ process.Context, p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.room -= len(p)
	return s.got.Write(p)
}

func (s *slow) Flush(process.Context) error { return s.flush }

// output gives the guest an output-stream of the test's.
func (g *guest) output(s *slow, released *int) mailbox.Value {
	p := iface.Of(scope{background, &g.caller})
	rep := wasio.NewOutput(p, s, func(*iface.Process) { *released++ })
	return mailbox.ResourceValue(g.instance.Store().NewHandle(wasio.Outputs.Type, uint32(rep.Uint())))
}

// TestSlowOutput writes to an output that has room at times.
func TestSlowOutput(t *testing.T) {
	const stream = "streams-output-stream-"
	s, released := &slow{}, 0
	ready := make(chan struct{})
	began := start(t, setup{terminal: &process.Terminal{Stdin: strings.NewReader("some input")}}, func(g *guest) {
		out, in := g.output(s, &released), g.call("stdin-get-stdin")
		g.call("poll-pollable-block", g.call("streams-input-stream-subscribe", in))
		<-g.parked // for that
		close(ready)
		p := g.call(stream+"subscribe", out)
		g.want(g.call(stream+"check-write", out), `0`)
		g.call(stream+"write", out, str(""))
		g.want(g.call("poll-pollable-ready", p), `false`)
		g.want(g.call(stream+"splice", out, in, num(100)), `0`)
		g.call("poll-pollable-block", p)
		g.want(g.call(stream+"check-write", out), `5`)
		g.call(stream+"write", out, str("ab"))
		g.call(stream+"write-zeroes", out, num(1))
		g.want(g.call(stream+"splice", out, in, num(100)), `2`)
		g.want(g.call(stream+"check-write", out), `0`)
		g.want(g.call(stream+"blocking-splice", out, in, num(100)), `4`)
		s.flush = files.InsufficientSpace
		g.want(g.call("types-filesystem-error-code", g.lastFailed(stream+"flush", out)), `"insufficient-space"`)
		g.closed(stream+"flush", out)
		g.want(g.call("poll-pollable-ready", p), `true`)
		g.want(g.call("streams-input-stream-read", in, num(100)), `"nput"`) // which nothing took
		other := g.output(s, &released)
		g.want(g.call("types-filesystem-error-code", g.lastFailed(stream+"blocking-flush", other)), `"insufficient-space"`)
		g.drop(other)
		if released != 1 {
			t.Errorf("released %d times", released)
		}
		g.drop(out)
	})
	<-ready
	<-began.guest.parked
	s.take(5)
	<-began.guest.parked
	s.take(4)
	if e := began.wait(); e.Reason != mailbox.ReasonNormal {
		t.Errorf("%s: %v", e.Reason, e.Err)
	}
	if s.got.String() != "ab\x00some i" || released != 2 || len(s.watched) > 0 {
		t.Errorf("got %q, released %d times, %d watch", s.got.String(), released, len(s.watched))
	}
}

// TestSlowOutputKilled kills a process that waits for room.
func TestSlowOutputKilled(t *testing.T) {
	s, released := &slow{}, 0
	began := start(t, setup{}, func(g *guest) {
		g.call("poll-pollable-block", g.call("streams-output-stream-subscribe", g.output(s, &released)))
	})
	<-began.guest.parked
	if err := began.sched.Terminate(began.pid); err != nil {
		t.Error(err)
	}
	if e := began.wait(); e.Reason != mailbox.ReasonKilled || len(s.watched) > 0 {
		t.Errorf("%s, %d watch", e.Reason, len(s.watched))
	}
}
