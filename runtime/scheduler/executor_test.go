package scheduler

import (
	"slices"
	"testing"
	"time"

	"wippy/mailbox"
	"wippy/runtime/process"
)

// A process that used up its slice has had more than those who wait: the one
// that it woke does not go before them.
func TestSlotEndsWithTheSlice(t *testing.T) {
	n := newNode(t, func(c *Config, g *Group) { c.Executors, g.Workers = 1, 1 })
	var order []string // one executor: one at a time
	n.def("waiter", func(ctx process.Context, args []mailbox.Value) process.Result {
		ctx.Receive(nil, -1)
		order = append(order, args[0].Str())
		return ok()
	})
	e := n.run(func(ctx process.Context, _ []mailbox.Value) process.Result {
		var pids []mailbox.PID
		for _, name := range []string{"slot", "queue"} {
			pid, err := ctx.Spawn(process.Spawn{Entry: "waiter", Group: "g", Monitor: true, Args: []mailbox.Value{mailbox.String(name)}})
			if err != nil {
				return process.Fail(err)
			}
			pids = append(pids, pid)
		}
		for n.Waiting() < 2 {
			ctx.Yield()
		}
		for _, pid := range pids {
			if err := ctx.Send(pid, "go", nil); err != nil {
				return process.Fail(err)
			}
		}
		ctx.Yield()
		for range pids {
			ctx.Receive(isExit, -1)
		}
		return ok()
	})
	if want := []string{"queue", "slot"}; e.Err != nil || !slices.Equal(order, want) {
		t.Errorf("%v: the order is %v, want %v", e.Err, order, want)
	}
}

// Those who wake each other leave their executor to the queue after a while,
// by count or by the clock.
func TestStreakEnds(t *testing.T) {
	e := &executor{}
	for ; e.streak < slotStreak; e.streak++ {
		if !e.mayGoOn() {
			t.Fatalf("it ended after %d", e.streak)
		}
		e.since = time.Now().Add(time.Hour) // no time passes
	}
	if e.mayGoOn() {
		t.Error("it goes on for ever")
	}
	e.streak, e.since = slotLook, time.Now().Add(-slotTime)
	if e.mayGoOn() {
		t.Error("it goes on for long")
	}
}
