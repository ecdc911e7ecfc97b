package supervisor

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"wippy/mailbox"
	"wippy/runtime/process"
)

// hammerFor is how long each strategy is hammered.
const hammerFor = 500 * time.Millisecond

// TestHammer has several processes ask a supervisor for everything at once, while
// its children are killed, fail, end and hang. Every request is answered, no
// child is there twice, and nothing is left.
func TestHammer(t *testing.T) {
	for _, strategy := range []Strategy{OneForOne, OneForAll, RestForOne, SimpleOneForOne, "graph"} {
		t.Run(string(strategy), func(t *testing.T) {
			n := newNode(t)
			s := Spec{Strategy: strategy, Intensity: -1}
			kinds := []string{"worker", "stubborn", "fails"}
			many := len(kinds)
			if strategy != "graph" {
				many-- // one that always fails never comes to rest
			}
			for i := range 8 {
				c := spec(fmt.Sprint("c", i), entry(kinds[i%2]), shutdown(Shutdown(20*time.Millisecond)), restart([]Restart{Permanent, Transient, Temporary}[i%3]))
				if strategy == "graph" {
					c.Backoff = &Backoff{Initial: time.Millisecond, Max: 10 * time.Millisecond, Factor: 2}
					for j := range i {
						if (i+j)%3 == 0 {
							c.Requires = append(c.Requires, fmt.Sprint("c", j))
						}
					}
				}
				s.Children = append(s.Children, c)
			}
			switch strategy {
			case "graph":
				s.Strategy, s.Graph, s.Intensity = OneForOne, true, -1
			case SimpleOneForOne:
				s.Children = []Child{{Entry: "worker", Group: "g", Restart: Transient}}
			}
			r := n.start(s)
			if _, err := r.call("started"); err != nil { // a failure before would be the end
				t.Fatal(err)
			}
			stop := make(chan struct{})
			var all sync.WaitGroup
			run := func(f func(random *rand.Rand)) {
				random := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 1))
				all.Go(func() {
					for {
						select {
						case <-stop:
							return
						default:
							f(random)
						}
					}
				})
			}
			run(func(*rand.Rand) { n.clock.Advance(time.Millisecond); time.Sleep(100 * time.Microsecond) }) // time passes
			run(func(random *rand.Rand) {
				if pids, _ := n.List("g"); len(pids) > 1 {
					pid := pids[1+random.IntN(len(pids)-1)]
					switch random.IntN(4) {
					case 0:
						_ = n.Terminate(pid)
					default:
						_ = n.Send(pid, []string{"fail", "end", "ready"}[random.IntN(3)], nil)
					}
				}
				time.Sleep(200 * time.Microsecond)
			})
			added := 0
			var mu sync.Mutex
			for range 3 {
				run(func(random *rand.Rand) {
					id := fmt.Sprint("c", random.IntN(10))
					n.as(func(ctx process.Context) error {
						var err error
						switch random.IntN(6) {
						case 0:
							mu.Lock()
							added++
							name := fmt.Sprint("added", added)
							mu.Unlock()
							if strategy == SimpleOneForOne {
								_, err = call1(ctx, r.pid, "start_child", []any{name})
							} else {
								_, err = call1(ctx, r.pid, "start_child", map[string]any{"id": id, "process": kinds[random.IntN(many)], "args": []any{name},
									"group": "g", "shutdown": "10ms", "restart": "transient", "backoff": map[string]any{"initial_delay": "1ms", "max_attempts": 0}})
							}
						case 1:
							_, err = call1(ctx, r.pid, "terminate_child", id)
						case 2, 3:
							_, err = call1(ctx, r.pid, "restart_child", id)
						case 4:
							_, err = call1(ctx, r.pid, "delete_child", id)
						case 5:
							_, err = call1(ctx, r.pid, "which_children")
						}
						if errors.Is(err, mailbox.Internal) {
							return err
						}
						return nil
					})
				})
			}
			time.Sleep(hammerFor)
			close(stop)
			for end := time.Now().Add(patience); strategy != "graph" && !calm(r.states()); { // where some may wait for what was stopped
				n.clock.Advance(time.Millisecond)
				if time.Now().After(end) {
					t.Fatalf("the children do not come to rest: %q", r.states())
				}
			}
			if err := n.Cancel(r.pid, "over", time.Hour); err != nil && len(r.exit) == 0 {
				t.Error(err)
			}
			for waiting := true; waiting; {
				select {
				case e := <-r.exit:
					if e.Err != nil && errors.Is(e.Err, mailbox.Internal) {
						t.Error(e.Err)
					}
					waiting = false
				default:
					n.clock.Advance(time.Millisecond)
					time.Sleep(100 * time.Microsecond)
				}
			}
			all.Wait() // all are answered now
			if err := n.Stop(context.Background(), "over", 0); err != nil {
				t.Error(err)
			}
		})
	}
}

// calm tells whether every child runs, or does not.
func calm(states []string) bool {
	for _, s := range states {
		if !strings.HasSuffix(s, " running") && !strings.HasSuffix(s, " stopped") && !strings.HasSuffix(s, " failed") {
			return false
		}
	}
	return true
}
