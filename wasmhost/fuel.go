package wasmhost

import (
	"context"
	"errors"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"wippy/runtime/process"
	"wippy/wasmhost/imports"
	"wippy/wasmhost/meter"
)

// meterOptions are those of every module.
var meterOptions = meter.Options{}

const (
	// sliceTime is how long a guest runs before others have their turn.
	sliceTime = time.Millisecond
	// An allowance is a small part of a slice, since a unit may cost anything
	// from a third of a nanosecond to microseconds, and the guest that was cheap
	// so far may become dear at any turn: the largest bounds what it can do then
	// before it is seen that it should end.
	firstAllowance    = 1 << 12
	smallestAllowance = 1 << 7
	largestAllowance  = 1 << 13
)

// errOverflow is what a guest's call fails with that used up its stack.
var errOverflow = errors.New("call stack exhausted")

// newEngine makes an engine with the functions that guests and metered modules
// import.
func newEngine(config wazero.RuntimeConfig) (wazero.Runtime, error) {
	ctx := context.Background()
	engine := wazero.NewRuntimeWithConfig(ctx, config)
	i32 := []api.ValueType{api.ValueTypeI32}
	_, err := engine.NewHostModuleBuilder(meter.DefaultModule).
		NewFunctionBuilder().WithGoFunction(api.GoFunc(yield), i32, i32).Export(meter.Yield).
		NewFunctionBuilder().WithGoFunction(api.GoFunc(overflow), nil, nil).Export(meter.Overflow).
		Instantiate(ctx)
	for _, m := range hostModules {
		if err == nil {
			err = provide(ctx, engine, m)
		}
	}
	if err != nil {
		return nil, errors.Join(err, engine.Close(ctx))
	}
	return engine, nil
}

// yield is called by a guest that used up its allowance, and gives the next.
func yield(ctx context.Context, stack []uint64) {
	f := ctx.Value(fuelKey{}).(*fuel)
	stack[0] = uint64(uint32(f.next(int32(stack[0]))))
}

func overflow(context.Context, []uint64) { panic(errOverflow) }

// fuel is what one process has used and may use. It is the context of its
// calls, so that yield finds it, and through it the host's functions their caller.
type fuel struct {
	context.Context
	process   process.Context
	caller    *caller   // nil where the program imports nothing
	used      uint64    // units, of allowances that are over
	charged   uint64    // of those, what the process has paid for
	allowance int32     // the last one
	size      int64     // of the next one, unless little is left
	begun     time.Time // when the allowance was given; zero once the process waited since
	slice     time.Time // when the slice began; zero before it was looked at
}

type fuelKey struct{}

// Value implements context.Context.
func (f *fuel) Value(key any) any {
	switch key.(type) {
	case fuelKey:
		return f
	case imports.Key:
		return &f.caller.Caller
	}
	return nil
}

func (f *fuel) init(ctx process.Context) {
	*f = fuel{Context: context.Background(), process: ctx, caller: f.caller, size: firstAllowance}
}

// next charges an allowance of which left, less than none, remains, lets others
// run if the slice is over, and gives the next. A process that is to end does
// not return from it.
func (f *fuel) next(left int32) int32 {
	now := time.Now()
	if f.slice.IsZero() {
		f.slice = now
	}
	if f.allowance > 0 && !f.begun.IsZero() {
		f.adapt(now.Sub(f.begun))
	}
	f.settle(left)
	if now.Sub(f.slice) >= sliceTime || f.process.Urgent().Load() {
		f.process.Yield()
		now = time.Now()
		f.slice = now
	}
	n := f.size
	if limit := f.process.Limits().MaxFuel; limit > 0 {
		n = min(n, max(0, limit-int64(f.used)))
	}
	f.allowance, f.begun = int32(n), now
	return f.allowance
}

// adapt makes allowances last some part of a slice.
func (f *fuel) adapt(took time.Duration) {
	switch {
	case took > sliceTime/2:
		f.size = max(smallestAllowance, f.size*int64(sliceTime/4)/int64(took))
	case took < sliceTime/8:
		f.size = min(largestAllowance, f.size*2)
	}
}

// settle charges what was used of the allowance, of which left remains.
func (f *fuel) settle(left int32) {
	f.used += uint64(int64(f.allowance) - int64(left))
	f.allowance = 0
	due := f.used - f.charged
	f.charged = f.used
	f.process.Checkpoint(due)
}

// charge charges work of the host's.
func (f *fuel) charge(units uint64) {
	f.used += units
	f.charged += units
	f.process.Checkpoint(units)
}

// waited begins the slice anew: the process was suspended within a host function.
func (f *fuel) waited() { f.begun, f.slice = time.Time{}, time.Time{} }
