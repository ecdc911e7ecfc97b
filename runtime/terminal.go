package runtime

import (
	"bytes"
	"io"
	"sync"

	"wippy/runtime/process"
)

// serialized gives a terminal whose writes wait for one another: its processes
// write at the same time, and any io.Writer may be behind it. Standard output
// and error are often the same one.
func serialized(t *process.Terminal) *process.Terminal {
	if t == nil {
		return nil
	}
	mu := new(sync.Mutex)
	s := &process.Terminal{
		Stdin:  t.Stdin,
		Stdout: &serialWriter{mu: mu, w: t.Stdout},
		Stderr: &serialWriter{mu: mu, w: t.Stderr},
	}
	if s.Stdin == nil {
		s.Stdin = bytes.NewReader(nil)
	}
	return s
}

type serialWriter struct {
	mu *sync.Mutex
	w  io.Writer
}

func (s *serialWriter) Write(p []byte) (int, error) {
	if s.w == nil {
		return len(p), nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.w.Write(p)
}
