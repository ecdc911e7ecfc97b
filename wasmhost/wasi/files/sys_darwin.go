package files

import (
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// raw is what a handle owns of the operating system's: a descriptor, for a
// listing within a file.
type raw struct {
	fd   int
	file *os.File
}

func (r raw) close() {
	if r.file != nil {
		_ = r.file.Close()
		return
	}
	_ = unix.Close(r.fd)
}

const (
	lookFlags = unix.O_RDONLY
	utimeNow  = -1
	utimeOmit = -2
)

// canResolve tells whether the kernel resolves paths for us.
func canResolve(raw) bool { return false }

func lookBeneath(int, string) (int, error) { return -1, errRaced }

// setTimes is futimes: there is no call with nanoseconds for an open file, nor
// one that keeps a time.
func (r raw) setTimes(access, modify NewTime) error {
	var st unix.Stat_t
	if err := retry(func() error { return unix.Fstat(r.fd, &st) }); err != nil {
		return codeFrom(err)
	}
	ts, err := timespecs(access, modify)
	if err != nil {
		return err
	}
	var now unix.Timeval
	if err := unix.Gettimeofday(&now); err != nil {
		return codeFrom(err)
	}
	var tv [2]unix.Timeval
	for i, old := range [...]unix.Timespec{st.Atim, st.Mtim} {
		switch ts[i].Nsec {
		case utimeNow:
			tv[i] = now
		case utimeOmit:
			tv[i] = unix.Timeval{Sec: old.Sec, Usec: int32(old.Nsec / 1000)}
		default:
			tv[i] = unix.Timeval{Sec: ts[i].Sec, Usec: int32(ts[i].Nsec / 1000)} // which may be beyond what nanoseconds count
		}
	}
	return codeFrom(retry(func() error { return unix.Futimes(r.fd, tv[:]) }))
}

// sync has the disk itself write, which fsync does not there.
func (r raw) sync(bool) error {
	return codeFrom(retry(func() error {
		_, err := unix.FcntlInt(uintptr(r.fd), unix.F_FULLFSYNC, 0)
		if err == unix.ENOTSUP || err == unix.EINVAL {
			return unix.Fsync(r.fd)
		}
		return err
	}))
}

func (r raw) append(p []byte) (n int, end int64, err error) { return r.appendByFlag(p) }

func (r raw) allocate(int64, int64) error { return Unsupported }

// openListing opens a directory once more, to list it.
func openListing(r raw) (raw, error) {
	again, err := reopen(r)
	if err != nil {
		return raw{}, err
	}
	again.file = os.NewFile(uintptr(again.fd), ".")
	return again, nil
}

// entry tells what an entry of a listing is.
func (r raw) entry(d fs.DirEntry) (Kind, uint64, error) {
	s, err := place{dir: r.fd, name: d.Name()}.stat()
	return s.Kind, s.Inode, err
}
