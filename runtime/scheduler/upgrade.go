package scheduler

import (
	"context"
	"log/slog"
	"math"
	"time"

	"wippy/mailbox"
	"wippy/runtime/process"
)

// code is what a task runs: an entry's program, and the process that this made.
// It is immutable; an upgrade puts another in its place.
type code struct {
	entry  string
	space  string // the entry's namespace
	prog   process.Program
	proc   process.Process
	limits process.Limits // with the group's and the node's

	tally        *tally // of the entry
	fuel, events uint64 // that the task had before it ran this
}

// newCode makes a process of a program. What the program's own code panics with
// is its error.
func (s *Scheduler) newCode(g *group, entry string, prog process.Program, limits process.Limits, args []mailbox.Value) (_ *code, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = mailbox.Errorf(mailbox.Internal, "fault in the host: %v", p)
		}
	}()
	limits = limits.Under(g.Limits).Under(s.cfg.Limits)
	proc, err := prog.New(args, limits)
	if err != nil {
		return nil, err
	}
	return &code{entry: entry, space: namespace(entry), prog: prog, proc: proc, limits: limits, tally: s.tallies.bare}, nil
}

// now gives what the task runs. Any goroutine may ask.
func (t *task) now() *code { return t.code.Load() }

// Upgrade implements process.Peers. All that can fail without loss comes before
// t.successor is set; from then on the coroutine unwinds, and live goes on.
func (t *task) Upgrade(entry string, args []mailbox.Value) error {
	t.unwindIfDoomed()
	prog, limits, err := t.resolve(entry)
	if err != nil {
		return err
	}
	if t.service {
		limits = endless(limits)
	}
	next, err := t.s.newCode(t.g, entry, prog, limits, args)
	if err != nil {
		return err
	}
	if err := t.within(next.limits, entry); err != nil {
		t.discard(next)
		return err
	}
	next.tally = t.s.tallies.of(entry)
	t.successor = next
	t.unwindIfDoomed()
	return nil
}

// within refuses limits that the process is beyond already, by what it has used
// and by what it keeps.
func (t *task) within(l process.Limits, entry string) error {
	beyond := func(name, unit string, has, limit int64) error {
		return t.limitError("%s: the process has %d %s, and as %s it may have %d", name, has, unit, entry, limit)
	}
	if used := int64(t.fuel.Load()); l.MaxFuel > 0 && used >= l.MaxFuel {
		return beyond("max_fuel", "units used", used, l.MaxFuel)
	}
	if age := t.s.cfg.Clock.Now().Sub(t.began).Milliseconds(); l.MaxExecutionMS > 0 && age >= l.MaxExecutionMS {
		return beyond("max_execution_ms", "ms of age", age, l.MaxExecutionMS)
	}
	if l.MaxOutput > 0 && t.printed > l.MaxOutput {
		return beyond("max_output", "bytes written", t.printed, l.MaxOutput)
	}
	if n := t.children.Load(); n != nil && l.MaxChildren > 0 && n.Load() > l.MaxChildren {
		return beyond("max_children", "children alive", n.Load(), l.MaxChildren)
	}
	if l.MaxHandles > 0 {
		t.mu.Lock()
		held := int64(len(t.timers)) - t.ticking()
		t.mu.Unlock()
		if held > l.MaxHandles {
			return beyond("max_handles", "timers", held, l.MaxHandles)
		}
	}
	return nil
}

// discard closes what never runs.
func (t *task) discard(c *code) {
	t.guard(func() process.Result {
		c.proc.Close()
		return process.Result{}
	})
}

// replace frees what the task ran and puts its successor in place. Nobody can
// tell the process from one that runs meanwhile: it has its mailbox, and a kill
// is seen by the successor before it begins.
func (t *task) replace() process.Result {
	old, next := t.now(), t.successor
	t.alarm.stop()
	closed := t.guard(func() process.Result {
		defer old.proc.Close()
		t.peak.Store(t.measured().Peak)
		return process.Result{}
	})
	t.stopTickers()
	t.closeInboxes() // the old code alone knew them
	t.successor = nil
	next.fuel, next.events = t.fuel.Load(), t.box.Posted()
	t.code.Store(next)
	next.tally.took(t, old)
	t.box.SetBytes(t.g.mailbox(next.limits).Bytes)
	t.limitTime()
	return closed
}

// goOn runs the successor. It takes its turn behind others first: a process
// that only ever upgrades itself uses up no slice by what it runs.
func (t *task) goOn() process.Result {
	was := t.now().entry
	if r := t.replace(); r.Err != nil {
		return r
	}
	return t.guard(func() process.Result {
		if t.s.cfg.Logger.Enabled(context.Background(), slog.LevelDebug) {
			t.Logger().Debug("process upgraded", "was", was)
		}
		t.Yield()
		return t.run()
	})
}

// limitTime sets the end of max_execution_ms, which counts from the first Init.
func (t *task) limitTime() {
	if t.deadline != nil {
		t.deadline.Stop()
		t.deadline = nil
	}
	ms := t.now().limits.MaxExecutionMS
	if ms <= 0 {
		return
	}
	clock := t.s.cfg.Clock
	d := time.Duration(min(ms, math.MaxInt64/int64(time.Millisecond))) * time.Millisecond
	t.deadline = clock.AfterFunc(d-clock.Now().Sub(t.began), func() {
		t.kill(limitExit("max_execution_ms: the process was still there after %d ms", ms))
	})
}
