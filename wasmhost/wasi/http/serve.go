package http

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"wippy/mailbox"
	"wippy/runtime/process"
	"wippy/wasmhost/wasi/iface"
)

// The function that a component exports to serve requests.
const (
	Handler     = "wasi:http/incoming-handler"
	HandlerFunc = "handle"
)

// IsHandler tells whether an exported interface, whose name may have a version,
// is wasi:http/incoming-handler of WASI 0.2.
func IsHandler(name string) bool {
	name, version, _ := strings.Cut(name, "@")
	return name == Handler && (version == "0.2" || strings.HasPrefix(version, "0.2."))
}

// Serving is a request that one process serves, and its response on the way.
//
//	s := http.Serve(r)
//	if err := s.Hold(w); err != nil { … }    // waits for a short body
//	pid, err := …                            // starts a process, which has s.Args and s.Context
//	outcome := s.Respond(w, kill)            // until the response is sent
//
// Serve, Hold and Respond are called by the goroutine that brought the request,
// Ended from anywhere, all else on the process's coroutine.
//
// # When a response is sent
//
// Not by the guest's call but when its process has ended, waits, has used up
// its slice or has filled half of the pipe: so a response that is complete by
// then is sent in one piece, with its length, and one that is streamed is not
// held back while nobody works on it.
type Serving struct {
	request *http.Request
	body    received

	wake chan struct{} // for Respond: a token whenever it should look
	news atomic.Bool   // something that Respond has not been woken for

	mu      sync.Mutex
	given   *answer // what the guest answered, or
	refused *Error  // why there is no answer, and
	status  int     // what the client is told
	exit    *mailbox.Exit
}

// Serve begins to serve a request. It does not block.
func Serve(r *http.Request) *Serving {
	return &Serving{request: r, body: newReceived(r), wake: make(chan struct{}, 1)}
}

// Hold makes the request's body ready: it reads one that is short and says so,
// which blocks as the client does, for 30 seconds at most. It is called once,
// before everything else.
func (s *Serving) Hold(w http.ResponseWriter) error { return s.body.hold(w) }

// Args gives the request and its outparam to the process that is to handle it:
// they are the arguments of its function, by position.
func (s *Serving) Args(p *iface.Process) []mailbox.Value {
	request := IncomingRequests.New(p, &incoming{Serving: s})
	return []mailbox.Value{request, Outparams.New(p, s)}
}

// answer takes the guest's response.
func (s *Serving) answer(a *answer) {
	s.mu.Lock()
	if s.given == nil && s.refused == nil {
		s.given = a
	}
	s.mu.Unlock()
	s.news.Store(true)
	if a.body != nil {
		a.body.hear(s.hear)
	}
}

// refuse tells that there will be no response of the guest's, and what the
// client gets instead. What was told first counts.
func (s *Serving) refuse(why *Error, status int) {
	s.mu.Lock()
	if s.given == nil && s.refused == nil {
		s.refused, s.status = why, status
	}
	s.mu.Unlock()
	s.news.Store(true)
}

// hear notes news of the body.
func (s *Serving) hear(much bool) {
	s.news.Store(true)
	if much {
		s.push()
	}
}

// push has Respond look, if there is anything to see.
func (s *Serving) push() {
	if s.news.Load() && s.news.Swap(false) {
		s.knock()
	}
}

func (s *Serving) knock() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Ended tells that the process is no more: nothing uses the request after that.
func (s *Serving) Ended(e *mailbox.Exit) {
	s.mu.Lock()
	s.exit = e
	s.mu.Unlock()
	s.knock()
}

// Context gives the process its context: whenever it waits or gives up its turn,
// what it has answered so far is sent.
func (s *Serving) Context(ctx process.Context) process.Context { return &pushing{ctx, s} }

type pushing struct {
	process.Context
	serving *Serving
}

func (c *pushing) Receive(match func(*mailbox.Event) bool, timeout time.Duration) *mailbox.Event {
	c.serving.push()
	return c.Context.Receive(match, timeout)
}

