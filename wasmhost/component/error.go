package component

import (
	"errors"
	"fmt"
	"strings"

	"wippy/wasmhost/module"
)

// Error says what is wrong with a binary, and where.
type Error struct {
	Offset  int // in bytes from the beginning of the binary
	Message string
	// Feature names, where the binary may well be valid, what it needs that
	// is not run here: "async". It is "" for a binary that is invalid.
	Feature string
}

// Error implements error.
func (e *Error) Error() string { return fmt.Sprintf("%s (at byte %#x)", e.Message, e.Offset) }

// clip bounds a message: names in it may be long.
func clip(message string) string {
	const most = 2000
	if len(message) <= most {
		return message
	}
	return strings.ToValidUTF8(message[:most*3/4], "") + " … " + strings.ToValidUTF8(message[len(message)-most/4:], "")
}

// wrap makes an Error of one that a reader or package module gave for bytes
// that begin at offset.
func wrap(err error, offset int, what string) *Error {
	var e *module.Error
	if !errors.As(err, &e) {
		return &Error{Offset: offset, Message: what + err.Error()}
	}
	return &Error{Offset: offset + e.Offset, Message: clip(what + e.Message)}
}

// prefix says more about what an error is about. What is no *Error becomes one.
func (v *validator) prefix(err error, format string, args ...any) error {
	p := fmt.Sprintf(format, args...)
	var e *Error
	if errors.As(err, &e) {
		return &Error{Offset: e.Offset, Message: clip(p + e.Message), Feature: e.Feature}
	}
	return &Error{Offset: v.at, Message: clip(p + err.Error())}
}

// a gives a noun with its article.
func a(noun string) string {
	if strings.ContainsRune("aeio", rune(noun[0])) { // but not u: u32
		return "an " + noun
	}
	return "a " + noun
}

// alike says that a name is like an earlier one.
func alike(noun, name, earlier string) string {
	if name == earlier {
		return fmt.Sprintf("two %ss are called %q", noun, name)
	}
	return fmt.Sprintf("%s %q is too much like %s %q: names must differ by more than case", noun, name, noun, earlier)
}
