package scheduler

import (
	"context"
	"strings"
	"sync/atomic"

	"wippy/config"
	"wippy/mailbox"
	"wippy/runtime/process"
)

// Start is a spawn from outside of any process.
type Start struct {
	Entry string
	Group string
	Args  []mailbox.Value
	// Program runs instead of what Resolve gives for Entry, which is then only
	// a name.
	Program process.Program
	Limits  process.Limits // with Program: the limits of its own
	// OnExit is called once the process has ended and everything of it is
	// freed, on the executor: it must not block.
	OnExit func(mailbox.PID, *mailbox.Exit)
}

// Start starts a process; its errors are those of process.Peers.Spawn. It
// blocks while the entry is prepared.
func (s *Scheduler) Start(ctx context.Context, r Start) (mailbox.PID, error) {
	prog, limits := r.Program, r.Limits
	if prog == nil {
		var err error
		if prog, limits, err = s.resolve(ctx, r.Entry); err != nil {
			return "", err
		}
	}
	t, err := s.prepare(r.Entry, r.Group, prog, limits, r.Args)
	if err != nil {
		return "", err
	}
	t.onExit = r.OnExit
	s.launch(t, nil)
	return t.pid, nil
}

// Spawn implements process.Peers.
func (t *task) Spawn(r process.Spawn) (mailbox.PID, error) {
	t.unwindIfDoomed()
	if t.children == nil {
		t.children = new(atomic.Int64)
	}
	if limit := t.limits.MaxChildren; limit > 0 && t.children.Load() >= limit {
		return "", mailbox.Errorf(mailbox.LimitHit, "max_children: %d of %d children are alive", limit, limit)
	}
	prog, limits, err := t.resolve(r.Entry)
	if err != nil {
		return "", err
	}
	child, err := t.s.prepare(r.Entry, r.Group, prog, limits, r.Args)
	if err != nil {
		return "", err
	}
	child.brood = t.children
	t.children.Add(1)
	if r.Monitor {
		t.watch(child, t.s.newRef())
	}
	t.s.launch(child, t.exec)
	return child.pid, nil
}

// prepare makes a task that nobody knows yet. It undoes everything on an error.
func (s *Scheduler) prepare(entry, groupID string, prog process.Program, limits process.Limits, args []mailbox.Value) (_ *task, err error) {
	g, err := s.group(groupID)
	if err != nil {
		return nil, err
	}
	if !s.join() {
		return nil, mailbox.Errorf(mailbox.Unavailable, "the node is stopping")
	}
	if err := g.admit(); err != nil {
		s.leave()
		return nil, err
	}
	defer func() {
		if p := recover(); p != nil {
			err = mailbox.Errorf(mailbox.Internal, "fault in the host: %v", p)
		}
		if err != nil {
			g.live.Add(-1)
			s.leave()
		}
	}()
	limits = limits.Under(g.Limits).Under(s.cfg.Limits)
	proc, err := prog.New(args, limits)
	if err != nil {
		return nil, err
	}
	n := s.pids.Add(1)
	return &task{
		s: s, g: g, serial: n, entry: entry, space: namespace(entry), prog: prog, proc: proc, limits: limits,
		pid:  mailbox.MakePID(s.cfg.Node, g.index, n),
		box:  mailbox.New(g.Mailbox),
		born: s.cfg.Clock.Now(),
	}, nil
}

func (s *Scheduler) launch(t *task, from *executor) {
	s.procs.add(t)
	if s.stopping.Load() { // Stop may have looked at the table before t was there
		t.kill(killed)
	}
	s.ready(t, fresh, from)
}

// namespace is what an entry's ID has before the colon; "" for the path of a
// script, which may hold a colon too.
func namespace(entry string) string {
	before, _, ok := strings.Cut(entry, ":")
	if !ok || strings.ContainsAny(entry, `/\`) {
		return ""
	}
	return before
}

// didYouMean gives the nearest of the known IDs as the end of a message.
func didYouMean(id string, known []string) string {
	if near := config.Nearest(id, known); near != "" {
		return "; did you mean \"" + near + "\"?"
	}
	if len(known) == 0 {
		return ""
	}
	return "; there are " + strings.Join(known, ", ")
}
