// Package supervisor is supervision as in Erlang/OTP: processes that start
// others in order, restart those that fail, stop them in the reverse order, and
// give up, for their own supervisor to decide, when that does not help.
//
// [Spec] says what is supervised and how; [New] makes a [process.Program] of it.
// A supervisor is a process like any other: it has a PID, a group and limits, it
// is listed, monitored, cancelled and killed. Its children are bound to it
// (process.Spawn.Bound): they end with it, whichever way it ends, and its EXIT
// comes after everything of theirs is freed. So no restart, of a child or of a
// whole tree, ever meets what is left of the one before.
//
// It asks nothing of its node but its process.Context, and waits in one place
// only, for the next event or deadline: while a child takes its time to start or
// to stop, it answers requests and sees the ends of others. Requests are
// messages, which any process may send (see request.go); the Lua module
// supervisor is written against them.
//
// [SupervisorKind] and [ServiceKind] are the kinds of entry, and [Services] makes
// of an application's services the Spec of the one that starts them all.
package supervisor

import (
	"time"

	"wippy/mailbox"
	"wippy/runtime/process"
)

// ProgramEntry is the ID of the program that takes its specification as an
// argument: see Dynamic.
const ProgramEntry = "wippy:supervisor"

// Program makes supervisors of one specification.
type Program struct {
	spec      Spec
	catalogue Catalogue
}

var _ process.Program = (*Program)(nil)

// New makes a program of a specification. The catalogue is for children that
// are added later; it may be nil.
//
// # Errors
//
// Kind Invalid for a specification that makes no sense.
func New(spec Spec, catalogue Catalogue) (*Program, error) {
	spec.Children = append([]Child(nil), spec.Children...)
	if err := spec.complete(0); err != nil {
		return nil, err
	}
	return &Program{spec, catalogue}, nil
}

// New implements process.Program. A supervisor takes no arguments but one that
// is true: if it cannot start, it unlinks its parent first. Who called for it is
// told by other means then, and need not end.
func (p *Program) New(args []mailbox.Value, _ process.Limits) (process.Process, error) {
	s := newInstance(p.spec, p.catalogue)
	s.tactful = len(args) == 1 && args[0].Bool()
	if len(args) > 0 && !s.tactful {
		return nil, mailbox.Errorf(mailbox.Invalid, "argument 1: a supervisor takes no arguments; its entry says all")
	}
	return s, nil
}

// Straight implements process.Program.
func (p *Program) Straight() bool { return false }

// Dynamic is the program of supervisors that are given their specification when
// they are spawned, as a table.
type Dynamic struct{ Catalogue Catalogue }

var _ process.Program = Dynamic{}

// New implements process.Program. The second argument is as Program's first.
func (d Dynamic) New(args []mailbox.Value, _ process.Limits) (process.Process, error) {
	if len(args) == 0 {
		return nil, mailbox.Errorf(mailbox.Invalid, "argument 1: expected a supervisor's specification, got nothing")
	}
	spec, err := DecodeSpec(args[0], d.Catalogue)
	if err != nil {
		return nil, within("argument 1", err)
	}
	s := newInstance(spec, d.Catalogue)
	s.tactful = len(args) > 1 && args[1].Bool()
	return s, nil
}

// Straight implements process.Program.
func (d Dynamic) Straight() bool { return false }

// phase is how far a supervisor has come.
type phase uint8

const (
	opening phase = iota // its children start for the first time
	open
	closing // its children are stopped; nothing starts any more
)

// instance is one supervisor. It belongs to its process's coroutine.
type instance struct {
	spec      Spec
	catalogue Catalogue
	tactful   bool
	ctx       process.Context

	phase   phase
	failure *mailbox.Error // what it ends with, once it is closing
	reason  string         // what its children are told then

	children []*child // in the order in which they are started
	byID     map[string]*child
	byPID    map[mailbox.PID]*child
	serial   uint64 // of the child that was added last
	bytes    int64  // what the children take that requests added

	// What is to be done in order. All below high are settled, or on their way
	// by themselves; none from low up is still to be stopped.
	dirty      bool
	refused    bool // a spawn was; others have their say before the next
	high, low  int
	recovering bool     // a group of children is restarted
	gate       *child   // stands in the deadlines for a group's restart that is put off
	solo       []*child // to be started without regard to others

	deadlines deadlines
	restarts  []time.Time // within the period
	opened    []call      // who waits for the end of opening
	waiting   int         // callers that wait for an answer
	events    int         // since others had their turn
}

