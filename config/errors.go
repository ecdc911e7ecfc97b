package config

import (
	"cmp"
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

// Errors is every mistake of an application. Those of Load are Sorted.
type Errors []*Error

// Sorted returns the mistakes by position, and once those that were found
// twice, such as what is wrong in a file that two entries name.
func (es Errors) Sorted() Errors {
	sorted := slices.SortedFunc(slices.Values(es), func(a, b *Error) int {
		return cmp.Or(a.Pos.compare(b.Pos), cmp.Compare(a.Message, b.Message), cmp.Compare(a.Hint, b.Hint))
	})
	return slices.CompactFunc(sorted, func(a, b *Error) bool { return *a == *b })
}

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

// Check collects what the Check of an entry's kind finds.
type Check struct {
	app    *App
	entry  *Entry
	report *report
	facts  map[any]any // what Fact found, for the checks of all entries
}

// Fact gives what find found out about the whole application for the check of
// the first entry that asked by this key: a check that looked at all others by
// itself would take a time that grows with their square.
func Fact[T any](c *Check, key any, find func(*App) T) T {
	fact, known := c.facts[key]
	if !known {
		fact = find(c.app)
		c.facts[key] = fact
	}
	return fact.(T)
}

// App returns the whole application, decoded. It lacks the entries of unknown
// kind, and others may hold mistakes.
func (c *Check) App() *App { return c.app }

// Decoded tells whether the entry has the value that its field at path is meant
// to have, be it that of a field which is absent. A check that looks at two
// fields asks so about the one that it does not report.
func (c *Check) Decoded(path ...string) bool {
	return !slices.ContainsFunc(c.entry.prefixes(path), func(prefix string) bool { return c.entry.failed[prefix] })
}

// Mistake reports what is wrong with the field at path, as [Entry.Mistake] says
// it, unless that field could not be decoded: then its value means nothing, and
// why is reported already. Without a path it is the entry that is wrong.
func (c *Check) Mistake(message, hint string, path ...string) {
	c.entry.faulty = true
	if c.Decoded(path...) {
		m := c.entry.Mistake(message, hint, path...)
		c.report.add(m.Pos, m.Message, m.Hint)
	}
}

// MistakeAt reports a mistake elsewhere, such as in a file that the entry names.
func (c *Check) MistakeAt(pos Position, message, hint string) {
	c.entry.faulty = true
	c.report.add(pos, message, hint)
}

// report gathers errors.
type report struct {
	errors Errors
}

func (r *report) add(pos Position, message, hint string) {
	r.errors = append(r.errors, &Error{pos, message, hint})
}

// err returns the sorted errors, or nil.
func (r *report) err() error {
	if len(r.errors) == 0 {
		return nil
	}
	return r.errors.Sorted()
}
