package memory

import (
	"bytes"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/tetratelabs/wazero/experimental"
)

func newBudget(t *testing.T, p *Pool, limit uint64) *Budget {
	t.Helper()
	b := new(Budget)
	b.Init(p, limit)
	return b
}

func newPool(t *testing.T) *Pool {
	t.Helper()
	p := new(Pool)
	t.Cleanup(p.Close)
	return p
}

func TestClassOf(t *testing.T) {
	for _, tt := range []struct {
		size uint64
		want int
	}{{0, 0}, {1, 0}, {PageSize, 0}, {PageSize + 1, 1}, {2 * PageSize, 1}, {3 * PageSize, 2}, {roomy, 10}, {MaxSize, classes - 1}} {
		if got := classOf(tt.size); got != tt.want || classSize(got) < tt.size {
			t.Errorf("classOf(%d) = %d (%d bytes), want %d", tt.size, got, classSize(got), tt.want)
		}
	}
}

func TestRecycledSlotIsZero(t *testing.T) {
	p := newPool(t)
	for _, most := range []uint64{PageSize, 5 * PageSize, MaxSize} {
		for range 3 {
			b := newBudget(t, p, 0)
			m := b.Allocate(0, most)
			buf := m.Reallocate(PageSize)
			if !allZero(buf) {
				t.Fatal("a new memory is not zero")
			}
			fill(buf, 0xa5)
			m.Free()
		}
	}
}

func TestGrowthKeepsContentAndZeroesTheRest(t *testing.T) {
	b := newBudget(t, newPool(t), 0)
	m := b.Allocate(0, MaxSize)
	size := uint64(PageSize)
	buf := m.Reallocate(size)
	for size <= 2*roomy { // beyond the first slot, so that it moves
		buf[0], buf[size-1], buf[size/2] = 1, 2, 3
		grown := m.Reallocate(size * 2)
		if grown[0] != 1 || grown[size-1] != 2 || grown[size/2] != 3 {
			t.Fatalf("content lost at %d bytes", size)
		}
		if grown[size] != 0 || grown[2*size-1] != 0 {
			t.Fatalf("new bytes are not zero at %d bytes", size)
		}
		grown[0], grown[size-1], grown[size/2] = 0, 0, 0
		buf, size = grown, size*2
	}
	m.Free()
}

func TestBudget(t *testing.T) {
	b := newBudget(t, newPool(t), 4*PageSize)
	one, two := b.Allocate(0, MaxSize), b.Allocate(0, MaxSize)
	if one.Reallocate(2*PageSize) == nil || two.Reallocate(PageSize) == nil {
		t.Fatal("refused within the limit")
	}
	if b.Used() != 3*PageSize || b.Refused() != 0 {
		t.Fatalf("used %d, refused %d", b.Used(), b.Refused())
	}
	if two.Reallocate(3*PageSize) != nil {
		t.Fatal("granted beyond the limit")
	}
	if b.Refused() != 5*PageSize || b.Used() != 3*PageSize {
		t.Fatalf("used %d, refused %d", b.Used(), b.Refused())
	}
	if got := two.Reallocate(2 * PageSize); len(got) != 2*PageSize {
		t.Fatalf("a growth that fits after a refusal gave %d bytes", len(got))
	}
	one.Free()
	one.Free()
	if b.Used() != 2*PageSize || b.Peak() != 4*PageSize {
		t.Fatalf("used %d, peak %d", b.Used(), b.Peak())
	}
	b.Release()
	if b.Used() != 0 || b.Peak() != 4*PageSize {
		t.Fatalf("after release: used %d, peak %d", b.Used(), b.Peak())
	}
}

func TestEmptyMemory(t *testing.T) {
	b := newBudget(t, newPool(t), 0)
	m := b.Allocate(0, 0)
	if got := m.Reallocate(0); got == nil || len(got) != 0 {
		t.Fatalf("an empty memory is %v", got)
	}
	m.Free()
}

