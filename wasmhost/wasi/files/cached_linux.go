package files

import (
	"math"

	"golang.org/x/sys/unix"
)

// ReadCachedAt is ReadAt for what the system has in memory: it does not wait
// for the disk, so that it may be called on a worker. false tells that nothing
// could be read that way; fewer bytes than p has room for are no sign of the end.
func (f *File) ReadCachedAt(p []byte, at uint64) (n int, ok bool) {
	if f.uncached || len(p) == 0 || at > math.MaxInt64 {
		return 0, false
	}
	r, err := f.begin(Read)
	if err != nil {
		return 0, false
	}
	defer f.done()
	for {
		n, err := unix.Preadv2(r.fd, [][]byte{p}, int64(at), unix.RWF_NOWAIT)
		switch err {
		case nil:
			return n, true
		case unix.EINTR:
			continue
		case unix.EOPNOTSUPP, unix.ENOSYS, unix.EPERM, unix.EINVAL:
			f.uncached = true // the file system, or the kernel, cannot do that
		}
		return 0, false
	}
}
