package scheduler

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"wippy/mailbox"
	"wippy/runtime/process"
)

// entryStats gives those of an entry.
func (n *node) entryStats(entry string) EntryStats {
	n.t.Helper()
	for _, e := range n.Stats().Entries {
		if e.Entry == entry {
			return e
		}
	}
	n.t.Fatalf("nothing is counted for %q", entry)
	return EntryStats{}
}

func TestStatsOfEnds(t *testing.T) {
	n := newNode(t)
	n.def("fine", func(process.Context, []mailbox.Value) process.Result { return ok() })
	n.def("fails", func(process.Context, []mailbox.Value) process.Result {
		return process.Fail(mailbox.Errorf(mailbox.Failed, "broken"))
	})
	n.def("waits", func(ctx process.Context, _ []mailbox.Value) process.Result { ctx.Receive(nil, -1); return ok() })
	n.def("spawns", func(ctx process.Context, _ []mailbox.Value) process.Result {
		for i := range 3 {
			if _, err := ctx.Exec(process.Spawn{Entry: "fine", Group: "g", Restart: i > 0}); err != nil {
				return process.Fail(err)
			}
		}
		return ok()
	})
	for _, entry := range []string{"fine", "fails", "spawns"} {
		_, exit := n.start(entry)
		<-exit
	}
	pid, exit := n.start("waits")
	n.start("waits")
	if err := n.Terminate(pid); err != nil {
		t.Fatal(err)
	}
	<-exit
	for entry, want := range map[string]EntryStats{
		"fine":   {Spawned: 4, Restarts: 2, Exited: map[mailbox.Reason]uint64{mailbox.ReasonNormal: 4}},
		"fails":  {Spawned: 1, Exited: map[mailbox.Reason]uint64{mailbox.ReasonError: 1}},
		"spawns": {Spawned: 1, Exited: map[mailbox.Reason]uint64{mailbox.ReasonNormal: 1}},
		"waits":  {Spawned: 2, Exited: map[mailbox.Reason]uint64{mailbox.ReasonKilled: 1}, Alive: 1},
	} {
		got := n.entryStats(entry)
		if got.Spawned != want.Spawned || got.Alive != want.Alive || got.Restarts != want.Restarts {
			t.Errorf("%s: %+v", entry, got)
		}
		for _, r := range reasons {
			if got.Exited[r] != want.Exited[r] {
				t.Errorf("%s: %d ends for the reason %s, want %d", entry, got.Exited[r], r, want.Exited[r])
			}
		}
	}
	if st := n.Stats(); st.Turns < 6 || st.Slices.Count() == 0 {
		t.Errorf("%d turns, %d of them timed", st.Turns, st.Slices.Count())
	}
}

// TestStatsOfStrangers counts all programs that are no entries as one, however
// many names they have.
func TestStatsOfStrangers(t *testing.T) {
	n := newNode(t)
	for _, name := range []string{"a.lua", "b.lua"} {
		over := make(chan struct{})
		p := &program{run: func(process.Context, []mailbox.Value) process.Result { return ok() }}
		if _, err := n.Start(context.Background(), Start{Entry: name, Group: "g", Program: p,
			OnExit: func(mailbox.PID, *mailbox.Exit) { close(over) }}); err != nil {
			t.Fatal(err)
		}
		<-over
	}
	st := n.Stats()
	if len(st.Entries) != 1 || st.Entries[0].Entry != "" || st.Entries[0].Spawned != 2 || st.Entries[0].Exited[mailbox.ReasonNormal] != 2 {
		t.Errorf("entries: %+v", st.Entries)
	}
}

func TestStatsOfRefusals(t *testing.T) {
	n := newNode(t, func(_ *Config, g *Group) { g.MaxProcesses = 1 })
	n.def("waits", func(ctx process.Context, _ []mailbox.Value) process.Result { ctx.Receive(nil, -1); return ok() })
	n.start("waits")
	for _, r := range []Start{{Entry: "waits", Group: "g"}, {Entry: "nothing", Group: "g"}, {Entry: "waits", Group: "nowhere"}} {
		if _, err := n.Start(context.Background(), r); err == nil {
			t.Fatal("it was spawned")
		}
	}
	st := n.Stats()
	if st.Refused[mailbox.Unavailable] != 1 || st.Refused[mailbox.NotFound] != 2 || st.Refused[mailbox.Invalid] != 0 {
		t.Errorf("refused: %v", st.Refused)
	}
	if g := st.Groups[0]; g.Group != "g" || g.Processes != 1 || g.MaxProcesses != 1 || g.Workers != 2 {
		t.Errorf("group: %+v", g)
	}
}

// TestStatsOfMailboxes counts what came, what was lost and what was refused, of
// the living and the dead.
func TestStatsOfMailboxes(t *testing.T) {
	for _, overflow := range []mailbox.Overflow{mailbox.Reject, mailbox.DropOldest} {
		n := newNode(t, func(_ *Config, g *Group) { g.Mailbox = mailbox.Config{Capacity: 2, Overflow: overflow} })
		begun, leave := make(chan struct{}), make(chan struct{})
		n.def("deaf", func(ctx process.Context, _ []mailbox.Value) process.Result {
			return process.Fail(ctx.Await(func(context.Context) error { close(begun); <-leave; return nil }))
		})
		pid, exit := n.start("deaf")
		<-begun
		for range 5 {
			_ = n.Send(pid, "t", nil)
		}
		var want GroupStats
		events := uint64(2)
		if want.Rejected = 3; overflow == mailbox.DropOldest {
			want.Rejected, want.Dropped, events = 0, 3, 5
		}
		check := func(waiting int) {
			t.Helper()
			g, e := n.Stats().Groups[0], n.entryStats("deaf")
			if g.Rejected != want.Rejected || g.Dropped != want.Dropped || g.Waiting != waiting || g.Longest != waiting || e.Events != events {
				t.Errorf("%+v, %d events", g, e.Events)
			}
		}
		check(2)
		if io := n.Stats().IO; io.Running != 1 || io.Waiting != 0 || io.Calls != 1 || io.Max != DefaultIOWorkers {
			t.Errorf("I/O pool: %+v", io)
		}
		close(leave)
		<-exit
		check(0)
	}
}

