package runtime

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"wippy/config"
	"wippy/mailbox"
	"wippy/runtime/process"
	"wippy/runtime/scheduler"
	"wippy/runtime/supervisor"
)

// ServiceSet says which of an application's services StartServices starts.
type ServiceSet = supervisor.Set

// The sets of services. One with auto_start: false starts only when another
// requires it, or when a process asks the supervisor to.
const (
	// ApplicationServices is all but those with auto_start: false.
	ApplicationServices = supervisor.Application
	// AlwaysServices is those with auto_start: true, which run beside whatever
	// else is run.
	AlwaysServices = supervisor.Always
)

// SystemGroup is the group of the runtime's own processes. It has no bounds.
const SystemGroup = "wippy:system"

// Services is the application's services, which one supervisor runs: a process
// with the registered name supervisor.ServicesName. Its methods may be called
// from any goroutine.
type Services struct {
	rt      *Runtime
	proc    *Process
	time    supervisor.Shutdown // to stop
	count   int
	started chan struct{} // closed once all have started, or were tried
	once    sync.Once
	err     error // of started
}

// StartServices starts services of the application, each once those that it
// requires have started. Their entries are compiled first. It returns when that
// is done and the supervisor runs: see Services.Started. It is called once.
//
// # Errors
//
// What is wrong with the entries, nothing was started then; kind NotFound when
// the set is empty.
func (rt *Runtime) StartServices(ctx context.Context, set ServiceSet) (*Services, error) {
	if rt.sched == nil {
		return nil, notStarted()
	}
	if err := rt.PrepareServices(ctx, set); err != nil {
		return nil, err
	}
	rt.servicesMu.Lock()
	defer rt.servicesMu.Unlock()
	if rt.services != nil {
		return nil, mailbox.Errorf(mailbox.Exists, "the services are started already")
	}
	spec, err := supervisor.Services(rt.app, set)
	if err != nil {
		return nil, err
	}
	s := &Services{rt: rt, time: supervisor.StopTime(rt.app, spec), started: make(chan struct{})}
	s.count = len(spec.Needed())
	spec.OnStarted = s.tell
	prog, err := supervisor.New(spec, supervisor.CatalogueOf(rt.app.Entry))
	if err != nil {
		return nil, err
	}
	if err := rt.sched.AddGroup(scheduler.Group{ID: SystemGroup}); err != nil {
		return nil, err
	}
	s.proc, err = rt.start(ctx, scheduler.Start{
		Entry: supervisor.ServicesName, Group: SystemGroup, Program: prog, Name: supervisor.ServicesName,
		Limits: process.Limits{MaxExecutionMS: -1},
	}, nil)
	if err != nil {
		return nil, err
	}
	rt.services = s
	return s, nil
}

// PrepareServices compiles the entries of the services that StartServices
// starts, and of those which these require.
//
// # Errors
//
// config.Errors with all that is wrong; kind NotFound when the set is empty.
func (rt *Runtime) PrepareServices(ctx context.Context, set ServiceSet) error {
	spec, err := supervisor.Services(rt.app, set)
	if err != nil {
		return err
	}
	var ids []config.ID
	var mistakes config.Errors
	for _, c := range spec.Needed() {
		ids = append(ids, supervisor.Entries(rt.app, c)...)
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	for _, id := range ids {
		_, err := rt.Prepare(ctx, string(id))
		if err == nil {
			continue
		}
		if ctx.Err() != nil {
			return err
		}
		mistakes = append(mistakes, rt.mistakes(id, err)...)
	}
	for _, c := range spec.Needed() {
		ids = append(ids, config.ID(c.ID))
	}
	for _, id := range ids { // services, and the supervisors below them
		mistakes = append(mistakes, rt.checkPlan(rt.app.Entry(id), true)...)
	}
	if len(mistakes) > 0 {
		return mistakes.Sorted()
	}
	return nil
}

// mistakes gives what is wrong with an entry that does not compile.
func (rt *Runtime) mistakes(id config.ID, err error) config.Errors {
	if own, ok := errors.AsType[config.Errors](err); ok {
		return own
	}
	return config.Errors{{Pos: rt.programs[id].entry.Pos, Message: err.Error()}}
}

// Services gives the services that StartServices started; nil before.
func (rt *Runtime) Services() *Services {
	rt.servicesMu.Lock()
	defer rt.servicesMu.Unlock()
	return rt.services
}

// tell ends Started, once.
func (s *Services) tell(err error) {
	s.once.Do(func() {
		s.err = err
		close(s.started)
	})
}

// Count is how many services start, with those that are required.
func (s *Services) Count() int { return s.count }

// Process is the supervisor.
func (s *Services) Process() *Process { return s.proc }

// PID is the supervisor's.
func (s *Services) PID() mailbox.PID { return s.proc.PID() }

// Started blocks until each service has started or was tried once, or ctx is done.
//
// # Errors
//
// Which services have not started, each with the reason and those that it holds
// up. They may be tried again: their lifecycle says. Or ctx's error.
func (s *Services) Started(ctx context.Context) error {
	select {
	case <-s.started:
		return s.err
	case <-s.Done():
		if e := s.Exit(); e.Err != nil {
			s.tell(e.Err)
		} else {
			s.tell(mailbox.Errorf(mailbox.Failed, "the services have ended"))
		}
		return s.err // which may be what there was to tell before
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Done is closed once no service is left, and none will come by itself.
func (s *Services) Done() <-chan struct{} { return s.proc.Done() }

// Exit blocks until then, and says how it came: with an error where a service
// was given up, or ended with one for good.
func (s *Services) Exit() *mailbox.Exit { return s.proc.Exit() }

// StopTime bounds how long Stop takes, by the services' stop_timeout and what
// they require of each other; false where one of them may take for ever.
func (s *Services) StopTime() (time.Duration, bool) { return s.time.Duration() }

// Stop stops the services, each once those that require it have stopped, and
// within its own stop_timeout. It returns when that is over, or ctx is done.
//
// # Errors
//
// ctx's.
func (s *Services) Stop(ctx context.Context, reason string) error {
	const noEnd = 100 * 365 * 24 * time.Hour
	return s.stop(ctx, reason, noEnd)
}

func (s *Services) stop(ctx context.Context, reason string, grace time.Duration) error {
	_ = s.rt.sched.Cancel(s.proc.PID(), reason, grace) // or they have ended
	select {
	case <-s.proc.Done():
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
