package scheduler

import (
	"cmp"
	"slices"
	"time"

	"wippy/mailbox"
)

// Stats is what a node did since it was started, and what it has now. What counts
// up never shrinks from one Stats to the next.
type Stats struct {
	Entries []EntryStats // sorted by Entry; the first one, "", has all that is of no entry
	Groups  []GroupStats // sorted by Group

	Processes int            // that live, those that are being spawned included
	States    map[string]int // of the living, by Info's State; every state is there
	Stopping  bool

	Refused map[mailbox.ErrorKind]uint64 // spawns that failed

	Executors int          // how many processes run at one moment
	Idle      int          // executors that have nothing to do
	Turns     uint64       // times that a process was given an executor
	Overruns  uint64       // looks, every 10 ms, that found a process running since the last one
	Slices    Distribution // how long processes ran at a time, of one turn in SliceSample

	IO        PoolStats
	Abandoned uint64 // functions that ignored their cancelled context, and outlived their process
}

// EntryStats is about the processes of one entry, while they are of that.
type EntryStats struct {
	Entry    string
	Spawned  uint64
	Exited   map[mailbox.Reason]uint64 // every reason that there can be
	Restarts uint64                    // of Spawned, by supervisors: see process.Spawn
	Came     uint64                    // that went on as this entry by an upgrade
	Went     uint64                    // that went on as another
	Fuel     uint64                    // used
	Events   uint64                    // that came to their mailboxes
	Alive    int
	Memory   uint64 // bytes that the living hold
}

// GroupStats is about one process group.
type GroupStats struct {
	Group        string
	Processes    int // that live, those that are being spawned included
	MaxProcesses int // zero: no bound
	Runnable     int // that wait for a worker in the run queue
	Workers      int
	Running      int    // workers that run a process
	Waiting      int    // events in all mailboxes
	Longest      int    // events in the fullest one
	Dropped      uint64 // messages lost to the mailboxes' overflow policy
	Rejected     uint64 // messages refused for want of room; their senders know
}

// PoolStats is about the I/O pool.
type PoolStats struct {
	Max     int    // calls that run at one moment
	Running int    // abandoned ones not included
	Waiting int    // that wait for a place
	Calls   uint64 // begun
}

// Stats counts. It looks at every living process, which takes a fraction of a
// microsecond for each, and holds none of the locks that they share for longer
// than finding a part of them takes. One call runs at a time.
func (s *Scheduler) Stats() Stats {
	s.counting.Lock()
	defer s.counting.Unlock()
	st := Stats{
		Processes: s.Live(), Stopping: s.stopping.Load(),
		States:  map[string]int{},
		Refused: map[mailbox.ErrorKind]uint64{},
		IO:      s.pool.stats(), Abandoned: uint64(s.abandoned.Load()),
		Executors: len(s.queue.executors), Idle: int(s.queue.idle.Load()),
		Overruns: s.overruns.Load(),
	}
	for i, k := range kinds {
		st.Refused[k] = s.refused[i].Load()
	}
	for _, e := range s.queue.executors {
		st.Turns += e.turns.Load()
		st.Slices.add(e.slices.Snapshot())
	}
	seen := s.countLiving(&st)
	entries := map[*tally]*EntryStats{s.tallies.bare: {}}
	for entry, ta := range *s.tallies.all.Load() {
		entries[ta] = &EntryStats{Entry: entry}
	}
	for ta, es := range entries {
		ta.total(es)
	}
	// Whoever has ended, or gone on as another entry, is in its tally, now or soon. It was marked before: so
	// nothing is counted twice, and what is missed for a moment is there next time.
	for _, l := range seen {
		if es := entries[l.as.tally]; es != nil && l.t.state.Load() != ended && l.t.now() == l.as {
			es.Alive++
			es.Memory += l.memory
			es.Fuel += l.fuel
			es.Events += l.events
		}
	}
	for ta, es := range entries {
		ta.fuel, ta.events = max(ta.fuel, es.Fuel), max(ta.events, es.Events)
		es.Fuel, es.Events = ta.fuel, ta.events
		st.Entries = append(st.Entries, *es)
	}
	slices.SortFunc(st.Entries, func(a, b EntryStats) int { return cmp.Compare(a.Entry, b.Entry) })
	return st
}

