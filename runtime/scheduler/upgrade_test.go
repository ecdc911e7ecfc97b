package scheduler

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"wippy/mailbox"
	"wippy/runtime/process"
)

// diary is a program whose processes write down what is done to them.
type diary struct {
	name   string
	step   behaviour
	limits process.Limits
	init   func() error
	close  func()
	book   *book
}

type book struct {
	mu    sync.Mutex
	lines []string
}

func (b *book) write(format string, args ...any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.lines = append(b.lines, fmt.Sprintf(format, args...))
}

func (b *book) text() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return strings.Join(b.lines, "; ")
}

type page struct {
	*diary
	args []mailbox.Value
}

func (d *diary) Straight() bool { return false }
func (d *diary) New(args []mailbox.Value, limits process.Limits) (process.Process, error) {
	d.limits = limits
	d.book.write("new %s", d.name)
	return &page{d, args}, nil
}

func (p *page) Init(process.Context) error {
	p.book.write("init %s", p.name)
	if p.init != nil {
		return p.init()
	}
	return nil
}

func (p *page) Step(ctx process.Context) (process.Result, process.Status) {
	p.book.write("step %s", p.name)
	return p.step(ctx, p.args), process.Done
}

func (p *page) Close() {
	p.book.write("close %s", p.name)
	if p.close != nil {
		p.close()
	}
}

func (n *node) diaries(ds ...*diary) *book {
	b := &book{}
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, d := range ds {
		d.book = b
		n.progs[d.name] = d
	}
	return b
}

// upgrades goes on as an entry, or fails with why not.
func upgrades(entry string, args ...mailbox.Value) behaviour {
	return func(ctx process.Context, _ []mailbox.Value) process.Result {
		return process.Fail(ctx.Upgrade(entry, args))
	}
}

func returns(_ process.Context, args []mailbox.Value) process.Result { return ok(args...) }

func TestUpgradeOrder(t *testing.T) {
	n := newNode(t)
	b := n.diaries(&diary{name: "one", step: upgrades("two", mailbox.Int(1))}, &diary{name: "two", step: upgrades("three", mailbox.Int(2))},
		&diary{name: "three", step: returns})
	_, exit := n.start("one")
	e := <-exit
	if e.Entry != "three" || e.Reason != mailbox.ReasonNormal || fmt.Sprint(e.Values) != "[2]" {
		t.Errorf("%+v", e)
	}
	want := "new one; init one; step one; new two; close one; init two; step two; new three; close two; init three; step three; close three"
	if got := b.text(); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

// TestUpgradeFails has what fails on the way, each end with everything closed once.
func TestUpgradeFails(t *testing.T) {
	for _, tt := range []struct {
		name     string
		one, two diary
		reason   mailbox.Reason
		entry    string
		text     string
		book     string
	}{
		{"there is no such entry", diary{step: upgrades("none")}, diary{}, mailbox.ReasonError, "one", `there is no entry "none"`,
			"new one; init one; step one; close one"},
		{"Init fails", diary{step: upgrades("two")}, diary{init: func() error { return mailbox.Errorf(mailbox.Failed, "no luck") }},
			mailbox.ReasonError, "two", "no luck", "new one; init one; step one; new two; close one; init two; close two"},
		{"Init panics", diary{step: upgrades("two")}, diary{init: func() error { panic("boom") }},
			mailbox.ReasonError, "two", "fault in the host: boom", "new one; init one; step one; new two; close one; init two; close two"},
		{"Close panics", diary{step: upgrades("two"), close: func() { panic("boom") }}, diary{step: returns},
			mailbox.ReasonError, "two", "fault in the host: boom", "new one; init one; step one; new two; close one; close two"},
		{"a panic on the way out", diary{step: func(ctx process.Context, _ []mailbox.Value) process.Result {
			defer func() { panic("boom") }()
			return process.Fail(ctx.Upgrade("two", nil))
		}}, diary{step: returns}, mailbox.ReasonError, "one", "fault in the host: boom", "new one; init one; step one; new two; close one; close two"},
		{"the panic is swallowed", diary{step: func(ctx process.Context, _ []mailbox.Value) process.Result {
			defer func() { _ = recover() }()
			return process.Fail(ctx.Upgrade("two", nil))
		}}, diary{step: returns}, mailbox.ReasonNormal, "two", "", "new one; init one; step one; new two; close one; init two; step two; close two"},
		{"it is beyond a limit", diary{step: func(ctx process.Context, _ []mailbox.Value) process.Result {
			ctx.Checkpoint(1 << 20)
			return process.Fail(ctx.Upgrade("limited", nil))
		}}, diary{}, mailbox.ReasonLimit, "one", "max_fuel: the process has 1048576 units used, and as limited it may have 1000",
			"new one; init one; step one; new limited; close limited; close one"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			n := newNode(t, func(c *Config, _ *Group) {
				resolve := c.Resolve
				c.Resolve = func(entry string) (process.Program, process.Limits, error) {
					p, limits, err := resolve(entry)
					if entry == "limited" {
						limits.MaxFuel = 1000
					}
					return p, limits, err
				}
			})
			tt.one.name, tt.two.name = "one", "two"
			b := n.diaries(&tt.one, &tt.two, &diary{name: "limited", step: returns})
			_, exit := n.start("one")
			e := <-exit
			if e.Reason != tt.reason || e.Entry != tt.entry || e.Err != nil && !strings.Contains(e.Err.Message, tt.text) {
				t.Errorf("%+v %v", e, e.Err)
			}
			if got := b.text(); got != tt.book {
				t.Errorf("got %s\nwant %s", got, tt.book)
			}
		})
	}
}

