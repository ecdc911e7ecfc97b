package files

import (
	"math"

	"golang.org/x/sys/unix"
)

// ReadCachedAt is ReadAt for what the system has in memory: it does not wait
// for the disk, so that it may be called on a worker. false tells that nothing
// could be read that way; fewer bytes than p has room for are no sign of the end.
func (f *File) ReadCachedAt(p []byte, at uint64) (n int, ok bool) {
	r, err := f.begin(Read)
	if err != nil || len(p) == 0 || at > math.MaxInt64 {
		if err == nil {
			f.done()
		}
		return 0, false
	}
	defer f.done()
	for {
		n, err := unix.Preadv2(r.fd, [][]byte{p}, int64(at), unix.RWF_NOWAIT)
		if err == unix.EINTR {
			continue
		}
		return max(n, 0), err == nil
	}
}
