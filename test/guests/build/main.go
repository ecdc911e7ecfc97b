// Command build makes the test guests' binaries from their sources:
//
//	go run ./test/guests/build
//	go run ./test/guests/build -js
//	go run ./test/guests/build -web
//
// It wants Node.js with npm, whose packages (test/guests/package.json) it installs
// into test/guests/cache; sources in C want clang 19 with lld, and the one with a
// library Debian's wasi-libc and libclang-rt-19-dev-wasm32. The binaries are
// committed, so only who changes a source needs to run it; the same source
// gives the same bytes. With -js it also makes the components that are engines of
// JavaScript, which are too large to commit, in test/guests/cache; with -web
// nothing but the one of them that uses HTTP, for which npm is enough.
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

func main() {
	js := flag.Bool("js", false, "also make the large components of JavaScript, in test/guests/cache")
	web := flag.Bool("web", false, "make only the component of JavaScript that uses HTTP, in test/guests/cache")
	flag.Parse()
	if err := run(*js, *web); err != nil {
		fmt.Fprintln(os.Stderr, "build:", err)
		os.Exit(1)
	}
}

func run(js, web bool) error {
	root := filepath.Join("test", "guests")
	sources, err := filepath.Glob(filepath.Join(root, "src", "*.wat"))
	if err != nil {
		return err
	}
	if len(sources) == 0 {
		return errors.New("no sources in test/guests/src: run it in the module's root")
	}
	tools := filepath.Join(root, "cache", "npm")
	if err := install(root, tools); err != nil {
		return err
	}
	if web {
		return makeWeb(root, tools)
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
	if err := compileC(root); err != nil {
		return err
	}
	if err := compileLibc(root); err != nil {
		return err
	}
	if err := writeMirror(root); err != nil {
		return err
	}
	return makeComponents(root, tools, js)
}

// install installs the npm packages, unless those of package-lock.json are there.
func install(root, tools string) error {
	if err := os.MkdirAll(tools, 0o777); err != nil {
		return err
	}
	var wanted []byte
	for _, name := range []string{"package.json", "package-lock.json"} {
		b, err := os.ReadFile(filepath.Join(root, name))
		if err == nil {
			err = os.WriteFile(filepath.Join(tools, name), b, 0o666)
		}
		if err != nil {
			return err
		}
		wanted = b
	}
	installed := filepath.Join(tools, "installed.json")
	if have, err := os.ReadFile(installed); err == nil && bytes.Equal(have, wanted) {
		return nil
	}
	if err := command("npm", "ci", "--silent", "--no-audit", "--no-fund", "--prefix", tools); err != nil {
		return fmt.Errorf("installing the packages of test/guests/package.json: %w", err)
	}
	return os.WriteFile(installed, wanted, 0o666)
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
