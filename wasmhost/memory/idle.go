package memory

import (
	"math"
	"reflect"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// maxIdle bounds what all that waits on a node holds, in bytes; of a smaller
	// memory limit of Go's (GOMEMLIMIT) it is an eighth.
	maxIdle = 256 << 20
	// maxAge is for how long something waits for a process at the most, within twice.
	maxAge = 30 * time.Second
)

// Idle is what waits on a node for a process, of all its programs: what ended
// processes left, made as new. It is bounded in bytes, for the node, and in time:
// beyond either, what has waited for the longest is freed. A program's own
// are on a [Shelf]. The zero Idle is ready; any goroutine may call its methods, which
// wait for nothing but the freeing.
type Idle struct {
	mu             sync.Mutex
	oldest, newest *Waiting
	bytes          uint64
	most           uint64        // that bytes may be; zero until something waits
	age            time.Duration // maxAge; tests have another
	timer          *time.Timer   // nil until something waits
	armed          bool          // the timer is to run
	closed         bool
	freeing        sync.Mutex // held by sweep; comes before mu
}

// Waiter is something that waits: it embeds a Waiting.
type Waiter interface {
	waiting() *Waiting
	// Free frees it, when no process will have it. It may be called on any goroutine,
	// and must not call the Idle.
	Free()
}

// Waiting is a part of a Waiter.
type Waiting struct {
	older, newer *Waiting
	shelf        *Shelf
	item         Waiter
	bytes        uint64
	since        time.Time
}

func (w *Waiting) waiting() *Waiting { return w }

// Shelf holds what waits of one program: at most Most of it, and a quarter of what may
// wait on the node. The Idle guards it.
type Shelf struct {
	Most  int
	items []Waiter // that which waits for the longest first
	bytes uint64
	last  uint64 // what the last that came holds
}

// Full tells that nothing more may wait on a shelf, if it holds as much as the last that
// does.
func (i *Idle) Full(s *Shelf) bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.closed || len(s.items) >= s.Most || len(s.items) > 0 && s.bytes+s.last > i.most/4
}

// Waiting counts what is on a shelf.
func (i *Idle) Waiting(s *Shelf) int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return len(s.items)
}

// Bytes is what all that waits holds.
func (i *Idle) Bytes() uint64 {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.bytes
}

// Take gives what came last to a shelf, whose memory is warm; nil where nothing waits.
func (i *Idle) Take(s *Shelf) Waiter {
	i.mu.Lock()
	defer i.mu.Unlock()
	n := len(s.items)
	if n == 0 {
		return nil
	}
	w := s.items[n-1]
	s.items[n-1] = nil
	s.items = s.items[:n-1]
	i.unlink(w.waiting())
	return w
}

// Put has something wait on a shelf that holds so many bytes, and frees what has
// waited for the longest where all together is too much. False means that it cannot
// wait, and is the caller's still.
func (i *Idle) Put(s *Shelf, item Waiter, bytes uint64) bool {
	i.mu.Lock()
	if i.most == 0 {
		i.most = min(maxIdle, uint64(debug.SetMemoryLimit(-1))/8)
	}
	if i.closed || len(s.items) >= s.Most || s.bytes+bytes > i.most/4 {
		i.mu.Unlock()
		return false
	}
	var old []Waiter
	for i.bytes+bytes > i.most {
		old = append(old, i.dropOldest())
	}
	w := item.waiting()
	*w = Waiting{shelf: s, item: item, bytes: bytes, since: time.Now(), older: i.newest}
	if i.newest != nil {
		i.newest.newer = w
	} else {
		i.oldest = w
	}
	i.newest = w
	i.bytes += bytes
	s.bytes += bytes
	s.last = bytes
	s.items = append(s.items, item)
	if !i.armed {
		i.arm()
	}
	i.mu.Unlock()
	for _, o := range old {
		o.Free()
	}
	return true
}

// arm has the timer run, with the lock held.
func (i *Idle) arm() {
	if i.age == 0 {
		i.age = maxAge
	}
	i.armed = true
	if i.timer == nil {
		i.timer = time.AfterFunc(i.age, i.sweep)
	} else {
		i.timer.Reset(i.age)
	}
}

// sweep frees what has waited for too long, one after the other: no process waits for all.
func (i *Idle) sweep() {
	i.freeing.Lock()
	defer i.freeing.Unlock()
	for {
		i.mu.Lock()
		if i.closed || i.oldest == nil || time.Since(i.oldest.since) < i.age {
			if i.armed = false; i.oldest != nil && !i.closed {
				i.arm()
			}
			i.mu.Unlock()
			return
		}
		w := i.dropOldest()
		i.mu.Unlock()
		w.Free()
	}
}

// dropOldest takes what has waited for the longest off its shelf, where it is the
// first: shelves are filled and emptied at the end.
func (i *Idle) dropOldest() Waiter {
	w := i.oldest
	s := w.shelf
	copy(s.items, s.items[1:])
	s.items[len(s.items)-1] = nil
	s.items = s.items[:len(s.items)-1]
	i.unlink(w)
	return w.item
}

// unlink takes w out of the list.
func (i *Idle) unlink(w *Waiting) {
	if w.older != nil {
		w.older.newer = w.newer
	} else {
		i.oldest = w.newer
	}
	if w.newer != nil {
		w.newer.older = w.older
	} else {
		i.newest = w.older
	}
	i.bytes -= w.bytes
	w.shelf.bytes -= w.bytes
	item := w.item
	*w = Waiting{item: item}
}

// Close frees all that waits. Nothing waits any more afterwards.
func (i *Idle) Close() {
	i.mu.Lock()
	i.closed = true
	if i.timer != nil {
		i.timer.Stop()
	}
	i.mu.Unlock()
	i.freeing.Lock() // what is half freed
	defer i.freeing.Unlock()
	i.mu.Lock()
	defer i.mu.Unlock()
	for i.oldest != nil {
		i.dropOldest().Free()
	}
}

// MaxStack is the largest stack, in bytes, with which one of the engine's functions
// waits: a deep call leaves one of megabytes.
const MaxStack = 1 << 20

// stackOf tells where functions of a type have their stack.
type stackOf struct {
	of    reflect.Type
	field int // -1 for nowhere
}

var lastStack atomic.Pointer[stackOf] // there is one type as a rule

// Stack gives what the stack of one of the engine's functions takes, in bytes. The engine
// does not tell: more than MaxStack where it cannot be found.
func Stack(function any) uint64 {
	v := reflect.ValueOf(function)
	if v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	if v.Kind() != reflect.Struct {
		return math.MaxUint32
	}
	at := lastStack.Load()
	if at == nil || at.of != v.Type() {
		at = &stackOf{v.Type(), -1}
		if f, ok := at.of.FieldByName("stack"); ok && f.Type.Kind() == reflect.Slice && len(f.Index) == 1 {
			at.field = f.Index[0]
		}
		lastStack.Store(at)
	}
	if at.field < 0 {
		return math.MaxUint32
	}
	s := v.Field(at.field)
	return uint64(s.Cap()) * uint64(s.Type().Elem().Size())
}
