package process

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"unicode/utf8"

	"wippy/mailbox"
)

// printing is the part of a Context that an Output uses.
type printing struct {
	Context
	terminal *Terminal
	limits   Limits
	log      bytes.Buffer
	exceeded *mailbox.Error
	checked  int
	urgent   atomic.Bool
	written  int64
}

func (c *printing) Printed(n int) int64 {
	c.written += int64(n)
	return c.written
}

func (c *printing) Terminal() *Terminal { return c.terminal }
func (c *printing) Limits() Limits      { return c.limits }

func (c *printing) Await(f func(context.Context) error) error { return f(context.Background()) }

func (c *printing) Exceed(err *mailbox.Error) {
	c.exceeded = err
	Unwind()
}

func (c *printing) Checkpoint(uint64)    { c.checked++ }
func (c *printing) Urgent() *atomic.Bool { return &c.urgent }
func (c *printing) Yield()               {}

func (c *printing) Logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(&c.log, &slog.HandlerOptions{
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey || a.Key == slog.LevelKey {
				return slog.Attr{}
			}
			return a
		},
	}))
}

func TestOutputToLog(t *testing.T) {
	ctx, o := &printing{}, &Output{}
	for _, text := range []string{"one\ntw", "", "o\n\nth"} {
		if err := o.Write(ctx, text); err != nil {
			t.Fatal(err)
		}
	}
	if err := o.WriteError(ctx, "ree"); err != nil {
		t.Fatal(err)
	}
	o.Flush(ctx)
	o.Flush(ctx)
	if got, want := ctx.log.String(), "msg=one\nmsg=two\nmsg=\"\"\nmsg=three\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestOutputLongLine makes sure that a line without an end is not kept for ever.
func TestOutputLongLine(t *testing.T) {
	ctx, o := &printing{}, &Output{}
	for range 5 {
		if err := o.Write(ctx, strings.Repeat("x", maxLogLine/4)); err != nil {
			t.Fatal(err)
		}
	}
	if lines := strings.Count(ctx.log.String(), "\n"); lines != 1 || len(o.line) != maxLogLine/4 {
		t.Errorf("%d lines, %d bytes kept", lines, len(o.line))
	}
}

func TestOutputToTerminal(t *testing.T) {
	var out, errs bytes.Buffer
	ctx, o := &printing{terminal: &Terminal{Stdout: &out, Stderr: &errs}}, &Output{}
	if err := errors.Join(o.Write(ctx, "out"), o.WriteError(ctx, "err")); err != nil {
		t.Fatal(err)
	}
	o.Flush(ctx)
	if out.String() != "out" || errs.String() != "err" || ctx.log.Len() > 0 {
		t.Errorf("%q %q %q", out.String(), errs.String(), ctx.log.String())
	}
}

func TestOutputLimit(t *testing.T) {
	ctx, o := &printing{limits: Limits{MaxOutput: 10}}, &Output{}
	if err := o.Write(ctx, "12345\n"); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if !Unwinding(recover()) || ctx.exceeded.Kind != mailbox.LimitHit ||
			ctx.exceeded.Message != "max_output: the process wrote 11 of 10 bytes" {
			t.Errorf("got %v", ctx.exceeded)
		}
		if ctx.log.String() != "msg=12345\n" {
			t.Errorf("log %q", ctx.log.String())
		}
	}()
	_ = o.WriteError(ctx, "67890")
	t.Error("it goes on")
}

// TestOutputLongText makes sure that a text of any length becomes records of a
// bounded length, between which the process can be killed.
func TestOutputLongText(t *testing.T) {
	for name, text := range map[string]string{
		"characters": "x" + strings.Repeat("…", maxLogLine),
		"no UTF-8":   strings.Repeat("\x80", 3*maxLogLine),
	} {
		ctx, o := &printing{}, &Output{}
		if err := o.Write(ctx, text); err != nil {
			t.Fatal(err)
		}
		records := strings.Count(ctx.log.String(), "\n")
		if records < 3 || ctx.checked != records || len(o.line) >= maxLogLine {
			t.Errorf("%s: %d records, %d checkpoints, %d bytes kept", name, records, ctx.checked, len(o.line))
		}
		if name == "characters" && strings.Count(ctx.log.String(), "…")+utf8.RuneCount(o.line) != maxLogLine {
			t.Errorf("%s: characters were cut", name)
		}
	}
}
