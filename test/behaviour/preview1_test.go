package behaviour_test

import (
	"context"
	"io"
	"testing"

	"wippy/mailbox"
	"wippy/runtime"
	"wippy/runtime/process"
)

// terminal gives a terminal whose input is a pipe, and what it prints.
func terminal() (_ runtime.Option, input *io.PipeWriter, printed chan string) {
	r, w := io.Pipe()
	printed = make(chan string, 10)
	print := writerFunc(func(b []byte) (int, error) {
		printed <- string(b)
		return len(b), nil
	})
	return runtime.WithTerminal(&process.Terminal{Stdin: r, Stdout: print, Stderr: print}), w, printed
}

// waiting returns once a process waits.
func (n *node) waiting(p *runtime.Process) {
	n.t.Helper()
	e := n.script("waiting.lua", `require("check").waiting(...)`, string(p.PID()))
	if e.Err != nil {
		n.t.Fatal(failure(e))
	}
}

// TestStandardInput has guests of different kinds wait for the terminal's
// input: none holds the only executor, and each byte is one's.
func TestStandardInput(t *testing.T) {
	option, input, printed := terminal()
	n := start(t, "app", option, runtime.WithExecutors(1))
	copies := n.spawn("app:wasi.copy", n.Terminal())
	n.waiting(copies)
	if v, err := n.Run(context.Background(), "app:wasi.product", "app:processes", 6, 7); err != nil || v[0].Any() != 42.0 {
		t.Fatal(v, err)
	}
	io.WriteString(input, "one\n")
	if text := <-printed; text != "one\n" {
		t.Errorf("it copied %q", text)
	}
	killed := n.spawn("app:wasi.wait", n.Terminal(), 1_000_000)
	n.waiting(killed)
	killed.Terminate()
	if e := killed.Exit(); e.Reason != mailbox.ReasonKilled {
		t.Error(e.Reason)
	}
	io.WriteString(input, "two\n")
	input.Close()
	if e := copies.Exit(); e.Err != nil || e.Values[0].Any() != 8.0 {
		t.Errorf("it copied %v bytes, %v", e.Values, e.Err)
	}
	if text := <-printed; text != "two\n" {
		t.Errorf("it copied %q", text)
	}
}

// TestPollOfInput waits for input and time, whichever comes first.
func TestPollOfInput(t *testing.T) {
	option, input, _ := terminal()
	n := start(t, "app", option)
	late := n.spawn("app:wasi.wait", n.Terminal(), 1000)
	n.clock.WaitTimers(1)
	n.clock.Advance(patience)
	if e := late.Exit(); e.Err != nil || e.Values[0].Any() != 2.0 {
		t.Errorf("the time gave %v, %v", e.Values, e.Err)
	}
	early := n.spawn("app:wasi.wait", n.Terminal(), 1000)
	n.waiting(early)
	io.WriteString(input, "x")
	if e := early.Exit(); e.Err != nil || e.Values[0].Any() != 1.0 {
		t.Errorf("the input gave %v, %v", e.Values, e.Err)
	}
	input.Close()
}
