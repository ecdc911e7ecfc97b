package scheduler

import (
	"maps"
	"sync"
	"sync/atomic"

	"wippy/mailbox"
)

// reasons are how processes of this node end, in the order of tallyCell.exits.
var reasons = [...]mailbox.Reason{mailbox.ReasonNormal, mailbox.ReasonError, mailbox.ReasonKilled,
	mailbox.ReasonCancelled, mailbox.ReasonLimit}

// tally counts what happened to the processes of one entry, while they ran as
// that, since the node was started. Each executor has a cell of its own, so that two that spawn and end
// processes of the same entry do not pass a cache line to and fro; the first cell
// is everybody else's.
type tally struct {
	cells []tallyCell
	// What the last Stats said; guarded by counting.
	fuel, events uint64
}

type tallyCell struct {
	spawns   atomic.Uint64
	restarts atomic.Uint64 // of spawns
	came     atomic.Uint64 // by upgrades
	went     atomic.Uint64
	exits    [len(reasons)]atomic.Uint64
	fuel     atomic.Uint64 // of those that have ended, or gone
	events   atomic.Uint64 // that came to those that have ended, or gone
	_        [128 - (6+len(reasons))*8]byte
}

// cell gives the one that belongs to an executor, or to who is on none.
func (ta *tally) cell(e *executor) *tallyCell {
	if e == nil {
		return &ta.cells[0]
	}
	return &ta.cells[e.number]
}

// ended counts an end. The task has freed all that it had, and its state is ended.
func (ta *tally) ended(t *task, e *mailbox.Exit) {
	c := ta.cell(t.exec)
	c.fuel.Add(t.fuel.Load() - t.now().fuel)
	c.events.Add(t.box.Posted() - t.now().events)
	for i, r := range reasons {
		if r == e.Reason {
			c.exits[i].Add(1)
		}
	}
}

// took counts that a task goes on as ta's entry, which ran old before. It runs the
// new code already.
func (ta *tally) took(t *task, old *code) {
	now, c := t.now(), old.tally.cell(t.exec)
	c.fuel.Add(now.fuel - old.fuel)
	c.events.Add(now.events - old.events)
	c.went.Add(1)
	ta.cell(t.exec).came.Add(1)
}

// tallies are those of all entries that had processes. The map is replaced when
// there is one more, which is rare, so that looking one up takes no lock.
type tallies struct {
	bare *tally // of the programs that are no entries
	all  atomic.Pointer[map[string]*tally]
	mu   sync.Mutex // held by who replaces the map
	size int        // cells
}

func (ts *tallies) init(executors int) {
	ts.size = executors + 1
	ts.bare = ts.make()
	ts.all.Store(&map[string]*tally{})
}

func (ts *tallies) make() *tally { return &tally{cells: make([]tallyCell, ts.size)} }

// of gives the tally of an entry. Entries are what Resolve knows, so there are
// only as many as the application declares.
func (ts *tallies) of(entry string) *tally {
	if ta := (*ts.all.Load())[entry]; ta != nil {
		return ta
	}
	ts.mu.Lock()
	defer ts.mu.Unlock()
	old := *ts.all.Load()
	if ta := old[entry]; ta != nil {
		return ta
	}
	more := maps.Clone(old)
	more[entry] = ts.make()
	ts.all.Store(&more)
	return more[entry]
}

// kinds are the errors of spawns by kind, in the order of refusals; extensions' own are the last.
var kinds = [...]mailbox.ErrorKind{mailbox.Invalid, mailbox.NotFound, mailbox.NoProc, mailbox.Unavailable,
	mailbox.Denied, mailbox.Timeout, mailbox.LimitHit, mailbox.Failed, mailbox.Internal, "other"}

// refusals counts spawns that failed, by the error's kind.
type refusals [len(kinds)]atomic.Uint64

func (r *refusals) count(err error) {
	kind := mailbox.AsError(err).Kind
	for i, k := range kinds {
		if k == kind || i == len(kinds)-1 {
			r[i].Add(1)
			return
		}
	}
}
