package runtime

import (
	"bytes"
	"io"
	"os"
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
	for i, stream := range [...]any{t.Stdin, t.Stdout, t.Stderr} {
		s.TTY[i] = t.TTY[i] || isTTY(stream)
	}
	if s.Stdin == nil {
		s.Stdin = bytes.NewReader(nil)
	}
	return s
}

// isTTY tells whether a stream is a device that a person may sit at.
func isTTY(stream any) bool {
	f, ok := stream.(interface{ Stat() (os.FileInfo, error) }) // a file, or what has one inside
	if !ok {
		return false
	}
	info, err := f.Stat()
	if err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return false
	}
	null, err := os.Stat(os.DevNull) // which is such a device, too
	return err != nil || !os.SameFile(info, null)
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
