// Package streams is what guests read and write bytes through, whatever is at
// the other end: files, the terminal, the log, later sockets and HTTP bodies.
// Preview 1's descriptors and the streams of WASI 0.2 are both made of an
// [Input] or an [Output]. Their methods are called from the coroutine of the
// process that has them.
//
// An error is io.EOF at the end of an input, else what files.CodeOf and
// files.Code understand.
package streams

import (
	"context"
	"errors"
	"io"
	"os"
	"syscall"

	"wippy/runtime/process"
	"wippy/wasmhost/wasi/files"
	"wippy/wasmhost/wasi/poll"
)

// Input is a stream to read. It is ready when Read gives something.
type Input interface {
	poll.Pollable
	// Read reads into p what there is, and does not wait for what comes later:
	// 0 and no error if there is nothing yet. It may suspend the process while
	// a disk is read, and uses p, which may be a guest's memory, until it
	// returns and no longer, also when the process is killed meanwhile.
	Read(ctx process.Context, p []byte) (int, error)
}

// Output is a stream to write. It is ready when Room is not zero, or an error.
type Output interface {
	poll.Pollable
	// Room tells how many bytes Write takes at the most without waiting for the
	// other end. It does not suspend. The error is what the stream failed with.
	Room(ctx process.Context) (int, error)
	// Write writes all of p, however much Room there is, and suspends the
	// process while it has to wait. The number is less than the length of p
	// only if there is an error. It keeps no reference to p.
	Write(ctx process.Context, p []byte) (int, error)
	// Flush waits until what was written is with the other end, as far as the
	// host can tell.
	Flush(ctx process.Context) error
}

// Read waits until an input has something, and reads it: at least a byte,
// unless p has no room or the error says why not.
func Read(ctx process.Context, in Input, p []byte) (int, error) {
	for {
		n, err := in.Read(ctx, p)
		if n > 0 || err != nil || len(p) == 0 {
			return n, err
		}
		poll.Wait(ctx, in)
	}
}

// code gives an error of a stream of the host's as a Code.
func code(err error) error {
	switch {
	case err == nil || err == io.EOF:
		return err
	case errors.Is(err, io.ErrClosedPipe), errors.Is(err, os.ErrClosed), errors.Is(err, syscall.EPIPE):
		return files.Pipe
	}
	if c, ok := errors.AsType[files.Code](err); ok {
		return c
	}
	return files.IO
}

// Empty is an input that is at its end.
var Empty Input = empty{}

type empty struct{}

func (empty) Ready() bool                     { return true }
func (empty) Watch(wake func()) (stop func()) { return poll.Always.Watch(wake) }
func (empty) Read(_ process.Context, p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	return 0, io.EOF
}

// Stdin gives the standard input of a process: that of its terminal, which it
// shares with others, and elsewhere one that is at its end.
func Stdin(ctx process.Context) Input {
	if t := ctx.Terminal(); t != nil {
		return Reader{t.Input()}
	}
	return Empty
}

// Reader is an Input over a process.Input: of any io.Reader.
type Reader struct{ *process.Input }

// Read implements Input.
func (r Reader) Read(_ process.Context, p []byte) (n int, err error) {
	if len(p) == 0 {
		return 0, nil
	}
	r.TryRead(func(buffer []byte, end error) (int, bool) {
		n = copy(p, buffer)
		if n == 0 {
			err = code(end)
		}
		return n, n > 0 || end != nil
	})
	return n, err
}

// Stdout gives the standard output of a process, and Stderr its standard error
// stream: its terminal, or its log. Both count against max_output.
func Stdout(o *process.Output) Output { return printer{to: o} }

// Stderr gives the standard error stream of a process; see Stdout.
func Stderr(o *process.Output) Output { return printer{to: o, errors: true} }

type printer struct {
	to     *process.Output
	errors bool
}

func (printer) Ready() bool                       { return true }
func (printer) Watch(wake func()) (stop func())   { return poll.Always.Watch(wake) }
func (printer) Room(process.Context) (int, error) { return process.MaxPrint, nil }
func (printer) Flush(process.Context) error       { return nil } // nothing is held back
func (o printer) Write(ctx process.Context, p []byte) (int, error) {
	n, err := o.to.WriteBytes(ctx, p, o.errors)
	return n, code(err)
}

// await runs a call of package files on the I/O pool.
func await(ctx process.Context, f func() error) error {
	return ctx.Await(func(context.Context) error { return f() })
}
