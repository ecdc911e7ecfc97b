package linker

import (
	"context"
	"strconv"
	"strings"

	"github.com/tetratelabs/wazero/api"

	"wippy/wasmhost/canon"
	"wippy/wasmhost/meter"
)

// coreNumber reads what a core instance is called in renamed imports.
func coreNumber(name string) (int, bool) {
	digits, ok := strings.CutPrefix(name, corePrefix)
	if !ok {
		return 0, false
	}
	n, err := strconv.Atoi(digits)
	return n, err == nil
}

// coreFunc is a core function that canonical definitions call. The engine's
// function, dear to make, is made at the first call.
type coreFunc struct {
	of      *Instance
	ref     coreRef
	fn      api.Function
	busy    bool
	realloc bool
}

var _ canon.CoreFunc = (*coreFunc)(nil)

// CallWithStack implements canon.CoreFunc.
func (f *coreFunc) CallWithStack(_ context.Context, stack []uint64) error {
	i := f.of
	if f.ref.core < 0 {
		return i.callDirectly(f.ref.call, stack)
	}
	if f.realloc {
		i.spend(1) // what is copied there is charged by who copies
	}
	if f.busy { // one of the engine's functions has one stack
		return i.run(f.ref.core, i.cores[f.ref.core].mod.ExportedFunction(f.ref.name), stack)
	}
	if f.fn == nil {
		mod := i.cores[f.ref.core].mod
		if mod == nil {
			return errEnter // it is being made
		}
		f.fn = mod.ExportedFunction(f.ref.name)
	}
	f.busy = true
	err := i.run(f.ref.core, f.fn, stack)
	f.busy = false
	return err
}

// callDirectly is a call of what core code would call without core code: a
// lowered function that is lifted.
func (i *Instance) callDirectly(call int, stack []uint64) error {
	c := &i.plan.calls[call]
	return c.direct(call)(i, stack)
}

const (
	// leastRoom is the stack that every call has, however deep within others.
	leastRoom = meter.DefaultStack >> 7
)

// run calls core code. stack holds its arguments and receives its results.
func (i *Instance) run(core int, fn api.Function, stack []uint64) error {
	rooms := i.plan.cores[core].rooms
	saved := len(i.saved)
	if len(rooms) > 0 {
		i.giveRoom(rooms)
	}
	i.depth++
	err := fn.CallWithStack(i, stack)
	i.depth--
	if err != nil {
		return i.fail(core, err)
	}
	for n, c := range rooms {
		if i.depth > 0 && i.cores[c].room != nil {
			i.cores[c].room.Set(i.saved[saved+n])
		}
	}
	i.saved = i.saved[:saved]
	return nil
}

// giveRoom gives a call its room on the stack, and remembers what calls around it
// have. Calls within calls have stacks of their own, and less the deeper they
// are; modules that share a stack share the room.
func (i *Instance) giveRoom(rooms []int) {
	room := roomAt(i.depth, len(rooms))
	for _, c := range rooms {
		was := uint64(0)
		if g := i.cores[c].room; g != nil { // else it is not made yet
			if i.depth > 0 {
				was = g.Get()
			}
			g.Set(room)
		}
		i.saved = append(i.saved, was)
	}
}

// roomAt is the room on the stack, in bytes, of each of so many modules that share it, in a
// call within depth others.
func roomAt(depth, modules int) uint64 {
	room := uint64(max(leastRoom, meter.DefaultStack>>min(depth, 31)))
	return max(leastRoom, room*2/uint64(modules+1))
}