func (c *pushing) ReceiveFunc(match func(*mailbox.Event) bool, timeout time.Duration) *mailbox.Event {
	c.serving.push()
	return c.Context.ReceiveFunc(match, timeout)
}

func (c *pushing) Sleep(d time.Duration) {
	c.serving.push()
	c.Context.Sleep(d)
}

func (c *pushing) Await(f func(context.Context) error) error {
	c.serving.push()
	return c.Context.Await(f)
}

func (c *pushing) Suspend(start func(wake func()), cancel func()) {
	c.serving.push()
	c.Context.Suspend(start, cancel)
}

func (c *pushing) Yield() {
	c.serving.push()
	c.Context.Yield()
}

func (c *pushing) Send(dest mailbox.PID, topic string, values []mailbox.Value) error {
	c.serving.push() // it may wait for room
	return c.Context.Send(dest, topic, values)
}

func (c *pushing) Exec(r process.Spawn) (*mailbox.Exit, error) {
	c.serving.push()
	return c.Context.Exec(r)
}

// Outcome is what came of a request.
type Outcome struct {
	// Status is that of the response; zero if there was nobody to send one to.
	Status int
	// Bytes were sent of its body.
	Bytes int64
	// Err is why the response is not, or not all of, the guest's; nil if it is.
	// It is ErrGone when the client left before it had everything.
	Err error
	// Abort tells that the response is incomplete and its headers were sent: the
	// connection must not be used again. Whoever called Respond panics with
	// http.ErrAbortHandler.
	Abort bool
}

// ErrGone is what comes of a request whose client left.
var ErrGone = errors.New("the client is gone")

// The errors of a guest that never set its outparam.
var (
	errUnset   = plain(internalError, "the guest ended without a response")
	errDropped = plain(internalError, "the guest dropped its response-outparam")
)

// Respond sends the process's response. It returns when that is done; the
// process may still run then. kill ends the process, whose end Ended tells; it
// is called when the client is gone.
func (s *Serving) Respond(w http.ResponseWriter, kill func()) Outcome {
	defer s.release(w)
	for {
		if !s.wait() {
			s.end(kill)
			return Outcome{Err: ErrGone}
		}
		s.mu.Lock()
		given, refused, status, exit := s.given, s.refused, s.status, s.exit
		s.mu.Unlock()
		switch {
		case given != nil:
			r := responding{Serving: s, answer: given, w: w}
			r.run(kill)
			return r.outcome
		case refused != nil && (exit == nil || refused != errDropped): // at its end a process drops everything
			return s.fail(w, status, refused)
		case exit != nil && exit.Err != nil:
			return s.fail(w, http.StatusInternalServerError, exit.Err)
		case exit != nil:
			return s.fail(w, http.StatusInternalServerError, errUnset)
		}
	}
}

// wait waits until there is something to see; false if the client is gone first.
func (s *Serving) wait() bool {
	select {
	case <-s.wake:
		return true
	case <-s.request.Context().Done():
		return false
	}
}

// end kills the process and waits for its end.
func (s *Serving) end(kill func()) {
	kill()
	for {
		s.mu.Lock()
		over := s.exit != nil
		s.mu.Unlock()
		if over {
			return
		}
		<-s.wake
	}
}

const (
	// linger is how long a client may take to send what nobody wants of its body.
	linger = time.Second
	// parting is how long a read of it may go on.
	parting = 50 * time.Millisecond
)

// release has nobody wait for a body that was not read to its end. The process
// reads no more of it: a body cannot be read once its response is sent. A read that
// goes on would be interrupted by package net/http, which then takes the body for
// broken and closes the connection at once, and the response is lost to a client
// that still sends; such a read ends by what the client sends.
func (s *Serving) release(w http.ResponseWriter) {
	if !s.body.ended.Load() {
		s.body.given.Store(true)
		if s.request.ProtoMajor == 1 {
			s.body.readsEnd(parting)
		}
		_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(linger)) // not every writer has one
	}
}

// Fail answers in the place of a process that was never started, because of why.
func (s *Serving) Fail(w http.ResponseWriter, status int, why error) Outcome {
	defer s.release(w)
	return s.fail(w, status, why)
}

