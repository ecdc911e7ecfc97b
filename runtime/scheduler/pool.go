package scheduler

import (
	"container/list"
	"context"
	"sync"
	"sync/atomic"

	"wippy/mailbox"
)

// pool runs what may block a thread. Its goroutines come with work and go when
// there is none, but for a few that wait for more; max bounds how many jobs run
// at one moment, the rest queue in order.
type pool struct {
	max int

	mu      sync.Mutex
	running int
	begun   uint64
	waiting list.List // of *job; those of a crowd that is killed leave from anywhere in it
	closed  bool
	idle    int       // goroutines that wait for more
	more    chan *job // has room for each of them
}

// maxIdle is how many goroutines wait for more: a new one grows its stack in
// its first job, which takes as long as a short call itself.
const maxIdle = 4

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
	if p.idle > 0 {
		p.idle--
		p.mu.Unlock()
		p.more <- j
		return
	}
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
			if next, _ := p.following(j, false); next != nil {
				go p.work(next)
			}
		}
	}()
	for j != nil {
		j.call()
		next, wait := p.following(j, true)
		if wait {
			next = <-p.more
		}
		j = next
	}
}

// following frees the place of a job that ended and gives the next one for it. If
// there is none, wait tells whether whoever lingers is to wait for one.
func (p *pool) following(j *job, lingers bool) (next *job, wait bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if j.abandoned {
		return nil, false
	}
	if next = p.free(); next != nil || !lingers || p.closed || p.idle == maxIdle {
		return next, false
	}
	if p.more == nil {
		p.more = make(chan *job, maxIdle)
	}
	p.idle++
	return nil, true
}

// close ends those who wait for more. Jobs may still come, and run.
func (p *pool) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	for ; p.idle > 0; p.idle-- {
		p.more <- nil
	}
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
