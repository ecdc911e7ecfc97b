package wasio

import (
	"errors"
	"io"

	"wippy/mailbox"
	"wippy/wasmhost/canon"
	"wippy/wasmhost/wasi/iface"
	"wippy/wasmhost/wasi/poll"
	"wippy/wasmhost/wasi/streams"
)

// errClosed is what a stream fails with that is closed.
var errClosed = errors.New("closed")

var caseClosed = mailbox.Uint(closed)

// Input is a stream to read, as a guest has one.
type Input struct {
	in      streams.Input
	closed  bool // or dropped
	release func(p *iface.Process)
}

// Inputs is the resource type input-stream.
var Inputs = iface.NewResource("input-stream", func(p *iface.Process, s *Input) {
	s.closed = true
	if s.release != nil {
		s.release(p)
	}
})

// NewInput makes an input-stream. release, which may be nil, is called when it
// is dropped; see iface.NewResource.
func NewInput(p *iface.Process, in streams.Input, release func(p *iface.Process)) mailbox.Value {
	return Inputs.New(p, &Input{in: in, release: release})
}

// read reads into b, and waits until there is something if wait is true. A
// stream that fails is closed.
func (s *Input) read(p *iface.Process, b []byte, wait bool) (n int, err error) {
	switch {
	case s.closed:
		return 0, errClosed
	case len(b) == 0:
		return 0, nil
	case wait:
		n, err = streams.Read(p, s.in, b)
	default:
		n, err = s.in.Read(p, b)
	}
	if n > 0 {
		p.Charge(n)
		return n, nil // an error comes again
	}
	if err == nil {
		poll.Nudge(s.in)
		return 0, nil
	}
	s.closed = true
	if err == io.EOF || closedBy(err) {
		err = errClosed
	}
	return 0, err
}

// Ready implements poll.Pollable: it is what subscribe gives.
func (s *Input) Ready() bool { return s.closed || s.in.Ready() }

// Watch implements poll.Pollable.
func (s *Input) Watch(wake func()) (stop func()) {
	if s.closed {
		return poll.Always.Watch(wake)
	}
	return s.in.Watch(wake)
}

func read(p *iface.Process, c *canon.Call) error         { return readList(p, c, false) }
func blockingRead(p *iface.Process, c *canon.Call) error { return readList(p, c, true) }
func skip(p *iface.Process, c *canon.Call) error         { return skipBytes(p, c, false) }
func blockingSkip(p *iface.Process, c *canon.Call) error { return skipBytes(p, c, true) }

func readList(p *iface.Process, c *canon.Call, wait bool) error {
	b, err := readSome(p, c, wait)
	if err == nil {
		c.OK(canon.Bytes(b))
	}
	return notStream(p, c, err)
}

func skipBytes(p *iface.Process, c *canon.Call, wait bool) error {
	b, err := readSome(p, c, wait)
	if err == nil {
		c.OK(mailbox.Uint(uint64(len(b))))
	}
	return notStream(p, c, err)
}

// readSome reads for a call of (stream, length).
func readSome(p *iface.Process, c *canon.Call, wait bool) ([]byte, error) {
	s, err := Inputs.Arg(p, c, 0)
	if err != nil {
		return nil, err
	}
	b := p.Buffer(int(min(c.Uint(1), maxRead)))
	n, err := s.read(p, b, wait)
	return b[:n], err
}

// notStream makes the result of an error of a stream's, and gives what is not
// one: a trap.
func notStream(p *iface.Process, c *canon.Call, err error) error {
	if err == nil {
		return nil
	}
	if trap, ok := errors.AsType[*canon.Trap](err); ok {
		return trap
	}
	fail(p, c, err)
	return nil
}

var subscribeInput = Subscribe(Inputs, func(s *Input) poll.Pollable { return s })
