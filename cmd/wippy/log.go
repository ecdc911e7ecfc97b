package main

import (
	"context"
	"log/slog"
	"sync"

	"wippy/mailbox"
	"wippy/runtime"
	"wippy/runtime/process"
)

// logHandler writes logs to standard error, all but one line: that the main
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

func (c *cli) newLog() *logHandler {
	level := slog.LevelInfo
	switch {
	case c.verbose:
		level = slog.LevelDebug
	case c.quiet:
		level = slog.LevelWarn
	}
	return &logHandler{
		Handler: slog.NewTextHandler(c.stderr, &slog.HandlerOptions{Level: level}),
		main:    &mainPID{},
	}
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
