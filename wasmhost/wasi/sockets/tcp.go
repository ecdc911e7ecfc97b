package sockets

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"syscall"

	"wippy/mailbox"
	"wippy/wasmhost/canon"
	"wippy/wasmhost/wasi/iface"
	"wippy/wasmhost/wasi/network"
	"wippy/wasmhost/wasi/poll"
	"wippy/wasmhost/wasi/wasio"
	"wippy/wasmhost/wasi/world"
)

// state is what a socket is at. A UDP socket is at one of the first three.
type state uint8

const (
	unbound state = iota
	bindStarted
	isBound
	listenStarted
	listening
	connecting
	connected
	closed // it failed to connect or to listen
)

// tcp is the resource tcp-socket. It is a handle of its World but for its
// connection, which is one by itself.
type tcp struct {
	family   int
	state    state
	options  options
	policy   *network.Policy
	world    *world.World
	backlog  int
	bound    *bound           // from bind to connect or listen
	listener *net.TCPListener // from listen on
	link     *link            // once connected
	left     bool             // the link
	ctx      context.Context
	cancel   context.CancelFunc
	gate     poll.Gate // what subscribe waits for: the connection, or one to accept

	// What the goroutine that connects or accepts sets before the gate opens.
	conn  *net.TCPConn
	err   error
	taken func() bool // keeps the connection from being closed with the socket
}

// TCPs is the resource type tcp-socket.
var TCPs = iface.NewResource("tcp-socket", func(p *iface.Process, s *tcp) {
	s.leave()
	p.World.Release(s)
})

func (s *tcp) leave() {
	if s.link != nil && !s.left {
		s.left = true
		s.link.leave()
	}
}

// Close implements world.Handle. A connection that nobody took is closed by the
// goroutine that made it.
func (s *tcp) Close() {
	s.cancel()
	if s.bound != nil {
		s.bound.Close()
	}
	if s.listener != nil {
		s.listener.Close()
	}
}

func newTCP(p *iface.Process, family int) *tcp {
	s := &tcp{family: family, options: defaults, backlog: defaultBacklog, policy: p.World.Network, world: p.World}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	return s
}

func createTCP(p *iface.Process, c *canon.Call) error {
	s := newTCP(p, int(c.Uint(0)))
	p.World.Own(p, s)
	c.OK(TCPs.New(p, s))
	return nil
}

func (s *tcp) netName() string { return [...]string{"tcp4", "tcp6"}[s.family] }

func (s *tcp) settings() *options { return &s.options }

// wrong gives the error of a call that the socket's state does not allow, where
// begun is the state in which the very same is under way; nil in one of those that do.
func (s *tcp) wrong(begun state, from ...state) error {
	switch {
	case slices.Contains(from, s.state):
		return nil
	case s.state == begun:
		return concurrencyConflict
	}
	return invalidState
}

// startBind binds, which takes no time. The socket refuses connections until it listens.
func startBind(_ *iface.Process, c *canon.Call, s *tcp) (mailbox.Value, error) {
	if err := s.wrong(bindStarted, unbound); err != nil {
		return mailbox.Nil, err
	}
	a, err := addressOf(c.Arg(2), s.family)
	if err == nil && !unicast(a.Addr()) {
		err = invalidArgument
	}
	if err == nil {
		s.bound, err = bindTCP(a)
	}
	if err == nil {
		s.state = bindStarted
	}
	return mailbox.Nil, err
}

func finishBind(_ *iface.Process, _ *canon.Call, s *tcp) (mailbox.Value, error) {
	if s.state != bindStarted {
		return mailbox.Nil, notInProgress
	}
	s.state = isBound
	return mailbox.Nil, nil
}

// fail closes a socket that can be used no more.
func (s *tcp) fail(err error) (mailbox.Value, error) {
	s.state = closed
	if s.bound != nil {
		s.bound.Close()
		s.bound = nil
	}
	return mailbox.Nil, err
}

