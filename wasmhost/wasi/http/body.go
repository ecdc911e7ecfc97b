package http

import (
	"io"
	"net/http"

	"wippy/mailbox"
	"wippy/runtime/process"
	"wippy/wasmhost/canon"
	"wippy/wasmhost/wasi/iface"
	"wippy/wasmhost/wasi/poll"
	"wippy/wasmhost/wasi/streams"
	"wippy/wasmhost/wasi/wasio"
)

// outgoingBody is the resource outgoing-body.
type outgoingBody struct {
	*pipe
	given   bool // its stream
	writing bool // its stream is there
}

// Bodies is the resource type outgoing-body. One that is dropped is incomplete.
var Bodies = iface.NewResource("outgoing-body", func(_ *iface.Process, b *outgoingBody) { b.giveUp() })

// errIncomplete is the end of a response's body that its guest gave up.
var errIncomplete = plain(internalError, "the guest dropped the response's body before its end")

// giveUp ends a body that is incomplete, unless it has ended.
func (b *pipe) giveUp() {
	if b.response {
		b.finish(errIncomplete)
	} else {
		b.finish(errAborted)
	}
}

func bodyWrite(p *iface.Process, c *canon.Call) error {
	b, err := Bodies.Arg(p, c, 0)
	if err != nil {
		return err
	}
	if b.given {
		c.Err(mailbox.Nil)
		return nil
	}
	b.given, b.writing = true, true
	c.OK(wasio.NewOutput(p, b.pipe, func(*iface.Process) { b.writing = false }))
	return nil
}

// wrongSize makes the error of a body that has n bytes, or may have no more.
func (b *pipe) wrongSize(n int64, text string) *Error {
	which := requestBodySize
	if b.response {
		which = responseBodySize
	}
	return &Error{canon.Case(which, mailbox.Uint(uint64(max(n, 0)))), text}
}

func bodyFinish(p *iface.Process, c *canon.Call) error {
	b, err := Bodies.Take(p, c.Rep(0))
	if err != nil {
		return err
	}
	if b.writing {
		b.giveUp()
		return canon.Trapf("outgoing-body.finish: its stream is still there")
	}
	var trailers *fields
	if !c.Arg(1).IsNil() {
		if trailers, err = Fields.Take(p, c.Rep(1)); err != nil {
			return err
		}
	}
	if b.short() {
		e := b.wrongSize(b.written, "the body is shorter than its content-length")
		b.finish(e)
		c.Err(e.code)
		return nil
	}
	if trailers != nil {
		b.addTrailers(trailers.header())
	}
	b.finish(io.EOF)
	c.OK(mailbox.Nil)
	return nil
}

// addTrailers has trailers sent behind the body.
func (b *pipe) addTrailers(h http.Header) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for name, values := range h {
		if b.end == nil && !untrailed(name) {
			b.trailer[name] = values
		}
	}
}

// source is what an incoming body is of: a response, or a request that is served.
type source interface {
	// abort tells that nobody wants the rest. It may be called again, and from
	// any goroutine.
	abort(why *Error)
	// trailers are what came behind the body, once it was read to its end.
	trailers() http.Header
}

// incomingBody is the resource incoming-body.
type incomingBody struct {
	source
	in      streams.Input
	more    *process.Input // behind in; nil where all of the body is there
	given   bool           // its stream
	reading bool           // its stream is there
}

// IncomingBodies is the resource type incoming-body.
var IncomingBodies = iface.NewResource("incoming-body", func(_ *iface.Process, b *incomingBody) { b.abort(errAborted) })

// bodyInput is an incoming body as a streams.Input.
type bodyInput struct{ *process.Input }

// Read implements streams.Input.
func (b bodyInput) Read(_ process.Context, p []byte) (n int, err error) {
	if len(p) == 0 {
		return 0, nil
	}
	b.TryRead(func(buffer []byte, end error) (int, bool) {
		if n = copy(p, buffer); n == 0 {
			err = end
		}
		return n, n > 0 || end != nil
	})
	return n, err
}

var _ streams.Input = bodyInput{}

func bodyStream(p *iface.Process, c *canon.Call) error {
	b, err := IncomingBodies.Arg(p, c, 0)
	if err != nil {
		return err
	}
	if b.given {
		c.Err(mailbox.Nil)
		return nil
	}
	b.given, b.reading = true, true
	c.OK(wasio.NewInput(p, b.in, func(*iface.Process) { b.reading = false }))
	return nil
}

// futureTrailers is the resource future-trailers.
type futureTrailers struct {
	source
	end   poll.Gate
	err   *Error // once the gate is open
	taken bool
}

// FutureTrailers is the resource type future-trailers.
var FutureTrailers = iface.NewResource("future-trailers", func(_ *iface.Process, t *futureTrailers) { t.abort(errAborted) })

func incomingFinish(p *iface.Process, c *canon.Call) error {
	b, err := IncomingBodies.Take(p, c.Rep(0))
	if err != nil {
		return err
	}
	if b.reading {
		b.abort(errAborted)
		return canon.Trapf("incoming-body.finish: its stream is still there")
	}
	t := &futureTrailers{source: b.source}
	c.Return(FutureTrailers.New(p, t)) // which may end the process
	if b.more == nil {
		t.end.Set(true)
	} else {
		go t.drain(b.more)
	}
	return nil
}

// drain reads what is left of the body, behind which the trailers come. It ends
// with what it is of.
func (t *futureTrailers) drain(in *process.Input) {
	for end := error(nil); ; {
		wake := make(chan struct{}, 1)
		stop := in.Watch(func() {
			select {
			case wake <- struct{}{}:
			default:
			}
		})
		<-wake
		stop()
		in.TryRead(func(buffer []byte, err error) (int, bool) {
			if len(buffer) == 0 {
				end = err
			}
			return len(buffer), true
		})
		if end != nil {
			if end != io.EOF {
				t.err = codeOf(end)
			}
			t.end.Set(true)
			return
		}
	}
}

var trailersSubscribe = wasio.Subscribe(FutureTrailers, func(t *futureTrailers) poll.Pollable { return &t.end })

func trailersGet(p *iface.Process, c *canon.Call) error {
	t, err := FutureTrailers.Arg(p, c, 0)
	switch {
	case err != nil:
		return err
	case !t.end.Ready():
		return nil
	case t.taken:
		c.Return(mailbox.Uint(1))
		return nil
	}
	t.taken = true
	switch {
	case t.err != nil:
		c.Return(canon.Case(0, canon.Case(1, t.err.code)))
	default:
		own := mailbox.Nil
		if f := fieldsOf(t.trailers()); len(f.list) > 0 {
			own = Fields.New(p, f)
		}
		c.Return(canon.Case(0, canon.Case(0, own)))
	}
	return nil
}
