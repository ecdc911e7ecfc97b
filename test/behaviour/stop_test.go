package behaviour_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"wippy/luamod"
	"wippy/mailbox"
	"wippy/runtime"
)

func contains(text, part string) bool { return strings.Contains(text, part) }

// gather is a script that spawns entries, each of which sends it a message once
// it runs, and ends when all have: what follows meets them at work.
const gather = `
	local check = require("check")
	for _, entry in ipairs{...} do assert(process.spawn(entry, "processes", process.self())) end
	for _ = 1, select("#", ...) do process.receive({type = "MESSAGE"}) end
	return #process.list("processes")`

// TestStopWithGrace stops a node whose processes wait, ignore CANCEL, loop, or
// are polite: those that do not end in time are killed, and nothing is left.
func TestStopWithGrace(t *testing.T) {
	before := goleak.IgnoreCurrent()
	n := load(t, "app", runtime.WithExecutors(2))
	if err := n.Start(); err != nil {
		t.Fatal(err)
	}
	late := n.spawn("app:lua.late", "app:other")
	entries := []any{"lua.stubborn", "lua.stubborn", "lua.busy", "lua.polite", "lua.breaks", "lua.deaf"}
	if e := n.script("gather", gather, entries...); e.Err != nil || e.Values[0].Float() != float64(len(entries)) {
		t.Fatal(e.Values, failure(e))
	}
	stopped := make(chan error, 1)
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		stopped <- n.Stop(ctx, "the node stops", 10*time.Second)
	}()
	// The deadlines of the two stubborn ones, of the loop and of the one that
	// waits, which has another by its limit.
	n.clock.WaitTimers(5)
	for stop := false; !stop; {
		select {
		case err := <-stopped:
			if err != nil {
				t.Error(err)
			}
			stop = true
		default:
			n.clock.Advance(time.Second)
		}
	}
	if e := n.exit(late); e.Reason != mailbox.ReasonLimit && e.Reason != mailbox.ReasonCancelled {
		t.Errorf("the one that waited ended with %s", e.Reason)
	}
	if _, err := n.Spawn(context.Background(), "app:lua.nothing", "app:processes"); err == nil {
		t.Error("a node that is stopped takes a process")
	}
	if err := goleak.Find(before); err != nil {
		t.Error(err)
	}
}

// TestStopAtOnce stops without grace, with processes at every stage.
func TestStopAtOnce(t *testing.T) {
	before := goleak.IgnoreCurrent()
	for _, executors := range []int{1, 2} {
		n := load(t, "app", runtime.WithExecutors(executors))
		if err := n.Start(); err != nil {
			t.Fatal(err)
		}
		var all []*runtime.Process
		for range 10 {
			for _, entry := range []string{"lua.waits", "lua.loops", "lua.late", "core.counts", "lua.nothing"} {
				all = append(all, n.spawn("app:"+entry, "app:processes"))
			}
		}
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		err := n.Stop(ctx, "now", 0)
		cancel()
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range all {
			if e := n.exit(p); e.Reason != mailbox.ReasonCancelled && e.Reason != mailbox.ReasonNormal {
				t.Errorf("%s ended with %s", p.PID(), failure(e))
			}
		}
	}
	if err := goleak.Find(before); err != nil {
		t.Error(err)
	}
}

// TestStopInTheMiddle stops nodes while a process spawns as fast as it can.
func TestStopInTheMiddle(t *testing.T) {
	before := goleak.IgnoreCurrent()
	for range 5 {
		n := load(t, "app")
		if err := n.Start(); err != nil {
			t.Fatal(err)
		}
		began := make(chan struct{})
		prog, err := n.CompileScript("spawner", []byte(`
			local n = 0
			repeat
				local pid, err = process.spawn_monitored(n % 2 == 0 and "core.product" or "lua.product", "processes", n, n)
				n = n + 1
			until err
			return err`), nil)
		if err != nil {
			t.Fatal(err)
		}
		p, err := n.SpawnProgram(context.Background(), prog, "app:main", "app:main")
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			defer close(began)
			n.exit(n.spawn("app:lua.nothing", "app:main"))
		}()
		<-began
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		err = n.Stop(ctx, "enough", 0)
		cancel()
		if err != nil {
			t.Fatal(err)
		}
		n.exit(p)
	}
	if err := goleak.Find(before); err != nil {
		t.Error(err)
	}
}

