package main

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	goruntime "runtime"
	"strings"
	"syscall"
	"testing"
)

// TestUnreadOutput closes the pipe that a program of its own prints to: its
// process is told, and the program ends as others do by SIGPIPE.
func TestUnreadOutput(t *testing.T) {
	if goruntime.GOOS == "windows" {
		t.Skip("there is no SIGPIPE on Windows")
	}
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name, script string
		code         int
		stderr       string
	}{
		{"prints on", `while true do print("ready") end`, 141, ""},
		{"returns a value", `print("ready") io.read() return "x"`, 141, ""},
		{"passes it on", `print("ready") io.read() while true do assert(pcall(print)) end`, 141, ""},
		{"fails otherwise", `print("ready") io.read() while pcall(print) do end error("of its own", 0)`, 1, "wippy: of its own\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "main.lua")
			if err := os.WriteFile(file, []byte(test.script), 0o666); err != nil {
				t.Fatal(err)
			}
			var stderr strings.Builder
			cmd := exec.Command(program)
			cmd.Args, cmd.Stderr = []string{"wippy", "run", file}, &stderr // TestMain goes by the name
			stdout, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			stdin, err := cmd.StdinPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			if line, err := bufio.NewReader(stdout).ReadString('\n'); err != nil || line != "ready\n" {
				t.Errorf("read %q, %v", line, err)
			}
			stdout.Close()
			stdin.Close()
			_ = cmd.Wait() // an exit code is an error, too
			if code := cmd.ProcessState.ExitCode(); code != test.code || !strings.HasPrefix(stderr.String(), test.stderr) || test.stderr == "" && stderr.Len() > 0 {
				t.Errorf("exit code %d, want %d; standard error:\n%s", code, test.code, stderr.String())
			}
		})
	}
}

// brokenPipe is a pipe that nobody reads.
type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) {
	return 0, &os.PathError{Op: "write", Path: "|1", Err: syscall.EPIPE}
}

// TestUnreadOutputAsks has a process that goes on be asked to end.
func TestUnreadOutputAsks(t *testing.T) {
	s := newSession()
	s.cli.stdout = io.Writer(brokenPipe{})
	s.start(t, `
		print = pcall(print)
		require("log").info("asked by " .. process.receive(nil, {type = "CANCEL"}).reason)`)
	s.stderr.wait(t, "asked by nobody reads the output")
	s.wantExit(t, 141)
}

// stopped is a terminal that takes nothing until it is closed.
type stopped struct{ writes, closed chan struct{} }

func (f stopped) Write(p []byte) (int, error) {
	f.writes <- struct{}{}
	<-f.closed
	return len(p), nil
}

// TestBlockedOutput gives up the result, that nobody reads, at a signal; where there is none
// nothing is written.
func TestBlockedOutput(t *testing.T) {
	stdout := stopped{make(chan struct{}, 1), make(chan struct{})}
	defer close(stdout.closed)
	s := newSession()
	s.cli.stdout = stdout
	s.start(t, `return "value"`)
	<-stdout.writes
	s.signals <- os.Interrupt
	s.wantExit(t, 130)
	nothing := newSession()
	nothing.cli.stdout = stdout
	nothing.start(t, `return nil`)
	nothing.wantExit(t, 0)
}
