package meter

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"
	"github.com/tetratelabs/wazero/sys"

	"wippy/wasmhost/module"
)

// TestRealGuests takes the modules, and those in the components, of a
// directory of one's own: the engine compiles what they become, and commands
// that need nothing but WASI print the same and exit alike.
func TestRealGuests(t *testing.T) {
	dir := os.Getenv("WIPPY_GUESTS")
	if dir == "" {
		t.Skip("set WIPPY_GUESTS to a directory of .wasm files")
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.wasm"))
	if err != nil || len(files) == 0 {
		t.Fatal("no guests", err)
	}
	for _, file := range files {
		binary, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for i, core := range coreModules(binary) {
			t.Run(fmt.Sprintf("%s %d", filepath.Base(file), i), func(t *testing.T) { realGuest(t, core) })
		}
	}
}

func realGuest(t *testing.T, binary []byte) {
	h := newHost(t)
	m := read(t, binary)
	metered, info := rewrite(t, binary, Options{})
	checkOutput(t, m, metered, info)
	code, err := h.CompileModule(background, metered)
	if err != nil {
		t.Fatal(err)
	}
	code.Close(background)
	t.Logf("%d bytes become %d", len(m.Encode()), len(metered))
	other := func(i module.Import) bool { return i.Module != wasi_snapshot_preview1.ModuleName }
	if m.Export("_start") == nil || slices.ContainsFunc(m.Imports, other) {
		return
	}
	wasi_snapshot_preview1.MustInstantiate(background, h)
	want, wantCode := h.command(t, binary)
	got, gotCode := h.command(t, metered)
	if got != want || gotCode != wantCode {
		t.Errorf("metered it exits with %d and prints\n%s\nwant %d and\n%s", gotCode, got, wantCode, want)
	}
	t.Logf("exit code %d, %d bytes of output", gotCode, len(got))
}

// command runs a command of WASI.
func (h *host) command(t *testing.T, binary []byte) (output string, exitCode uint32) {
	t.Helper()
	var out bytes.Buffer
	files := wazero.NewFSConfig().WithDirMount(t.TempDir(), "/")
	config := wazero.NewModuleConfig().WithName("").WithStartFunctions().WithArgs("guest", "a", "b").
		WithStdin(strings.NewReader("one\ntwo\n")).WithStdout(&out).WithStderr(&out).WithFSConfig(files)
	mod, err := h.InstantiateWithConfig(background, binary, config)
	if err != nil {
		t.Fatal(err)
	}
	defer mod.Close(background)
	_, err = mod.ExportedFunction("_start").Call(background)
	if exit, ok := errors.AsType[*sys.ExitError](err); ok {
		return out.String(), exit.ExitCode()
	}
	return out.String() + reason(err), 0
}

// coreModules gives a core module itself, or those in a component.
func coreModules(binary []byte) (cores [][]byte) {
	if !module.IsComponent(binary) {
		return [][]byte{binary}
	}
	const header, coreModule, component = 8, 1, 4
	r := module.NewReader(binary[header:], header, "component")
	for r.Len() > 0 {
		id, size := r.Byte(), r.U32()
		switch body := r.Bytes(uint64(size)); id {
		case coreModule:
			cores = append(cores, body)
		case component:
			cores = append(cores, coreModules(body)...)
		}
	}
	return cores
}