// TestManyIdle makes as many memories as a node has idle processes.
func TestManyIdle(t *testing.T) {
	if !canReserve || testing.Short() {
		t.Skip("needs cheap address space")
	}
	p := newPool(t)
	budgets := make([]Budget, 100_000)
	for i := range budgets {
		budgets[i].Init(p, 0)
		buf := budgets[i].Allocate(0, MaxSize).Reallocate(PageSize)
		if buf == nil {
			t.Fatalf("no memory %d", i)
		}
	}
	if n := len(p.classes[classOf(roomy)].reserved); n > 16 {
		t.Errorf("%d reservations, want a handful", n)
	}
	for i := range budgets {
		budgets[i].Release()
	}
}

func TestConcurrentUse(t *testing.T) {
	p := newPool(t)
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 200 {
				var b Budget
				b.Init(p, 0)
				m := b.Allocate(0, uint64(1+i%3)*16*PageSize)
				buf := m.Reallocate(PageSize)
				if !allZero(buf) {
					t.Error("a slot is not zero")
					return
				}
				fill(buf, byte(g))
				buf = m.Reallocate(uint64(1+i%20) * PageSize)
				if buf[0] != byte(g) || buf[PageSize-1] != byte(g) {
					t.Error("two processes share a slot")
					return
				}
				_ = b.Used()
				b.Release()
			}
		})
	}
	wg.Wait()
}

// TestAgainstModel runs random operations here and on plain slices.
func TestAgainstModel(t *testing.T) {
	for seed := range uint64(20) {
		ops := make([]byte, 400)
		r := rand.NewChaCha8([32]byte{byte(seed)})
		if _, err := r.Read(ops); err != nil {
			t.Fatal(err)
		}
		checkAgainstModel(t, ops)
	}
}

func FuzzAgainstModel(f *testing.F) {
	f.Add([]byte{0, 1, 2, 3, 4, 5, 6, 7})
	f.Fuzz(checkAgainstModel)
}

func checkAgainstModel(t *testing.T, ops []byte) {
	const limit = 40 * PageSize
	p := newPool(t)
	b := newBudget(t, p, limit)
	type pair struct {
		m    experimental.LinearMemory
		got  []byte
		want []byte
	}
	var pairs []*pair
	used := 0
	for i := 0; i+1 < len(ops); i += 2 {
		op, arg := ops[i], int(ops[i+1])
		if len(pairs) == 0 || op%8 == 0 {
			pairs = append(pairs, &pair{m: b.Allocate(0, uint64(arg%64)*PageSize+PageSize)})
			continue
		}
		x := pairs[arg%len(pairs)]
		switch op % 4 {
		case 0, 1: // grow
			more := (arg%9 + 1) * PageSize
			got := x.m.Reallocate(uint64(len(x.want) + more))
			if (got == nil) != (used+more > limit) {
				t.Fatalf("grow by %d at %d of %d: granted %t", more, used, limit, got != nil)
			}
			if got != nil {
				x.got, x.want = got, append(x.want, make([]byte, more)...)
				used += more
			}
		case 2: // write
			if n := len(x.want); n > 0 {
				at := arg * 7919 % n
				x.got[at], x.want[at] = op, op
			}
		case 3: // free
			x.m.Free()
			used -= len(x.want)
			pairs = append(pairs[:arg%len(pairs)], pairs[arg%len(pairs)+1:]...)
		}
		if b.Used() != uint64(used) {
			t.Fatalf("used is %d, want %d", b.Used(), used)
		}
	}
	for _, x := range pairs {
		if !bytes.Equal(x.got, x.want) {
			t.Fatal("content differs")
		}
	}
	b.Release()
}

func allZero(b []byte) bool { return len(bytes.Trim(b, "\x00")) == 0 }

func fill(b []byte, v byte) {
	for i := range b {
		b[i] = v
	}
}

func BenchmarkAllocateTouchFree(b *testing.B) {
	var p Pool
	defer p.Close()
	for b.Loop() {
		var budget Budget
		budget.Init(&p, 0)
		budget.Allocate(0, MaxSize).Reallocate(PageSize)[1024] = 1
		budget.Release()
	}
}

func TestLargest(t *testing.T) {
	var p Pool
	defer p.Close()
	var b Budget
	b.Init(&p, 0)
	defer b.Release()
	if m := b.Allocate(0, MaxSize); m.Reallocate(MaxSize) != nil {
		t.Error("a memory of 4 GiB was granted")
	}
}
