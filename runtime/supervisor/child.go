package supervisor

import (
	"slices"
	"time"

	"wippy/mailbox"
	"wippy/runtime/process"
)

// state is where a child stands.
type state uint8

const (
	idle     state = iota // there is no process, and none is due
	waiting               // its turn to start has not come
	starting              // spawned, and not yet what counts as started
	running
	delayed // a restart is put off
)

// child is one child of a supervisor, in all its lives.
type child struct {
	Child
	serial uint64
	state  state
	up     bool // it shall be running
	halt   bool // its process is to end, at the supervisor's will
	asked  bool // and was told so
	alone  bool // its start waits for nobody else
	gone   bool // it is no child any more
	fresh  bool // it was added by a request, and never ran
	failed bool // it was given up, or ended with an error for good
	done   bool // it ended normally, for good
	ran    bool // it has been running before
	tried  bool // a start was

	pid      mailbox.PID
	since    time.Time      // when it started, or was told to end; zero before
	late     *mailbox.Error // why its start was broken off
	why      *mailbox.Error // what it failed with last
	attempts int            // restarts in a row
	restarts int            // ever
	requires []*child
	users    []*child // that require it

	starts, stops []call // who waits for it to have started or stopped
	bytes         int64  // what the request that added it takes

	due   time.Time // of its deadline
	place int       // among the deadlines, from 1; zero if it has none
}

// add takes a child in, at the end.
func (s *instance) add(spec Child) *child {
	s.serial++
	c := &child{Child: spec, serial: s.serial}
	if !spec.Manual {
		c.up, c.state = true, waiting
	}
	s.children = append(s.children, c)
	if s.spec.Strategy != SimpleOneForOne {
		s.byID[c.ID] = c
	}
	s.dirty = true
	return c
}

// remove forgets a child, whose process is over.
func (s *instance) remove(c *child) {
	c.gone, c.up, c.state = true, false, idle
	for _, r := range c.requires {
		r.users = slices.DeleteFunc(r.users, func(o *child) bool { return o == c })
	}
	s.bytes -= c.bytes
	s.deadlines.clear(c)
	if s.byID[c.ID] == c {
		delete(s.byID, c.ID)
	}
	i := slices.Index(s.children, c)
	if s.spec.Strategy == SimpleOneForOne { // which has no order
		last := len(s.children) - 1
		s.children[i] = s.children[last]
		s.children[last] = nil
		s.children = s.children[:last]
		return
	}
	s.children = slices.Delete(s.children, i, i+1)
	if i < s.high {
		s.high--
	}
	if i < s.low {
		s.low--
	}
}

// spawn starts a child's process.
func (s *instance) spawn(c *child) {
	c.alone, c.asked, c.done, c.late, c.since = false, false, false, nil, time.Time{}
	pid, err := s.ctx.Spawn(process.Spawn{
		Entry: c.Entry, Group: c.Group, Args: c.Args, Name: c.Name,
		Monitor: true, Bound: true, Announce: !c.Ready, Service: c.Service || c.Supervisor, Restart: c.tried,
	})
	c.tried = true
	if err != nil {
		c.state, s.refused = idle, true
		s.startFailed(c, mailbox.AsError(err), true)
		s.ctx.Yield() // a child that fails at once may be tried many times
		return
	}
	c.state, c.pid = starting, pid
	s.byPID[pid] = c
	if d := c.startTimeout(); d > 0 {
		s.deadlines.set(c, s.now().Add(d))
	}
}

// ready hears a child say that it has started. An error with it says that it
// cannot, and so does whatever else is not nil: nobody sends a text along to say
// that all is well.
func (s *instance) ready(c *child, values []mailbox.Value) {
	switch {
	case len(values) == 0 || values[0].IsNil():
		s.started(c)
	case values[0].Err() != nil:
		s.breakOff(c, brief(values[0].Err()))
	case values[0].Kind() == mailbox.KindString:
		s.breakOff(c, brief(mailbox.Errorf(mailbox.Failed, "%s", values[0].Str())))
	default:
		s.breakOff(c, brief(mailbox.Errorf(mailbox.Failed, "it said why it is not ready by %s; expected an error or a text", values[0])))
	}
}

// awaited tells whether it matters that a child, which may be nil, has started:
// one that is to end all the same is not told of.
func (c *child) awaited() bool {
	return c != nil && c.state == starting && c.late == nil && !c.halt
}

