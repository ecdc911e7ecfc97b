package scheduler

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"wippy/mailbox"
	"wippy/runtime/process"
)

// measuredProgram makes processes that report how much they hold until they
// are closed.
type measuredProgram struct{ *program }

type measuredProcess struct {
	process.Process
	peak uint64
}

func (p measuredProgram) New(args []mailbox.Value, limits process.Limits) (process.Process, error) {
	inner, err := p.program.New(args, limits)
	return &measuredProcess{inner, 4096}, err
}
func (m *measuredProcess) Memory() uint64 { return 1024 }
func (m *measuredProcess) Peak() uint64   { return m.peak }
func (m *measuredProcess) Close()         { m.peak = 0; m.Process.Close() }

// An end other than normal is one line of the log, and the same in its EXIT.
func TestReport(t *testing.T) {
	var log bytes.Buffer
	n := newNode(t, func(c *Config, _ *Group) {
		c.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{
			ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
				if a.Key == slog.TimeKey {
					return slog.Attr{}
				}
				return a
			},
		}))
	})
	n.progs["breaks"] = measuredProgram{&program{run: func(ctx process.Context, _ []mailbox.Value) process.Result {
		ctx.Checkpoint(77)
		n.clock.Advance(1500 * time.Millisecond)
		return process.Result{Err: &mailbox.Error{Kind: mailbox.Failed, Message: "broken", Trace: []string{"inner", "outer"}}}
	}}}
	pid, exit := n.start("breaks")
	e := <-exit
	want := mailbox.Report{PID: pid, Group: "g", Memory: 4096, Fuel: 77, Steps: 1, Uptime: 1500 * time.Millisecond}
	if e.Report == nil || *e.Report != want {
		t.Errorf("got %+v, want %+v", e.Report, want)
	}
	line := `level=ERROR msg="process ended" entry=breaks pid=<1.1.1> group=g reason=error error=broken memory=4096 fuel=77 steps=1 uptime_ms=1500 trace="[inner outer]"` + "\n"
	if log.String() != line {
		t.Errorf("got  %swant %s", log.String(), line)
	}
	log.Reset()
	n.def("fine", func(process.Context, []mailbox.Value) process.Result { return ok() })
	if _, exit := n.start("fine"); (<-exit).Report != nil || log.Len() > 0 {
		t.Errorf("a normal end has a report, or a line: %s", &log)
	}
	n.def("waits", waits)
	pid, exit = n.start("waits")
	_ = n.Terminate(pid)
	e = <-exit
	if e.Report == nil || !strings.HasPrefix(log.String(), "level=INFO") || strings.Count(log.String(), "\n") != 1 {
		t.Errorf("terminate: %+v, %s", e.Report, &log)
	}
	// Another's end has its own report, and the first's name.
	log.Reset()
	n.def("main", func(ctx process.Context, _ []mailbox.Value) process.Result {
		_, _ = ctx.Spawn(process.Spawn{Entry: "fails", Group: "g", Link: true})
		return waits(ctx, nil)
	})
	n.def("fails", func(process.Context, []mailbox.Value) process.Result { return process.Fail(errors.New("first")) })
	pid, exit = n.start("main")
	e = <-exit
	if e.Report.PID != pid || !strings.Contains(log.String(), "origin="+string(e.Origin)) {
		t.Errorf("%+v, %s", e.Report, &log)
	}
}

// A process chooses the text of its error, but not how long the log's line is.
func TestLongErrorIsShortInTheLog(t *testing.T) {
	var log bytes.Buffer
	n := newNode(t, func(c *Config, _ *Group) { c.Logger = slog.New(slog.NewTextHandler(&log, nil)) })
	text := "é" + strings.Repeat("…", 1<<20)
	n.def("shouts", func(process.Context, []mailbox.Value) process.Result { return process.Fail(errors.New(text)) })
	_, exit := n.start("shouts")
	if e := <-exit; e.Err.Message != text {
		t.Errorf("the EXIT has %d bytes of the error, want all %d", len(e.Err.Message), len(text))
	}
	if line := log.String(); len(line) > 2*maxLogged || !strings.Contains(line, "…… (3145730 bytes)") || !utf8.ValidString(line) {
		t.Errorf("a line of %d bytes: %.100s", len(line), line)
	}
}

// blockedWriter blocks each write until it is closed.
type blockedWriter struct{ entered, release chan struct{} }

func (w *blockedWriter) Write(p []byte) (int, error) {
	w.entered <- struct{}{}
	<-w.release
	return len(p), nil
}

// Of many processes that do not end the first are named.
func TestStopNamesSome(t *testing.T) {
	n := newNode(t)
	n.def("deaf", func(ctx process.Context, _ []mailbox.Value) process.Result {
		ctx.Receive(func(*mailbox.Event) bool { return false }, -1)
		return ok()
	})
	var exits []<-chan *mailbox.Exit
	for range 12 {
		_, exit := n.start("deaf")
		exits = append(exits, exit)
	}
	over, cancel := context.WithCancel(context.Background())
	cancel()
	err := n.Stop(over, "at once", time.Hour)
	if !errors.Is(err, mailbox.Timeout) || !strings.Contains(err.Error(), "12 processes did not end: <") ||
		strings.Count(err.Error(), "(deaf)") != 10 || !strings.HasSuffix(err.Error(), "(deaf), …") {
		t.Errorf("got %v", err)
	}
	n.KillAll()
	for _, exit := range exits {
		<-exit
	}
}

// A node that cannot stop since its log blocks says so.
func TestStopWhileTheLogBlocks(t *testing.T) {
	w := &blockedWriter{make(chan struct{}, 1), make(chan struct{})}
	n := newNode(t, func(c *Config, _ *Group) { c.Logger = slog.New(slog.NewTextHandler(w, nil)) })
	n.def("fails", func(process.Context, []mailbox.Value) process.Result { return process.Fail(errors.New("broken")) })
	_, exit := n.start("fails")
	<-w.entered
	over, cancel := context.WithCancel(context.Background())
	cancel()
	err := n.Stop(over, "at once", 0)
	if !errors.Is(err, mailbox.Timeout) || !strings.Contains(err.Error(), "1 processes have ended") {
		t.Errorf("got %v", err)
	}
	close(w.release)
	<-exit
}
