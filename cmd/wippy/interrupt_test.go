package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	goruntime "runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	glua "github.com/yuin/gopher-lua"

	"wippy/luamod"
	"wippy/runtime"
)

// output is a stream that a test can wait for.
type output struct {
	mu      sync.Mutex
	text    strings.Builder
	written chan struct{} // a token whenever text has grown
}

func newOutput() *output { return &output{written: make(chan struct{}, 1)} }

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.text.Write(p)
	select {
	case o.written <- struct{}{}:
	default:
	}
	return len(p), nil
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// wait blocks until the stream holds text.
func (o *output) wait(t *testing.T, text string) {
	t.Helper()
	timeout := time.After(10 * time.Second)
	for !strings.Contains(o.String(), text) {
		select {
		case <-o.written:
		case <-timeout:
			t.Fatalf("no %q in the output:\n%s", text, o)
		}
	}
}

// session is the command line within this process, with signals of the test's own.
type session struct {
	*cli
	signals        chan os.Signal
	stdout, stderr *output
	result         chan int
}

func newSession() *session {
	s := &session{signals: make(chan os.Signal), stdout: newOutput(), stderr: newOutput(), result: make(chan int, 1)}
	s.cli = &cli{
		stdin: strings.NewReader(""), stdout: s.stdout, stderr: s.stderr,
		signals:  func() (<-chan os.Signal, func()) { return s.signals, func() {} },
		grace:    time.Minute,
		patience: time.Minute,
	}
	return s
}

// start runs a script in the background.
func (s *session) start(t *testing.T, script string, flags ...string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "main.lua")
	if err := os.WriteFile(file, []byte(script), 0o666); err != nil {
		t.Fatal(err)
	}
	go func() { s.result <- s.run(slices.Concat([]string{"run"}, flags, []string{file})) }()
}

func (s *session) wantExit(t *testing.T, want int) {
	t.Helper()
	select {
	case code := <-s.result:
		if code != want {
			t.Errorf("exit code %d, want %d; standard error:\n%s", code, want, s.stderr)
		}
	case <-time.After(10 * time.Second):
		t.Fatalf("it did not end; standard error:\n%s", s.stderr)
	}
}

func TestInterruptAsks(t *testing.T) {
	s := newSession()
	s.start(t, `
		print("ready")
		print("asked by " .. process.receive(nil, {type = "CANCEL"}).reason)
		return "all is saved"`)
	s.stdout.wait(t, "ready")
	s.signals <- os.Interrupt
	s.wantExit(t, 130)
	if want := "ready\nasked by interrupt\nall is saved\n"; s.stdout.String() != want {
		t.Errorf("standard output:\n%swant:\n%s", s.stdout, want)
	}
	if s.stderr.String() != "" {
		t.Errorf("standard error:\n%s", s.stderr)
	}
}

func TestInterruptFails(t *testing.T) {
	s := newSession()
	s.start(t, `
		print("ready")
		process.receive(nil, {type = "CANCEL"})
		error("cannot be saved")`)
	s.stdout.wait(t, "ready")
	s.signals <- os.Interrupt
	s.wantExit(t, 130)
	if strings.Count(s.stderr.String(), "cannot be saved") != 1 {
		t.Errorf("standard error should have the failure once:\n%s", s.stderr)
	}
}

const deaf = `
	print("ready")
	while true do process.receive() end`

func TestInterruptTwiceKills(t *testing.T) {
	s := newSession()
	s.start(t, deaf)
	s.stdout.wait(t, "ready")
	s.signals <- os.Interrupt
	s.stderr.wait(t, "wippy: interrupt: processes have 1m0s to end; once more kills them\n")
	s.signals <- os.Interrupt
	s.wantExit(t, 130)
}

func TestInterruptGraceEnds(t *testing.T) {
	s := newSession()
	s.start(t, deaf, "--grace", "10ms")
	s.stdout.wait(t, "ready")
	s.signals <- syscall.SIGTERM
	s.wantExit(t, 143)
	if s.stderr.String() != "" {
		t.Errorf("standard error:\n%s", s.stderr)
	}
}

func TestInterruptWhileCompiling(t *testing.T) {
	s := newSession()
	n, err := s.open("")
	if err != nil {
		t.Fatal(err)
	}
	defer n.close()
	abandoned := make(chan struct{})
	err = n.run(func(ctx context.Context) (start, error) {
		s.signals <- os.Interrupt
		<-ctx.Done()
		close(abandoned)
		return nil, ctx.Err()
	})
	if !errors.Is(err, exit(130)) {
		t.Errorf("got %v, want exit code 130", err)
	}
	<-abandoned
}

// TestStuck has a process that nobody can end, here in a function of Go: the
// program ends without it and says so.
func TestStuck(t *testing.T) {
	begun, release := make(chan struct{}), make(chan struct{})
	rt, err := runtime.New(runtime.WithModule(luamod.Functions("stuck", "", map[string]glua.LGFunction{
		"forever": func(*glua.LState) int { close(begun); <-release; return 0 },
	})))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		close(release)
		_ = rt.Stop(context.Background(), "", 0)
		_ = rt.Close()
	})
	prog, err := rt.CompileScript("stuck.lua", []byte(`require("stuck").forever()`), nil)
	if err != nil {
		t.Fatal(err)
	}
	s := newSession()
	s.grace, s.patience = 0, 10*time.Millisecond
	n := &node{cli: s.cli, rt: rt, log: s.newLog(), stdout: newOutlet(s.cli.stdout)}
	defer n.close()
	go func() {
		<-begun
		s.signals <- os.Interrupt
	}()
	err = n.run(func(context.Context) (start, error) {
		return n.starter(prog, "stuck.lua", nil), nil
	})
	if !errors.Is(err, exit(130)) {
		t.Errorf("got %v, want exit code 130", err)
	}
	if got := s.stderr.String(); !strings.HasPrefix(got, "wippy: ") || !strings.Contains(got, "stuck.lua") {
		t.Errorf("standard error should name what is stuck:\n%s", got)
	}
}

// TestSignals sends real signals to a program of its own.
func TestSignals(t *testing.T) {
	if goruntime.GOOS == "windows" {
		t.Skip("a program cannot send these signals on Windows")
	}
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "main.lua")
	if err := os.WriteFile(file, []byte(`print("ready") process.receive()`), 0o666); err != nil {
		t.Fatal(err)
	}
	for s, want := range map[os.Signal]int{os.Interrupt: 130, syscall.SIGTERM: 143} {
		stdout := newOutput()
		cmd := exec.Command(program)
		cmd.Args = []string{"wippy", "run", file} // TestMain goes by the name
		cmd.Stdout, cmd.Stderr = stdout, os.Stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		stdout.wait(t, "ready")
		if err := cmd.Process.Signal(s); err != nil {
			t.Error(err)
		}
		_ = cmd.Wait() // an exit code is an error, too
		if code := cmd.ProcessState.ExitCode(); code != want {
			t.Errorf("%v: exit code %d, want %d", s, code, want)
		}
	}
}
