package sockets

import (
	"time"

	"wippy/mailbox"
	"wippy/wasmhost/canon"
	"wippy/wasmhost/wasi/iface"
	"wippy/wasmhost/wasi/world"
)

// options are what can be set of a socket, before and after there is one of the
// system's. What a guest reads is what it has set: systems round.
type options struct {
	keepAlive      bool // this and the next three are TCP's
	idle, interval time.Duration
	count          uint32
	hops           uint8
	receive, send  uint64 // sizes of the system's buffers

	// Of the last three, which the guest has set: the others are the system's.
	hopsSet, receiveSet, sendSet bool
}

var defaults = options{idle: 2 * time.Hour, interval: 75 * time.Second, count: 9, hops: 64, receive: 64 << 10, send: 64 << 10}

// Bounds of options.
const (
	maxKeep   = 32767 * time.Second
	maxBuffer = 4 << 20
)

// seconds rounds a time to what systems take.
func seconds(n uint64) time.Duration {
	d := min(world.Duration(n), maxKeep)
	return max(d.Round(time.Second), time.Second)
}

// set gives to a socket of the system's what the guest has set.
func (o *options) set(fd uintptr, family int) (err error) {
	if o.hopsSet {
		err = setHops(fd, family == 1, int(o.hops))
	}
	if err == nil && o.receiveSet {
		err = setBuffer(fd, true, int(o.receive))
	}
	if err == nil && o.sendSet {
		err = setBuffer(fd, false, int(o.send))
	}
	return err
}

// control is as of syscall.RawConn: it calls f with a socket of the system's.
type control func(f func(fd uintptr)) error

// on sets the options of what control calls with.
func (o *options) on(c control, family int) error {
	var failed error
	if err := c(func(fd uintptr) { failed = o.set(fd, family) }); err != nil {
		return err
	}
	return failed
}

// socket is a resource type's object that has options.
type socket interface {
	settings() *options
	// apply gives the options to the system's socket, if there is one.
	apply() error
}

// method is a function of a resource whose result may be an error-code.
type method[S any] func(p *iface.Process, c *canon.Call, s S) (mailbox.Value, error)

// of makes it a function of an interface.
func (m method[S]) of(r *iface.Resource[S]) func(p *iface.Process, c *canon.Call) error {
	return func(p *iface.Process, c *canon.Call) error {
		s, err := r.Arg(p, c, 0)
		if err != nil {
			return err
		}
		v, err := m(p, c, s)
		return result(c, v, err)
	}
}

// get makes a function that gives an option.
func get[S socket](of func(o *options) uint64) method[S] {
	return func(_ *iface.Process, _ *canon.Call, s S) (mailbox.Value, error) {
		return mailbox.Uint(of(s.settings())), nil
	}
}

// set makes a function that sets an option, which is not zero.
func set[S socket](to func(o *options, n uint64)) method[S] {
	return func(_ *iface.Process, c *canon.Call, s S) (mailbox.Value, error) {
		n := c.Uint(1)
		if n == 0 {
			return mailbox.Nil, invalidArgument
		}
		to(s.settings(), n)
		return mailbox.Nil, s.apply()
	}
}

func hops(o *options) uint64          { return uint64(o.hops) }
func receiveBuffer(o *options) uint64 { return o.receive }
func sendBuffer(o *options) uint64    { return o.send }

func setHopsTo(o *options, n uint64)        { o.hops, o.hopsSet = uint8(n), true }
func setReceiveBuffer(o *options, n uint64) { o.receive, o.receiveSet = min(n, maxBuffer), true }
func setSendBuffer(o *options, n uint64)    { o.send, o.sendSet = min(n, maxBuffer), true }
