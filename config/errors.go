package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Error is one mistake in the configuration.
type Error struct {
	Pos     Position
	Message string
	// Hint says what to write instead; it may be empty.
	Hint string
}

// Error returns "file:line:col: message", and "; hint" where there is one.
func (e *Error) Error() string {
	text := e.Pos.String() + ": " + e.Message
	if e.Hint != "" {
		text += "; " + e.Hint
	}
	return text
}

// Errors is every mistake of an application, sorted by position.
type Errors []*Error

// Error returns one line for each mistake.
func (es Errors) Error() string {
	lines := make([]string, len(es))
	for i, e := range es {
		lines[i] = e.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap returns the mistakes for [errors.Is] and [errors.As].
func (es Errors) Unwrap() []error {
	all := make([]error, len(es))
	for i, e := range es {
		all[i] = e
	}
	return all
}

// Check collects what a kind's Check finds.
type Check struct {
	app    *App
	report *report
}

// App returns the whole application, decoded, with its references resolved. It
// lacks the entries of unknown kind, and others may hold mistakes.
func (c *Check) App() *App { return c.app }

// Errorf reports a mistake without a suggestion.
func (c *Check) Errorf(pos Position, format string, args ...any) {
	c.report.add(pos, fmt.Sprintf(format, args...), "")
}

// Error reports a mistake and what to write instead.
func (c *Check) Error(pos Position, message, hint string) {
	c.report.add(pos, message, hint)
}

// report gathers errors. What is said twice, as happens below an alias, is
// kept once.
type report struct {
	seen  map[Error]bool
	count int // of add's calls
}

func (r *report) add(pos Position, message, hint string) {
	r.count++
	r.seen[Error{pos, message, hint}] = true
}

// err returns the sorted errors, or nil.
func (r *report) err() error {
	if len(r.seen) == 0 {
		return nil
	}
	all := make(Errors, 0, len(r.seen))
	for e := range r.seen {
		all = append(all, &e)
	}
	slices.SortFunc(all, func(a, b *Error) int {
		return cmp.Or(a.Pos.compare(b.Pos), cmp.Compare(a.Message, b.Message), cmp.Compare(a.Hint, b.Hint))
	})
	return all
}