// TestKilledWhileUpgraded kills a process while its old code is closed: the new one
// never begins.
func TestKilledWhileUpgraded(t *testing.T) {
	n := newNode(t)
	closing, killed := make(chan struct{}), make(chan struct{})
	b := n.diaries(&diary{name: "one", step: upgrades("two"), close: func() { close(closing); <-killed }}, &diary{name: "two", step: returns})
	pid, exit := n.start("one")
	<-closing
	if err := n.Terminate(pid); err != nil {
		t.Error(err)
	}
	close(killed)
	if e := <-exit; e.Reason != mailbox.ReasonKilled || e.Entry != "two" {
		t.Errorf("%+v", e)
	}
	if got, want := b.text(), "new one; init one; step one; new two; close one; close two"; got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

// TestUpgradeCompiles has the only executor free while an entry is compiled, and a
// kill meanwhile at once.
func TestUpgradeCompiles(t *testing.T) {
	compiling, release := make(chan struct{}, 1), make(chan struct{})
	var mu sync.Mutex
	compiled := false
	n := newNode(t, func(c *Config, _ *Group) {
		c.Executors = 1
		resolve := c.Resolve
		c.Resolve = func(entry string) (process.Program, process.Limits, error) {
			mu.Lock()
			defer mu.Unlock()
			if entry == "two" && !compiled {
				return nil, process.Limits{}, nil
			}
			return resolve(entry)
		}
		c.Prepare = func(context.Context, string) error {
			compiling <- struct{}{}
			<-release
			mu.Lock()
			defer mu.Unlock()
			compiled = true
			return nil
		}
	})
	b := n.diaries(&diary{name: "one", step: upgrades("two")}, &diary{name: "two", step: returns})
	_, exit := n.start("one")
	<-compiling
	if e := n.run(returns); e.Reason != mailbox.ReasonNormal {
		t.Errorf("%+v", e)
	}
	pid, other := n.start("one")
	for info, _ := n.Info(pid); info.State != "waiting"; info, _ = n.Info(pid) {
	}
	if err := n.Terminate(pid); err != nil {
		t.Error(err)
	}
	if e := <-other; e.Reason != mailbox.ReasonKilled || e.Entry != "one" {
		t.Errorf("%+v", e)
	}
	close(release)
	if e := <-exit; e.Reason != mailbox.ReasonNormal || e.Entry != "two" {
		t.Errorf("%+v", e)
	}
	if got := b.text(); strings.Count(got, "new two") != 1 {
		t.Error(got)
	}
}

// TestUpgradeFromMatch leaves what a match looks at in the mailbox, and no alarm set.
func TestUpgradeFromMatch(t *testing.T) {
	n := newNode(t)
	n.def("two", func(ctx process.Context, _ []mailbox.Value) process.Result {
		return ok(mailbox.String(ctx.Receive(nil, 0).Topic))
	})
	n.def("one", func(ctx process.Context, _ []mailbox.Value) process.Result {
		_ = ctx.Send(ctx.Self(), "kept", nil)
		ctx.ReceiveFunc(func(*mailbox.Event) bool { _ = ctx.Upgrade("two", nil); return true }, time.Minute)
		return process.Result{}
	})
	_, exit := n.start("one")
	if e := <-exit; e.Entry != "two" || fmt.Sprint(e.Values) != `["kept"]` {
		t.Errorf("%+v", e)
	}
}

// TestUpgradeOfStraight goes on as code that does not suspend.
func TestUpgradeOfStraight(t *testing.T) {
	n := newNode(t)
	n.def("straight", returns).straight = true
	n.def("one", upgrades("straight", mailbox.Int(3)))
	_, exit := n.start("one")
	if e := <-exit; e.Entry != "straight" || fmt.Sprint(e.Values) != "[3]" {
		t.Errorf("%+v", e)
	}
}

// TestUpgradeLimits has Identity and Info follow.
func TestUpgradeLimits(t *testing.T) {
	n := newNode(t, func(c *Config, g *Group) {
		g.Limits = process.Limits{MaxChildren: 7}
		resolve := c.Resolve
		c.Resolve = func(entry string) (process.Program, process.Limits, error) {
			p, limits, err := resolve(entry)
			if entry == "app:two" {
				limits.MaxMemory = 4 << 20
			}
			return p, limits, err
		}
	})
	n.def("app:two", func(ctx process.Context, _ []mailbox.Value) process.Result {
		want := process.Limits{MaxMemory: 4 << 20, MaxChildren: 7}
		info, _ := ctx.Info(ctx.Self())
		if ctx.Limits() != want || info.Limits != want || info.Entry != "app:two" || ctx.Entry() != "app:two" || ctx.Namespace() != "app" ||
			info.Fuel != 5 || ctx.FuelUsed() != 5 || ctx.Printed(1) != 4 {
			t.Errorf("%+v %+v %d", ctx.Limits(), info, ctx.FuelUsed())
		}
		if err := ctx.Send(ctx.Self(), "", []mailbox.Value{mailbox.String(strings.Repeat("x", 5<<20))}); err == nil {
			t.Error("the mailbox takes more than max_memory")
		}
		return ok()
	})
	n.def("one", func(ctx process.Context, _ []mailbox.Value) process.Result {
		ctx.Checkpoint(5)
		ctx.Printed(3)
		return process.Fail(ctx.Upgrade("app:two", nil))
	})
	_, exit := n.start("one")
	if e := <-exit; e.Err != nil {
		t.Error(e.Err)
	}
}

// TestUpgradeStats counts a process for each entry while it is of that.
func TestUpgradeStats(t *testing.T) {
	n := newNode(t)
	n.def("two", func(ctx process.Context, _ []mailbox.Value) process.Result {
		ctx.Checkpoint(7)
		ctx.Receive(nil, 0)
		_ = ctx.Send(ctx.Self(), "", nil)
		one, two := n.entryStats("one"), n.entryStats("two")
		if one.Alive != 0 || one.Went != 1 || one.Came != 0 || one.Spawned != 1 || one.Fuel != 5 || one.Events != 1 {
			t.Errorf("one: %+v", one)
		}
		if two.Alive != 1 || two.Went != 0 || two.Came != 1 || two.Spawned != 0 || two.Fuel != 7 || two.Events != 1 {
			t.Errorf("two: %+v", two)
		}
		return ok()
	})
	n.def("one", func(ctx process.Context, _ []mailbox.Value) process.Result {
		ctx.Checkpoint(5)
		_ = ctx.Send(ctx.Self(), "", nil)
		if one := n.entryStats("one"); one.Alive != 1 || one.Fuel != 5 {
			t.Errorf("one: %+v", one)
		}
		return process.Fail(ctx.Upgrade("two", nil))
	})
	_, exit := n.start("one")
	<-exit
	one, two := n.entryStats("one"), n.entryStats("two")
	if two.Alive != 0 || two.Exited[mailbox.ReasonNormal] != 1 || two.Fuel != 7 || two.Events != 1 || one.Exited[mailbox.ReasonNormal] != 0 || one.Fuel != 5 {
		t.Errorf("one: %+v\ntwo: %+v", one, two)
	}
}

// TestUpgradeHammer upgrades, asks and kills processes at random: every one ends
// once, and whatever was made is closed once.
func TestUpgradeHammer(t *testing.T) {
	n := newNode(t)
	var mu sync.Mutex
	made, closed := map[int]int{}, map[int]int{}
	next := 0
	for _, name := range []string{"a", "b", "c"} {
		n.mu.Lock()
		n.progs[name] = counting{func() (int, func()) {
			mu.Lock()
			defer mu.Unlock()
			next++
			id := next
			made[id]++
			return id, func() { mu.Lock(); closed[id]++; mu.Unlock() }
		}, func(ctx process.Context, args []mailbox.Value) process.Result {
			left := args[0].Int()
			if left == 0 {
				return ok()
			}
			if ctx.Receive(nil, 0) == nil {
				ctx.Yield()
			}
			entry := []string{"a", "b", "c"}[left%3]
			return process.Fail(ctx.Upgrade(entry, []mailbox.Value{mailbox.Int(left - 1)}))
		}}
		n.mu.Unlock()
	}
	const count = 200
	exits := make([]<-chan *mailbox.Exit, count)
	var wg sync.WaitGroup
	for i := range count {
		var pid mailbox.PID
		pid, exits[i] = n.start("a", mailbox.Int(30))
		wg.Go(func() {
			for range 20 {
				n.Info(pid)
				_ = n.Send(pid, "x", nil)
			}
			switch i % 3 {
			case 0:
				_ = n.Terminate(pid)
			case 1:
				_ = n.Cancel(pid, "", 0)
			}
		})
	}
	wg.Wait()
	reasons := map[mailbox.Reason]bool{}
	for _, exit := range exits {
		e := <-exit
		reasons[e.Reason] = true
		if !slices.Contains([]string{"a", "b", "c"}, e.Entry) || e.Reason == mailbox.ReasonError {
			t.Errorf("%+v %v", e, e.Err)
		}
	}
	if !reasons[mailbox.ReasonNormal] {
		t.Error(reasons)
	}
	for id := range made {
		if made[id] != 1 || closed[id] != 1 {
			t.Errorf("process %d was made %d times and closed %d times", id, made[id], closed[id])
		}
	}
}

// counting is a program that counts its processes.
type counting struct {
	begin func() (int, func())
	run   behaviour
}

type counted struct {
	instance
	over func()
}

func (c counting) Straight() bool { return false }
func (c counting) New(args []mailbox.Value, _ process.Limits) (process.Process, error) {
	_, over := c.begin()
	return &counted{instance{p: &program{run: c.run}, args: args}, over}, nil
}
func (c *counted) Close() { c.over() }
