package linker

import (
	"slices"

	"github.com/tetratelabs/wazero/api"

	"wippy/wasmhost/fuel"
)

// tank is what a core instance may use before it asks for more. That of one
// which never asks is zero.
type tank struct {
	fuel      api.MutableGlobal // what is left
	allowance int32             // what was given last
}

// mostDebt is how much may be used that no core code charges before it is seen to.
const mostDebt = 1 << 10

// maxOpen bounds how many tanks have an allowance at once, as each can be used up
// before it is seen that the process should end.
const maxOpen = 4

var _ fuel.Source = (*Instance)(nil)

// Next implements fuel.Source.
func (i *Instance) Next(mod api.Module, left int32) int32 {
	if i.cores[i.latest].mod != mod {
		i.latest = max(0, slices.IndexFunc(i.cores, func(c core) bool { return c.mod == mod }))
	}
	return i.refill(&i.cores[i.latest].tank, left)
}

// refill charges what was used of a tank, of which left, less than none, remains, and
// gives its next allowance.
func (i *Instance) refill(t *tank, left int32) int32 {
	i.payDebt()
	was := t.allowance
	t.allowance = 0
	others, at := int64(0), -1
	for n, o := range i.open {
		if o == t {
			at = n
		} else {
			others += int64(o.allowance)
		}
	}
	if i.account.Scarce(others) {
		// What there is goes to who needs it.
		for _, o := range i.open {
			if o != t {
				i.collect(o)
			}
		}
		others, at, i.open = 0, -1, i.open[:0]
	} else if at < 0 && len(i.open) >= maxOpen {
		others -= int64(i.open[0].allowance)
		i.collect(i.open[0])
		i.open = slices.Delete(i.open, 0, 1)
	}
	n := i.account.Next(was, left, others)
	if t.allowance = n; at < 0 {
		i.open = append(i.open, t)
	}
	return n
}

// collect takes back what is left of a tank.
func (i *Instance) collect(t *tank) {
	i.account.Use(t.allowance, int32(t.fuel.Get()))
	t.fuel.Set(0)
	t.allowance = 0
}

// spend charges units that no core code charges.
func (i *Instance) spend(units int32) {
	if i.debt += units; i.debt >= mostDebt || i.urgent.Load() {
		i.payDebt()
		i.account.Turn()
	}
}

func (i *Instance) payDebt() {
	i.account.Use(i.debt, 0)
	i.debt = 0
}

// settle takes everything back and charges it, at the end of a call.
func (i *Instance) settle() {
	for _, t := range i.open {
		i.collect(t)
	}
	clear(i.open)
	i.open = i.open[:0]
	i.payDebt()
	i.account.Settle(0, 0)
}
