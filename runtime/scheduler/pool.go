package scheduler

import (
	"container/list"
	"context"
	"sync"
	"sync/atomic"

	"wippy/mailbox"
)

// pool runs what may block a thread. Its goroutines come with work and go
// when there is none; max bounds how many jobs run at one moment, the rest
// queue in order.
type pool struct {
	max int

	mu      sync.Mutex
	running int
	begun   uint64
	waiting list.List // of *job; those of a crowd that is killed leave from anywhere in it
}

// job is one call on the pool.
type job struct {
	f    func(context.Context) error
	ctx  context.Context
	over func() // called once err and done are set
	err  error
	done atomic.Bool

	// Guarded by the pool's mutex:
	place     *list.Element // in waiting; nil once it has begun, or is withdrawn
	abandoned bool          // its place is given away already
}

func (p *pool) submit(j *job) {
	p.mu.Lock()
	if p.running >= p.max {
		j.place = p.waiting.PushBack(j)
		p.mu.Unlock()
		return
	}
	p.running++
	p.begun++
	p.mu.Unlock()
	go p.work(j)
}

func (p *pool) stats() PoolStats {
	p.mu.Lock()
	defer p.mu.Unlock()
	return PoolStats{Max: p.max, Running: p.running, Waiting: p.waiting.Len(), Calls: p.begun}
}

func (p *pool) work(j *job) {
	defer func() {
		if j != nil { // its function called runtime.Goexit, and so ends this goroutine
			if next := p.following(j); next != nil {
				go p.work(next)
			}
		}
	}()
	for j != nil {
		j.call()
		j = p.following(j)
	}
}

// following frees the place of a job that ended and gives the next one for it.
func (p *pool) following(j *job) *job {
	p.mu.Lock()
	defer p.mu.Unlock()
	if j.abandoned {
		return nil
	}
	return p.free()
}

// free gives a place to the job that has waited longest, if any.
func (p *pool) free() *job {
	first := p.waiting.Front()
	if first == nil {
		p.running--
		return nil
	}
	p.begun++
	return p.take(first.Value.(*job))
}

// take removes a job from those that wait.
func (p *pool) take(j *job) *job {
	p.waiting.Remove(j.place)
	j.place = nil
	return j
}

// withdraw takes a job back that has not begun.
func (p *pool) withdraw(j *job) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if j.place == nil {
		return false
	}
	p.take(j)
	return true
}

// abandon gives a stuck job's place to the next one. False when it ended after all.
func (p *pool) abandon(j *job) bool {
	p.mu.Lock()
	if j.done.Load() {
		p.mu.Unlock()
		return false
	}
	j.abandoned = true
	next := p.free()
	p.mu.Unlock()
	if next != nil {
		go p.work(next)
	}
	return true
}

// call runs the job and says when it is over, whatever the function does.
func (j *job) call() {
	returned := false
	defer func() {
		if p := recover(); p != nil {
			j.err = mailbox.Errorf(mailbox.Internal, "fault in a host function: %v", p)
		} else if !returned {
			j.err = mailbox.Errorf(mailbox.Internal, "a host function called runtime.Goexit")
		}
		j.done.Store(true)
		j.over()
	}()
	j.err = j.f(j.ctx)
	returned = true
}
