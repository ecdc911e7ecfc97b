package files

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// raw is what a handle owns of the operating system's.
type raw struct{ fd int }

func (r raw) close() { _ = unix.Close(r.fd) }

const (
	// lookFlags open a directory to look names up in it, which needs no
	// permission to read it.
	lookFlags = unix.O_PATH
	utimeNow  = unix.UTIME_NOW
	utimeOmit = unix.UTIME_OMIT
)

// canResolve tells whether the kernel resolves paths for us. It is there since
// Linux 5.6, but some sandboxes hide it.
func canResolve(r raw) bool {
	fd, err := lookBeneath(r.fd, ".")
	if err == nil {
		_ = unix.Close(fd)
	}
	return err == nil || err == errRaced
}

// lookBeneath has the kernel open the directory of a path below base to look
// names up in it; errRaced if too much is moved around meanwhile.
func lookBeneath(base int, path string) (int, error) {
	how := unix.OpenHow{
		Flags:   lookFlags | unix.O_DIRECTORY | unix.O_CLOEXEC,
		Resolve: unix.RESOLVE_BENEATH | unix.RESOLVE_NO_MAGICLINKS,
	}
	for range maxRaces {
		fd, err := unix.Openat2(base, path, &how)
		switch err {
		case nil:
			return fd, nil
		case unix.EINTR, unix.EAGAIN:
		case unix.EXDEV:
			return -1, NotPermitted
		default:
			return -1, err
		}
	}
	return -1, errRaced
}

// setTimes is futimens, which is utimensat without a path.
func (r raw) setTimes(access, modify NewTime) error {
	ts, err := timespecs(access, modify)
	if err != nil {
		return err
	}
	return codeFrom(retry(func() error {
		_, _, e := unix.Syscall6(unix.SYS_UTIMENSAT, uintptr(r.fd), 0, uintptr(unsafe.Pointer(&ts)), 0, 0, 0)
		if e != 0 {
			return e
		}
		return nil
	}))
}

func (r raw) sync(data bool) error {
	return codeFrom(retry(func() error {
		if data {
			return unix.Fdatasync(r.fd)
		}
		return unix.Fsync(r.fd)
	}))
}

// append writes at the end in one step with finding it. It tells where it
// ended.
func (r raw) append(p []byte) (n int, end int64, err error) {
	err = retry(func() error {
		n, err = unix.Pwritev2(r.fd, [][]byte{p}, -1, unix.RWF_APPEND)
		return err
	})
	switch err {
	case unix.ENOSYS, unix.EOPNOTSUPP, unix.EINVAL: // before Linux 4.16, or a file system without it
		return r.appendByFlag(p)
	}
	return r.appended(n, err)
}

func (r raw) allocate(at, size int64) error {
	return codeFrom(retry(func() error { return unix.Fallocate(r.fd, 0, at, size) }))
}
