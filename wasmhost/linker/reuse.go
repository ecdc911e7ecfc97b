package linker

import (
	"context"
	"sync/atomic"

	"github.com/tetratelabs/wazero/api"

	"wippy/wasmhost/memory"
	"wippy/wasmhost/meter"
)

// Making core instances and the engine's functions is most of what a short process
// costs. So when one has ended well, what it had of the engine is made as it was before any
// code ran, and waits for the next process of the same plan. That one finds what a
// new one would:
//
//   - memories, of the size and content that they began with, zero beyond;
//   - mutable globals, with the values that they began with;
//   - tables and segments, which no code of such a plan changes (meter.Info.Restorable);
//   - handles, options and fuel are the process's, and new each time.
//
// Where a start function runs before everything is made, what it did would be lost or be there
// already: such plans have nothing that waits. Nothing of a process that failed, was killed while
// its code ran or ended itself is used again.

const (
	// maxIdle bounds how many guests of one plan wait. What all of a node hold is
	// bounded by memory.Idle.
	maxIdle = 64
	// bare is what a guest holds besides memories and stacks, in bytes, more or less:
	// it has two functions or so.
	bare = 16 << 10
)

// idle keeps the guests of a plan that wait for a process.
type idle struct {
	fresh  atomic.Pointer[fresh] // nil until the first guest is made, or the second
	second atomic.Bool           // one was made
	shelf  memory.Shelf
}

// fresh is how a guest begins.
type fresh struct {
	memories *memory.Image
	globals  [][]uint64 // of each core
}

// guest is what a process had of the engine.
type guest struct {
	memory.Waiting
	cores     []core
	functions []api.Function // by Plan.funcs; nil for those that were never called
	memories  *memory.Kept
}

// Free implements memory.Waiter.
func (g *guest) Free() {
	closeAll(g.cores)
	g.memories.Release()
}

// closeAll closes core instances, in which nothing runs any more, together: one that imports a
// memory frees it.
func closeAll(cores []core) {
	for n := range cores {
		if mod := cores[n].mod; mod != nil {
			_ = mod.Close(context.Background()) // it fails for open files only, and has none
		}
	}
}

// reuse finds out whether guests are used again.
func (l *linking) reuse() {
	l.idle.shelf.Most = maxIdle
	for n := range l.cores {
		m := &l.codes[l.cores[n].code].Meter
		if !m.Restorable || m.Start != "" && n < len(l.cores)-1 {
			return
		}
	}
	l.again = len(l.cores) > 0 && l.Plan.memory <= memory.MaxImage
}

// takeIdle has the instance begin with a guest that waits; false where there is none.
func (i *Instance) takeIdle() bool {
	g, _ := i.plan.pool.Idle.Take(&i.plan.idle.shelf).(*guest)
	if g == nil {
		return false
	}
	if !i.budget.Adopt(g.memories) {
		g.Free()
		return false
	}
	i.cores, i.functions, i.guest = g.cores, g.functions, g
	g.cores, g.functions, g.memories = nil, nil, nil
	for n, f := range i.funcs { // those of options are there already
		if f != nil {
			f.fn = i.functions[n]
		}
	}
	for n := range i.cores {
		i.memories(n)
	}
	i.made = len(i.cores)
	i.account.Share() // as when it is made
	return true
}

// findState finds what of a core instance its code can change, and notes once all
// are there how that is.
func (i *Instance) findState(n int) {
	c := &i.cores[n]
	for _, name := range i.plan.codes[i.plan.cores[n].code].Meter.Globals {
		c.state = append(c.state, c.mod.ExportedGlobal(name).(api.MutableGlobal))
	}
	if n < len(i.cores)-1 || i.plan.idle.fresh.Load() != nil {
		return
	}
	if !i.plan.idle.second.Swap(true) && i.plan.memory > memory.QuickImage {
		return
	}
	f := &fresh{memories: i.budget.Image(), globals: make([][]uint64, len(i.cores))}
	for n := range i.cores {
		for _, g := range i.cores[n].state {
			f.globals[n] = append(f.globals[n], g.Get())
		}
	}
	i.plan.idle.fresh.CompareAndSwap(nil, f)
}

// keep has what the instance has of the engine wait for another, made as it
// was. False means that it is still the instance's, and of no use.
func (i *Instance) keep() bool {
	if !i.plan.again || i.entered || i.cores == nil || i.made < len(i.cores) || i.plan.pool.Idle.Full(&i.plan.idle.shelf) {
		return false
	}
	begin := i.plan.idle.fresh.Load()
	if begin == nil || begin.memories == nil {
		return false
	}
	var memories []api.Memory
	for n := range i.cores {
		if i.plan.cores[n].owns {
			memories = append(memories, i.cores[n].mod.Memory())
		}
	}
	g := i.guest
	if g == nil {
		g = new(guest)
	}
	i.guest = nil
	g.cores, g.functions, g.memories = i.cores, i.functions, nil
	if g.memories = i.budget.Keep(begin.memories, memories); g.memories == nil {
		return false
	}
	for n := range g.cores {
		c := &g.cores[n]
		for m, global := range c.state {
			global.Set(begin.globals[n][m])
		}
		if c.fuel != nil {
			c.fuel.Set(0)
		}
		if c.room != nil {
			c.room.Set(uint64(meter.DefaultStack))
		}
		c.allowance = 0
	}
	if g.functions == nil {
		g.functions = make([]api.Function, len(i.funcs))
	}
	for n, f := range i.funcs {
		if f != nil && f.fn != nil {
			g.functions[n] = f.fn
		}
	}
	if i.plan.pool.Idle.Put(&i.plan.idle.shelf, g, g.trim()) {
		return true
	}
	g.memories.Release()
	return false
}

// trim gives up the functions with large stacks, and gives what the guest holds then, in
// bytes.
func (g *guest) trim() uint64 {
	held := bare + g.memories.Resident()
	trim := func(f *api.Function) {
		if *f == nil {
			return
		}
		n := memory.Stack(*f)
		if n > memory.MaxStack {
			*f = nil
			return
		}
		held += n
	}
	for n := range g.functions {
		trim(&g.functions[n])
	}
	for n := range g.cores {
		trim(&g.cores[n].start)
	}
	return held
}
