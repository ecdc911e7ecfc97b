// Package neterr tells what the system's errors of sockets mean, alike on every
// system: those of package syscall that have the same names do not. On windows sockets
// fail with errors of their own, which syscall.ECONNREFUSED and its like are not.
package neterr

import (
	"errors"
	"syscall"
)

// Kind is what an error means.
type Kind uint8

const (
	Other       Kind = iota // no error of the system's, or one of another kind
	Denied                  // the user or the machine's own rules may not
	InUse                   // another socket has the address, or no port is left
	NoAddress               // the address is none of this machine's
	Refused                 // nobody listens there
	Reset                   // the other end is gone, or takes no more
	Aborted                 // the connection ended on this machine
	TimedOut                // the other end does not answer
	Unreachable             // there is no way there
	TooMany                 // no descriptor is left
	NoMemory                // the system has no room
	Unsupported             // the machine has no such addresses
	TooLong                 // a datagram is
	Invalid                 // an argument is
)

// Of gives the kind of an error, whatever wraps it.
func Of(err error) Kind {
	if e, ok := errors.AsType[syscall.Errno](err); ok {
		return kinds[e]
	}
	return Other
}
