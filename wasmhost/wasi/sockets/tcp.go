package sockets

import (
	"context"
	"net"
	"net/netip"
	"time"

	"wippy/mailbox"
	"wippy/wasmhost/canon"
	"wippy/wasmhost/wasi/iface"
	"wippy/wasmhost/wasi/network"
	"wippy/wasmhost/wasi/poll"
	"wippy/wasmhost/wasi/wasio"
	"wippy/wasmhost/wasi/world"
)

// state is what a tcp-socket is at.
type state uint8

const (
	unbound state = iota
	bindStarted
	bound
	listenStarted
	listening
	connecting
	connected
	failed // to connect
)

// tcp is the resource tcp-socket. It is a handle of its World but for its
// connection, which is one by itself.
type tcp struct {
	family   int
	state    state
	options  options
	policy   *network.Policy
	world    *world.World
	listener *net.TCPListener // from bind to connect or the end
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

// options are what can be set; they are applied to the connection.
type options struct {
	keepAlive      bool
	idle, interval time.Duration
	count          uint32
	hops           uint8
	receive, send  uint64 // sizes of buffers
}

var defaults = options{idle: 2 * time.Hour, interval: 75 * time.Second, count: 9, hops: 64, receive: 64 << 10, send: 64 << 10}

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
	if s.listener != nil {
		s.listener.Close()
	}
}

func newTCP(p *iface.Process, family int) *tcp {
	s := &tcp{family: family, options: defaults, policy: p.World.Network, world: p.World}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	return s
}

func createTCP(p *iface.Process, c *canon.Call) error {
	s := newTCP(p, int(c.Uint(0)))
	p.World.Own(p, s)
	c.OK(TCPs.New(p, s))
	return nil
}

// on makes a function of a method whose result may be an error-code.
func on(do func(p *iface.Process, c *canon.Call, s *tcp) (mailbox.Value, error)) func(p *iface.Process, c *canon.Call) error {
	return func(p *iface.Process, c *canon.Call) error {
		s, err := TCPs.Arg(p, c, 0)
		if err != nil {
			return err
		}
		v, err := do(p, c, s)
		return result(c, v, err)
	}
}

func (s *tcp) netName() string { return [...]string{"tcp4", "tcp6"}[s.family] }

// startBind binds. The system's queue takes connections from then on, which
// nobody accepts before the socket listens.
func startBind(_ *iface.Process, c *canon.Call, s *tcp) (mailbox.Value, error) {
	a, err := addressOf(c.Arg(2), s.family)
	switch {
	case err != nil:
		return mailbox.Nil, err
	case a.Addr().IsMulticast() || a.Addr() == netip.AddrFrom4([4]byte{255, 255, 255, 255}):
		return mailbox.Nil, invalidArgument
	case s.state != unbound:
		return mailbox.Nil, invalidState
	}
	l, err := net.ListenTCP(s.netName(), net.TCPAddrFromAddrPort(a))
	if err != nil {
		return mailbox.Nil, err
	}
	s.listener, s.state = l, bindStarted
	return mailbox.Nil, nil
}

// finish makes a function that ends what began, which takes no time.
func finish(from, to state) func(*iface.Process, *canon.Call, *tcp) (mailbox.Value, error) {
	return func(_ *iface.Process, _ *canon.Call, s *tcp) (mailbox.Value, error) {
		if s.state != from {
			return mailbox.Nil, notInProgress
		}
		s.state = to
		if to == listening {
			go s.accept(s.listener)
		}
		return mailbox.Nil, nil
	}
}

func startConnect(_ *iface.Process, c *canon.Call, s *tcp) (mailbox.Value, error) {
	a, err := addressOf(c.Arg(2), s.family)
	switch {
	case err != nil:
		return mailbox.Nil, err
	case a.Port() == 0 || a.Addr().IsUnspecified() || a.Addr().IsMulticast():
		return mailbox.Nil, invalidArgument
	case s.state == connecting:
		return mailbox.Nil, concurrencyConflict
	case s.state != unbound && s.state != bound:
		return mailbox.Nil, invalidState
	}
	d := &net.Dialer{KeepAlive: -1}
	if s.listener != nil {
		d.LocalAddr = s.listener.Addr()
		s.listener.Close()
		s.listener = nil
	}
	s.state = connecting
	go func() {
		var conn net.Conn
		err := s.policy.Permit(s.ctx, a)
		if err == nil {
			conn, err = d.DialContext(s.ctx, s.netName(), a.String())
		}
		if err == nil {
			s.conn = conn.(*net.TCPConn)
		}
		s.err = err
		s.offer()
	}()
	return mailbox.Nil, nil
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
	l := newLink(conn, p.World)
	p.World.Own(p, l)
	s.taken()
	s.conn, s.taken = nil, nil
	of.link, of.state = l, connected
	of.apply()
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
		s.state = failed
		return mailbox.Nil, s.err
	}
	in, out := s.take(p, s)
	return canon.Record(in, out), nil
}

