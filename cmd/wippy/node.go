package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"syscall"
	"time"

	"wippy/mailbox"
	"wippy/runtime"
	"wippy/runtime/process"
)

const (
	// lastSecond is what others have to end when the main process has ended.
	lastSecond = time.Second
	// sayWaiting is how long an interrupt may take before it says why.
	sayWaiting = 500 * time.Millisecond
)

// node is a runtime for one command, and the log that it writes to.
type node struct {
	cli *cli
	rt  *runtime.Runtime
	log *logHandler
	// beside tells that services with auto_start: true run beside the main process.
	beside bool
	dir    string // the application's; "" if there is none
	// command is what it runs for, as others see it: no arguments, which may be secret.
	command string
	ears    ears
	stdout  *outlet // of the terminal's processes
	// stuck tells that processes did not end: nothing of theirs may be freed.
	stuck bool
}

// open makes a node of an application; dir "" means none.
func (c *cli) open(dir string) (*node, error) {
	n := &node{cli: c, log: c.newLog(), dir: dir, stdout: newOutlet(c.stdout)}
	n.stdout.join(c.sink)
	var err error
	n.rt, err = runtime.New(
		runtime.WithTerminal(&process.Terminal{Stdin: c.stdin, Stdout: n.stdout, Stderr: behind{c.sink}}),
		runtime.WithLogger(slog.New(n.log)),
		runtime.WithCompilationCache(cacheDir()),
		runtime.WithCompileProgress(c.progress),
	)
	if err != nil {
		return nil, err
	}
	if dir == "" {
		return n, nil
	}
	if err := n.rt.Load(dir); err != nil {
		n.close()
		return nil, err
	}
	return n, nil
}

// close ends what start and listen began, and frees what the node holds, if that is soon done: the program's end
// frees it as well, and a compilation that goes on cannot be hurried.
func (n *node) close() {
	n.deafen()
	if n.stuck {
		return
	}
	closed := make(chan struct{})
	go func() {
		_ = n.rt.Close()
		close(closed)
	}()
	select {
	case <-closed:
	case <-time.After(n.cli.patience):
	}
}

// start starts the main process.
type start func() (*runtime.Process, error)

// run compiles and starts the main process, and returns when neither it nor
// what it spawned is left, or when what is left cannot be killed.
func (n *node) run(prepare func(context.Context) (start, error)) error {
	signals, stop := n.cli.signals()
	defer stop()
	defer ignorePipes()()
	defer n.cli.flushLog(signals)
	main, err := compile(n, signals, prepare)
	if err != nil {
		return err
	}
	if err := n.start(); err != nil {
		return err
	}
	var services *runtime.Services
	if n.beside {
		if services, err = n.startAlways(signals); err != nil {
			return err
		}
	}
	p, err := n.log.spawnMain(main)
	if err != nil {
		n.stopAll(services, "nothing to run", 0, signals)
		return err
	}
	var late <-chan time.Time
	unread := n.stdout.broken
	for {
		select {
		case <-p.Done():
			result := n.say(p.Exit(), signals, nil)
			n.stopAll(services, "the main process has ended", lastSecond, signals)
			return result
		case <-unread: // the process was told, and may end in its own way
			unread, late = nil, time.After(lastSecond)
		case <-late:
			const reason = "nobody reads the output"
			if services == nil {
				n.stop(reason, lastSecond, signals)
			} else if n.stopMain(p, reason, lastSecond, signals) {
				n.stopAll(services, reason, lastSecond, signals)
			}
			return exit(exitSignal + int(syscall.SIGPIPE))
		case s := <-signals:
			waiting := time.AfterFunc(sayWaiting, func() {
				fmt.Fprintf(n.cli.stderr, "wippy: %v: processes have %v to end; once more kills them\n", s, n.cli.grace)
			})
			if services == nil {
				n.stop(s.String(), n.cli.grace, signals)
			} else if n.stopMain(p, s.String(), n.cli.grace, signals) {
				n.stopAll(services, s.String(), n.cli.grace, signals)
			}
			waiting.Stop()
			return n.interrupted(p, s, signals)
		}
	}
}