func newInstance(spec Spec, catalogue Catalogue) *instance {
	return &instance{
		spec: spec, catalogue: catalogue, reason: "the supervisor stops",
		byID: map[string]*child{}, byPID: map[mailbox.PID]*child{}, gate: &child{}, dirty: true,
	}
}

// Init implements process.Process: it starts the children. So a supervisor has
// started when they have.
func (s *instance) Init(ctx process.Context) error {
	s.ctx = ctx
	ctx.TrapLinks(true)
	if s.spec.Strategy != SimpleOneForOne {
		for _, c := range s.spec.Children {
			s.add(c)
		}
	}
	if s.spec.Graph {
		s.resolve()
	}
	for s.phase == opening {
		s.turn()
	}
	for !s.over() && s.phase == closing {
		s.turn()
	}
	why := s.failure
	if why == nil {
		why = stopping()
	}
	s.denyAll(&s.opened, why) // nothing is left of its children
	if s.failure == nil {
		return nil
	}
	if s.tactful {
		ctx.Unlink(ctx.Parent())
	}
	return s.failure
}

// Step implements process.Process.
func (s *instance) Step(process.Context) (process.Result, process.Status) {
	for !s.over() {
		s.turn()
	}
	return process.Result{Err: s.failure}, process.Done
}

// Close implements process.Process.
func (s *instance) Close() {}

// over tells whether there is nothing left to do.
func (s *instance) over() bool { return s.phase == closing && len(s.byPID) == 0 }

// sliceEvents is how many events are seen to before others have their turn:
// whoever floods a supervisor with messages shall not hold its executor.
const sliceEvents = 64

// turn does what there is to do, and sees to the next event or deadline.
func (s *instance) turn() {
	before := s.phase
	s.advance()
	if s.over() || s.phase != before {
		return
	}
	now := s.now()
	if c := s.deadlines.over(now); c != nil {
		s.overdue(c)
		return
	}
	wait := s.deadlines.left(now)
	if s.dirty {
		wait = 0
	}
	e := s.ctx.Receive(nil, wait)
	if e == nil {
		return
	}
	s.ctx.Checkpoint(1)
	s.handle(e)
	if s.events++; s.events >= sliceEvents || s.ctx.Urgent().Load() {
		s.events = 0
		s.ctx.Yield()
	}
}

func (s *instance) now() time.Time { return s.ctx.Clock().Now() }

// handle sees to an event. What nobody sent who has a say here is dropped.
func (s *instance) handle(e *mailbox.Event) {
	switch e.Type {
	case mailbox.ExitEvent:
		if c := s.byPID[e.From]; c != nil {
			s.ended(c, e.Exit)
		}
	case mailbox.LinkDown:
		// The children's ends come as EXIT. Of those that are linked only the
		// parent's concerns a supervisor.
		if e.From == s.ctx.Parent() && e.Exit.Reason != mailbox.ReasonNormal {
			s.close(e.Exit.Err)
		}
	case mailbox.CancelEvent:
		if r := e.Cancel.Reason; r != "" && s.phase != closing {
			s.reason = r
		}
		s.close(nil)
	case mailbox.Message:
		s.message(e)
	}
}

func (s *instance) message(e *mailbox.Event) {
	switch e.Topic {
	case process.Started:
		if c := s.byPID[e.From]; c.awaited() && !c.Ready {
			s.started(c)
		}
	case ReadyTopic:
		if c := s.byPID[e.From]; c.awaited() && c.Ready {
			s.ready(c, e.Values)
		}
	case CallTopic:
		s.request(e)
	}
}
