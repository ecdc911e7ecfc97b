package scheduler

import (
	"slices"

	"wippy/mailbox"
)

const (
	// maxNames bounds the names of one process, and maxName their length in
	// bytes, since no limit of the process's counts them.
	maxNames = 64
	maxName  = 255
)

// checkName refuses what cannot be a name.
func checkName(name string) error {
	switch {
	case name == "":
		return mailbox.Errorf(mailbox.Invalid, "a name may not be empty")
	case mailbox.IsPID(name):
		return mailbox.Errorf(mailbox.Invalid, "%q cannot be a name: what begins with < is a PID", mailbox.Shown(name))
	}
	return checkLength(mailbox.PID(name))
}

// checkLength refuses a dest that can never be anybody's, before it is kept
// anywhere: no limit counts it there.
func checkLength(dest mailbox.PID) error {
	if len(dest) > maxName {
		return mailbox.Errorf(mailbox.Invalid, "a name may have %d bytes, this one has %d", maxName, len(dest))
	}
	return nil
}

// Register implements process.Peers.
func (t *task) Register(name string, dest mailbox.PID) error {
	t.unwindIfDoomed()
	return t.s.Register(name, dest)
}

// Register gives a process a name. It is done under the process's mutex: a
// process that has ended gets none, and one that ends frees all that it has.
func (s *Scheduler) Register(name string, dest mailbox.PID) error {
	if err := checkName(name); err != nil {
		return err
	}
	t := s.find(dest)
	if t == nil {
		return mailbox.NoProcess(dest)
	}
	return t.addName(name, nil)
}

// adopt gives a task that nobody knows a name. Who finds it by that also finds it
// by its PID, though it is in no run queue yet: what comes for it waits.
func (t *task) adopt(name string) error {
	if err := checkName(name); err != nil {
		return err
	}
	return t.addName(name, func() { t.s.procs.add(t.pid, t, nil) })
}

func (t *task) addName(name string, known func()) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.over {
		return mailbox.NoProcess(t.pid)
	}
	if len(t.names) >= maxNames {
		return mailbox.Errorf(mailbox.LimitHit, "%s has %d names; it may have %d", t.pid, len(t.names), maxNames)
	}
	if holder := t.s.names.add(mailbox.PID(name), t, known); holder != nil {
		return mailbox.Errorf(mailbox.Exists, "the name %q is taken by %s (%s)", name, holder.pid, holder.now().entry)
	}
	t.names = append(t.names, name)
	return nil
}

// Lookup implements process.Peers.
func (t *task) Lookup(name string) (mailbox.PID, bool) { return t.s.Lookup(name) }

// Lookup gives the process that has a name.
func (s *Scheduler) Lookup(name string) (mailbox.PID, bool) {
	t := s.names.get(mailbox.PID(name))
	if t == nil {
		return "", false
	}
	return t.pid, true
}

// Unregister implements process.Peers.
func (t *task) Unregister(name string) error {
	t.unwindIfDoomed()
	return t.s.Unregister(name)
}

// Unregister frees a name, whoever has it.
func (s *Scheduler) Unregister(name string) error {
	t := s.names.get(mailbox.PID(name))
	if t != nil && t.forget(name) {
		return nil
	}
	return mailbox.NoProcess(mailbox.PID(name))
}

// forget takes a name from the task; false if it has it no more.
func (t *task) forget(name string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	i := slices.Index(t.names, name)
	if i < 0 {
		return false
	}
	t.names = slices.Delete(t.names, i, i+1)
	t.s.names.remove(mailbox.PID(name))
	return true
}
