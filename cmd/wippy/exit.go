package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"

	"wippy/config"
	"wippy/mailbox"
)

// The exit codes that no process chose (SPEC section 4).
const (
	exitFailed = 1
	exitUsage  = 2
	exitSignal = 128 // and the signal's number: 130 for an interrupt
)

// exit is the error of a command that has said everything and wants this exit code.
type exit int

func (e exit) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

// chosen is the exit code of a process that chose one. Systems keep its lowest
// byte; where only that is zero, the failure must not get lost.
func chosen(code int) exit {
	if code != 0 && code&0xff == 0 {
		return exitFailed
	}
	return exit(code & 0xff)
}

// signalled is the exit code of a program that a signal ended.
func signalled(s os.Signal) exit {
	if n, ok := s.(syscall.Signal); ok {
		return exitSignal + exit(n)
	}
	return exitFailed
}

// exitCode gives the exit code for what a command came to, and says why it is not zero.
func (c *cli) exitCode(err error) int {
	if err == nil {
		return 0
	}
	if code, ok := errors.AsType[exit](err); ok {
		return int(code)
	}
	c.complain(err)
	return exitUsage
}

// complain prints an error: mistakes in the configuration a line each, as
// editors and terminals like them; everything else as wippy's own, with the
// guest's frames where it has them. What a terminal would take for commands is
// left out: a process says what it likes when it fails, on no terminal of its own.
func (c *cli) complain(err error) {
	say := func(text string) { fmt.Fprintln(c.stderr, strings.Map(harmless, text)) }
	if mistakes, ok := errors.AsType[config.Errors](err); ok {
		say(mistakes.Error())
		return
	}
	if mistake, ok := errors.AsType[*config.Error](err); ok {
		say(mistake.Error())
		return
	}
	say("wippy: " + strings.TrimRight(err.Error(), "\n"))
	e, ok := errors.AsType[*mailbox.Error](err)
	if !ok {
		return
	}
	if t := e.Value.Table(); t != nil && len(t.List)+len(t.Pairs) > 0 { // the message does not show it
		say(fmt.Sprintf("\twith %s", e.Value.AppendJSON(nil)))
	}
	for i := 0; i < len(e.Trace); {
		n := 1
		for i+n < len(e.Trace) && e.Trace[i+n] == e.Trace[i] {
			n++
		}
		line := e.Trace[i]
		if n > 1 { // a recursion
			line += fmt.Sprintf(" (%d times)", n)
		}
		say("\t" + line)
		i += n
	}
}