func startListen(_ *iface.Process, _ *canon.Call, s *tcp) (mailbox.Value, error) {
	if s.state != bound {
		return mailbox.Nil, invalidState
	}
	a := s.listener.Addr().(*net.TCPAddr).AddrPort()
	if !s.policy.Allowed(a) {
		return mailbox.Nil, s.policy.Refuse(a)
	}
	s.state = listenStarted
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
		return addressValue(unmap(s.link.conn.LocalAddr())), nil
	case s.listener != nil && s.state != bindStarted:
		return addressValue(unmap(s.listener.Addr())), nil
	}
	return mailbox.Nil, invalidState
}

func unmap(a net.Addr) netip.AddrPort {
	ap := a.(*net.TCPAddr).AddrPort()
	return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
}

func remoteAddress(_ *iface.Process, _ *canon.Call, s *tcp) (mailbox.Value, error) {
	if s.link == nil {
		return mailbox.Nil, invalidState
	}
	return addressValue(unmap(s.link.conn.RemoteAddr())), nil
}

func shutdown(_ *iface.Process, c *canon.Call, s *tcp) (mailbox.Value, error) {
	if s.link == nil {
		return mailbox.Nil, invalidState
	}
	how := c.Uint(1)
	s.link.shutdown(how != 1, how != 0)
	return mailbox.Nil, nil
}

func isListening(p *iface.Process, c *canon.Call) error {
	s, err := TCPs.Arg(p, c, 0)
	if err == nil {
		c.Return(mailbox.Bool(s.state == listening))
	}
	return err
}

func addressFamily(p *iface.Process, c *canon.Call) error {
	s, err := TCPs.Arg(p, c, 0)
	if err == nil {
		c.Return(mailbox.Uint(uint64(s.family)))
	}
	return err
}

func subscribeTCP(p *iface.Process, c *canon.Call) error {
	s, err := TCPs.Arg(p, c, 0)
	if err == nil {
		c.Return(wasio.NewPollable(p, ready{s}))
	}
	return err
}

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

// get makes a function that gives an option.
func get(of func(o *options) uint64) func(*iface.Process, *canon.Call, *tcp) (mailbox.Value, error) {
	return func(_ *iface.Process, _ *canon.Call, s *tcp) (mailbox.Value, error) {
		return mailbox.Uint(of(&s.options)), nil
	}
}

// set makes a function that sets an option, which is not zero.
func set(to func(o *options, n uint64)) func(*iface.Process, *canon.Call, *tcp) (mailbox.Value, error) {
	return func(_ *iface.Process, c *canon.Call, s *tcp) (mailbox.Value, error) {
		n := c.Uint(1)
		if n == 0 {
			return mailbox.Nil, invalidArgument
		}
		to(&s.options, n)
		return mailbox.Nil, s.apply()
	}
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
	return mailbox.Nil, nil // a hint; the system's own size is kept
}

// Bounds of options.
const (
	maxKeep   = 32767 * time.Second
	maxBuffer = 4 << 20
)

// apply gives the options to the connection, if there is one.
func (s *tcp) apply() error {
	o := &s.options
	if s.link == nil {
		return nil
	}
	conn := s.link.conn
	if err := conn.SetKeepAliveConfig(net.KeepAliveConfig{Enable: o.keepAlive, Idle: o.idle, Interval: o.interval, Count: int(o.count)}); err != nil {
		return err
	}
	if o.receive != defaults.receive {
		if err := conn.SetReadBuffer(int(o.receive)); err != nil {
			return err
		}
	}
	if o.send != defaults.send {
		if err := conn.SetWriteBuffer(int(o.send)); err != nil {
			return err
		}
	}
	if o.hops == defaults.hops {
		return nil
	}
	raw, err := conn.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	if err := raw.Control(func(fd uintptr) { failed = setHops(fd, s.family == 1, int(o.hops)) }); err != nil {
		return err
	}
	return failed
}

// seconds rounds a time to what systems take.
func seconds(n uint64) time.Duration {
	d := min(world.Duration(n), maxKeep)
	return max(d.Round(time.Second), time.Second)
}
