package sockets

import (
	"net/netip"
	"unsafe"

	"golang.org/x/sys/unix"
)

func newSocket(domain int) (int, error) {
	return unix.Socket(domain, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, unix.IPPROTO_TCP)
}

// associate has the system send to and receive from one address only, and tell
// what comes back of it; the zero value undoes that. at is where the socket is bound.
func associate(fd uintptr, at, remote netip.AddrPort) error {
	if remote.IsValid() {
		return unix.Connect(int(fd), sockaddr(remote))
	}
	none := unix.RawSockaddr{Family: unix.AF_UNSPEC}
	if _, _, errno := unix.Syscall(unix.SYS_CONNECT, fd, uintptr(unsafe.Pointer(&none)), unsafe.Sizeof(none)); errno != 0 {
		return errno
	}
	// A port that the system chose is gone with the association.
	sa, err := unix.Getsockname(int(fd))
	if err != nil || addrOf(sa).Port() != 0 {
		return err
	}
	return unix.Bind(int(fd), sockaddr(at))
}
