package wast

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"testing"

	"github.com/tetratelabs/wazero"

	"wippy/mailbox"
	"wippy/runtime/process"
	"wippy/wasmhost"
	"wippy/wasmhost/component"
	"wippy/wasmhost/linker"
	"wippy/wasmhost/module"
)

// engine is the Engine of these tests.
type engine struct {
	code wazero.Runtime // validates core modules
	host *wasmhost.Host
}

func newEngine(t testing.TB) *engine {
	ctx := context.Background()
	code := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigInterpreter())
	host := wasmhost.New(wasmhost.Options{})
	t.Cleanup(func() {
		if err := errors.Join(code.Close(ctx), host.Close(ctx)); err != nil {
			t.Error(err)
		}
	})
	return &engine{code, host}
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

// Instantiate implements Engine. A core module has nothing to run.
func (e *engine) Instantiate(d Definition) (Instance, error) {
	c, ok := d.(*component.Component)
	if !ok {
		return nil, ErrNotRun
	}
	plan, err := e.host.Link(context.Background(), "component", c, linker.Nothing{})
	if err != nil {
		return nil, err
	}
	i, err := plan.New(context.Background(), process.Limits{})
	if err == nil {
		err = trapped(i.Start(&alone{}))
	}
	return &instance{plan, i}, err
}

// Register implements Engine.
func (*engine) Register(string, Instance) error { return ErrNotRun }

// instance is a component that runs.
type instance struct {
	plan *linker.Plan
	*linker.Instance
}

// Call implements Instance.
func (i *instance) Call(name string, args []Value) ([]Value, error) {
	f, err := i.plan.Find(name)
	if err != nil {
		return nil, err
	}
	if len(args) != len(f.Type.Params) {
		return nil, fmt.Errorf("%s takes %d arguments", name, len(f.Type.Params))
	}
	values := make([]mailbox.Value, len(args))
	for n, a := range args {
		if values[n], err = toHost(a, f.Type.Params[n].Type, false); err != nil {
			return nil, err
		}
	}
	if values, err = f.Fit(values); err != nil {
		return nil, err
	}
	v, err := i.Instance.Call(f, values)
	if err != nil {
		return nil, trapped(err)
	}
	if t := f.Type.Result(); t != nil {
		return []Value{script(v, t, false)}, nil
	}
	return nil, nil
}

// trapped makes a Trap of an error that is the guest's.
func trapped(err error) error {
	if e, ok := errors.AsType[*mailbox.Error](err); ok && (e.Kind == mailbox.Failed || e.Kind == mailbox.Unavailable) {
		return &Trap{e.Message}
	}
	return err
}

// alone is a node of one process. What it does not implement panics.
type alone struct {
	process.Context
	urgent atomic.Bool
}

func (*alone) Checkpoint(uint64)      {}
func (*alone) Yield()                 {}
func (*alone) Limits() process.Limits { return process.Limits{} }
func (*alone) Logger() *slog.Logger   { return slog.Default() }
func (a *alone) Urgent() *atomic.Bool { return &a.urgent }

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
