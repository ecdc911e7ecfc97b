package scheduler

import "wippy/mailbox"

// monitor stands in two places: in the watched task's list, to be told, and in
// the watcher's map, to be withdrawn. Each is guarded by its task's mutex; no
// two are ever held at once. Who removes it from the watcher's map decides
// whether the EXIT is delivered.
type monitor struct {
	ref             mailbox.Ref
	watcher, target *task
	as              mailbox.PID // the name by which it was asked for; "" if by PID
	prev, next      *monitor    // in target.watchers
	linked          bool        // stands in target.watchers
	in              *inbox      // where the EXIT goes to; nil for the mailbox
}

// held gives the map of its watcher, whose mutex is held, that it stands in.
func (m *monitor) held() map[mailbox.Ref]*monitor {
	if m.in != nil {
		return m.in.watching
	}
	return m.watcher.watching
}

// firstRef is above every index that Lua keeps in an array: scripts have tables
// by ref, and as an index one of a million would cost sixteen million bytes.
const firstRef = 1 << 32

func (s *Scheduler) newRef() mailbox.Ref { return mailbox.Ref(firstRef + s.refs.Add(1)) }

// Monitor implements process.Peers.
func (t *task) Monitor(dest mailbox.PID) (mailbox.Ref, error) { return t.monitor(dest, nil) }

func (t *task) monitor(dest mailbox.PID, in *inbox) (mailbox.Ref, error) {
	t.unwindIfDoomed()
	if err := checkLength(dest); err != nil {
		return 0, err
	}
	if err := t.mayBind(); err != nil {
		return 0, err
	}
	ref, from := t.s.newRef(), dest
	if target := t.s.find(dest); target != nil {
		if t.watch(target, ref, nameOf(dest), in) {
			return ref, nil
		}
		from = target.pid
	}
	_ = t.boxOf(in).Post(mailbox.Event{Type: mailbox.ExitEvent, From: from, Topic: string(nameOf(dest)), Ref: ref,
		Exit: &mailbox.Exit{Reason: mailbox.ReasonNoProc, Err: mailbox.NoProcess(dest)}})
	return ref, nil
}

// watch makes t get target's EXIT. False when target's watchers were told already.
func (t *task) watch(target *task, ref mailbox.Ref, as mailbox.PID, in *inbox) bool {
	m := &monitor{ref: ref, watcher: t, target: target, as: as, in: in}
	t.mu.Lock()
	switch {
	case in != nil && in.watching == nil:
		in.watching = map[mailbox.Ref]*monitor{}
	case in == nil && t.watching == nil:
		t.watching = map[mailbox.Ref]*monitor{}
	}
	m.held()[ref] = m
	t.mu.Unlock()
	target.mu.Lock()
	if !target.told {
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
	delete(m.held(), ref)
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
func (t *task) DemonitorAll(dest mailbox.PID) bool {
	t.unwindIfDoomed()
	target, name := t.s.find(dest), nameOf(dest)
	var ms []*monitor
	t.mu.Lock()
	for ref, m := range t.watching {
		if m.target.pid == dest || m.target == target || name != "" && m.as == name {
			ms = append(ms, m)
			delete(t.watching, ref)
		}
	}
	t.mu.Unlock()
	for _, m := range ms {
		m.unlink()
	}
	gone := t.box.Discard(func(e *mailbox.Event) bool {
		return e.Type == mailbox.ExitEvent && addressed(e, dest, target)
	})
	return len(ms)+gone > 0
}

// notify tells those who are linked with t, and then its watchers, how it
// ended, and withdraws its own monitors.
func (t *task) notify(exit *mailbox.Exit) {
	t.mu.Lock()
	t.told = true
	watchers, watching, links := t.watchers, t.watching, t.links
	t.watchers, t.watching, t.links = nil, nil, nil
	for m := watchers; m != nil; m = m.next {
		m.linked = false
	}
	t.mu.Unlock()
	for _, m := range watching {
		m.unlink()
	}
	t.closeInboxes()
	t.breakLinks(links, exit)
	for m := watchers; m != nil; m = m.next {
		w := m.watcher
		// Posting under the watcher's mutex makes Demonitor's word final: it
		// finds either the monitor or the queued EXIT.
		w.mu.Lock()
		held := m.held()
		_, wanted := held[m.ref]
		delete(held, m.ref)
		if wanted {
			_ = w.boxOf(m.in).Post(mailbox.Event{Type: mailbox.ExitEvent, From: t.pid, Topic: string(m.as), Ref: m.ref, Exit: exit})
		}
		w.mu.Unlock()
		if wanted {
			w.wake(t.exec)
		}
	}
}
