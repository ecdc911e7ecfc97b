package sockets

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"sync"
	"unsafe"

	"golang.org/x/sys/windows"
)

// setHops sets how many routers a packet passes.
func setHops(fd uintptr, six bool, n int) error {
	if six {
		const unicastHops = 4 // IPV6_UNICAST_HOPS
		return windows.SetsockoptInt(windows.Handle(fd), windows.IPPROTO_IPV6, unicastHops, n)
	}
	return windows.SetsockoptInt(windows.Handle(fd), windows.IPPROTO_IP, windows.IP_TTL, n)
}

// setBuffer sets how much the system keeps for a socket, in bytes.
func setBuffer(fd uintptr, receive bool, n int) error {
	option := windows.SO_SNDBUF
	if receive {
		option = windows.SO_RCVBUF
	}
	return windows.SetsockoptInt(windows.Handle(fd), windows.SOL_SOCKET, option, n)
}

// refuseBroadcast takes back what package net permits every UDP socket.
func refuseBroadcast(fd uintptr) error {
	return windows.SetsockoptInt(windows.Handle(fd), windows.SOL_SOCKET, windows.SO_BROADCAST, 0)
}

var wsaPoll = windows.NewLazySystemDLL("ws2_32.dll").NewProc("WSAPoll")

// pollFd is WSAPOLLFD.
type pollFd struct {
	fd      windows.Handle
	events  int16
	revents int16
}

// The events of WSAPoll.
const (
	pollIn  = 0x0100 // POLLRDNORM
	pollOut = 0x0010 // POLLWRNORM
)

// readable tells whether a socket has a datagram or an error to give; writable
// whether it takes a datagram.
func readable(fd uintptr) bool { return polled(fd, pollIn) }
func writable(fd uintptr) bool { return polled(fd, pollOut) }

func polled(fd uintptr, events int16) bool {
	p := pollFd{fd: windows.Handle(fd), events: events}
	n, _, _ := wsaPoll.Call(uintptr(unsafe.Pointer(&p)), 1, 0)
	return n != 0 // an error is for the call that follows
}

// receiveFrom takes a datagram from a socket. The socket would block, so it is
// asked before.
func receiveFrom(fd uintptr, p []byte) (n int, from netip.AddrPort, err error) {
	if !readable(fd) {
		return 0, from, windows.WSAEWOULDBLOCK
	}
	n, sa, err := windows.Recvfrom(windows.Handle(fd), p, 0)
	if err != nil {
		return 0, from, err
	}
	return n, addrOf(sa), nil
}

// sendTo sends a datagram.
func sendTo(fd uintptr, p []byte, to netip.AddrPort) error {
	if !writable(fd) {
		return windows.WSAEWOULDBLOCK
	}
	return windows.Sendto(windows.Handle(fd), p, 0, sockaddr(to))
}

// again tells of an error that the call would have to wait.
func again(err error) bool { return errors.Is(err, windows.WSAEWOULDBLOCK) }

func sockaddr(a netip.AddrPort) windows.Sockaddr {
	if a.Addr().Is4() {
		return &windows.SockaddrInet4{Port: int(a.Port()), Addr: a.Addr().As4()}
	}
	return &windows.SockaddrInet6{Port: int(a.Port()), Addr: a.Addr().As16()}
}

// addrOf leaves the zone out: WASI's addresses are without one here.
func addrOf(sa windows.Sockaddr) netip.AddrPort {
	switch sa := sa.(type) {
	case *windows.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(sa.Addr), uint16(sa.Port))
	case *windows.SockaddrInet6:
		return netip.AddrPortFrom(netip.AddrFrom16(sa.Addr), uint16(sa.Port))
	}
	return netip.AddrPort{}
}

// bound is a TCP socket that has an address and does nothing yet. Package net
// cannot take one over here: it keeps the port until a socket of net's own takes its place.
type bound struct {
	fd    windows.Handle
	at    netip.AddrPort
	close sync.Once
}

// bindTCP makes one.
func bindTCP(a netip.AddrPort) (*bound, error) {
	domain := int32(windows.AF_INET)
	if !a.Addr().Is4() {
		domain = windows.AF_INET6
	}
	fd, err := windows.WSASocket(domain, windows.SOCK_STREAM, windows.IPPROTO_TCP, nil, 0, windows.WSA_FLAG_OVERLAPPED|windows.WSA_FLAG_NO_HANDLE_INHERIT)
	if err != nil {
		return nil, err
	}
	if err = windows.Bind(fd, sockaddr(a)); err == nil {
		var sa windows.Sockaddr
		if sa, err = windows.Getsockname(fd); err == nil {
			return &bound{fd: fd, at: addrOf(sa)}, nil
		}
	}
	windows.Closesocket(fd)
	return nil, err
}

func (b *bound) network() string {
	if b.at.Addr().Is4() {
		return "tcp4"
	}
	return "tcp6"
}

// listen makes it a listener, which is all that is left of it. The backlog is
// the system's.
func (b *bound) listen(int) (*net.TCPListener, error) {
	b.Close()
	return net.ListenTCP(b.network(), net.TCPAddrFromAddrPort(b.at))
}

// connect makes it a connection. It blocks until it is one, has failed, or ctx
// is done; nothing is left of it then.
func (b *bound) connect(ctx context.Context, to netip.AddrPort) (*net.TCPConn, error) {
	b.Close()
	d := net.Dialer{KeepAlive: -1, LocalAddr: net.TCPAddrFromAddrPort(b.at)}
	conn, err := d.DialContext(ctx, b.network(), to.String())
	if err != nil {
		return nil, err
	}
	return conn.(*net.TCPConn), nil
}

// control calls f with the socket.
func (b *bound) control(f func(fd uintptr)) error {
	f(uintptr(b.fd))
	return nil
}

// Close gives it up.
func (b *bound) Close() { b.close.Do(func() { windows.Closesocket(b.fd) }) }
