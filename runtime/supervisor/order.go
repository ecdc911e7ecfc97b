package supervisor

import (
	"fmt"
	"slices"
	"strings"

	"wippy/mailbox"
)

// advance stops and starts what is due, as far as that goes without waiting, and
// up to a spawn that was refused: one that is tried again and again shall not
// keep the supervisor from its events.
func (s *instance) advance() {
	s.refused = false
	for s.dirty && !s.refused {
		s.dirty = false
		if s.spec.Graph {
			s.advanceGraph()
		} else {
			s.advanceList()
		}
	}
}

// advanceList stops children one by one from the last to the first, and starts
// them one by one from the first to the last: each when the one before it is
// through. Nothing of a group starts before all of it has stopped.
func (s *instance) advanceList() {
	for s.low > 0 {
		c := s.children[s.low-1]
		if c.halt && !c.asked {
			s.ask(c)
		}
		if c.halt {
			break
		}
		s.low--
	}
	for len(s.solo) > 0 && s.phase != closing && !s.refused {
		c := s.solo[0]
		s.solo = s.solo[1:]
		if c.alone && c.state == waiting && c.up && !c.gone {
			s.spawn(c)
		}
	}
	if s.phase == closing || s.low > 0 || s.gate.place > 0 {
		return
	}
	for s.high < len(s.children) {
		c := s.children[s.high]
		if c.state == waiting && c.up && !c.alone {
			s.spawn(c)
			if s.dirty { // it could not, and what that means comes first
				return
			}
		}
		if c.state == starting || c.halt {
			return
		}
		s.high++
	}
	s.recovering = false
	if s.phase == opening {
		s.opens(nil)
	}
}

// opens ends the opening: err says who of a Graph has not started.
func (s *instance) opens(err error) {
	s.phase = open
	s.answerAll(&s.opened, mailbox.Bool(true))
	if s.spec.OnStarted != nil {
		s.spec.OnStarted(err)
	}
}

// advanceGraph starts each child whose requirements run, and stops each that no
// other one needs any more.
func (s *instance) advanceGraph() {
	for _, c := range slices.Clone(s.children) { // one that cannot start may be removed
		switch {
		case c.halt && !c.asked && !slices.ContainsFunc(c.users, func(o *child) bool { return o.halt }):
			s.ask(c)
		case c.state == waiting && c.up && s.phase != closing && !slices.ContainsFunc(c.requires, (*child).lacking):
			s.spawn(c)
		}
	}
	if s.dirty || s.phase == closing {
		return
	}
	if s.phase == opening {
		known := map[*child]bool{}
		if !slices.ContainsFunc(s.children, func(c *child) bool { return c.promising(known) }) {
			s.opens(s.missing())
		}
	}
	if s.phase == open && len(s.byPID) == 0 && len(s.deadlines) == 0 {
		s.close(s.outcome())
	}
}

// lacking tells whether a child keeps those that require it from starting: it
// neither runs nor has done its work.
func (c *child) lacking() bool { return (c.state != running || c.halt) && !c.done }

// promising tells whether a child of a Graph is about to start for the first
// time, with nothing in its way but the same of others. known has the answers so
// far: requirements meet again in many ways.
func (c *child) promising(known map[*child]bool) bool {
	if promise, ok := known[c]; ok {
		return promise
	}
	promise := c.up && (c.state == starting || c.state == waiting)
	if promise && c.state == waiting {
		promise = !slices.ContainsFunc(c.requires, func(r *child) bool { return r.lacking() && !r.promising(known) })
	}
	known[c] = promise
	return promise
}

// missing says which children of a Graph have not started that should have.
func (s *instance) missing() error {
	var lines []string
	for _, c := range s.children {
		if c.why == nil || c.state == running {
			continue
		}
		line := fmt.Sprintf("%s cannot start: %s", c.ID, c.why.Message)
		if held := s.heldUp(c); len(held) > 0 {
			line += "; it holds up " + strings.Join(held, ", ")
		}
		lines = append(lines, line)
	}
	if lines == nil {
		return nil
	}
	return mailbox.Errorf(mailbox.Failed, "%s", strings.Join(lines, "\n"))
}

// heldUp gives the IDs of those in a Graph that wait to be started for c's sake.
func (s *instance) heldUp(c *child) []string {
	if !s.spec.Graph {
		return nil
	}
	var ids []string
	seen := map[*child]bool{c: true}
	for next := []*child{c}; len(next) > 0; {
		users := next[0].users
		next = next[1:]
		for _, o := range users {
			if !seen[o] && o.up && o.pid == "" {
				seen[o] = true
				next = append(next, o)
				ids = append(ids, o.ID)
			}
		}
	}
	slices.Sort(ids)
	return ids
}

// outcome is what a Graph comes to of which nothing is left.
func (s *instance) outcome() *mailbox.Error {
	var failed []string
	for _, c := range s.children {
		if !c.failed {
			continue
		}
		text := c.ID
		if c.why != nil {
			text += ": " + c.why.Message
		}
		failed = append(failed, text)
	}
	if failed == nil {
		return nil
	}
	return mailbox.Errorf(mailbox.Failed, "no service is left; of those that ended, these had failed: %s", strings.Join(failed, "; "))
}

// resolve binds the children of a Graph, and has those run that the others require.
func (s *instance) resolve() {
	for _, c := range s.children {
		s.bind(c)
	}
	for _, c := range s.children {
		if c.up {
			s.raise(c)
		}
	}
}

// bind makes the requirements of a child those children.
func (s *instance) bind(c *child) {
	for _, id := range c.Requires {
		if r := s.byID[id]; r != nil && r != c {
			c.requires = append(c.requires, r)
			r.users = append(r.users, c)
		}
	}
}

// raise has a child of a Graph run, and what it requires.
func (s *instance) raise(c *child) {
	s.dirty = true
	c.up = true
	if c.pid == "" && c.state != waiting {
		s.deadlines.clear(c)
		c.state, c.failed, c.attempts = waiting, false, 0
	}
	for _, r := range c.requires {
		if (!r.up || r.failed) && !r.done {
			s.raise(r)
		}
	}
}

// close has all children stopped; the supervisor ends when they have, with err.
// Later calls change nothing.
func (s *instance) close(err *mailbox.Error) {
	if s.phase == closing {
		return
	}
	opened := s.phase == open
	s.phase, s.failure, s.dirty = closing, err, true
	s.solo, s.recovering = nil, false
	s.deadlines.clear(s.gate)
	for _, c := range s.children {
		c.up = false
		if c.pid != "" {
			c.halt = true
			if s.spec.Strategy == SimpleOneForOne && !c.asked {
				s.ask(c)
			}
			continue
		}
		s.deadlines.clear(c)
		c.state, c.halt = idle, false
		s.denyAll(&c.starts, stopping())
		s.answerAll(&c.stops, mailbox.Bool(true))
	}
	s.low = len(s.children)
	if s.spec.OnStarted != nil && err != nil && !opened {
		s.spec.OnStarted(err)
	}
}

// stopping is the error of a request that comes too late.
func stopping() *mailbox.Error {
	e := mailbox.Errorf(mailbox.Unavailable, "the supervisor is stopping")
	e.Retryable = false
	return e
}
