package main

import (
	"os"
	"os/exec"
	"path/filepath"
	goruntime "runtime"
	"strings"
	"syscall"
	"testing"
)

// serviceApp has two services, one of which requires the other.
const serviceApp = `
namespace: app
entries:
- {name: terminal, kind: terminal.host}
- name: polite
  kind: process.lua
  source: |
    print("start " .. ...)
    print("stop " .. ... .. ": " .. process.receive({type = "CANCEL"}).reason)
- {name: db, kind: process.service, process: polite, group: terminal, args: [db]}
- {name: web, kind: process.service, process: polite, group: terminal, args: [web], lifecycle: {requires: [db]}}
`

// startApp runs an application's services in the background.
func (s *session) startApp(t *testing.T, index string) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "_index.yaml"), []byte(index), 0o666); err != nil {
		t.Fatal(err)
	}
	go func() { s.result <- s.run([]string{"--app", dir, "run"}) }()
}

func TestServicesStopInOrder(t *testing.T) {
	for signal, want := range map[os.Signal]int{syscall.SIGTERM: 0, os.Interrupt: 130} {
		s := newSession()
		s.startApp(t, serviceApp)
		s.stdout.wait(t, "start web")
		s.stdout.wait(t, "start db")
		s.signals <- signal
		s.wantExit(t, want)
		reason := signal.String()
		s.stdout.wait(t, "stop web: "+reason+"\nstop db: "+reason+"\n")
	}
}

// stubbornApp has a service that does not stop.
const stubbornApp = `
namespace: app
entries:
- {name: terminal, kind: terminal.host}
- {name: deaf, kind: process.lua, source: 'print("ready") while true do process.receive() end'}
- {name: stubborn, kind: process.service, process: deaf, group: terminal, lifecycle: {stop_timeout: STOP}}
`

func TestServicesSecondSignalKills(t *testing.T) {
	s := newSession()
	s.startApp(t, replaced(stubbornApp, "infinity"))
	s.stdout.wait(t, "ready")
	s.signals <- syscall.SIGTERM
	s.stderr.wait(t, "wippy: terminated: services have as long as they like to stop in order; once more kills them\n")
	s.signals <- syscall.SIGTERM
	s.wantExit(t, 143)
}

// One that does not stop is killed at its own time-out; that is an orderly stop.
func TestServicesStopTimeout(t *testing.T) {
	s := newSession()
	s.startApp(t, replaced(stubbornApp, "10ms"))
	s.stdout.wait(t, "ready")
	s.signals <- syscall.SIGTERM
	s.wantExit(t, 0)
	s.stderr.wait(t, "a child did not end in its time and was killed")
}

func replaced(app, stop string) string { return strings.ReplaceAll(app, "STOP", stop) }

// TestServicesSignals sends real signals to a program of its own.
func TestServicesSignals(t *testing.T) {
	if goruntime.GOOS == "windows" {
		t.Skip("a program cannot send these signals on Windows")
	}
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "_index.yaml"), []byte(serviceApp), 0o666); err != nil {
		t.Fatal(err)
	}
	for signal, want := range map[os.Signal]int{os.Interrupt: 130, syscall.SIGTERM: 0} {
		stdout := newOutput()
		cmd := exec.Command(program)
		cmd.Args = []string{"wippy", "-q", "--app", dir, "run"} // TestMain goes by the name
		cmd.Stdout, cmd.Stderr = stdout, os.Stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		stdout.wait(t, "start web")
		if err := cmd.Process.Signal(signal); err != nil {
			t.Error(err)
		}
		_ = cmd.Wait() // an exit code is an error, too
		if code := cmd.ProcessState.ExitCode(); code != want {
			t.Errorf("%v: exit code %d, want %d", signal, code, want)
		}
	}
}
