package wast

import (
	"context"
	"testing"

	"github.com/tetratelabs/wazero"

	"wippy/wasmhost/component"
	"wippy/wasmhost/module"
)

// engine is the Engine of these tests.
type engine struct {
	code wazero.Runtime // validates core modules
}

func newEngine(t testing.TB) *engine {
	features := wazero.NewRuntimeConfigInterpreter()
	code := wazero.NewRuntimeWithConfig(context.Background(), features)
	t.Cleanup(func() { code.Close(context.Background()) })
	return &engine{code}
}

// Define implements Engine.
func (e *engine) Define(binary []byte, isComponent bool) (Definition, error) {
	if !isComponent {
		m, err := module.Read(binary)
		if err == nil {
			err = e.checkCode(binary, m)
		}
		return m, err
	}
	c, err := component.Read(binary)
	if err == nil {
		err = e.checkComponent(c)
	}
	return c, err
}

// Instantiate implements Engine.
func (*engine) Instantiate(Definition) (Instance, error) { return nil, ErrNotRun }

// Register implements Engine.
func (*engine) Register(string, Instance) error { return ErrNotRun }

// checkComponent validates the code of all core modules of a component.
func (e *engine) checkComponent(c *component.Component) error {
	for _, def := range c.Definitions {
		var err error
		switch d := def.(type) {
		case *component.CoreModule:
			err = e.checkCode(d.Binary, d.Module)
		case *component.Component:
			err = e.checkComponent(d)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// checkCode validates the code of a core module, where wazero can: it knows
// neither the proposals that a module names nor modules without a name.
func (e *engine) checkCode(binary []byte, m *module.Module) error {
	if len(m.Proposals) > 0 {
		return nil
	}
	for _, i := range m.Imports {
		if i.Module == "" {
			return nil
		}
	}
	compiled, err := e.code.CompileModule(context.Background(), binary)
	if err != nil {
		return err
	}
	return compiled.Close(context.Background())
}
