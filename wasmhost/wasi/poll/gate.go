package poll

import "sync"

// Gate is a pollable that somebody else opens and shuts. It begins shut. Set may
// be called from any goroutine.
type Gate struct {
	mu       sync.Mutex
	open     bool
	watchers map[*gateWatcher]struct{}
}

type gateWatcher struct{ wake func() }

// Set opens the gate, or shuts it.
func (g *Gate) Set(open bool) {
	g.mu.Lock()
	var woken map[*gateWatcher]struct{}
	if g.open = open; open {
		woken, g.watchers = g.watchers, nil
	}
	g.mu.Unlock()
	for w := range woken {
		w.wake()
	}
}

// Ready implements Pollable.
func (g *Gate) Ready() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.open
}

// Watch implements Pollable.
func (g *Gate) Watch(wake func()) (stop func()) {
	w := &gateWatcher{wake}
	g.mu.Lock()
	if g.open {
		g.mu.Unlock()
		wake()
		return func() {}
	}
	if g.watchers == nil {
		g.watchers = map[*gateWatcher]struct{}{}
	}
	g.watchers[w] = struct{}{}
	g.mu.Unlock()
	return func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		delete(g.watchers, w)
	}
}
