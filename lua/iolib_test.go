package lua

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"wippy/runtime/process"
)

func TestTerminal(t *testing.T) {
	var out bytes.Buffer
	ctx := newFake()
	ctx.terminal = &process.Terminal{
		Stdin:  iotest.OneByteReader(strings.NewReader("first\n\n12.5 0x10 x\nrest of it\nlast")),
		Stdout: &out,
	}
	result, _ := start(t, ctx, `
		print("a", 1, nil, true)
		io.write("b", 2, "\n")
		print(io.read(), io.read("*L") == "\n", io.read("*n", "n"))
		print(io.read("*n"))
		print(io.read(1), io.read(0) == "", io.read())
		for line in io.lines() do print("<" .. line .. ">") end
		print(io.read(), io.read("*a"), io.read(5), io.read(0))
	`).Step(ctx)
	if result.Err != nil {
		t.Fatal(result.Err)
	}
	want := "a\t1\tnil\ttrue\nb2\nfirst\ttrue\t12.5\t16\nnil\nx\ttrue\t\n<rest of it>\n<last>\nnil\t\tnil\tnil\n"
	if out.String() != want {
		t.Errorf("got %q", out.String())
	}
}

// TestLog prints where there is no terminal.
func TestLog(t *testing.T) {
	ctx := newFake()
	result, _ := start(t, ctx, `
		print("one")
		io.write("t", "wo\nth")
		io.write("ree")
		assert(io.read() == nil and io.read("*a") == "" and io.read("*n") == nil and io.lines()() == nil)
	`).Step(ctx)
	if result.Err != nil {
		t.Fatal(result.Err)
	}
	if got, want := ctx.log.String(), "level=INFO msg=one\nlevel=INFO msg=two\nlevel=INFO msg=three\n"; got != want {
		t.Errorf("got %q", got)
	}
}

func TestBrokenTerminal(t *testing.T) {
	broken := errors.New("broken pipe")
	r, w := io.Pipe()
	r.CloseWithError(broken)
	ctx := newFake()
	ctx.terminal = &process.Terminal{Stdin: iotest.ErrReader(broken), Stdout: w}
	result, _ := start(t, ctx, `
		local ok, err = io.write("x")
		assert(ok == nil and err:message() == "broken pipe")
		local line, err = io.read()
		assert(line == nil and err:message() == "broken pipe")
		print("x")
	`).Step(ctx)
	wantText(t, result.Err, "test.lua:6: print: broken pipe")
}
