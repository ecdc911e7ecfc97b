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
	log    *sink // where standard error is the same file: its lines go before; otherwise nil
	once   sync.Once
	broken chan struct{} // closed then
}

func newOutlet(w io.Writer) *outlet { return &outlet{Writer: w, broken: make(chan struct{})} }

// join has what is printed stand behind what was logged before it, where both go to the same file.
func (o *outlet) join(log *sink) {
	a, err := o.Stat()
	if err != nil {
		return
	}
	if b, err := log.Stat(); err == nil && os.SameFile(a, b) {
		o.log = log
	}
}

func (o *outlet) Write(p []byte) (int, error) {
	if o.log != nil {
		<-o.log.passed()
	}
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
	return statOf(o.Writer)
}
