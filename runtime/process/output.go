package process

import (
	"io"
	"strings"
	"sync"
	"unicode/utf8"

	"wippy/mailbox"
)

// maxLogLine bounds a record, and the line that is kept back until its end is
// written, in bytes.
const maxLogLine = 64 << 10

// Output is what one process printed, by whichever way of its language: to the
// terminal of its group or, where that is none, to its log, a record a line
// (SPEC section 3, "Lua"). All of it counts against max_output. The zero value
// is ready; its methods are called from the process's coroutine.
type Output struct {
	line []byte // without its end yet, where lines go to the log
}

// Write prints text to the standard output. It suspends the process where
// there is a terminal, until those who print there already have done so; the error is
// what writing came to. Beyond max_output it ends the process, and does not return.
func (o *Output) Write(ctx Context, text string) error { return o.write(ctx, text, false) }

// WriteError is Write to the standard error stream. Without a terminal both are one.
func (o *Output) WriteError(ctx Context, text string) error { return o.write(ctx, text, true) }

func (o *Output) write(ctx Context, text string, toError bool) error {
	o.count(ctx, len(text))
	terminal := ctx.Terminal()
	if terminal == nil {
		o.log(ctx, text)
		return nil
	}
	return terminal.turn.do(ctx, func() {}, func() error {
		_, err := io.WriteString(terminal.stream(toError), text)
		return err
	})
}

// MaxPrint is how much WriteBytes prints at once, in bytes.
const MaxPrint = 64 << 10

// printed are buffers for what is being printed.
var printed = sync.Pool{New: func() any { return new([MaxPrint]byte) }}

// WriteBytes is Write, and with toError WriteError, of bytes that may be a guest's
// memory: they are copied when they can be written. It tells how many it wrote.
func (o *Output) WriteBytes(ctx Context, text []byte, toError bool) (n int, err error) {
	terminal := ctx.Terminal()
	for n < len(text) && err == nil {
		part := text[n:min(len(text), n+MaxPrint)]
		o.count(ctx, len(part))
		if terminal == nil {
			o.log(ctx, string(part))
			n += len(part)
			continue
		}
		var copied *[MaxPrint]byte
		err = terminal.turn.do(ctx, func() {
			copied = printed.Get().(*[MaxPrint]byte)
			copy(copied[:], part)
		}, func() error {
			_, err := terminal.stream(toError).Write(copied[:len(part)])
			return err
		})
		printed.Put(copied) // not if the process was killed: the call may go on with it
		if err == nil {
			n += len(part)
		}
	}
	return n, err
}

// Flush logs what has no end of line yet. It does not suspend.
func (o *Output) Flush(ctx Context) {
	if len(o.line) > 0 {
		o.record(ctx)
	}
}

// count ends a process that prints too much before it does.
func (*Output) count(ctx Context, n int) {
	written := ctx.Printed(n)
	if limit := ctx.Limits().MaxOutput; limit > 0 && written > limit {
		ctx.Exceed(mailbox.Errorf(mailbox.LimitHit, "max_output: the process wrote %d of %d bytes", written, limit))
	}
}

// log logs the lines that end in text, and keeps the rest. What is longer than
// maxLogLine becomes several records. It may take long: between any two
// others run if they are due, and the process may be killed.
func (o *Output) log(ctx Context, text string) {
	for text != "" {
		line, rest, ended := strings.Cut(text, "\n")
		if room := maxLogLine - len(o.line); len(line) > room {
			cut := room
			for cut > 0 && cut > room-utf8.UTFMax && !utf8.RuneStart(text[cut]) {
				cut--
			}
			line, rest, ended = text[:cut], text[cut:], true
		}
		o.line = append(o.line, line...)
		if ended || len(o.line) >= maxLogLine {
			o.record(ctx)
			ctx.Checkpoint(0)
			if ctx.Urgent().Load() {
				ctx.Yield()
			}
		}
		text = rest
	}
}

// record sends the line to the log, also an empty one.
func (o *Output) record(ctx Context) {
	ctx.Logger().Info(string(o.line))
	o.line = o.line[:0]
}
