package scheduler

import "wippy/mailbox"

// monitor stands in two places: in the watched task's list, to be told, and in
// the watcher's map, to be withdrawn. Each is guarded by its task's mutex; no
// two are ever held at once. Who removes it from the watcher's map decides
// whether the EXIT is delivered.
type monitor struct {
	ref             mailbox.Ref
	watcher, target *task
	prev, next      *monitor // in target.watchers
	linked          bool     // stands in target.watchers
}

func (s *Scheduler) newRef() mailbox.Ref { return mailbox.Ref(s.refs.Add(1)) }

// Monitor implements process.Peers.
func (t *task) Monitor(pid mailbox.PID) (mailbox.Ref, error) {
	t.unwindIfDoomed()
	ref := t.s.newRef()
	target := t.s.procs.get(pid)
	if target == nil || !t.watch(target, ref) {
		_ = t.box.Post(mailbox.Event{Type: mailbox.ExitEvent, From: pid, Ref: ref,
			Exit: &mailbox.Exit{Reason: mailbox.ReasonNoProc, Err: noProc(pid)}})
	}
	return ref, nil
}

// watch makes t get target's EXIT. False when target's watchers were told already.
func (t *task) watch(target *task, ref mailbox.Ref) bool {
	m := &monitor{ref: ref, watcher: t, target: target}
	t.mu.Lock()
	if t.watching == nil {
		t.watching = map[mailbox.Ref]*monitor{}
	}
	t.watching[ref] = m
	t.mu.Unlock()
	target.mu.Lock()
	if !target.over {
		m.linked = true
		m.next = target.watchers
		if m.next != nil {
			m.next.prev = m
		}
		target.watchers = m
		target.mu.Unlock()
		return true
	}
	target.mu.Unlock()
	t.mu.Lock()
	delete(t.watching, ref)
	t.mu.Unlock()
	return false
}

// unlink takes m out of its target's list.
func (m *monitor) unlink() {
	m.target.mu.Lock()
	defer m.target.mu.Unlock()
	if !m.linked {
		return
	}
	m.linked = false
	if m.prev != nil {
		m.prev.next = m.next
	} else {
		m.target.watchers = m.next
	}
	if m.next != nil {
		m.next.prev = m.prev
	}
}

// Demonitor implements process.Peers.
func (t *task) Demonitor(ref mailbox.Ref) bool {
	t.unwindIfDoomed()
	t.mu.Lock()
	m := t.watching[ref]
	delete(t.watching, ref)
	t.mu.Unlock()
	if m != nil {
		m.unlink()
		return true
	}
	return t.box.Discard(func(e *mailbox.Event) bool {
		return e.Type == mailbox.ExitEvent && e.Ref == ref
	}) > 0
}

// DemonitorAll implements process.Peers.
func (t *task) DemonitorAll(pid mailbox.PID) bool {
	t.unwindIfDoomed()
	var ms []*monitor
	t.mu.Lock()
	for ref, m := range t.watching {
		if m.target.pid == pid {
			ms = append(ms, m)
			delete(t.watching, ref)
		}
	}
	t.mu.Unlock()
	for _, m := range ms {
		m.unlink()
	}
	gone := t.box.Discard(func(e *mailbox.Event) bool {
		return e.Type == mailbox.ExitEvent && e.From == pid
	})
	return len(ms)+gone > 0
}

// notify tells the watchers how t ended, and withdraws its own monitors.
func (t *task) notify(exit *mailbox.Exit) {
	t.mu.Lock()
	t.over = true
	watchers, watching := t.watchers, t.watching
	t.watchers, t.watching = nil, nil
	for m := watchers; m != nil; m = m.next {
		m.linked = false
	}
	t.mu.Unlock()
	for _, m := range watching {
		m.unlink()
	}
	for m := watchers; m != nil; m = m.next {
		w := m.watcher
		// Posting under the watcher's mutex makes Demonitor's word final: it
		// finds either the monitor or the queued EXIT.
		w.mu.Lock()
		_, wanted := w.watching[m.ref]
		delete(w.watching, m.ref)
		if wanted {
			_ = w.box.Post(mailbox.Event{Type: mailbox.ExitEvent, From: t.pid, Ref: m.ref, Exit: exit})
		}
		w.mu.Unlock()
		if wanted {
			w.wake(t.exec)
		}
	}
}
