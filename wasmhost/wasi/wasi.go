// Package wasi is WASI 0.2 for components: which interfaces there are, and the
// [Resolver] that links a component to them. Each group of interfaces is a
// package below; each takes every version 0.2.x.
//
// Whoever runs a component does this:
//
//	r := wasi.Registry().Resolver("x.wasm", "app:x", grants)
//	plan, err := host.Link(ctx, "x.wasm", c, r)
//	…
//	instance, err := plan.New(ctx, limits)
//
// where ctx.Value(imports.Key{}) is the *imports.Caller of the process, with
// its Context, Grants, World and Guest. [cli.Ended] says what a run of
// wasi:cli/run comes to.
package wasi

import (
	"cmp"
	"slices"

	"wippy/wasmhost/linker"
	"wippy/wasmhost/wasi/cli"
	"wippy/wasmhost/wasi/clocks"
	"wippy/wasmhost/wasi/filesystem"
	"wippy/wasmhost/wasi/http"
	"wippy/wasmhost/wasi/iface"
	"wippy/wasmhost/wasi/random"
	"wippy/wasmhost/wasi/sockets"
	"wippy/wasmhost/wasi/wasio"
)

// Interfaces are those that a component may import. It is immutable.
type Interfaces []*iface.Interface

// registry has the interfaces, a line for each group.
var registry = slices.Concat[Interfaces](
	cli.Interfaces(),
	clocks.Interfaces(),
	filesystem.Interfaces(),
	http.Interfaces(),
	random.Interfaces(),
	sockets.Interfaces(),
	wasio.Interfaces(),
)

// Registry gives all interfaces of WASI 0.2 that there are.
func Registry() Interfaces { return registry }

// Interface gives an interface by its name without a version, nil if there is
// none.
func (all Interfaces) Interface(name string) *iface.Interface {
	i := slices.IndexFunc(all, func(i *iface.Interface) bool { return i.Name == name })
	if i < 0 {
		return nil
	}
	return all[i]
}

// Find gives the interface that an import means, and whether its version is one that
// the interface stands for. nil if there is none of that name.
func (all Interfaces) Find(name string) (i *iface.Interface, compatible bool) {
	n, ok := linker.ParseInterface(name)
	if !ok {
		return nil, false
	}
	if i = all.Interface(n.Package + "/" + n.Name); i == nil {
		return nil, false
	}
	return i, linker.Compatible(cmp.Or(i.Version, version), n.Version)
}

// Names gives the names of the interfaces.
func (all Interfaces) Names() []string {
	names := make([]string, len(all))
	for i := range all {
		names[i] = all[i].Name
	}
	return names
}
