package luamod

import (
	glua "github.com/yuin/gopher-lua"

	"wippy/lua"
	"wippy/runtime/process"
)

// How much work goes between two looks at the process's fate, and between two
// turns of others. A byte is work of about ten nanoseconds.
const (
	checkpointBytes = 8 << 10
	yieldBytes      = 64 << 10
	bytesPerFuel    = 64 // as SPEC section 2 charges bulk instructions
)

// Meter counts the work of a Go function that computes for long, so that its
// process pays for it, others get their turn, and a kill takes effect. It
// belongs to one call, in the process's coroutine.
type Meter struct {
	ctx        process.Context
	checkpoint int // bytes since the last
	yield      int
}

// NewMeter makes the meter of a call.
func NewMeter(L *glua.LState) *Meter { return &Meter{ctx: lua.From(L).Context()} }

// Bytes counts n bytes of work that was done or is about to be. It may end the
// slice and, when the process was killed or is out of fuel, does not return.
func (m *Meter) Bytes(n int) {
	m.checkpoint += n
	if m.checkpoint < checkpointBytes {
		return
	}
	m.ctx.Checkpoint(uint64(m.checkpoint / bytesPerFuel))
	m.yield += m.checkpoint
	m.checkpoint = 0
	if m.yield >= yieldBytes {
		m.yield = 0
		m.ctx.Yield()
	}
}
