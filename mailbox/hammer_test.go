package mailbox

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
)

// tally is the accounting of a hammer: what senders and owner saw must add up.
type tally struct {
	sent, rejected, withdrawn   atomic.Int64 // by senders
	delivered, discarded, exits int          // by the owner
	last                        []int        // of each sender, what came last
	t                           *testing.T
}

const (
	hammerSenders  = 4
	hammerMessages = 2000 // of each sender
	hammerExits    = 500
)

// hammerEvent is a message that tells its sender and its number among that
// sender's, from 1.
func hammerEvent(sender, n int) Event { return message(n*hammerSenders + sender) }

// send posts a sender's messages, as the policy asks, and withdraws some.
func (c *tally) send(m *Mailbox, sender int) {
	for n := 1; n <= hammerMessages; n++ {
		if n%8 == 0 {
			runtime.Gosched()
		}
		c.sent.Add(1)
		e := hammerEvent(sender, n)
		switch err := m.Post(e); {
		case err == nil:
		case err != ErrFull:
			c.t.Errorf("posting: %v", err)
		case m.Overflow() != Block:
			c.rejected.Add(1)
		default:
			done := make(chan error, 2) // a second answer must not hide
			w := m.PostWhenRoom(e, func(err error) { done <- err })
			if n%16 == 0 && m.Withdraw(w) {
				c.withdrawn.Add(1)
			} else if err := <-done; err != nil {
				c.t.Errorf("waiting for room: %v", err)
			}
			if len(done) > 0 {
				c.t.Error("a waiting message was answered once more")
			}
		}
	}
}

func (c *tally) deliver(e *Event) {
	if e.Type == ExitEvent {
		c.exits++
		return
	}
	c.delivered++
	sender, n := int(e.Ref)%hammerSenders, int(e.Ref)/hammerSenders
	if n <= c.last[sender] {
		c.t.Errorf("message %d of sender %d came after %d", n, sender, c.last[sender])
	}
	c.last[sender] = n
}

// receive takes once, in one of the ways there are. It is false when it found
// nothing.
func (c *tally) receive(m *Mailbox, round int) bool {
	var s Scan
	from := round / 8 % hammerSenders
	match := func(e *Event) bool { return e.Type == Message && int(e.Ref)%hammerSenders == from }
	switch round % 8 {
	case 0:
		if e := m.Take(&s, match); e != nil {
			c.deliver(e)
			return true
		}
	case 1:
		for e := m.Next(&s); e != nil; e = m.Next(&s) {
			if match(e) && m.Remove(&s) {
				c.deliver(e)
				return true
			}
		}
	case 2:
		if round%64 == 2 {
			n := m.Discard(match)
			c.discarded += n
			return n > 0
		}
	}
	e := m.Take(nil, nil)
	if e != nil {
		c.deliver(e)
	}
	return e != nil
}

func TestHammer(t *testing.T) {
	for name, policy := range map[string]Overflow{"reject": Reject, "drop oldest": DropOldest, "block": Block} {
		t.Run(name, func(t *testing.T) {
			m := New(Config{Capacity: 8, Overflow: policy})
			c := tally{last: make([]int, hammerSenders), t: t}
			var senders sync.WaitGroup
			for sender := range hammerSenders {
				senders.Go(func() { c.send(m, sender) })
			}
			senders.Go(func() {
				for id := range hammerExits {
					if err := m.Post(exit(id)); err != nil {
						t.Errorf("posting an EXIT: %v", err)
					}
				}
			})
			var quiet atomic.Bool
			go func() {
				senders.Wait()
				quiet.Store(true)
			}()
			for round := 0; ; round++ {
				over := quiet.Load() // before the look: nothing comes after it
				if !c.receive(m, round) {
					if over && m.Len() == 0 {
						break
					}
					runtime.Gosched()
				}
			}
			dropped, rejected, withdrawn := int(m.Dropped()), int(c.rejected.Load()), int(c.withdrawn.Load())
			got := c.delivered + c.discarded + dropped + rejected + withdrawn
			t.Logf("%d delivered, %d discarded, %d dropped, %d rejected, %d withdrawn",
				c.delivered, c.discarded, dropped, rejected, withdrawn)
			if sent := int(c.sent.Load()); got != sent {
				t.Errorf("%d messages are accounted for, %d were sent", got, sent)
			}
			if c.exits != hammerExits {
				t.Errorf("%d of %d EXITs came", c.exits, hammerExits)
			}
			if policy != DropOldest && dropped > 0 || policy != Reject && rejected > 0 {
				t.Error("messages were lost in a way that the policy does not know")
			}
		})
	}
}

// Closing while senders wait, withdraw and are let in answers each exactly once.
func TestHammerClose(t *testing.T) {
	for range 200 {
		m := New(Config{Capacity: 1, Overflow: Block})
		var answered, withdrawn atomic.Int64
		var senders sync.WaitGroup
		start := make(chan struct{})
		for sender := range hammerSenders {
			senders.Go(func() {
				<-start
				for n := range 10 {
					w := m.PostWhenRoom(hammerEvent(sender, n+1), func(err error) {
						if err != nil && err != ErrClosed {
							t.Errorf("waiting for room: %v", err)
						}
						answered.Add(1)
					})
					if n%3 == 0 && m.Withdraw(w) {
						withdrawn.Add(1)
					}
				}
			})
		}
		close(start)
		for range 5 {
			m.Take(nil, nil)
		}
		m.Close()
		senders.Wait()
		if n := answered.Load() + withdrawn.Load(); n != 10*hammerSenders || m.Len() != 0 {
			t.Fatalf("%d answers and %d withdrawals of %d messages, %d left",
				answered.Load(), withdrawn.Load(), 10*hammerSenders, m.Len())
		}
	}
}
