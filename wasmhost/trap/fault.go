package trap

import (
	"errors"
	"fmt"
	"runtime/debug"

	"wippy/mailbox"
	"wippy/runtime/process"
)

// Fault is a panic that was no guest's doing.
type Fault struct {
	value any
	stack []byte
}

// Error implements error.
func (f *Fault) Error() string { return "the engine failed" }

// Recover gives the error of what recover gave, in a deferred function, around what runs
// guest code; nil if that was nil. A panic that unwinds a process goes on.
//
// wazero recovers every panic below a call, one that ends the process too, and gives its text
// as an error; whoever gets that asks the process's context, which unwinds again.
func Recover(r any) error {
	switch {
	case r == nil:
		return nil
	case process.Unwinding(r):
		panic(r)
	}
	return &Fault{r, debug.Stack()}
}

// Recovering runs what runs guest code; a panic of the engine's own becomes a *Fault.
func Recovering(run func() error) (err error) {
	defer func() {
		if f := Recover(recover()); f != nil {
			err = f
		}
	}()
	return run()
}

// ReadFault gives the error for people of a *Fault, nil for any other.
func ReadFault(err error) *mailbox.Error {
	f, ok := errors.AsType[*Fault](err)
	if !ok {
		return nil
	}
	return &mailbox.Error{Kind: mailbox.Internal, Message: fmt.Sprintf("the engine failed: %v", f.value), Cause: err}
}

// Detail is what the log gets of an error beyond its message.
func Detail(err error) string {
	if f, ok := errors.AsType[*Fault](err); ok {
		return string(f.stack)
	}
	return err.Error()
}
