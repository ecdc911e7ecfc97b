package wasio

import (
	"wippy/mailbox"
	"wippy/wasmhost/canon"
	"wippy/wasmhost/wasi/iface"
	"wippy/wasmhost/wasi/poll"
	"wippy/wasmhost/wasi/streams"
)

// Output is a stream to write, as a guest has one.
type Output struct {
	out     streams.Output
	permit  uint64 // bytes that check-write permitted and that are not written yet
	closed  bool   // or dropped
	release func(p *iface.Process)
}

// Outputs is the resource type output-stream.
var Outputs = iface.NewResource("output-stream", func(p *iface.Process, s *Output) {
	s.closed = true
	if s.release != nil {
		s.release(p)
	}
})

// NewOutput makes an output-stream. release, which may be nil, is called when
// it is dropped; see iface.NewResource.
func NewOutput(p *iface.Process, out streams.Output, release func(p *iface.Process)) mailbox.Value {
	return Outputs.New(p, &Output{out: out, release: release})
}

// maxBlocking is how much the blocking functions write, in bytes.
const maxBlocking = 4096

// zeroes are what write-zeroes writes.
var zeroes [maxRead]byte

// Ready implements poll.Pollable: it is what subscribe gives.
func (s *Output) Ready() bool { return s.closed || s.out.Ready() }

// Watch implements poll.Pollable.
func (s *Output) Watch(wake func()) (stop func()) {
	if s.closed {
		return poll.Always.Watch(wake)
	}
	return s.out.Watch(wake)
}

// end closes the stream that failed with err.
func (s *Output) end(err error) error {
	s.closed, s.permit = true, 0
	if closedBy(err) {
		return errClosed
	}
	return err
}

// check asks for a permit.
func (s *Output) check(p *iface.Process) (uint64, error) {
	if s.closed {
		return 0, errClosed
	}
	n, err := s.out.Room(p)
	if err != nil {
		return 0, s.end(err)
	}
	s.permit = uint64(max(n, 0))
	return s.permit, nil
}

// write writes b.
func (s *Output) write(p *iface.Process, b []byte) error {
	if s.closed {
		return errClosed
	}
	if _, err := s.out.Write(p, b); err != nil {
		return s.end(err)
	}
	p.Charge(len(b))
	return nil
}

// use takes n bytes of the permit. To write more than is permitted traps.
func (s *Output) use(n uint64, what string) error {
	if s.closed {
		return errClosed
	}
	if n > s.permit {
		return canon.Trapf("%s: %d bytes are more than the %d that check-write permitted", what, n, s.permit)
	}
	s.permit -= n
	return nil
}

// writeZeroes writes n zeros.
func (s *Output) writeZeroes(p *iface.Process, n uint64) error {
	for first := true; first || n > 0; first = false {
		part := zeroes[:min(n, uint64(len(zeroes)))]
		if err := s.write(p, part); err != nil {
			return err
		}
		n -= uint64(len(part))
	}
	return nil
}

// flush waits until what was written is with the other end.
func (s *Output) flush(p *iface.Process) error {
	if s.closed {
		return errClosed
	}
	if err := s.out.Flush(p); err != nil {
		return s.end(err)
	}
	return nil
}

func checkWrite(p *iface.Process, c *canon.Call) error {
	s, err := Outputs.Arg(p, c, 0)
	if err != nil {
		return err
	}
	n, err := s.check(p)
	if err == nil {
		if n == 0 {
			poll.Nudge(s)
		}
		c.OK(mailbox.Uint(n))
	}
	return notStream(p, c, err)
}

// written calls what writes to the stream that is the first argument.
func written(p *iface.Process, c *canon.Call, do func(s *Output) error) error {
	s, err := Outputs.Arg(p, c, 0)
	if err != nil {
		return err
	}
	if err = do(s); err == nil {
		c.OK(mailbox.Nil)
	}
	return notStream(p, c, err)
}

func write(p *iface.Process, c *canon.Call) error {
	return written(p, c, func(s *Output) error {
		b := c.Bytes(1)
		if err := s.use(uint64(len(b)), "write"); err != nil {
			return err
		}
		return s.write(p, b)
	})
}

func writeZeroes(p *iface.Process, c *canon.Call) error {
	return written(p, c, func(s *Output) error {
		if err := s.use(c.Uint(1), "write-zeroes"); err != nil {
			return err
		}
		return s.writeZeroes(p, c.Uint(1))
	})
}

func blockingWriteAndFlush(p *iface.Process, c *canon.Call) error {
	return written(p, c, func(s *Output) error {
		b := c.Bytes(1)
		if len(b) > maxBlocking {
			return tooLong("blocking-write-and-flush", uint64(len(b)))
		}
		if err := s.write(p, b); err != nil {
			return err
		}
		return s.flush(p)
	})
}

func blockingWriteZeroesAndFlush(p *iface.Process, c *canon.Call) error {
	return written(p, c, func(s *Output) error {
		if c.Uint(1) > maxBlocking {
			return tooLong("blocking-write-zeroes-and-flush", c.Uint(1))
		}
		if err := s.writeZeroes(p, c.Uint(1)); err != nil {
			return err
		}
		return s.flush(p)
	})
}

func tooLong(what string, n uint64) error {
	return canon.Trapf("%s: %d bytes are more than the %d that one call may write", what, n, maxBlocking)
}

func flush(p *iface.Process, c *canon.Call) error {
	return written(p, c, func(s *Output) error { return s.flush(p) })
}

var subscribeOutput = Subscribe(Outputs, func(s *Output) poll.Pollable { return s })

func splice(p *iface.Process, c *canon.Call) error         { return splicing(p, c, false) }
func blockingSplice(p *iface.Process, c *canon.Call) error { return splicing(p, c, true) }

// splicing reads from one stream what another takes, and writes it.
func splicing(p *iface.Process, c *canon.Call, wait bool) error {
	to, err := Outputs.Arg(p, c, 0)
	if err != nil {
		return err
	}
	from, err := Inputs.Arg(p, c, 1)
	if err != nil {
		return err
	}
	room, err := to.check(p)
	for wait && err == nil && room == 0 && c.Uint(2) > 0 {
		poll.Wait(p, to)
		room, err = to.check(p)
	}
	n := 0
	if err == nil {
		b := p.Buffer(int(min(room, c.Uint(2), maxRead)))
		if n, err = from.read(p, b, wait); err == nil && n > 0 {
			if err = to.write(p, b[:n]); err == nil {
				to.permit -= uint64(n)
			}
		}
	}
	if err == nil {
		c.OK(mailbox.Uint(uint64(n)))
	}
	return notStream(p, c, err)
}
