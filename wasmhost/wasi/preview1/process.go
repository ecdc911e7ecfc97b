package preview1

import (
	"math"
	"time"

	"wippy/mailbox"
	"wippy/runtime/process"
	"wippy/wasmhost/imports"
	"wippy/wasmhost/wasi/poll"
	"wippy/wasmhost/wasi/world"
)

func argsGet(x *call, a []uint64) errno      { return x.strings(x.World.Args, a) }
func argsSizesGet(x *call, a []uint64) errno { return x.sizes(x.World.Args, a) }

func environGet(x *call, a []uint64) errno      { return x.strings(environ(x.World), a) }
func environSizesGet(x *call, a []uint64) errno { return x.sizes(environ(x.World), a) }

// environ gives the environment as preview 1 has it: the working directory is
// a variable, unless there is one of that name.
func environ(w *world.World) []string {
	const cwd = "PWD"
	list := make([]string, 0, len(w.Env)+1)
	has := w.CWD == ""
	for _, v := range w.Env {
		has = has || v.Name == cwd
		list = append(list, v.Name+"="+v.Value)
	}
	if !has {
		list = append(list, cwd+"="+w.CWD)
	}
	return list
}

// sizes writes how many strings there are, and their bytes with a NUL each.
func (x *call) sizes(list []string, a []uint64) errno {
	count, bytes := x.out(a[0], 4), x.out(a[1], 4)
	le.PutUint32(count, uint32(len(list)))
	le.PutUint32(bytes, uint32(sizeOf(list)))
	return success
}

func sizeOf(list []string) (n int) {
	for _, s := range list {
		n += len(s) + 1
	}
	return n
}

// strings writes the addresses of strings, and the strings, each with a NUL.
func (x *call) strings(list []string, a []uint64) errno {
	at := uint32(a[1])
	pointers, text := x.out(a[0], uint32(4*len(list))), x.out(a[1], uint32(sizeOf(list)))
	for _, s := range list {
		le.PutUint32(pointers, at)
		n := copy(text, s)
		text[n] = 0
		pointers, text, at = pointers[4:], text[n+1:], at+uint32(n+1)
	}
	return success
}

// The clocks. Those of processor time are not supported.
const (
	realtime  = 0
	monotonic = 1
)

func clockResGet(x *call, a []uint64) errno {
	out := x.out(a[1], 8)
	if id := uint32(a[0]); id != realtime && id != monotonic {
		return einval
	}
	le.PutUint64(out, 1)
	return success
}

func clockTimeGet(x *call, a []uint64) errno {
	out := x.out(a[2], 8)
	switch uint32(a[0]) {
	case realtime:
		now := x.Clock().Now()
		ns := now.UnixNano()
		if now.Before(time.Unix(0, 0)) || now.After(time.Unix(0, math.MaxInt64)) {
			return eoverflow
		}
		le.PutUint64(out, uint64(ns))
	case monotonic:
		le.PutUint64(out, x.World.Monotonic(x))
	default:
		return einval
	}
	return success
}

// deadline is when a clock shows a time, or has gone on by it.
func (x *call) deadline(clock uint32, ns uint64, absolute bool) (*poll.Deadline, errno) {
	switch {
	case clock != realtime && clock != monotonic:
		return nil, einval
	case !absolute:
		return poll.After(x.Clock(), world.Duration(ns)), success
	case clock == monotonic:
		return x.World.AtMonotonic(x, ns), success
	}
	return poll.At(x.Clock(), time.Unix(int64(ns/1e9), int64(ns%1e9))), success
}

func randomGet(x *call, a []uint64) errno {
	if err := x.World.Random(x, x.View(uint32(a[0]), uint32(a[1]), "a buffer")); err != nil {
		return eio
	}
	return success
}

func schedYield(x *call, _ []uint64) errno {
	x.Yield()
	return success
}

// procRaise has no signals to send.
func procRaise(*call, []uint64) errno { return enotsup }

// procExit ends the process with the guest's code.
func procExit(c *imports.Caller, stack []uint64) {
	r := process.Result{Code: int(uint32(stack[0])), HasCode: true}
	if r.Code != 0 {
		r.Err = mailbox.Errorf(mailbox.Failed, "exit code %d", r.Code)
	}
	c.Exit(r)
}
