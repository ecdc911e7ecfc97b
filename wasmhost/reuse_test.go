package wasmhost

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
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

// waiting is how many instances of a program wait.
func waiting(p *Program) int { return p.waits().Waiting(&p.idle.shelf) }

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
			before := waiting(again)
			got, want := l.live(t, again), l.live(t, never)
			if got != want {
				t.Fatalf("%v of %v: after others it comes to %s; alone to %s", l, size, got, want)
			}
			if reused += before; waiting(again) == 0 {
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
	if waiting(again) == 0 {
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
		if waiting(again) > 0 {
			t.Fatal("the instance of a process that was killed waits for another")
		}
	}
}

// TestReuseBounded has more processes at once than may leave their instances.
func TestReuseBounded(t *testing.T) {
	again, _ := restoring(t, newHost(t, Options{}), 2, 6)
	var all []process.Process
	for range again.idle.shelf.Most + 5 {
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
	if n := waiting(again); n != again.idle.shelf.Most {
		t.Errorf("%d wait, want %d", n, again.idle.shelf.Most)
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

// TestReuseOfDeepStacks has functions with large stacks given up, and their instances kept.
func TestReuseOfDeepStacks(t *testing.T) {
	h := newHost(t, Options{})
	// (func $deep (export "deep") (param i32) (result i32)
	//   (if (result i32) (local.get 0) (then (call $deep (i32.sub (local.get 0) (i32.const 1)))) (else (i32.const 7))))
	binary := []byte("\x00asm\x01\x00\x00\x00\x01\x06\x01\x60\x01\x7f\x01\x7f\x03\x02\x01\x00\x07\x08\x01\x04deep\x00\x00" +
		"\x0a\x13\x01\x11\x00\x20\x00\x04\x7f\x20\x00\x41\x01\x6b\x10\x00\x05\x41\x07\x0b\x0b")
	prog, err := h.Compile(t.Context(), Source{Name: "deep.wasm", Bytes: binary, Method: "deep"})
	if err != nil {
		t.Fatal(err)
	}
	p := prog.(*Program)
	for _, tt := range []struct {
		depth float64
		kept  bool // the function
	}{{10, true}, {20_000, false}, {10, true}, {20_000, false}} {
		if r := run(t, p, process.Limits{}, num(tt.depth)); printed(r) != "number 7" {
			t.Fatal(printed(r))
		}
		if waiting(p) != 1 {
			t.Fatalf("after %v calls no instance waits", tt.depth)
		}
		if n := p.waits().Bytes(); n > memory.MaxStack {
			t.Errorf("after %v calls %d bytes wait", tt.depth, n)
		}
		g := p.waits().Take(&p.idle.shelf).(*guest)
		if (g.fn != nil) != tt.kept {
			t.Errorf("after %v calls the function is kept: %t", tt.depth, g.fn != nil)
		}
		p.waits().Put(&p.idle.shelf, g, g.trim())
	}
}

// TestReuseIsBoundedForTheNode has more programs leave instances than may wait: those that
// came first go, and their programs have new ones.
func TestReuseIsBoundedForTheNode(t *testing.T) {
	h := newHost(t, Options{})
	const most = 2 << 20
	was := debug.SetMemoryLimit(8 * most) // what waits first asks for it
	defer debug.SetMemoryLimit(was)
	var programs []*Program
	want := ""
	one := uint64(0)
	for n := range 12 {
		again, never := restoring(t, h, 4, 9)
		programs = append(programs, again)
		got := life{seed: 1}.live(t, again)
		if n == 0 {
			debug.SetMemoryLimit(was)
			want, one = life{seed: 1}.live(t, never), h.pool.Idle.Bytes()
		}
		if got != want {
			t.Fatalf("got %s, want %s", got, want)
		}
		if bytes := h.pool.Idle.Bytes(); bytes > most {
			t.Fatalf("%d bytes wait, of %d", bytes, most)
		}
	}
	if one < 4*memory.PageSize || one > 5*memory.PageSize {
		t.Errorf("an instance of four pages holds %d bytes", one)
	}
	if waiting(programs[0]) != 0 || waiting(programs[11]) != 1 {
		t.Error("the first instance should be gone, and the last be there")
	}
	for _, p := range programs {
		if got := (life{seed: 1}).live(t, p); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	if err := h.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if h.pool.Idle.Bytes() != 0 || waiting(programs[11]) != 0 {
		t.Error("something waits after the host was closed")
	}
}
