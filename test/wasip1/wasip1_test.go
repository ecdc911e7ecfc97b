// Package wasip1_test runs the public WASI test-suite's preview 1 programs as
// entries of an application. They lie outside of this repository: the variable
// WIPPY_WASI_P1 names the folder that holds the suite's folders, each with
// NAME.wasm, and NAME.json where a program wants something:
//
//	{"root": "DIR", "args": […], "env": {…}, "stdout": "…", "exit_code": 0}
//
// root is a folder beside it that the program sees as /; it gets a copy.
package wasip1_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"wippy/mailbox"
	"wippy/runtime"
	"wippy/runtime/process"
)

// cache is a directory for compiled code, as some programs run several times.
var cache string

func TestMain(m *testing.M) {
	var err error
	if cache, err = os.MkdirTemp("", "wasip1-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		os.RemoveAll(cache)
		os.Exit(code)
	}))
}

// suites are the folders of the suite, and how many programs each has.
var suites = map[string]int{"assemblyscript": 12, "c": 14, "rust": 46}

// skipped are the programs that are not run, with the reason.
var skipped = map[string]string{}

// manifest is what a NAME.json says.
type manifest struct {
	Root     string            `json:"root"`
	Args     []string          `json:"args"`
	Env      map[string]string `json:"env"`
	Stdout   *string           `json:"stdout"`
	ExitCode int               `json:"exit_code"`
}

func TestSuite(t *testing.T) {
	folder := os.Getenv("WIPPY_WASI_P1")
	if folder == "" {
		t.Skip("WIPPY_WASI_P1 does not name the folder of the WASI test-suite's preview 1 programs")
	}
	for suite, want := range suites {
		programs, err := filepath.Glob(filepath.Join(folder, suite, "*.wasm"))
		if err != nil || len(programs) != want {
			t.Errorf("%s has %d programs, want %d", suite, len(programs), want)
		}
		for _, program := range programs {
			name := suite + "/" + strings.TrimSuffix(filepath.Base(program), ".wasm")
			t.Run(name, func(t *testing.T) {
				if reason, ok := skipped[name]; ok {
					t.Skip(reason)
				}
				t.Parallel()
				runProgram(t, program)
			})
		}
	}
	for name := range skipped {
		if _, err := os.Stat(filepath.Join(folder, name+".wasm")); err != nil {
			t.Errorf("skipped lists %s, which is not there", name)
		}
	}
}

// runProgram runs one of them as the command of an application.
func runProgram(t *testing.T, program string) {
	binary, err := os.ReadFile(program)
	if err != nil {
		t.Fatal(err)
	}
	var m manifest
	if text, err := os.ReadFile(strings.TrimSuffix(program, ".wasm") + ".json"); err == nil {
		if err := json.Unmarshal(text, &m); err != nil {
			t.Fatal(err)
		}
	}
	dir := t.TempDir()
	write(t, filepath.Join(dir, "bin", "test.wasm"), binary)
	write(t, filepath.Join(dir, "_index.yaml"), []byte(m.entries(t, dir, filepath.Dir(program), binary)))

	var out, errs, log bytes.Buffer
	rt, err := runtime.New(
		runtime.WithTerminal(&process.Terminal{Stdout: &out, Stderr: &errs}),
		runtime.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
	if err != nil {
		t.Fatal(err)
	}
	defer rt.Close()
	if err := rt.Load(dir); err != nil {
		t.Fatal(err)
	}
	if err := rt.Start(); err != nil {
		t.Fatal(err)
	}
	p, err := rt.Spawn(context.Background(), "suite:test", rt.Terminal())
	if err != nil {
		t.Fatal(err)
	}
	e := p.Exit()
	if e.Code != m.ExitCode || e.Err != nil && !e.HasCode || (e.Reason == mailbox.ReasonNormal) != (m.ExitCode == 0) {
		t.Errorf("it ended with code %d, %s, %v; want code %d\nstdout: %s\nstderr: %s\nlog: %s",
			e.Code, e.Reason, e.Err, m.ExitCode, out.String(), errs.String(), log.String())
	}
	if m.Stdout != nil && strings.TrimSpace(out.String()) != strings.TrimSpace(*m.Stdout) {
		t.Errorf("stdout is %q, want %q", out.String(), *m.Stdout)
	}
}

// entries writes the application, and copies the root into it.
func (m *manifest) entries(t *testing.T, dir, beside string, binary []byte) string {
	var y strings.Builder
	y.WriteString(`namespace: suite
entries:
  - {name: bin, kind: fs.directory, directory: bin}
  - {name: root, kind: fs.directory, directory: root, auto_init: true}
`)
	var names []string
	for name, value := range m.Env {
		names = append(names, name)
		fmt.Fprintf(&y, "  - {name: env.%s, kind: env.variable, variable: %s, default: %s}\n", name, name, quote(value))
	}
	sort.Strings(names)
	fmt.Fprintf(&y, `  - name: test
    kind: process.wasm
    fs: bin
    path: test.wasm
    hash: sha256:%x
    method: _start
    imports: [wasi:cli, wasi:io, wasi:clocks, wasi:random, wasi:filesystem, wasi:sockets]
    wasi:
`, sha256.Sum256(binary))
	fmt.Fprintf(&y, "      args: %s\n", quote(slices.Concat([]string{}, m.Args)))
	if len(names) > 0 {
		y.WriteString("      env:\n")
		for _, name := range names {
			fmt.Fprintf(&y, "        - {id: env.%s, name: %s, required: true}\n", name, name)
		}
	}
	if m.Root != "" {
		if err := os.CopyFS(filepath.Join(dir, "root"), os.DirFS(filepath.Join(beside, m.Root))); err != nil {
			t.Fatal(err)
		}
		y.WriteString("      mounts: [{fs: root, guest: /}]\n")
	}
	return y.String()
}

// quote gives a value as JSON, which is YAML too.
func quote(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(text)
}

func write(t *testing.T, name string, content []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, content, 0o666); err != nil {
		t.Fatal(err)
	}
}
