package linker

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"

	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"

	"wippy/mailbox"
	"wippy/runtime/process"
	"wippy/wasmhost/canon"
	"wippy/wasmhost/fuel"
	"wippy/wasmhost/imports"
	"wippy/wasmhost/memory"
	"wippy/wasmhost/trap"
)

// Instance is a component of one process. It is the context of all calls
// of its code, and so of the host's functions that this calls; what it does not
// know it asks the context that New was given.
type Instance struct {
	context.Context
	plan       *Plan
	process    process.Context
	store      canon.Store
	components []*canon.Instance
	resources  []*canon.ResourceType
	options    []canon.Options
	lifted     []*canon.Lifted  // nil until they are used, as the next two
	lowered    []*canon.Lowered // a process uses few of those that there are
	funcs      []*coreFunc
	cores      []core
	made       int            // of cores
	functions  []api.Function // of funcs, that an earlier process had
	guest      *guest         // that it began with, nil where it is new

	account fuel.Account
	urgent  *atomic.Bool // the process's
	debt    int32        // units that are used and not in the account
	open    []*tank      // that have an allowance, oldest first
	latest  int          // of cores, that asked for fuel
	depth   int          // of calls of core code within each other
	saved   []uint64

	budget  memory.Budget
	entered bool // a call is in progress, or has failed
}

var _ imports.Guest = (*Instance)(nil)

// core is an instance of a core module.
type core struct {
	mod   api.Module
	room  api.MutableGlobal   // nil where the stack is not counted
	state []api.MutableGlobal // of a guest that is used again: all that its code changes
	start api.Function        // nil until it is called
	tank
}

// New makes an instance that has not begun. It neither blocks nor runs anything.
// ctx is asked for what the host's functions look for in theirs; it should have
// no deadline, which nothing looks at.
//
// # Errors
//
// Kind LimitHit for a component that begins with more memory than it may have.
func (p *Plan) New(ctx context.Context, limits process.Limits) (*Instance, error) {
	if p.memory > 0 && limits.MaxMemory > 0 && p.memory > uint64(limits.MaxMemory) {
		return nil, mailbox.Errorf(mailbox.LimitHit, "max_memory: the limit is %d bytes; %s begins with %d (%d too many)",
			limits.MaxMemory, p.name, p.memory, p.memory-uint64(limits.MaxMemory))
	}
	i := &Instance{Context: ctx, plan: p}
	i.store.MaxHandles = limits.MaxHandles
	i.store.Work = func(_ context.Context, units uint64) { i.account.Charge(units) }
	i.budget.Init(p.pool, uint64(limits.MaxMemory))
	return i, nil
}

// Value implements context.Context.
func (i *Instance) Value(key any) any {
	switch key.(type) {
	case fuel.Key, instanceKey:
		return i
	}
	return i.Context.Value(key)
}

// Process gives the process that the instance is of, once Start was called.
func (i *Instance) Process() process.Context { return i.process }

// Store has the handles.
func (i *Instance) Store() *canon.Store { return &i.store }

// Charge charges work of the host's, in units of fuel.
func (i *Instance) Charge(units uint64) { i.account.Charge(units) }

// Within implements imports.Guest.
func (i *Instance) Within(fn imports.Callable, stack []uint64) error {
	err := fn.CallWithStack(i, stack)
	if f, ok := errors.AsType[*failure](err); ok {
		if what, trapped := strings.CutPrefix(f.e.Message, trap.Prefix); trapped {
			f.e.Message = trap.Prefix + imports.Realloc + ": " + what
		}
	}
	return err
}

// Share gives others their turn if the process has run for long by the clock.
func (i *Instance) Share() { i.account.Share() }

// Waited tells that the process was suspended within a host function.
func (i *Instance) Waited() { i.account.Waited() }

// Memory is what the memories hold, in bytes. Any goroutine may ask.
func (i *Instance) Memory() uint64 { return i.budget.Used() }

// Peak is the most that Memory ever was. Any goroutine may ask.
func (i *Instance) Peak() uint64 { return i.budget.Peak() }

// Start makes the instances of core modules and runs their start functions. It
// is called once, before everything else.
//
// # Errors
//
// As Call's.
func (i *Instance) Start(ctx process.Context) error {
	i.process, i.urgent = ctx, ctx.Urgent()
	i.account.Init(ctx)
	i.prepare()
	return i.enter(i.instantiate)
}

