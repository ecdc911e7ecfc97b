package main

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	goruntime "runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"go.uber.org/goleak"

	"wippy/runtime/control"
)

var update = flag.Bool("update", false, "write what the scripts' commands print into the files that they are compared with")

func TestMain(m *testing.M) {
	testscript.Main(leakChecked{m}, map[string]func(){"wippy": main})
}

// leakChecked fails tests that leave goroutines behind.
type leakChecked struct{ *testing.M }

func (m leakChecked) Run() int {
	dir, err := runtimeDir()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	os.Setenv(control.DirVariable, dir)
	code := m.M.Run()
	if err := goleak.Find(); code == 0 && err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

// runtimeDir makes a directory for control sockets, so that tests see none of
// the machine's nodes. The path of a socket must be short, which the usual place
// on macOS is not.
func runtimeDir() (string, error) {
	place := ""
	if goruntime.GOOS == "darwin" {
		place = "/tmp"
	}
	return os.MkdirTemp(place, "wippy")
}

// TestScript runs the scripts, each against the program as a process of its
// own. Beside testscript's commands there are
//
//	exits CODE PROGRAM ARGS...   like exec, for an exact exit code
//	expand FILE                  puts values in place of ${NAME} and ${hash:FILE} in a file
//	bytes FILE HEX               makes a binary file
//	large FILE SIZE              makes a file of so many zeros, which take no room
//	ready NAME PROGRAM ARGS...   starts a program, and goes on when it has printed a line
//	ended NAME CODE              waits until it has ended, for an exact exit code
//
// and $GUESTS is the directory of the test guests' binaries, $COMPONENTS that
// of the components that package component is tested with, and $TESTDATA ours.
func TestScript(t *testing.T) {
	absolute := func(elem ...string) string {
		dir, err := filepath.Abs(filepath.Join(elem...))
		if err != nil {
			t.Fatal(err)
		}
		return dir
	}
	guests := absolute("..", "..", "test", "guests", "bin")
	components := absolute("..", "..", "wasmhost", "component", "testdata")
	testdata := absolute("testdata")
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "script"),
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("GUESTS", guests)
			env.Setenv("COMPONENTS", components)
			env.Setenv("TESTDATA", testdata)
			env.Setenv(cacheVariable, filepath.Join(env.WorkDir, ".cache"))
			dir, err := runtimeDir()
			env.Defer(func() { _ = os.RemoveAll(dir) })
			env.Setenv(control.DirVariable, dir)
			env.Values[startedKey{}] = started{}
			env.Values[environ{}] = env
			return err
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":  scriptExits,
			"expand": scriptExpand,
			"bytes":  scriptBytes,
			"large":  scriptLarge,
			"ready":  scriptReady,
			"ended":  scriptEnded,
		},
	})
}

// started are the programs of a script that ready started, by name.
type started map[string]*exec.Cmd

type startedKey struct{}

// environ is the key of a script's environment.
type environ struct{}

func scriptReady(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: ready NAME PROGRAM [ARGS...]")
	}
	program, err := exec.LookPath(args[1])
	ts.Check(err)
	cmd := exec.Command(program, args[2:]...)
	var stderr bytes.Buffer // read once it has ended
	cmd.Dir, cmd.Env, cmd.Stderr = ts.MkAbs("."), ts.Value(environ{}).(*testscript.Env).Vars, &stderr
	stdout, err := cmd.StdoutPipe()
	ts.Check(err)
	ts.Check(cmd.Start())
	ts.Defer(func() {
		if cmd.ProcessState == nil {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		}
	})
	if _, err := bufio.NewReader(stdout).ReadString('\n'); err != nil {
		_ = cmd.Wait()
		ts.Fatalf("it printed no line: %v\n%s", err, &stderr)
	}
	ts.Value(startedKey{}).(started)[args[0]] = cmd
}

func scriptEnded(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: ended NAME CODE")
	}
	cmd := ts.Value(startedKey{}).(started)[args[0]]
	if cmd == nil {
		ts.Fatalf("nothing is started as %q", args[0])
	}
	_ = cmd.Wait() // an exit code is an error, too
	if code := strconv.Itoa(cmd.ProcessState.ExitCode()); code != args[1] {
		ts.Fatalf("exit code %s, want %s\n%s", code, args[1], cmd.Stderr)
	}
}

func scriptExits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM [ARGS...]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	code := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		exited, ok := errors.AsType[*exec.ExitError](err)
		if !ok {
			ts.Fatalf("%v", err)
		}
		code = exited.ExitCode()
	}
	if code != want {
		ts.Fatalf("exit code %d, want %d", code, want)
	}
}

func scriptExpand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: expand FILE")
	}
	text := os.Expand(ts.ReadFile(args[0]), func(name string) string {
		file, isHash := strings.CutPrefix(name, "hash:")
		if !isHash {
			return ts.Getenv(name)
		}
		sum, err := (&cli{}).hashFile(ts.MkAbs(file))
		ts.Check(err)
		return sum
	})
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text), 0o666))
}

func scriptBytes(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: bytes FILE HEX")
	}
	content, err := hex.DecodeString(args[1])
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), content, 0o666))
}

func scriptLarge(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: large FILE SIZE")
	}
	size, err := strconv.ParseInt(args[1], 10, 64)
	ts.Check(err)
	scriptBytes(ts, false, []string{args[0], ""})
	ts.Check(os.Truncate(ts.MkAbs(args[0]), size))
}
