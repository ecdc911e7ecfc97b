package scheduler

import (
	"context"
	"slices"
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
	waiting []*spawner
	err     error // once it is over
}

// spawner is a process that waits for a preparation.
type spawner struct{ wake func() }

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
	me := new(spawner)
	t.Suspend(
		func(wake func()) { me.wake = wake; p = t.s.preparing(entry, me) },
		func() { t.s.preps.forget(p, me) })
	if p.err != nil {
		return nil, limits, p.err
	}
	return t.s.prepared(entry)
}

// preparing joins the preparation of an entry, and begins it if there is none.
// It goes on when those who wait for it are killed: the next will want it.
func (s *Scheduler) preparing(entry string, who *spawner) *preparation {
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
			p.err = j.err
			delete(s.preps.ongoing, entry)
			waiting := p.waiting
			p.waiting = nil
			s.preps.mu.Unlock()
			for _, w := range waiting {
				w.wake()
			}
		}
		s.pool.submit(j)
	}
	p.waiting = append(p.waiting, who)
	return p
}

func (ps *preparations) forget(p *preparation, who *spawner) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	if i := slices.Index(p.waiting, who); i >= 0 {
		p.waiting = slices.Delete(p.waiting, i, i+1)
	}
}
