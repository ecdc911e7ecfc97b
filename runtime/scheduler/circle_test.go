package scheduler

import (
	"context"
	"fmt"
	"math/rand/v2"
	goruntime "runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"wippy/mailbox"
	"wippy/runtime/process"
)

func isGroup(e *mailbox.Event) bool { return e.Type == mailbox.GroupEvent }

// TestCirclesAreFreed leaves nothing of a group that nobody is in or monitors.
func TestCirclesAreFreed(t *testing.T) {
	n := newNode(t)
	count := func() (circles int) {
		for i := range n.circles.part {
			n.circles.part[i].mu.RLock()
			circles += len(n.circles.part[i].m)
			n.circles.part[i].mu.RUnlock()
		}
		return circles
	}
	e := n.run(func(ctx process.Context, _ []mailbox.Value) process.Result {
		for i := range maxCircles {
			name := fmt.Sprint("g", i)
			if err := ctx.JoinGroup(name, ctx.Self()); err != nil {
				t.Error(err)
			}
			if _, _, err := ctx.MonitorGroup(fmt.Sprint("watched", i)); err != nil {
				t.Error(err)
			}
		}
		ctx.GroupMembers("nobody's")
		if err := ctx.JoinGroup("one too many", ctx.Self()); err == nil {
			t.Error("joined one too many")
		}
		if got := count(); got != 2*maxCircles {
			t.Errorf("%d groups", got)
		}
		ctx.LeaveGroup("g1", ctx.Self())
		return ok(mailbox.Int(int64(count())))
	})
	if e.Values[0].Int() != 2*maxCircles-1 || count() != 0 {
		t.Errorf("%v, %d groups are left", e.Values, count())
	}
}

// TestCrowdOfGroups gives back the room of many.
func TestCrowdOfGroups(t *testing.T) {
	var cs circles
	cs.init()
	var ms []*member
	for i := range 50_000 {
		ms = append(ms, cs.add(fmt.Sprint("g", i), &task{serial: uint64(i)}))
	}
	for _, m := range ms {
		cs.remove(m)
	}
	for i := range cs.part {
		if p := &cs.part[i]; len(p.m) != 0 || p.most > crowded {
			t.Fatalf("part %d holds %d of %d", i, len(p.m), p.most)
		}
	}
	ms = ms[:0]
	for i := range 50_000 {
		ms = append(ms, cs.add("one", &task{serial: uint64(i)}))
	}
	for _, m := range ms[10:] {
		cs.remove(m)
	}
	if c := ms[0].c; len(c.members) != 10 || cap(c.members) > 8*crowded {
		t.Errorf("room for %d of %d members", cap(c.members), len(c.members))
	}
}

// TestTooManyWatches refuses the monitor that would make every join take long.
func TestTooManyWatches(t *testing.T) {
	n := newNode(t)
	c := n.circles.enter("g", true)
	c.watches = make([]*watch, maxWatches-1)
	for i := range c.watches {
		c.watches[i] = &watch{t: &task{box: mailbox.New(mailbox.Config{})}, c: c}
	}
	n.circles.exit(c)
	n.run(func(ctx process.Context, _ []mailbox.Value) process.Result {
		ref, _, err := ctx.MonitorGroup("g")
		if err != nil {
			t.Error(err)
		}
		if _, _, err := ctx.MonitorGroup("g"); mailbox.AsError(err).Kind != mailbox.Unavailable {
			t.Error(err)
		}
		ctx.DemonitorGroup(ref)
		if _, _, err := ctx.MonitorGroup("g"); err != nil {
			t.Error(err)
		}
		return ok()
	})
}

// TestSlowWatcher holds no more for one who never reads than there are members.
func TestSlowWatcher(t *testing.T) {
	n := newNode(t)
	n.run(func(ctx process.Context, _ []mailbox.Value) process.Result {
		ref, _, _ := ctx.MonitorGroup("g")
		for range 10_000 {
			_ = ctx.JoinGroup("g", ctx.Self())
			ctx.LeaveGroup("g", ctx.Self())
		}
		w := ctx.(*task).observed[ref]
		if info, _ := ctx.Info(ctx.Self()); info.Mailbox != 1 || len(w.changes) != 0 {
			t.Errorf("%d events, %d changes", info.Mailbox, len(w.changes))
		}
		if e := ctx.Receive(nil, 0); e != nil {
			t.Errorf("%+v", e)
		}
		return ok()
	})
}

