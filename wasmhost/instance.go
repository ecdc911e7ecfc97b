package wasmhost

import (
	"context"
	"errors"

	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"

	"wippy/mailbox"
	"wippy/runtime/process"
	"wippy/wasmhost/imports"
	"wippy/wasmhost/memory"
	"wippy/wasmhost/meter"
	"wippy/wasmhost/trap"
)

// instance is one process. Only Memory and Peak are called from other goroutines.
type instance struct {
	program *Program
	budget  *memory.Budget // nil where the module has no memory
	ready
	guest  *guest // that it began with, nil where the instance is new
	tank   tank
	broken bool     // a call failed: neither instance nor function serve again
	stack  []uint64 // arguments before the call, results after it
	small  [4]uint64
	// Of a method of the canonical ABI:
	args    []mailbox.Value // by position
	process process.Context // once it is called
}

var (
	_ process.Process  = (*instance)(nil)
	_ process.Measured = (*instance)(nil)
)

// Init implements process.Process: it makes the instance, and runs the module's
// start function and _initialize.
func (t *instance) Init(ctx process.Context) error {
	t.tank.init(ctx)
	if t.tank.caller == nil {
		return t.start(ctx)
	}
	t.tank.caller.Context = ctx
	ready := false
	defer func() {
		if !ready { // Step, which flushes as well, is not called
			t.tank.caller.Output.Flush(ctx)
		}
	}()
	err := t.start(ctx)
	if t.tank.caller.ended != nil {
		err = nil
	}
	ready = err == nil
	return err
}

// start makes the instance and gets it ready. The error means nothing where
// the guest ended its process.
func (t *instance) start(ctx process.Context) error {
	if !t.takeIdle() {
		if err := t.guard(ctx, t.instantiate); err != nil {
			return t.stopped(ctx, err, "")
		}
		t.meter()
		t.findState()
	}
	if start := t.program.meter.Start; start != "" {
		if err := t.call(ctx, t.function(&t.first, start), nil); err != nil {
			return t.stopped(ctx, err, t.program.startName())
		}
	}
	if t.program.initialize {
		if err := t.call(ctx, t.function(&t.second, initialize), nil); err != nil {
			return t.stopped(ctx, err, initialize)
		}
	}
	t.function(&t.fn, t.program.method)
	t.rest()
	return nil
}

// Step implements process.Process: it calls the method.
func (t *instance) Step(ctx process.Context) (process.Result, process.Status) {
	if t.tank.caller != nil {
		defer t.tank.caller.Output.Flush(ctx)
		if t.tank.caller.ended != nil {
			return t.tank.caller.ended.Result, process.Done
		}
	}
	if t.program.abi != nil {
		result, err := t.callABI(ctx)
		if err == nil {
			return result, process.Done
		}
		failure := t.stoppedABI(ctx, err)
		if t.tank.caller != nil && t.tank.caller.ended != nil {
			return t.tank.caller.ended.Result, process.Done
		}
		return process.Result{Err: failure}, process.Done
	}
	if err := t.call(ctx, t.fn, t.stack); err != nil {
		failure := t.stopped(ctx, err, "")
		if t.tank.caller != nil && t.tank.caller.ended != nil {
			return t.tank.caller.ended.Result, process.Done
		}
		return process.Result{Err: failure}, process.Done
	}
	values, err := t.program.sig.lift(t.stack)
	return process.Result{Values: values, Err: err}, process.Done
}

// Close implements process.Process.
func (t *instance) Close() {
	if t.tank.caller != nil {
		t.tank.caller.Forget()
	}
	if t.mod != nil && !t.keep() {
		// Nothing runs in it any more. It fails for open files only, and has none.
		_ = t.mod.Close(context.Background())
	}
	t.ready = ready{}
	if t.budget != nil {
		t.budget.Release()
	}
	if c := t.tank.caller; c != nil && c.World != nil {
		c.World.Close()
	}
}

// Memory implements process.Measured.
func (t *instance) Memory() uint64 {
	if t.budget == nil {
		return 0
	}
	return t.budget.Used()
}

// Peak implements process.Measured.
func (t *instance) Peak() uint64 {
	if t.budget == nil {
		return 0
	}
	return t.budget.Peak()
}

// meter finds the globals of metering.
func (t *instance) meter() {
	m := &t.program.meter
	if m.Fuel != "" {
		t.fuel = t.mod.ExportedGlobal(m.Fuel).(api.MutableGlobal)
	}
	if m.Room != "" {
		t.room = t.mod.ExportedGlobal(m.Room).(api.MutableGlobal)
	}
}

func (t *instance) instantiate() (err error) {
	var ctx context.Context = &t.tank // the start function of a module that is not metered may call the host
	if t.budget != nil {
		ctx = experimental.WithMemoryAllocator(ctx, t.budget)
	}
	t.mod, err = t.program.engine.InstantiateModule(ctx, t.program.code, imports.Anonymous)
	return err
}

// call runs guest code, and charges what it used. stack holds its arguments and
// receives its results.
func (t *instance) call(ctx process.Context, fn api.Function, stack []uint64) error {
	if t.fuel != nil {
		t.fuel.Set(0) // the first check asks for an allowance
	}
	if t.room != nil {
		t.enter()
	}
	return t.invoke(ctx, fn, stack)
}

// enter gives a call from the host its room on the stack.
func (t *instance) enter() { t.room.Set(uint64(meter.DefaultStack)) }

// invoke is guard for the call itself, with fewer frames. A process that is to
// end, or to go on as another entry, does not return from it; what it used counts.
func (t *instance) invoke(ctx process.Context, fn api.Function, stack []uint64) (err error) {
	t.broken = true
	defer func() {
		if f := trap.Recover(recover()); f != nil {
			err = f
		}
		t.broken = err != nil
		if t.fuel != nil {
			t.tank.settle(int32(t.fuel.Get()))
		} else if err != nil {
			ctx.Checkpoint(0)
		}
	}()
	return fn.CallWithStack(&t.tank, stack)
}

// guard runs what runs guest code.
func (t *instance) guard(ctx process.Context, run func() error) error {
	t.broken = true
	if err := trap.Recovering(run); err != nil {
		ctx.Checkpoint(0)
		return err
	}
	t.broken = false
	return nil
}

// stopped is failure, unless it was the guest's wish that the call ended.
func (t *instance) stopped(ctx process.Context, err error, function string) *mailbox.Error {
	if t.tank.caller != nil {
		if end, ok := errors.AsType[*imports.Exit](err); ok {
			if e := end.Result.Err; e != nil {
				e.Trace = t.program.explain(err).Trace
			}
			t.tank.caller.ended = end
			return mailbox.AsError(end)
		}
	}
	return t.failure(ctx, err, function)
}

// failure turns what a call came to into what the process failed with.
// function is what was called where that is not the method.
func (t *instance) failure(ctx process.Context, err error, function string) *mailbox.Error {
	e := t.program.explain(err)
	if e.Kind == mailbox.Internal {
		ctx.Logger().Error("wasm process failed by a fault of its host", "error", e.Message, "detail", trap.Detail(err))
	}
	if function != "" {
		e.Message = function + ": " + e.Message
	}
	if t.budget == nil {
		return e
	}
	if asked := t.budget.Refused(); asked > 0 && e.Kind == mailbox.Failed {
		e.Kind = mailbox.LimitHit
		limit := t.budget.Limit()
		e.Message = trap.Refusal(limit, asked) + e.Message
	}
	return e
}