func (s *instance) started(c *child) {
	s.deadlines.clear(c)
	c.state, c.since, c.why, c.failed, c.fresh, c.ran = running, s.now(), nil, false, false, true
	s.dirty = true
	s.answerAll(&c.starts, mailbox.String(string(c.pid)), mailbox.String(c.ID))
	if s.spec.Graph {
		s.ctx.Logger().Debug("service started", "service", c.ID, "process", string(c.pid))
	}
}

// breakOff kills a child that is starting; err is why.
func (s *instance) breakOff(c *child, err *mailbox.Error) {
	s.deadlines.clear(c)
	c.late = err
	_ = s.ctx.Terminate(c.pid) // or its EXIT is on its way
}

// overdue sees to a deadline that is over.
func (s *instance) overdue(c *child) {
	s.dirty = true
	switch {
	case c == s.gate, c.halt:
	case c.state == starting:
		s.breakOff(c, mailbox.Errorf(mailbox.Timeout, "it had not started after %v (start_timeout)", c.startTimeout()))
	case c.state == delayed:
		c.state = waiting
		s.startAlone(c)
	}
}

// startAlone starts a waiting child as soon as may be.
func (s *instance) startAlone(c *child) {
	if !s.spec.Graph {
		c.alone = true
		s.solo = append(s.solo, c)
	}
	s.dirty = true
}

// farAway is longer than any node runs.
const farAway = 100 * 365 * 24 * time.Hour

// ask tells a child's process to end; nothing of that waits.
func (s *instance) ask(c *child) {
	c.asked, c.since = true, s.now()
	s.deadlines.clear(c)
	// An error is that it has ended already; its EXIT is on its way.
	switch d := c.shutdown(); d {
	case BrutalKill:
		_ = s.ctx.Terminate(c.pid)
	case Infinity:
		_ = s.ctx.Cancel(c.pid, s.reason, farAway)
	default:
		_ = s.ctx.Cancel(c.pid, s.reason, time.Duration(d))
	}
}

// ended sees to a child's EXIT: nothing of its process is left.
func (s *instance) ended(c *child, exit *mailbox.Exit) {
	s.dirty = true
	before := c.state
	delete(s.byPID, c.pid)
	c.pid, c.state = "", idle
	s.deadlines.clear(c)
	switch {
	case c.halt:
		s.halted(c, exit)
	case before == starting:
		err := brief(exit.Err)
		switch {
		case c.late != nil:
			err = c.late
		case err == nil:
			err = mailbox.Errorf(mailbox.Failed, "it ended before it was ready")
		}
		c.late = nil
		s.startFailed(c, err, false)
	default:
		s.left(c, exit)
	}
}

// halted sees to the end of a child that was to end.
func (s *instance) halted(c *child, exit *mailbox.Exit) {
	d := c.shutdown()
	if exit.Reason == mailbox.ReasonCancelled && c.asked && s.now().Sub(c.since) >= time.Duration(d) {
		s.ctx.Logger().Warn("a child did not end in its time and was killed", "child", c.ID, "shutdown", d.String())
	}
	c.halt, c.asked = false, false
	if c.up && c.Restart != Temporary {
		c.state = waiting
		return
	}
	c.up = false
	s.denyAll(&c.starts, mailbox.Errorf(mailbox.Cancelled, "the child %q was stopped", c.ID))
	if s.phase != closing && (c.fresh || c.Restart == Temporary && !s.spec.Graph || s.spec.Strategy == SimpleOneForOne) {
		s.remove(c)
	}
	s.answerAll(&c.stops, mailbox.Bool(true))
}

// left sees to the end of a child that nobody asked for.
func (s *instance) left(c *child, exit *mailbox.Exit) {
	normal := exit.Reason == mailbox.ReasonNormal
	if c.Restart == Permanent || c.Restart == Transient && !normal {
		err := brief(exit.Err)
		if normal {
			err = mailbox.Errorf(mailbox.Failed, "it ended normally, and is permanent")
		}
		s.again(c, err)
		return
	}
	c.up, c.failed, c.done, c.why = false, !normal, normal, brief(exit.Err)
	if c.Restart == Temporary && !s.spec.Graph || s.spec.Strategy == SimpleOneForOne {
		s.remove(c)
	}
	if c.Significant {
		s.autoShutdown()
	}
}

// autoShutdown ends the supervisor if the end of a significant child does.
func (s *instance) autoShutdown() {
	if s.spec.AutoShutdown == AllSignificant {
		for _, c := range s.children {
			if c.Significant && c.up {
				return
			}
		}
	}
	if s.spec.AutoShutdown != Never {
		s.close(nil)
	}
}
