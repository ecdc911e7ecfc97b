package procworld

import (
	"context"
	"fmt"
	"strings"

	"wippy/wasmhost/canon"
	"wippy/wasmhost/imports"
	"wippy/wasmhost/wasi/iface"
	"wippy/wasmhost/wit"
)

// Interface gives the interface as components import it: the functions of Module,
// with the types of WIT.
func Interface() *iface.Interface { return component }

var component = newInterface()

func newInterface() *iface.Interface {
	name, version, _ := strings.Cut(Name, "@")
	i := &iface.Interface{Name: name, Version: version, Grants: []string{Capability}}
	// Of the file, the body of the interface.
	_, text, _ := strings.Cut(WIT, "interface process {")
	text, _, _ = strings.Cut(text, "\n}\n")
	types, err := wit.ParseInterface(text)
	if err != nil {
		panic(fmt.Sprintf("%s: %v", Name, err)) // it is a constant
	}
	for n := range types.Funcs {
		f := types.Funcs[n]
		f.Line, f.Col = 0, 0
		fn := world.Func(f.Name)
		host := &canon.Host{Name: Name + "#" + f.Name}
		host.Core = func(ctx context.Context, o *canon.Options, stack []uint64) error {
			world.CallWith(fn, imports.From(ctx), o.Memory, o.Allocator(), stack)
			return nil
		}
		i.Funcs = append(i.Funcs, iface.Func{Name: f.Name, Type: f, Host: host})
	}
	return i
}
