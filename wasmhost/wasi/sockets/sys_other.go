//go:build !linux

package sockets

import "net/netip"

// associate does nothing: whom a socket sends to and receives from is seen to
// above. Systems differ in how an association is undone.
func associate(fd uintptr, at, remote netip.AddrPort) error { return nil }
