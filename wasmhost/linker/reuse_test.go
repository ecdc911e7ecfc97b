package linker_test

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"wippy/mailbox"
	"wippy/runtime/process"
	"wippy/wasmhost"
	"wippy/wasmhost/linker"
	"wippy/wasmhost/memory"
)

// lived lives a process of restore.wat, and tells what came of it.
func lived(t testing.TB, p *linker.Plan, seed, steps, pages int) string {
	t.Helper()
	e, err := p.Find("live")
	if err != nil {
		t.Fatal(err)
	}
	args, err := e.Fit([]mailbox.Value{num(float64(seed)), num(float64(steps))})
	if err != nil {
		t.Fatal(err)
	}
	limits := process.Limits{MaxMemory: int64(pages) * memory.PageSize}
	i, err := p.New(background, limits)
	if err != nil {
		t.Fatal(err)
	}
	defer i.Close()
	n := &node{limits: limits}
	if err := i.Start(n); err != nil {
		return "start: " + err.Error()
	}
	v, err := i.CallLast(e, args)
	if err != nil {
		m := mailbox.AsError(err)
		return fmt.Sprint(m.Kind, m.Message, m.Trace)
	}
	return fmt.Sprint(v, n.fuel, i.Memory(), i.Peak())
}

// TestReuse has processes find whatever their predecessor left: they must see what those
// see whose guest is new, and use as much.
func TestReuse(t *testing.T) {
	h := newHost(t, wasmhost.Options{})
	var plans [2]*linker.Plan
	for i := range plans {
		p, err := h.Link(background, "restore.wasm", readGuest(t, "restore"), linker.Nothing{})
		if err != nil {
			t.Fatal(err)
		}
		plans[i] = p
	}
	again, never := plans[0], plans[1]
	if !again.Again() {
		t.Fatal("guests are not used again")
	}
	never.Never()
	random := rand.New(rand.NewPCG(1, 2))
	reused, failed := 0, 0
	for range 300 {
		seed, steps, pages := random.IntN(1<<16), random.IntN(100), []int{0, 0, 2, 3, 4}[random.IntN(5)]
		reused += again.Waiting()
		got, want := lived(t, again, seed, steps, pages), lived(t, never, seed, steps, pages)
		if got != want {
			t.Fatalf("%d, %d steps in %d pages: after others it comes to %s; alone to %s", seed, steps, pages, got, want)
		}
		if again.Waiting() == 0 {
			failed++
		}
	}
	if reused < 20 || failed < 20 {
		t.Errorf("%d processes had a guest of another's, %d left none", reused, failed)
	}
}

// TestReuseAtOnce has processes of one plan on many goroutines hand on guests.
func TestReuseAtOnce(t *testing.T) {
	p := link(t, "restore", linker.Nothing{})
	want := lived(t, p, 7, 20, 0)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 20 {
				if got := lived(t, p, 7, 20, 0); got != want {
					t.Errorf("it comes to %s; the first time to %s", got, want)
				}
			}
		})
	}
	wg.Wait()
	if p.Waiting() == 0 {
		t.Error("no guest waits")
	}
}

// TestReused tells which guests are used again.
func TestReused(t *testing.T) {
	for name, want := range map[string]bool{
		"small": true, "pair": true, "many": true, "echo": true, "work": true, "restore": true, "empty": true,
		"start": false, // one that is not the last has a start function
	} {
		var r linker.Resolver = linker.Nothing{}
		if name == "work" {
			r = richHost(new([]string))
		}
		if got := link(t, name, r).Again(); got != want {
			t.Errorf("%s: used again is %t", name, got)
		}
	}
}
