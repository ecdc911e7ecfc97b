package linker_test

import (
	"os"
	"path/filepath"
	"testing"

	"wippy/mailbox"
	"wippy/runtime/process"
	"wippy/wasmhost"
	"wippy/wasmhost/component"
	"wippy/wasmhost/linker"
)

// FuzzLink links and runs whatever is a component: nothing of it may be a fault
// of the host's.
func FuzzLink(f *testing.F) {
	for _, dir := range []string{"../../test/guests/bin/component", "../component/testdata"} {
		files, err := filepath.Glob(filepath.Join(dir, "*.wasm"))
		if err != nil || len(files) == 0 {
			f.Fatal("no seeds in ", dir, err)
		}
		for _, name := range files {
			b, err := os.ReadFile(name)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(b)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := component.Read(b)
		if err != nil {
			return
		}
		h := wasmhost.New(wasmhost.Options{})
		defer h.Close(background)
		p, err := h.Link(background, "fuzz.wasm", c, linker.Nothing{})
		if err != nil {
			return
		}
		for _, e := range p.Exports() {
			if len(e.Type.Params) == 0 {
				live(t, p, &e)
			}
		}
	})
}

// live calls a function in a process of its own.
func live(t *testing.T, p *linker.Plan, e *linker.Export) {
	n := &node{limits: process.Limits{MaxFuel: 1_000_000, MaxMemory: 64 << 20, MaxHandles: 1000}}
	i, err := p.New(background, n.limits)
	if err != nil {
		return
	}
	defer i.Close()
	unwinds(func() {
		if err = i.Start(n); err == nil {
			_, err = i.Call(e, nil)
		}
	})
	if err != nil && mailbox.AsError(err).Kind == mailbox.Internal {
		t.Errorf("%s: %v", e.Name, err)
	}
}
