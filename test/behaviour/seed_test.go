package behaviour_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"wippy/mailbox"
)

// TestSeed runs the first program as it stands. Since it keeps its result to
// itself, it then runs between lines that show what it received.
func TestSeed(t *testing.T) {
	source, err := os.ReadFile(filepath.Join("testdata", "seed", "first.lua"))
	if err != nil {
		t.Fatal(err)
	}
	n := start(t, "seed")
	if e := n.seed(string(source)); e.Err != nil || len(e.Values) != 0 {
		t.Errorf("as it stands: %v %s", e.Values, failure(e))
	}
	e := n.seed(`local received, receive = {}, process.receive
		function process.receive(...)
			local event = receive(...)
			received[#received + 1] = event
			return event
		end
		` + string(source) + `
		return #received, received[1].type, received[1].reason, received[1].value, received[1].error`)
	if e.Err != nil {
		t.Fatal(failure(e))
	}
	want := []any{1.0, "EXIT", "normal", 42.0, nil}
	for i, v := range want {
		if i >= len(e.Values) || e.Values[i].Any() != v {
			t.Errorf("received %v, want %v", e.Values, want)
			break
		}
	}
}

// seed runs a script as the command line does, on the terminal.
func (n *node) seed(source string) *mailbox.Exit {
	n.t.Helper()
	prog, err := n.CompileScript("first.lua", []byte(source), nil)
	if err != nil {
		n.t.Fatal(err)
	}
	p, err := n.SpawnProgram(context.Background(), prog, "first.lua", n.Terminal())
	if err != nil {
		n.t.Fatal(err)
	}
	return n.exit(p)
}

// TestSeedWrongBinary shows that nothing runs of a binary with another hash.
func TestSeedWrongBinary(t *testing.T) {
	source, err := os.ReadFile(filepath.Join("testdata", "seed", "first.lua"))
	if err != nil {
		t.Fatal(err)
	}
	n := loadOwn(t, "seed").start()
	binary := filepath.Join(n.App().Dir, "wasm", "compute.wasm")
	if err := os.WriteFile(binary, []byte("\x00asm\x01\x00\x00\x00"), 0o666); err != nil {
		t.Fatal(err)
	}
	e := n.seed(string(source))
	if e.Reason != mailbox.ReasonError {
		t.Fatalf("reason %s, want error", e.Reason)
	}
	for _, part := range []string{"first.lua:10: spawn failed: ", "expected sha256:", "got sha256:93a44bbb96c751218e4c00d479e4c14358122a389acca16205b1e4d0dc5f9476"} {
		if !contains(e.Err.Message, part) {
			t.Errorf("%q lacks %q", e.Err.Message, part)
		}
	}
}
