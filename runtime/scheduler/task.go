package scheduler

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	goruntime "runtime"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"wippy/mailbox"
	"wippy/runtime/process"
)

// The states of a task. Only wake moves it from parked to queued, only its
// executor the rest.
const (
	queued  uint32 = iota // in a run queue or an executor's slot
	running               // on an executor
	woken                 // on an executor, and something came for it meanwhile
	parked                // waits for wake
	ended
)

// task is one process as the scheduler sees it. It implements process.Context.
type task struct {
	s      *Scheduler
	g      *group
	pid    mailbox.PID
	serial uint64               // n of the pid
	code   atomic.Pointer[code] // what it runs
	box    *mailbox.Mailbox
	parent mailbox.PID   // its spawner
	brood  *atomic.Int64 // its spawner's children, which it counts for
	onExit func(mailbox.PID, *mailbox.Exit)
	born   time.Time
	began  time.Time // its first Init

	state  atomic.Uint32
	steps  atomic.Uint64
	fuel   atomic.Uint64
	doomed atomic.Pointer[mailbox.Exit] // why it has to end, once somebody decided that
	urgent atomic.Bool                  // it should come to a Checkpoint soon

	list       *taskList // that it stands in; guarded, with the next line, by the run queue's mutex
	prev, next *task
	credit     uint8      // slices to use up before it counts as preempted; the run queue's too
	co         *coroutine // while it has begun and not ended
	exec       *executor  // while it runs

	children  atomic.Pointer[atomic.Int64] // alive; made at the first spawn
	inboxes   atomic.Pointer[inboxes]      // made at the first OpenInbox
	begun     atomic.Bool
	announce  bool  // its spawner wants to know when its Init is over
	service   bool  // it inherits no max_execution_ms
	alarm     alarm // wakes a Receive or Sleep at its deadline
	unwinding bool
	successor *code         // that it goes on as, once it has unwound
	peak      atomic.Uint64 // of the memory of what it ran before
	printed   int64         // bytes

	deadline process.Timer // max_execution_ms

	// mu may be held while a mailbox's, the run queue's or a table's is taken,
	// and while the clock is asked; never while another task's is.
	mu       sync.Mutex
	over     bool                     // it holds nothing any more and cannot get anything
	told     bool                     // those who watch it, or are linked, were told of its end
	watchers *monitor                 // those who get its EXIT
	watching map[mailbox.Ref]*monitor // whose EXIT it gets
	links    map[mailbox.PID]link     // by the peer's PID
	wards    map[mailbox.PID]*task    // children that are bound to it: see bound.go
	trap     bool                     // ends of linked processes arrive as LINK_DOWN
	circles  map[string]*member       // the groups that it is in
	names    []string                 // registered for it
	timers   map[mailbox.Ref]*timer   // what its clock owes it
	ordered  int64                    // what the messages of its timers take, in bytes

	waning atomic.Bool          // its code is over, and nothing but the ends of its wards counts
	keeper atomic.Pointer[task] // the spawner that it is bound to, if it is

	observed map[mailbox.Ref]*watch // the groups that it monitors; its own coroutine's

	cancelling sync.Mutex // one cancel at a time
	leaving    *leaving   // the one that counts
}

var _ process.Context = (*task)(nil)

// The ends that others decide.
var (
	killed = &mailbox.Exit{Reason: mailbox.ReasonKilled,
		Err: &mailbox.Error{Kind: mailbox.Killed, Message: "the process was terminated"}}
	cancelled = &mailbox.Exit{Reason: mailbox.ReasonCancelled,
		Err: &mailbox.Error{Kind: mailbox.Cancelled, Message: "the process did not end before its cancel's deadline"}}
)

func limitExit(format string, args ...any) *mailbox.Exit {
	return &mailbox.Exit{Reason: mailbox.ReasonLimit, Err: mailbox.Errorf(mailbox.LimitHit, format, args...)}
}