// stopMain stops the main process before the services that it may use. False
// when a further signal killed all processes.
func (n *node) stopMain(p *runtime.Process, reason string, grace time.Duration, signals <-chan os.Signal) bool {
	_ = n.rt.Cancel(p.PID(), reason, grace) // or it has ended
	stuck := time.NewTimer(grace + n.cli.patience)
	defer stuck.Stop()
	select {
	case <-p.Done():
	case <-stuck.C:
	case <-signals:
		n.rt.KillAll()
		n.stop(reason, 0, signals)
		return false
	}
	return true
}

// compile calls f, which may take long. A signal meanwhile abandons it: there
// are no processes yet that would have to be asked.
func compile[T any](n *node, signals <-chan os.Signal, f func(context.Context) (T, error)) (compiled T, err error) {
	if err := n.listen(); err != nil {
		return compiled, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	type outcome struct {
		compiled T
		err      error
	}
	done := make(chan outcome, 1)
	go func() {
		c, err := f(ctx)
		done <- outcome{c, err}
	}()
	select {
	case o := <-done:
		return o.compiled, o.err
	case s := <-signals:
		n.stuck = true // a compiler cannot be stopped
		return compiled, signalled(s)
	}
}

// stop ends all processes: it asks them, and kills them when grace is over or
// at a further signal; it is true then. Those that outlive even that are named.
func (n *node) stop(reason string, grace time.Duration, signals <-chan os.Signal) (killed bool) {
	ctx, cancel := context.WithTimeout(context.Background(), grace+n.cli.patience)
	defer cancel()
	stopped := make(chan error, 1)
	go func() { stopped <- n.rt.Stop(ctx, reason, grace) }()
	var err error
	select {
	case err = <-stopped:
	case <-signals:
		killed = true
		n.rt.KillAll()
		time.AfterFunc(n.cli.patience, cancel)
		err = <-stopped
	}
	if err != nil {
		n.stuck = true
		n.cli.complain(err)
	}
	return killed
}

// say is outcome, given up at a signal or a time: nobody may read what is printed, as a terminal
// that was stopped, and what a killed process was printing there may still have its turn.
func (n *node) say(e *mailbox.Exit, signals <-chan os.Signal, late <-chan time.Time) error {
	said := make(chan error, 1)
	go func() { said <- n.outcome(e) }()
	select {
	case err := <-said:
		return err
	case s := <-signals:
		return signalled(s)
	case <-late:
		return exit(exitFailed)
	}
}

// outcome prints what the main process returned or why it failed, and gives
// the command's result. If nobody reads the output any more that is what SIGPIPE
// does to other programs, unless the process had something else to say.
func (n *node) outcome(e *mailbox.Exit) error {
	switch {
	case e.HasCode && (e.Code != 0 || !n.stdout.unread()):
		return chosen(e.Code)
	case e.Err != nil && !(n.stdout.unread() && strings.Contains(e.Err.Error(), syscall.EPIPE.Error())):
		n.cli.complain(e.Err)
		return exit(exitFailed)
	}
	var err error
	if !n.stdout.unread() {
		err = printValues(n.stdout, e.Values)
	}
	switch {
	case n.stdout.unread(): // no news to whoever stopped reading
		return exit(exitSignal + int(syscall.SIGPIPE))
	case err != nil:
		n.cli.complain(fmt.Errorf("the result cannot be printed: %w", err))
		return exit(exitFailed)
	}
	return nil
}

// interrupted is the result of a command that a signal ended. What the main
// process made of it is printed, unless that is only that it was killed.
func (n *node) interrupted(p *runtime.Process, s os.Signal, signals <-chan os.Signal) error {
	select {
	case <-p.Done():
		if e := p.Exit(); e.Reason != mailbox.ReasonKilled && e.Reason != mailbox.ReasonCancelled {
			_ = n.say(e, signals, time.After(n.cli.patience)) // the signal's exit code counts
		}
	default: // it is stuck
	}
	return signalled(s)
}
