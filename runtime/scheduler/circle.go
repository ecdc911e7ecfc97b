package scheduler

import (
	"context"
	"hash/maphash"
	"slices"
	"sync"

	"wippy/mailbox"
)

const (
	// maxCircles bounds the groups that one process is in, and those that it
	// monitors; a group's name is as long as a process's may be.
	maxCircles = 64
	// maxWatches bounds the monitors of one group: whoever joins it tells all of
	// them, in one go.
	maxWatches = 4096
)

// circle is a set of processes by name, what SPEC calls process.group (the word
// group is taken, by that in which a process runs). It is there while it has a
// member or somebody monitors it.
//
// Its mutex is taken with a task's held, and a mailbox's and the run queue's
// within it, never another circle's.
type circle struct {
	name string

	mu      sync.Mutex
	gone    bool // it is not in the table any more, or about to leave it
	members []*member
	listed  []*member // a copy of members that nobody changes; nil once they did
	watches []*watch
}

// member is a task in a circle.
type member struct {
	t  *task
	c  *circle
	at int // its place in the circle's members, in no order; the circle's mutex guards it
}

// circles finds circles by their names.
type circles struct {
	seed maphash.Seed
	part [shards]struct {
		mu   sync.RWMutex
		m    map[string]*circle
		most int // entries that m has had
	}
}

func (cs *circles) init() {
	cs.seed = maphash.MakeSeed()
	for i := range cs.part {
		cs.part[i].m = map[string]*circle{}
	}
}

// enter gives the circle of a name with its mutex held, for exit to give back.
// Where there is none it makes one or, unless it should, gives nil.
func (cs *circles) enter(name string, make bool) *circle {
	p := &cs.part[maphash.String(cs.seed, name)%shards]
	for {
		p.mu.RLock()
		c := p.m[name]
		p.mu.RUnlock()
		if c == nil && !make {
			return nil
		}
		if c == nil {
			p.mu.Lock()
			if c = p.m[name]; c == nil {
				c = &circle{name: name}
				p.m[name] = c
				p.most = max(p.most, len(p.m))
			}
			p.mu.Unlock()
		}
		c.mu.Lock()
		if !c.gone {
			return c
		}
		c.mu.Unlock()
		cs.drop(c) // whoever emptied it is about to
	}
}

// exit gives a circle back, and drops it if there is nothing about it to know.
func (cs *circles) exit(c *circle) {
	c.gone = len(c.members) == 0 && len(c.watches) == 0
	gone := c.gone
	c.mu.Unlock()
	if gone {
		cs.drop(c)
	}
}

func (cs *circles) drop(c *circle) {
	p := &cs.part[maphash.String(cs.seed, c.name)%shards]
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.m[c.name] != c {
		return
	}
	delete(p.m, c.name)
	if p.most > crowded && len(p.m) < p.most/8 { // see table.remove
		few := make(map[string]*circle, len(p.m))
		for name, c := range p.m {
			few[name] = c
		}
		p.m, p.most = few, len(few)
	}
}

// add makes t, whose mutex is held, a member.
func (cs *circles) add(name string, t *task) *member {
	c := cs.enter(name, true)
	defer cs.exit(c)
	m := &member{t: t, c: c, at: len(c.members)}
	c.members = append(c.members, m)
	c.listed = nil
	c.tell(t, true)
	return m
}

// remove ends a membership.
func (cs *circles) remove(m *member) {
	c := m.c
	c.mu.Lock()
	defer cs.exit(c)
	last := len(c.members) - 1
	c.members[last].at = m.at
	c.members[m.at] = c.members[last]
	c.members[last] = nil
	c.members = c.members[:last]
	if cap(c.members) > crowded && last < cap(c.members)/8 {
		c.members = slices.Clone(c.members)
	}
	c.listed = nil
	c.tell(m.t, false)
}

// list gives the members, in no order. It is not to be changed.
func (c *circle) list() []*member {
	if c.listed == nil {
		c.listed = slices.Clone(c.members)
	}
	return c.listed
}

// members gives who is in a circle now, in no order.
func (cs *circles) members(name string) []*member {
	c := cs.enter(name, false)
	if c == nil {
		return nil
	}
	defer cs.exit(c)
	return c.list()
}

