package supervisor

import (
	"encoding/binary"
	"io"
	"math"
	"slices"
	"strings"

	"wippy/mailbox"
)

// startFailed sees to a child that did not come to be started: its spawn was
// refused, or its process ended, or was killed, before that.
func (s *instance) startFailed(c *child, err *mailbox.Error, refused bool) {
	s.dirty = true
	switch {
	case s.phase == closing:
		c.up = false
	case len(c.starts) > 0 && (c.fresh || !s.recovering): // whoever asked for it decides
		c.up, c.failed, c.why = false, true, err
		s.denyAll(&c.starts, s.cannotStart(c, err))
		if c.fresh {
			s.remove(c)
		}
	case s.phase == opening && !s.spec.Graph:
		c.up, c.failed, c.why = false, true, err
		s.close(s.cannotStart(c, err))
	case s.spec.Graph && refused && !err.Retryable && err.Kind != mailbox.Exists:
		// The next try would be no better. A name that is taken may be free by then.
		s.giveUp(c, err)
	case c.Restart == Temporary: // its one start was all
		c.up, c.failed, c.why = false, true, err
		if !s.spec.Graph {
			s.remove(c)
		}
	default:
		s.again(c, err)
	}
}

// maxKept is how much of an error's text is kept, and passed on, in bytes: the
// child chose it, and what it was may be forgotten only when it runs again.
const maxKept = 1 << 10

// brief gives an error without what is large about it.
func brief(err *mailbox.Error) *mailbox.Error {
	if err == nil {
		return nil
	}
	e := &mailbox.Error{Kind: err.Kind, Message: err.Message, Retryable: err.Retryable, Owner: err.Owner}
	if len(e.Message) > maxKept {
		e.Message = strings.ToValidUTF8(e.Message[:maxKept], "") + "…"
	}
	if v := err.Value; v.Table() == nil && v.Err() == nil && len(v.Str()) <= maxKept {
		e.Value = v
	}
	return e
}

// cannotStart says that a child cannot start.
func (s *instance) cannotStart(c *child, err *mailbox.Error) *mailbox.Error {
	e := mailbox.Errorf(err.Kind, "the child %q cannot start: %w", c.ID, err)
	if e.Kind == mailbox.LimitHit && err.Owner != s.ctx.Self() {
		e.Kind = mailbox.Failed // it was another's limit
	}
	e.Retryable, e.Value, e.Owner = err.Retryable, err.Value, err.Owner
	return e
}

// again has a child that failed restarted, together with those that the
// strategy says, or gives up.
func (s *instance) again(c *child, err *mailbox.Error) {
	c.why = err
	if !s.bear(c, err) {
		return
	}
	now := s.now()
	wait := now
	if b := c.Backoff; b != nil {
		if b.Stable > 0 && !c.since.IsZero() && now.Sub(c.since) >= b.Stable {
			c.attempts = 0
		}
		c.attempts++
		if b.Attempts > 0 && c.attempts > b.Attempts {
			s.giveUp(c, err)
			return
		}
		wait = now.Add(b.delay(c.attempts, s.random()))
	}
	c.restarts++
	s.tell(c, err, wait.Sub(now).String())
	group := s.group(c)
	if group == nil {
		c.state = waiting
		if wait.After(now) {
			c.state = delayed
			s.deadlines.set(c, wait)
			return
		}
		s.startAlone(c)
		return
	}
	for _, o := range group {
		if o.pid == "" {
			o.up, o.state = true, waiting
			s.deadlines.clear(o)
		} else {
			o.halt = true
		}
		o.alone = false // it has its turn with the others
	}
	s.low, s.high, s.recovering = len(s.children), 0, true
	s.deadlines.clear(s.gate)
	if wait.After(now) {
		s.deadlines.set(s.gate, wait)
	}
}

// group gives the children that are restarted with c, itself among them; nil
// where that is c alone. Those that were to be stopped anyway are left out.
func (s *instance) group(c *child) []*child {
	all := s.children
	switch s.spec.Strategy {
	case OneForAll:
	case RestForOne:
		all = all[slices.Index(all, c):]
	default:
		return nil
	}
	group := make([]*child, 0, len(all))
	for _, o := range all {
		if o == c || !o.halt {
			group = append(group, o)
		}
	}
	return group
}

// tell logs that a child is restarted; of a service that never ran, also whom
// that holds up.
func (s *instance) tell(c *child, err *mailbox.Error, wait string) {
	attrs := []any{"child", c.ID, "error", mailbox.Shown(err.Message), "restart_in", wait}
	message := "a child ended and is restarted"
	if !c.ran {
		message = "a child cannot start and is tried again"
		if held := s.heldUp(c); len(held) > 0 {
			attrs = append(attrs, "holds_up", held)
		}
	}
	s.ctx.Logger().Warn(message, attrs...)
}

// random is between 0 and 1.
func (s *instance) random() float64 {
	var b [8]byte
	if _, err := io.ReadFull(s.ctx.Entropy(), b[:]); err != nil {
		return 0.5
	}
	return float64(binary.LittleEndian.Uint64(b[:])) / math.MaxUint64
}

// bear counts a restart. False if it is one too many: the supervisor gives up.
func (s *instance) bear(c *child, err *mailbox.Error) bool {
	if s.spec.Intensity < 0 {
		return true
	}
	now := s.now()
	first := 0
	for first < len(s.restarts) && now.Sub(s.restarts[first]) > s.spec.Period {
		first++
	}
	s.restarts = append(s.restarts[first:], now)
	if n := len(s.restarts); n > s.spec.Intensity {
		s.abandon(c, mailbox.Errorf(mailbox.Failed, "the supervisor gave up: %d failures within %v, with an intensity of %d; the last was of the child %q: %w",
			n, s.spec.Period, s.spec.Intensity, c.ID, err), err)
		return false
	}
	return true
}

// giveUp gives up a child that used up its attempts, or the supervisor with it.
func (s *instance) giveUp(c *child, err *mailbox.Error) {
	if !s.spec.Graph {
		s.abandon(c, mailbox.Errorf(mailbox.Failed, "the supervisor gave up: the child %q failed %d times in a row: %w", c.ID, c.attempts, err), err)
		return
	}
	c.up, c.failed, c.why, c.state = false, true, err, idle
	attrs := []any{"service", c.ID, "error", mailbox.Shown(err.Message), "restarts", c.restarts}
	if held := s.heldUp(c); len(held) > 0 {
		attrs = append(attrs, "holds_up", held)
	}
	s.ctx.Logger().Error("a service is given up", attrs...)
	s.denyAll(&c.starts, s.cannotStart(c, err))
	for _, id := range s.heldUp(c) {
		o := s.byID[id]
		s.denyAll(&o.starts, mailbox.Errorf(mailbox.Failed, "the child %q waits for %q, which cannot start: %w", id, c.ID, err))
	}
}

// abandon ends the supervisor, which could not keep a child alive.
func (s *instance) abandon(c *child, failure, err *mailbox.Error) {
	c.up, c.failed, c.why = false, true, err
	failure.Value = err.Value
	s.ctx.Logger().Error("a supervisor gives up", "child", c.ID, "error", mailbox.Shown(failure.Message))
	s.close(failure)
}
