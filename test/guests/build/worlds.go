package main

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
)

// workerExample is the example whose worker is made here too.
var workerExample = filepath.Join("examples", "http_worker")

// writeWorld writes NAME.wit into tools: a world, and behind it the packages of
// WASI in a version. jco carries them.
func writeWorld(tools, name, source, version string) error {
	text, err := os.ReadFile(source)
	if err != nil {
		return err
	}
	const carried = "0.2.12"
	for _, of := range []string{"cli", "clocks", "filesystem", "http", "io", "random", "sockets"} {
		deps, err := os.ReadFile(filepath.Join(tools, "node_modules", "@bytecodealliance", "jco", "lib", "wit", "builtin", carried, "wasi-"+of, "package.wit"))
		if err != nil {
			return err
		}
		deps = bytes.ReplaceAll(deps, []byte(carried), []byte(version))
		head, rest, ok := bytes.Cut(deps, []byte(";")) // "package wasi:io@0.2.12"
		if !ok {
			return fmt.Errorf("wasi-%s of jco has no package", of)
		}
		text = fmt.Appendf(text, "\n%s {%s}\n", head, rest)
	}
	return os.WriteFile(filepath.Join(tools, name+".wit"), text, 0o666)
}

var hashLine = regexp.MustCompile(`(?m)^    hash: sha256:[0-9a-f]{64}$`)

// hashWorker writes the hash of the example's worker into its entries.
func hashWorker() error {
	code, err := os.ReadFile(filepath.Join(workerExample, "wasm", "http_worker.wasm"))
	if err != nil {
		return err
	}
	index := filepath.Join(workerExample, "_index.yaml")
	text, err := os.ReadFile(index)
	if err != nil {
		return err
	}
	hash := fmt.Appendf(nil, "    hash: sha256:%x", sha256.Sum256(code))
	return os.WriteFile(index, hashLine.ReplaceAllLiteral(text, hash), 0o666)
}