// membersByAge gives the PIDs of members, the oldest first: of many off the
// worker, since nothing can interrupt that.
func (t *task) membersByAge(ms []*member) (list []mailbox.PID) {
	if len(ms) <= listedAtOnce || t.co == nil {
		return pidsOf(ms)
	}
	_ = t.Await(func(context.Context) error {
		list = pidsOf(ms)
		return nil
	})
	return list
}

func pidsOf(ms []*member) []mailbox.PID {
	ts := make([]*task, len(ms))
	for i, m := range ms {
		ts[i] = m.t
	}
	return pids(ts)
}

// JoinGroup implements process.Peers.
func (t *task) JoinGroup(group string, dest mailbox.PID) error {
	t.unwindIfDoomed()
	return t.s.JoinGroup(group, dest)
}

// JoinGroup makes a process a member of a group. It is done under the process's
// mutex: one that has ended joins nothing, and one that ends leaves everything.
func (s *Scheduler) JoinGroup(group string, dest mailbox.PID) error {
	if err := checkName(group); err != nil {
		return err
	}
	t := s.find(dest)
	if t == nil {
		return mailbox.NoProcess(dest)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case t.over:
		return mailbox.NoProcess(dest)
	case t.circles[group] != nil:
		return nil
	case len(t.circles) >= maxCircles:
		return mailbox.Errorf(mailbox.LimitHit, "%s is in %d groups; it may be in %d", t.pid, len(t.circles), maxCircles)
	}
	if t.circles == nil {
		t.circles = map[string]*member{}
	}
	t.circles[group] = s.circles.add(group, t)
	return nil
}

// LeaveGroup implements process.Peers.
func (t *task) LeaveGroup(group string, dest mailbox.PID) bool {
	t.unwindIfDoomed()
	return t.s.LeaveGroup(group, dest)
}

// LeaveGroup ends a membership; false if there was none.
func (s *Scheduler) LeaveGroup(group string, dest mailbox.PID) bool {
	t := s.find(dest)
	if t == nil {
		return false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	m := t.circles[group]
	if m == nil {
		return false
	}
	delete(t.circles, group)
	s.circles.remove(m)
	return true
}

// GroupMembers implements process.Peers.
func (t *task) GroupMembers(group string) []mailbox.PID {
	t.unwindIfDoomed()
	return t.membersByAge(t.s.circles.members(group))
}

// GroupMembers gives the members of a group, the oldest first.
func (s *Scheduler) GroupMembers(group string) []mailbox.PID {
	return pidsOf(s.circles.members(group))
}

const (
	// broadcastPart is how many members a process posts to before others have
	// their turn: some tenths of a millisecond. A unit of fuel is charged for
	// each, times memberFuel.
	broadcastPart = 512
	memberFuel    = 16
)

// Broadcast implements process.Peers.
func (t *task) Broadcast(group, topic string, values []mailbox.Value) (int, error) {
	t.unwindIfDoomed()
	return t.s.broadcast(t, group, mailbox.Event{Type: mailbox.Message, From: t.pid, Topic: topic, Values: values})
}

// Broadcast posts a message from nobody to every member of a group, and tells how many took it.
func (s *Scheduler) Broadcast(group, topic string, values []mailbox.Value) (int, error) {
	return s.broadcast(nil, group, mailbox.Event{Type: mailbox.Message, Topic: topic, Values: values})
}

// broadcast posts to who is a member at this moment; who leaves meanwhile may
// still get it. No lock is held but that of one mailbox at a time.
func (s *Scheduler) broadcast(from *task, group string, ev mailbox.Event) (taken int, err error) {
	if err := checkName(group); err != nil {
		return 0, err
	}
	size, since := ev.Size(), 0
	for _, m := range s.circles.members(group) {
		if from != nil && since == broadcastPart {
			from.Checkpoint(broadcastPart * memberFuel)
			from.Yield()
			since = 0
		}
		since++
		switch m.t.box.PostSized(ev, size) {
		case nil:
			taken++
			m.t.wake(from.on())
		case mailbox.ErrFull, mailbox.ErrTooLarge:
			m.t.box.CountDropped()
		}
	}
	if from != nil {
		from.Checkpoint(uint64(since) * memberFuel)
	}
	return taken, nil
}

// on gives the executor that the task, which may be nil, runs on.
func (t *task) on() *executor {
	if t == nil {
		return nil
	}
	return t.exec
}