// TestBroadcastShares lets others run between the parts of a long broadcast, and
// can be killed in it.
func TestBroadcastShares(t *testing.T) {
	const count = 20 * broadcastPart
	n := newNode(t, func(c *Config, g *Group) { c.Executors, g.Workers = 1, 1 })
	n.def("waits", func(ctx process.Context, _ []mailbox.Value) process.Result {
		ctx.Receive(nil, -1)
		return ok()
	})
	exits := make([]<-chan *mailbox.Exit, count)
	for i := range count {
		var pid mailbox.PID
		pid, exits[i] = n.start("waits")
		if err := n.JoinGroup("all", pid); err != nil {
			t.Fatal(err)
		}
	}
	if got := len(n.GroupMembers("all")); got != count {
		t.Fatalf("%d members", got)
	}
	var ended atomic.Int64
	e := n.run(func(ctx process.Context, _ []mailbox.Value) process.Result {
		before := n.Live()
		taken, err := ctx.Broadcast("all", "end", nil)
		if err != nil || taken != count {
			t.Error(taken, err)
		}
		ended.Store(int64(before - n.Live()))
		info, _ := ctx.Info(ctx.Self())
		return ok(mailbox.Int(int64(info.Fuel)))
	})
	if ended.Load() == 0 || e.Values[0].Int() != count*memberFuel {
		t.Errorf("%d ended meanwhile; fuel %v", ended.Load(), e.Values)
	}
	for _, exit := range exits {
		<-exit
	}
	if ms := n.GroupMembers("all"); len(ms) != 0 {
		t.Errorf("%d members", len(ms))
	}
}

// TestManyMembers has long lists put in order off the worker.
func TestManyMembers(t *testing.T) {
	const count = listedAtOnce + 1
	n := newNode(t)
	n.def("waits", waits)
	var pids []mailbox.PID
	for range count {
		pid, _ := n.start("waits")
		pids = append(pids, pid)
	}
	rand.Shuffle(count, func(i, j int) { pids[i], pids[j] = pids[j], pids[i] })
	for _, pid := range pids {
		_ = n.JoinGroup("all", pid)
	}
	n.run(func(ctx process.Context, _ []mailbox.Value) process.Result {
		_, watched, _ := ctx.MonitorGroup("all")
		want, _ := ctx.List("g")
		want = slices.DeleteFunc(want, func(p mailbox.PID) bool { return p == ctx.Self() })
		if got := ctx.GroupMembers("all"); !slices.Equal(got, want) || !slices.Equal(watched, want) {
			t.Errorf("%d and %d members, want %d", len(got), len(watched), len(want))
		}
		return ok()
	})
}

// TestBroadcastOrder has the messages of one sender arrive in their order, of
// broadcasts and others, whoever joins and leaves meanwhile.
func TestBroadcastOrder(t *testing.T) {
	const members, rounds = 700, 30
	n := newNode(t, func(_ *Config, g *Group) { g.Mailbox.Capacity = 4 * rounds })
	n.def("member", func(ctx process.Context, _ []mailbox.Value) process.Result {
		last := int64(-1)
		for {
			e := ctx.Receive(nil, -1)
			if e.Topic == "end" {
				return ok(mailbox.Int(last))
			}
			if got := e.Values[0].Int(); got <= last {
				return process.Fail(fmt.Errorf("%d after %d", got, last))
			} else {
				last = got
			}
		}
	})
	var exits []<-chan *mailbox.Exit
	var pids []mailbox.PID
	for range members {
		pid, exit := n.start("member")
		_ = n.JoinGroup("all", pid)
		exits, pids = append(exits, exit), append(pids, pid)
	}
	n.run(func(ctx process.Context, _ []mailbox.Value) process.Result {
		for i := range int64(rounds) {
			if _, err := ctx.Broadcast("all", "n", []mailbox.Value{mailbox.Int(3 * i)}); err != nil {
				t.Error(err)
			}
			pid := pids[rand.IntN(members)]
			ctx.LeaveGroup("all", pids[rand.IntN(members)])
			if err := ctx.Send(pid, "n", []mailbox.Value{mailbox.Int(3*i + 1)}); err != nil {
				t.Error(err)
			}
			_ = ctx.JoinGroup("all", pid)
		}
		for _, pid := range pids {
			if err := ctx.Send(pid, "end", nil); err != nil {
				t.Error(err)
			}
		}
		return ok()
	})
	for _, exit := range exits {
		if e := <-exit; e.Err != nil {
			t.Error(e.Err)
		}
	}
}

