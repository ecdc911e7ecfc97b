package wasi_test

import (
	"bytes"
	encoding "encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"wippy/mailbox"
	"wippy/runtime/process"
	"wippy/wasmhost/component"
	"wippy/wasmhost/linker"
	"wippy/wasmhost/wasi"
	"wippy/wasmhost/wasi/cli"
	"wippy/wasmhost/wasi/world"
)

// linkCommand links a component that is no guest of the tests'.
func linkCommand(t testing.TB, path string) *linker.Plan {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Skip(err)
	}
	c, err := component.Read(b)
	if err != nil {
		t.Fatal(err)
	}
	p, err := host.Link(background, filepath.Base(path), c, wasi.Registry().Resolver(filepath.Base(path), "app:x", all))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// command runs wasi:cli/run.
func command(t testing.TB, s setup) (e *mailbox.Exit, out, errs string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	s.terminal.Stdout, s.terminal.Stderr = &stdout, &stderr
	e = start(t, s, func(g *guest) {
		_, failed := g.try("run#run")
		g.result = cli.Ended(failed)
	}).wait()
	return e, stdout.String(), stderr.String()
}

// TestCommand runs a C program for preview 1 that was made a component by an
// adapter, of the directory that WIPPY_GUESTS names.
func TestCommand(t *testing.T) {
	dir := os.Getenv("WIPPY_GUESTS")
	if dir == "" {
		t.Skip("set WIPPY_GUESTS to a directory of .wasm files")
	}
	plan := linkCommand(t, filepath.Join(dir, "c_cmd_p1adapter.wasm"))
	data := mount(t, t.TempDir(), false)
	for _, tt := range []struct {
		args []string
		code int
		out  string
	}{
		{nil, 0, "argc=1\nGREETING=hi\nstdin=5:input\nslept>=15ms=1\nfile=written by guest\nentries=0\n"},
		{[]string{"a", "b c"}, 0, "argc=3\nargv[1]=a\nargv[2]=b c\nGREETING=hi\nstdin=5:input\nslept>=15ms=1\nfile=written by guest\nentries=0\n"},
		{[]string{"exit3"}, 1, "argc=2\nargv[1]=exit3\nGREETING=hi\nstdin=5:input\nslept>=15ms=1\nfile=written by guest\nentries=0\n"},
	} {
		e, out, errs := command(t, setup{
			plan:     plan,
			config:   world.Config{Name: "cmd.wasm", Args: tt.args, Mounts: []world.Mount{{Guest: "/data", Files: data}}},
			env:      []world.Variable{{Name: "GREETING", Value: "hi"}},
			terminal: &process.Terminal{Stdin: strings.NewReader("input")},
		})
		if e.Code != tt.code || !e.HasCode || out != tt.out || errs != "to-stderr\n" {
			t.Errorf("%q: code %d, %v\nstdout %q\nwant   %q\nstderr %q", tt.args, e.Code, e.Err, out, tt.out, errs)
		}
	}
	e, _, _ := command(t, setup{plan: plan, config: world.Config{Name: "cmd.wasm", Args: []string{"trap"}}, terminal: &process.Terminal{Stdin: strings.NewReader("")}})
	if e.Reason != mailbox.ReasonError || e.HasCode || !strings.Contains(e.Err.Message, "unreachable") {
		t.Errorf("%s: %v", e.Reason, e.Err)
	}
}

// TestAdapted runs the public test-suite's preview 1 programs as components: the
// variable WIPPY_WASI_P1_ADAPTED names the folder that test/wast/adapt.mjs made of them.
func TestAdapted(t *testing.T) {
	folder := os.Getenv("WIPPY_WASI_P1_ADAPTED")
	if folder == "" {
		t.Skip("WIPPY_WASI_P1_ADAPTED does not name the folder of the WASI test-suite's preview 1 programs as components")
	}
	programs, err := filepath.Glob(filepath.Join(folder, "*", "*.wasm"))
	if err != nil || len(programs) == 0 {
		t.Fatal("there are no programs", err)
	}
	for _, program := range programs {
		name := filepath.Base(filepath.Dir(program)) + "/" + strings.TrimSuffix(filepath.Base(program), ".wasm")
		t.Run(name, func(t *testing.T) {
			if reason := adapterFails[name]; reason != "" {
				t.Skip(reason)
			}
			runAdapted(t, program)
		})
	}
}

// adapterFails are the programs that the adapter does not let pass on any host,
// with the reason.
var adapterFails = map[string]string{
	"assemblyscript/args_get-multiple-arguments":    "args_get fails by an assertion of the adapter's own",
	"assemblyscript/environ_get-multiple-variables": "environ_get fails by an assertion of the adapter's own",
	"assemblyscript/fd_write-to-invalid-fd":         "the adapter has another error for a descriptor that there is not",
}

func runAdapted(t *testing.T, program string) {
	var m struct {
		Root     string            `json:"root"`
		Args     []string          `json:"args"`
		Env      map[string]string `json:"env"`
		Stdout   *string           `json:"stdout"`
		ExitCode int               `json:"exit_code"`
	}
	if text, err := os.ReadFile(strings.TrimSuffix(program, ".wasm") + ".json"); err == nil {
		if err := encoding.Unmarshal(text, &m); err != nil {
			t.Fatal(err)
		}
	}
	s := setup{
		plan: linkCommand(t, program), config: world.Config{Name: filepath.Base(program), Args: m.Args},
		terminal: &process.Terminal{Stdin: strings.NewReader("")},
	}
	for name, value := range m.Env {
		s.env = append(s.env, world.Variable{Name: name, Value: value})
	}
	if m.Root != "" {
		root := t.TempDir()
		if err := os.CopyFS(root, os.DirFS(filepath.Join(filepath.Dir(program), m.Root))); err != nil {
			t.Fatal(err)
		}
		s.config.Mounts = []world.Mount{{Guest: "/", Files: mount(t, root, false)}}
	}
	e, out, errs := command(t, s)
	if want := min(m.ExitCode, 1); e.Code != want || e.Err != nil && !e.HasCode {
		t.Errorf("it ended with code %d, %s, %v; want code %d\nstdout: %s\nstderr: %s", e.Code, e.Reason, e.Err, want, out, errs)
	}
	if m.Stdout != nil && strings.TrimSpace(out) != strings.TrimSpace(*m.Stdout) {
		t.Errorf("stdout is %q, want %q", out, *m.Stdout)
	}
}
