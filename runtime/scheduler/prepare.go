package scheduler

import (
	"container/list"
	"context"
	"sync"

	"wippy/mailbox"
	"wippy/runtime/process"
)

// preparations are the entries that are being prepared for processes which
// spawn them. However many these are, one place of the I/O pool is taken.
type preparations struct {
	mu      sync.Mutex
	ongoing map[string]*preparation
}

type preparation struct {
	waiting list.List // of func(): they wake the processes that wait for it
	err     error     // once it is over
}

// resolve finds an entry's program for a spawn from outside.
func (s *Scheduler) resolve(ctx context.Context, entry string) (process.Program, process.Limits, error) {
	prog, limits, err := s.cfg.Resolve(entry)
	if prog != nil || err != nil {
		return prog, limits, err
	}
	if err := s.cfg.Prepare(ctx, entry); err != nil {
		return nil, limits, err
	}
	return s.prepared(entry)
}

// prepared is Resolve for an entry whose preparation is over.
func (s *Scheduler) prepared(entry string) (process.Program, process.Limits, error) {
	prog, limits, err := s.cfg.Resolve(entry)
	if prog == nil && err == nil {
		err = mailbox.Errorf(mailbox.Internal, "the entry %q was prepared, and has no program", entry)
	}
	return prog, limits, err
}

// resolve finds an entry's program; the process is suspended while it is prepared.
func (t *task) resolve(entry string) (process.Program, process.Limits, error) {
	prog, limits, err := t.s.cfg.Resolve(entry)
	if prog != nil || err != nil {
		return prog, limits, err
	}
	var p *preparation
	var place *list.Element
	t.Suspend(
		func(wake func()) { p, place = t.s.preparing(entry, wake) },
		func() { t.s.preps.forget(p, place) })
	if p.err != nil {
		return nil, limits, p.err
	}
	return t.s.prepared(entry)
}

// preparing joins the preparation of an entry, and begins it if there is none.
// It goes on when those who wait for it are killed: the next will want it.
func (s *Scheduler) preparing(entry string, wake func()) (*preparation, *list.Element) {
	s.preps.mu.Lock()
	defer s.preps.mu.Unlock()
	p := s.preps.ongoing[entry]
	if p == nil {
		p = &preparation{}
		if s.preps.ongoing == nil {
			s.preps.ongoing = map[string]*preparation{}
		}
		s.preps.ongoing[entry] = p
		j := &job{ctx: s.ctx, f: func(ctx context.Context) error { return s.cfg.Prepare(ctx, entry) }}
		j.over = func() {
			s.preps.mu.Lock()
			defer s.preps.mu.Unlock()
			p.err = j.err
			delete(s.preps.ongoing, entry)
			for first := p.waiting.Front(); first != nil; first = p.waiting.Front() {
				p.waiting.Remove(first).(func())()
			}
		}
		s.pool.submit(j)
	}
	return p, p.waiting.PushBack(wake)
}

// forget takes back a place among those that wait; nothing if it was woken.
func (ps *preparations) forget(p *preparation, place *list.Element) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	p.waiting.Remove(place)
}
