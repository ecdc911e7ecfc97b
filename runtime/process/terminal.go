package process

import (
	"io"
	"sync"
)

// Terminal is the standard streams of a terminal.host. Writing may block: a
// process does it inside Await. It must not be copied once it is used.
type Terminal struct {
	Stdin  io.Reader // read through Input only
	Stdout io.Writer
	Stderr io.Writer
	// TTY tells of which of the three a person is at the other end.
	TTY [3]bool

	once  sync.Once
	input *Input
	turn  turn // whose it is to print
}

func (t *Terminal) stream(errors bool) io.Writer {
	if errors {
		return t.Stderr
	}
	return t.Stdout
}

// Input is the standard input as its processes share it.
func (t *Terminal) Input() *Input {
	t.once.Do(func() { t.input = &Input{from: t.Stdin, chunk: terminalChunk} })
	return t.input
}