// living is what a process had when it was looked at.
type living struct {
	t                    *task
	as                   *code
	fuel, events, memory uint64
}

// countLiving goes through the living processes: it sets States and Groups, and
// gives what each of them has.
func (s *Scheduler) countLiving(st *Stats) (seen []living) {
	groups := map[*group]*GroupStats{}
	s.groupsMu.RLock()
	for _, g := range s.groups {
		groups[g] = &GroupStats{Group: g.ID, Processes: int(g.live.Load()), MaxProcesses: g.MaxProcesses, Workers: g.Workers,
			Dropped: g.dropped.Load(), Rejected: g.rejected.Load()}
	}
	s.groupsMu.RUnlock()
	s.queue.mu.Lock()
	for g, gs := range groups {
		gs.Running = g.running
		for c := range classes {
			gs.Runnable += g.runnable[c].len
		}
	}
	s.queue.mu.Unlock()
	for _, name := range stateNames {
		st.States[name] = 0
	}
	ts := s.procs.all()
	seen = make([]living, len(ts))
	for i, t := range ts {
		now := t.now() // first: what is used afterwards is not less
		seen[i] = living{t: t, as: now, fuel: t.fuel.Load() - now.fuel, events: t.box.Posted() - now.events, memory: t.measured().Memory}
		st.States[t.stateName()]++
		if gs := groups[t.g]; gs != nil { // else it is of a group that came after
			n := t.box.Len()
			gs.Waiting += n
			gs.Longest = max(gs.Longest, n)
		}
	}
	for _, gs := range groups {
		st.Groups = append(st.Groups, *gs)
	}
	slices.SortFunc(st.Groups, func(a, b GroupStats) int { return cmp.Compare(a.Group, b.Group) })
	return seen
}

// total sets what was counted so far.
func (ta *tally) total(es *EntryStats) {
	es.Exited = make(map[mailbox.Reason]uint64, len(reasons))
	for i := range ta.cells {
		c := &ta.cells[i]
		for j, r := range reasons {
			es.Exited[r] += c.exits[j].Load()
		}
		es.Fuel += c.fuel.Load()
		es.Events += c.events.Load()
		es.Restarts += c.restarts.Load()
		es.Went += c.went.Load()
	}
	// After the ends: nobody can have ended that was not spawned.
	for i := range ta.cells {
		es.Spawned += ta.cells[i].spawns.Load()
		es.Came += ta.cells[i].came.Load()
	}
}

// SliceSample is one in how many turns is timed for Slices: looking at the clock
// twice would cost as much as the switch to a process. It is a prime, so that
// processes which take turns are all looked at.
const SliceSample = 61

// sliceBounds are those of Slices. Slices end after about a millisecond.
var sliceBounds = []time.Duration{
	time.Microsecond, 10 * time.Microsecond, 100 * time.Microsecond, 250 * time.Microsecond, 500 * time.Microsecond,
	time.Millisecond, 2500 * time.Microsecond, 5 * time.Millisecond, 10 * time.Millisecond, 25 * time.Millisecond, 100 * time.Millisecond,
}

// sliceTimer times one turn in SliceSample, for one executor.
type sliceTimer struct {
	skip   int // turns before the next one that is timed
	sample bool
	began  time.Time
}

// begin is called before a turn. The one before may have had no end: its
// process's Go code called runtime.Goexit.
func (st *sliceTimer) begin() {
	st.skip--
	if st.sample = st.skip < 0; st.sample {
		st.skip, st.began = SliceSample-1, time.Now()
	}
}

// end is called after it.
func (st *sliceTimer) end(h *Histogram) {
	if st.sample {
		h.Observe(time.Since(st.began))
	}
}