// TestStatsNeverShrink takes stats while processes come, use something up, and go.
func TestStatsNeverShrink(t *testing.T) {
	n := newNode(t)
	n.def("works", func(ctx process.Context, _ []mailbox.Value) process.Result {
		for range 10 {
			ctx.Checkpoint(10)
			_ = ctx.Send(ctx.Self(), "t", nil)
			ctx.Yield()
		}
		return ok()
	})
	const rounds, crowd = 20, 50
	var starting sync.WaitGroup
	starting.Go(func() {
		for range rounds {
			exits := make([]<-chan *mailbox.Exit, crowd)
			for i := range exits {
				_, exits[i] = n.start("works")
			}
			for _, exit := range exits {
				<-exit
			}
		}
	})
	over := make(chan struct{})
	go func() { starting.Wait(); close(over) }()
	var last EntryStats
	for done := false; !done; {
		select {
		case <-over:
			done = true
		default:
		}
		st := n.Stats()
		if len(st.Entries) < 2 {
			continue
		}
		e := st.Entries[1]
		exited := e.Exited[mailbox.ReasonNormal]
		if e.Spawned < last.Spawned || e.Fuel < last.Fuel || e.Events < last.Events || exited < last.Exited[mailbox.ReasonNormal] || e.Spawned < exited {
			t.Fatalf("%+v came after %+v", e, last)
		}
		last = e
	}
	if last.Spawned != rounds*crowd || last.Fuel != rounds*crowd*100 || last.Events != rounds*crowd*10 || last.Alive != 0 {
		t.Errorf("in the end: %+v", last)
	}
}

// TestStatsOfAStop says that the node stops.
func TestStatsOfAStop(t *testing.T) {
	n := newNode(t)
	if n.Stats().Stopping || n.Stopping() {
		t.Error("it stops already")
	}
	if err := n.Stop(context.Background(), "", 0); err != nil {
		t.Fatal(err)
	}
	if !n.Stats().Stopping || !n.Stopping() {
		t.Error("it does not know that it stops")
	}
}

func TestSummaries(t *testing.T) {
	n := newNode(t)
	ready := make(chan struct{})
	n.def("waits", func(ctx process.Context, _ []mailbox.Value) process.Result {
		ready <- struct{}{}
		ctx.Receive(func(e *mailbox.Event) bool { return e.Topic == "end" }, -1)
		return ok()
	})
	first, firstExit := n.start("waits")
	<-ready
	second, _ := n.start("waits")
	<-ready
	if err := n.Register("second", second); err != nil {
		t.Fatal(err)
	}
	if err := n.Send(second, "t", nil); err != nil {
		t.Fatal(err)
	}
	n.clock.Advance(time.Second)
	got := slices.Collect(n.Summaries())
	if len(got) != 2 || got[0].PID != first || got[1].PID != second {
		t.Fatalf("%+v", got)
	}
	if s := got[1]; s.Entry != "waits" || s.Group != "g" || s.Mailbox != 1 || s.Uptime != time.Second || !slices.Equal(s.Names, []string{"second"}) || s.Links != 0 {
		t.Errorf("%+v", s)
	}
	// One that ends while others are described is left out.
	count := 0
	for s := range n.Summaries() {
		if count++; s.PID == first {
			_ = n.Terminate(second)
			_ = n.Send(first, "end", nil)
			<-firstExit
			for _, ok := n.Info(second); ok; _, ok = n.Info(second) { // its end is at hand
			}
		}
	}
	if count != 1 {
		t.Errorf("%d processes, of which one had ended", count)
	}
}

func TestHistogram(t *testing.T) {
	h := NewHistogram(time.Millisecond, time.Second)
	for _, d := range []time.Duration{0, time.Millisecond, time.Millisecond + 1, time.Second, time.Minute} {
		h.Observe(d)
	}
	d := h.Snapshot()
	if !slices.Equal(d.Counts, []uint64{2, 2, 1}) || d.Count() != 5 || d.Sum != time.Minute+time.Second+2*time.Millisecond+1 {
		t.Errorf("%+v", d)
	}
	var sum Distribution
	sum.add(d)
	sum.add(h.Snapshot())
	if sum.Count() != 10 || sum.Sum != 2*d.Sum {
		t.Errorf("%+v", sum)
	}
}

// BenchmarkCountLife is what counting costs a process in all its life.
func BenchmarkCountLife(b *testing.B) {
	n := newNode(b)
	n.def("fine", func(process.Context, []mailbox.Value) process.Result { return ok() })
	t, err := n.stranger(context.Background(), Start{Entry: "fine", Group: "g"})
	if err != nil {
		b.Fatal(err)
	}
	defer n.launch(t, nil)
	exit := &mailbox.Exit{Reason: mailbox.ReasonNormal}
	for b.Loop() {
		ta := n.tallies.of("fine")
		ta.cell(nil).spawns.Add(1)
		ta.ended(t, exit)
	}
}
