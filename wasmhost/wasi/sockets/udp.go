package sockets

import (
	"context"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"time"

	"wippy/mailbox"
	"wippy/wasmhost/canon"
	"wippy/wasmhost/wasi/iface"
	"wippy/wasmhost/wasi/network"
	"wippy/wasmhost/wasi/poll"
	"wippy/wasmhost/wasi/wasio"
	"wippy/wasmhost/wasi/world"
)

// udp is the resource udp-socket, which its streams use as well. It is a handle
// of its World: closed once nobody uses it.
//
// It keeps nothing but what the system does, within the bounds of the system's
// buffers, and one datagram at most that was looked at. All of it is used on the
// process's coroutine, but for Close and the goroutines of in and out.
type udp struct {
	family  int
	state   state // unbound, bindStarted or isBound
	options options
	policy  *network.Policy
	world   *world.World
	users   int // the resource and its streams

	conn    *net.UDPConn // once bound
	raw     syscall.RawConn
	at      netip.AddrPort // where it is bound
	in, out waiter

	remote netip.AddrPort // of the newest streams; the zero value for anybody
	pair   int            // counts the streams' pairs: only the newest works
	open   bool           // the list has the socket's own address: anybody may send to it
	met    map[netip.AddrPort]struct{}
	kept   *datagram // received, but not by the guest yet
	err    error     // what the system had to tell, but not the guest yet
}

// datagram is one that was received.
type datagram struct {
	data string
	from netip.AddrPort
}

// UDPs is the resource type udp-socket.
var UDPs = iface.NewResource("udp-socket", func(_ *iface.Process, s *udp) { s.leave() })

func createUDP(p *iface.Process, c *canon.Call) error {
	s := &udp{family: int(c.Uint(0)), options: defaults, policy: p.World.Network, world: p.World, users: 1}
	p.World.Own(p, s)
	c.OK(UDPs.New(p, s))
	return nil
}

// Close implements world.Handle. The goroutines that wait for the socket end.
func (s *udp) Close() {
	if s.conn != nil {
		s.conn.Close()
	}
}

// leave is called by each of the users once.
func (s *udp) leave() {
	if s.users--; s.users == 0 {
		s.world.Release(s)
	}
}

func (s *udp) settings() *options { return &s.options }

// apply implements socket.
func (s *udp) apply() error {
	if s.raw == nil {
		return nil
	}
	return s.options.on(s.raw.Control, s.family)
}

func startBindUDP(_ *iface.Process, c *canon.Call, s *udp) (mailbox.Value, error) {
	switch s.state {
	case bindStarted:
		return mailbox.Nil, concurrencyConflict
	case isBound:
		return mailbox.Nil, invalidState
	}
	a, err := addressOf(c.Arg(2), s.family)
	if err != nil {
		return mailbox.Nil, err
	}
	if !unicast(a.Addr()) { // package net would make it another
		return mailbox.Nil, addressNotBindable
	}
	if err := s.bind(a); err != nil {
		return mailbox.Nil, err
	}
	s.state = bindStarted
	return mailbox.Nil, nil
}

// bind opens the system's socket.
func (s *udp) bind(a netip.AddrPort) error {
	config := net.ListenConfig{Control: func(_, _ string, raw syscall.RawConn) error {
		var failed error
		if err := raw.Control(func(fd uintptr) { failed = refuseBroadcast(fd) }); err != nil {
			return err
		}
		if failed != nil {
			return failed
		}
		return s.options.on(raw.Control, s.family)
	}}
	conn, err := config.ListenPacket(context.Background(), [...]string{"udp4", "udp6"}[s.family], a.String())
	if err != nil {
		return err
	}
	s.conn = conn.(*net.UDPConn)
	if s.raw, err = s.conn.SyscallConn(); err != nil {
		return err
	}
	s.at = unmap(s.conn.LocalAddr().(*net.UDPAddr).AddrPort())
	s.in.wait = func() { s.await(s.raw.Read, readable) }
	s.out.wait = func() { s.await(s.raw.Write, writable) }
	s.open = s.policy.Allowed(s.at)
	return nil
}

func finishBindUDP(_ *iface.Process, _ *canon.Call, s *udp) (mailbox.Value, error) {
	if s.state != bindStarted {
		return mailbox.Nil, notInProgress
	}
	s.state = isBound
	return mailbox.Nil, nil
}

// stream makes a new pair of streams. The old ones, if any are left, work no more.
// If it fails, they still do.
func stream(p *iface.Process, c *canon.Call, s *udp) (mailbox.Value, error) {
	if s.state != isBound {
		return mailbox.Nil, invalidState
	}
	var remote netip.AddrPort
	if v := c.Arg(1); !v.IsNil() {
		var err error
		if remote, err = remoteOf(v, s.family); err != nil {
			return mailbox.Nil, err
		}
		if err = s.permit(p, remote); err != nil {
			return mailbox.Nil, err
		}
	}
	if remote.IsValid() || s.remote.IsValid() {
		if err := s.associate(remote); err != nil {
			return mailbox.Nil, err
		}
	}
	s.remote, s.err = remote, nil
	s.pair++
	if s.kept != nil && !s.takes(s.kept.from) {
		s.kept = nil
	}
	s.users++
	in := Incoming.New(p, &incoming{end{udp: s, pair: s.pair}})
	s.users++
	out := Outgoing.New(p, &outgoing{end: end{udp: s, pair: s.pair}})
	return canon.Record(in, out), nil
}

