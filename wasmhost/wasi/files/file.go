package files

import "math"

// File is an open regular file. Offsets are the caller's to keep.
type File struct {
	handle
	flags   Flags
	mutable bool // it was opened through a directory that may be changed
	// uncached tells that ReadCachedAt has no effect.
	uncached bool
}

// Kind implements Descriptor.
func (f *File) Kind() Kind { return RegularFile }

// Flags implements Descriptor.
func (f *File) Flags() Flags { return f.flags }

// SetFlags implements Descriptor.
func (f *File) SetFlags(flags Flags) error { return setFlags(&f.flags, flags) }

// Stat implements Descriptor.
func (f *File) Stat() (Stat, error) { return f.handle.stat() }

// SetTimes implements Descriptor. The file need not be open for writing, but
// the directory that it was opened through be mutable.
func (f *File) SetTimes(access, modify NewTime) error {
	if !f.mutable {
		return ReadOnly
	}
	return f.handle.setTimes(access, modify)
}

// Sync implements Descriptor.
func (f *File) Sync(data bool) error {
	if f.flags&Write == 0 {
		return nil
	}
	return f.handle.sync(data)
}

// Close implements Descriptor.
func (f *File) Close() { f.close() }

// begin begins a call that needs a flag. A descriptor without it is a bad one.
func (f *File) begin(need Flags) (raw, error) {
	if f.flags&need == 0 {
		return raw{}, BadDescriptor
	}
	return f.use()
}

// offset gives an offset to the operating system; no file reaches beyond what
// it can count.
func offset(at uint64, n int) (int64, error) {
	if at > math.MaxInt64 {
		return 0, Invalid
	}
	if uint64(n) > math.MaxInt64-at {
		return 0, FileTooLarge
	}
	return int64(at), nil
}

// ReadAt reads into p what the file holds from an offset on and tells how many
// bytes that were: fewer than p has room for near the end, none beyond it. The
// end is no error.
func (f *File) ReadAt(p []byte, at uint64) (int, error) {
	r, err := f.begin(Read)
	if err != nil {
		return 0, err
	}
	defer f.done()
	if at > math.MaxInt64 {
		return 0, Invalid
	}
	p = p[:min(uint64(len(p)), math.MaxInt64-at)]
	if len(p) == 0 {
		return 0, nil
	}
	return r.readAt(p, int64(at))
}

// WriteAt writes p at an offset; what lies between the end and it becomes
// zeros. It tells how many bytes were written, which are fewer than p has only
// if there is an error too.
func (f *File) WriteAt(p []byte, at uint64) (int, error) {
	r, err := f.begin(Write)
	if err != nil {
		return 0, err
	}
	defer f.done()
	off, err := offset(at, len(p))
	if err != nil {
		return 0, err
	}
	for n := 0; n < len(p); {
		m, err := r.writeAt(p[n:], off+int64(n))
		n += m
		if err != nil {
			return n, err
		}
		if m == 0 {
			return n, IO
		}
	}
	return len(p), nil
}

// Append writes p where the file ends, whoever else appends at the same time.
// It tells how many bytes were written, as WriteAt does, and the offset behind
// the last of them.
func (f *File) Append(p []byte) (n int, end uint64, err error) {
	r, err := f.begin(Write)
	if err != nil {
		return 0, 0, err
	}
	defer f.done()
	if len(p) == 0 {
		s, err := r.stat()
		return 0, s.Size, err
	}
	for n < len(p) {
		m, at, err := r.append(p[n:])
		n += m
		if m > 0 {
			end = uint64(at)
		}
		if err != nil {
			return n, end, err
		}
		if m == 0 {
			return n, end, IO
		}
	}
	return n, end, nil
}

// SetSize cuts the file off, or lets it grow by zeros, which take no room on
// the disk where the host can do that.
func (f *File) SetSize(size uint64) error {
	r, err := f.begin(Write)
	if err != nil {
		return err
	}
	defer f.done()
	if size > math.MaxInt64 {
		return FileTooLarge
	}
	return r.setSize(int64(size))
}

// Allocate takes room on the disk for a part of the file, which grows to hold
// it; nothing in it changes. Unsupported where the host cannot do that.
func (f *File) Allocate(at, size uint64) error {
	r, err := f.begin(Write)
	if err != nil {
		return err
	}
	defer f.done()
	switch {
	case size == 0 || at > math.MaxInt64:
		return Invalid
	case size > math.MaxInt64-at:
		return FileTooLarge
	}
	return r.allocate(int64(at), int64(size))
}

// Advice is how a guest is going to use a part of a file. The numbers are
// those of preview 1 and of WASI 0.2.
type Advice uint8

// The kinds of advice.
const (
	Normal Advice = iota
	Sequential
	Random
	WillNeed
	DontNeed
	NoReuse
)

// Advise takes advice. It has no effect: the cache belongs to all processes
// and to the host, and no guest decides what is in it.
func (f *File) Advise(at, size uint64, a Advice) error {
	if _, err := f.use(); err != nil {
		return err
	}
	defer f.done()
	if a > NoReuse || at > math.MaxInt64 {
		return Invalid
	}
	return nil
}
