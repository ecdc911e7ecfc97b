package scheduler

import (
	"hash/maphash"
	"sync"

	"wippy/mailbox"
)

// shards divides the table so that spawns and sends on different executors
// seldom meet. A power of two.
const shards = 64

// table finds living processes by PID, or by name.
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

func (tb *table) shard(key mailbox.PID) int {
	return int(maphash.String(tb.seed, string(key)) % shards)
}

// add puts t under a key. If the key is taken it gives the holder and changes nothing.
func (tb *table) add(key mailbox.PID, t *task) (holder *task) {
	p := &tb.part[tb.shard(key)]
	p.mu.Lock()
	defer p.mu.Unlock()
	if holder := p.m[key]; holder != nil {
		return holder
	}
	p.m[key] = t
	return nil
}

func (tb *table) remove(key mailbox.PID) {
	p := &tb.part[tb.shard(key)]
	p.mu.Lock()
	delete(p.m, key)
	p.mu.Unlock()
}

// get gives the living process under a key, nil if there is none.
func (tb *table) get(key mailbox.PID) *task {
	p := &tb.part[tb.shard(key)]
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.m[key]
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
