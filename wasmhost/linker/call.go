package linker

import (
	"context"
	"fmt"

	"github.com/tetratelabs/wazero/api"

	"wippy/wasmhost/canon"
	"wippy/wasmhost/imports"
	"wippy/wasmhost/module"
)

// provideCalls makes the modules of host functions, one for each component
// instance whose core code calls any.
func (l *linking) provideCalls(ctx context.Context) error {
	for i := range l.instances {
		of := &l.instances[i]
		if len(of.calls) == 0 {
			continue
		}
		b := l.runtime.NewHostModuleBuilder(providedName)
		for number, c := range of.calls {
			t := l.calls[c].core
			b = b.NewFunctionBuilder().WithGoModuleFunction(l.calls[c].function(c), values(t.Params), values(t.Results)).
				WithName(l.callText(c)).Export(callName(number))
		}
		code, err := b.Compile(ctx)
		if err == nil {
			of.provided, err = l.runtime.InstantiateModule(ctx, code, imports.Anonymous)
		}
		if err != nil {
			return fmt.Errorf("the host's functions: %w", err)
		}
	}
	return nil
}

// callText names a call in traces.
func (p *Plan) callText(index int) string {
	switch c := &p.calls[index]; c.op {
	case callLift, callNever:
		return p.lifts[c.lift].name
	case callHost:
		return c.host.Name
	case resourceNew:
		return "resource.new"
	case resourceRep:
		return "resource.rep"
	}
	return "resource.drop"
}

func values(ts []module.ValType) []api.ValueType {
	vs := make([]api.ValueType, len(ts))
	for i, t := range ts {
		vs[i] = api.ValueType(t)
	}
	return vs
}

// function makes the host function of call number index. What it fails with ends
// the code that called it.
func (c *callPlan) function(index int) api.GoModuleFunc {
	call := c.direct(index)
	return func(ctx context.Context, _ api.Module, stack []uint64) {
		if err := call(instanceOf(ctx), stack); err != nil {
			panic(err)
		}
	}
}

// direct makes what call number index does: stack holds the arguments, and
// afterwards the result.
func (c *callPlan) direct(index int) func(i *Instance, stack []uint64) error {
	of, resource := c.instance, c.resource
	switch c.op {
	case callHost:
		return func(i *Instance, stack []uint64) error { return i.lower(index).Call(i, stack) }
	case callNever:
		return func(*Instance, []uint64) error { return errEnter }
	case callLift:
		return func(i *Instance, stack []uint64) error {
			i.spend(1)
			return i.lower(index).Call(i, stack)
		}
	case resourceNew:
		return func(i *Instance, stack []uint64) error {
			index, err := canon.ResourceNew(i.components[of], i.resources[resource], uint32(stack[0]))
			stack[0] = uint64(index)
			return err
		}
	case resourceRep:
		return func(i *Instance, stack []uint64) error {
			rep, err := canon.ResourceRep(i.components[of], i.resources[resource], uint32(stack[0]))
			stack[0] = uint64(rep)
			return err
		}
	}
	return func(i *Instance, stack []uint64) error {
		i.spend(1)
		return canon.ResourceDrop(i, i.components[of], i.resources[resource], uint32(stack[0]))
	}
}

// errEnter is what a component fails with that calls one which contains it, or which it
// contains: the specification has no such calls for now.
var errEnter = &canon.Trap{Message: "cannot enter component instance"}

// instanceKey is under which the context of a call has the Instance.
type instanceKey struct{}

// instanceOf gives the instance that a call is of: its context, unless that
// is wrapped while modules are instantiated.
func instanceOf(ctx context.Context) *Instance {
	if i, ok := ctx.(*Instance); ok {
		return i
	}
	return ctx.Value(instanceKey{}).(*Instance)
}