// follower keeps the members of a group by what it is told, and says what cannot be.
type follower struct {
	ref     mailbox.Ref
	members map[mailbox.PID]bool
}

func follow(ctx process.Context, group string) (*follower, error) {
	ref, pids, err := ctx.MonitorGroup(group)
	f := &follower{ref, map[mailbox.PID]bool{}}
	for _, pid := range pids {
		f.members[pid] = true
	}
	return f, err
}

func (f *follower) told(e *mailbox.Event) error {
	if e.Ref != f.ref || len(e.Group.Joined)+len(e.Group.Left) == 0 {
		return fmt.Errorf("an event of %d, want %d: %+v", e.Ref, f.ref, e.Group)
	}
	for _, pid := range e.Group.Joined {
		if f.members[pid] {
			return fmt.Errorf("%s joined twice", pid)
		}
		f.members[pid] = true
	}
	for _, pid := range e.Group.Left {
		if !f.members[pid] {
			return fmt.Errorf("%s left and was none", pid)
		}
		delete(f.members, pid)
	}
	return nil
}

// TestCircleHammer has processes join, leave, upgrade themselves and end at random,
// or be killed, while others follow the groups: at each moment what they were told
// makes sense, whose EXIT they have is no member, and in the end they know who is.
func TestCircleHammer(t *testing.T) {
	groups := []string{"a", "b", "c"}
	n := newNode(t, func(c *Config, g *Group) { c.Executors, g.Workers = 4, 4; c.Clock = process.SystemClock{} })
	n.def("member", func(ctx process.Context, args []mailbox.Value) process.Result {
		for left := args[0].Int(); left > 0; left-- {
			name := groups[rand.IntN(len(groups))]
			switch rand.IntN(6) {
			case 0, 1:
				_ = ctx.JoinGroup(name, ctx.Self())
			case 2:
				ctx.LeaveGroup(name, ctx.Self())
			case 3:
				_, _ = ctx.Broadcast(name, "x", nil)
			case 4:
				return process.Fail(ctx.Upgrade("member", []mailbox.Value{mailbox.Int(left - 1)}))
			case 5:
				ctx.Yield()
			}
			for ctx.Receive(nil, 0) != nil {
			}
		}
		return ok()
	})
	n.def("follower", func(ctx process.Context, args []mailbox.Value) process.Result {
		name := args[0].Str()
		for round := 0; ; round++ {
			f, err := follow(ctx, name)
			if err != nil {
				return process.Fail(err)
			}
			for turn := 0; ; turn++ {
				var e *mailbox.Event
				switch accept := rand.IntN(2) == 0; rand.IntN(3) {
				case 0:
					e = ctx.Receive(nil, time.Millisecond)
				case 1:
					e = ctx.Receive(func(e *mailbox.Event) bool { return accept || e.Type != mailbox.GroupEvent }, time.Microsecond)
				case 2:
					e = ctx.ReceiveFunc(func(e *mailbox.Event) bool {
						if e.Type == mailbox.GroupEvent && len(e.Group.Joined)+len(e.Group.Left) == 0 {
							t.Error("offered nothing")
						}
						ctx.Yield()
						return accept
					}, time.Microsecond)
				}
				switch {
				case e == nil:
				case e.Type == mailbox.GroupEvent:
					if err := f.told(e); err != nil {
						return process.Fail(err)
					}
				case e.Type == mailbox.ExitEvent:
					if slices.Contains(ctx.GroupMembers(name), e.From) {
						return process.Fail(fmt.Errorf("%s is dead and a member", e.From))
					}
				case e.Topic == "end":
					for e := ctx.Receive(isGroup, 0); e != nil; e = ctx.Receive(isGroup, 0) {
						if err := f.told(e); err != nil {
							return process.Fail(err)
						}
					}
					if got := ctx.GroupMembers(name); len(got) != len(f.members) {
						return process.Fail(fmt.Errorf("%d members, and knows of %d", len(got), len(f.members)))
					}
					return ok()
				case e.Topic == "monitor":
					if _, err := ctx.Monitor(mailbox.PID(e.Values[0].Str())); err != nil {
						return process.Fail(err)
					}
				}
				if turn > 50 && rand.IntN(20) == 0 {
					ctx.DemonitorGroup(f.ref)
					if e := ctx.Receive(isGroup, 0); e != nil {
						return process.Fail(fmt.Errorf("an event after the monitor's end"))
					}
					break
				}
			}
		}
	})
	var followers []mailbox.PID
	var ends []<-chan *mailbox.Exit
	for i := range 6 {
		pid, end := n.start("follower", mailbox.String(groups[i%len(groups)]))
		followers, ends = append(followers, pid), append(ends, end)
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 150 {
				pid, exit := n.start("member", mailbox.Int(60))
				_ = n.Send(followers[rand.IntN(len(followers))], "monitor", []mailbox.Value{mailbox.String(string(pid))})
				_ = n.JoinGroup(groups[rand.IntN(len(groups))], pid)
				if rand.IntN(3) == 0 {
					_ = n.Terminate(pid)
				}
				_, _ = n.Broadcast("a", "x", nil)
				n.LeaveGroup("b", pid)
				<-exit
			}
		})
	}
	wg.Wait()
	n.def("stays", waits)
	for range 3 {
		pid, _ := n.start("stays")
		for _, name := range groups {
			_ = n.JoinGroup(name, pid)
		}
	}
	for i, pid := range followers {
		for n.Send(pid, "end", nil) != nil { // it is full
			goruntime.Gosched()
		}
		if e := <-ends[i]; e.Reason != mailbox.ReasonNormal {
			t.Errorf("%+v %v", e, e.Err)
		}
	}
	for _, name := range groups {
		if got := n.GroupMembers(name); len(got) != 3 {
			t.Errorf("%d members of %s", len(got), name)
		}
	}
}