func (s *udp) associate(remote netip.AddrPort) error {
	var failed error
	if err := s.raw.Control(func(fd uintptr) { failed = associate(fd, s.at, remote) }); err != nil {
		return err
	}
	return failed
}

// permit asks the network's policy for a destination. Where only a name may stand
// for it, that suspends the process.
func (s *udp) permit(p *iface.Process, to netip.AddrPort) error {
	if s.policy.Allowed(to) {
		return nil
	}
	if !s.policy.Known(to) {
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		var done poll.Gate
		var err error
		go func() {
			err = s.policy.Permit(ctx, to)
			done.Set(true)
		}()
		if poll.Wait(p, &done); err != nil {
			return err
		}
	}
	s.meet(to)
	return nil
}

// maxMet is how many addresses a socket remembers, that a name stood for when it
// sent to them.
const maxMet = 256

// meet remembers an address, whose answers are taken from then on.
func (s *udp) meet(a netip.AddrPort) {
	if _, ok := s.met[a]; ok {
		return
	}
	if s.met == nil || len(s.met) >= maxMet {
		s.met = map[netip.AddrPort]struct{}{}
	}
	s.met[a] = struct{}{}
}

// takes tells whether the guest gets what comes from an address.
func (s *udp) takes(from netip.AddrPort) bool {
	if s.remote.IsValid() {
		return from == s.remote
	}
	if s.open || s.policy.Allowed(from) {
		return true
	}
	_, ok := s.met[from]
	return ok
}

// maxDatagram is how long a datagram can be, in bytes.
const maxDatagram = 65535

var scratch = sync.Pool{New: func() any { return new([maxDatagram]byte) }}

// maxDropped is how many datagrams of strangers are dropped in one go.
const maxDropped = 64

// next takes a datagram from the system; nil if there is none now.
func (s *udp) next() (*datagram, error) {
	buffer := scratch.Get().(*[maxDatagram]byte)
	defer scratch.Put(buffer)
	for range maxDropped {
		var n int
		var from netip.AddrPort
		var err error
		if closed := s.raw.Control(func(fd uintptr) { n, from, err = receiveFrom(fd, buffer[:]) }); closed != nil {
			return nil, closed
		}
		switch {
		case err != nil && again(err):
			return nil, nil
		case err != nil:
			return nil, err
		case s.takes(from):
			return &datagram{string(buffer[:n]), from}, nil
		}
	}
	return nil, nil
}

// look takes a datagram or an error in advance, and tells whether there is one.
func (s *udp) look() bool {
	if s.kept == nil && s.err == nil {
		s.kept, s.err = s.next()
	}
	return s.kept != nil || s.err != nil
}

// trouble gives what the system had to tell, once.
func (s *udp) trouble() error {
	err := s.err
	s.err = nil
	return err
}

func localAddressUDP(_ *iface.Process, _ *canon.Call, s *udp) (mailbox.Value, error) {
	if s.state != isBound {
		return mailbox.Nil, invalidState
	}
	return addressValue(s.at), nil
}

func remoteAddressUDP(_ *iface.Process, _ *canon.Call, s *udp) (mailbox.Value, error) {
	if !s.remote.IsValid() {
		return mailbox.Nil, invalidState
	}
	return addressValue(s.remote), nil
}

var addressFamilyUDP = UDPs.Getter(func(_ *iface.Process, s *udp) mailbox.Value { return mailbox.Uint(uint64(s.family)) })

// subscribeUDP gives what is ready: nothing that a socket does by itself takes time.
var subscribeUDP = wasio.Subscribe(UDPs, func(*udp) poll.Pollable { return poll.Always })

// How long await sleeps, at first and at most.
const (
	firstPause = time.Millisecond
	lastPause  = 50 * time.Millisecond
)

// await blocks until a socket is ready, or closed. wait is its Read or Write. Where
// package net does not wait, await looks from time to time: on linux it refuses
// to once the system has told of nothing but an error, until it tells of
// something else, and on windows always to wait for room.
func (s *udp) await(wait func(func(fd uintptr) bool) error, ready func(fd uintptr) bool) {
	for pause := firstPause; wait(ready) != nil; pause = min(2*pause, lastPause) {
		is := false
		if err := s.raw.Control(func(fd uintptr) { is = ready(fd) }); is || err != nil {
			return
		}
		time.Sleep(pause)
	}
}

// waiter waits for the system to say that a socket is ready in one direction. It
// is a goroutine of two kilobytes or so from when somebody watches until that
// comes or the socket is closed, and none before and after.
type waiter struct {
	wait func() // returns when the socket is ready, or closed

	mu      sync.Mutex
	waiting bool
	gate    poll.Gate // opens for a moment
}

// Watch is as of poll.Pollable.
func (w *waiter) Watch(wake func()) (stop func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.waiting {
		w.waiting = true
		go w.run()
	}
	return w.gate.Watch(wake)
}

func (w *waiter) run() {
	w.wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.waiting = false
	w.gate.Set(true)
	w.gate.Set(false)
}
