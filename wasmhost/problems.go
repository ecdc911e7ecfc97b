package wasmhost

import (
	"fmt"
	"slices"
	"strings"

	"wippy/config"
	"wippy/mailbox"
)

// problem is one thing that is wrong with a source.
type problem struct {
	field   string // of the entry, which is to blame: "path", "wasi.mounts.0.fs"
	message string
	hint    string // what to do about it; may be empty
}

// problems are all that is wrong with a source.
type problems []problem

func (ps *problems) add(field, message, hint string) {
	*ps = append(*ps, problem{field, message, hint})
}

// at gives the problems as mistakes of an entry, each with its position.
func (ps problems) at(e *config.Entry) config.Errors {
	errs := make(config.Errors, len(ps))
	for i, p := range ps {
		errs[i] = e.Mistake(p.message, p.hint, strings.Split(p.field, ".")...)
	}
	return errs.Sorted()
}

// err gives the problems as one error, a line each; nil if there are none.
func (ps problems) err() error {
	if len(ps) == 0 {
		return nil
	}
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.message
		if p.field == "wit" { // only such a message does not say what it is about
			lines[i] = "wit: " + lines[i]
		}
		if p.hint != "" {
			lines[i] += "; " + p.hint
		}
	}
	return &mailbox.Error{Kind: mailbox.Invalid, Message: strings.Join(lines, "\n")}
}

// maxListed bounds how many names an error lists.
const maxListed = 50

// list joins names for an error.
func list(names []string) string {
	if more := len(names) - maxListed; more > 0 {
		names = append(slices.Clone(names[:maxListed]), fmt.Sprintf("and %d more", more))
	}
	return strings.Join(names, ", ")
}