// BenchmarkBroadcast posts to members each of which wakes, takes the message and
// waits again: what a member costs with all of that.
func BenchmarkBroadcast(b *testing.B) {
	for _, members := range []int{10, 1000, 100_000} {
		b.Run(fmt.Sprint(members), func(b *testing.B) {
			n := newNode(b, func(_ *Config, g *Group) { g.Mailbox = mailbox.Config{Overflow: mailbox.DropOldest} })
			n.def("waits", waits)
			for range members {
				pid, _ := n.start("waits")
				_ = n.JoinGroup("all", pid)
			}
			values := []mailbox.Value{mailbox.String("payload"), mailbox.Int(1)}
			b.ReportAllocs()
			b.ResetTimer()
			n.run(func(ctx process.Context, _ []mailbox.Value) process.Result {
				for b.Loop() {
					if taken, err := ctx.Broadcast("all", "topic", values); taken != members {
						b.Error(taken, err)
					}
				}
				return ok()
			})
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(members), "ns/member")
		})
	}
}

// BenchmarkJoin is a join and a leave, alone or in a large group.
func BenchmarkJoin(b *testing.B) {
	for _, others := range []int{0, 100_000} {
		b.Run(fmt.Sprint(others), func(b *testing.B) {
			n := newNode(b)
			n.def("waits", waits)
			for range others {
				pid, _ := n.start("waits")
				_ = n.JoinGroup("all", pid)
			}
			b.ReportAllocs()
			n.run(func(ctx process.Context, _ []mailbox.Value) process.Result {
				for b.Loop() {
					_ = ctx.JoinGroup("all", ctx.Self())
					ctx.LeaveGroup("all", ctx.Self())
				}
				return ok()
			})
		})
	}
}

// BenchmarkJoinWatched tells as many monitors as a group may have of each join, and
// of each leave; none of them reads.
func BenchmarkJoinWatched(b *testing.B) {
	n := newNode(b)
	n.def("watches", func(ctx process.Context, _ []mailbox.Value) process.Result {
		_, _, _ = ctx.MonitorGroup("all")
		_ = ctx.JoinGroup("watching", ctx.Self())
		return waits(ctx, nil)
	})
	for range maxWatches {
		n.start("watches")
	}
	for len(n.GroupMembers("watching")) < maxWatches {
		goruntime.Gosched()
	}
	n.run(func(ctx process.Context, _ []mailbox.Value) process.Result {
		for b.Loop() {
			_ = ctx.JoinGroup("all", ctx.Self())
			ctx.LeaveGroup("all", ctx.Self())
		}
		return ok()
	})
}

// BenchmarkUpgrade is a process that goes on as another entry and ends.
func BenchmarkUpgrade(b *testing.B) {
	n := newNode(b)
	n.def("two", returns)
	n.def("one", upgrades("two"))
	b.ReportAllocs()
	for b.Loop() {
		exit := make(chan *mailbox.Exit, 1)
		if _, err := n.Start(context.Background(), Start{Entry: "one", Group: "g", OnExit: func(_ mailbox.PID, e *mailbox.Exit) { exit <- e }}); err != nil {
			b.Fatal(err)
		}
		<-exit
	}
}
