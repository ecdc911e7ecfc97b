package main

import (
	"os"
	"path/filepath"
	"testing"

	"wippy/wasmhost/canon"
)

// TestMirror holds the committed text of the mirror against the interfaces that
// there are: after one is added the guests are to be built again.
func TestMirror(t *testing.T) {
	got, err := os.ReadFile(filepath.Join("..", "src", "component", "wasi.wat"))
	if err != nil {
		t.Fatal(err)
	}
	m := &mirror{compiler: canon.NewCompiler(), resources: map[string]string{}}
	if m.text() != string(got) {
		t.Error("src/component/wasi.wat is not that of the interfaces of wasmhost/wasi: run go run ./test/guests/build")
	}
}
