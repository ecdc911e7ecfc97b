package supervisor

import (
	"testing"
	"time"
)

func TestBackoff(t *testing.T) {
	n := newNode(t)
	backoff := func(c *Child) {
		c.Backoff = &Backoff{Initial: time.Second, Max: 3 * time.Second, Factor: 2, Attempts: 3, Stable: time.Minute}
	}
	r := n.start(Spec{Intensity: -1, Children: []Child{spec("a", backoff), spec("b")}})
	n.expect("start a", "start b")
	for _, wait := range []time.Duration{1, 2} {
		n.tell("a", "fail")
		n.expect("stop a")
		n.clock.WaitTimers(1)
		r.wantStates("a restarting", "b running")
		n.clock.Advance(wait*time.Second - 1)
		r.wantStates("a restarting", "b running")
		n.quiet()
		n.clock.Advance(1)
		n.expect("start a")
	}
	r.wantStates("a running", "b running")
	n.clock.Advance(time.Minute) // it is stable, and all is forgotten
	for _, wait := range []time.Duration{1, 2, 3} {
		n.tell("a", "fail")
		n.expect("stop a")
		r.wantStates("a restarting", "b running")
		n.clock.Advance(wait * time.Second)
		n.expect("start a")
	}
	n.tell("a", "fail")
	n.expect("stop a", "stop b")
	fails(t, r.wait(), `the child "a" failed 4 times in a row: told to fail`)
}

func TestBackoffDelay(t *testing.T) {
	b := Backoff{Initial: time.Second, Max: time.Minute, Factor: 2, Jitter: 0.5}
	for _, c := range []struct {
		n      int
		random float64
		want   time.Duration
	}{{1, 0.5, time.Second}, {2, 0.5, 2 * time.Second}, {3, 1, 6 * time.Second}, {1, 0, time.Second / 2}, {1000, 0.5, time.Minute}, {1 << 30, 0.5, time.Minute}} {
		if got := b.delay(c.n, c.random); got != c.want {
			t.Errorf("delay(%d, %v) = %v, want %v", c.n, c.random, got, c.want)
		}
	}
	if got := (&Backoff{Initial: time.Hour, Factor: 1000}).delay(1<<30, 1); got <= 0 {
		t.Errorf("an endless delay is %v", got)
	}
}

// The backoff of a child in a group delays the whole group, which has stopped.
func TestBackoffOfAGroup(t *testing.T) {
	n := newNode(t)
	backoff := func(c *Child) { c.Backoff = &Backoff{Initial: 2 * time.Second} }
	r := n.start(Spec{Strategy: OneForAll, Intensity: 9, Children: []Child{spec("a", backoff), spec("b")}})
	n.expect("start a", "start b")
	n.tell("a", "fail")
	n.expect("stop a", "stop b")
	n.clock.WaitTimers(1)
	r.wantStates("a waiting", "b waiting")
	n.clock.Advance(2 * time.Second)
	n.expect("start a", "start b")
}
