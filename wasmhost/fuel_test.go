package wasmhost

import (
	"testing"

	"wippy/mailbox"
	"wippy/runtime/process"
	"wippy/wasmhost/fuel"
)

// fuelContext limits fuel as a node does.
type fuelContext struct {
	fakeContext
	limit, used uint64
}

func (c *fuelContext) Limits() process.Limits { return process.Limits{MaxFuel: int64(c.limit)} }

func (c *fuelContext) FuelUsed() uint64 { return c.used }

func (c *fuelContext) Checkpoint(units uint64) {
	if c.used += units; c.used > c.limit {
		process.Unwind()
	}
}

func (c *fuelContext) Yield() { c.Checkpoint(0) }

// TestMaxFuelIsExact gives processes what they need, and one unit less.
func TestMaxFuelIsExact(t *testing.T) {
	h := newHost(t, Options{})
	for _, tt := range []struct {
		method string
		n      float64
		want   uint64
	}{
		{"turns", 1, 1}, {"turns", fuel.FirstAllowance, fuel.FirstAllowance}, {"turns", fuel.FirstAllowance + 1, fuel.FirstAllowance + 1},
		{"turns", 3 * fuel.LargestAllowance, 3 * fuel.LargestAllowance}, {"turns", 1_000_003, 1_000_003},
		{"recursion", 5000, 5001}, {"tail", 50_000, 50_001}, {"fill", 64, 1}, {"fill", 2_500_000, 2_500_000 / 64},
	} {
		p := compileGuest(t, h, "fuel", tt.method, "")
		for less := range uint64(2) {
			ctx := &fuelContext{limit: tt.want - less}
			if ctx.limit == 0 {
				continue // which means none
			}
			unwound := lives(t, p, ctx, tt.n)
			if unwound != (less > 0) || ctx.used != tt.want && !unwound || ctx.used <= ctx.limit && unwound {
				t.Errorf("%s(%v) with %d units: ended for it: %t, used %d", tt.method, tt.n, ctx.limit, unwound, ctx.used)
			}
		}
	}
}

// lives tells whether a process ended for want of fuel.
func lives(t *testing.T, p *Program, ctx *fuelContext, n float64) (unwound bool) {
	t.Helper()
	proc, err := p.New([]mailbox.Value{num(n)}, process.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	defer proc.Close()
	defer func() {
		if r := recover(); r != nil {
			if unwound = process.Unwinding(r); !unwound {
				panic(r)
			}
		}
	}()
	if err := proc.Init(ctx); err != nil {
		t.Fatal(err)
	}
	if r, _ := proc.Step(ctx); r.Err != nil {
		t.Fatal(r.Err)
	}
	return false
}
