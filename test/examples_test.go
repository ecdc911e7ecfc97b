package test

import (
	"bytes"
	"context"
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
