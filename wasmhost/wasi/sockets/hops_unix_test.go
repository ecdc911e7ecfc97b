//go:build unix

package sockets

import (
	"testing"

	"golang.org/x/sys/unix"
)

// hopsOf asks the system.
func hopsOf(t *testing.T, s *udp) (n int) {
	t.Helper()
	err := s.raw.Control(func(fd uintptr) {
		var err error
		if n, err = unix.GetsockoptInt(int(fd), unix.IPPROTO_IP, unix.IP_TTL); err != nil {
			t.Error(err)
		}
	})
	if err != nil {
		t.Error(err)
	}
	return n
}
