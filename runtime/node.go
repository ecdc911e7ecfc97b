package runtime

import (
	"wippy/mailbox"
	"wippy/runtime/process"
)

// What follows addresses any process of the node, whoever spawned it. Before
// Start there is none.

// Send posts a message to a process; From is nobody. It never blocks: a full
// mailbox is an error under every overflow policy but drop_oldest.
//
// # Errors
//
// *mailbox.Error: kind NoProc, Unavailable for a full mailbox, Invalid for a
// value that cannot cross.
func (rt *Runtime) Send(to mailbox.PID, topic string, values ...any) error {
	vs, err := mailbox.ValuesOf(values...)
	if err != nil {
		return err
	}
	if rt.sched == nil {
		return notStarted()
	}
	return rt.sched.Send(to, topic, vs)
}

// Terminate kills a process. The error is of kind NoProc if there is none.
func (rt *Runtime) Terminate(pid mailbox.PID) error {
	if rt.sched == nil {
		return notStarted()
	}
	return rt.sched.Terminate(pid)
}

// Info describes a living process.
func (rt *Runtime) Info(pid mailbox.PID) (process.Info, bool) {
	if rt.sched == nil {
		return process.Info{}, false
	}
	return rt.sched.Info(pid)
}

// List gives the living processes of a group, oldest first, or of all for "".
// The error is of kind NotFound for an unknown group.
func (rt *Runtime) List(group string) ([]mailbox.PID, error) {
	if rt.sched == nil {
		return nil, notStarted()
	}
	return rt.sched.List(group)
}

// Waiting is the number of processes that wait for an event.
func (rt *Runtime) Waiting() int {
	if rt.sched == nil {
		return 0
	}
	return rt.sched.Waiting()
}

func notStarted() error {
	return mailbox.Errorf(mailbox.Unavailable, "the runtime is not started: call Start first")
}
