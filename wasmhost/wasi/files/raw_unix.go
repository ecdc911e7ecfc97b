//go:build linux || darwin

package files

import (
	"errors"
	"time"

	"golang.org/x/sys/unix"
)

func openRoot(dir string) (raw, error) {
	for {
		fd, err := unix.Open(dir, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
		if err != unix.EINTR {
			return raw{fd: fd}, err
		}
	}
}

// reopen opens a directory once more.
func reopen(r raw) (raw, error) {
	fd, err := openRetry(r.fd, ".", unix.O_RDONLY|unix.O_DIRECTORY, 0)
	return raw{fd: fd}, codeFrom(err)
}

func (r raw) stat() (Stat, error) {
	var st unix.Stat_t
	if err := retry(func() error { return unix.Fstat(r.fd, &st) }); err != nil {
		return Stat{}, codeFrom(err)
	}
	return statFrom(&st), nil
}

func statFrom(st *unix.Stat_t) Stat {
	s := Stat{
		Kind:   kindFrom(uint32(st.Mode)),
		Links:  uint64(st.Nlink),
		Device: uint64(st.Dev),
		Inode:  st.Ino,
		Access: time.Unix(st.Atim.Unix()),
		Modify: time.Unix(st.Mtim.Unix()),
		Change: time.Unix(st.Ctim.Unix()),
	}
	if st.Size > 0 {
		s.Size = uint64(st.Size)
	}
	return s
}

func kindFrom(mode uint32) Kind {
	switch mode & unix.S_IFMT {
	case unix.S_IFREG:
		return RegularFile
	case unix.S_IFDIR:
		return DirectoryKind
	case unix.S_IFLNK:
		return SymbolicLink
	case unix.S_IFIFO:
		return FIFO
	case unix.S_IFSOCK:
		return Socket
	case unix.S_IFBLK:
		return BlockDevice
	case unix.S_IFCHR:
		return CharacterDevice
	}
	return Unknown
}

// timespecs makes of two times what the system takes.
func timespecs(access, modify NewTime) (ts [2]unix.Timespec, err error) {
	for i, t := range [...]NewTime{access, modify} {
		switch {
		case !t.set:
			ts[i].Nsec = utimeOmit
		case t.now:
			ts[i].Nsec = utimeNow
		default:
			if ts[i], err = unix.TimeToTimespec(t.at); err != nil {
				return ts, Overflow
			}
		}
	}
	return ts, nil
}

func (r raw) readAt(p []byte, at int64) (n int, err error) {
	err = retry(func() error {
		n, err = unix.Pread(r.fd, p, at)
		return err
	})
	return max(n, 0), codeFrom(err)
}

func (r raw) writeAt(p []byte, at int64) (n int, err error) {
	err = retry(func() error {
		n, err = unix.Pwrite(r.fd, p, at)
		return err
	})
	return max(n, 0), codeFrom(err)
}

// appendByFlag appends by making the descriptor one that appends for as long
// as it takes: it is ours alone, and used by one call at a time.
func (r raw) appendByFlag(p []byte) (n int, end int64, err error) {
	flags, err := unix.FcntlInt(uintptr(r.fd), unix.F_GETFL, 0)
	if err != nil {
		return 0, 0, codeFrom(err)
	}
	if _, err = unix.FcntlInt(uintptr(r.fd), unix.F_SETFL, flags|unix.O_APPEND); err != nil {
		return 0, 0, codeFrom(err)
	}
	err = retry(func() error {
		n, err = unix.Write(r.fd, p)
		return err
	})
	if _, undo := unix.FcntlInt(uintptr(r.fd), unix.F_SETFL, flags&^unix.O_APPEND); err == nil {
		err = undo
	}
	return r.appended(n, err)
}

// appended tells where an append that wrote n bytes ended: the descriptor's own
// position, which nothing else moves, is behind them.
func (r raw) appended(n int, err error) (int, int64, error) {
	if err != nil || n <= 0 {
		return max(n, 0), 0, codeFrom(err)
	}
	end, err := unix.Seek(r.fd, 0, unix.SEEK_CUR)
	return n, end, codeFrom(err)
}

func (r raw) setSize(size int64) error {
	return codeFrom(retry(func() error { return unix.Ftruncate(r.fd, size) }))
}

// retry calls a system call until no signal interrupts it.
func retry(call func() error) error {
	for {
		if err := call(); err != unix.EINTR {
			return err
		}
	}
}

// codeFrom gives an error of the system, or of this package, as a Code; nil
// for nil.
func codeFrom(err error) error {
	switch e := err.(type) {
	case nil:
		return nil
	case Code:
		return e
	}
	if e, ok := errors.AsType[unix.Errno](err); ok {
		if c, ok := errnoCodes[e]; ok {
			return c
		}
	}
	return IO
}

var errnoCodes = map[unix.Errno]Code{
	unix.EACCES:          Access,
	unix.EAGAIN:          WouldBlock,
	unix.EALREADY:        Already,
	unix.EBADF:           BadDescriptor,
	unix.EBUSY:           Busy,
	unix.EDEADLK:         Deadlock,
	unix.EDQUOT:          Quota,
	unix.EEXIST:          Exist,
	unix.EFBIG:           FileTooLarge,
	unix.EILSEQ:          IllegalByteSequence,
	unix.EINPROGRESS:     InProgress,
	unix.EINTR:           Interrupted,
	unix.EINVAL:          Invalid,
	unix.EIO:             IO,
	unix.EISDIR:          IsDirectory,
	unix.ELOOP:           Loop,
	unix.EMFILE:          TooManyFiles,
	unix.EMLINK:          TooManyLinks,
	unix.EMSGSIZE:        MessageSize,
	unix.ENAMETOOLONG:    NameTooLong,
	unix.ENFILE:          TooManyFiles,
	unix.ENODEV:          NoDevice,
	unix.ENOENT:          NoEntry,
	unix.ENOLCK:          NoLock,
	unix.ENOMEM:          InsufficientMemory,
	unix.ENOSPC:          InsufficientSpace,
	unix.ENOSYS:          Unsupported,
	unix.ENOTDIR:         NotDirectory,
	unix.ENOTEMPTY:       NotEmpty,
	unix.ENOTRECOVERABLE: NotRecoverable,
	unix.EOPNOTSUPP:      Unsupported,
	unix.ENOTTY:          NoTTY,
	unix.ENXIO:           NoSuchDevice,
	unix.EOVERFLOW:       Overflow,
	unix.EPERM:           NotPermitted,
	unix.EPIPE:           Pipe,
	unix.EROFS:           ReadOnly,
	unix.ESPIPE:          InvalidSeek,
	unix.ETXTBSY:         TextFileBusy,
	unix.EXDEV:           CrossDevice,
}
