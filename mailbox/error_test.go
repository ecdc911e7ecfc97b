package mailbox

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"testing"
)

func TestErrorf(t *testing.T) {
	inner := Errorf(NoProc, "nobody is there")
	for _, c := range []struct {
		err       *Error
		text      string
		retryable bool
		cause     error
		is        []error
		isNot     []error
	}{
		{Errorf(Invalid, "field %q", "age"), `field "age"`, false, nil, []error{Invalid}, []error{Failed, io.EOF}},
		{Errorf(Unavailable, "full"), "full", true, nil, []error{Unavailable}, nil},
		{Errorf(Failed, "reading: %w", io.EOF), "reading: EOF", false, io.EOF, []error{Failed, io.EOF}, []error{Invalid}},
		{Errorf(Failed, "sending: %w", inner), "sending: nobody is there", false, inner, []error{Failed, NoProc, inner}, nil},
		{Errorf(Failed, "not %%w but %v", io.EOF), "not %w but EOF", false, nil, []error{Failed}, []error{io.EOF}},
	} {
		if c.err.Error() != c.text || c.err.Retryable != c.retryable || c.err.Unwrap() != c.cause {
			t.Errorf("got %q, retryable %v, cause %v; want %q, %v, %v",
				c.err, c.err.Retryable, c.err.Cause, c.text, c.retryable, c.cause)
		}
		for _, target := range c.is {
			if !errors.Is(c.err, target) {
				t.Errorf("%q is not %v", c.err, target)
			}
		}
		for _, target := range c.isNot {
			if errors.Is(c.err, target) {
				t.Errorf("%q is %v", c.err, target)
			}
		}
	}
}

func TestErrorfWithSeveralCauses(t *testing.T) {
	err := Errorf(Failed, "%w, then %w", io.EOF, fs.ErrNotExist)
	if !errors.Is(err, io.EOF) || !errors.Is(err, fs.ErrNotExist) || errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("%q has lost a cause: %v", err, err.Cause)
	}
}

func TestAsError(t *testing.T) {
	if e := AsError(nil); e != nil {
		t.Errorf("AsError(nil) = %v", e)
	}
	plain := Errorf(NotFound, "no entry")
	if AsError(plain) != plain {
		t.Error("an error value was wrapped")
	}
	rich := &Error{Kind: Unavailable, Message: "full", Retryable: true, Value: Int(7), Trace: []string{"main.lua:1"}}
	for _, c := range []struct {
		err  error
		want *Error
	}{
		{io.EOF, &Error{Kind: Internal, Message: "EOF"}},
		{Denied, &Error{Kind: Denied, Message: "denied"}},
		{fmt.Errorf("opening x: %w", Denied), &Error{Kind: Denied, Message: "opening x: denied"}},
		{fmt.Errorf("no room: %w", Unavailable), &Error{Kind: Unavailable, Message: "no room: unavailable", Retryable: true}},
		{fmt.Errorf("sending: %w", rich), &Error{Kind: Unavailable, Message: "sending: full", Retryable: true, Value: Int(7), Trace: rich.Trace}},
		{errors.Join(io.EOF, rich), &Error{Kind: Unavailable, Message: "EOF\nfull", Retryable: true, Value: Int(7), Trace: rich.Trace}},
	} {
		got := AsError(c.err)
		if !ErrorValue(got).Equal(ErrorValue(c.want)) {
			t.Errorf("AsError(%v) = %+v, want %+v", c.err, got, c.want)
		}
		if got.Cause != c.err || !errors.Is(got, c.err) {
			t.Errorf("AsError(%v) has the cause %v", c.err, got.Cause)
		}
	}
}

func TestSentinels(t *testing.T) {
	if !errors.Is(ErrFull, Unavailable) || !ErrFull.Retryable || ErrFull.Error() != "the mailbox is full" {
		t.Errorf("ErrFull is %+v", ErrFull)
	}
	if !errors.Is(ErrClosed, NoProc) || ErrClosed.Retryable || ErrClosed.Error() != "the process has ended" {
		t.Errorf("ErrClosed is %+v", ErrClosed)
	}
}
