package wasmhost

import (
	"errors"

	"wippy/mailbox"
	"wippy/wasmhost/canon"
	"wippy/wasmhost/trap"
)

// explain turns an error of the engine's into one for people: a trap is of
// kind Failed and has the guest's frames, a fault of the host is Internal.
func (p *Program) explain(err error) *mailbox.Error {
	if e := trap.ReadFault(err); e != nil {
		return e
	}
	if t, ok := errors.AsType[*canon.Trap](err); ok {
		return &mailbox.Error{Kind: mailbox.Failed, Message: trap.Prefix + t.Message, Cause: err}
	}
	e, start := trap.Read(err)
	if start {
		e.Message = p.startName() + ": " + e.Message
	}
	e.Trace = trap.Names{Module: p.info, Meter: p.meter}.Frames(e.Trace)
	return e
}

// startName names what is called first of all as errors do.
func (p *Program) startName() string {
	if !p.info.HasStart {
		return "instantiation" // metering has the elements put into tables
	}
	return "start function " + p.info.FuncName(p.info.Start)
}
