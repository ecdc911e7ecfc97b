package neterr

import (
	"errors"
	"fmt"
	"net"
	"os"
	"testing"
)

// TestOf has errors that every system gives, by its own numbers.
func TestOf(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	if l, err := net.Listen("tcp", addr); Of(err) != InUse {
		if l != nil {
			l.Close()
		}
		t.Errorf("listening twice: %v is of kind %d", err, Of(err))
	}
	l.Close()
	if _, err := net.Dial("tcp", addr); Of(err) != Refused {
		t.Errorf("nobody listens: %v is of kind %d", err, Of(err))
	}
	if l, err := net.Listen("tcp", "192.0.2.1:0"); Of(err) != NoAddress {
		if l != nil {
			l.Close()
		}
		t.Errorf("another's address: %v is of kind %d", err, Of(err))
	}
	for errno, want := range kinds {
		for _, err := range []error{errno, &net.OpError{Op: "x", Err: os.NewSyscallError("x", errno)}, fmt.Errorf("x: %w", errno)} {
			if got := Of(err); got != want {
				t.Errorf("%v is of kind %d, not %d", err, got, want)
			}
		}
	}
	for _, err := range []error{nil, errors.New("x"), net.ErrClosed} {
		if got := Of(err); got != Other {
			t.Errorf("%v is of kind %d", err, got)
		}
	}
}
