package runtime

import (
	"time"

	"wippy/mailbox"
	"wippy/runtime/process"
)

// What follows addresses any process of the node, whoever spawned it, by its
// PID or a name that is registered for it. Before Start there is none.

// Send posts a message to a process; From is nobody. It never blocks: a full
// mailbox is an error under every overflow policy but drop_oldest.
//
// # Errors
//
// *mailbox.Error: kind NoProc, Unavailable for a full mailbox, Invalid for a
// value that cannot cross.
func (rt *Runtime) Send(dest mailbox.PID, topic string, values ...any) error {
	vs, err := mailbox.ValuesOf(values...)
	if err != nil {
		return err
	}
	if rt.sched == nil {
		return notStarted()
	}
	return rt.sched.Send(dest, topic, vs)
}

// Terminate kills a process. The error is of kind NoProc if there is none.
func (rt *Runtime) Terminate(dest mailbox.PID) error {
	if rt.sched == nil {
		return notStarted()
	}
	return rt.sched.Terminate(dest)
}

// Cancel asks a process to end within grace, after which it is killed. The
// error is of kind NoProc if there is none.
func (rt *Runtime) Cancel(dest mailbox.PID, reason string, grace time.Duration) error {
	if rt.sched == nil {
		return notStarted()
	}
	return rt.sched.Cancel(dest, reason, grace)
}

// Register gives a process a name, until it is unregistered or the process has
// ended.
//
// # Errors
//
// *mailbox.Error: kind NoProc, Exists for a name that is taken, Invalid for a
// text that cannot be a name, LimitHit for one more than a process may have.
func (rt *Runtime) Register(name string, dest mailbox.PID) error {
	if rt.sched == nil {
		return notStarted()
	}
	return rt.sched.Register(name, dest)
}

// Lookup gives the process that has a name.
func (rt *Runtime) Lookup(name string) (mailbox.PID, bool) {
	if rt.sched == nil {
		return "", false
	}
	return rt.sched.Lookup(name)
}

// Unregister frees a name, whoever has it. The error is of kind NoProc if nobody has.
func (rt *Runtime) Unregister(name string) error {
	if rt.sched == nil {
		return notStarted()
	}
	return rt.sched.Unregister(name)
}

// JoinGroup makes a process a member of a group of processes by name (in Lua
// process.group, not the group in which it runs), until it leaves or has ended.
// Joining again changes nothing.
//
// # Errors
//
// *mailbox.Error: kind NoProc, Invalid for a text that cannot be a name,
// LimitHit for one more than a process may be in.
func (rt *Runtime) JoinGroup(group string, dest mailbox.PID) error {
	if rt.sched == nil {
		return notStarted()
	}
	return rt.sched.JoinGroup(group, dest)
}

// LeaveGroup ends a membership; false if there was none.
func (rt *Runtime) LeaveGroup(group string, dest mailbox.PID) bool {
	return rt.sched != nil && rt.sched.LeaveGroup(group, dest)
}

// GroupMembers gives the members of a group, the oldest process first.
func (rt *Runtime) GroupMembers(group string) []mailbox.PID {
	if rt.sched == nil {
		return nil
	}
	return rt.sched.GroupMembers(group)
}

// Broadcast posts a message to every member of a group, from nobody, and tells
// how many took it. It never blocks: a full mailbox does not take it, unless it
// drops the oldest.
//
// # Errors
//
// *mailbox.Error: kind Invalid for a value that cannot cross, or a text that
// cannot be a name.
func (rt *Runtime) Broadcast(group, topic string, values ...any) (int, error) {
	vs, err := mailbox.ValuesOf(values...)
	if err != nil {
		return 0, err
	}
	if rt.sched == nil {
		return 0, notStarted()
	}
	return rt.sched.Broadcast(group, topic, vs)
}

// Info describes a living process.
func (rt *Runtime) Info(dest mailbox.PID) (process.Info, bool) {
	if rt.sched == nil {
		return process.Info{}, false
	}
	return rt.sched.Info(dest)
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
