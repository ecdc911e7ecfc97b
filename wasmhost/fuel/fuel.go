// Package fuel shares a worker between guests: an [Account] charges a process
// for what its guest code used, lets others run when its slice is over, and
// says how much it may use before it is asked again. Package meter has guest
// code ask. Whoever runs the code is the [Source] in the context of its calls.
package fuel

import (
	"context"
	"errors"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"wippy/runtime/process"
	"wippy/wasmhost/meter"
)

// sliceTime is how long a guest runs before others have their turn.
const sliceTime = time.Millisecond

// An allowance is a small part of a slice, since a unit may cost anything
// from a third of a nanosecond to microseconds, and the guest that was cheap
// so far may become dear at any turn: the largest bounds what it can do then
// before it is seen that it should end.
const (
	FirstAllowance    = 1 << 12
	SmallestAllowance = 1 << 7
	LargestAllowance  = 1 << 13
)

// ErrOverflow is what a guest's call fails with that used up its stack.
var ErrOverflow = errors.New("call stack exhausted")

// Source gives guests fuel.
type Source interface {
	// Next is called by a guest, the module mod, that has used up its allowance:
	// of it left, less than none, remains. It gives the next, and does not
	// return if the process is to end.
	Next(mod api.Module, left int32) int32
}

// Key is under which the context of a guest's calls has the Source.
type Key struct{}

// Provide gives an engine the functions that metered modules import.
func Provide(ctx context.Context, engine wazero.Runtime) error {
	i32 := []api.ValueType{api.ValueTypeI32}
	_, err := engine.NewHostModuleBuilder(meter.DefaultModule).
		NewFunctionBuilder().WithGoModuleFunction(api.GoModuleFunc(yield), i32, i32).Export(meter.Yield).
		NewFunctionBuilder().WithGoFunction(api.GoFunc(overflow), nil, nil).Export(meter.Overflow).
		Instantiate(ctx)
	return err
}

// yield is called by a guest that used up its allowance, and gives the next.
func yield(ctx context.Context, mod api.Module, stack []uint64) {
	s := ctx.Value(Key{}).(Source)
	stack[0] = uint64(uint32(s.Next(mod, int32(stack[0]))))
}

func overflow(context.Context, []uint64) { panic(ErrOverflow) }

// Account is what one process has used and may use. One goroutine uses it at a
// time.
type Account struct {
	process process.Context
	used    uint64    // units, of allowances that are over
	charged uint64    // of those, what the process has paid for
	size    int64     // of the next allowance, unless little is left
	begun   time.Time // when the last was given; zero if the process waited since
	slice   time.Time // when the slice began; zero if it does with the next allowance
}

// Init makes an account of a process, which may have used fuel before it was upgraded.
func (a *Account) Init(ctx process.Context) {
	*a = Account{process: ctx, size: FirstAllowance}
	if ctx.Limits().MaxFuel > 0 {
		a.used = ctx.FuelUsed()
		a.charged = a.used
	}
}

// Next charges what was used of an allowance, of which left, less than none,
// remains, lets others run if the slice is over, and gives the next. others is
// what may still be used of allowances that were given besides. An allowance of
// zero is none that was given.
func (a *Account) Next(allowance, left int32, others int64) int32 {
	now := time.Now()
	if a.slice.IsZero() {
		a.slice = now
	}
	if allowance > 0 && !a.begun.IsZero() {
		a.adapt(now.Sub(a.begun))
	}
	a.Settle(allowance, left)
	now = a.turn(now)
	n := a.size
	if limit := a.process.Limits().MaxFuel; limit > 0 {
		n = min(n, max(0, limit-int64(a.used)-others))
	}
	a.begun = now
	return int32(n)
}

// Turn charges what is booked, and lets others run if the slice is over. A
// process that is to end does not return from it.
func (a *Account) Turn() {
	now := time.Now()
	if a.slice.IsZero() {
		a.slice = now
	}
	a.Settle(0, 0)
	a.turn(now)
}

// turn lets others run if the slice is over, and gives the time after that.
func (a *Account) turn(now time.Time) time.Time {
	if now.Sub(a.slice) >= sliceTime || a.process.Urgent().Load() {
		a.process.Yield()
		now = time.Now()
		a.slice = now
	}
	return now
}

// Scarce tells that the next allowance may be less than it would be without
// max_fuel, or without the others that were given.
func (a *Account) Scarce(others int64) bool {
	limit := a.process.Limits().MaxFuel
	return limit > 0 && limit-int64(a.used)-others < 2*LargestAllowance
}

// adapt makes allowances last some part of a slice.
func (a *Account) adapt(took time.Duration) {
	switch {
	case took > sliceTime/2:
		a.size = max(SmallestAllowance, a.size*int64(sliceTime/4)/int64(took))
	case took < sliceTime/8:
		a.size = min(LargestAllowance, a.size*2)
	}
}

// Use books what was used of an allowance of which left remains. It is paid
// for at the next Settle or Next.
func (a *Account) Use(allowance, left int32) { a.used += uint64(int64(allowance) - int64(left)) }

// Settle charges what was used of an allowance, of which left remains, and what
// is booked. A process that is to end does not return from it.
func (a *Account) Settle(allowance, left int32) {
	a.Use(allowance, left)
	due := a.used - a.charged
	a.charged = a.used
	a.process.Checkpoint(due)
}

// Charge charges work of the host's.
func (a *Account) Charge(units uint64) {
	a.used += units
	a.charged += units
	a.process.Checkpoint(units)
}

// Share lets others run if the process has run for long by the clock. A
// process that is to end does not return from it.
func (a *Account) Share() {
	if a.process.Urgent().Load() {
		a.process.Yield()
		a.Waited()
	}
}

// Waited begins the slice anew: the process was suspended within a host function.
func (a *Account) Waited() { a.begun, a.slice = time.Time{}, time.Time{} }
