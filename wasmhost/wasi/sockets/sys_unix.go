//go:build unix

package sockets

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"

	"golang.org/x/sys/unix"
)

// setHops sets how many routers a packet passes.
func setHops(fd uintptr, six bool, n int) error {
	if six {
		return unix.SetsockoptInt(int(fd), unix.IPPROTO_IPV6, unix.IPV6_UNICAST_HOPS, n)
	}
	return unix.SetsockoptInt(int(fd), unix.IPPROTO_IP, unix.IP_TTL, n)
}

// setBuffer sets how much the system keeps for a socket, in bytes.
func setBuffer(fd uintptr, receive bool, n int) error {
	option := unix.SO_SNDBUF
	if receive {
		option = unix.SO_RCVBUF
	}
	return unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, option, n)
}

// refuseBroadcast takes back what package net permits every UDP socket.
func refuseBroadcast(fd uintptr) error {
	return unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_BROADCAST, 0)
}

// readable tells whether a socket has a datagram or an error to give; writable
// whether it takes a datagram.
func readable(fd uintptr) bool { return polled(fd, unix.POLLIN) }
func writable(fd uintptr) bool { return polled(fd, unix.POLLOUT) }

func polled(fd uintptr, events int16) bool {
	fds := []unix.PollFd{{Fd: int32(fd), Events: events}}
	for {
		n, err := unix.Poll(fds, 0)
		if err != unix.EINTR {
			return n != 0 || err != nil
		}
	}
}

// receiveFrom takes a datagram from a socket that does not block.
func receiveFrom(fd uintptr, p []byte) (n int, from netip.AddrPort, err error) {
	var sa unix.Sockaddr
	for {
		if n, sa, err = unix.Recvfrom(int(fd), p, 0); err != unix.EINTR {
			break
		}
	}
	if err != nil {
		return 0, from, err
	}
	return n, addrOf(sa), nil
}

// sendTo sends a datagram by a socket that does not block.
func sendTo(fd uintptr, p []byte, to netip.AddrPort) error {
	for {
		if err := unix.Sendto(int(fd), p, 0, sockaddr(to)); err != unix.EINTR {
			return err
		}
	}
}

// again tells of an error that the call would have to wait.
func again(err error) bool { return errors.Is(err, unix.EAGAIN) }

func sockaddr(a netip.AddrPort) unix.Sockaddr {
	if a.Addr().Is4() {
		return &unix.SockaddrInet4{Port: int(a.Port()), Addr: a.Addr().As4()}
	}
	return &unix.SockaddrInet6{Port: int(a.Port()), Addr: a.Addr().As16()}
}

// addrOf leaves the zone out: WASI's addresses are without one here.
func addrOf(sa unix.Sockaddr) netip.AddrPort {
	switch sa := sa.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(sa.Addr), uint16(sa.Port))
	case *unix.SockaddrInet6:
		return netip.AddrPortFrom(netip.AddrFrom16(sa.Addr), uint16(sa.Port))
	}
	return netip.AddrPort{}
}

// bound is a TCP socket that has an address and does nothing yet: package net
// knows none that neither listens nor is connected.
type bound struct {
	file *os.File
	at   netip.AddrPort
}

// bindTCP makes one. SO_REUSEADDR is for what TIME_WAIT leaves behind.
func bindTCP(a netip.AddrPort) (*bound, error) {
	six := !a.Addr().Is4()
	domain := unix.AF_INET
	if six {
		domain = unix.AF_INET6
	}
	fd, err := newSocket(domain)
	if err != nil {
		return nil, err
	}
	b, err := func() (*bound, error) {
		if six {
			if err := unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, 1); err != nil {
				return nil, err
			}
		}
		if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1); err != nil {
			return nil, err
		}
		if err := unix.Bind(fd, sockaddr(a)); err != nil {
			return nil, err
		}
		sa, err := unix.Getsockname(fd)
		if err != nil {
			return nil, err
		}
		return &bound{at: addrOf(sa)}, nil
	}()
	if err != nil {
		unix.Close(fd)
		return nil, err
	}
	b.file = os.NewFile(uintptr(fd), "tcp")
	return b, nil
}

// listen makes it a listener, which is all that is left of it.
func (b *bound) listen(backlog int) (*net.TCPListener, error) {
	defer b.file.Close()
	var failed error
	if err := b.control(func(fd uintptr) { failed = unix.Listen(int(fd), backlog) }); err != nil {
		return nil, err
	}
	if failed != nil {
		return nil, failed
	}
	l, err := net.FileListener(b.file)
	if err != nil {
		return nil, err
	}
	return l.(*net.TCPListener), nil
}

// connect makes it a connection. It blocks until it is one, has failed, or ctx
// is done; nothing is left of it then.
func (b *bound) connect(ctx context.Context, to netip.AddrPort) (*net.TCPConn, error) {
	defer b.file.Close()
	defer context.AfterFunc(ctx, b.Close)()
	raw, err := b.file.SyscallConn()
	if err != nil {
		return nil, err
	}
	var failed error
	begun := false
	err = raw.Write(func(fd uintptr) bool {
		if !begun {
			begun = true
			failed = unix.Connect(int(fd), sockaddr(to))
			return failed != unix.EINPROGRESS && failed != unix.EINTR
		}
		if !writable(fd) {
			return false // woken by what was before
		}
		var code int
		if code, failed = unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_ERROR); failed == nil && code != 0 {
			failed = unix.Errno(code)
		}
		return true
	})
	if err == nil {
		err = failed
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, err
	}
	conn, err := net.FileConn(b.file)
	if err != nil {
		return nil, err
	}
	return conn.(*net.TCPConn), nil
}

// control calls f with the socket.
func (b *bound) control(f func(fd uintptr)) error {
	raw, err := b.file.SyscallConn()
	if err != nil {
		return err
	}
	return raw.Control(f)
}

// Close gives it up.
func (b *bound) Close() { b.file.Close() }
