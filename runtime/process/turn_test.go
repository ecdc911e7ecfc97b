package process

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
)

// awaits is a process that calls on its goroutine what it awaits.
type awaits struct{ waiting }

func (awaits) Await(f func(context.Context) error) error { return f(context.Background()) }

// TestTurn has many do something: one after the other, in the order in which they
// came, those that are killed while they wait left out.
func TestTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var (
			turn turn
			mu   sync.Mutex
			did  []int
			wg   sync.WaitGroup
		)
		hold := make(chan struct{})
		failed := errors.New("failed")
		killed := map[int]chan struct{}{3: make(chan struct{}), 5: make(chan struct{})}
		for i := range 8 {
			wg.Go(func() {
				defer func() {
					if r := recover(); r != nil && !Unwinding(r) {
						panic(r)
					}
				}()
				ctx := &awaits{waiting{killed: killed[i]}}
				err := turn.do(ctx, func() {}, func() error {
					if i == 0 {
						<-hold
					}
					mu.Lock()
					defer mu.Unlock()
					did = append(did, i)
					return failed
				})
				if err != failed {
					t.Error(err)
				}
			})
			synctest.Wait()
		}
		close(killed[3])
		synctest.Wait()
		close(hold)
		wg.Wait()
		if want := []int{0, 1, 2, 4, 5, 6, 7}; !slices.Equal(did, want) {
			t.Errorf("did %v, want %v", did, want)
		}
		if turn.taken || turn.waiting.Len() > 0 {
			t.Error("the turn is somebody's")
		}
	})
}

// abandons is a process that is killed while it awaits, before or after its call
// has begun.
type abandons struct {
	waiting
	begins bool
	later  func()
}

func (a *abandons) Await(f func(context.Context) error) error {
	if a.begins {
		go f(context.Background())
		synctest.Wait()
	} else {
		a.later = func() { f(context.Background()) }
	}
	Unwind()
	return nil
}

// TestTurnKilled kills who has the turn: it ends with the call, or at once if that
// has not begun.
func TestTurnKilled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, begins := range []bool{true, false} {
			var turn turn
			ctx := &abandons{begins: begins}
			ended := make(chan struct{})
			ran := false
			func() {
				defer func() {
					if !Unwinding(recover()) {
						t.Error("it goes on")
					}
				}()
				turn.do(ctx, func() {}, func() error { ran = true; <-ended; return nil })
			}()
			if turn.taken != begins {
				t.Errorf("begun %t: the turn is taken: %t", begins, turn.taken)
			}
			close(ended)
			if ctx.later != nil {
				ctx.later()
			}
			synctest.Wait()
			if turn.taken || ran != begins {
				t.Errorf("begun %t: taken %t, ran %t", begins, turn.taken, ran)
			}
		}
	})
}

// doomed is a process that was killed while it ran: it unwinds when it wants to
// wait, and neither starts nor cancels that.
type doomed struct{ awaits }

func (doomed) Suspend(func(wake func()), func()) { Unwind() }

// TestTurnDoomed has a process that was killed want a turn: it gets none, which
// nobody would give back.
func TestTurnDoomed(t *testing.T) {
	var turn turn
	turn.take(&awaits{})
	unwinds(t, func() { turn.take(doomed{}) })
	turn.pass()
	if turn.taken || turn.waiting.Len() > 0 {
		t.Error("the turn is somebody's who is gone")
	}
}

// unwinds makes sure that a call does not return.
func unwinds(t *testing.T, f func()) {
	t.Helper()
	defer func() {
		if !Unwinding(recover()) {
			t.Error("it goes on")
		}
	}()
	f()
}
