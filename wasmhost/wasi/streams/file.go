package streams

import (
	"io"
	"sync"

	"wippy/runtime/process"
	"wippy/wasmhost/wasi/files"
	"wippy/wasmhost/wasi/poll"
)

// maxTransfer is how much of a file one call on the I/O pool moves, in bytes:
// so much memory of the host's a process takes meanwhile.
const maxTransfer = 256 << 10

// The buffers that are kept for their next use: most guests read and write 4 KiB
// to 16 KiB at once, those that move much 64 KiB and more. To make one anew costs
// more than the system takes to fill it.
const (
	small  = 16 << 10
	medium = 64 << 10
	large  = maxTransfer
)

var (
	smalls  = sync.Pool{New: func() any { return new([small]byte) }}
	mediums = sync.Pool{New: func() any { return new([medium]byte) }}
	larges  = sync.Pool{New: func() any { return new([large]byte) }}
)

// buffer gives memory for a call on the I/O pool, of at most maxTransfer. It must
// be the call's own: one that is abandoned goes on using it. done takes it back,
// and is not called then.
func buffer(n int) (b []byte, done func()) {
	switch {
	case n <= small:
		p := smalls.Get().(*[small]byte)
		return p[:n], func() { smalls.Put(p) }
	case n <= medium:
		p := mediums.Get().(*[medium]byte)
		return p[:n], func() { mediums.Put(p) }
	default:
		p := larges.Get().(*[large]byte)
		return p[:n], func() { larges.Put(p) }
	}
}

// ReadFile reads into p what a file holds from an offset on, all that there is
// room for: less without an error is the end of the file, and with one what was
// read before it. What the system has in memory is read at once; for the rest the
// process is suspended.
func ReadFile(ctx process.Context, f *files.File, p []byte, at uint64) (n int, err error) {
	for n < len(p) {
		part := p[n:min(len(p), n+maxTransfer)]
		m, ok := f.ReadCachedAt(part, at+uint64(n))
		if !ok {
			if m, err = readFile(ctx, f, part, at+uint64(n)); err != nil {
				return n + m, err
			}
		}
		if m == 0 {
			break
		}
		n += m
		if n < len(p) {
			share(ctx)
		}
	}
	return n, nil
}

// share lets a process be killed, and others run if it has run for long: what a
// guest may ask for in one call takes longer than a slice.
func share(ctx process.Context) {
	ctx.Checkpoint(0)
	if ctx.Urgent().Load() {
		ctx.Yield()
	}
}

func readFile(ctx process.Context, f *files.File, p []byte, at uint64) (int, error) {
	b, done := buffer(len(p))
	var n int
	err := await(ctx, func() (err error) {
		n, err = f.ReadAt(b, at)
		return err
	})
	copy(p, b[:n])
	done()
	return n, err
}

// WriteFile writes p at an offset of a file, and tells how much it wrote: less
// than all of p only if there is an error too.
func WriteFile(ctx process.Context, f *files.File, p []byte, at uint64) (n int, err error) {
	return write(ctx, p, func(b []byte, done int) (int, error) { return f.WriteAt(b, at+uint64(done)) })
}

// AppendFile writes p at the end of a file, as WriteFile; a large p in several
// pieces, between which others may append. It gives the offset behind the last
// byte that it wrote, which means nothing if it wrote none.
func AppendFile(ctx process.Context, f *files.File, p []byte) (n int, end uint64, err error) {
	n, err = write(ctx, p, func(b []byte, _ int) (int, error) {
		m, at, err := f.Append(b)
		if m > 0 {
			end = at
		}
		return m, err
	})
	return n, end, err
}

func write(ctx process.Context, p []byte, call func(b []byte, done int) (int, error)) (n int, err error) {
	for first := true; first || n < len(p); first = false {
		b, done := buffer(min(len(p)-n, maxTransfer))
		copy(b, p[n:])
		var m int
		err := await(ctx, func() (err error) {
			m, err = call(b, n)
			return err
		})
		done()
		n += m
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

// FileInput is a file that is read from an offset on. It is always ready.
type FileInput struct {
	File *files.File
	At   uint64 // of the next byte
}

// Ready implements poll.Pollable.
func (*FileInput) Ready() bool { return true }

// Watch implements poll.Pollable.
func (*FileInput) Watch(wake func()) (stop func()) { return poll.Always.Watch(wake) }

// Read implements Input.
func (in *FileInput) Read(ctx process.Context, p []byte) (int, error) {
	n, err := ReadFile(ctx, in.File, p, in.At)
	in.At += uint64(n)
	switch {
	case n > 0:
		return n, nil // an error comes again
	case err == nil && len(p) > 0:
		return 0, io.EOF
	}
	return 0, err
}

// FileOutput is a file that is written from an offset on, or at its end. It is
// always ready.
type FileOutput struct {
	File   *files.File
	At     uint64 // of the next byte, unless Append
	Append bool   // at the end
}

// Ready implements poll.Pollable.
func (*FileOutput) Ready() bool { return true }

// Watch implements poll.Pollable.
func (*FileOutput) Watch(wake func()) (stop func()) { return poll.Always.Watch(wake) }

// Room implements Output.
func (*FileOutput) Room(process.Context) (int, error) { return maxTransfer, nil }

// Write implements Output.
func (o *FileOutput) Write(ctx process.Context, p []byte) (n int, err error) {
	if o.Append {
		n, _, err = AppendFile(ctx, o.File, p)
		return n, err
	}
	n, err = WriteFile(ctx, o.File, p, o.At)
	o.At += uint64(n)
	return n, err
}

// Flush implements Output. What is written is with the operating system.
func (*FileOutput) Flush(process.Context) error { return nil }

var (
	_ Input  = (*FileInput)(nil)
	_ Output = (*FileOutput)(nil)
	_ Input  = Reader{}
)
