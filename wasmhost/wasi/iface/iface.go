// Package iface is what the packages of WASI 0.2's interfaces have in common:
// an [Interface] is the functions and resource types of one, made once and
// shared by all processes; a [Process] is the caller of a function, with what it
// holds; a [Resource] is a resource type, and finds the objects that a process
// has of it.
//
// A new interface is one value:
//
//	var Interface = iface.New("wasi:random/insecure", []string{"wasi:random"}, "",
//		iface.Func{Name: "get-insecure-random-u64", Signature: "func() -> u64", Run: randomNumber})
//
// and one line in the registry of package wasi.
package iface

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"wippy/mailbox"
	"wippy/wasmhost/canon"
	"wippy/wasmhost/imports"
	"wippy/wasmhost/wasi/world"
	"wippy/wasmhost/wit"
)

// Interface is an interface that components import. It is immutable.
type Interface struct {
	// Name is that of the interface without a version: "wasi:io/poll".
	Name string
	// Version is the newest that is known, "" for that of WASI.
	Version string
	// Grants are what an entry's imports grant its functions by, any of them:
	// the group that it is of, then what grants less.
	Grants []string
	Funcs  []Func
	// Resources are the resource types that it defines.
	Resources []*canon.ResourceType
}

// Func is a function of an interface.
type Func struct {
	// Name is what binaries call it within the interface: "now",
	// "[method]pollable.ready".
	Name string
	// Signature is its type in WIT, without its name; of a method with the
	// resource that it is of: "func(self: borrow<pollable>) -> bool".
	Signature string
	// Views is as of canon.Host: only for functions that do not hand their bytes
	// to the I/O pool, which may go on with them when the process is gone.
	Views bool
	// Run is the function. It is called on the process's coroutine. An error
	// ends the process: a canon.Trap where the guest is to blame.
	Run func(p *Process, c *canon.Call) error

	// Type is the Signature, read.
	Type wit.Func
	// Host is the function as it is linked.
	Host *canon.Host
}

// New makes an interface. types are the definitions in WIT that the signatures
// name, resources aside. It panics where they are wrong: they are constants.
func New(name string, grants []string, types string, funcs ...Func) *Interface {
	i := &Interface{Name: name, Grants: grants, Funcs: funcs}
	signatures, err := parse(types, funcs)
	if err != nil {
		panic(fmt.Sprintf("%s: %v", name, err))
	}
	for n := range i.Funcs {
		f := &i.Funcs[n]
		f.Type = signatures[n]
		run := f.Run
		f.Host = &canon.Host{Name: name + "#" + f.Name, Views: f.Views, Func: func(c *canon.Call) error {
			p := Of(c.Context())
			if err := run(p, c); err != nil {
				return err
			}
			p.Guest.Share()
			return nil
		}}
	}
	return i
}

// With adds the resource types that the interface defines.
func (i *Interface) With(resources ...*canon.ResourceType) *Interface {
	i.Resources = append(i.Resources, resources...)
	return i
}

// Func gives a function by its name, nil if there is none.
func (i *Interface) Func(name string) *Func {
	n := slices.IndexFunc(i.Funcs, func(f Func) bool { return f.Name == name })
	if n < 0 {
		return nil
	}
	return &i.Funcs[n]
}

// Resource gives a resource type by its name, nil if there is none.
func (i *Interface) Resource(name string) *canon.ResourceType {
	n := slices.IndexFunc(i.Resources, func(r *canon.ResourceType) bool { return r.Name == name })
	if n < 0 {
		return nil
	}
	return i.Resources[n]
}

// Process is a process that calls functions of interfaces. It is used on its
// coroutine only, and is the process.Context there.
type Process struct {
	*imports.Caller
	tables  []any // by Resource.slot, of *canon.Objects
	objects int   // in all of them
	scratch []byte
}

// Of gives the process that a call is of, by the context of the call: it has
// the *imports.Caller under imports.Key, and the Table of its World is used here.
func Of(ctx context.Context) *Process {
	c := imports.From(ctx)
	if c.World == nil {
		c.World = new(world.World)
	}
	if p, ok := c.World.Table.(*Process); ok {
		return p
	}
	p := &Process{Caller: c, tables: make([]any, 0, slots.Load())}
	c.World.Table = p
	return p
}

// Release gives back what a process had for its calls, of which there are no more.
func Release(c *imports.Caller) {
	if c.World == nil {
		return
	}
	if p, ok := c.World.Table.(*Process); ok && len(p.scratch) == keep {
		scratches.Put((*[keep]byte)(p.scratch))
		p.scratch = nil
	}
}

// scratches are buffers of the largest size that is kept: what reads in large
// pieces needs one, and often lives for one request.
var scratches = sync.Pool{New: func() any { return new([keep]byte) }}

// Block runs a call that may block on the I/O pool, and suspends the process
// meanwhile. What f uses must be its own.
func (p *Process) Block(f func() error) error {
	return p.Await(func(context.Context) error { return f() })
}

// keep is how large a buffer may be that is kept for the next call.
const keep = 64 << 10

// Buffer gives memory for the result of the call that is made; n is bounded by
// the caller. It is good until the next call, and so for what is lowered at the end
// of this one. No call on the I/O pool may have it.
func (p *Process) Buffer(n int) []byte {
	if n > keep {
		return make([]byte, n)
	}
	if n > len(p.scratch) {
		size := 512
		for size < n {
			size *= 2
		}
		if size == keep {
			p.scratch = scratches.Get().(*[keep]byte)[:]
		} else {
			p.scratch = make([]byte, size)
		}
	}
	return p.scratch[:n]
}

// Objects counts the objects of all resource types that the process holds.
func (p *Process) Objects() int { return p.objects }

// Text makes a string of the host's for a guest: strings are UTF-8, and what
// is not is replaced.
func Text(s string) mailbox.Value { return mailbox.String(validUTF8(s)) }