// fail answers in the place of a guest that did not. What went wrong is not the
// client's business.
func (s *Serving) fail(w http.ResponseWriter, status int, why error) Outcome {
	s.unread(w)
	text := strconv.Itoa(status) + " " + http.StatusText(status)
	http.Error(w, text, status)
	return Outcome{Status: status, Bytes: int64(len(text)) + 1, Err: why}
}

// unread comes before the headers of every response. What is left of a request's
// body stands before the next request of an HTTP/1.1 connection: it can only be used
// again if all of that comes soon, which shows after the response. Package
// net/http would wait for it before.
func (s *Serving) unread(w http.ResponseWriter) {
	if !s.body.ended.Load() && s.request.ProtoMajor == 1 {
		w.Header().Set("Connection", "close")
		_ = http.NewResponseController(w).EnableFullDuplex() // not every writer can
	}
}

// responding is a response while it is sent.
type responding struct {
	*Serving
	answer  *answer
	w       http.ResponseWriter
	control *http.ResponseController
	sent    bool // the headers
	outcome Outcome
}

// run sends the response.
func (r *responding) run(kill func()) {
	b := r.answer.body
	if b == nil {
		r.head(-1)
		return
	}
	defer b.Close() // whoever still writes is told
	r.control = http.NewResponseController(r.w)
	var spare []byte
	for {
		s := r.Serving
		s.mu.Lock()
		exit := s.exit // first: nothing is written after it
		s.mu.Unlock()
		chunk, end := b.take(spare)
		if end == nil && exit != nil {
			end = errUnset
		}
		if end != nil && end != io.EOF {
			r.broken(end, exit)
			return
		}
		if !r.sent {
			length := int64(-1)
			if end == io.EOF && len(b.trailer) == 0 {
				length = int64(len(chunk))
			}
			r.head(length)
		}
		if len(chunk) > 0 && r.bodied() {
			n, err := r.w.Write(chunk)
			r.outcome.Bytes += int64(n)
			if err != nil {
				r.gone(kill)
				return
			}
		}
		if end == io.EOF {
			for name, values := range b.trailer {
				r.w.Header()[http.TrailerPrefix+name] = values
			}
			return
		}
		if !r.flush() || !s.wait() {
			r.gone(kill)
			return
		}
		spare = chunk
	}
}

// flush sends what was written; false if the client is gone.
func (r *responding) flush() bool {
	err := r.control.Flush()
	return err == nil || errors.Is(err, http.ErrNotSupported) // a writer that keeps it to itself
}

// head sends the status and the headers. length is the length of the body if it
// is known, and not negative.
func (r *responding) head(length int64) {
	r.sent, r.outcome.Status = true, r.answer.status
	h := r.w.Header()
	for _, f := range r.answer.headers.list {
		h.Add(f.name, f.value)
	}
	if h["Content-Type"] == nil {
		h["Content-Type"] = nil // which has net/http not guess
	}
	if length >= 0 && h["Content-Length"] == nil && r.bodied() && r.request.Method != http.MethodHead {
		h.Set("Content-Length", strconv.FormatInt(length, 10))
	}
	r.unread(r.w)
	r.w.WriteHeader(r.answer.status)
}

// bodied tells whether the response has a body at all.
func (r *responding) bodied() bool {
	return r.answer.status != http.StatusNoContent && r.answer.status != http.StatusNotModified
}

// broken ends a response whose body is incomplete.
func (r *responding) broken(why error, exit *mailbox.Exit) {
	if exit != nil && exit.Err != nil {
		why = exit.Err
	}
	if !r.sent {
		r.outcome = r.fail(r.w, http.StatusInternalServerError, why)
		return
	}
	r.outcome.Err, r.outcome.Abort = why, true
}

// gone ends a response whose client is gone.
func (r *responding) gone(kill func()) {
	r.end(kill) // before the body is closed: the guest does not get to see that
	r.outcome.Err, r.outcome.Abort = ErrGone, true
}
