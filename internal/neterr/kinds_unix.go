//go:build unix

package neterr

import "syscall"

var kinds = map[syscall.Errno]Kind{
	syscall.EACCES: Denied, syscall.EPERM: Denied, syscall.EADDRINUSE: InUse, syscall.EADDRNOTAVAIL: NoAddress,
	syscall.ECONNREFUSED: Refused, syscall.ECONNRESET: Reset, syscall.EPIPE: Reset, syscall.ECONNABORTED: Aborted,
	syscall.ETIMEDOUT: TimedOut, syscall.ENETUNREACH: Unreachable, syscall.EHOSTUNREACH: Unreachable, syscall.ENETDOWN: Unreachable,
	syscall.EHOSTDOWN: Unreachable, syscall.ENETRESET: Unreachable, syscall.EMFILE: TooMany, syscall.ENFILE: TooMany,
	syscall.ENOMEM: NoMemory, syscall.ENOBUFS: NoMemory, syscall.EAFNOSUPPORT: Unsupported, syscall.EMSGSIZE: TooLong,
	syscall.EINVAL: Invalid,
}
