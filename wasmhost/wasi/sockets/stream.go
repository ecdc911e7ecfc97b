package sockets

import (
	"errors"
	"io"
	"net"
	"sync"
	"time"

	"wippy/runtime/process"
	"wippy/wasmhost/wasi/files"
	"wippy/wasmhost/wasi/poll"
	"wippy/wasmhost/wasi/streams"
	"wippy/wasmhost/wasi/world"
)

// maxPending is how much is kept that a connection has not taken yet, in bytes.
const maxPending = 64 << 10

// linger is how long a connection that its guest has closed goes on sending.
const linger = 5 * time.Second

// link is a connection, with the streams of it. It is a handle of its World, and
// is closed once the socket and both streams are dropped and everything is sent.
type link struct {
	conn  *net.TCPConn
	world *world.World
	clock process.Clock
	in    *process.Input
	room  poll.Gate // whether output takes more, or has failed
	idle  poll.Gate // whether everything was sent, or it has failed

	mu      sync.Mutex
	users   int // the socket and the streams
	pending []byte
	sending bool // a goroutine does
	shut    bool // nothing more is to be sent
	deaf    bool // nothing more is to be read
	err     error
	timer   process.Timer // from when nobody uses it any more
}

func newLink(conn *net.TCPConn, w *world.World, clock process.Clock) *link {
	l := &link{conn: conn, world: w, clock: clock, users: 3}
	l.in = process.NewInput(conn)
	l.room.Set(true)
	l.idle.Set(true)
	return l
}

// Close implements world.Handle: at once, whatever is still to be sent.
func (l *link) Close() {
	l.mu.Lock()
	if l.timer != nil {
		l.timer.Stop()
	}
	l.mu.Unlock()
	l.conn.Close()
}

// leave is called by each of the users once.
func (l *link) leave() {
	l.mu.Lock()
	l.users--
	last, sending := l.users == 0, l.sending
	if last && sending {
		l.timer = l.clock.AfterFunc(linger, l.hurry)
	}
	l.mu.Unlock()
	if last && !sending {
		l.world.Release(l)
	}
}

// hurry ends the sending, the system's too.
func (l *link) hurry() {
	l.conn.SetLinger(0)
	l.conn.SetWriteDeadline(time.Unix(1, 0))
}

// shutdown ends one direction or both.
func (l *link) shutdown(receive, send bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if receive && !l.deaf {
		l.deaf = true
		l.conn.CloseRead()
	}
	if send && !l.shut {
		l.shut = true
		if !l.sending {
			l.conn.CloseWrite()
		}
		l.gates()
	}
}

// gates sets the gates, with the lock held.
func (l *link) gates() {
	l.room.Set(l.err != nil || l.shut || len(l.pending) < maxPending)
	l.idle.Set(l.err != nil || len(l.pending) == 0 && !l.sending)
}

// send sends what there is. It is a goroutine while there is anything.
func (l *link) send() {
	l.mu.Lock()
	for len(l.pending) > 0 && l.err == nil {
		part := l.pending
		l.pending = nil
		l.gates()
		l.mu.Unlock()
		_, err := l.conn.Write(part)
		l.mu.Lock()
		if err != nil {
			l.err, l.pending = codeOf(err), nil
		}
	}
	l.sending = false
	if l.shut && l.err == nil {
		l.conn.CloseWrite()
	}
	l.gates()
	last := l.users == 0
	l.mu.Unlock()
	if last {
		l.world.Release(l)
	}
}

// output is a link's output-stream.
type output struct{ *link }

// Ready implements poll.Pollable.
func (o output) Ready() bool { return o.room.Ready() }

// Watch implements poll.Pollable.
func (o output) Watch(wake func()) (stop func()) { return o.room.Watch(wake) }

// failed gives what the stream failed with.
func (l *link) failed() error {
	switch {
	case l.err == connectionReset:
		return files.Pipe
	case l.err != nil:
		return l.err
	case l.shut:
		return files.Pipe
	}
	return nil
}

// Room implements streams.Output.
func (o output) Room(process.Context) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return maxPending - min(len(o.pending), maxPending), o.failed()
}

// Write implements streams.Output.
func (o output) Write(ctx process.Context, p []byte) (n int, err error) {
	for n < len(p) {
		o.mu.Lock()
		if err = o.failed(); err == nil {
			k := min(maxPending-len(o.pending), len(p)-n)
			o.pending = append(o.pending, p[n:n+k]...)
			n += k
			if !o.sending && k > 0 {
				o.sending = true
				go o.send()
			}
			o.gates()
		}
		o.mu.Unlock()
		if err != nil {
			return n, err
		}
		if n < len(p) {
			poll.Wait(ctx, &o.room)
		}
	}
	return n, nil
}

// Flush implements streams.Output.
func (o output) Flush(ctx process.Context) error {
	poll.Wait(ctx, &o.idle)
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.shut && o.err == nil {
		return nil
	}
	return o.failed()
}

// input is a link's input-stream.
type input struct{ *link }

// closed tells whether nothing more is to be read, whatever has come.
func (i input) closed() bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.deaf
}

// Ready implements poll.Pollable.
func (i input) Ready() bool { return i.closed() || i.in.Ready() }

// Watch implements poll.Pollable.
func (i input) Watch(wake func()) (stop func()) {
	if i.closed() {
		return poll.Always.Watch(wake)
	}
	return i.in.Watch(wake)
}

// Read implements streams.Input.
func (i input) Read(_ process.Context, p []byte) (n int, err error) {
	switch {
	case len(p) == 0:
		return 0, nil
	case i.closed():
		return 0, io.EOF
	}
	i.in.TryRead(func(buffer []byte, end error) (int, bool) {
		if n = copy(p, buffer); n == 0 {
			err = end
		}
		return n, n > 0 || end != nil
	})
	switch {
	case err == nil || err == io.EOF:
	case errors.Is(err, net.ErrClosed):
		err = io.EOF
	default:
		err = codeOf(err)
	}
	return n, err
}

var (
	_ streams.Input  = input{}
	_ streams.Output = output{}
)