func startConnect(_ *iface.Process, c *canon.Call, s *tcp) (mailbox.Value, error) {
	if err := s.wrong(connecting, unbound, isBound); err != nil {
		return mailbox.Nil, err
	}
	a, err := remoteOf(c.Arg(2), s.family)
	if err == nil && !unicast(a.Addr()) {
		err = invalidArgument
	}
	if err == nil && s.bound != nil {
		err = s.options.on(s.bound.control, s.family)
	}
	if err != nil {
		return s.fail(err)
	}
	from, options := s.bound, s.options
	s.bound, s.state = nil, connecting
	go func() {
		s.conn, s.err = s.connect(from, &options, a)
		s.offer()
	}()
	return mailbox.Nil, nil
}

// connect blocks until there is a connection, or none, or the socket is dropped.
// from is nil for any address of its own.
func (s *tcp) connect(from *bound, options *options, to netip.AddrPort) (*net.TCPConn, error) {
	if from != nil {
		defer from.Close()
	}
	if err := s.policy.Permit(s.ctx, to); err != nil {
		return nil, err
	}
	if from != nil {
		return from.connect(s.ctx, to)
	}
	d := &net.Dialer{KeepAlive: -1, Control: func(_, _ string, raw syscall.RawConn) error { return options.on(raw.Control, s.family) }}
	conn, err := d.DialContext(s.ctx, s.netName(), to.String())
	if err != nil {
		if codeOf(err) == addressNotBindable { // no port is left
			err = addressInUse
		}
		return nil, err
	}
	return conn.(*net.TCPConn), nil
}

// offer opens the gate to a connection, which is closed if nobody takes it
// before the socket's end.
func (s *tcp) offer() {
	if conn := s.conn; conn != nil {
		stop := context.AfterFunc(s.ctx, func() { conn.Close() })
		s.taken = stop
	}
	s.gate.Set(true)
}

// take gives the connection, which belongs to the link from then on.
func (s *tcp) take(p *iface.Process, of *tcp) (in, out mailbox.Value) {
	conn := s.conn
	l := newLink(conn, p.World, p.Clock())
	p.World.Own(p, l)
	s.taken()
	s.conn, s.taken = nil, nil
	of.link, of.state = l, connected
	_ = of.apply() // options are hints
	in = wasio.NewInput(p, input{l}, func(*iface.Process) { l.leave() })
	out = wasio.NewOutput(p, output{l}, func(*iface.Process) { l.shutdown(false, true); l.leave() })
	return in, out
}

func finishConnect(p *iface.Process, _ *canon.Call, s *tcp) (mailbox.Value, error) {
	switch {
	case s.state != connecting:
		return mailbox.Nil, notInProgress
	case !s.gate.Ready():
		return mailbox.Nil, wouldBlock
	case s.err != nil:
		return s.fail(s.err)
	}
	in, out := s.take(p, s)
	return canon.Record(in, out), nil
}

func startListen(_ *iface.Process, _ *canon.Call, s *tcp) (mailbox.Value, error) {
	if err := s.wrong(listenStarted, isBound); err != nil {
		return mailbox.Nil, err
	}
	if !s.policy.Allowed(s.bound.at) {
		return s.fail(s.policy.Refuse(s.bound.at))
	}
	l, err := s.bound.listen(s.backlog)
	if err != nil {
		return s.fail(err)
	}
	s.bound, s.listener, s.state = nil, l, listenStarted
	return mailbox.Nil, nil
}

func finishListen(_ *iface.Process, _ *canon.Call, s *tcp) (mailbox.Value, error) {
	if s.state != listenStarted {
		return mailbox.Nil, notInProgress
	}
	s.state = listening
	go s.accept(s.listener)
	return mailbox.Nil, nil
}

// accept waits for one connection.
func (s *tcp) accept(l *net.TCPListener) {
	s.conn, s.err = l.AcceptTCP()
	s.offer()
}

