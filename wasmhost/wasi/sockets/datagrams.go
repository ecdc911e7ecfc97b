package sockets

import (
	"net/netip"
	"slices"
	"strings"

	"wippy/mailbox"
	"wippy/wasmhost/canon"
	"wippy/wasmhost/wasi/iface"
	"wippy/wasmhost/wasi/poll"
	"wippy/wasmhost/wasi/wasio"
)

// end is what the two streams of a udp-socket have in common.
type end struct {
	udp  *udp
	pair int  // that it is of
	gone bool // dropped
}

// old tells of a stream that works no more: newer ones were made.
func (e *end) old() bool { return e.gone || e.pair != e.udp.pair }

func (e *end) drop() {
	e.gone = true
	e.udp.leave()
}

// incoming is the resource incoming-datagram-stream, outgoing is the resource
// outgoing-datagram-stream.
type (
	incoming struct{ end }
	outgoing struct {
		end
		permit uint64 // datagrams that check-send permitted and that are not sent yet
	}
)

// Incoming and Outgoing are the resource types of a udp-socket's streams.
var (
	Incoming = iface.NewResource("incoming-datagram-stream", func(_ *iface.Process, s *incoming) { s.drop() })
	Outgoing = iface.NewResource("outgoing-datagram-stream", func(_ *iface.Process, s *outgoing) { s.drop() })
)

// Ready implements poll.Pollable.
func (s *incoming) Ready() bool { return s.old() || s.udp.look() }

// Watch implements poll.Pollable.
func (s *incoming) Watch(wake func()) (stop func()) {
	if s.old() {
		return poll.Always.Watch(wake)
	}
	return s.udp.in.Watch(wake)
}

// Ready implements poll.Pollable.
func (s *outgoing) Ready() bool { return s.old() || s.udp.err != nil || s.udp.room() }

// Watch implements poll.Pollable.
func (s *outgoing) Watch(wake func()) (stop func()) {
	if s.old() {
		return poll.Always.Watch(wake)
	}
	return s.udp.out.Watch(wake)
}

// Bounds of one call.
const (
	maxBatch = 64       // datagrams
	maxBytes = 64 << 10 // received before the last of them
	fuelEach = 100      // what a call to the system is to a guest's budget
)

// receive gives what has come.
func receive(p *iface.Process, c *canon.Call, s *incoming) (mailbox.Value, error) {
	if s.old() {
		return mailbox.Nil, invalidState
	}
	var list []mailbox.Value
	most := int(min(c.Uint(1), maxBatch))
	for bytes := 0; len(list) < most && bytes < maxBytes && s.udp.look(); {
		d := s.udp.kept
		if d == nil {
			if len(list) > 0 {
				break // the error comes with the next call
			}
			return mailbox.Nil, s.udp.trouble()
		}
		s.udp.kept = nil
		bytes += len(d.data)
		p.Guest.Charge(fuelEach)
		p.Charge(len(d.data))
		list = append(list, canon.Record(mailbox.String(d.data), addressValue(d.from)))
	}
	return canon.List(list), nil
}

var subscribeIncoming = wasio.Subscribe(Incoming, func(s *incoming) poll.Pollable { return s })

// room tells whether the system takes a datagram now. One that is closed does:
// sending tells.
func (s *udp) room() (is bool) {
	if err := s.raw.Control(func(fd uintptr) { is = writable(fd) }); err != nil {
		return true
	}
	return is
}

// checkSend permits as many datagrams as one call may send, if the system takes any.
func checkSend(_ *iface.Process, _ *canon.Call, s *outgoing) (mailbox.Value, error) {
	s.permit = 0
	if s.old() {
		return mailbox.Nil, invalidState
	}
	if err := s.udp.trouble(); err != nil {
		return mailbox.Nil, err
	}
	if s.udp.room() {
		s.permit = maxBatch
	}
	return mailbox.Uint(s.permit), nil
}

// sending sends datagrams until the system takes no more, or one fails. The
// datagrams share the guest's memory until the process is suspended.
func sending(p *iface.Process, c *canon.Call, s *outgoing) (mailbox.Value, error) {
	var list []mailbox.Value
	if t := c.Arg(1).Table(); t != nil {
		list = t.List
	}
	switch {
	case len(list) == 0:
		return mailbox.Uint(0), nil
	case uint64(len(list)) > s.permit:
		return mailbox.Nil, canon.Trapf("send: %d datagrams are more than the %d that check-send permitted", len(list), s.permit)
	case s.old():
		return mailbox.Nil, invalidState
	}
	s.permit -= uint64(len(list))
	own := false // whether the bytes are copied
	for i := range list {
		to, err := s.destination(list[i])
		if err == nil && !s.udp.remote.IsValid() {
			if !own && !s.udp.policy.Known(to) { // the process may be suspended
				list, own = copied(list, i), true
			}
			err = s.udp.permit(p, to)
		}
		if err == nil {
			err = s.udp.send(payload(list[i]), to)
		}
		switch {
		case err == nil:
		case i > 0 || again(err):
			return mailbox.Uint(uint64(i)), nil
		default:
			return mailbox.Nil, err
		}
		p.Guest.Charge(fuelEach)
		p.Charge(len(payload(list[i])))
	}
	return mailbox.Uint(uint64(len(list))), nil
}

// payload gives the bytes of an outgoing-datagram, which are only to be read.
func payload(d mailbox.Value) string { return d.Table().List[0].Str() }

// copied gives a list whose bytes are its own from one on. What is too long for a
// datagram anyway is cut.
func copied(list []mailbox.Value, from int) []mailbox.Value {
	list = slices.Clone(list)
	for i := from; i < len(list); i++ {
		data := payload(list[i])
		list[i] = canon.Record(mailbox.String(strings.Clone(data[:min(len(data), maxDatagram+1)])), list[i].Table().List[1])
	}
	return list
}

// destination is where a datagram goes.
func (s *outgoing) destination(d mailbox.Value) (netip.AddrPort, error) {
	remote := s.udp.remote
	v := d.Table().List[1]
	if v.IsNil() {
		if !remote.IsValid() {
			return remote, invalidArgument
		}
		return remote, nil
	}
	to, err := remoteOf(v, s.udp.family)
	if err == nil && remote.IsValid() && to != remote {
		err = invalidArgument
	}
	return to, err
}

// send sends a datagram, which may be copied from a guest's memory.
func (s *udp) send(data string, to netip.AddrPort) (err error) {
	if len(data) > maxDatagram {
		return datagramTooLarge
	}
	if closed := s.raw.Control(func(fd uintptr) { err = sendTo(fd, canon.BytesOf(data), to) }); closed != nil {
		return closed
	}
	return err
}

var subscribeOutgoing = wasio.Subscribe(Outgoing, func(s *outgoing) poll.Pollable { return s })
