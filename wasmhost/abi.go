package wasmhost

import (
	"context"
	"errors"
	"fmt"

	"wippy/mailbox"
	"wippy/runtime/process"
	"wippy/wasmhost/canon"
	"wippy/wasmhost/imports"
	"wippy/wasmhost/module"
	"wippy/wasmhost/wit"
)

// A core module whose exports follow the canonical ABI takes and gives values of
// every type of WIT but resources: strings and lists lie in its memory, where
// cabi_realloc makes room for what it is given; a result that is more than one
// core value is behind the pointer that the export returns. cabi_post_NAME, which
// frees what NAME returned, is not called: the memory goes with the process, and
// bindings never have it do more.

// postPrefix begins the names of the exports that free what others returned.
const postPrefix = "cabi_post_"

// abi is a method of the canonical ABI.
type abi struct{ plan *canon.Func }

// match finds out how the values of a signature map to an export of type core: a
// plan where the canonical ABI is needed, nil where each is a core value. Several
// results are several core values, if the export has them, else a tuple.
// message says what is wrong, "" if nothing is.
func match(f wit.Func, core module.FuncType) (plan *canon.Func, message string) {
	flat, bad := flatten(f)
	if bad == "" && flat.String() == core.String() {
		return nil, ""
	}
	one := f
	if t := f.Result(); t != nil {
		one.Results = []wit.Param{{Type: t}}
	}
	plan, err := canon.NewCompiler().Func(&one)
	if err != nil {
		return nil, err.Error()
	}
	want := plan.LiftType()
	if want.String() == core.String() {
		return plan, ""
	}
	expected := want.String()
	if bad == "" && flat.String() != expected {
		expected = flat.String() + ", or " + expected
	}
	return nil, fmt.Sprintf("%s is %s, but the export is %s", f, expected, core)
}

// needs reports what a plan of the function that is exported as name needs of
// the module and does not find, and gives the abi.
func (ps *problems) needs(src Source, info *module.Module, f wit.Func, name string, plan *canon.Func) *abi {
	at := fmt.Sprintf("%d:%d: ", f.Line, f.Col)
	memory, realloc := plan.LiftNeeds()
	if memory && len(info.Memories) == 0 {
		ps.add("wit", fmt.Sprintf("%s%s has no memory, where values of %s lie", at, src.Name, f.Name), "")
	}
	if realloc {
		ps.checkExport(at, src, info, imports.Realloc, reallocType, fmt.Sprintf("from which %s takes memory for its arguments", f.Name), true)
	}
	ps.checkExport(at, src, info, postPrefix+name, module.FuncType{Params: plan.LiftType().Results}, "which frees what "+f.Name+" returns", false)
	return &abi{plan: plan}
}

// checkExport reports an export that is not there but must, or is of another
// type, and tells whether it is there.
func (ps *problems) checkExport(at string, src Source, info *module.Module, name string, want module.FuncType, why string, must bool) bool {
	e := info.Export(name)
	if e == nil || e.Kind != module.Func {
		if must {
			ps.add("wit", fmt.Sprintf("%s%s exports no function %s, %s", at, src.Name, name, why), "export one of type "+want.String())
		}
		return false
	}
	if t, ok := info.FuncType(e.Index); ok && t.String() != want.String() {
		ps.add("wit", fmt.Sprintf("%s%s exports %s as %s, %s; expected %s", at, src.Name, name, t, why, want), "")
	}
	return true
}

// moduleFunc is an export as the canonical ABI calls it: the method, or cabi_realloc.
type moduleFunc struct {
	of   *instance
	name string
}

var _ canon.CoreFunc = (*moduleFunc)(nil)

// CallWithStack implements canon.CoreFunc.
func (f *moduleFunc) CallWithStack(_ context.Context, stack []uint64) error {
	t := f.of
	if f.name == t.program.method {
		t.rest()
		return t.call(t.process, t.fn, stack)
	}
	err := t.call(t.process, t.function(&t.realloc, f.name), stack)
	if err != nil {
		return &callError{f.name, err}
	}
	return nil
}

// callError is an error of what was called beside the method.
type callError struct {
	function string
	cause    error
}

func (e *callError) Error() string { return e.function + ": " + e.cause.Error() }

func (e *callError) Unwrap() error { return e.cause }

// callABI calls the method as the canonical ABI has it.
func (t *instance) callABI(ctx process.Context) (process.Result, error) {
	a := t.program.abi
	t.process = ctx
	store := &canon.Store{Work: func(_ context.Context, units uint64) { t.tank.Account.Charge(units) }}
	options := &canon.Options{Instance: store.NewInstance(nil, 0), Memory: t.mod.Memory(), Realloc: &moduleFunc{t, imports.Realloc}}
	lifted := canon.Lifted{Plan: a.plan, Options: options, Core: &moduleFunc{t, t.program.method}}
	t.broken = true
	v, err := lifted.Call(&t.tank, t.args)
	if err != nil {
		t.broken = true // a call within it went well
		return process.Result{}, err
	}
	t.broken = false
	return resultOf(a.plan.Type, v, a.plan.Outcome), nil
}

// stoppedABI is stopped for what callABI failed with.
func (t *instance) stoppedABI(ctx process.Context, err error) *mailbox.Error {
	if c, ok := errors.AsType[*callError](err); ok {
		return t.stopped(ctx, c.cause, c.function)
	}
	if e, ok := err.(*mailbox.Error); ok {
		return e
	}
	return t.stopped(ctx, err, "")
}
