package neterr

import (
	"syscall"

	"golang.org/x/sys/windows"
)

var kinds = map[syscall.Errno]Kind{
	windows.WSAEACCES: Denied, windows.ERROR_ACCESS_DENIED: Denied, windows.WSAEADDRINUSE: InUse, windows.WSAENOBUFS: InUse, windows.WSAEADDRNOTAVAIL: NoAddress,
	windows.WSAECONNREFUSED: Refused, windows.WSAECONNRESET: Reset, windows.WSAESHUTDOWN: Reset, windows.WSAECONNABORTED: Aborted,
	windows.WSAETIMEDOUT: TimedOut, windows.WSAENETUNREACH: Unreachable, windows.WSAEHOSTUNREACH: Unreachable, windows.WSAENETDOWN: Unreachable,
	windows.WSAEHOSTDOWN: Unreachable, windows.WSAENETRESET: Unreachable, windows.WSAEMFILE: TooMany, windows.WSAEAFNOSUPPORT: Unsupported,
	windows.WSAEMSGSIZE: TooLong, windows.WSAEINVAL: Invalid,
}
