// Package canon is the Component Model's canonical ABI: how values of WIT types
// cross between a component's core code and whatever is outside it.
//
// A [Compiler] makes the plan of each function once, a [Func]. While instances
// run, a [Lifted] calls a core function that a component exports, and a
// [Lowered] is what a core import does: it calls a [Target], which is a [Host]
// function or a Lifted of another instance. An [Instance] has what is one
// component instance's own: its handles, and whether it may be entered and left.
// The instances of one process share a [Store].
//
// # Values
//
// Values take two forms. The form of SPEC section 3 ("Values between Lua, Go and
// WIT"), by names, is what processes send each other. [Func.Fit] checks it and
// turns it into the form by position, which is what calls run on: it needs no
// look-ups, and fits Go constants. A Lifted gives results by name to the host.
//
//	type                by position
//	bool                a boolean
//	s8…u64, char        an exact number; lifting gives Int or Uint
//	f32, f64            a Float
//	string, list<u8>    a string
//	list, record, tuple a List, fields in the order of the type
//	variant, result     Uint(case) without a payload, else a List of Uint(case)
//	                    and the payload; of a result ok is 0 and error 1
//	enum, flags         Uint(case), Uint(bits), the first flag lowest
//	option              nil, or the value; in another option a List of the value
//	own, borrow         Uint(rep), or a Resource that holds a *Handle
//
// # Errors
//
// What the specification traps on is a [*Trap]. A limit is a *mailbox.Error of
// kind LimitHit. After either, or an error of guest code, the instances that
// were entered stay entered: nothing calls into them again.
//
// # Goroutines
//
// A Store, and all that belongs to it, is used by one goroutine at a time.
// Plans are immutable and shared.
package canon

import (
	"context"
	"fmt"
)

// MaxFlatParams and MaxFlatResults are how many core values a function's
// parameters and results may take before they go through memory.
const (
	MaxFlatParams  = 16
	MaxFlatResults = 1
)

// maxBytes bounds what one string, list or value takes in memory, in bytes.
const maxBytes = 1<<28 - 1

// Encoding is how a component's core code holds strings.
type Encoding uint8

// The encodings of the canonical ABI.
const (
	UTF8 Encoding = iota
	UTF16
	Latin1OrUTF16 // latin1, or utf16 where the length's top bit is set
)

// String names the encoding as the text format does.
func (e Encoding) String() string { return [...]string{"utf8", "utf16", "latin1+utf16"}[e] }

// Memory is a linear memory, as wazero's api.Memory is one. What Read gives is
// a view; it is taken anew after anything that may run guest code.
type Memory interface {
	Size() uint32
	Read(offset, count uint32) ([]byte, bool)
}

// CoreFunc is a function of core code, as wazero's api.Function is one: stack
// holds the parameters, and afterwards the results. It returns an error for a
// trap, which is passed on as it is.
//
// It may be called while it runs: a destructor that drops a resource of the
// same type, a component that calls into what contains it. One api.Function
// serves one call at a time, so the linker takes another for the inner call.
type CoreFunc interface {
	CallWithStack(ctx context.Context, stack []uint64) error
}

// Options are the instance that a canonical definition belongs to, and how its
// core code wants values. They are shared by the definitions that have the same.
type Options struct {
	Instance *Instance
	Encoding Encoding
	Memory   Memory   // nil where no value needs one
	Realloc  CoreFunc // nil where nothing is lowered into memory
}

// view gives the whole memory.
func (o *Options) view() []byte {
	if o.Memory == nil {
		return nil
	}
	b, _ := o.Memory.Read(0, o.Memory.Size())
	return b
}

// Allocator is Realloc for a Host's Core, nil where there is none: while it
// runs, the instance calls nobody, as in the specification.
func (o *Options) Allocator() CoreFunc {
	if o.Realloc == nil {
		return nil
	}
	return allocator{o}
}

type allocator struct{ o *Options }

// CallWithStack implements CoreFunc.
func (a allocator) CallWithStack(ctx context.Context, stack []uint64) error {
	i := a.o.Instance
	i.held = true
	if err := a.o.Realloc.CallWithStack(ctx, stack); err != nil {
		return err
	}
	i.held = false
	return nil
}

// Trap is an error by which the specification ends what runs. It is no fault of
// the host.
type Trap struct{ Message string }

// Error gives the message.
func (t *Trap) Error() string { return t.Message }

// Trapf makes a Trap, for host functions whose guest is to blame.
func Trapf(format string, args ...any) error { return &Trap{fmt.Sprintf(format, args...)} }
