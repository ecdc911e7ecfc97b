package wasmhost

import (
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/tetratelabs/wazero/api"

	"wippy/wasmhost/memory"
	"wippy/wasmhost/meter"
)

// An instance whose process has ended well is made as it was before any code ran, and
// waits for the next process of its program, as guests of components do: see
// linker/reuse.go for what is restored, and for what never is.

const (
	// maxIdle bounds how many instances of a program wait for reuse. Each holds
	// some 13 KB, its memory, and the guest stack that its deepest call left.
	maxIdle = 64
	// leastIdle is how many may wait of those whose stacks may be large, at least, as some
	// megabytes may be left of each: otherwise it is four for each processor.
	leastIdle = 8
)

// idle keeps instances of a program with their functions, whose making is most of
// the cost of a process.
type idle struct {
	fresh     atomic.Pointer[fresh] // nil until the first instance is made, or the second
	second    atomic.Bool           // one was made
	mu        sync.Mutex
	most      int
	instances []ready
}

// fresh is how an instance begins.
type fresh struct {
	memories *memory.Image
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
	state    []api.MutableGlobal
	memories *memory.Kept // while it waits; nil where it has none
}

// reuse finds out whether instances are used again, and how many may wait.
func (p *Program) reuse() {
	p.again = p.meter.Restorable && p.memory <= memory.MaxImage
	p.idle.most = maxIdle
	if p.meter.Room != "" {
		p.idle.most = max(leastIdle, 4*runtime.GOMAXPROCS(0))
	}
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
	r, ok := t.program.idle.take()
	if !ok {
		return false
	}
	if r.memories != nil && !t.budget.Adopt(r.memories) {
		t.program.idle.put(r)
		return false
	}
	t.ready = r
	t.memories = nil
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
		if f.memories = t.budget.Image(); f.memories == nil {
			return
		}
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
	if t.budget == nil && t.state == nil && t.fuel == nil && t.room == nil {
		return p.idle.put(t.ready)
	}
	if p.idle.full() { // before the work
		return false
	}
	begin := p.idle.fresh.Load()
	if begin == nil {
		return false
	}
	r := t.ready
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
	if p.idle.put(r) {
		return true
	}
	if r.memories != nil {
		r.memories.Release()
	}
	return false
}

func (i *idle) full() bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	return len(i.instances) >= i.most
}

// take gives a waiting instance; false when there is none.
func (i *idle) take() (ready, bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	n := len(i.instances)
	if n == 0 {
		return ready{}, false
	}
	r := i.instances[n-1]
	i.instances[n-1] = ready{}
	i.instances = i.instances[:n-1]
	return r, true
}

// put takes an instance in; false when enough wait.
func (i *idle) put(r ready) bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	if len(i.instances) >= i.most {
		return false
	}
	i.instances = append(i.instances, r)
	return true
}
