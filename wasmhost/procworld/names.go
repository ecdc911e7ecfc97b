package procworld

import (
	"wippy/mailbox"
	"wippy/wasmhost/imports"
)

func register(c *imports.Caller, stack []uint64) {
	w := writerAt(c, stack[5], resultSize, resultAlign)
	r := reader{c: c}
	name := r.text(stack[0], stack[1], "the name")
	to := c.Self()
	if option(c, stack[2], "the destination") {
		to = mailbox.PID(r.text(stack[3], stack[4], "the destination"))
	}
	err := r.err
	if err == nil {
		err = c.Register(name, to)
	}
	w.done(err)
}

func lookup(c *imports.Caller, stack []uint64) {
	w := writerAt(c, stack[2], maybeTextSize, maybeTextAlign)
	r := reader{c: c}
	name := r.text(stack[0], stack[1], "the name")
	if pid, ok := c.Lookup(name); ok && r.err == nil {
		w.b[0] = 1
		w.text(maybeTextAt, string(pid))
	}
	w.flush()
}

func unregister(c *imports.Caller, stack []uint64) {
	w := writerAt(c, stack[2], resultSize, resultAlign)
	r := reader{c: c}
	name := r.text(stack[0], stack[1], "the name")
	err := r.err
	if err == nil {
		err = c.Unregister(name)
	}
	w.done(err)
}
