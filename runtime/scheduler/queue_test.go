package scheduler

import (
	"slices"
	"testing"

	"wippy/mailbox"
)

// line is one group's part of a run queue whose processes are names.
type line struct {
	q runQueue
	g *group
}

func newLine() *line { return &line{g: &group{Group: Group{Workers: 1}}} }

func (l *line) put(name string, c class) *task {
	t := &task{g: l.g, pid: mailbox.PID(name)}
	l.q.put(t, c)
	return t
}

// order takes all that is runnable.
func (l *line) order() (names []string) {
	for l.g.anyFrom(resumed) {
		names = append(names, string(l.g.next().pid))
	}
	return names
}

func TestQueueGoesByClass(t *testing.T) {
	l := newLine()
	l.put("computes", preempted)
	l.put("new", fresh)
	l.put("woken", resumed)
	if got, want := l.order(), []string{"woken", "new", "computes"}; !slices.Equal(got, want) {
		t.Errorf("the order is %v, want %v", got, want)
	}
}

// A process that lost its slice to the clock soon after it was woken does not
// go behind all that compute; one that computes on does.
func TestQueueGivesCredit(t *testing.T) {
	l := newLine()
	l.put("computes", preempted)
	w := l.put("woken", resumed)
	for range credit {
		l.g.next()
		l.q.put(w, preempted)
		if got := l.g.runnable[resumed].head; got != w {
			t.Fatalf("it lost its place too soon")
		}
	}
	l.g.next()
	l.q.put(w, preempted)
	if got, want := l.order(), []string{"computes", "woken"}; !slices.Equal(got, want) {
		t.Errorf("the order is %v, want %v", got, want)
	}
}

// Nobody waits for ever for those of a better class.
func TestQueueStarvesNobody(t *testing.T) {
	l := newLine()
	l.put("computes", preempted)
	l.put("new", fresh)
	for range 2 * favour * favour {
		l.put("woken", resumed)
	}
	got := l.order()
	if i := slices.Index(got, "new"); i != favour {
		t.Errorf("the new one's turn is at %d, want %d", i, favour)
	}
	if i := slices.Index(got, "computes"); i > 2*favour+1 {
		t.Errorf("the turn of the one that computes is at %d", i)
	}
}

// One that is to end does not wait for as many slices as there are processes.
func TestQueueExpedites(t *testing.T) {
	for c := range classes {
		l := newLine()
		for range 3 {
			l.put("other", c)
		}
		doomed := l.put("doomed", c)
		l.put("last", c)
		l.q.expedite(doomed)
		if got, want := l.order(), []string{"doomed", "other", "other", "other", "last"}; !slices.Equal(got, want) {
			t.Errorf("the order is %v, want %v", got, want)
		}
		l.q.expedite(doomed) // it is in no list any more
	}
}

// One that was decided to end while it was in no list, but on its way into one,
// is not behind the others there either.
func TestQueuePutsTheDoomedFirst(t *testing.T) {
	for c := range classes {
		l := newLine()
		for range 3 {
			l.put("other", c)
		}
		doomed := &task{g: l.g, pid: "doomed"}
		doomed.doomed.Store(killed)
		l.q.expedite(doomed)
		l.q.put(doomed, c)
		if got, want := l.order(), []string{"doomed", "other", "other", "other"}; !slices.Equal(got, want) {
			t.Errorf("the order is %v, want %v", got, want)
		}
	}
}