// TestStopKillAll stops with a grace that never ends, and kills all meanwhile.
func TestStopKillAll(t *testing.T) {
	run(t, func(t *testing.T, g guest) {
		g.need(t, "waits", "loops")
		n := start(t, "app")
		all := []*runtime.Process{n.spawn(g.entries["waits"], "app:processes"), n.spawn(g.entries["loops"], "app:processes")}
		stopped := make(chan error, 1)
		go func() {
			ctx, cancel := context.WithTimeout(context.Background(), patience)
			defer cancel()
			stopped <- n.Stop(ctx, "the first signal", time.Hour)
		}()
		n.clock.WaitTimers(len(all)) // they were asked
		n.KillAll()
		if err := <-stopped; err != nil {
			t.Error(err)
		}
		for _, p := range all {
			if e := n.exit(p); e.Reason != mailbox.ReasonKilled {
				t.Errorf("%s ended with %s", e.Entry, e.Reason)
			}
		}
	})
}

// TestStopStuck gives up on a process that cannot be ended, and names it; once
// it can be, the node stops.
func TestStopStuck(t *testing.T) {
	before := goleak.IgnoreCurrent()
	release, entered := make(chan struct{}), make(chan struct{}, 1)
	n := start(t, "app", runtime.WithModule(luamod.Bind("stuck", func(context.Context) {
		entered <- struct{}{}
		<-release
	})))
	prog, err := n.CompileScript("stuck.lua", []byte(`require("stuck")()`), nil)
	if err != nil {
		t.Fatal(err)
	}
	p, err := n.SpawnProgram(context.Background(), prog, "app:stuck", "app:main")
	if err != nil {
		t.Fatal(err)
	}
	<-entered
	over, cancel := context.WithCancel(context.Background())
	cancel()
	err = n.Stop(over, "at once", 0)
	if !errors.Is(err, mailbox.Timeout) || !contains(err.Error(), string(p.PID())+" (app:stuck)") {
		t.Errorf("got %v, want an error that names the process", err)
	}
	close(release)
	n.exit(p)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := n.Stop(ctx, "again", 0); err != nil {
		t.Error(err)
	}
	if err := goleak.Find(before); err != nil {
		t.Error(err)
	}
}

// TestAbandonedCall kills a process whose Go function ignores its context: its
// EXIT comes after a grace, and what the function gives is dropped.
func TestAbandonedCall(t *testing.T) {
	before := goleak.IgnoreCurrent()
	release, entered := make(chan struct{}), make(chan struct{}, 1)
	var log strings.Builder
	var mu sync.Mutex
	n := start(t, "app",
		runtime.WithLogger(logTo(&mu, &log)),
		runtime.WithModule(luamod.Bind("stuck", func(context.Context) string {
			entered <- struct{}{}
			<-release
			return "too late"
		})))
	prog, err := n.CompileScript("stuck.lua", []byte(`return require("stuck")()`), nil)
	if err != nil {
		t.Fatal(err)
	}
	p, err := n.SpawnProgram(context.Background(), prog, "app:main", "app:main")
	if err != nil {
		t.Fatal(err)
	}
	<-entered
	p.Terminate()
	n.clock.WaitTimers(1)
	select {
	case <-p.Done():
		t.Error("the process ended before the grace was over")
	default:
	}
	n.clock.Advance(time.Minute)
	if e := n.exit(p); e.Reason != mailbox.ReasonKilled || len(e.Values) != 0 {
		t.Errorf("ended with %s %v", e.Reason, e.Values)
	}
	mu.Lock()
	if !contains(log.String(), "abandoned") || !contains(log.String(), "entry=app:main") {
		t.Errorf("the log does not tell of the abandoned call: %s", log.String())
	}
	mu.Unlock()
	// The node stops although the call still hangs.
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := n.Stop(ctx, "over", 0); err != nil {
		t.Error(err)
	}
	close(release)
	if err := goleak.Find(before); err != nil {
		t.Error(err)
	}
}
