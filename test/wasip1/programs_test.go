package wasip1_test

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"wippy/mailbox"
	"wippy/runtime"
	"wippy/runtime/process"
	"wippy/wasmhost"
	"wippy/wasmhost/wasi/world"
)

// program runs a binary that is no entry, to its end.
func program(t *testing.T, src wasmhost.Source, stdin string, words ...any) (*mailbox.Exit, string) {
	t.Helper()
	binary, err := os.ReadFile(src.Name)
	if err != nil {
		t.Fatal(err)
	}
	src.Bytes = binary
	var out bytes.Buffer
	rt, err := runtime.New(
		runtime.WithTerminal(&process.Terminal{Stdin: strings.NewReader(stdin), Stdout: &out, Stderr: &out}),
		runtime.WithExecutors(1),
		runtime.WithCompilationCache(cache))
	if err != nil {
		t.Fatal(err)
	}
	defer rt.Close()
	ctx := context.Background()
	prog, err := rt.CompileModule(ctx, src)
	if err != nil {
		t.Fatal(err)
	}
	if err := rt.Start(); err != nil {
		t.Fatal(err)
	}
	p, err := rt.SpawnProgram(ctx, prog, src.Name, rt.Terminal(), words...)
	if err != nil {
		t.Fatal(err)
	}
	return p.Exit(), out.String()
}

// full grants a program what it may want, and shows it a directory as /data.
func full(t *testing.T, name string) wasmhost.Source {
	return wasmhost.Source{
		Name:   name,
		Grants: []string{"wasi:cli", "wasi:io", "wasi:clocks", "wasi:random", "wasi:filesystem"},
		Dirs:   []wasmhost.Dir{{Host: t.TempDir(), Guest: "/data"}},
		Env:    func() ([]world.Variable, error) { return []world.Variable{{Name: "GREETING", Value: "hi"}}, nil },
	}
}

// check fails unless a program ended with a code and printed so.
func check(t *testing.T, e *mailbox.Exit, code int, out, want string) {
	t.Helper()
	if e.Code != code || e.Err != nil && !e.HasCode {
		t.Errorf("it ended with %d, %v; want %d", e.Code, e.Err, code)
	}
	if out != want {
		t.Errorf("it printed\n%s\nwant\n%s", out, want)
	}
}

// TestGo builds a Go program and runs it with everything and with nothing.
func TestGo(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds a program for another system")
	}
	name := filepath.Join(t.TempDir(), "gocmd.wasm")
	build := exec.Command("go", "build", "-o", name, "wippy/test/guests/gocmd")
	build.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm", "CGO_ENABLED=0")
	if text, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	e, out := program(t, full(t, name), "line\n", "a", "b c", 3)
	check(t, e, 3, out, `4 [gocmd.wasm a b c 3] hi
"line\n" <nil>
slept true
content [d b/ - g]
outside: true
`)
	e, out = program(t, wasmhost.Source{Name: name}, "line\n", "unseen", 3)
	check(t, e, 0, out, "")
}

// TestCommands runs commands that C and Rust compilers made.
func TestCommands(t *testing.T) {
	guests := os.Getenv("WIPPY_GUESTS")
	if guests == "" {
		t.Skip("WIPPY_GUESTS does not name the folder of the guests' binaries")
	}
	c := filepath.Join(guests, "c_wasip1_cmd.wasm")
	e, out := program(t, full(t, c), "in", "exit3")
	check(t, e, 3, out, `argc=2
to-stderr
argv[1]=exit3
GREETING=hi
stdin=2:in
slept>=15ms=1
file=written by guest
entries=0
`)
	bare := wasmhost.Source{Name: c, Grants: []string{"wasi:cli"}}
	e, out = program(t, bare, "", "x")
	check(t, e, 0, out, `argc=2
to-stderr
argv[1]=x
GREETING=(unset)
stdin=0:
slept>=15ms=1
no /data: errno-set=1
`)
	e, out = program(t, wasmhost.Source{Name: c}, "in", "exit3")
	check(t, e, 0, out, "")
	if e, _ = program(t, full(t, c), "", "trap"); e.Reason != mailbox.ReasonError || e.HasCode || !strings.Contains(e.Err.Message, "unreachable") {
		t.Errorf("a trap ends with %s, %v", e.Reason, e.Err)
	}
	rust := filepath.Join(guests, "rust_wasip1_cmd.wasm")
	e, out = program(t, full(t, rust), "in", "x")
	check(t, e, 0, out, "hello from rust std on wasi: args=[\"x\"] stdin=\"in\" env=Some(\"hi\")\n")
}
