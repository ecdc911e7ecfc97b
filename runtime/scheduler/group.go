package scheduler

import (
	"fmt"
	goruntime "runtime"
	"slices"
	"sync/atomic"

	"wippy/mailbox"
	"wippy/runtime/process"
)

// Group configures a process group (SPEC section 2, process.host).
type Group struct {
	ID string
	// Workers is how many of its processes run at one moment; zero means GOMAXPROCS.
	Workers int
	// MaxProcesses is how many may live; a spawn beyond it fails with a
	// retryable error. Zero means no bound.
	MaxProcesses int
	// Mailbox bounds the mailboxes of its processes.
	Mailbox mailbox.Config
	// Limits hold below its entries' own.
	Limits process.Limits
	// Terminal is the standard streams; nil for a group that is no terminal.
	Terminal *process.Terminal
}

type group struct {
	Group
	index uint32
	live  atomic.Int64

	// Messages that found no room: those that were lost, and those whose sender knows.
	dropped, rejected atomic.Uint64

	// The rest belongs to the run queue and is guarded by its mutex.
	runnable [classes]taskList
	favoured [classes]int // processes of each class taken since one of a worse class had its turn
	running  int          // executors that are in this group
	ready    bool         // stands in the run queue's list of groups
	after    *group       // its successor there
}

// AddGroup makes a group known. Its ID must be new.
func (s *Scheduler) AddGroup(cfg Group) error {
	if cfg.Workers <= 0 {
		cfg.Workers = goruntime.GOMAXPROCS(0)
	}
	s.groupsMu.Lock()
	defer s.groupsMu.Unlock()
	if _, ok := s.groups[cfg.ID]; ok {
		return fmt.Errorf("process group %q exists already", cfg.ID)
	}
	s.groups[cfg.ID] = &group{Group: cfg, index: uint32(len(s.groups) + 1)}
	return nil
}

// Groups gives the IDs of all groups, sorted.
func (s *Scheduler) Groups() []string {
	s.groupsMu.RLock()
	defer s.groupsMu.RUnlock()
	ids := make([]string, 0, len(s.groups))
	for id := range s.groups {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

func (s *Scheduler) group(id string) (*group, error) {
	s.groupsMu.RLock()
	g := s.groups[id]
	s.groupsMu.RUnlock()
	if g == nil {
		return nil, mailbox.Errorf(mailbox.NotFound, "there is no process group %q%s", mailbox.Shown(id), didYouMean(id, s.Groups()))
	}
	return g, nil
}

// leastMailbox is what a mailbox may hold at least, in bytes, however little
// memory its process may.
const leastMailbox = 1 << 20

// mailbox configures a process's mailbox: with a max_memory, that is what may
// wait for it to be received, too.
func (g *group) mailbox(l process.Limits) mailbox.Config {
	cfg := g.Mailbox
	cfg.Drops = &g.dropped
	if l.MaxMemory > 0 {
		cfg.Bytes = min(max(l.MaxMemory, leastMailbox), mailbox.DefaultBytes)
	}
	return cfg
}

// admit takes a place in the group, or says that it is full.
func (g *group) admit() error {
	if n := g.live.Add(1); g.MaxProcesses > 0 && n > int64(g.MaxProcesses) {
		g.live.Add(-1)
		return mailbox.Errorf(mailbox.Unavailable, "process group %q is full: %d of %d processes (max_processes)", g.ID, g.MaxProcesses, g.MaxProcesses)
	}
	return nil
}
