package procworld

import (
	"wippy/mailbox"
	"wippy/runtime/process"
	"wippy/wasmhost/imports"
)

func cancel(c *imports.Caller, stack []uint64) {
	w := writerAt(c, stack[6], resultSize, resultAlign)
	r := reader{c: c}
	to := r.text(stack[0], stack[1], "the destination")
	reason := r.text(stack[2], stack[3], "the reason")
	grace := process.DefaultGrace
	if d := timeout(c, stack[4], stack[5]); d >= 0 {
		grace = d
	}
	err := r.err
	if err == nil {
		err = c.Cancel(mailbox.PID(to), reason, grace)
	}
	w.done(err)
}

func terminate(c *imports.Caller, stack []uint64) {
	w := writerAt(c, stack[2], resultSize, resultAlign)
	r := reader{c: c}
	to := r.text(stack[0], stack[1], "the destination")
	err := r.err
	if err == nil {
		err = c.Terminate(mailbox.PID(to))
	}
	w.done(err)
}

func exit(c *imports.Caller, stack []uint64) {
	r := reader{c: c}
	values := r.values(stack[0], stack[1], "the values")
	if r.err != nil {
		c.Trap("exit: %v", r.err)
	}
	c.Exit(process.Result{Values: values})
}

// fail ends the process with an error. A limit of the process's own is known by
// what was said of it: the guest had nothing but a text to keep.
func fail(c *imports.Caller, stack []uint64) {
	r := reader{c: c}
	kind := mailbox.Failed
	switch n := uint32(stack[0]); {
	case n < uint32(len(errorKinds)):
		kind = errorKinds[n]
	case n > uint32(len(errorKinds)):
		c.Trap("the error's kind: %d is no case of error-kind, which has %d", n, len(errorKinds)+1)
	}
	e := &mailbox.Error{Kind: kind, Retryable: uint32(stack[1]) != 0, Message: r.text(stack[2], stack[3], "the error's message")}
	e.Value = r.flatValue(stack[4], stack[5], stack[6], "the error's value")
	if r.err != nil {
		c.Trap("fail: %v", r.err)
	}
	if e.Kind == mailbox.LimitHit && (c.Refused == nil || c.Refused.Message != e.Message) {
		e.Kind = mailbox.Failed // it was another process that reached its limit
	}
	c.Exit(process.Result{Err: e})
}
