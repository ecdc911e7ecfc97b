package linker

import (
	"errors"
	"strings"

	"wippy/mailbox"
	"wippy/wasmhost/canon"
	"wippy/wasmhost/trap"
)

// failure is how core code ended that did not return, on its way through
// whatever called it: at each level the frames are added.
type failure struct {
	e     *mailbox.Error
	cause error
}

// Error is one line, since it gets into the text of the engine's errors.
func (f *failure) Error() string { return "core code failed" }

// Unwrap gives the error of a host function.
func (f *failure) Unwrap() error { return f.cause }

// fail makes a failure of an error of the engine's, which running a core
// instance came to. A process that is to end, or to go on as another entry, does
// not return from it; what it used counts.
func (i *Instance) fail(core int, err error) error {
	i.settle()
	code := &i.plan.codes[i.plan.cores[core].code]
	e, start := trap.Read(err)
	frames := i.plan.frames(code.names.Frames(e.Trace))
	f, within := errors.AsType[*failure](err)
	if !within {
		f = &failure{cause: err}
		if f.e = classify(err); f.e == nil {
			f.e = e
			if start {
				e.Message = "start function " + code.names.Module.FuncName(code.names.Module.Start) + ": " + e.Message
			}
		}
		f.e.Trace = nil
	}
	f.e.Trace = append(f.e.Trace, frames...)
	return f
}

// frames names the component's functions in a trace.
func (p *Plan) frames(trace []string) []string {
	for i, line := range trace {
		if rest, ok := strings.CutPrefix(line, providedName+"."); ok {
			if at := strings.LastIndexByte(rest, '('); at >= 0 {
				rest = rest[:at]
			}
			trace[i] = "component function " + rest
		}
	}
	return trace
}

// classify makes an error of what is not the engine's: of the canonical ABI's
// and of host functions. It is nil for what is.
func classify(err error) *mailbox.Error {
	if t, ok := errors.AsType[*canon.Trap](err); ok {
		return &mailbox.Error{Kind: mailbox.Failed, Message: trap.Prefix + t.Message, Cause: err}
	}
	if e, ok := errors.AsType[*mailbox.Error](err); ok {
		own := *e
		own.Cause = err
		return &own
	}
	return nil
}

// explain turns what a call came to into an error for people.
func (p *Plan) explain(err error) *mailbox.Error {
	if f, ok := errors.AsType[*failure](err); ok {
		if f.e.Cause == nil {
			f.e.Cause = f.cause
		}
		return f.e
	}
	if e := trap.ReadFault(err); e != nil {
		return e
	}
	if e := classify(err); e != nil {
		return e
	}
	return &mailbox.Error{Kind: mailbox.Failed, Message: err.Error(), Cause: err}
}
