package main

import (
	"io"
	"strconv"

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
	_, err := w.Write(out)
	return err
}

// asStrings gives words to a script, which decides itself what they mean.
func asStrings(words []string) []any {
	args := make([]any, len(words))
	for i, w := range words {
		args[i] = w
	}
	return args
}

// asValues gives words to a WebAssembly function, whose parameters are typed:
// what reads as a number or boolean is one.
func asValues(words []string) []any {
	args := make([]any, len(words))
	for i, w := range words {
		args[i] = asValue(w)
	}
	return args
}

func asValue(word string) any {
	if i, err := strconv.ParseInt(word, 10, 64); err == nil {
		return i
	}
	if u, err := strconv.ParseUint(word, 10, 64); err == nil {
		return u
	}
	if f, err := strconv.ParseFloat(word, 64); err == nil {
		return f
	}
	switch word {
	case "true", "false":
		return word == "true"
	}
	return word
}
