package sockets

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"

	"wippy/internal/neterr"
	"wippy/mailbox"
	"wippy/wasmhost/canon"
	"wippy/wasmhost/wasi/network"
)

// code is an error-code of wasi:sockets.
type code int

const (
	unknown code = iota
	accessDenied
	notSupported
	invalidArgument
	outOfMemory
	timeout
	concurrencyConflict
	notInProgress
	wouldBlock
	invalidState
	newSocketLimit
	addressNotBindable
	addressInUse
	remoteUnreachable
	connectionRefused
	connectionReset
	connectionAborted
	datagramTooLarge
	nameUnresolvable
	temporaryResolverFailure
	permanentResolverFailure
)

var codeNames = [...]string{
	"unknown", "access-denied", "not-supported", "invalid-argument", "out-of-memory", "timeout", "concurrency-conflict", "not-in-progress",
	"would-block", "invalid-state", "new-socket-limit", "address-not-bindable", "address-in-use", "remote-unreachable", "connection-refused",
	"connection-reset", "connection-aborted", "datagram-too-large", "name-unresolvable", "temporary-resolver-failure", "permanent-resolver-failure",
}

func (c code) Error() string { return codeNames[c] }

// codes are what errors are to a guest.
var codes = []struct {
	err  error
	code code
}{
	{network.ErrName, invalidArgument}, {context.Canceled, connectionAborted}, {context.DeadlineExceeded, timeout},
	{os.ErrDeadlineExceeded, timeout}, {net.ErrClosed, connectionAborted}, {os.ErrClosed, connectionAborted},
}

// systemCodes are what the system's are.
var systemCodes = map[neterr.Kind]code{
	neterr.Denied: accessDenied, neterr.InUse: addressInUse, neterr.NoAddress: addressNotBindable, neterr.Refused: connectionRefused,
	neterr.Reset: connectionReset, neterr.Aborted: connectionAborted, neterr.TimedOut: timeout, neterr.Unreachable: remoteUnreachable,
	neterr.TooMany: newSocketLimit, neterr.NoMemory: outOfMemory, neterr.Unsupported: notSupported, neterr.TooLong: datagramTooLarge,
	neterr.Invalid: invalidArgument,
}

// codeOf gives the error-code of an error of package net's or the system's.
func codeOf(err error) code {
	if c, ok := errors.AsType[code](err); ok {
		return c
	}
	if _, ok := errors.AsType[*network.Refused](err); ok {
		return accessDenied
	}
	if e, ok := errors.AsType[*net.DNSError](err); ok {
		switch {
		case e.IsNotFound:
			return nameUnresolvable
		case e.Temporary():
			return temporaryResolverFailure
		}
		return permanentResolverFailure
	}
	for _, c := range codes {
		if errors.Is(err, c.err) {
			return c.code
		}
	}
	return systemCodes[neterr.Of(err)] // unknown for what it has not
}

// result makes the result of a call: value, or the error's code. A trap is given back.
func result(c *canon.Call, value mailbox.Value, err error) error {
	if trap, ok := errors.AsType[*canon.Trap](err); ok {
		return trap
	}
	if err != nil {
		c.Err(mailbox.Uint(uint64(codeOf(err))))
	} else {
		c.OK(value)
	}
	return nil
}

const types = `
enum error-code {
	unknown, access-denied, not-supported, invalid-argument, out-of-memory, timeout, concurrency-conflict, not-in-progress, would-block,
	invalid-state, new-socket-limit, address-not-bindable, address-in-use, remote-unreachable, connection-refused, connection-reset,
	connection-aborted, datagram-too-large, name-unresolvable, temporary-resolver-failure, permanent-resolver-failure,
}
`

const familyType = "enum ip-address-family { ipv4, ipv6 }\n"

const ipTypes = `
variant ip-address { ipv4(tuple<u8, u8, u8, u8>), ipv6(tuple<u16, u16, u16, u16, u16, u16, u16, u16>) }
`

const addressTypes = `
record ipv4-socket-address { port: u16, address: tuple<u8, u8, u8, u8> }
record ipv6-socket-address { port: u16, flow-info: u32, address: tuple<u16, u16, u16, u16, u16, u16, u16, u16>, scope-id: u32 }
variant ip-socket-address { ipv4(ipv4-socket-address), ipv6(ipv6-socket-address) }
`

// ipValue makes an address a tuple.
func ipValue(a netip.Addr) mailbox.Value {
	var parts []mailbox.Value
	if a.Is4() {
		for _, b := range a.As4() {
			parts = append(parts, mailbox.Uint(uint64(b)))
		}
		return canon.Record(parts...)
	}
	b := a.As16()
	for i := 0; i < len(b); i += 2 {
		parts = append(parts, mailbox.Uint(uint64(b[i])<<8|uint64(b[i+1])))
	}
	return canon.Record(parts...)
}

// family is 0 for IPv4 and 1 for IPv6: the case of ip-address-family, ip-address
// and ip-socket-address.
func family(a netip.Addr) int {
	if a.Is4() {
		return 0
	}
	return 1
}

// addressValue makes an ip-socket-address.
func addressValue(a netip.AddrPort) mailbox.Value {
	ip := a.Addr().WithZone("")
	port := mailbox.Uint(uint64(a.Port()))
	if ip.Is4() {
		return canon.Case(0, canon.Record(port, ipValue(ip)))
	}
	return canon.Case(1, canon.Record(port, mailbox.Uint(0), ipValue(ip), mailbox.Uint(0)))
}

// addressOf reads an ip-socket-address. It is invalidArgument for one of another
// family, with a scope, or that is an IPv4 address in IPv6's clothes.
func addressOf(v mailbox.Value, want int) (netip.AddrPort, error) {
	which, payload := canon.CaseOf(v)
	if int(which) != want {
		return netip.AddrPort{}, invalidArgument
	}
	fields := payload.Table().List
	port := uint16(fields[0].Uint())
	if which == 0 {
		var b [4]byte
		for i, p := range fields[1].Table().List {
			b[i] = byte(p.Uint())
		}
		return netip.AddrPortFrom(netip.AddrFrom4(b), port), nil
	}
	var b [16]byte
	for i, p := range fields[2].Table().List {
		b[2*i], b[2*i+1] = byte(p.Uint()>>8), byte(p.Uint())
	}
	a := netip.AddrFrom16(b)
	if a.Is4In6() || fields[3].Uint() != 0 {
		return netip.AddrPort{}, invalidArgument
	}
	return netip.AddrPortFrom(a, port), nil
}

// remoteOf reads the ip-socket-address of another socket, which has a port.
func remoteOf(v mailbox.Value, want int) (netip.AddrPort, error) {
	a, err := addressOf(v, want)
	if err == nil && (a.Port() == 0 || a.Addr().IsUnspecified()) {
		err = invalidArgument
	}
	return a, err
}

// unicast tells whether an address can be of one machine.
func unicast(a netip.Addr) bool { return !a.IsMulticast() && a != broadcast }

var broadcast = netip.AddrFrom4([4]byte{255, 255, 255, 255})