// prepare makes everything but core instances, from the plan.
func (i *Instance) prepare() {
	p := i.plan
	i.funcs = make([]*coreFunc, len(p.funcs))
	i.components = make([]*canon.Instance, len(p.instances))
	for n := range p.instances {
		var parent *canon.Instance
		if at := p.instances[n].parent; at >= 0 {
			parent = i.components[at]
		}
		i.components[n] = i.store.NewInstance(parent, len(p.instances[n].resources))
	}
	i.resources = make([]*canon.ResourceType, len(p.resources))
	for n, r := range p.resources {
		if i.resources[n] = r.host; r.host == nil {
			i.resources[n] = &canon.ResourceType{Name: r.name, Instance: i.components[r.instance]}
			if r.destructor >= 0 {
				i.resources[n].Destructor = i.fn(r.destructor)
			}
		}
	}
	for n := range p.instances {
		for m, r := range p.instances[n].resources {
			i.components[n].Resources[m] = i.resources[r]
		}
	}
	i.options = make([]canon.Options, len(p.options))
	for n, o := range p.options {
		i.options[n] = canon.Options{Instance: i.components[o.instance], Encoding: o.encoding}
		if o.realloc >= 0 {
			i.fn(o.realloc).realloc = true
			i.options[n].Realloc = i.fn(o.realloc)
		}
	}
	i.lifted = make([]*canon.Lifted, len(p.lifts))
	i.lowered = make([]*canon.Lowered, len(p.calls))
}

// fn gives a core function that canonical definitions call.
func (i *Instance) fn(n int) *coreFunc {
	f := i.funcs[n]
	if f == nil {
		f = &coreFunc{of: i, ref: i.plan.funcs[n]}
		if i.functions != nil {
			f.fn = i.functions[n]
		}
		i.funcs[n] = f
	}
	return f
}

// lift gives a function that a component makes of core code.
func (i *Instance) lift(n int) *canon.Lifted {
	f := i.lifted[n]
	if f == nil {
		l := &i.plan.lifts[n]
		f = &canon.Lifted{Plan: l.plan, Options: &i.options[l.options], Core: i.fn(l.core)}
		if l.postReturn >= 0 {
			f.PostReturn = i.fn(l.postReturn)
		}
		i.lifted[n] = f
	}
	return f
}

// lower gives a call of core code's, which is one of a function.
func (i *Instance) lower(n int) *canon.Lowered {
	f := i.lowered[n]
	if f == nil {
		c := &i.plan.calls[n]
		f = &canon.Lowered{Plan: c.plan, Options: &i.options[c.options]}
		if c.op == callLift {
			f.Target = i.lift(c.lift)
		} else {
			f.Target = c.host
		}
		i.lowered[n] = f
	}
	return f
}

// instantiate makes the instances of core modules.
func (i *Instance) instantiate() error {
	if i.plan.again && i.takeIdle() {
		return i.runStart(len(i.cores) - 1)
	}
	i.cores = make([]core, len(i.plan.cores))
	ctx := experimental.WithImportResolver(i, i.resolve)
	if i.plan.memories {
		ctx = experimental.WithMemoryAllocator(ctx, &i.budget)
	}
	for n := range i.plan.cores {
		c, p := &i.cores[n], &i.plan.cores[n]
		if used := i.budget.Used() + p.memory; p.memory > 0 && used > i.budget.Limit() {
			// What runs already has grown.
			limit := i.budget.Limit()
			return mailbox.Errorf(mailbox.LimitHit, "max_memory: the limit is %d bytes; %d are used, and another core module of %s begins with %d (%d too many)",
				limit, used-p.memory, i.plan.name, p.memory, used-limit)
		}
		code := &i.plan.codes[p.code]
		i.made = n
		mod, err := i.plan.runtime.InstantiateModule(ctx, code.Code.Code, imports.Anonymous)
		if err != nil {
			return i.fail(n, err)
		}
		c.mod = mod
		if code.Meter.Fuel != "" {
			c.fuel = mod.ExportedGlobal(code.Meter.Fuel).(api.MutableGlobal)
		}
		if code.Meter.Room != "" {
			c.room = mod.ExportedGlobal(code.Meter.Room).(api.MutableGlobal)
		}
		i.memories(n)
		i.account.Share() // data may be much to copy
		if i.plan.again {
			i.findState(n)
		}
		if err := i.runStart(n); err != nil {
			return err
		}
	}
	i.made = len(i.cores)
	return nil
}

