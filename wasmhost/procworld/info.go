package procworld

import (
	"maps"
	"math"
	"slices"

	"wippy/mailbox"
	"wippy/runtime/process"
	"wippy/wasmhost/imports"
)

// states are the cases of the enum process-state.
var states = []string{"starting", "runnable", "running", "waiting", "ending"}

func info(c *imports.Caller, stack []uint64) {
	w := writerAt(c, stack[2], infoSize, infoAlign)
	i, err := described(c, stack)
	if err == nil {
		w.info(payloadAt, &i)
	}
	w.done(err)
}

func limits(c *imports.Caller, stack []uint64) {
	w := writerAt(c, stack[2], limitsSize, resultAlign)
	i, err := described(c, stack)
	for n, limit := range []int64{i.Limits.MaxExecutionMS, i.Limits.MaxFuel, i.Limits.MaxMemory,
		i.Limits.MaxOutput, i.Limits.MaxHandles, i.Limits.MaxChildren} {
		w.u64(payloadAt+8*n, uint64(limit))
	}
	w.done(err)
}

func groups(c *imports.Caller, stack []uint64) {
	w := writerAt(c, stack[2], resultSize, resultAlign)
	i, err := described(c, stack)
	if err == nil {
		texts(&w, payloadAt, i.Groups)
	}
	w.done(err)
}

// described gives what is known of the process that two parameters name.
func described(c *imports.Caller, stack []uint64) (process.Info, error) {
	r := reader{c: c}
	dest := mailbox.PID(r.text(stack[0], stack[1], "the destination"))
	if r.err != nil {
		return process.Info{}, r.err
	}
	i, ok := c.Info(dest)
	if !ok {
		return i, mailbox.NoProcess(dest)
	}
	return i, nil
}

func listProcesses(c *imports.Caller, stack []uint64) {
	w := writerAt(c, stack[3], resultSize, resultAlign)
	r := reader{c: c}
	group := ""
	if option(c, stack[0], "the group") {
		group = process.Qualify(c, r.text(stack[1], stack[2], "the group"))
	}
	var pids []mailbox.PID
	err := r.err
	if err == nil {
		pids, err = c.List(group)
	}
	if err == nil {
		texts(&w, payloadAt, pids)
	}
	w.done(err)
}

// info writes a record process-info.
func (w *writer) info(at int, i *process.Info) {
	w.text(at, string(i.PID))
	w.text(at+8, i.Entry)
	w.text(at+16, i.Group)
	w.b[at+24] = enum(states, i.State)
	w.b[at+25] = byte(flag(i.TrapLinks))
	w.u32(at+28, count(i.Mailbox))
	w.u32(at+32, count(i.Children))
	w.u64(at+40, i.Steps)
	w.u64(at+48, i.Dropped)
	w.u64(at+56, i.Fuel)
	w.u64(at+64, i.Memory)
	w.u64(at+72, i.Peak)
	w.u64(at+80, uint64(max(0, i.Uptime.Nanoseconds())))
	texts(w, at+88, i.Names)
	texts(w, at+96, i.Links)
	refs := slices.Sorted(maps.Keys(i.Monitors))
	w.list(at+104, len(refs), watchSize, watchAlign, func(b []byte, n int) {
		put64(b, uint64(refs[n]))
		w.storeText(b[8:], string(i.Monitors[refs[n]]))
	})
	texts(w, at+112, i.MonitoredBy)
}

func count(n int) uint32 { return uint32(min(max(n, 0), math.MaxUint32)) }

// texts stores a list of strings and writes its address and length.
func texts[T ~string](w *writer, at int, list []T) {
	w.list(at, len(list), textSize, textAlign, func(b []byte, i int) { w.storeText(b, string(list[i])) })
}
