package process

import (
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
)

// waiting is the part of a Context that an Input uses: a process that is
// suspended on a channel, and killed by closing another.
type waiting struct {
	Context
	parked chan struct{} // gets one for each Suspend that has begun; may be nil
	killed chan struct{}
}

func (w *waiting) Suspend(start func(wake func()), cancel func()) {
	woken := make(chan struct{})
	start(func() { close(woken) })
	if w.parked != nil {
		w.parked <- struct{}{}
	}
	select {
	case <-woken:
	case <-w.killed:
		cancel()
		Unwind()
	}
}

// line takes a line, or what there is at the end.
func line(to *string) Take {
	return func(buffer []byte, err error) (int, bool) {
		if i := strings.IndexByte(string(buffer), '\n'); i >= 0 {
			*to = string(buffer[:i+1])
			return i + 1, true
		}
		*to = string(buffer)
		return len(buffer), err != nil
	}
}

func TestInput(t *testing.T) {
	in := NewInput(iotest.OneByteReader(strings.NewReader("one\ntwo\nthree")))
	for _, want := range []string{"one\n", "two\n", "three", "", ""} {
		var got string
		if in.Read(&waiting{}, line(&got)); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if !in.Ready() {
		t.Error("not ready at its end")
	}
}

// TestInputTurns has readers that want more than comes at once: each gets what
// it wants from one piece.
func TestInputTurns(t *testing.T) {
	r, w := io.Pipe()
	in := NewInput(r)
	first, second := make(chan string), make(chan string)
	parked := make(chan struct{})
	read := func(to chan string) {
		var s string
		in.Read(&waiting{parked: parked}, line(&s))
		to <- s
	}
	go read(first)
	<-parked
	go read(second)
	<-parked
	if in.TryRead(line(new(string))) {
		t.Error("who does not wait overtakes who does")
	}
	go func() {
		io.WriteString(w, "on")
		io.WriteString(w, "e\ntwo\n")
	}()
	<-parked // the first, again
	go func() {
		for range parked {
		}
	}()
	if a, b := <-first, <-second; a != "one\n" || b != "two\n" {
		t.Errorf("got %q and %q", a, b)
	}
	close(parked)
	w.Close()
}

// TestInputKilled makes sure that what comes after a reader was killed is the next one's.
func TestInputKilled(t *testing.T) {
	r, w := io.Pipe()
	in := NewInput(r)
	dying := &waiting{parked: make(chan struct{}), killed: make(chan struct{})}
	dead := make(chan bool)
	go func() {
		defer func() { dead <- Unwinding(recover()) }()
		in.Read(dying, line(new(string)))
	}()
	<-dying.parked
	close(dying.killed)
	if !<-dead {
		t.Fatal("it was not killed")
	}
	go io.WriteString(w, "a line\n")
	var got string
	if in.Read(&waiting{}, line(&got)); got != "a line\n" {
		t.Errorf("got %q", got)
	}
	w.Close()
}

func TestInputWatch(t *testing.T) {
	r, w := io.Pipe()
	in := NewInput(r)
	ready := make(chan struct{})
	in.Watch(func() { t.Error("who stopped watching is woken") })()
	in.Watch(func() { close(ready) })
	select {
	case <-ready:
		t.Fatal("ready too early")
	default:
	}
	io.WriteString(w, "x")
	<-ready
	if !in.Ready() {
		t.Error("not ready")
	}
	again := false
	in.Watch(func() { again = true })
	if !again {
		t.Error("who watches what is ready is not woken")
	}
	var got string
	if !in.TryRead(func(b []byte, err error) (int, bool) { got = string(b); return len(b), true }) || got != "x" {
		t.Errorf("got %q", got)
	}
	w.Close()
}

func TestInputBroken(t *testing.T) {
	broken := errors.New("broken")
	for _, r := range []io.Reader{iotest.ErrReader(broken), nil, lying{}, leaving{}} {
		var end error
		NewInput(r).Read(&waiting{}, func(_ []byte, err error) (int, bool) {
			end = err
			return 0, err != nil
		})
		if end == nil {
			t.Error("no error")
		}
	}
}

type lying struct{}

func (lying) Read(p []byte) (int, error) { return len(p) + 1, nil }

type leaving struct{}

func (leaving) Read([]byte) (int, error) { runtime.Goexit(); return 0, nil }

// TestInputDoomed has a process read that was killed while it ran: it is no reader
// that others wait for.
func TestInputDoomed(t *testing.T) {
	r, w := io.Pipe()
	in := NewInput(r)
	unwinds(t, func() { in.Read(doomed{}, line(new(string))) })
	go io.WriteString(w, "a line\n")
	var got string
	if in.Read(&waiting{}, line(&got)); got != "a line\n" {
		t.Errorf("got %q", got)
	}
	w.Close()
}

// TestInputWatchBehindReader has who watches wait behind a reader that takes all
// there is: what comes next wakes it.
func TestInputWatchBehindReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, w := io.Pipe()
		in := NewInput(r)
		var got string
		done := make(chan struct{})
		go func() {
			in.Read(&waiting{}, line(&got))
			close(done)
		}()
		synctest.Wait()
		woken := make(chan struct{})
		in.Watch(func() { close(woken) })
		io.WriteString(w, "one\n")
		<-done
		io.WriteString(w, "two\n")
		<-woken
		if got != "one\n" || !in.Ready() {
			t.Errorf("got %q, ready %t", got, in.Ready())
		}
		w.Close()
	})
}

// TestInputTakeFails has a reader fail in the midst: the next one reads on.
func TestInputTakeFails(t *testing.T) {
	in := NewInput(strings.NewReader("a line\n"))
	func() {
		defer func() { recover() }()
		in.Read(&waiting{}, func([]byte, error) (int, bool) { panic("fault") })
	}()
	var got string
	if in.Read(&waiting{}, line(&got)); got != "a line\n" {
		t.Errorf("got %q", got)
	}
}
