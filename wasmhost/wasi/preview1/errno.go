package preview1

import (
	"io"

	"wippy/wasmhost/wasi/files"
)

// errno is what a function answers: 0, or why it failed.
type errno uint16

// The answers that are this package's own; those of files and streams come by
// files.Code.
const (
	success      errno = 0
	eagain       errno = 6
	ebadf        errno = 8
	einval       errno = 28
	eio          errno = 29
	eisdir       errno = 31
	enametoolong errno = 37
	enotdir      errno = 54
	enotsock     errno = 57
	enotsup      errno = 58
	eoverflow    errno = 61
	espipe       errno = 70
	enotcapable  errno = 76
)

// errnoOf gives the answer of an error. The end of an input is none.
func errnoOf(err error) errno {
	if err == nil || err == io.EOF {
		return success
	}
	return errno(files.CodeOf(err).Errno())
}
