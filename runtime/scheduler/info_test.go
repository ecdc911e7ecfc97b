package scheduler

import (
	"slices"
	"testing"

	"wippy/mailbox"
	"wippy/runtime/process"
)

// TestListOfACrowd lists more processes than are looked through at once, while
// the only worker goes on with others.
func TestListOfACrowd(t *testing.T) {
	n := newNode(t, func(c *Config, g *Group) { c.Executors, g.Workers = 1, 1 })
	n.def("idle", func(ctx process.Context, _ []mailbox.Value) process.Result { ctx.Receive(nil, -1); return ok() })
	var want []mailbox.PID
	for range listedAtOnce + 1 {
		pid, _ := n.start("idle")
		want = append(want, pid)
	}
	var got []mailbox.PID
	var err error
	e := n.run(func(ctx process.Context, _ []mailbox.Value) process.Result {
		want = append(want, ctx.Self())
		before := n.steps(ctx.Self())
		got, err = ctx.List("g")
		if n.steps(ctx.Self()) == before {
			return process.Fail(mailbox.Errorf(mailbox.Failed, "it held the worker"))
		}
		return ok()
	})
	if e.Err != nil || err != nil || !slices.Equal(got, want) {
		t.Errorf("%v %v: %d processes, want %d in order", e.Err, err, len(got), len(want))
	}
	if _, err := n.List("nothing"); err == nil {
		t.Error("there is no such group")
	}
}

// TestInfoOfACrowd describes a process with many monitors of its own, and one
// with many of others', while the only worker goes on.
func TestInfoOfACrowd(t *testing.T) {
	n := newNode(t, func(c *Config, g *Group) { c.Executors, g.Workers = 1, 1 })
	n.def("idle", func(ctx process.Context, _ []mailbox.Value) process.Result { ctx.Receive(nil, -1); return ok() })
	idle, _ := n.start("idle")
	e := n.run(func(ctx process.Context, _ []mailbox.Value) process.Result {
		for range listedAtOnce + 1 {
			if _, err := ctx.Monitor(idle); err != nil {
				return process.Fail(err)
			}
		}
		for _, pid := range []mailbox.PID{ctx.Self(), idle} {
			before := n.steps(ctx.Self())
			info, found := ctx.Info(pid)
			if !found || pid == idle && len(info.MonitoredBy) != 1 || pid != idle && len(info.Monitors) != listedAtOnce+1 {
				return process.Fail(mailbox.Errorf(mailbox.Failed, "%s has %d monitors, and is monitored by %v", pid, len(info.Monitors), info.MonitoredBy))
			}
			if n.steps(ctx.Self()) == before {
				return process.Fail(mailbox.Errorf(mailbox.Failed, "the info of %s held the worker", pid))
			}
		}
		return ok()
	})
	if e.Err != nil {
		t.Error(e.Err)
	}
}

func (n *node) steps(pid mailbox.PID) uint64 {
	info, _ := n.Info(pid)
	return info.Steps
}
