package files

import (
	"errors"
	"io"
	"io/fs"
	"math"
	"os"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/windows"
)

// raw is what a handle owns of the operating system's: a directory's root, or
// the file of a file or listing.
type raw struct {
	root *os.Root
	file *os.File
}

func (r raw) close() {
	if r.root != nil {
		_ = r.root.Close()
	} else {
		_ = r.file.Close()
	}
}

// rooted tells whether a path does not begin where it is used. A backslash
// divides paths here, and a colon names a drive or a stream of a file.
func rooted(path string) bool { return path[0] == '/' || strings.ContainsAny(path, `\:`) }

func openRoot(dir string) (raw, error) {
	root, err := os.OpenRoot(dir)
	return raw{root: root}, err
}

func canResolve(raw) bool { return true }

func reopen(r raw) (raw, error) {
	root, err := r.root.OpenRoot(".")
	return raw{root: root}, codeFrom(err)
}

func openListing(r raw) (raw, error) {
	file, err := r.root.Open(".")
	return raw{file: file}, codeFrom(err)
}

// entry tells what an entry of a listing is, by the listing itself; no inode.
func (raw) entry(d fs.DirEntry) (Kind, uint64, error) { return kindOf(d.Type()), 0, nil }

func (r raw) stat() (Stat, error) {
	f := r.file
	if f == nil {
		var err error
		if f, err = r.root.Open("."); err != nil {
			return Stat{}, codeFrom(err)
		}
		defer f.Close()
	}
	info, err := f.Stat()
	if err != nil {
		return Stat{}, codeFrom(err)
	}
	s := statFrom(info)
	identify(f, &s)
	return s, nil
}

func statFrom(info fs.FileInfo) Stat {
	s := Stat{Kind: kindOf(info.Mode()), Links: 1, Modify: info.ModTime(), Access: info.ModTime(), Change: info.ModTime()}
	if !info.IsDir() {
		s.Size = uint64(max(info.Size(), 0))
	}
	if d, ok := info.Sys().(*syscall.Win32FileAttributeData); ok {
		s.Access = time.Unix(0, d.LastAccessTime.Nanoseconds())
	}
	return s
}

// identify adds what only an open file tells.
func identify(f *os.File, s *Stat) {
	var info windows.ByHandleFileInformation
	if windows.GetFileInformationByHandle(windows.Handle(f.Fd()), &info) == nil {
		s.Links = uint64(info.NumberOfLinks)
		s.Device = uint64(info.VolumeSerialNumber)
		s.Inode = uint64(info.FileIndexHigh)<<32 | uint64(info.FileIndexLow)
	}
}

// lastSecond is the last one that the system can be told.
const lastSecond = math.MaxInt64/int64(time.Second) - 1

// times gives two times as os takes them: zero keeps what there is.
func times(access, modify NewTime) (ts [2]time.Time, err error) {
	for i, t := range [...]NewTime{access, modify} {
		switch {
		case t.now:
			ts[i] = time.Now()
		case t.set && t.at.Unix() > lastSecond:
			return ts, Overflow
		default:
			ts[i] = t.at
		}
	}
	return ts, nil
}

func (r raw) setTimes(access, modify NewTime) error {
	ts, err := times(access, modify)
	if err != nil {
		return err
	}
	if r.root != nil {
		return codeFrom(r.root.Chtimes(".", ts[0], ts[1]))
	}
	filetime := func(t time.Time, set bool) *windows.Filetime {
		if !set {
			return nil
		}
		ft := windows.NsecToFiletime(t.UnixNano())
		return &ft
	}
	return codeFrom(windows.SetFileTime(windows.Handle(r.file.Fd()), nil, filetime(ts[0], access.set), filetime(ts[1], modify.set)))
}

func (r raw) sync(bool) error {
	if r.root != nil {
		return nil
	}
	return codeFrom(r.file.Sync())
}

func (r raw) readAt(p []byte, at int64) (int, error) {
	n, err := r.file.ReadAt(p, at)
	if err == io.EOF {
		err = nil
	}
	return n, codeFrom(err)
}

