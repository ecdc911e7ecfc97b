package procworld

import (
	"wippy/mailbox"
	"wippy/wasmhost/imports"
)

// member reads the group and the process of a membership, five parameters; that
// is the caller where there is none.
func (r *reader) member(stack []uint64) (string, mailbox.PID) {
	name, dest := r.text(stack[0], stack[1], "the group"), r.c.Self()
	if option(r.c, stack[2], "the destination") {
		dest = mailbox.PID(r.text(stack[3], stack[4], "the destination"))
	}
	return name, dest
}

func groupJoin(c *imports.Caller, stack []uint64) {
	w := writerAt(c, stack[5], resultSize, resultAlign)
	r := reader{c: c}
	name, dest := r.member(stack)
	err := r.err
	if err == nil {
		err = c.JoinGroup(name, dest)
	}
	w.done(err)
}

func groupLeave(c *imports.Caller, stack []uint64) {
	r := reader{c: c}
	name, dest := r.member(stack)
	stack[0] = flag(r.err == nil && c.LeaveGroup(name, dest))
}

func groupMembers(c *imports.Caller, stack []uint64) {
	w := writerAt(c, stack[2], listSize, listAlign)
	r := reader{c: c}
	texts(&w, 0, c.GroupMembers(r.text(stack[0], stack[1], "the group")))
	w.flush()
}

func groupBroadcast(c *imports.Caller, stack []uint64) {
	w := writerAt(c, stack[6], resultSize, resultAlign)
	r := reader{c: c}
	name := r.text(stack[0], stack[1], "the group")
	topic := r.text(stack[2], stack[3], "the topic")
	values := r.values(stack[4], stack[5], "the values")
	taken, err := 0, r.err
	if err == nil {
		taken, err = c.Broadcast(name, topic, values)
	}
	w.u32(payloadAt, count(taken))
	w.done(err)
}

func groupMonitor(c *imports.Caller, stack []uint64) {
	w := writerAt(c, stack[2], resultSize, resultAlign)
	r := reader{c: c}
	name := r.text(stack[0], stack[1], "the group")
	err := r.err
	if err == nil {
		var ref mailbox.Ref
		var pids []mailbox.PID
		if ref, pids, err = c.MonitorGroup(name); err == nil {
			w.u64(payloadAt, uint64(ref))
			texts(&w, payloadAt+8, pids)
		}
	}
	w.done(err)
}

func groupDemonitor(c *imports.Caller, stack []uint64) {
	stack[0] = flag(c.DemonitorGroup(mailbox.Ref(stack[0])))
}