// memories tells the options that have the memory of a core instance.
func (i *Instance) memories(n int) {
	for _, o := range i.plan.cores[n].options {
		i.options[o.options].Memory = i.cores[n].mod.ExportedMemory(o.name)
	}
}

// runStart calls the start function of a core instance, if it has one.
func (i *Instance) runStart(n int) error {
	if n < 0 {
		return nil
	}
	c := &i.cores[n]
	start := i.plan.codes[i.plan.cores[n].code].Meter.Start
	if start == "" {
		return nil
	}
	if c.start == nil {
		c.start = c.mod.ExportedFunction(start)
	}
	return i.run(n, c.start, nil)
}

// resolve gives the module that an import of the core instance that is being
// made names; nil for the engine's own.
func (i *Instance) resolve(name string) api.Module {
	of := &i.plan.instances[i.plan.cores[i.made].instance]
	if name == providedName {
		return of.provided
	}
	if number, ok := coreNumber(name); ok {
		return i.cores[of.cores[number]].mod
	}
	return nil
}

// broken is what a call gives after one that failed.
func broken() error {
	return mailbox.Errorf(mailbox.Unavailable, "the component's instance has failed before, or is in use")
}

// Call calls an exported function. args are what Export.Fit gave; the result is
// by names, nil where there is none.
//
// # Errors
//
// An *imports.Exit where a host function ended the process. Else a
// *mailbox.Error: of kind Failed for a trap, with the guest's functions that were
// running; LimitHit for a limit; Internal for a fault of the host; or that of a
// host function. The instance is of no use then but to be closed.
func (i *Instance) Call(e *Export, args []mailbox.Value) (v mailbox.Value, err error) {
	if i.entered {
		return mailbox.Nil, broken()
	}
	err = i.enter(func() (err error) {
		v, err = i.lift(e.lift).Call(i, args)
		return err
	})
	return v, err
}

// CallLast is Call for the last call of an instance, which is closed then: what
// the function's post-return function would free goes with all the rest, so that
// it is not called. It may not call out, so that nobody outside can tell.
func (i *Instance) CallLast(e *Export, args []mailbox.Value) (mailbox.Value, error) {
	if !i.entered {
		i.lift(e.lift).PostReturn = nil
	}
	return i.Call(e, args)
}

// Drop drops a resource that a result held; guest code may run.
//
// # Errors
//
// As Call's.
func (i *Instance) Drop(h *canon.Handle) error {
	if i.entered {
		return broken()
	}
	return i.enter(func() error { return h.Drop(i) })
}

// enter runs what runs guest code, and charges what that used. wazero recovers
// every panic below a call, one that ends the process too, and gives its text as
// an error; the context knows, and unwinds again.
func (i *Instance) enter(run func() error) error {
	i.entered = true
	err := trap.Recovering(run)
	i.settle()
	if err != nil {
		return i.explain(err)
	}
	i.entered = false
	return nil
}

// Close frees everything. Resources of the host's that the component still owns are
// dropped; no guest code runs. The error is what dropping them failed with.
func (i *Instance) Close() error {
	err := i.store.Close(i)
	if !i.keep() {
		closeAll(i.cores)
		i.budget.Release()
	}
	i.cores, i.funcs, i.functions, i.lifted, i.lowered, i.options = nil, nil, nil, nil, nil, nil
	i.entered = true
	return err
}

// explain turns what a call came to into an error for people.
func (i *Instance) explain(err error) error {
	if end, ok := errors.AsType[*imports.Exit](err); ok {
		if f, within := errors.AsType[*failure](err); within && end.Result.Err != nil {
			end.Result.Err.Trace = f.e.Trace
		}
		return end
	}
	e := i.plan.explain(err)
	if e.Kind == mailbox.Internal {
		i.process.Logger().Error("wasm process failed by a fault of its host", "error", e.Message, "detail", trap.Detail(err))
	}
	if asked := i.budget.Refused(); asked > 0 && e.Kind == mailbox.Failed {
		e.Kind = mailbox.LimitHit
		e.Message = trap.Refusal(i.budget.Limit(), asked) + e.Message
	}
	return e
}
