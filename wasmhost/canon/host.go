package canon

import (
	"context"
	"math"

	"wippy/mailbox"
)

// Host is a function of the host that components import. It serves every
// process; what is a process's own travels in the context.
//
//	var write = &canon.Host{Name: "wasi:io/streams#[method]output-stream.write", Views: true, Func: func(c *canon.Call) error {
//		s, err := streams(c.Context()).Get(c.Rep(0))
//		if err != nil {
//			return err
//		}
//		if _, err := s.Write(c.Bytes(1)); err != nil {
//			c.Err(canon.Case(0, …))
//			return nil
//		}
//		c.OK(mailbox.Nil)
//		return nil
//	}}
type Host struct {
	Name string // for messages
	// Func is called on the process's goroutine. An error that it returns ends
	// the process; a *Trap where the guest is to blame. The result of the WIT
	// function goes through the Call.
	Func func(c *Call) error
	// Views has strings and list<u8> in the arguments share the guest's memory,
	// where that can be: they cost no copy, and are good until the function
	// returns or has guest code run, also where it suspends its process: one that is
	// killed meanwhile does not come back to them.
	Views bool
	// Named has arguments and result in the form by names, for functions whose
	// types are not known when they are written.
	Named bool
	// Core, unless nil, is called in place of Func, with what core code passed as
	// it is: stack holds the parameters of Func.LowerType and receives the result.
	// It is for functions that read and write the memory of o themselves, and
	// serve core modules too. Strings are in the encoding of o.
	Core func(ctx context.Context, o *Options, stack []uint64) error
}

// Call is a call of a Host function while it runs. It is not kept.
type Call struct {
	f      *frame
	plan   *Func
	opts   *Options
	host   *Host
	args   []mailbox.Value
	result mailbox.Value
	which  int // of a result: the case, behind which stands the payload in result
}

// noCase is Call.which while result is the whole.
const noCase int = -1

// Context gives the context that the core code was called with.
func (c *Call) Context() context.Context { return c.f.ctx }

// Instance gives the instance that calls.
func (c *Call) Instance() *Instance { return c.opts.Instance }

// Type gives the plan of the function: its Type has the signature that the
// caller's component knows it by.
func (c *Call) Type() *Func { return c.plan }

// Args gives the arguments.
func (c *Call) Args() []mailbox.Value { return c.args }

// Arg gives an argument.
func (c *Call) Arg(i int) mailbox.Value { return c.args[i] }

// Bool gives an argument that is a boolean.
func (c *Call) Bool(i int) bool { return c.args[i].Bool() }

// Uint gives an argument that is an unsigned integer, a character, flags or the
// number of a case of an enum.
func (c *Call) Uint(i int) uint64 { return c.args[i].Uint() }

// Int gives an argument that is a signed integer.
func (c *Call) Int(i int) int64 { return c.args[i].Int() }

// Float gives an argument that is a float.
func (c *Call) Float(i int) float64 { return c.args[i].Float() }

// Rep gives what an argument that is an own or a borrow is of. The function
// owns it from then on, or has it until it returns.
func (c *Call) Rep(i int) uint32 { return uint32(c.args[i].Uint()) }

// Str gives an argument that is a string or a list<u8>.
func (c *Call) Str(i int) string { return c.args[i].Str() }

// Bytes gives an argument that is a list<u8> or a string. They are only to be
// read.
func (c *Call) Bytes(i int) []byte { return bytesOf(c.args[i].Str()) }

// BytesOf gives the bytes of a string that is in an argument. They are only to be
// read, and good as long as the string is.
func BytesOf(s string) []byte { return bytesOf(s) }

// Case gives the case of an argument that is a variant or result, and its
// payload, nil where there is none.
func (c *Call) Case(i int) (which uint64, payload mailbox.Value) { return CaseOf(c.args[i]) }

// Return sets the result.
func (c *Call) Return(v mailbox.Value) { c.result, c.which = v, noCase }

// OK makes the result, which is of type result, ok. The payload is nil where
// there is none.
func (c *Call) OK(payload mailbox.Value) { c.result, c.which = payload, 0 }

// Err makes the result, which is of type result, an error. The payload is nil
// where there is none.
func (c *Call) Err(payload mailbox.Value) { c.result, c.which = payload, 1 }

// Record makes a record or tuple by position.
func Record(fields ...mailbox.Value) mailbox.Value { return mailbox.TableValue(fields, nil) }

// List makes a list by position.
func List(elems []mailbox.Value) mailbox.Value { return mailbox.TableValue(elems, nil) }

// Case makes a case of a variant or result that has a payload, by position.
// One without is mailbox.Uint of the case.
func Case(which int, payload mailbox.Value) mailbox.Value {
	return mailbox.TableValue([]mailbox.Value{mailbox.Uint(uint64(which)), payload}, nil)
}

// CaseOf gives the case of a variant or result by position, and its payload,
// nil where there is none. It is beyond all cases for what is no variant.
func CaseOf(v mailbox.Value) (which uint64, payload mailbox.Value) {
	if t := v.Table(); t != nil && len(t.List) == 2 {
		return t.List[0].Uint(), t.List[1]
	}
	if v.Kind() != mailbox.KindUint {
		return math.MaxUint64, mailbox.Nil
	}
	return v.Uint(), mailbox.Nil
}

// Bytes makes a string or list<u8> of bytes that are not changed any more.
func Bytes(b []byte) mailbox.Value { return mailbox.String(share(b)) }