// wake makes a waiting task runnable. from is the executor whose process does
// it, nil elsewhere.
func (t *task) wake(from *executor) {
	for {
		switch t.state.Load() {
		case parked:
			if t.state.CompareAndSwap(parked, queued) {
				t.s.ready(t, resumed, from)
				return
			}
		case running:
			if t.state.CompareAndSwap(running, woken) {
				return
			}
		default:
			return
		}
	}
}

// ready queues a new or woken task: in the slot of the executor that woke it if that is free.
func (s *Scheduler) ready(t *task, c class, from *executor) {
	if from != nil && from.next == nil {
		from.next = t
		return
	}
	s.queue.put(t, c)
}

// kill decides that the task ends; the first decision counts. A waiting task
// is woken to unwind, one that waits for its turn has it next, a running one
// unwinds at its next Checkpoint.
func (t *task) kill(why *mailbox.Exit) {
	if t.doomed.CompareAndSwap(nil, why) {
		t.urgent.Store(true)
		t.wake(nil)
		t.s.queue.expedite(t)
	}
}

// live is a process's whole life, on its coroutine (or, straight, on the
// executor), whatever entries it goes on as.
func (t *task) live() {
	result := process.Result{Err: &mailbox.Error{Kind: mailbox.Internal, Message: "the process's Go code called runtime.Goexit"}}
	defer func() {
		t.endBound(result)
		t.end(result)
	}()
	result = t.guard(func() process.Result {
		if t.doomed.Load() != nil {
			return process.Result{}
		}
		t.begin()
		return t.run()
	})
	for t.successor != nil && result.Err == nil {
		result = t.goOn()
	}
}

// run runs what the task runs now from its Init to its end.
func (t *task) run() process.Result {
	proc := t.now().proc
	if err := proc.Init(t); err != nil {
		return process.Fail(err)
	}
	if t.announce {
		t.announce = false // once, whatever it goes on as
		t.announced()
	}
	for {
		r, status := proc.Step(t)
		switch status {
		case process.Done:
			return r
		case process.Idle:
			t.rest()
		case process.Again:
			t.Yield()
		}
	}
}

// rest waits until there is an event. While others of its events wait that it
// did not take, the process only gives up its turn.
func (t *task) rest() {
	if t.box.Len() > 0 {
		t.Yield()
		return
	}
	for t.box.Len() == 0 {
		t.park()
	}
}

// guard turns a panic into the process's failure.
func (t *task) guard(f func() process.Result) (r process.Result) {
	defer func() {
		p := recover()
		if p == nil || process.Unwinding(p) {
			return
		}
		stack := make([]byte, 8<<10)
		stack = stack[:goruntime.Stack(stack, false)]
		t.Logger().Error("a fault of the runtime or an extension ended the process", "panic", fmt.Sprint(p), "stack", string(stack))
		r = process.Result{Err: mailbox.Errorf(mailbox.Internal, "fault in the host: %v", p)}
	}()
	return f()
}

// begin starts what counts from Init.
func (t *task) begin() {
	t.began = t.s.cfg.Clock.Now()
	t.begun.Store(true)
	t.limitTime()
}

// end frees everything, and then tells those who are linked and those who watch.
func (t *task) end(r process.Result) {
	if t.deadline != nil {
		t.deadline.Stop()
	}
	t.alarm.stop()
	var peak uint64
	t.guard(func() process.Result {
		defer t.now().proc.Close()
		peak = t.measured().Peak // as long as the process has anything to say
		return r
	})
	if t.successor != nil { // it failed on its way there
		t.discard(t.successor)
	}
	t.release()
	t.state.Store(ended)
	t.stay()
	t.box.Close()
	t.g.live.Add(-1)
	if t.brood != nil {
		t.brood.Add(-1)
	}
	exit := t.exit(r)
	t.now().tally.ended(t, exit)
	// From here on it is dead to everybody who asks: nothing of it is left.
	t.s.procs.remove(t.pid)
	if exit.Reason != mailbox.ReasonNormal {
		exit.Report = &mailbox.Report{PID: t.pid, Group: t.g.ID, Memory: peak, Fuel: t.fuel.Load(),
			Steps: t.steps.Load(), Uptime: t.s.cfg.Clock.Now().Sub(t.born)}
		t.log(exit)
	}
	t.notify(exit)
	if t.onExit != nil {
		t.onExit(t.pid, exit)
	}
	t.unbound()
	t.s.leave()
}

