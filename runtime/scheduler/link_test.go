package scheduler

import (
	"errors"
	"fmt"
	"math/rand/v2"
	goruntime "runtime"
	"strings"
	"sync"
	"testing"

	"wippy/mailbox"
	"wippy/runtime/process"
)

func isLinkDown(e *mailbox.Event) bool { return e.Type == mailbox.LinkDown }

// waits is a process that takes what comes until it is told to end or fail.
func waits(ctx process.Context, args []mailbox.Value) process.Result {
	ctx.TrapLinks(len(args) > 0 && args[0].Str() == "trap")
	for {
		switch e := ctx.Receive(nil, -1); e.Topic {
		case "end":
			return ok()
		case "fail":
			return process.Fail(errors.New("told to fail"))
		}
	}
}

// unlaunched makes tasks that are known but in no run queue.
func (n *node) unlaunched(count int) []*task {
	n.t.Helper()
	ts := make([]*task, count)
	for i := range ts {
		prog, limits, err := n.cfg.Resolve("waits")
		if err != nil {
			n.t.Fatal(err)
		}
		if ts[i], err = n.prepare("waits", "g", prog, limits, nil); err != nil {
			n.t.Fatal(err)
		}
	}
	return ts
}

// The end of one passes through a chain of a hundred thousand, on no more
// stack than through one, and all of them name the first.
func TestLongChain(t *testing.T) {
	n := newNode(t, func(c *Config, g *Group) { c.Executors, g.Workers = 1, 1 })
	n.def("waits", waits)
	ts := n.unlaunched(100_000)
	exits := make(chan *mailbox.Exit, len(ts))
	for i, task := range ts {
		if i > 0 {
			task.bind(ts[i-1], "")
		}
		task.onExit = func(_ mailbox.PID, e *mailbox.Exit) { exits <- e }
	}
	ts[0].kill(killed)
	for _, task := range ts {
		n.launch(task, nil)
	}
	for i := range ts {
		e := <-exits
		if e.Reason != mailbox.ReasonKilled || i > 0 && (e.Origin != ts[0].pid || !strings.Contains(e.Err.Message, string(ts[0].pid))) {
			t.Fatalf("end %d: %+v, %v", i, e, e.Err)
		}
	}
}

// One that is linked with very many is told of each, or takes all with it.
func TestWideLinks(t *testing.T) {
	n := newNode(t)
	n.def("waits", waits)
	ts := n.unlaunched(5000)
	exits := make(chan *mailbox.Exit, len(ts))
	for i, task := range ts {
		if i > 0 {
			task.bind(ts[0], "")
		}
		task.onExit = func(_ mailbox.PID, e *mailbox.Exit) { exits <- e }
	}
	for _, task := range ts {
		n.launch(task, nil)
	}
	if i, _ := n.Info(ts[0].pid); len(i.Links) != len(ts)-1 {
		t.Fatalf("%d links", len(i.Links))
	}
	if err := n.Send(ts[0].pid, "fail", nil); err != nil {
		t.Fatal(err)
	}
	for range ts {
		if e := <-exits; e.Reason != mailbox.ReasonError {
			t.Fatalf("%+v", e)
		}
	}
}

func TestTheFirstOfAChainIsNamed(t *testing.T) {
	n := newNode(t)
	n.def("waits", waits)
	e := n.run(func(ctx process.Context, _ []mailbox.Value) process.Result {
		ctx.TrapLinks(true)
		first, _ := ctx.Spawn(process.Spawn{Entry: "waits", Group: "g"})
		n.def("middle", func(ctx process.Context, a []mailbox.Value) process.Result {
			if err := ctx.Link(first); err != nil {
				return process.Fail(err)
			}
			_ = ctx.Send(mailbox.PID(a[0].Str()), "ready", nil)
			return waits(ctx, nil)
		})
		middle, _ := ctx.Spawn(process.Spawn{Entry: "middle", Group: "g", Link: true,
			Args: []mailbox.Value{mailbox.String(string(ctx.Self()))}})
		ctx.Receive(nil, -1)
		_ = ctx.Send(first, "fail", nil)
		down := ctx.Receive(nil, -1)
		if !isLinkDown(down) || down.From != middle || down.Exit.Reason != mailbox.ReasonError || down.Exit.Origin != first {
			return process.Fail(fmt.Errorf("%+v %+v", down, down.Exit))
		}
		if !errors.Is(down.Exit.Err, mailbox.Internal) { // the kind that Fail gave
			return process.Fail(fmt.Errorf("kind %s", down.Exit.Err.Kind))
		}
		return process.Fail(down.Exit.Err)
	})
	if want := "told to fail (in the linked process <1.1.2> of waits)"; e.Err.Message != want {
		t.Fatalf("got %q, want %q", e.Err.Message, want)
	}
}

