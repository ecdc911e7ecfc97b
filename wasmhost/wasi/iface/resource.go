package iface

import (
	"context"
	"strings"
	"sync/atomic"

	"wippy/mailbox"
	"wippy/wasmhost/canon"
	"wippy/wasmhost/wasi/world"
)

// Resource is a resource type of the host's, whose objects are Ts. It serves
// every process.
type Resource[T any] struct {
	Type *canon.ResourceType
	slot int
}

var slots atomic.Int64

// NewResource makes a resource type. drop is called with an object that nobody
// owns any more, also when its process ends, in no order: it must neither suspend nor
// use other objects that may be gone. It may be nil.
//
// What an object holds of the operating system is owned by the process's World
// besides, which closes what no drop came for.
func NewResource[T any](name string, drop func(p *Process, object T)) *Resource[T] {
	r := &Resource[T]{slot: int(slots.Add(1)) - 1}
	r.Type = &canon.ResourceType{Name: name, Drop: func(ctx context.Context, rep uint32) error {
		p := Of(ctx)
		if object, ok := r.objects(p).Remove(rep); ok {
			p.objects--
			if drop != nil {
				drop(p, object)
			}
		}
		return nil
	}}
	return r
}

// New gives an object to the process: the value is an own of it. A process that
// holds max_handles already ends.
func (r *Resource[T]) New(p *Process, object T) mailbox.Value {
	limit := p.Limits().MaxHandles
	if limit == 0 {
		limit = world.DefaultMaxHandles
	}
	if int64(p.objects) >= limit {
		p.Exceed(mailbox.Errorf(mailbox.LimitHit, "max_handles: the process holds %d of %d handles", p.objects, limit))
	}
	p.objects++
	return mailbox.Uint(uint64(r.objects(p).Add(object)))
}

// Get gives the object of a rep. A guest that declares a function with another
// resource than it is of may have one that is of nothing: that traps.
func (r *Resource[T]) Get(p *Process, rep uint32) (T, error) {
	object, ok := r.objects(p).Get(rep)
	if !ok {
		return object, canon.Trapf("there is no such %s", r.Type.Name)
	}
	return object, nil
}

// Arg gives the object of argument i of a call.
func (r *Resource[T]) Arg(p *Process, c *canon.Call, i int) (T, error) { return r.Get(p, c.Rep(i)) }

// Take is Get for an argument that the function owns from then on: it is the
// process's no more, and not dropped.
func (r *Resource[T]) Take(p *Process, rep uint32) (T, error) {
	object, ok := r.objects(p).Remove(rep)
	if !ok {
		return object, canon.Trapf("there is no such %s", r.Type.Name)
	}
	p.objects--
	return object, nil
}

// Getter makes a function that gives something of the object that is its only
// argument: the method of a resource that cannot fail.
func (r *Resource[T]) Getter(give func(p *Process, object T) mailbox.Value) func(p *Process, c *canon.Call) error {
	return func(p *Process, c *canon.Call) error {
		object, err := r.Arg(p, c, 0)
		if err == nil {
			c.Return(give(p, object))
		}
		return err
	}
}

func (r *Resource[T]) objects(p *Process) *canon.Objects[T] {
	for len(p.tables) <= r.slot {
		p.tables = append(p.tables, nil)
	}
	o, ok := p.tables[r.slot].(*canon.Objects[T])
	if !ok {
		o = new(canon.Objects[T])
		p.tables[r.slot] = o
	}
	return o
}

// Local is a value that each process has one of, for the functions of an interface.
type Local[T any] struct{ slot int }

// NewLocal makes a Local.
func NewLocal[T any]() *Local[T] { return &Local[T]{slot: int(slots.Add(1)) - 1} }

// Of gives the process's value, the zero value at first.
func (l *Local[T]) Of(p *Process) *T {
	for len(p.tables) <= l.slot {
		p.tables = append(p.tables, nil)
	}
	v, ok := p.tables[l.slot].(*T)
	if !ok {
		v = new(T)
		p.tables[l.slot] = v
	}
	return v
}

func validUTF8(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }
