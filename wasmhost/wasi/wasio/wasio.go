// Package wasio is wasi:io of WASI 0.2: error, poll and streams, over packages
// streams and poll. Other interfaces make streams, pollables and errors by
// [NewInput], [NewOutput], [NewPollable] and [NewError].
//
// # Lifetimes
//
// The specification lets a stream trap that is dropped before its pollables.
// Here it does not: a pollable of a stream that is gone is ready, as one of a
// stream that is closed is. So the order of a guest's destructors does not
// matter, nor does that of a process that ends.
//
// # Waiting
//
// What blocks suspends the process. So do functions that the specification
// has never block, while a disk is read or written or the terminal takes its
// bytes; the guest cannot tell, and no worker is held.
package wasio

import (
	"errors"

	"wippy/mailbox"
	"wippy/wasmhost/canon"
	"wippy/wasmhost/wasi/files"
	"wippy/wasmhost/wasi/iface"
)

// The capabilities of the interfaces.
const (
	Grant     = "wasi:io"
	PollGrant = "wasi:poll" // poll alone
)

// Errors is the resource type error. An object is the error itself.
var Errors = iface.NewResource[error]("error", nil)

// NewError makes an error of a stream.
func NewError(p *iface.Process, err error) mailbox.Value { return Errors.New(p, err) }

// ErrorInterface is wasi:io/error.
var ErrorInterface = iface.New("wasi:io/error", []string{Grant}, "",
	iface.Func{Name: "[method]error.to-debug-string", Signature: "func(self: borrow<error>) -> string", Run: debugString},
).With(Errors.Type)

func debugString(p *iface.Process, c *canon.Call) error {
	err, trap := Errors.Arg(p, c, 0)
	if trap == nil {
		c.Return(iface.Text(err.Error()))
	}
	return trap
}

// closedBy tells whether an error says that the other end wants no more.
func closedBy(err error) bool { return errors.Is(err, files.Pipe) }

// Interfaces are those of wasi:io.
func Interfaces() []*iface.Interface {
	return []*iface.Interface{ErrorInterface, PollInterface, StreamsInterface}
}
