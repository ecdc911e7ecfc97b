package main

import (
	"bytes"
	"io"
	"os"
	"slices"
	"sync"
	"time"
)

const (
	// sinkBytes is how much a sink holds of what was not yet written.
	sinkBytes = 1 << 20
	// sinkPatience is what a line waits for room, at most. Whoever logs waits.
	sinkPatience = 100 * time.Millisecond
	// sinkSpare is the largest buffer that it keeps while nothing waits.
	sinkSpare = 64 << 10
	// sinkPiece is what is written at once, if lines are no longer: systems write
	// as much to a pipe in one piece, whoever else writes to it.
	sinkPiece = 4 << 10
)

// sink is the standard error of a program that runs a node. What is written to it is
// queued, and written by one goroutine that is there as long as there is something
// to write: a standard error that takes nothing holds up nobody for long but the guests
// that print there themselves, see behind. The order is that of the calls.
//
// Lines of the log, see lines, are dropped and counted when they find no room; a
// line tells how many were, where they would have stood. The first of them waits a
// moment, so that who logs faster than a standard error takes it, and for long, has its pace and
// loses nothing. Once one was dropped none waits or is taken before half of the room is
// free, so that lines are lost in few places and a slow reader costs little time.
// What the command line itself says, by Write, is never dropped: it is little.
//
// What is queued when the program crashes is lost.
type sink struct {
	w        io.Writer
	max      int                      // bytes
	patience time.Duration            // what a line may wait for room
	notice   func(lost uint64) []byte // the line that tells of dropped ones

	out sync.Mutex // held while w is written to

	mu      sync.Mutex
	queue   []byte // what is to be written, but for what write has taken
	spare   []byte // of use for the next queue
	queued  uint64 // bytes, since the beginning
	written uint64 // of those
	writing bool   // write runs
	full    bool   // a line found no room, and none was taken since
	lost    uint64 // lines, of which nothing was told yet
	dropped uint64 // lines, since the beginning
	waiting []waiter
	gaveUp  bool // flush has waited in vain
}

// waiter waits until so many bytes were written.
type waiter struct {
	until uint64
	done  chan struct{}
}

// Write implements io.Writer. It does not block, and keeps nothing of p.
func (s *sink) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tell()
	s.add(p)
	return len(p), nil
}

// lines is the sink as a log writes to it: a line each time, which may be dropped.
type lines struct{ *sink }

// Write implements io.Writer. It blocks for s.patience at most, and keeps nothing of p.
func (l lines) Write(p []byte) (int, error) {
	s := l.sink
	s.mu.Lock()
	defer s.mu.Unlock()
	for !s.room(len(p)) {
		if s.full || !s.await(min(s.queued, s.queued+uint64(len(p))-uint64(s.max))) {
			s.full = true
			s.lost++
			s.dropped++
			return len(p), nil
		}
	}
	s.full = false
	s.tell()
	s.add(p)
	return len(p), nil
}

// room tells whether a line of n bytes is taken. s.mu is held.
func (s *sink) room(n int) bool {
	held := int(s.queued - s.written)
	return held == 0 || held+n <= s.max && (!s.full || held <= s.max/2)
}

// await waits until so many bytes were written, but not for long; false if they were not. s.mu is
// held, but for the wait.
func (s *sink) await(until uint64) bool {
	done := make(chan struct{})
	s.waiting = append(s.waiting, waiter{until, done})
	s.mu.Unlock()
	defer s.mu.Lock()
	late := time.NewTimer(s.patience)
	defer late.Stop()
	select {
	case <-done:
		return true
	case <-late.C:
		return false
	}
}

// tell queues what there is to tell of dropped lines. s.mu is held.
func (s *sink) tell() {
	if s.lost > 0 {
		line := s.notice(s.lost)
		s.lost = 0
		s.add(line)
	}
}

// add queues p. s.mu is held.
func (s *sink) add(p []byte) {
	s.queue = append(s.queue, p...)
	s.queued += uint64(len(p))
	if !s.writing && len(p) > 0 {
		s.writing = true
		go s.write()
	}
}

// write writes what is queued, until nothing is.
func (s *sink) write() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		if len(s.queue) == 0 {
			s.tell()
		}
		if len(s.queue) == 0 {
			s.writing = false
			return
		}
		taken := s.queue
		s.queue, s.spare = s.spare[:0], nil
		for rest := taken; len(rest) > 0; {
			n := piece(rest)
			s.mu.Unlock()
			s.out.Lock()
			_, _ = s.w.Write(rest[:n]) // there is nobody to tell
			s.out.Unlock()
			s.mu.Lock()
			rest = rest[n:]
			s.wrote(n)
		}
		if cap(taken) <= sinkSpare {
			s.spare = taken
		}
	}
}

// piece is how much of b is written at once: whole lines, and one at least.
func piece(b []byte) int {
	if len(b) <= sinkPiece {
		return len(b)
	}
	if i := bytes.LastIndexByte(b[:sinkPiece], '\n'); i >= 0 {
		return i + 1
	}
	if i := bytes.IndexByte(b, '\n'); i >= 0 {
		return i + 1
	}
	return len(b)
}

// wrote counts what was written, and wakes who waited for it. s.mu is held.
func (s *sink) wrote(n int) {
	s.written += uint64(n)
	s.waiting = slices.DeleteFunc(s.waiting, func(w waiter) bool {
		if w.until > s.written {
			return false
		}
		close(w.done)
		return true
	})
}

// passed is closed when what is queued now was written, or failed to be.
func (s *sink) passed() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	done := make(chan struct{})
	if s.written == s.queued {
		close(done)
	} else {
		s.waiting = append(s.waiting, waiter{s.queued, done})
	}
	return done
}

// flush waits until everything was written, or for a signal or the time, nil for
// either being none. Who waited in vain is not made to wait once more.
func (s *sink) flush(late <-chan time.Time, signals <-chan os.Signal) {
	s.mu.Lock()
	s.tell()
	gaveUp := s.gaveUp
	s.mu.Unlock()
	if gaveUp {
		return
	}
	select {
	case <-s.passed():
		return
	case <-late:
	case <-signals:
	}
	s.mu.Lock()
	s.gaveUp = true
	s.mu.Unlock()
}

// lostLines is how many lines were dropped.
func (s *sink) lostLines() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.dropped
}

// Stat is what is written to, if that is a file: a terminal is known by it.
func (s *sink) Stat() (os.FileInfo, error) { return statOf(s.w) }

// behind is the standard error as guests print to it: behind what was logged
// before, and as slow as it is. A Write may block for ever; that of a process has it suspended.
type behind struct{ *sink }

// Write implements io.Writer.
func (b behind) Write(p []byte) (int, error) {
	<-b.passed()
	b.out.Lock()
	defer b.out.Unlock()
	return b.w.Write(p)
}

// flushLog waits for the log of a node that has run, until a signal or for as long as
// one is patient.
func (c *cli) flushLog(signals <-chan os.Signal) {
	c.ran = true
	c.sink.flush(time.After(c.patience), signals)
}

// flush waits for what is left to be written before the program ends. Without a node that ran
// it waits for as long as that takes: signals end the program.
func (c *cli) flush() {
	switch {
	case c.sink == nil:
	case c.ran:
		c.sink.flush(time.After(c.patience), nil)
	default:
		c.sink.flush(nil, nil)
	}
}
