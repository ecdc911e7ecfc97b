package scheduler

import (
	"context"
	"slices"
	"testing"

	"wippy/mailbox"
	"wippy/runtime/process"
)

// crowdedNode makes a node with one worker whose I/O pool is busy until release is
// called: what a process has done off its worker waits for that.
func crowdedNode(t *testing.T) (n *node, release func()) {
	n = newNode(t, func(c *Config, g *Group) { c.Executors, c.IOWorkers, g.Workers = 1, 1, 1 })
	n.def("idle", func(ctx process.Context, _ []mailbox.Value) process.Result { ctx.Receive(nil, -1); return ok() })
	busy, over := make(chan struct{}), make(chan struct{})
	n.def("busy", func(ctx process.Context, _ []mailbox.Value) process.Result {
		return process.Fail(ctx.Await(func(context.Context) error { close(busy); <-over; return nil }))
	})
	n.start("busy")
	<-busy
	return n, func() { close(over) }
}

// waits runs f as a process, which has to wait until release is called.
func (n *node) waits(release func(), f behaviour) {
	n.t.Helper()
	n.def("main", f)
	pid, exit := n.start("main")
	for {
		select {
		case e := <-exit:
			n.t.Errorf("it did not wait: %v", e.Err)
			release()
			return
		default:
		}
		if i, _ := n.Info(pid); i.State == "waiting" {
			break
		}
	}
	release()
	if e := <-exit; e.Err != nil {
		n.t.Error(e.Err)
	}
}

// TestListOfACrowd lists more processes than are looked through on the worker.
func TestListOfACrowd(t *testing.T) {
	n, release := crowdedNode(t)
	var want []mailbox.PID
	for range listedAtOnce {
		pid, _ := n.start("idle")
		want = append(want, pid)
	}
	n.waits(release, func(ctx process.Context, _ []mailbox.Value) process.Result {
		got, err := ctx.List("g")
		all := append(want, ctx.Self())
		// The one that keeps the pool busy is the oldest, and may have ended.
		if err == nil && !slices.Equal(got[max(0, len(got)-len(all)):], all) {
			err = mailbox.Errorf(mailbox.Failed, "%d processes, want %d in order", len(got), len(all))
		}
		if err != nil {
			return process.Fail(err)
		}
		return ok()
	})
}

// TestInfoOfACrowd describes a process with many monitors of its own, and one
// with many of others'.
func TestInfoOfACrowd(t *testing.T) {
	for _, own := range []bool{true, false} {
		n, release := crowdedNode(t)
		idle, _ := n.start("idle")
		n.waits(release, func(ctx process.Context, _ []mailbox.Value) process.Result {
			for range listedAtOnce + 1 {
				if _, err := ctx.Monitor(idle); err != nil {
					return process.Fail(err)
				}
			}
			pid, monitors, watchers := ctx.Self(), listedAtOnce+1, 0
			if !own {
				pid, monitors, watchers = idle, 0, 1 // each is there once
			}
			info, found := ctx.Info(pid)
			if !found || len(info.Monitors) != monitors || len(info.MonitoredBy) != watchers {
				return process.Fail(mailbox.Errorf(mailbox.Failed, "%d monitors, by %d", len(info.Monitors), len(info.MonitoredBy)))
			}
			return ok()
		})
	}
}
