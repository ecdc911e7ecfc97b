package sockets

import (
	"testing"

	"golang.org/x/sys/windows"
)

// hopsOf asks the system.
func hopsOf(t *testing.T, s *udp) (n int) {
	t.Helper()
	err := s.raw.Control(func(fd uintptr) {
		var err error
		if n, err = windows.GetsockoptInt(windows.Handle(fd), windows.IPPROTO_IP, windows.IP_TTL); err != nil {
			t.Error(err)
		}
	})
	if err != nil {
		t.Error(err)
	}
	return n
}
