package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// compileLibc compiles what is written in C with a library, for preview 1.
func compileLibc(root string) error {
	sources, err := filepath.Glob(filepath.Join(root, "src", "libc", "*.c"))
	if err != nil {
		return err
	}
	for _, src := range sources {
		bin := filepath.Join(root, "bin", strings.TrimSuffix(filepath.Base(src), ".c")+".wasm")
		args := []string{"--target=wasm32-wasi", "-Os", "-Wall", "-Wl,--strip-all", src, "-o", bin}
		if err := command(compiler, args...); err != nil {
			return fmt.Errorf("%s: %w (it wants the packages wasi-libc and libclang-rt-19-dev-wasm32, of Debian)", src, err)
		}
		if err := os.Chmod(bin, 0o644); err != nil {
			return err
		}
		fmt.Println(bin)
	}
	return nil
}
