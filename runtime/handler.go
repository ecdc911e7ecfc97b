package runtime

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"wippy/config"
	"wippy/mailbox"
	"wippy/runtime/process"
	"wippy/runtime/scheduler"
	"wippy/wasmhost"
	wasihttp "wippy/wasmhost/wasi/http"
)

// Handler serves HTTP by processes: each request is handled by one of its own,
// of a component that exports wasi:http/incoming-handler. Limits of its entry and
// group hold for each.
//
// # What a client sees
//
// A process that fails before its response's headers were sent is a 500, later an
// aborted connection. An error that the guest answers with is the status that
// is closest to it. A group without room is a 503 with Retry-After. A client that leaves
// has its process killed at once.
//
// A process may go on after its response was sent, within its max_execution_ms:
// see Wait.
type Handler struct {
	// RequestLevel is the level of the log's line for each request:
	// slog.LevelDebug unless it is set before the first.
	RequestLevel slog.Level

	rt     *Runtime
	of     *wasmhost.Handler
	entry  string
	group  string
	limits process.Limits

	mu    sync.Mutex
	live  int           // processes
	empty chan struct{} // closed when live is zero; nil while nobody waits
}

var _ http.Handler = (*Handler)(nil)

// Handler gives the handler of an entry, whose processes run in a group. It
// compiles the entry, if that was not done. It may be called before Start;
// requests may not.
//
// # Errors
//
// *mailbox.Error: those of Prepare, NotFound for an unknown group, Invalid for
// an entry that is no component or exports no handler.
func (rt *Runtime) Handler(ctx context.Context, entry, group string) (*Handler, error) {
	prog, err := rt.Prepare(ctx, entry)
	if err != nil {
		return nil, err
	}
	_, limits, err := rt.resolve(entry)
	if err != nil {
		return nil, err
	}
	return rt.handler(prog, entry, group, limits)
}

// HandlerOf is Handler for a program that is no entry; name is what errors and
// logs call it.
func (rt *Runtime) HandlerOf(prog process.Program, name, group string) (*Handler, error) {
	return rt.handler(prog, name, group, process.Limits{})
}

func (rt *Runtime) handler(prog process.Program, name, group string, limits process.Limits) (*Handler, error) {
	of, err := wasmhost.HandlerOf(prog, name)
	if err != nil {
		return nil, err
	}
	var known []string
	for _, g := range rt.groups() {
		if g.ID == group {
			return &Handler{RequestLevel: slog.LevelDebug, rt: rt, of: of, entry: name, group: group, limits: limits}, nil
		}
		known = append(known, g.ID)
	}
	hint := "there are " + strings.Join(known, ", ")
	if near := config.Nearest(group, known); near != "" {
		hint = "did you mean \"" + near + "\"?"
	}
	return nil, mailbox.Errorf(mailbox.NotFound, "there is no process group %q; %s", mailbox.Shown(group), hint)
}

// retryAfter is what clients are told that find no room, in seconds.
const retryAfter = 1

// ServeHTTP implements http.Handler. It returns when the response is sent.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	log := h.rt.opts.logger
	logged := log.Enabled(r.Context(), h.RequestLevel)
	var begun time.Time
	if logged {
		begun = h.rt.opts.clock.Now()
	}
	pid, o := h.serve(w, r)
	if logged {
		attrs := []any{"method", r.Method, "path", r.URL.Path, "status", o.Status, "bytes", o.Bytes,
			"ms", float64(h.rt.opts.clock.Now().Sub(begun).Microseconds()) / 1000, "entry", h.entry, "pid", string(pid)}
		if o.Err != nil {
			attrs = append(attrs, "error", o.Err)
		}
		log.Log(r.Context(), h.RequestLevel, "request", attrs...)
	}
	if o.Abort {
		panic(http.ErrAbortHandler)
	}
}

// serve has a process serve a request.
func (h *Handler) serve(w http.ResponseWriter, r *http.Request) (mailbox.PID, wasihttp.Outcome) {
	s := wasihttp.Serve(r)
	if err := s.Hold(w); err != nil { // the body did not come
		status := http.StatusBadRequest
		if e, ok := errors.AsType[net.Error](err); ok && e.Timeout() {
			status = http.StatusRequestTimeout
		}
		return "", s.Fail(w, status, err)
	}
	if h.rt.sched == nil {
		return "", h.refused(w, s, notStarted())
	}
	h.begin()
	pid, err := h.rt.sched.Start(r.Context(), scheduler.Start{
		Entry: h.entry, Group: h.group, Program: h.of.Program(s), Limits: h.limits,
		OnExit: func(_ mailbox.PID, e *mailbox.Exit) {
			h.end() // first: who has the response finds it counted
			s.Ended(e)
		},
	})
	if err != nil {
		h.end()
		return "", h.refused(w, s, err)
	}
	return pid, s.Respond(w, func() { _ = h.rt.sched.Terminate(pid) }) // it may have ended
}

// refused answers a request that no process was started for.
func (h *Handler) refused(w http.ResponseWriter, s *wasihttp.Serving, err error) wasihttp.Outcome {
	if e, ok := errors.AsType[*mailbox.Error](err); ok && e.Kind == mailbox.Unavailable {
		w.Header().Set("Retry-After", strconv.Itoa(retryAfter))
		return s.Fail(w, http.StatusServiceUnavailable, err)
	}
	h.rt.opts.logger.Error("a request got no process", "entry", h.entry, "group", h.group, "error", err)
	return s.Fail(w, http.StatusInternalServerError, err)
}

func (h *Handler) begin() {
	h.mu.Lock()
	h.live++
	h.mu.Unlock()
}

func (h *Handler) end() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.live--; h.live == 0 && h.empty != nil {
		close(h.empty)
		h.empty = nil
	}
}

// Live counts the processes that serve a request, or go on after it.
func (h *Handler) Live() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.live
}

// Wait waits until no process of the handler's is left. No request may come
// meanwhile. The error is ctx's if that ends first.
func (h *Handler) Wait(ctx context.Context) error {
	for {
		h.mu.Lock()
		if h.live == 0 {
			h.mu.Unlock()
			return nil
		}
		if h.empty == nil {
			h.empty = make(chan struct{})
		}
		empty := h.empty
		h.mu.Unlock()
		select {
		case <-empty:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}