func accept(p *iface.Process, _ *canon.Call, s *tcp) (mailbox.Value, error) {
	switch {
	case s.state != listening:
		return mailbox.Nil, invalidState
	case !s.gate.Ready():
		return mailbox.Nil, wouldBlock
	case s.err != nil:
		err := s.err
		s.gate.Set(false)
		go s.accept(s.listener)
		return mailbox.Nil, err
	}
	fresh := newTCP(p, s.family)
	fresh.options = s.options
	p.World.Own(p, fresh)
	own := TCPs.New(p, fresh)
	in, out := s.take(p, fresh)
	s.gate.Set(false)
	go s.accept(s.listener)
	return canon.Record(own, in, out), nil
}

func localAddress(_ *iface.Process, _ *canon.Call, s *tcp) (mailbox.Value, error) {
	switch {
	case s.link != nil:
		return addressValue(tcpAddr(s.link.conn.LocalAddr())), nil
	case s.listener != nil:
		return addressValue(tcpAddr(s.listener.Addr())), nil
	case s.bound != nil && s.state == isBound:
		return addressValue(s.bound.at), nil
	}
	return mailbox.Nil, invalidState
}

func tcpAddr(a net.Addr) netip.AddrPort { return unmap(a.(*net.TCPAddr).AddrPort()) }

// unmap gives an address as it is of its family.
func unmap(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().Unmap().WithZone(""), a.Port())
}

func remoteAddress(_ *iface.Process, _ *canon.Call, s *tcp) (mailbox.Value, error) {
	if s.link == nil {
		return mailbox.Nil, invalidState
	}
	return addressValue(tcpAddr(s.link.conn.RemoteAddr())), nil
}

func shutdown(_ *iface.Process, c *canon.Call, s *tcp) (mailbox.Value, error) {
	if s.link == nil {
		return mailbox.Nil, invalidState
	}
	how := c.Uint(1)
	s.link.shutdown(how != 1, how != 0)
	return mailbox.Nil, nil
}

var isListening = TCPs.Getter(func(_ *iface.Process, s *tcp) mailbox.Value { return mailbox.Bool(s.state == listening) })

var addressFamily = TCPs.Getter(func(_ *iface.Process, s *tcp) mailbox.Value { return mailbox.Uint(uint64(s.family)) })

var subscribeTCP = wasio.Subscribe(TCPs, func(s *tcp) poll.Pollable { return ready{s} })

// ready is a socket's pollable: nothing is to be waited for where nothing began.
type ready struct{ *tcp }

func (r ready) Ready() bool {
	return r.state != connecting && r.state != listening || r.gate.Ready() || r.ctx.Err() != nil
}

func (r ready) Watch(wake func()) (stop func()) {
	if r.Ready() {
		return poll.Always.Watch(wake)
	}
	return r.gate.Watch(wake)
}

func keepAlive(_ *iface.Process, _ *canon.Call, s *tcp) (mailbox.Value, error) {
	return mailbox.Bool(s.options.keepAlive), nil
}

func setKeepAlive(_ *iface.Process, c *canon.Call, s *tcp) (mailbox.Value, error) {
	s.options.keepAlive = c.Bool(1)
	return mailbox.Nil, s.apply()
}

func setBacklog(_ *iface.Process, c *canon.Call, s *tcp) (mailbox.Value, error) {
	switch {
	case c.Uint(1) == 0:
		return mailbox.Nil, invalidArgument
	case s.state == connecting || s.state == connected:
		return mailbox.Nil, invalidState
	case s.state == listening:
		return mailbox.Nil, notSupported
	}
	s.backlog = int(min(c.Uint(1), maxBacklog))
	return mailbox.Nil, nil
}

// How many connections wait for accept, as far as the system has it.
const (
	defaultBacklog = 128
	maxBacklog     = 4096
)

// apply implements socket.
func (s *tcp) apply() error {
	switch o := &s.options; {
	case s.bound != nil:
		return o.on(s.bound.control, s.family)
	case s.link != nil:
		conn := s.link.conn
		if err := conn.SetKeepAliveConfig(net.KeepAliveConfig{Enable: o.keepAlive, Idle: o.idle, Interval: o.interval, Count: int(o.count)}); err != nil {
			return err
		}
		raw, err := conn.SyscallConn()
		if err != nil {
			return err
		}
		return o.on(raw.Control, s.family)
	}
	return nil
}
