package wasmhost

import (
	"context"
	"crypto/sha256"
	"fmt"

	"github.com/tetratelabs/wazero"

	"wippy/wasmhost/component"
	"wippy/wasmhost/linker"
	"wippy/wasmhost/memory"
)

// Link links a component and compiles its modules. name is what errors call it.
//
// # Errors
//
// As linker.Link's.
func (h *Host) Link(ctx context.Context, name string, c *component.Component, r linker.Resolver) (*linker.Plan, error) {
	return linker.Link(ctx, name, c, engine{h}, r)
}

// engine is what the linker knows a Host as.
type engine struct{ h *Host }

var _ linker.Engine = engine{}

// Compile implements linker.Engine.
func (e engine) Compile(ctx context.Context, modules []linker.Module) (wazero.Runtime, []linker.Code, error) {
	var newest wazero.Runtime
	codes := make([]linker.Code, len(modules))
	of := make([]wazero.Runtime, len(modules))
	compile := func(i int, sum digest) error {
		m := &modules[i]
		c, err := e.h.compileAs(ctx, Source{Name: m.Name, Bytes: m.Binary}, m.Module, sum, m.Options)
		if err != nil {
			return fmt.Errorf("the core module that begins at byte %#x: %w", m.At, err)
		}
		codes[i], of[i], newest = linker.Code{Code: c.code, Meter: c.meter}, c.engine, c.engine
		return nil
	}
	for i := range modules {
		if err := compile(i, digest(modules[i].Sum)); err != nil {
			return nil, nil, err
		}
	}
	if newest == nil { // there are no modules
		e.h.compiling.Lock()
		defer e.h.compiling.Unlock()
		newest, err := e.h.start()
		return newest, nil, err
	}
	// Modules that are linked are of one engine. There is a second at most, once
	// the cache was of no use.
	e.h.mu.Lock()
	newest = e.h.engines[len(e.h.engines)-1]
	e.h.mu.Unlock()
	for i := range modules {
		if of[i] == newest {
			continue
		}
		if err := compile(i, sha256.Sum256(append([]byte("again"), modules[i].Sum[:]...))); err != nil {
			return nil, nil, err
		}
		if of[i] != newest {
			return nil, nil, fmt.Errorf("the core module that begins at byte %#x: the cache of compiled code became unusable meanwhile", modules[i].At)
		}
	}
	return newest, codes, nil
}

// Build implements linker.Engine.
func (e engine) Build(build func() error) error {
	e.h.compiling.Lock()
	defer e.h.compiling.Unlock()
	if _, err := e.h.start(); err != nil {
		return err // it is closed
	}
	return build()
}

// Pool implements linker.Engine.
func (e engine) Pool() *memory.Pool { return &e.h.pool }