// A straight process is linked as any other: what comes for it while it runs
// finds it gone.
func TestStraightProcessesLink(t *testing.T) {
	n := newNode(t)
	n.def("pure", func(process.Context, []mailbox.Value) process.Result { return ok() }).straight = true
	n.def("breaks", func(process.Context, []mailbox.Value) process.Result { return process.Fail(errors.New("broken")) }).straight = true
	e := n.run(func(ctx process.Context, _ []mailbox.Value) process.Result {
		if _, err := ctx.Spawn(process.Spawn{Entry: "pure", Group: "g", Link: true}); err != nil {
			return process.Fail(err)
		}
		pid, _ := ctx.Spawn(process.Spawn{Entry: "breaks", Group: "g", Link: true, Monitor: true})
		e := ctx.Receive(isExit, -1)
		return process.Fail(fmt.Errorf("outlived %s: %+v", pid, e))
	})
	if e.Reason != mailbox.ReasonError || !strings.Contains(e.Err.Message, "broken (in the linked process") {
		t.Fatalf("%+v %v", e, e.Err)
	}
}

// Unlink's word is final: neither LINK_DOWN nor an end comes of the link any
// more, however the peer's own end meets it.
func TestUnlinkMeetsTheEnd(t *testing.T) {
	n := newNode(t, func(c *Config, g *Group) { c.Executors, g.Workers = 4, 4 })
	n.def("quick", func(ctx process.Context, _ []mailbox.Value) process.Result { return process.Fail(errors.New("quick")) })
	e := n.run(func(ctx process.Context, _ []mailbox.Value) process.Result {
		ctx.TrapLinks(true)
		had := 0
		for i := range 5000 {
			pid, err := ctx.Spawn(process.Spawn{Entry: "quick", Group: "g", Link: true, Monitor: i%2 == 0})
			if err != nil {
				return process.Fail(err)
			}
			if i%3 == 0 {
				ctx.Yield()
			}
			if i%5 == 0 {
				ctx.Receive(isExit, 0)
			}
			if ctx.Unlink(pid) {
				had++
			}
			if e := ctx.Receive(isLinkDown, 0); e != nil {
				return process.Fail(fmt.Errorf("round %d: %+v after Unlink", i, e))
			}
		}
		return ok(mailbox.Int(int64(had)))
	})
	if e.Err != nil || e.Values[0].Int() != 5000 {
		t.Fatalf("%+v %v", e, e.Err)
	}
}

// As above, for one that does not trap: it either ends with the peer's error in
// Unlink, or not at all.
func TestUnlinkMeetsAnEndThatIsNotTrapped(t *testing.T) {
	n := newNode(t, func(c *Config, g *Group) { c.Executors, g.Workers = 4, 4 })
	n.def("quick", func(process.Context, []mailbox.Value) process.Result { return process.Fail(errors.New("quick")) })
	n.def("unlinks", func(ctx process.Context, _ []mailbox.Value) process.Result {
		pid, err := ctx.Spawn(process.Spawn{Entry: "quick", Group: "g", Link: true})
		if err != nil {
			return process.Fail(err)
		}
		ctx.Yield()
		ctx.Unlink(pid)
		for n.procs.get(pid) != nil {
			ctx.Yield()
		}
		for range 3 {
			ctx.Yield() // what comes late would unwind it here
		}
		return ok()
	})
	ended := map[mailbox.Reason]int{}
	for range 500 {
		_, exit := n.start("unlinks")
		e := <-exit
		ended[e.Reason]++
		if e.Reason == mailbox.ReasonError && !strings.Contains(e.Err.Message, "quick (in the linked process") {
			t.Fatalf("%+v %v", e, e.Err)
		}
	}
	t.Log(ended)
}

// Two processes that link and unlink each other agree on what came of it.
func TestLinkMeetsUnlink(t *testing.T) {
	n := newNode(t, func(c *Config, g *Group) { c.Executors, g.Workers = 4, 4 })
	var pids [2]mailbox.PID
	started := make(chan struct{})
	n.def("fickle", func(ctx process.Context, a []mailbox.Value) process.Result {
		<-started
		ctx.TrapLinks(true)
		other := pids[1-a[0].Int()]
		for i := range 20_000 {
			if i%2 == int(a[0].Int()) {
				_ = ctx.Link(other)
			} else {
				ctx.Unlink(other)
			}
		}
		ctx.Receive(func(e *mailbox.Event) bool { return e.Topic == "end" }, -1)
		return process.Fail(errors.New("ended"))
	})
	var exits [2]<-chan *mailbox.Exit
	for i := range pids {
		pids[i], exits[i] = n.start("fickle", mailbox.Int(int64(i)))
	}
	close(started)
	for _, pid := range pids {
		for i, _ := n.Info(pid); i.State != "waiting"; i, _ = n.Info(pid) {
			goruntime.Gosched()
		}
	}
	a, _ := n.Info(pids[0])
	b, _ := n.Info(pids[1])
	if len(a.Links) != len(b.Links) {
		t.Errorf("one is linked with %v, the other with %v", a.Links, b.Links)
	}
	for i, pid := range pids {
		_ = n.Send(pid, "end", nil)
		<-exits[i]
	}
}

