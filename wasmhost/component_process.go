package wasmhost

import (
	"context"
	"errors"

	"wippy/mailbox"
	"wippy/runtime/process"
	"wippy/wasmhost/imports"
	"wippy/wasmhost/linker"
	"wippy/wasmhost/wasi/cli"
	"wippy/wasmhost/wasi/http"
	"wippy/wasmhost/wasi/iface"
	"wippy/wasmhost/wit"
)

// componentProcess is one process of a component. It is the context of its
// instance, so that the host's functions find their caller. Only Memory and Peak
// are called from other goroutines.
type componentProcess struct {
	context.Context
	program  *componentProgram
	export   *linker.Export // that it calls
	serving  *http.Serving  // what a handler has; else nil
	instance *linker.Instance
	caller   imports.Caller
	args     []mailbox.Value // by position
	ended    *imports.Exit   // the guest ended itself, maybe before its function was called
}

var (
	_ process.Process  = (*componentProcess)(nil)
	_ process.Measured = (*componentProcess)(nil)
)

// Value implements context.Context.
func (t *componentProcess) Value(key any) any {
	if _, ok := key.(imports.Key); ok {
		return &t.caller
	}
	return nil
}

// as gives the context that the guest has.
func (t *componentProcess) as(ctx process.Context) process.Context {
	if t.serving != nil {
		return t.serving.Context(ctx)
	}
	return ctx
}

// Init implements process.Process: it makes the instance, and runs the start
// functions of its modules.
func (t *componentProcess) Init(ctx process.Context) error {
	ctx = t.as(ctx)
	t.caller.Context = ctx
	ready := false
	defer func() {
		if !ready { // Step, which flushes as well, is not called
			t.caller.Output.Flush(ctx)
		}
	}()
	err := t.instance.Start(ctx)
	if end, ok := errors.AsType[*imports.Exit](err); ok {
		t.ended, err = end, nil
	}
	ready = err == nil
	return err
}

// Step implements process.Process: it calls the function.
func (t *componentProcess) Step(ctx process.Context) (process.Result, process.Status) {
	defer t.caller.Output.Flush(ctx)
	if t.ended != nil {
		return t.ended.Result, process.Done
	}
	if t.serving != nil {
		t.args = t.serving.Args(iface.Of(t))
	}
	v, err := t.instance.CallLast(t.export, t.args)
	if end, ok := errors.AsType[*imports.Exit](err); ok {
		return end.Result, process.Done
	}
	if err != nil {
		return process.Fail(err), process.Done
	}
	if t.serving != nil {
		return process.Result{}, process.Done
	}
	return t.program.result(v), process.Done
}

func (p *componentProgram) result(v mailbox.Value) process.Result {
	if p.command {
		_, failed := p.export.Outcome(v)
		return cli.Ended(failed)
	}
	return resultOf(&p.export.Type, v, p.export.Outcome)
}

// resultOf says what a function's result makes of its process (SPEC section 3,
// "Values"): the error of a WIT result is the process's. outcome is canon's.
func resultOf(f *wit.Func, v mailbox.Value, outcome func(mailbox.Value) (mailbox.Value, bool)) process.Result {
	of := f.Result()
	if of == nil {
		return process.Result{}
	}
	payload, failed := outcome(v)
	switch {
	case failed:
		return process.Result{Err: guestError(f.Name, payload, of.Err)}
	case of.Kind == wit.Result && of.OK == nil:
		return process.Result{}
	}
	return process.Result{Values: []mailbox.Value{payload}}
}

// maxErrorText bounds the text of an error that is a compound value, in bytes.
const maxErrorText = 1000

// guestError makes the error of a process whose method returned one: a string is
// the message, anything else is shown as a value of WIT.
func guestError(method string, v mailbox.Value, t *wit.Type) *mailbox.Error {
	e := &mailbox.Error{Kind: mailbox.Failed, Value: v}
	switch {
	case t == nil:
		e.Message = method + " returned an error"
	case t.Kind == wit.String || t.Kind == wit.Enum:
		e.Message = v.Str()
	default:
		e.Message = wit.FormatShort(v, t, maxErrorText)
	}
	return e
}

// Close implements process.Process.
func (t *componentProcess) Close() {
	_ = t.instance.Close() // the host's resources do not fail
	if t.caller.World != nil {
		t.caller.World.Close()
		iface.Release(&t.caller)
	}
}

// Memory implements process.Measured.
func (t *componentProcess) Memory() uint64 { return t.instance.Memory() }

// Peak implements process.Measured.
func (t *componentProcess) Peak() uint64 { return t.instance.Peak() }
