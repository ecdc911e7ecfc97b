package supervisor

import (
	"fmt"
	"testing"

	"wippy/mailbox"
	"wippy/runtime/process"
)

// quiet is a child that waits, and notes nothing.
type quiet struct{}

func (quiet) Straight() bool { return false }
func (quiet) New([]mailbox.Value, process.Limits) (process.Process, error) {
	return quietProcess{}, nil
}

type quietProcess struct{}

func (quietProcess) Init(process.Context) error { return nil }
func (quietProcess) Close()                     {}
func (quietProcess) Step(ctx process.Context) (process.Result, process.Status) {
	ctx.Receive(func(e *mailbox.Event) bool { return e.Type == mailbox.CancelEvent }, -1)
	return process.Result{}, process.Done
}

// BenchmarkTree starts a supervisor with children, one after the other, and
// stops them again. ns/op are those of one child.
func BenchmarkTree(b *testing.B) {
	for _, children := range []int{10, 1000} {
		b.Run(fmt.Sprint(children), func(b *testing.B) {
			n := newNode(b)
			n.progs["quiet"] = quiet{}
			var s Spec
			for i := range children {
				s.Children = append(s.Children, Child{ID: fmt.Sprint(i), Entry: "quiet", Group: "g"})
			}
			b.ResetTimer()
			for i := 0; i < b.N; i += children {
				r := n.start(s)
				if _, err := r.call("started"); err != nil {
					b.Fatal(err)
				}
				r.cancel()
				r.wait()
			}
		})
	}
}

// BenchmarkRestart kills a child again and again, and waits for its next process.
func BenchmarkRestart(b *testing.B) {
	n := newNode(b)
	n.progs["quiet"] = quiet{}
	r := n.start(Spec{Intensity: 1 << 30, Children: []Child{{ID: "a", Entry: "quiet", Group: "g", Name: "a"}}})
	if _, err := r.call("started"); err != nil {
		b.Fatal(err)
	}
	b.ResetTimer()
	n.as(func(ctx process.Context) error {
		for range b.N {
			pid, ok := ctx.Lookup("a")
			for ; !ok; pid, ok = ctx.Lookup("a") {
				ctx.Yield()
			}
			_ = ctx.Terminate(pid)
			for next, ok := pid, true; ok && next == pid; next, ok = ctx.Lookup("a") {
				ctx.Yield()
			}
		}
		return nil
	})
}
