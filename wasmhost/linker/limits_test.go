package linker_test

import (
	"runtime"
	"strings"
	"testing"

	"wippy/mailbox"
	"wippy/runtime/process"
	"wippy/wasmhost/linker"
)

func TestOverflow(t *testing.T) {
	p := link(t, "pair", linker.Nothing{})
	for _, args := range [][2]float64{{1e9, 0}, {0, 1e9}, {1000, 1e9}} {
		r := start(t, p, process.Limits{})
		r.fails(mailbox.Failed, "wasm trap: call stack exhausted", caller+"deep", num(args[0]), num(args[1]))
	}
	r := start(t, p, process.Limits{})
	for range 3 {
		if v := r.call(caller+"deep", num(10_000), num(5_000)); !v.Equal(num(15_000)) {
			t.Errorf("%v", v)
		}
	}
}

func TestKill(t *testing.T) {
	p := link(t, "pair", linker.Nothing{})
	for at := 1; at < 4; at++ {
		r := start(t, p, process.Limits{})
		n := r.node
		n.kill = func(n *node) { n.killed = n.yields == at }
		n.urgent.Store(true)
		if !unwinds(func() { _, _ = r.try(caller + "spin") }) {
			t.Error("it was not unwound")
		}
		if n.yields != at {
			t.Errorf("killed at yield %d, not %d", n.yields, at)
		}
	}
}

func TestFuel(t *testing.T) {
	p := link(t, "pair", linker.Nothing{})
	run := func(limit int64, times, n float64) (fuel uint64, killed bool) {
		r := start(t, p, process.Limits{MaxFuel: limit})
		before := r.node.fuel
		killed = unwinds(func() { _ = r.call(caller+"work", num(times), num(n)) })
		return r.node.fuel - before, killed
	}
	one, _ := run(0, 1, 1)
	for _, tt := range [][2]float64{{10, 10}, {1000, 3}, {3, 100_000}, {300, 1000}} {
		times, n := uint64(tt[0]), uint64(tt[1])
		// A turn and a call in the caller, one between them, and the callee's.
		want := one + (times-1)*4 + times*n - 1
		got, _ := run(0, tt[0], tt[1])
		if diff := int64(got) - int64(want); diff < -2*int64(times) || diff > 2*int64(times) {
			t.Errorf("%d times %d turns use %d units, some %d are expected", times, n, got, want)
		}
		again, _ := run(0, tt[0], tt[1])
		if got != again {
			t.Errorf("%d units, then %d", got, again)
		}
		if used, killed := run(int64(got), tt[0], tt[1]); killed || used != got {
			t.Errorf("with a limit of %d: killed %t, %d used", got, killed, used)
		}
		if used, killed := run(int64(got)-1, tt[0], tt[1]); !killed || used != got {
			t.Errorf("with a limit of %d: killed %t, %d used", got-1, killed, used)
		}
	}
}

func TestFuelOfMany(t *testing.T) {
	p := link(t, "chain", linker.Nothing{})
	run := func(limit int64, n float64) (used uint64, killed bool) {
		r := start(t, p, process.Limits{MaxFuel: limit})
		killed = unwinds(func() { r.call("run", num(n)) })
		return r.node.fuel, killed
	}
	for _, n := range []float64{1, 1000, 20_000} {
		// Seven loops, calls of functions that call, and calls between components.
		want := uint64(7*n) + 7 + 7
		if used, _ := run(0, n); used != want {
			t.Errorf("%v turns use %d units, want %d", n, used, want)
		}
		if used, killed := run(int64(want), n); killed || used != want {
			t.Errorf("with %d units: killed %t, %d used", want, killed, used)
		}
		for _, less := range []uint64{1, uint64(n), want - 1} {
			if used, killed := run(int64(want-less), n); !killed || used > want-less+16 {
				t.Errorf("with %d units: killed %t, %d used", want-less, killed, used)
			}
		}
	}
}

func TestYields(t *testing.T) {
	r := start(t, link(t, "pair", linker.Nothing{}), process.Limits{})
	r.node.urgent.Store(true)
	r.call(caller+"work", num(1000), num(1000))
	if r.node.yields < 10 {
		t.Errorf("%d yields", r.node.yields)
	}
}

