package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"wippy/mailbox"
	"wippy/runtime"
	"wippy/runtime/process"
)

// logHandler writes logs to standard error, as text or JSON, all but one line: that the main
// process failed, which the command line says itself.
type logHandler struct {
	slog.Handler
	pid  string // of the process that logs
	main *mainPID
}

// mainPID is the main process's PID. It is locked until that is known.
type mainPID struct {
	mu  sync.Mutex
	pid mailbox.PID
}

// logFlags are the flags of logs that hold for every command.
type logFlags struct {
	format  string
	level   string
	verbose bool
	quiet   bool
}

// The words that --log-format takes.
const (
	formatText = "text"
	formatJSON = "json"
)

var levels = map[string]slog.Level{
	"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError,
}

func (l *logFlags) add(root *cobra.Command) {
	flags := root.PersistentFlags()
	flags.StringVar(&l.format, "log-format", "", "log as `text|json` (otherwise text on a terminal, json elsewhere)")
	flags.StringVar(&l.level, "log-level", "", "log from this level on: `debug|info|warn|error` (otherwise info)")
	flags.BoolVarP(&l.verbose, "verbose", "v", false, "log everything: --log-level debug")
	flags.BoolVarP(&l.quiet, "quiet", "q", false, "log warnings and errors only: --log-level warn")
	root.MarkFlagsMutuallyExclusive("verbose", "quiet", "log-level")
}

// check says what is wrong with the flags.
func (l *logFlags) check() error {
	if l.format != "" && l.format != formatText && l.format != formatJSON {
		return fmt.Errorf("--log-format: expected text or json, found %q", l.format)
	}
	if _, known := levels[l.level]; l.level != "" && !known {
		return fmt.Errorf("--log-level: expected debug, info, warn or error, found %q", l.level)
	}
	return nil
}

func (l *logFlags) least() slog.Level {
	switch {
	case l.verbose:
		return slog.LevelDebug
	case l.quiet:
		return slog.LevelWarn
	}
	return levels[l.level] // info, where it is not set
}

// newLog gives the log that is written to standard error, which a sink stands before from now on.
func (c *cli) newLog() *logHandler {
	opts := &slog.HandlerOptions{Level: c.log.least()}
	handler := func(w io.Writer) slog.Handler {
		if c.log.format == formatText || c.log.format == "" && isTerminal(c.stderr) {
			return slog.NewTextHandler(w, opts)
		}
		return slog.NewJSONHandler(w, opts)
	}
	if c.sink == nil {
		c.sink = &sink{w: c.stderr, max: sinkBytes, patience: sinkPatience, notice: func(lost uint64) []byte {
			var line bytes.Buffer
			r := slog.NewRecord(time.Now(), slog.LevelWarn, "lines of the log were dropped: standard error did not take them", 0)
			r.AddAttrs(slog.Uint64("lines", lost))
			_ = handler(&line).Handle(context.Background(), r) // a buffer takes everything
			return line.Bytes()
		}}
		c.stderr = c.sink
	}
	return &logHandler{Handler: handler(lines{c.sink}), main: &mainPID{}}
}

// spawnMain starts the main process. It may have ended before its PID is known
// here; the line about that waits.
func (h *logHandler) spawnMain(main start) (*runtime.Process, error) {
	h.main.mu.Lock()
	defer h.main.mu.Unlock()
	p, err := main()
	if err == nil {
		h.main.pid = p.PID()
	}
	return p, err
}

// Handle implements slog.Handler.
func (h *logHandler) Handle(ctx context.Context, r slog.Record) error {
	if r.Message == process.ProcessEnded && h.isMain() {
		return nil
	}
	return h.Handler.Handle(ctx, r)
}

func (h *logHandler) isMain() bool {
	h.main.mu.Lock()
	defer h.main.mu.Unlock()
	return h.pid == string(h.main.pid)
}

// WithAttrs implements slog.Handler.
func (h *logHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	with := &logHandler{Handler: h.Handler.WithAttrs(attrs), pid: h.pid, main: h.main}
	for _, a := range attrs {
		if a.Key == "pid" {
			with.pid = a.Value.String()
		}
	}
	return with
}

// WithGroup implements slog.Handler.
func (h *logHandler) WithGroup(name string) slog.Handler {
	return &logHandler{Handler: h.Handler.WithGroup(name), pid: h.pid, main: h.main}
}
