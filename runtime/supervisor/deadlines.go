package supervisor

import (
	"container/heap"
	"time"
)

// deadlines are the moments at which children need attention: a start that
// took too long, a restart that was put off. A child has one at most.
type deadlines []*child

func (d deadlines) Len() int           { return len(d) }
func (d deadlines) Less(i, j int) bool { return d[i].due.Before(d[j].due) }

func (d deadlines) Swap(i, j int) {
	d[i], d[j] = d[j], d[i]
	d[i].place, d[j].place = i+1, j+1
}

// Push implements heap.Interface.
func (d *deadlines) Push(x any) {
	c := x.(*child)
	*d = append(*d, c)
	c.place = len(*d)
}

// Pop implements heap.Interface.
func (d *deadlines) Pop() any {
	last := len(*d) - 1
	c := (*d)[last]
	(*d)[last] = nil
	*d = (*d)[:last]
	c.place = 0
	return c
}

// set gives a child a deadline, in place of the one it has.
func (d *deadlines) set(c *child, due time.Time) {
	d.clear(c)
	c.due = due
	heap.Push(d, c)
}

// clear takes a child's deadline from it, if it has one.
func (d *deadlines) clear(c *child) {
	if c.place > 0 {
		heap.Remove(d, c.place-1)
	}
}

// over gives a child whose deadline is over, which it then has no more; nil if
// there is none.
func (d *deadlines) over(now time.Time) *child {
	if len(*d) == 0 || (*d)[0].due.After(now) {
		return nil
	}
	return heap.Pop(d).(*child)
}

// left is how long a Receive may wait: negative for ever.
func (d deadlines) left(now time.Time) time.Duration {
	if len(d) == 0 {
		return -1
	}
	return max(d[0].due.Sub(now), 0)
}
