package main

import (
	"io"

	"wippy/mailbox"
)

// printValues prints what a process returned, a line each: strings as they
// are, nothing for nil, the rest as JSON.
func printValues(w io.Writer, values []mailbox.Value) error {
	var out []byte
	for _, v := range values {
		switch v.Kind() {
		case mailbox.KindNil:
			continue
		case mailbox.KindString:
			out = append(out, v.Str()...)
		default:
			out = v.AppendJSON(out)
		}
		out = append(out, '\n')
	}
	if len(out) == 0 {
		return nil // to write nothing may wait, too
	}
	_, err := w.Write(out)
	return err
}
