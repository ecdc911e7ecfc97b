package wasmhost

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"wippy/mailbox"
	"wippy/runtime/process"
	"wippy/wasmhost/memory"
)

// restoring gives two programs of restore.wat: the instances of the first are
// used again. Its memory begins with pages and ends with most.
func restoring(t testing.TB, h *Host, pages, most byte) (again, never *Program) {
	t.Helper()
	b := bytes.Replace(readGuest(t, "restore"), []byte{5, 4, 1, 1, 2, 6}, []byte{5, 4, 1, 1, pages, most}, 1)
	for _, p := range []**Program{&again, &never} {
		prog, err := h.Compile(context.Background(), Source{Name: "restore.wasm", Bytes: b, Method: "live"})
		if err != nil {
			t.Fatal(err)
		}
		*p = prog.(*Program)
	}
	if !again.again {
		t.Fatal("instances are not used again")
	}
	never.again = false
	return again, never
}

// life is what a process of restore.wat does.
type life struct {
	seed, steps uint16
	limit       byte // of its memory, in pages; zero is none
}

// live lives it, and tells what came of it.
func (l life) live(t testing.TB, p *Program) string {
	t.Helper()
	r := run(t, p, process.Limits{MaxMemory: int64(l.limit) * memory.PageSize}, num(float64(l.seed)), num(float64(l.steps%200)))
	if r.Err != nil {
		return fmt.Sprint(r.Err.Kind, r.Err.Message, r.Err.Trace)
	}
	return printed(r)
}

// TestReuse has processes find whatever their predecessor left: they must see what those
// see whose instance is new.
func TestReuse(t *testing.T) {
	h := newHost(t, Options{})
	for _, size := range [][2]byte{{2, 6}, {2, 2}, {5, 9}, {17, 19}} {
		again, never := restoring(t, h, size[0], size[1])
		random := rand.New(rand.NewPCG(1, 2))
		reused, failed := 0, 0
		for range 100 {
			l := life{seed: uint16(random.Uint32()), steps: uint16(random.Uint32())}
			if random.IntN(4) == 0 {
				l.limit = size[0] + byte(random.IntN(2))
			}
			waiting := len(again.idle.instances)
			got, want := l.live(t, again), l.live(t, never)
			if got != want {
				t.Fatalf("%v of %v: after others it comes to %s; alone to %s", l, size, got, want)
			}
			if reused += waiting; len(again.idle.instances) == 0 {
				failed++
			}
		}
		if reused < 10 || failed < 10 {
			t.Errorf("%v: %d processes had an instance of another's, %d left none", size, reused, failed)
		}
	}
}

// TestReuseAtOnce has processes of one program on many goroutines hand on instances.
func TestReuseAtOnce(t *testing.T) {
	again, never := restoring(t, newHost(t, Options{}), 2, 6)
	const lives = 6
	var want [lives]string
	for seed := range want {
		want[seed] = life{seed: uint16(seed), steps: 12}.live(t, never)
	}
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for n := range 20 {
				seed := (g + n) % lives
				if got := (life{seed: uint16(seed), steps: 12}).live(t, again); got != want[seed] {
					t.Errorf("life %d comes to %s; alone to %s", seed, got, want[seed])
				}
			}
		})
	}
	wg.Wait()
	life{}.live(t, again)
	if len(again.idle.instances) == 0 {
		t.Error("no instance waits")
	}
}

// TestReuseAfterKill kills processes in the midst of what they do.
func TestReuseAfterKill(t *testing.T) {
	again, never := restoring(t, newHost(t, Options{}), 2, 6)
	l := life{seed: 1, steps: 5}
	want := l.live(t, never)
	for range 3 {
		if got := l.live(t, again); got != want {
			t.Fatalf("got %s, want %s", got, want)
		}
		proc, err := again.New([]mailbox.Value{num(3), num(100)}, process.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		ctx := &fakeContext{}
		if err := proc.Init(ctx); err != nil {
			t.Fatal(err)
		}
		ctx.killed = true
		func() {
			defer func() { recover() }()
			proc.Step(ctx)
			t.Error("it was not killed")
		}()
		proc.Close()
		if len(again.idle.instances) > 0 {
			t.Fatal("the instance of a process that was killed waits for another")
		}
	}
}

// TestReuseBounded has more processes at once than may leave their instances.
func TestReuseBounded(t *testing.T) {
	again, _ := restoring(t, newHost(t, Options{}), 2, 6)
	var all []process.Process
	for range again.idle.most + 5 {
		p, err := again.New([]mailbox.Value{num(3), num(0)}, process.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Init(&fakeContext{}); err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	for _, p := range all {
		p.Close()
		if p.(process.Measured).Memory() != 0 {
			t.Fatal("a process that has ended has memory")
		}
	}
	if n := len(again.idle.instances); n != again.idle.most {
		t.Errorf("%d wait, want %d", n, again.idle.most)
	}
}

// FuzzReuse is TestReuse for lives made of bytes.
func FuzzReuse(f *testing.F) {
	f.Add([]byte{1, 0, 30, 0, 0, 2, 0, 90, 0, 3})
	h := newHost(f, Options{})
	small, never := restoring(f, h, 2, 6)
	large, neverLarge := restoring(f, h, 5, 9)
	f.Fuzz(func(t *testing.T, b []byte) {
		for ; len(b) >= 5; b = b[5:] {
			l := life{binary.LittleEndian.Uint16(b), binary.LittleEndian.Uint16(b[2:]), b[4] % 12}
			for _, p := range [][2]*Program{{small, never}, {large, neverLarge}} {
				if got, want := l.live(t, p[0]), l.live(t, p[1]); got != want {
					t.Fatalf("%v: after others it comes to %s; alone to %s", l, got, want)
				}
			}
		}
	})
}
