// Package imports holds what the host's functions for WebAssembly guests have
// in common, whatever interface they are of. A [Module] is the functions of one
// interface, made once; a [Caller] is the process that calls one, which it
// finds through the context of the call, with what a function may do to it:
// read and write its memory, take from its allocator, charge, trap and end it.
//
// What a guest hands over is checked before it is used: whoever reads memory
// does it through a Caller's methods, which trap. A function that panics for
// another reason ends its process, and no other.
package imports

import (
	"context"
	"slices"
	"strings"

	"github.com/tetratelabs/wazero/api"

	"wippy/runtime/process"
	"wippy/wasmhost/module"
)

// Module is an interface that guests import. It is immutable.
type Module struct {
	// Name is what a core module calls it.
	Name string
	// Capability is what an entry's imports grant it as: "wippy:process".
	Capability string
	Funcs      []Func
}

// Func gives a function by its name, nil if there is none.
func (m *Module) Func(name string) *Func {
	i := slices.IndexFunc(m.Funcs, func(f Func) bool { return f.Name == name })
	if i < 0 {
		return nil
	}
	return &m.Funcs[i]
}

// Names are those of its functions.
func (m *Module) Names() []string {
	names := make([]string, len(m.Funcs))
	for i := range m.Funcs {
		names[i] = m.Funcs[i].Name
	}
	return names
}

// Func is a function of the host's.
type Func struct {
	Name string
	Type module.FuncType
	// Capability is what grants it, where that is not the module's; Free tells
	// that it needs no grant.
	Capability string
	Free       bool
	// Call is the function. stack holds the parameters and receives the
	// results, a core value each, 32 bits of each that is an i32. It is called
	// on the process's coroutine, and never while another call of the same
	// process runs.
	Call func(c *Caller, stack []uint64)
	// Stub is called in its place where it is not granted; nil makes an import
	// that is not granted an error of the entry.
	Stub func(c *Caller, stack []uint64)
	// Suspends tells that the process may wait within it.
	Suspends bool
	// Receives tells that a process with it may learn of a cancel.
	Receives bool
	// TakesArguments tells that it gives the guest what it was spawned with.
	TakesArguments bool
	// Allocates tells that it calls the guest's allocator, see Caller.Alloc.
	Allocates bool
	// Memory tells that it needs a memory.
	Memory bool
}

// Needs is the capability that grants f, "" if it needs none.
func (m *Module) Needs(f *Func) string {
	switch {
	case f.Free:
		return ""
	case f.Capability != "":
		return f.Capability
	}
	return m.Capability
}

// Grants are the capabilities that an entry grants, as its imports name them.
type Grants []string

// Has tells whether a capability is granted; "" always is.
func (g Grants) Has(capability string) bool {
	return capability == "" || slices.Contains(g, capability)
}

// With gives the YAML line that grants one more.
func (g Grants) With(capabilities ...string) string {
	all := slices.Clone(g)
	for _, c := range capabilities {
		if !all.Has(c) {
			all = append(all, c)
		}
	}
	return "imports: [" + strings.Join(all, ", ") + "]"
}

// WithoutEntry says how to grant capabilities to a binary that is no entry: by the
// flags of `wippy run` and `wippy serve`, or as an entry with the line of With.
func WithoutEntry(line string, capabilities ...string) string {
	flags := ""
	for i, c := range capabilities {
		if !slices.Contains(capabilities[:i], c) {
			flags += " --grant " + c
		}
	}
	return "run it with" + flags + ", or as an entry with " + line
}

// Function gives a function of m as the engine takes it.
func (m *Module) Function(f *Func) api.GoModuleFunction {
	return &function{Func: f, needs: m.Needs(f), name: m.Name + "." + f.Name}
}

// function is a Func as the engine calls it.
type function struct {
	*Func
	needs string // the capability
	name  string
}

// Call implements api.GoModuleFunction, for core modules: memory and allocator
// are those of the calling instance.
func (f *function) Call(ctx context.Context, mod api.Module, stack []uint64) {
	c := From(ctx)
	f.enter(c)
	if c.mod != mod {
		c.Forget()
		c.mod, c.given = mod, nil
	}
	c.Memory = mod.Memory()
	f.choose(c)(c, stack)
	c.Guest.Share()
}

// CallWith calls a function of m for a component's lowered import: in the
// memory and with the allocator that the import's options name, either nil
// where they name none. The strings are UTF-8.
func (m *Module) CallWith(f *Func, c *Caller, memory Memory, realloc Callable, stack []uint64) {
	g := function{Func: f, needs: m.Needs(f), name: m.Name + "." + f.Name}
	g.enter(c)
	c.Memory, c.mod, c.given = memory, nil, realloc
	g.choose(c)(c, stack)
	c.Guest.Share()
}

func (f *function) enter(c *Caller) {
	if c.busy {
		c.Trap("%s: called from within %s, which must not call the host", f.name, Realloc)
	}
}

// choose gives what is called: the stub where the function is not granted.
func (f *function) choose(c *Caller) func(*Caller, []uint64) {
	if f.Stub != nil && !c.Grants.Has(f.needs) {
		return f.Stub
	}
	return f.Func.Call
}

// Trap is the panic of a host function that ends its guest as an instruction
// that traps does: the process fails with this message and the guest's frames.
type Trap struct {
	Message string
	Cause   error
}

// Error implements error.
func (t *Trap) Error() string { return t.Message }

// Unwrap gives the cause.
func (t *Trap) Unwrap() error { return t.Cause }

// Exit is the panic of a host function that ends its process by the guest's
// own wish.
type Exit struct{ Result process.Result }

// Error implements error: the engine passes on what is one.
func (e *Exit) Error() string { return "the guest ended its process" }
