package process

import (
	"container/list"
	"context"
	"sync"
	"sync/atomic"
)

// turn lets processes do one after the other what may block: those that wait are
// suspended, and hold no place of the I/O pool. Who reads a terminal may be slow, or
// gone to sleep; the calls of all who write would take the places from those who
// have files to read. The zero value is ready.
type turn struct {
	mu      sync.Mutex
	taken   bool
	waiting list.List // of *inTurn, those of a crowd that is killed leave from anywhere in it
}

type inTurn struct {
	wake  func()
	given bool
}

// do has f called on the I/O pool when it is the process's turn; that of the next
// begins when f returns. prepare is called before, on the process's coroutine.
func (t *turn) do(ctx Suspender, prepare func(), f func() error) error {
	t.take(ctx)
	var begun atomic.Bool // by f, whose return ends the turn then, also where the process was killed
	defer func() {
		if begun.CompareAndSwap(false, true) {
			t.pass()
		}
	}()
	prepare()
	return ctx.Await(func(context.Context) error {
		if !begun.CompareAndSwap(false, true) {
			return nil // the process is gone
		}
		defer t.pass()
		return f()
	})
}

// take waits for the turn. A process that is killed meanwhile gives it up; one that
// is killed already does not get as far as to want it, so that it is not given to it.
func (t *turn) take(ctx Suspender) {
	t.mu.Lock()
	free := !t.taken
	t.taken = true
	t.mu.Unlock()
	if free {
		return
	}
	me := new(inTurn)
	var place *list.Element
	ctx.Suspend(func(wake func()) {
		t.mu.Lock()
		defer t.mu.Unlock()
		if me.wake = wake; t.taken {
			place = t.waiting.PushBack(me)
			return
		}
		t.taken, me.given = true, true
		wake()
	}, func() {
		t.mu.Lock()
		given := me.given
		if !given {
			t.waiting.Remove(place)
		}
		t.mu.Unlock()
		if given {
			t.pass()
		}
	})
}

// pass gives the turn to who waited longest.
func (t *turn) pass() {
	t.mu.Lock()
	defer t.mu.Unlock()
	first := t.waiting.Front()
	if first == nil {
		t.taken = false
		return
	}
	next := t.waiting.Remove(first).(*inTurn)
	next.given = true
	next.wake()
}
