package http

import (
	"errors"
	"io"
	"maps"
	"net/http"
	"sync"

	"wippy/runtime/process"
	"wippy/wasmhost/wasi/files"
	"wippy/wasmhost/wasi/poll"
	"wippy/wasmhost/wasi/streams"
)

// maxPipe is how much of a body is kept between a guest that writes and the
// connection, in bytes.
const maxPipe = 64 << 10

// pipe is an outgoing body: a guest writes to it as a streams.Output, and a
// goroutine of net/http's reads. It has at most maxPipe bytes.
type pipe struct {
	room poll.Gate // whether there is any, or the pipe is broken
	idle poll.Gate // whether all was read, or the pipe is broken

	mu       sync.Mutex
	more     sync.Cond // for the reader
	buffer   []byte
	end      error // what the reader gets after the buffer: io.EOF, or why the body is incomplete
	broken   bool  // nobody reads any more
	reading  bool  // somebody reads, or will
	expect   int64 // what content-length says, -1 if it does not
	written  int64
	trailer  http.Header // of the guest's, to be sent behind it; it does not change after the end
	sent     http.Header // where net/http looks for it behind a request; nil if it does not
	response bool        // the body of a response, not of a request
	// news, unless nil, is told that there is more to take, or the end; much
	// that half of the room is used. It is called with the lock held.
	news func(much bool)
}

func newPipe(expect int64) *pipe {
	b := &pipe{expect: expect, trailer: http.Header{}}
	b.more.L = &b.mu
	b.room.Set(true)
	b.idle.Set(true)
	return b
}

var errTooLong = errors.New("the body is longer than its content-length")

// Ready implements poll.Pollable.
func (b *pipe) Ready() bool { return b.room.Ready() }

// Watch implements poll.Pollable.
func (b *pipe) Watch(wake func()) (stop func()) { return b.room.Watch(wake) }

// Room implements streams.Output.
func (b *pipe) Room(process.Context) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.broken || b.end != nil {
		return 0, files.Pipe
	}
	return maxPipe - len(b.buffer), nil
}

// Write implements streams.Output.
func (b *pipe) Write(ctx process.Context, p []byte) (n int, err error) {
	for n < len(p) {
		b.mu.Lock()
		switch free := maxPipe - len(b.buffer); {
		case b.broken || b.end != nil:
			err = files.Pipe
		case b.expect >= 0 && int64(len(p)-n) > b.expect-b.written:
			err = b.wrongSize(b.expect, errTooLong.Error())
		default:
			k := min(free, len(p)-n)
			b.buffer = append(b.buffer, p[n:n+k]...)
			n += k
			b.written += int64(k)
			b.changed()
		}
		b.mu.Unlock()
		if err != nil {
			return n, err
		}
		if n < len(p) {
			poll.Wait(ctx, &b.room)
		}
	}
	return n, nil
}

// Flush implements streams.Output. Before the request is sent there is nobody
// to wait for, and a response is sent whenever its process waits.
func (b *pipe) Flush(ctx process.Context) error {
	b.mu.Lock()
	reading := b.reading
	b.mu.Unlock()
	if reading {
		poll.Wait(ctx, &b.idle)
	}
	_, err := b.Room(ctx)
	return err
}

// gates sets the gates, with the lock held. What they wake takes no lock of the pipe's.
func (b *pipe) gates() {
	gone := b.broken || b.end != nil
	b.room.Set(gone || len(b.buffer) < maxPipe)
	b.idle.Set(gone || len(b.buffer) == 0)
}

// finish ends the body with io.EOF, or with why it is incomplete. The first counts.
func (b *pipe) finish(end error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.end == nil {
		b.end = end
		b.changed()
	}
}

// changed tells who reads that there is more, or the end; with the lock held.
func (b *pipe) changed() {
	b.gates()
	b.more.Broadcast()
	if b.news != nil {
		b.news(len(b.buffer) >= maxPipe/2)
	}
}

// short tells whether less was written than content-length says.
func (b *pipe) short() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.expect >= 0 && b.written != b.expect
}

// attach tells that the pipe will be read as the body of a request, and whether
// there is nothing to read. sent is the request's Trailer, with the names that it
// announces: those that are known already are added. It is the reader's from
// now on, which may look at it on any goroutine of its own until Read gives io.EOF.
func (b *pipe) attach(sent http.Header) (empty bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.reading, b.sent = true, sent
	for name := range b.trailer {
		sent[name] = nil
	}
	return b.end == io.EOF && b.written == 0 && len(b.trailer) == 0
}

// hear sets who is told of news, and of what there is already.
func (b *pipe) hear(news func(much bool)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.news = news
	news(len(b.buffer) >= maxPipe/2)
}

// take gives everything that was written and not taken, and what comes behind
// it; nil if that is not known yet. The pipe uses spare in place of what it gives.
func (b *pipe) take(spare []byte) ([]byte, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	full := b.buffer
	b.buffer = spare[:0]
	b.gates()
	return full, b.end
}

// Read implements io.Reader, for net/http. It blocks.
func (b *pipe) Read(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for len(b.buffer) == 0 && b.end == nil && !b.broken {
		b.more.Wait()
	}
	switch {
	case b.broken:
		return 0, io.ErrClosedPipe
	case len(b.buffer) == 0 && b.end == io.EOF:
		if b.sent != nil {
			maps.Copy(b.sent, b.trailer)
		}
		return 0, io.EOF
	case b.end != nil && b.end != io.EOF:
		return 0, b.end
	}
	n := copy(p, b.buffer)
	b.buffer = b.buffer[:copy(b.buffer, b.buffer[n:])]
	b.gates()
	return n, nil
}

// Close implements io.Closer: nobody reads any more. It may be called again, and
// from any goroutine.
func (b *pipe) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.broken, b.buffer = true, nil
	b.gates()
	b.more.Broadcast()
	return nil
}

var _ streams.Output = (*pipe)(nil)
