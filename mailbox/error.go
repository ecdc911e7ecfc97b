package mailbox

import (
	"errors"
	"fmt"
)

// ErrorKind classes errors by what the receiver can do about them. Lua reads
// it as err:kind().
type ErrorKind string

// Error makes a kind a target for errors.Is.
func (k ErrorKind) Error() string { return string(k) }

// The kinds of error that the runtime itself makes. Extensions may add theirs.
const (
	Invalid     ErrorKind = "invalid"     // an argument or value does not fit; the text says which
	NotFound    ErrorKind = "not_found"   // no such entry, group, method, file
	Exists      ErrorKind = "exists"      // the name is taken
	NoProc      ErrorKind = "noproc"      // no process has that PID or name
	Unavailable ErrorKind = "unavailable" // no room now: a full mailbox or group. Retryable
	Denied      ErrorKind = "denied"      // a capability, module or path is not granted
	Timeout     ErrorKind = "timeout"     // a deadline passed
	Killed      ErrorKind = "killed"      // the process was terminated
	Cancelled   ErrorKind = "cancelled"   // the process was killed at a cancel's deadline
	LimitHit    ErrorKind = "limit"       // a limit of SPEC section 2 was reached
	Failed      ErrorKind = "failed"      // the process itself failed: a Lua error, a trap, a result's error
	Internal    ErrorKind = "internal"    // a fault of the runtime or of an extension
)

// Error is the error value of SPEC section 3: it crosses between processes,
// Lua reads its kind, message and retryable flag, and Go code branches on its
// kind with errors.As or Is. It is immutable once made.
type Error struct {
	Kind      ErrorKind
	Message   string
	Retryable bool
	// Value is what the process failed with: the error of a WIT result, or what
	// Lua's error raised, which of a string is the message. Nil for other errors.
	Value Value
	// Trace is the backtrace, a line per frame, innermost first; empty when the
	// error was not raised by a guest.
	Trace []string
	// Owner is the process whose limit it was, of an error of kind LimitHit that
	// a call gave to the process which made it: whoever fails with an error of
	// its own limit has hit that limit, with another's it just failed. It does
	// not cross between machines.
	Owner PID
	// Cause is the Go error behind it, nil where there is none. It does not
	// cross between machines.
	Cause error
}

// Errorf makes an error of a kind. A %w verb sets its cause; of several,
// errors.Is and errors.As find each.
func Errorf(kind ErrorKind, format string, args ...any) *Error {
	wrapped := fmt.Errorf(format, args...)
	cause := errors.Unwrap(wrapped)
	if _, several := wrapped.(interface{ Unwrap() []error }); several {
		cause = wrapped
	}
	return &Error{Kind: kind, Message: wrapped.Error(), Retryable: kind == Unavailable, Cause: cause}
}

// AsError gives err as an error value: itself if it is one, and nil for nil.
// Any other becomes the cause of a new one with its text: of the kind, value
// and trace of the first error value in its chain, of the kind alone of an
// ErrorKind there, or else Internal.
func AsError(err error) *Error {
	if err == nil {
		return nil
	}
	if e, ok := err.(*Error); ok {
		return e
	}
	out := &Error{Kind: Internal, Message: err.Error(), Cause: err}
	if e, ok := errors.AsType[*Error](err); ok && e != nil {
		out.Kind, out.Retryable, out.Value, out.Trace, out.Owner = e.Kind, e.Retryable, e.Value, e.Trace, e.Owner
	} else if k, ok := errors.AsType[ErrorKind](err); ok {
		out.Kind, out.Retryable = k, k == Unavailable
	}
	return out
}

// Error implements error: the message alone.
func (e *Error) Error() string { return e.Message }

// Unwrap implements the errors package's chain.
func (e *Error) Unwrap() error { return e.Cause }

// Is makes errors.Is(err, NoProc) true for errors of kind NoProc.
func (e *Error) Is(target error) bool {
	k, ok := target.(ErrorKind)
	return ok && k == e.Kind
}
