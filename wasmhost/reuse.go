package wasmhost

import (
	"context"
	"sync/atomic"

	"github.com/tetratelabs/wazero/api"

	"wippy/wasmhost/memory"
	"wippy/wasmhost/meter"
)

// An instance whose process has ended well is made as it was before any code ran, and
// waits for the next process of its program, as guests of components do: see
// linker/reuse.go for what is restored, and for what never is.

const (
	// maxIdle bounds how many instances of a program wait for reuse. What all of
	// a node hold is bounded by memory.Idle.
	maxIdle = 64
	// bare is what one holds besides memory and stacks, in bytes, more or less.
	bare = 4 << 10
)

// idle keeps instances of a program with their functions, whose making is most of
// the cost of a process.
type idle struct {
	fresh  atomic.Pointer[fresh] // nil until the first instance is made, or the second
	second atomic.Bool           // one was made
	shelf  memory.Shelf
}

// fresh is how an instance begins.
type fresh struct {
	memories *memory.Image // nil where none was made
	globals  []uint64
}

// ready is an instance and the functions of it that a process calls.
type ready struct {
	mod api.Module
	// The method, nil until it was looked up; the others, too, where they are called.
	fn, first, second, realloc api.Function
	// The globals of metering, nil where the module is not metered.
	fuel, room api.MutableGlobal
	// All else that its code changes, where it is used again.
	state []api.MutableGlobal
}

// guest is what waits.
type guest struct {
	memory.Waiting
	ready
	memories *memory.Kept // nil where it has none
}

// Free implements memory.Waiter.
func (g *guest) Free() {
	_ = g.mod.Close(context.Background()) // nothing runs in it any more
	if g.memories != nil {
		g.memories.Release()
	}
}

// reuse finds out whether instances are used again.
func (p *Program) reuse() {
	p.again = p.meter.Restorable && p.memory <= memory.MaxImage
	p.idle.shelf.Most = maxIdle
}

// function gives a function of the instance, looked up once: it is dear.
func (t *instance) function(at *api.Function, name string) api.Function {
	if *at == nil {
		*at = t.mod.ExportedFunction(name)
	}
	return *at
}

// rest gives up the functions that were called for the last time, where the
// process may wait for long.
func (t *instance) rest() {
	if t.program.linked.suspends {
		t.first, t.second, t.realloc = nil, nil, nil
	}
}

// takeIdle has the process begin with an instance that waits; false where there is none.
func (t *instance) takeIdle() bool {
	if !t.program.again {
		return false
	}
	g, _ := t.program.waits().Take(&t.program.idle.shelf).(*guest)
	if g == nil {
		return false
	}
	if g.memories != nil && !t.budget.Adopt(g.memories) {
		g.Free()
		return false
	}
	t.ready, t.guest = g.ready, g
	g.ready, g.memories = ready{}, nil // which the process may give up
	return true
}

// findState finds what of a new instance its code can change, and notes how that is.
func (t *instance) findState() {
	p := t.program
	if !p.again {
		return
	}
	for _, name := range p.meter.Globals {
		t.state = append(t.state, t.mod.ExportedGlobal(name).(api.MutableGlobal))
	}
	if p.idle.fresh.Load() != nil || !p.idle.second.Swap(true) && p.memory > memory.QuickImage {
		return
	}
	f := &fresh{}
	if t.budget != nil {
		f.memories = t.budget.Image()
	}
	for _, g := range t.state {
		f.globals = append(f.globals, g.Get())
	}
	p.idle.fresh.CompareAndSwap(nil, f)
}

// keep has the instance wait for another process, made as it was. False means
// that it is still this one's, and of no use.
func (t *instance) keep() bool {
	p := t.program
	if !p.again || t.broken {
		return false
	}
	begin := p.idle.fresh.Load()
	if begin == nil || p.waits().Full(&p.idle.shelf) { // before the work
		return false
	}
	if t.budget != nil && begin.memories == nil {
		return false // there was no room for it
	}
	r := t.guest
	if r == nil {
		r = new(guest)
	}
	t.guest = nil
	r.ready, r.memories = t.ready, nil
	if t.budget != nil {
		if r.memories = t.budget.Keep(begin.memories, []api.Memory{t.mod.Memory()}); r.memories == nil {
			return false
		}
	}
	for n, g := range r.state {
		g.Set(begin.globals[n])
	}
	if r.fuel != nil {
		r.fuel.Set(0)
	}
	if r.room != nil {
		r.room.Set(uint64(meter.DefaultStack))
	}
	if p.waits().Put(&p.idle.shelf, r, r.trim()) {
		return true
	}
	if r.memories != nil {
		r.memories.Release()
	}
	return false
}

// trim gives up the functions with large stacks, and gives what is held then, in bytes.
func (g *guest) trim() uint64 {
	held := uint64(bare)
	if g.memories != nil {
		held += g.memories.Resident()
	}
	for _, f := range []*api.Function{&g.fn, &g.first, &g.second, &g.realloc} {
		if *f == nil {
			continue
		}
		n := memory.Stack(*f)
		if n > memory.MaxStack {
			*f = nil
			continue
		}
		held += n
	}
	return held
}

// waits has what waits on the node.
func (p *Program) waits() *memory.Idle { return &p.host.pool.Idle }
