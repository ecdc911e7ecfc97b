package scheduler

import (
	"cmp"
	"context"
	"iter"
	"maps"
	"slices"

	"wippy/mailbox"
	"wippy/runtime/process"
)

// listedAtOnce is how many processes Info and List look through on the worker.
// More are listed off it: nothing can interrupt that.
const listedAtOnce = 4096

// Info implements process.Peers.
func (t *task) Info(dest mailbox.PID) (info process.Info, found bool) {
	t.unwindIfDoomed()
	target := t.s.find(dest)
	if target == nil || t.co == nil || !target.bound(listedAtOnce) {
		return t.s.Info(dest)
	}
	err := t.Await(func(context.Context) error {
		info, found = t.s.Info(dest)
		return nil
	})
	return info, found && err == nil
}

// bound tells whether the task has more than n links and monitors, its own and
// others'.
func (t *task) bound(n int) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	n -= len(t.links) + len(t.watching)
	for _, in := range t.openInboxes() {
		n -= len(in.watching)
	}
	for m := t.watchers; m != nil && n >= 0; m = m.next {
		n--
	}
	return n < 0
}

// Info describes a living process.
func (s *Scheduler) Info(dest mailbox.PID) (process.Info, bool) {
	t := s.find(dest)
	if t == nil {
		return process.Info{}, false
	}
	info := t.measured()
	now := t.now()
	info.PID, info.Entry, info.Group, info.Parent, info.Limits = t.pid, now.entry, t.g.ID, t.parent, now.limits
	info.State = t.stateName()
	info.Steps = t.steps.Load()
	info.Mailbox, info.Dropped = t.box.Len(), t.box.Dropped()
	info.Fuel = t.fuel.Load()
	info.Uptime = s.cfg.Clock.Now().Sub(t.born)
	if n := t.children.Load(); n != nil {
		info.Children = int(n.Load())
	}
	var links, watchers []*task
	var watching []*monitor
	t.mu.Lock() // as short as may be: lists only
	info.Names = slices.Clone(t.names)
	info.Groups = slices.Sorted(maps.Keys(t.circles))
	info.TrapLinks = t.trap
	for _, l := range t.links {
		links = append(links, l.peer)
	}
	for _, m := range t.watching {
		watching = append(watching, m)
	}
	for _, in := range t.openInboxes() {
		info.Mailbox += in.box.Len()
		info.Dropped += in.box.Dropped()
		for _, m := range in.watching {
			watching = append(watching, m)
		}
	}
	for m := t.watchers; m != nil; m = m.next {
		watchers = append(watchers, m.watcher)
	}
	t.mu.Unlock()
	if len(watching) > 0 {
		info.Monitors = make(map[mailbox.Ref]mailbox.PID, len(watching))
		for _, m := range watching {
			info.Monitors[m.ref] = m.target.pid
		}
	}
	info.Links, info.MonitoredBy = pids(links), pids(watchers)
	return info, true
}

// Summaries describes every living process, the oldest first. Which there are is
// found out at the first one, what they are like at each: one that has ended
// meanwhile is left out. The caller may take as long as it likes.
func (s *Scheduler) Summaries() iter.Seq[process.Summary] {
	return func(yield func(process.Summary) bool) {
		ts := s.procs.all()
		slices.SortFunc(ts, func(a, b *task) int { return cmp.Compare(a.serial, b.serial) })
		for i, t := range ts {
			ts[i] = nil // which keeps a process that has ended in memory
			if t.state.Load() != ended && !yield(t.summary()) {
				return
			}
		}
	}
}

func (t *task) summary() process.Summary {
	m := t.measured()
	sum := process.Summary{
		PID: t.pid, Entry: t.now().entry, Group: t.g.ID, State: t.stateName(), Steps: t.steps.Load(),
		Mailbox: t.box.Len(), Dropped: t.box.Dropped(), Fuel: t.fuel.Load(), Memory: m.Memory, Peak: m.Peak,
		Uptime: t.s.cfg.Clock.Now().Sub(t.born),
	}
	if n := t.children.Load(); n != nil {
		sum.Children = int(n.Load())
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	sum.Names = slices.Clone(t.names)
	sum.Links, sum.Monitors = len(t.links), len(t.watching)
	return sum
}

// measured gives the part of an Info that the process itself knows.
func (t *task) measured() (info process.Info) {
	if m, ok := t.now().proc.(process.Measured); ok {
		info.Memory, info.Peak = m.Memory(), m.Peak()
	}
	info.Peak = max(info.Peak, t.peak.Load())
	return info
}

// pids gives the PIDs of tasks, the oldest first, each once.
func pids(ts []*task) []mailbox.PID {
	slices.SortFunc(ts, func(a, b *task) int { return cmp.Compare(a.serial, b.serial) })
	ts = slices.Compact(ts)
	pids := make([]mailbox.PID, len(ts))
	for i, t := range ts {
		pids[i] = t.pid
	}
	return pids
}

// stateNames are what stateName gives.
var stateNames = []string{"starting", "runnable", "running", "waiting", "ending"}

func (t *task) stateName() string {
	switch {
	case t.doomed.Load() != nil || t.waning.Load():
		return "ending"
	case !t.begun.Load():
		return "starting"
	}
	switch t.state.Load() {
	case queued:
		return "runnable"
	case parked:
		return "waiting"
	case ended:
		return "ending"
	}
	return "running"
}

// List implements process.Peers.
func (t *task) List(group string) (pids []mailbox.PID, err error) {
	t.unwindIfDoomed()
	if t.s.Live() <= listedAtOnce || t.co == nil {
		return t.s.List(group)
	}
	err = t.Await(func(context.Context) (err error) {
		pids, err = t.s.List(group)
		return err
	})
	return pids, err
}

// List gives the living processes of a group, oldest first, or of all for "".
func (s *Scheduler) List(groupID string) ([]mailbox.PID, error) {
	if groupID != "" {
		if _, err := s.group(groupID); err != nil {
			return nil, err
		}
	}
	var ts []*task
	for _, t := range s.procs.all() {
		if groupID == "" || t.g.ID == groupID {
			ts = append(ts, t)
		}
	}
	return pids(ts), nil
}

// Waiting is the number of processes that wait to be woken.
func (s *Scheduler) Waiting() int {
	n := 0
	for _, t := range s.procs.all() {
		if t.state.Load() == parked {
			n++
		}
	}
	return n
}