// release ends the task's timers, frees its names and takes it out of its groups.
func (t *task) release() {
	t.mu.Lock()
	timers, names, circles := t.timers, t.names, t.circles
	t.timers, t.names, t.circles = nil, nil, nil
	t.over = true
	t.mu.Unlock()
	for _, tm := range timers {
		tm.clock.Stop()
	}
	for _, name := range names {
		t.s.names.remove(mailbox.PID(name))
	}
	for _, m := range circles {
		t.s.circles.remove(m)
	}
	for _, w := range t.observed {
		t.s.circles.forget(w)
	}
	t.observed = nil
}

// exit says how the process ended: a decision of others goes before what the
// process itself came to, since it was acted upon only where it unwound.
func (t *task) exit(r process.Result) *mailbox.Exit {
	if d := t.doomed.Load(); d != nil && (t.unwinding || !t.begun.Load()) {
		e := *d
		e.Entry = t.now().entry
		return &e
	}
	e := &mailbox.Exit{Entry: t.now().entry, Reason: mailbox.ReasonNormal, Values: r.Values, Code: r.Code, HasCode: r.HasCode, Err: r.Err}
	if r.Err != nil {
		e.Reason = mailbox.ReasonError
		if r.Err.Kind == mailbox.LimitHit {
			e.Reason = mailbox.ReasonLimit
		}
	}
	return e
}

// log writes an end other than normal, in one line.
func (t *task) log(e *mailbox.Exit) {
	level := slog.LevelError
	if e.Reason == mailbox.ReasonKilled || e.Reason == mailbox.ReasonCancelled {
		level = slog.LevelInfo
	}
	log := t.Logger()
	if !log.Enabled(context.Background(), level) {
		return
	}
	attrs := []any{"reason", string(e.Reason), "error", shortened(e.Err.Message),
		"memory", e.Report.Memory, "fuel", e.Report.Fuel, "steps", e.Report.Steps, "uptime_ms", e.Report.Uptime.Milliseconds()}
	if e.Origin != "" {
		attrs = append(attrs, "origin", string(e.Origin))
	}
	if len(e.Err.Trace) > 0 {
		attrs = append(attrs, "trace", e.Err.Trace)
	}
	log.Log(context.Background(), level, process.ProcessEnded, attrs...)
}

// maxLogged is how many bytes of an error's text stand in the log: a process
// chooses it, and may choose 256 MiB.
const maxLogged = 8 << 10

func shortened(text string) string {
	if len(text) <= maxLogged {
		return text
	}
	cut := maxLogged
	for cut > maxLogged-utf8.UTFMax && !utf8.RuneStart(text[cut]) {
		cut--
	}
	return fmt.Sprintf("%s… (%d bytes)", text[:cut], len(text))
}

// Self implements process.Identity.
func (t *task) Self() mailbox.PID { return t.pid }

// Entry implements process.Identity.
func (t *task) Entry() string { return t.now().entry }

// Parent implements process.Peers.
func (t *task) Parent() mailbox.PID { return t.parent }

// Namespace implements process.Identity.
func (t *task) Namespace() string { return t.now().space }

// Group implements process.Identity.
func (t *task) Group() string { return t.g.ID }

// Limits implements process.Identity.
func (t *task) Limits() process.Limits { return t.now().limits }

// FuelUsed implements process.Identity.
func (t *task) FuelUsed() uint64 { return t.fuel.Load() }

// Terminal implements process.Identity.
func (t *task) Terminal() *process.Terminal { return t.g.Terminal }

// Clock implements process.Identity.
func (t *task) Clock() process.Clock { return t.s.cfg.Clock }

// Entropy implements process.Identity.
func (t *task) Entropy() io.Reader { return t.s.cfg.Entropy }

// Logger implements process.Identity.
func (t *task) Logger() *slog.Logger {
	return t.s.cfg.Logger.With("entry", t.now().entry, "pid", string(t.pid), "group", t.g.ID)
}