func TestMaxMemory(t *testing.T) {
	const page = 1 << 16
	p := link(t, "pair", linker.Nothing{})
	if p.Memory() != 2*page {
		t.Errorf("it begins with %d bytes", p.Memory())
	}
	if _, err := p.New(background, process.Limits{MaxMemory: 2*page - 1}); err == nil {
		t.Error("it begins with more than it may have")
	} else {
		wantError(t, err, mailbox.LimitHit, "max_memory: the limit is 131071 bytes; pair.wasm begins with 131072 (1 too many)", mailbox.Nil)
	}
	r := start(t, p, process.Limits{MaxMemory: 4 * page})
	if v := r.call("grow", num(2)); !v.Equal(num(1)) {
		t.Errorf("growing gives %v", v)
	}
	if v := r.call("grow", num(1)); !v.Equal(num(-1)) {
		t.Errorf("growing gives %v", v)
	}
	if r.Memory() != 4*page || r.Peak() != 4*page {
		t.Errorf("%d bytes, %d at most", r.Memory(), r.Peak())
	}
	r.fails(mailbox.LimitHit, "max_memory: the limit is 262144 bytes", caller+"echo", str(strings.Repeat("x", 3*page)))
}

func TestMaxMemoryOfNone(t *testing.T) {
	r := start(t, link(t, "empty", linker.Nothing{}), process.Limits{MaxMemory: 2 << 16})
	for _, want := range []float64{0, 1, -1} {
		if v := r.call("grow", num(1)); !v.Equal(num(want)) {
			t.Errorf("growing gives %v, want %v", v, want)
		}
	}
	if r.Memory() != 2<<16 {
		t.Errorf("%d bytes", r.Memory())
	}
}

func TestInstantiationFails(t *testing.T) {
	const page = 1 << 16
	p := link(t, "late", linker.Nothing{})
	_, err := tryStart(t, p, &node{limits: process.Limits{MaxMemory: 5 * page}})
	wantError(t, err, mailbox.LimitHit, "max_memory: the limit is 327680 bytes; 262144 are used, and another core module of late.wasm begins with 131072 (65536 too many)", mailbox.Nil)
	_, err = tryStart(t, p, &node{limits: process.Limits{MaxMemory: 7 * page}})
	wantError(t, err, mailbox.Failed, "instantiation failed: ", mailbox.Nil)
}

func TestMaxHandles(t *testing.T) {
	p := link(t, "pair", linker.Nothing{})
	start(t, p, process.Limits{MaxHandles: 100}).call("hoard", num(100))
	r := start(t, p, process.Limits{MaxHandles: 100})
	e := r.fails(mailbox.LimitHit, "max_handles", "hoard", num(101))
	if len(e.Trace) == 0 {
		t.Error("there is no trace")
	}
}

func TestStartIsLimited(t *testing.T) {
	p := link(t, "start", linker.Nothing{})
	r := start(t, p, process.Limits{})
	for limit := int64(1); limit < int64(r.node.fuel); limit++ {
		if !unwinds(func() { _, _ = tryStart(t, p, &node{limits: process.Limits{MaxFuel: limit}}) }) {
			t.Errorf("it starts with %d units", limit)
		}
	}
}

func TestCost(t *testing.T) {
	for _, tt := range []struct {
		guest, method string
		arg           mailbox.Value
		most          uint64
	}{
		{"small", "echo", str("you"), 64 << 10},
		{"pair", "things", num(7), 128 << 10}, // which calls six core functions, each with a stack of 10 KB
	} {
		p := link(t, tt.guest, linker.Nothing{})
		const n = 200
		var before, after runtime.MemStats
		rs := make([]*running, n)
		runtime.GC()
		runtime.ReadMemStats(&before)
		for i := range rs {
			rs[i] = start(t, p, process.Limits{})
			rs[i].call(tt.method, tt.arg)
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		each := (after.HeapAlloc - before.HeapAlloc) / n
		t.Logf("%s: %d bytes each", tt.guest, each)
		runtime.KeepAlive(rs)
		if each > tt.most {
			t.Errorf("a process of %s holds %d bytes", tt.guest, each)
		}
	}
}
