package main

import (
	"errors"
	"io"
	"os"
	"os/signal"
	"sync"
	"syscall"
)

// ignorePipes has a write to a pipe that nobody reads any more fail with EPIPE,
// which processes are told, where it would end the program by SIGPIPE and all
// processes with it. restore has it so again, for what is printed behind them.
func ignorePipes() (restore func()) {
	signal.Ignore(syscall.SIGPIPE)
	return func() { signal.Reset(syscall.SIGPIPE) }
}

// outlet is a standard output that tells once nobody reads it. Any goroutine may write to it.
type outlet struct {
	io.Writer
	once   sync.Once
	broken chan struct{} // closed then
}

func newOutlet(w io.Writer) *outlet { return &outlet{Writer: w, broken: make(chan struct{})} }

func (o *outlet) Write(p []byte) (int, error) {
	n, err := o.Writer.Write(p)
	if errors.Is(err, syscall.EPIPE) {
		o.once.Do(func() { close(o.broken) })
	}
	return n, err
}

// unread tells whether nobody reads it any more.
func (o *outlet) unread() bool {
	select {
	case <-o.broken:
		return true
	default:
		return false
	}
}

// Stat is what is written to, if that is a file: a terminal is known by it.
func (o *outlet) Stat() (os.FileInfo, error) {
	if f, ok := o.Writer.(*os.File); ok {
		return f.Stat()
	}
	return nil, os.ErrInvalid
}
