package scheduler

import (
	"errors"
	"fmt"
	"math/rand/v2"
	goruntime "runtime"
	"testing"
	"time"

	"wippy/mailbox"
	"wippy/runtime/process"
)

func TestExec(t *testing.T) {
	n := newNode(t, func(_ *Config, g *Group) { g.Limits.MaxChildren = 1 })
	n.def("twice", func(_ process.Context, a []mailbox.Value) process.Result {
		return ok(mailbox.Int(2 * a[0].Int()))
	}).straight = true
	n.def("breaks", func(process.Context, []mailbox.Value) process.Result { return process.Fail(errors.New("broken")) })
	e := n.run(func(ctx process.Context, _ []mailbox.Value) process.Result {
		_ = ctx.Send(ctx.Self(), "before", nil)
		sum := int64(0)
		for i := range 100 { // one child at a time
			e, err := ctx.Exec(process.Spawn{Entry: "twice", Group: "g", Args: []mailbox.Value{mailbox.Int(int64(i))}})
			if err != nil {
				return process.Fail(err)
			}
			sum += e.Values[0].Int()
		}
		if e, err := ctx.Exec(process.Spawn{Entry: "breaks", Group: "g"}); err != nil || e.Reason != mailbox.ReasonError {
			return process.Fail(fmt.Errorf("%+v, %w", e, err))
		}
		if _, err := ctx.Exec(process.Spawn{Entry: "nobody", Group: "g"}); !errors.Is(err, mailbox.NotFound) {
			return process.Fail(err)
		}
		first, second := ctx.Receive(nil, 0), ctx.Receive(nil, 0)
		return ok(mailbox.Int(sum), mailbox.Bool(first.Topic == "before" && second == nil))
	})
	if e.Err != nil || e.Values[0].Int() != 9900 || !e.Values[1].Bool() {
		t.Fatalf("%+v", e)
	}
}

// A caller that is killed, wherever it is, kills what it executes and is itself
// gone only after it.
func TestExecMeetsKills(t *testing.T) {
	n := newNode(t, func(c *Config, g *Group) { c.Clock, c.Executors, g.Workers = process.SystemClock{}, 4, 4 })
	inner := make(chan mailbox.PID, 1)
	n.def("loops", func(ctx process.Context, _ []mailbox.Value) process.Result {
		inner <- ctx.Self()
		for {
			ctx.Checkpoint(1)
			ctx.Yield()
		}
	})
	n.def("execs", func(ctx process.Context, a []mailbox.Value) process.Result {
		depth := a[0].Int()
		if depth == 0 {
			_, err := ctx.Exec(process.Spawn{Entry: "loops", Group: "g"})
			return process.Fail(err)
		}
		_, err := ctx.Exec(process.Spawn{Entry: "execs", Group: "g", Args: []mailbox.Value{mailbox.Int(depth - 1)}})
		return process.Fail(err)
	})
	for i := range 300 {
		pid, exit := n.start("execs", mailbox.Int(int64(rand.IntN(4))))
		var last mailbox.PID
		if i%2 == 0 {
			last = <-inner
		} else {
			for range rand.IntN(200) {
				goruntime.Gosched()
			}
		}
		_ = n.Terminate(pid)
		if e := <-exit; e.Reason != mailbox.ReasonKilled {
			t.Fatalf("%+v", e)
		}
		if _, alive := n.Info(last); alive {
			t.Fatal("what a process executed outlived it")
		}
		select {
		case <-inner:
		default:
		}
		for n.Live() > 0 { // the caller leaves after it said so
			goruntime.Gosched()
		}
	}
}

// No message of a timer comes after its process's EXIT, or after a stop that
// came in time.
func TestTimersMeetEnds(t *testing.T) {
	n := newNode(t, func(c *Config, g *Group) { c.Clock, c.Executors, g.Workers = process.SystemClock{}, 4, 4 })
	n.def("orders", func(ctx process.Context, a []mailbox.Value) process.Result {
		for i := range 10 {
			timer, err := ctx.PostAfter(time.Duration(i)*10*time.Microsecond, mailbox.PID(a[0].Str()), "due", nil)
			if err != nil {
				return process.Fail(err)
			}
			if i%3 == 0 {
				ctx.StopTimer(timer)
			}
		}
		ctx.Yield()
		return ok()
	})
	e := n.run(func(ctx process.Context, _ []mailbox.Value) process.Result {
		for range 1000 {
			pid, err := ctx.Spawn(process.Spawn{Entry: "orders", Group: "g", Monitor: true,
				Args: []mailbox.Value{mailbox.String(string(ctx.Self()))}})
			if err != nil {
				return process.Fail(err)
			}
			for e := ctx.Receive(nil, -1); !isExit(e); e = ctx.Receive(nil, -1) {
				if e.From != pid {
					return process.Fail(fmt.Errorf("a message of %s after its EXIT", e.From))
				}
			}
		}
		timer, err := ctx.PostAfter(time.Hour, ctx.Self(), "never", nil)
		return ok(mailbox.Bool(err == nil && ctx.StopTimer(timer) && !ctx.StopTimer(timer)))
	})
	if e.Err != nil || !e.Values[0].Bool() {
		t.Fatalf("%+v %v", e, e.Err)
	}
}