// Many processes link, unlink, trap, fail and are killed at random. Whatever
// happens, nobody is left linked with the dead, and everybody ends for a reason
// that can be.
func TestLinkHammer(t *testing.T) {
	n := newNode(t, func(c *Config, g *Group) { c.Clock, c.Executors, g.Workers = process.SystemClock{}, 4, 4 })
	var mu sync.Mutex
	var all []mailbox.PID
	some := func() mailbox.PID {
		mu.Lock()
		defer mu.Unlock()
		if len(all) == 0 {
			return "<1.1.1>"
		}
		return all[len(all)-1-rand.IntN(min(len(all), 30))]
	}
	rounds := 2000
	n.def("pure", func(process.Context, []mailbox.Value) process.Result {
		if rand.IntN(2) == 0 {
			return process.Fail(errors.New("pure"))
		}
		return ok()
	}).straight = true
	n.def("actor", func(ctx process.Context, a []mailbox.Value) process.Result {
		ctx.TrapLinks(rand.IntN(2) == 0)
		_ = ctx.Register(fmt.Sprint("name", rand.IntN(20)), ctx.Self())
		for range rand.IntN(30) {
			dest := some()
			if rand.IntN(4) == 0 {
				dest = mailbox.PID(fmt.Sprint("name", rand.IntN(20)))
			}
			switch rand.IntN(9) {
			case 0, 1:
				_ = ctx.Link(dest)
			case 2:
				ctx.Unlink(dest)
				if nameOf(dest) == "" {
					if e := ctx.Receive(func(e *mailbox.Event) bool { return isLinkDown(e) && e.From == dest }, 0); e != nil {
						t.Errorf("LINK_DOWN after Unlink: %+v", e)
					}
				}
			case 3:
				_ = ctx.Terminate(dest)
			case 4:
				_, _ = ctx.Monitor(dest)
			case 5:
				ctx.Receive(nil, 0)
			case 6:
				_, _ = ctx.Spawn(process.Spawn{Entry: "pure", Group: "g", Link: true})
			case 7:
				if _, err := ctx.Exec(process.Spawn{Entry: "pure", Group: "g", Link: rand.IntN(2) == 0}); err != nil {
					return process.Fail(err)
				}
			case 8:
				ctx.DemonitorAll(dest)
			}
		}
		if rand.IntN(3) == 0 {
			return process.Fail(errors.New("hammered"))
		}
		return ok()
	})
	var exits []<-chan *mailbox.Exit
	for range rounds {
		pid, exit := n.start("actor")
		mu.Lock()
		all = append(all, pid)
		mu.Unlock()
		exits = append(exits, exit)
	}
	ended := map[mailbox.Reason]int{}
	for _, exit := range exits {
		e := <-exit
		ended[e.Reason]++
		if e.Reason != mailbox.ReasonNormal && e.Reason != mailbox.ReasonError && e.Reason != mailbox.ReasonKilled {
			t.Errorf("%+v %v", e, e.Err)
		}
	}
	t.Log(ended)
	for n.Live() > 0 { // straight children
		goruntime.Gosched()
	}
	for _, holder := range n.names.all() {
		t.Errorf("%s still has a name", holder.pid)
	}
}

// What a process cannot receive any more does not fill its mailbox without bound.
func TestBondsAreBounded(t *testing.T) {
	n := newNode(t)
	e := n.run(func(ctx process.Context, _ []mailbox.Value) process.Result {
		const left = 100
		box := n.procs.get(ctx.Self()).box
		for range maxBonds + box.Capacity() - left {
			_ = box.Post(mailbox.Event{Type: mailbox.LinkDown, Exit: killed})
		}
		for i := range 2 * left {
			var err error
			if i%2 == 0 {
				_, err = ctx.Monitor("<1.1.999>")
			} else {
				err = ctx.Link("nobody")
			}
			if err != nil {
				if i != left {
					return process.Fail(fmt.Errorf("refused after %d: %v", i, err))
				}
				ctx.DemonitorAll("<1.1.999>")
				if _, again := ctx.Monitor("<1.1.999>"); again != nil {
					return process.Fail(again)
				}
				return process.Fail(err)
			}
		}
		return ok()
	})
	if !errors.Is(e.Err, mailbox.LimitHit) {
		t.Fatalf("%+v", e)
	}
}
