// Command build builds the example's processor for WASI preview 1, and writes
// its hash into the example's entries:
//
//	go run ./examples/files/build [DIR]
//
// DIR is where the example lies, examples/files if it is left out. Another
// version of Go gives another binary, so that neither is kept.
package main

import (
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
)

func main() {
	dir := filepath.Join("examples", "files")
	if len(os.Args) > 1 {
		dir = os.Args[1]
	}
	if err := build(dir); err != nil {
		fmt.Fprintln(os.Stderr, "build:", err)
		os.Exit(1)
	}
}

var hashLine = regexp.MustCompile(`(?m)^    hash: sha256:[0-9a-f]{64}$`)

func build(dir string) error {
	binary := filepath.Join(dir, "wasm", "processor.wasm")
	cmd := exec.Command("go", "build", "-buildmode=c-shared", "-trimpath", "-ldflags=-s -w", "-o", binary, "wippy/examples/files/processor")
	cmd.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm", "CGO_ENABLED=0")
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	if err := cmd.Run(); err != nil {
		return err
	}
	code, err := os.ReadFile(binary)
	if err != nil {
		return err
	}
	index := filepath.Join(dir, "_index.yaml")
	text, err := os.ReadFile(index)
	if err != nil {
		return err
	}
	hash := fmt.Appendf(nil, "    hash: sha256:%x", sha256.Sum256(code))
	return os.WriteFile(index, hashLine.ReplaceAllLiteral(text, hash), 0o666)
}
