package process

import (
	"fmt"
	"io"
	"slices"
	"sync"

	"wippy/mailbox"
)

// inputChunk is how much an Input asks its reader for at once, in bytes: that of
// a terminal more, of which there is one, and which may be a pipe.
const (
	inputChunk    = 16 << 10
	terminalChunk = 64 << 10
)

// Input is a stream whose bytes may be long in coming: a process that waits for
// them is suspended and holds neither a worker nor a place of the I/O pool. One
// goroutine at most reads ahead, and only while somebody wants more than there
// is. Several processes may read; each has what it wants from one piece, in the
// order in which they asked. What a process that is killed did not take is the
// next one's.
//
// Methods may be called from any goroutine, but for Read.
type Input struct {
	from  io.Reader
	chunk int // how much it is asked for at once, in bytes

	mu       sync.Mutex
	buffer   []byte // what was read and nobody took
	whole    []byte // what buffer is the end of; nil if it is pieced together
	room     []byte // to read into: the whole of a buffer that was taken
	err      error  // of from, for good
	filling  bool
	changes  uint64                     // of what a reader looks at
	readers  []*inputReader             // the first has its turn
	watchers map[*inputWatcher]struct{} // who wants to know when there is something
}

type inputReader struct{ wake func() }

type inputWatcher struct{ wake func() }

// NewInput makes an Input of a reader, which only the Input uses from then on.
// Nothing is read before somebody asks for it.
func NewInput(r io.Reader) *Input { return &Input{from: r, chunk: inputChunk} }

// Take takes bytes from the front of what was read so far: it tells how many,
// or that it wants more. err is nil until there is no more, then io.EOF or why
// the reader failed; wanting more has no effect then. It must be quick and keep
// no reference to the buffer.
type Take func(buffer []byte, err error) (used int, done bool)

// Read calls take until it is done, and suspends the process meanwhile.
func (in *Input) Read(ctx Suspender, take Take) {
	me := new(inputReader)
	in.enter(me)
	defer in.leave(me) // also where the process is killed, and be it before it is suspended
	for {
		done, seen := in.serve(me, take)
		if done {
			return
		}
		ctx.Suspend(func(wake func()) {
			in.mu.Lock()
			defer in.mu.Unlock()
			if in.changes != seen {
				wake()
				return
			}
			me.wake = wake
		}, func() { in.leave(me) })
	}
}

// enter begins a reader's waiting for its turn.
func (in *Input) enter(me *inputReader) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.readers = append(in.readers, me)
}

// serve lets a reader take what it wants if it has its turn. If it has to wait,
// seen is what it waits for a change of.
func (in *Input) serve(me *inputReader, take Take) (done bool, seen uint64) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.readers[0] != me {
		return false, in.changes
	}
	used, done := take(in.buffer, in.err)
	if !done && in.err == nil {
		in.fill()
		return false, in.changes
	}
	in.take(used)
	return true, 0
}

// leave ends a reader's turn, or its waiting for one. It may be called again.
func (in *Input) leave(me *inputReader) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if i := slices.Index(in.readers, me); i >= 0 {
		in.readers = slices.Delete(in.readers, i, i+1)
		in.changed()
	}
}

// TryRead is Read without waiting: false if take wants more than there is, or
// others wait already.
func (in *Input) TryRead(take Take) bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	if len(in.readers) > 0 {
		return false
	}
	used, done := take(in.buffer, in.err)
	if !done && in.err == nil {
		return false
	}
	in.take(used)
	return true
}

// Ready tells whether a TryRead of any length gives something: there are bytes
// that nobody waits for, or there will be no more.
func (in *Input) Ready() bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.ready()
}

func (in *Input) ready() bool {
	return len(in.readers) == 0 && (len(in.buffer) > 0 || in.err != nil)
}

// Watch begins to read ahead, and calls wake once when the Input is ready,
// before it returns if it is so now. stop ends that; a call that has begun may
// still be running then.
func (in *Input) Watch(wake func()) (stop func()) {
	w := &inputWatcher{wake}
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.watchers == nil {
		in.watchers = map[*inputWatcher]struct{}{}
	}
	in.watchers[w] = struct{}{}
	in.changed()
	return func() {
		in.mu.Lock()
		defer in.mu.Unlock()
		delete(in.watchers, w)
	}
}

// changed wakes who may go on. Where those who had their turn took everything, it
// has more read for those who watch.
func (in *Input) changed() {
	in.changes++
	if len(in.readers) > 0 && in.readers[0].wake != nil {
		in.readers[0].wake()
		in.readers[0].wake = nil
	}
	switch {
	case in.ready():
		for w := range in.watchers {
			w.wake()
		}
		clear(in.watchers)
	case len(in.readers) == 0 && len(in.watchers) > 0:
		in.fill()
	}
}

// fill has more read, unless that is under way.
func (in *Input) fill() {
	if !in.filling {
		in.filling = true
		go in.read()
	}
}

// take is what was taken from the front of the buffer.
func (in *Input) take(used int) {
	in.buffer = in.buffer[used:]
	if used > 0 && len(in.buffer) == 0 {
		in.buffer, in.room, in.whole = nil, in.whole, nil
	}
}

// read reads once. It blocks as the reader does.
func (in *Input) read() {
	in.mu.Lock()
	chunk := in.room
	in.room = nil
	in.mu.Unlock()
	if chunk == nil {
		chunk = make([]byte, in.chunk)
	}
	n, err := 0, error(mailbox.Errorf(mailbox.Internal, "a reader called runtime.Goexit"))
	defer func() { in.got(chunk, n, err) }()
	n, err = protectedRead(in.from, chunk)
}

// got takes what was read into the front of a chunk.
func (in *Input) got(chunk []byte, n int, err error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.filling = false
	switch {
	case n == 0:
		in.room = chunk
	case len(in.buffer) == 0:
		in.buffer, in.whole = chunk[:n], chunk
	default:
		in.buffer, in.whole = append(in.buffer, chunk[:n]...), nil
	}
	in.err = err
	if n == 0 && err == nil && (len(in.readers) > 0 || len(in.watchers) > 0) {
		in.fill() // a reader may give nothing
		return
	}
	in.changed()
}

// protectedRead makes an error of a reader that panics or breaks its contract.
func protectedRead(r io.Reader, p []byte) (n int, err error) {
	defer func() {
		if fault := recover(); fault != nil {
			n, err = 0, mailbox.Errorf(mailbox.Internal, "fault in a reader: %v", fault)
		}
	}()
	if n, err = r.Read(p); n < 0 || n > len(p) {
		return 0, fmt.Errorf("a reader gave %d of %d bytes", n, len(p))
	}
	return n, err
}
