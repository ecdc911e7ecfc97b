package scheduler

import (
	"hash/maphash"
	"sync"

	"wippy/mailbox"
)

// shards divides the table so that spawns and sends on different executors
// seldom meet. A power of two.
const shards = 64

// table finds living processes by PID.
type table struct {
	seed maphash.Seed
	part [shards]struct {
		mu sync.RWMutex
		m  map[mailbox.PID]*task
	}
}

func (tb *table) init() {
	tb.seed = maphash.MakeSeed()
	for i := range tb.part {
		tb.part[i].m = map[mailbox.PID]*task{}
	}
}

func (tb *table) shard(pid mailbox.PID) int {
	return int(maphash.String(tb.seed, string(pid)) % shards)
}

func (tb *table) add(t *task) {
	p := &tb.part[tb.shard(t.pid)]
	p.mu.Lock()
	p.m[t.pid] = t
	p.mu.Unlock()
}

func (tb *table) remove(pid mailbox.PID) {
	p := &tb.part[tb.shard(pid)]
	p.mu.Lock()
	delete(p.m, pid)
	p.mu.Unlock()
}

// get gives a living process, nil if there is none.
func (tb *table) get(pid mailbox.PID) *task {
	p := &tb.part[tb.shard(pid)]
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.m[pid]
}

// all gives every living process, in no order.
func (tb *table) all() []*task {
	var ts []*task
	for i := range tb.part {
		p := &tb.part[i]
		p.mu.RLock()
		for _, t := range p.m {
			ts = append(ts, t)
		}
		p.mu.RUnlock()
	}
	return ts
}
