package wasmhost

import (
	"context"
	"errors"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"wippy/runtime/process"
	"wippy/wasmhost/fuel"
	"wippy/wasmhost/imports"
	"wippy/wasmhost/meter"
)

// meterOptions are those of every module.
var meterOptions = meter.Options{}

// newEngine makes an engine with the functions that guests and metered modules
// import.
func newEngine(config wazero.RuntimeConfig) (wazero.Runtime, error) {
	ctx := context.Background()
	engine := wazero.NewRuntimeWithConfig(ctx, config)
	err := fuel.Provide(ctx, engine)
	for _, m := range hostModules {
		if err == nil {
			err = provide(ctx, engine, m)
		}
	}
	if err != nil {
		return nil, errors.Join(err, engine.Close(ctx))
	}
	return engine, nil
}

// tank is the fuel of a process of one module. It is the context of its calls,
// so that the guest finds its fuel, and the host's functions their caller.
type tank struct {
	context.Context
	fuel.Account
	caller    *caller // nil where the program imports nothing
	allowance int32   // the last one
}

var _ fuel.Source = (*tank)(nil)

// Value implements context.Context.
func (t *tank) Value(key any) any {
	switch key.(type) {
	case fuel.Key:
		return t
	case imports.Key:
		return &t.caller.Caller
	}
	return nil
}

func (t *tank) init(ctx process.Context) {
	t.Context, t.allowance = context.Background(), 0
	t.Account.Init(ctx)
}

// Next implements fuel.Source.
func (t *tank) Next(_ api.Module, left int32) int32 {
	was := t.allowance
	t.allowance = 0
	t.allowance = t.Account.Next(was, left, 0)
	return t.allowance
}

// settle charges what was used of the allowance, of which left remains. Where
// there is none all is charged: the guest asked for one and the process is to end.
func (t *tank) settle(left int32) {
	was := t.allowance
	t.allowance = 0
	if was == 0 {
		left = 0
	}
	t.Settle(was, left)
}
