package poll

import (
	"testing"
	"time"

	"go.uber.org/goleak"

	"wippy/runtime/process"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// sleeper is a process that suspends on a channel, and is killed by closing another.
type sleeper struct {
	process.Suspender
	clock  *process.ManualClock
	killed chan struct{}
	slept  int
}

func (s *sleeper) Sleep(d time.Duration) {
	s.slept++
	s.clock.Advance(d)
}

func (s *sleeper) Suspend(start func(wake func()), cancel func()) {
	woken := make(chan struct{})
	start(func() { close(woken) })
	select {
	case <-woken:
	case <-s.killed:
		cancel()
		process.Unwind()
	}
}

// flag is ready when it is set; it may be woken in vain, and more than once.
type flag struct {
	ready    bool
	watchers map[int]func()
	watched  int
}

func (f *flag) Ready() bool { return f.ready }

func (f *flag) Watch(wake func()) (stop func()) {
	if f.watchers == nil {
		f.watchers = map[int]func(){}
	}
	f.watched++
	id := f.watched
	f.watchers[id] = wake
	if f.watched == 1 { // in vain
		wake()
		wake()
	}
	return func() { delete(f.watchers, id) }
}

func TestWait(t *testing.T) {
	clock := process.NewManualClock(time.Unix(1000, 0))
	s := &sleeper{clock: clock}
	a, b := new(flag), new(flag)
	never := At(clock, time.Unix(1<<40, 0))
	soon := After(clock, time.Second)
	done := make(chan struct{})
	go func() {
		Wait(s, a, b, never, soon)
		close(done)
	}()
	clock.WaitTimers(2)
	clock.Advance(time.Second)
	<-done
	if a.Ready() || b.Ready() || never.Ready() || !soon.Ready() {
		t.Error("another than the deadline is ready")
	}
	if len(a.watchers)+len(b.watchers) > 0 {
		t.Error("something is still watched")
	}
	Wait(s, never, Always)
	Wait(s, soon)
	if s.slept > 0 {
		t.Error("it waited for what is ready")
	}
	if Wait(s, After(clock, time.Hour)); s.slept != 1 {
		t.Errorf("a deadline alone: %d sleeps", s.slept)
	}
}

func TestWaitKilled(t *testing.T) {
	clock := process.NewManualClock(time.Unix(1000, 0))
	s := &sleeper{clock: clock, killed: make(chan struct{})}
	close(s.killed)
	f := &flag{watched: 1}
	func() {
		defer func() {
			if !process.Unwinding(recover()) {
				t.Error("it goes on")
			}
		}()
		Wait(s, f, After(clock, time.Hour))
	}()
	if len(f.watchers) > 0 {
		t.Error("something is still watched")
	}
}

func TestAny(t *testing.T) {
	if Any(nil) || Any([]Pollable{new(flag)}) || !Any([]Pollable{new(flag), Always}) {
		t.Error("wrong")
	}
}
