package runtime

import (
	"iter"
	"sync/atomic"
	"time"

	"wippy/runtime/process"
	"wippy/runtime/scheduler"
)

// Stats is what a node did since it was started, and what it has now. What
// counts up never shrinks from one Stats to the next.
type Stats struct {
	scheduler.Stats
	// Compiled is how long compilations took, by the kind of entry, those of
	// scripts and bare modules included. A binary's code that is in the cache, or
	// serves another entry already, is not made again.
	Compiled map[string]scheduler.Distribution
	// CompileErrors is how many of them failed.
	CompileErrors map[string]uint64
}

// Stats counts; what it costs is said at [scheduler.Scheduler.Stats]. Before
// Start there is nothing to count but compilations. It may be called from any
// goroutine, once Start has returned or while it is not called.
func (rt *Runtime) Stats() Stats {
	var st Stats
	if rt.sched != nil {
		st.Stats = rt.sched.Stats()
	}
	st.Compiled = map[string]scheduler.Distribution{}
	st.CompileErrors = map[string]uint64{}
	for kind, c := range rt.compiles {
		st.Compiled[kind] = c.took.Snapshot()
		st.CompileErrors[kind] = c.failed.Load()
	}
	return st
}

// Processes describes every living process, the oldest first. Which there are is
// found out at the first one, what they are like at each: one that has ended
// meanwhile is left out. The caller may take as long as it likes. Before Start
// there are none.
func (rt *Runtime) Processes() iter.Seq[process.Summary] {
	if rt.sched == nil {
		return func(func(process.Summary) bool) {}
	}
	return rt.sched.Summaries()
}

// compiles counts the compilations of one kind.
type compiles struct {
	took   *scheduler.Histogram
	failed atomic.Uint64
}

// compileBounds are those of Compiled: Lua takes microseconds, a large component seconds.
var compileBounds = []time.Duration{
	time.Millisecond, 5 * time.Millisecond, 25 * time.Millisecond, 100 * time.Millisecond, 500 * time.Millisecond,
	2500 * time.Millisecond, 10 * time.Second, 30 * time.Second,
}

func newCompiles() *compiles { return &compiles{took: scheduler.NewHistogram(compileBounds...)} }

// compiled counts a compilation of a kind that has just ended. It looks at the
// machine's clock: compiling takes real time whatever the node's says.
func (rt *Runtime) compiled(kind string, began time.Time, err error) {
	c := rt.compiles[kind]
	c.took.Observe(time.Since(began))
	if err != nil {
		c.failed.Add(1)
	}
}

// Live is the number of processes that live, those that are being spawned included.
func (rt *Runtime) Live() int {
	if rt.sched == nil {
		return 0
	}
	return rt.sched.Live()
}

// Stopping tells that Stop was called: the node takes no spawns any more.
func (rt *Runtime) Stopping() bool { return rt.sched != nil && rt.sched.Stopping() }

// Uptime is how long ago the runtime was made, by its clock.
func (rt *Runtime) Uptime() time.Duration { return rt.opts.clock.Now().Sub(rt.started) }
