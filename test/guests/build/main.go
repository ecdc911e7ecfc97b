// Command build makes the test guests' binaries from their sources:
//
//	go run ./test/guests/build
//
// It wants Node.js with npm, and installs pinned packages: wabt, into a
// temporary directory, and what test/wast makes components of text with;
// sources in C want clang 19 with lld. The binaries are
// committed, so only who changes a source needs to run it; the same source
// gives the same bytes.
package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// assembler is the npm package whose wat2wasm turns text into binaries.
const assembler = "wabt@1.0.39"

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "build:", err)
		os.Exit(1)
	}
}

func run() error {
	root := filepath.Join("test", "guests")
	sources, err := filepath.Glob(filepath.Join(root, "src", "*.wat"))
	if err != nil {
		return err
	}
	if len(sources) == 0 {
		return errors.New("no sources in test/guests/src: run it in the module's root")
	}
	tools, err := os.MkdirTemp("", "wippy-guests-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tools)
	if err := command("npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", tools, assembler); err != nil {
		return fmt.Errorf("installing %s: %w", assembler, err)
	}
	wat2wasm := filepath.Join(tools, "node_modules", ".bin", "wat2wasm")
	for _, src := range sources {
		name := strings.TrimSuffix(filepath.Base(src), ".wat")
		bin := filepath.Join(root, "bin", name+".wasm")
		// Names make backtraces readable; tests compare them.
		if err := command(wat2wasm, "--debug-names", "--enable-tail-call", src, "-o", bin); err != nil {
			return fmt.Errorf("%s: %w", src, err)
		}
		fmt.Println(bin)
	}
	if err := assembleComponents(root); err != nil {
		return err
	}
	return compileC(root)
}

// assembleComponents makes the components.
func assembleComponents(root string) error {
	tools := filepath.Join("test", "wast")
	if err := command("npm", "ci", "--silent", "--no-audit", "--no-fund", "--prefix", tools); err != nil {
		return fmt.Errorf("installing what %s needs: %w", tools, err)
	}
	sources, err := filepath.Glob(filepath.Join(root, "src", "component", "*.wat"))
	if err != nil {
		return err
	}
	if err := command("node", append([]string{filepath.Join(tools, "assemble.mjs")}, sources...)...); err != nil {
		return err
	}
	for _, src := range sources {
		made := strings.TrimSuffix(src, ".wat") + ".wasm"
		bin := filepath.Join(root, "bin", "component", filepath.Base(made))
		if err := os.Rename(made, bin); err != nil {
			return err
		}
		fmt.Println(bin)
	}
	return nil
}

// compiler is the C compiler. Another version gives other bytes.
const compiler = "clang-19"

// header is the folder of wippy_process.h.
var header = filepath.Join("wasmhost", "procworld")

// compileC compiles what is written in C, without a library.
func compileC(root string) error {
	sources, err := filepath.Glob(filepath.Join(root, "src", "*.c"))
	if err != nil {
		return err
	}
	for _, src := range sources {
		name := strings.TrimSuffix(filepath.Base(src), ".c")
		bin := filepath.Join(root, "bin", name+".wasm")
		if err := command(compiler, "--target=wasm32", "-O2", "-mno-bulk-memory", "-fno-builtin", "-nostdlib", "-I", header, "-Wl,--no-entry", "-Wl,--strip-debug", src, "-o", bin); err != nil {
			return fmt.Errorf("%s: %w", src, err)
		}
		if err := os.Chmod(bin, 0o644); err != nil { // the linker makes it executable
			return err
		}
		fmt.Println(bin)
	}
	return nil
}

func command(name string, args ...string) error {
	cmd := exec.Command(name, args...)
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	return cmd.Run()
}
