package http

import (
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"wippy/mailbox"
	"wippy/runtime/process"
	"wippy/wasmhost/canon"
	"wippy/wasmhost/wasi/iface"
	"wippy/wasmhost/wasi/poll"
	"wippy/wasmhost/wasi/streams"
)

// incoming is the resource incoming-request.
type incoming struct {
	*Serving
	consumed bool
}

// IncomingRequests is the resource type incoming-request.
var IncomingRequests = iface.NewResource[*incoming]("incoming-request", nil)

// tell makes a function that gives something of a request that is served.
func tell(give func(r *http.Request) mailbox.Value) func(p *iface.Process, c *canon.Call) error {
	return IncomingRequests.Getter(func(_ *iface.Process, r *incoming) mailbox.Value { return give(r.request) })
}

var (
	incomingMethod    = tell(methodOf)
	incomingPath      = tell(pathOf)
	incomingScheme    = tell(schemeOf)
	incomingAuthority = tell(authorityOf)
	incomingHeaders   = IncomingRequests.Getter(func(p *iface.Process, r *incoming) mailbox.Value { return Fields.New(p, fieldsOf(r.request.Header)) })
)

// methodOf gives a request's method, by position.
func methodOf(r *http.Request) mailbox.Value {
	if i := slices.Index(methods, r.Method); i >= 0 {
		return mailbox.Uint(uint64(i))
	}
	return canon.Case(methodOther, iface.Text(r.Method))
}

// pathOf gives the path and query, as they were sent unless an http.Handler
// in front has changed the URL; nil where there is none.
func pathOf(r *http.Request) mailbox.Value {
	if r.Method == http.MethodConnect && r.URL.Path == "" {
		return mailbox.Nil
	}
	return iface.Text(r.URL.RequestURI())
}

func schemeOf(r *http.Request) mailbox.Value {
	if r.TLS != nil {
		return mailbox.Uint(schemeHTTPS)
	}
	return mailbox.Uint(schemeHTTP)
}

func authorityOf(r *http.Request) mailbox.Value {
	if r.Host == "" {
		return mailbox.Nil
	}
	return iface.Text(r.Host)
}

func incomingConsume(p *iface.Process, c *canon.Call) error {
	r, err := IncomingRequests.Arg(p, c, 0)
	if err != nil {
		return err
	}
	if r.consumed {
		c.Err(mailbox.Nil)
		return nil
	}
	b := &incomingBody{source: &r.body, more: r.body.more}
	switch {
	case b.more != nil:
		b.in = bodyInput{b.more}
	case len(r.body.held) > 0:
		b.in = &held{r.body.held}
	default:
		b.in = streams.Empty
	}
	own := IncomingBodies.New(p, b) // which may end the process
	r.consumed = true
	c.OK(own)
	return nil
}

// held is a body that is there as a whole: a streams.Input.
type held struct{ rest []byte }

func (*held) Ready() bool                     { return true }
func (*held) Watch(wake func()) (stop func()) { return poll.Always.Watch(wake) }

// Read implements streams.Input.
func (h *held) Read(_ process.Context, p []byte) (int, error) {
	n := copy(p, h.rest)
	h.rest = h.rest[n:]
	if n == 0 && len(p) > 0 {
		return 0, io.EOF
	}
	return n, nil
}

// maxHeld is how long a body may be that is read before its process begins, in
// bytes: a client that is slow to send it then keeps no process waiting.
const maxHeld = 16 << 10

// holdTimeout is how long such a body may take.
const holdTimeout = 30 * time.Second

// received is the body of a request that is served: held, or read as the
// process wants it. It is the source of the guest's incoming-body.
type received struct {
	request  *http.Request
	patience time.Duration // with the client that sends what is held
	held     []byte
	more     *process.Input // over the body itself; nil if held is all
	ended    atomic.Bool    // there is nothing more to read: its end, or an error
	given    atomic.Bool    // up: nobody wants the rest
	turn     chan struct{}  // has a token while somebody reads
}

func newReceived(r *http.Request) received {
	return received{request: r, patience: holdTimeout, turn: make(chan struct{}, 1)}
}

// hold reads a body that is short and says so. It blocks as the client does.
func (b *received) hold(w http.ResponseWriter) error {
	length := b.request.ContentLength
	switch {
	case length == 0 || b.request.Body == nil || b.request.Body == http.NoBody:
		b.ended.Store(true)
		return nil
	case length < 0 || length > maxHeld:
		b.more = process.NewInput(b)
		if !strings.EqualFold(b.request.Header.Get("Expect"), "100-continue") {
			b.more.Watch(func() {})() // that the client goes is seen in what it sends
		}
		return nil
	}
	control := http.NewResponseController(w)
	if control.SetReadDeadline(time.Now().Add(b.patience)) == nil { // not every writer has one
		defer control.SetReadDeadline(time.Time{})
	}
	b.held = make([]byte, 0, length+1) // room to see the end in
	for {
		n, err := b.request.Body.Read(b.held[len(b.held):cap(b.held)])
		b.held = b.held[:len(b.held)+n]
		switch {
		case err == io.EOF && int64(len(b.held)) == length:
			b.ended.Store(true)
			return nil
		case err == io.EOF:
			return io.ErrUnexpectedEOF
		case err != nil:
			return err
		case int64(len(b.held)) > length:
			return errTooLong
		}
	}
}

// Read implements io.Reader, for the Input. It blocks.
func (b *received) Read(p []byte) (int, error) {
	b.turn <- struct{}{}
	defer func() { <-b.turn }()
	if b.given.Load() {
		return 0, errAborted
	}
	n, err := b.request.Body.Read(p)
	if err != nil {
		b.ended.Store(true)
		if err != io.EOF {
			err = requestError(err)
		}
	}
	return n, err
}

// readsEnd waits until nobody reads any more of a body that is given up, for within at the most.
func (b *received) readsEnd(within time.Duration) {
	late := time.NewTimer(within)
	defer late.Stop()
	select {
	case b.turn <- struct{}{}:
		<-b.turn
	case <-late.C:
	}
}

// abort implements source. The request itself goes on.
func (b *received) abort(*Error) { b.given.Store(true) }

// trailers implements source.
func (b *received) trailers() http.Header { return b.request.Trailer }

// requestError gives the error-code of a body that a client sends.
func requestError(err error) *Error {
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed), errors.Is(err, http.ErrBodyReadAfterClose):
		return plain(connectionTerminated, "the client is gone")
	}
	if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
		return plain(connectionReadTimeout, err.Error())
	}
	return codeOf(err)
}
