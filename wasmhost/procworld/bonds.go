package procworld

import (
	"wippy/mailbox"
	"wippy/wasmhost/imports"
)

func monitor(c *imports.Caller, stack []uint64) {
	w := writerAt(c, stack[2], resultSize, resultAlign)
	r := reader{c: c}
	to := r.text(stack[0], stack[1], "the destination")
	var ref mailbox.Ref
	err := r.err
	if err == nil {
		ref, err = c.Monitor(mailbox.PID(to))
	}
	w.u64(payloadAt, uint64(ref))
	w.done(err)
}

func unmonitor(c *imports.Caller, stack []uint64) {
	stack[0] = flag(c.Demonitor(mailbox.Ref(stack[0])))
}

func unmonitorAll(c *imports.Caller, stack []uint64) {
	r := reader{c: c}
	stack[0] = flag(c.DemonitorAll(mailbox.PID(r.text(stack[0], stack[1], "the destination"))))
}

func link(c *imports.Caller, stack []uint64) {
	w := writerAt(c, stack[2], resultSize, resultAlign)
	r := reader{c: c}
	to := r.text(stack[0], stack[1], "the destination")
	err := r.err
	if err == nil {
		err = c.Link(mailbox.PID(to))
	}
	w.done(err)
}

func unlink(c *imports.Caller, stack []uint64) {
	r := reader{c: c}
	stack[0] = flag(c.Unlink(mailbox.PID(r.text(stack[0], stack[1], "the destination"))))
}

func trapLinks(c *imports.Caller, stack []uint64) { c.TrapLinks(uint32(stack[0]) != 0) }
