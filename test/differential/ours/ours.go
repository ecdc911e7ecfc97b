// Package ours runs components as the runtime does, without a node around them.
package ours

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync/atomic"

	"wippy/mailbox"
	"wippy/runtime/process"
	"wippy/wasmhost"
	"wippy/wasmhost/canon"
	"wippy/wasmhost/component"
	"wippy/wasmhost/linker"
	"wippy/wasmhost/wit"
)

var background = context.Background()

// Component is a component that was linked.
type Component struct {
	host *wasmhost.Host
	plan *linker.Plan
}

// Load links a component. What it imports echoes its arguments.
func Load(name string, binary []byte) (*Component, error) {
	c, err := component.Read(binary)
	if err != nil {
		return nil, err
	}
	h := wasmhost.New(wasmhost.Options{})
	p, err := h.Link(background, name, c, echoes{})
	if err != nil {
		h.Close(background)
		return nil, err
	}
	return &Component{h, p}, nil
}

// Close frees it, after its instances.
func (c *Component) Close() error { return c.host.Close(background) }

// Exports lists the functions.
func (c *Component) Exports() []linker.Export { return c.plan.Exports() }

// echoes provides functions that give their argument back, several as a tuple,
// zero for none: every other one on values by name.
type echoes struct{}

// Func implements linker.Resolver.
func (echoes) Func(_ string, f wit.Func) (*canon.Host, error) {
	named := len(f.Name)%2 == 0
	return &canon.Host{Name: f.Name, Named: named, Func: func(c *canon.Call) error {
		switch args := c.Args(); {
		case len(f.Results) == 0:
		case len(args) == 0:
			c.Return(mailbox.Uint(0))
		case len(args) == 1:
			c.Return(args[0])
		default:
			c.Return(canon.Record(append([]mailbox.Value(nil), args...)...))
		}
		return nil
	}}, nil
}

// Resource implements linker.Resolver.
func (echoes) Resource(string, string) *canon.ResourceType { return nil }

// node is a node of one process. What it does not implement panics.
type node struct {
	process.Context
	urgent atomic.Bool
	fuel   uint64
}

// mostFuel ends what does not end by itself.
const mostFuel = 1 << 24

// errFuel is what a call gives that used it up.
var errFuel = errors.New("out of fuel")

func (n *node) Checkpoint(fuel uint64) {
	if n.fuel += fuel; n.fuel > mostFuel {
		process.Unwind()
	}
}
func (n *node) Yield()                 { n.Checkpoint(0) }
func (n *node) Limits() process.Limits { return process.Limits{} }
func (n *node) Logger() *slog.Logger   { return slog.New(slog.NewTextHandler(io.Discard, nil)) }
func (n *node) Urgent() *atomic.Bool   { return &n.urgent }

// unwound, deferred, gives the error of what had no fuel any more.
func unwound(err *error) {
	switch r := recover(); {
	case r == nil:
	case process.Unwinding(r):
		*err = errFuel
	default:
		panic(r)
	}
}

// Instance is a component that runs. After a call that failed it is only to be
// closed.
type Instance struct {
	i    *linker.Instance
	plan *linker.Plan
}

// Start makes an instance.
func (c *Component) Start() (*Instance, error) {
	i, err := c.plan.New(background, process.Limits{})
	if err != nil {
		return nil, err
	}
	if err := start(i); err != nil {
		i.Close()
		return nil, err
	}
	return &Instance{i, c.plan}, nil
}

func start(i *linker.Instance) (err error) {
	defer unwound(&err)
	return i.Start(&node{})
}

// Close frees it, and tells if something is left.
func (i *Instance) Close() error {
	err := i.i.Close()
	if left := i.i.Memory(); err == nil && left != 0 {
		err = fmt.Errorf("%d bytes of memory are left", left)
	}
	return err
}

// Call calls a function by its whole name.
func (i *Instance) Call(name string, args []mailbox.Value) (v mailbox.Value, err error) {
	defer unwound(&err)
	e, err := i.plan.Find(name)
	if err != nil {
		return v, err
	}
	fitted, err := e.Fit(args)
	if err != nil {
		return v, err
	}
	return i.i.Call(e, fitted)
}

// Drop drops a resource, as its owner does.
func (i *Instance) Drop(v mailbox.Value) error {
	h, ok := v.Resource().(*canon.Handle)
	if !ok {
		return fmt.Errorf("%s is no resource", v)
	}
	return i.i.Drop(h)
}
