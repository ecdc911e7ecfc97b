package process

import (
	"context"
	"io"
	"strings"
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
// there is a terminal; the error is what writing to that came to. Beyond
// max_output it ends the process, and does not return.
func (o *Output) Write(ctx Context, text string) error {
	o.count(ctx, len(text))
	if terminal := ctx.Terminal(); terminal != nil {
		return write(ctx, terminal.Stdout, text)
	}
	o.log(ctx, text)
	return nil
}

// WriteError is Write to the standard error stream. Without a terminal both are one.
func (o *Output) WriteError(ctx Context, text string) error {
	o.count(ctx, len(text))
	if terminal := ctx.Terminal(); terminal != nil {
		return write(ctx, terminal.Stderr, text)
	}
	o.log(ctx, text)
	return nil
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

func write(ctx Context, to io.Writer, text string) error {
	return ctx.Await(func(context.Context) error {
		_, err := io.WriteString(to, text)
		return err
	})
}

// log logs the lines that end in text, and keeps the rest. What is longer than
// maxLogLine becomes several records. It may take long, and the process may be
// killed between any two.
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
		}
		text = rest
	}
}

// record sends the line to the log, also an empty one.
func (o *Output) record(ctx Context) {
	ctx.Logger().Info(string(o.line))
	o.line = o.line[:0]
}