func (r raw) writeAt(p []byte, at int64) (int, error) {
	n, err := r.file.WriteAt(p, at)
	return n, codeFrom(err)
}

func (r raw) append(p []byte) (n int, end int64, err error) {
	end, err = r.file.Seek(0, io.SeekEnd)
	if err != nil {
		return 0, 0, codeFrom(err)
	}
	n, err = r.writeAt(p, end)
	return n, end + int64(n), err
}

func (r raw) setSize(size int64) error { return codeFrom(r.file.Truncate(size)) }

func (r raw) allocate(int64, int64) error { return Unsupported }

// codeFrom gives an error of the system, or of this package, as a Code; nil
// for nil.
func codeFrom(err error) error {
	if err == nil {
		return nil
	}
	if c, ok := errors.AsType[Code](err); ok {
		return c
	}
	if e, ok := errors.AsType[syscall.Errno](err); ok {
		if c, ok := errnoCodes[e]; ok {
			return c
		}
	}
	switch {
	case strings.HasSuffix(err.Error(), "path escapes from parent"): // os has no name for it
		return NotPermitted
	case errors.Is(err, fs.ErrNotExist):
		return NoEntry
	case errors.Is(err, fs.ErrExist):
		return Exist
	case errors.Is(err, fs.ErrPermission):
		return Access
	case errors.Is(err, fs.ErrInvalid):
		return Invalid
	}
	return IO
}

var errnoCodes = map[syscall.Errno]Code{
	syscall.ENOTDIR:                     NotDirectory,
	syscall.EISDIR:                      IsDirectory,
	syscall.ELOOP:                       Loop,
	syscall.EINVAL:                      Invalid,
	windows.ERROR_FILE_NOT_FOUND:        NoEntry,
	windows.ERROR_TOO_MANY_OPEN_FILES:   TooManyFiles,
	windows.ERROR_ACCESS_DENIED:         Access,
	windows.ERROR_INVALID_HANDLE:        BadDescriptor,
	windows.ERROR_NOT_ENOUGH_MEMORY:     InsufficientMemory,
	windows.ERROR_NOT_SAME_DEVICE:       CrossDevice,
	windows.ERROR_WRITE_PROTECT:         ReadOnly,
	windows.ERROR_SHARING_VIOLATION:     Busy,
	windows.ERROR_LOCK_VIOLATION:        Busy,
	windows.ERROR_HANDLE_DISK_FULL:      InsufficientSpace,
	windows.ERROR_NOT_SUPPORTED:         Unsupported,
	windows.ERROR_INVALID_FUNCTION:      Unsupported,
	windows.ERROR_FILE_EXISTS:           Exist,
	windows.ERROR_INVALID_PARAMETER:     Invalid,
	windows.ERROR_DISK_FULL:             InsufficientSpace,
	windows.ERROR_INVALID_NAME:          NoEntry,
	windows.ERROR_NEGATIVE_SEEK:         Invalid,
	windows.ERROR_DIR_NOT_EMPTY:         NotEmpty,
	windows.ERROR_ALREADY_EXISTS:        Exist,
	windows.ERROR_FILENAME_EXCED_RANGE:  NameTooLong,
	windows.ERROR_FILE_TOO_LARGE:        FileTooLarge,
	windows.ERROR_DIRECTORY:             NotDirectory,
	windows.ERROR_TOO_MANY_LINKS:        TooManyLinks,
	windows.ERROR_PRIVILEGE_NOT_HELD:    NotPermitted,
	windows.ERROR_DISK_QUOTA_EXCEEDED:   Quota,
	windows.ERROR_CANT_RESOLVE_FILENAME: Loop,
	windows.ERROR_NO_SYSTEM_RESOURCES:   InsufficientMemory,
	windows.ERROR_STOPPED_ON_SYMLINK:    Loop,
	windows.ERROR_NOT_A_REPARSE_POINT:   Invalid,
	windows.ERROR_DELETE_PENDING:        Busy,
	windows.ERROR_ARITHMETIC_OVERFLOW:   Overflow,
	windows.ERROR_IO_DEVICE:             IO,
}
