package test

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"wippy/runtime"
	"wippy/runtime/process"
)

// The README's first command: a Lua script that orchestrates WebAssembly
// workers, and the smallest such script.
func TestComputeExample(t *testing.T) {
	var out bytes.Buffer
	rt, err := runtime.New(runtime.WithTerminal(&process.Terminal{Stdin: strings.NewReader(""), Stdout: &out, Stderr: &out}))
	if err != nil {
		t.Fatal(err)
	}
	defer rt.Close()
	if err := rt.Load("../examples/compute"); err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	if err := rt.Check(ctx); err != nil {
		t.Fatal(err)
	}
	if err := rt.Start(); err != nil {
		t.Fatal(err)
	}
	defer rt.Stop(ctx, "test over", time.Second)
	if _, err := rt.Run(ctx, "myns:primes", rt.Terminal(), "1000"); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"     18 primes in [0, 63)\n",
		"    168 primes below 1000\n",
		"a worker that divides by zero: error: wasm trap: integer divide by zero\n",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the output lacks %q:\n%s", want, out.String())
		}
	}
}

// TestFilesExample builds a Go program for WASI preview 1 and runs it as a
// process that reads one directory and writes into another.
func TestFilesExample(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds a program for another system")
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("..", "examples", "files"))); err != nil {
		t.Fatal(err)
	}
	build := exec.Command("go", "run", "wippy/examples/files/build", dir)
	if text, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	var out bytes.Buffer
	rt, err := runtime.New(runtime.WithTerminal(&process.Terminal{Stdout: &out, Stderr: &out}))
	if err != nil {
		t.Fatal(err)
	}
	defer rt.Close()
	if err := rt.Load(dir); err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	if err := rt.Check(ctx); err != nil {
		t.Fatal(err)
	}
	if err := rt.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := rt.Run(ctx, "files:report", rt.Terminal()); err != nil {
		t.Fatal(err)
	}
	if out.String() != "5 lines read\n" {
		t.Errorf("output %q", out.String())
	}
	totals, err := os.ReadFile(filepath.Join(dir, "output", "totals.json"))
	if want := "{\n  \"apples\": 7,\n  \"pears\": 6,\n  \"plums\": 12\n}"; err != nil || string(totals) != want {
		t.Errorf("totals %q, %v", totals, err)
	}
}
