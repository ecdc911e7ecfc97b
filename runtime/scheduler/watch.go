package scheduler

import "time"

// longSlice is how long a process may run before it is told to hurry. Kinds end
// their slices by counting work, far sooner; this is for work whose cost they
// cannot tell, such as one instruction that copies a hundred megabytes.
const longSlice = 10 * time.Millisecond

// watch marks processes that have an executor for long. It looks at the real
// clock, as slices take real time whatever the node's clock says, and sleeps
// while no executor has work.
func (s *Scheduler) watch() {
	defer close(s.watched)
	tick := time.NewTimer(longSlice)
	defer tick.Stop()
	seen := make([]uint64, len(s.queue.executors))
	for {
		if int(s.queue.idle.Load()) == len(seen) {
			select {
			case <-s.queue.busy:
			case <-s.done:
				return
			}
		}
		tick.Reset(longSlice)
		select {
		case <-tick.C:
		case <-s.done:
			return
		}
		for i, e := range s.queue.executors {
			turns := e.turns.Load()
			if t := e.current.Load(); t != nil && turns == seen[i] {
				s.overruns.Add(1)
				t.urgent.Store(true) // if it has just been relieved, the next yields once more
			}
			seen[i] = turns
		}
	}
}
