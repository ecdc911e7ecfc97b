package scheduler

import (
	"hash/maphash"
	"maps"
	"sync"

	"wippy/mailbox"
)

// shards divides the table so that spawns and sends on different executors
// seldom meet. A power of two.
const shards = 64

// table finds living processes by PID, or by name.
type table struct {
	seed maphash.Seed
	part [shards]shard
}

type shard struct {
	mu   sync.RWMutex
	m    map[mailbox.PID]*task
	most int // entries that m has had
}

// crowded is how many entries a shard may have had and keep the room for.
const crowded = 256

func (tb *table) init() {
	tb.seed = maphash.MakeSeed()
	for i := range tb.part {
		tb.part[i].m = map[mailbox.PID]*task{}
	}
}

func (tb *table) shard(key mailbox.PID) *shard {
	return &tb.part[maphash.String(tb.seed, string(key))%shards]
}

// add puts t under a key, and calls known, unless that is nil, before anybody can
// find it there. If the key is taken it gives the holder and changes nothing.
func (tb *table) add(key mailbox.PID, t *task, known func()) (holder *task) {
	p := tb.shard(key)
	p.mu.Lock()
	defer p.mu.Unlock()
	if holder := p.m[key]; holder != nil {
		return holder
	}
	if known != nil {
		known()
	}
	p.m[key] = t
	p.most = max(p.most, len(p.m))
	return nil
}

func (tb *table) remove(key mailbox.PID) {
	p := tb.shard(key)
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.m, key)
	// A map never gives back the room of what was removed.
	if p.most > crowded && len(p.m) < p.most/8 {
		few := make(map[mailbox.PID]*task, len(p.m))
		maps.Copy(few, p.m)
		p.m, p.most = few, len(few)
	}
}

// get gives the living process under a key, nil if there is none.
func (tb *table) get(key mailbox.PID) *task {
	p := tb.shard(key)
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
