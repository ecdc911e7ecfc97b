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
	Name    string         // registered for it before it runs; "" for none
	// OnExit is called once the process has ended and everything of it is
	// freed, on the executor: it must not block.
	OnExit func(mailbox.PID, *mailbox.Exit)
}

// Start starts a process; its errors are those of process.Peers.Spawn. It
// blocks while the entry is prepared.
func (s *Scheduler) Start(ctx context.Context, r Start) (mailbox.PID, error) {
	t, err := s.stranger(ctx, r)
	if err != nil {
		s.refused.count(err)
		return "", err
	}
	if r.Name != "" {
		if err := t.adopt(r.Name); err != nil {
			t.unmake()
			return "", err
		}
	}
	t.onExit = r.OnExit
	s.launch(t, nil)
	return t.pid, nil
}

// stranger makes a task that no process spawns.
func (s *Scheduler) stranger(ctx context.Context, r Start) (*task, error) {
	if r.Program != nil {
		return s.prepare(r.Entry, r.Group, r.Program, r.Limits, r.Args)
	}
	prog, limits, err := s.resolve(ctx, r.Entry)
	if err != nil {
		return nil, err
	}
	t, err := s.prepare(r.Entry, r.Group, prog, limits, r.Args)
	if err == nil {
		t.now().tally = s.tallies.of(r.Entry)
	}
	return t, err
}

// Spawn implements process.Peers.
func (t *task) Spawn(r process.Spawn) (mailbox.PID, error) {
	return t.spawn(r, nil)
}

// spawn is Spawn; the EXIT of Monitor goes to in.
func (t *task) spawn(r process.Spawn, in *inbox) (mailbox.PID, error) {
	child, err := t.child(r, in)
	if err != nil {
		return "", err
	}
	t.s.launch(child, t.exec)
	return child.pid, nil
}

// child makes a child of t that is not in the run queue yet. It is known to t
// alone; monitor and link are in place before it can end.
func (t *task) child(r process.Spawn, in *inbox) (*task, error) {
	t.unwindIfDoomed()
	child, err := t.bear(r, in)
	if err != nil {
		t.s.refused.count(err)
	}
	return child, err
}

func (t *task) bear(r process.Spawn, in *inbox) (*task, error) {
	children := t.children.Load()
	if children == nil {
		children = new(atomic.Int64)
		t.children.Store(children)
	}
	if limit := t.now().limits.MaxChildren; limit > 0 && children.Load() >= limit {
		return nil, t.limitError("max_children: the limit is %d processes; %d are alive, and the spawn asked for one more", limit, children.Load())
	}
	if r.Monitor || r.Link || r.Bound {
		if err := t.mayBind(); err != nil {
			return nil, err
		}
	}
	prog, limits, err := t.resolve(r.Entry)
	if err != nil {
		return nil, err
	}
	if r.Service {
		limits = endless(limits)
	}
	child, err := t.s.prepare(r.Entry, r.Group, prog, limits, r.Args)
	if err != nil {
		return nil, err
	}
	child.parent, child.announce, child.service = t.pid, r.Announce, r.Service
	child.now().tally = t.s.tallies.of(r.Entry)
	if r.Name != "" { // from here on others may know it
		if err := child.adopt(r.Name); err != nil {
			child.unmake()
			return nil, err
		}
	}
	if r.Restart {
		child.now().tally.cell(t.exec).restarts.Add(1)
	}
	child.brood = children
	children.Add(1)
	if r.Monitor {
		t.watch(child, t.s.newRef(), "", in)
	}
	if r.Bound {
		t.keep(child)
	}
	if r.Link {
		t.bind(child, "")
	}
	return child, nil
}

// endless are the limits of a service: it inherits no max_execution_ms.
func endless(l process.Limits) process.Limits {
	if l.MaxExecutionMS == 0 {
		l.MaxExecutionMS = -1
	}
	return l
}

// unmake undoes prepare, of a task that nobody knows.
func (t *task) unmake() {
	t.discard(t.now())
	t.g.live.Add(-1)
	t.s.leave()
}

// limitError is the error of a call that would exceed a limit of t's: an error
// that the caller may handle. A process that fails with it has hit its limit.
func (t *task) limitError(format string, args ...any) *mailbox.Error {
	err := mailbox.Errorf(mailbox.LimitHit, format, args...)
	err.Owner = t.pid
	return err
}

// Exec implements process.Peers.
func (t *task) Exec(r process.Spawn) (*mailbox.Exit, error) {
	child, err := t.child(r, nil)
	if err != nil {
		return nil, err
	}
	var exit *mailbox.Exit
	var over atomic.Bool
	child.onExit = func(_ mailbox.PID, e *mailbox.Exit) {
		exit = e
		over.Store(true)
		t.wake(child.exec)
	}
	t.s.launch(child, t.exec)
	for !over.Load() {
		if t.doomed.Load() != nil {
			child.kill(killed)
		}
		t.parkRaw()
	}
	t.unwindIfDoomed()
	return exit, nil
}

// prepare makes a task that nobody knows yet, counted as one of no entry. It undoes everything on an error.
func (s *Scheduler) prepare(entry, groupID string, prog process.Program, limits process.Limits, args []mailbox.Value) (*task, error) {
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
	c, err := s.newCode(g, entry, prog, limits, args)
	if err != nil {
		g.live.Add(-1)
		s.leave()
		return nil, err
	}
	n := s.pids.Add(1)
	t := &task{
		s: s, g: g, serial: n,
		pid:  mailbox.MakePID(s.cfg.Node, g.index, n),
		box:  mailbox.New(g.mailbox(c.limits)),
		born: s.cfg.Clock.Now(),
	}
	t.code.Store(c)
	return t, nil
}

func (s *Scheduler) launch(t *task, from *executor) {
	t.now().tally.cell(from).spawns.Add(1)
	s.procs.add(t.pid, t, nil) // one with a name is there
	if s.stopping.Load() {     // Stop may have looked at the table before t was there
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
