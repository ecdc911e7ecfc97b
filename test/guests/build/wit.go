package main

import (
	"fmt"
	"os"
	"strings"
)

// writeSignatures writes what the wit field of an entry says of a core module:
// the definitions and functions of some interfaces of a file of WIT, and more.
func writeSignatures(wit, out, more string, interfaces ...string) error {
	text, err := os.ReadFile(wit)
	if err != nil {
		return err
	}
	var b strings.Builder
	for _, name := range interfaces {
		_, body, found := strings.Cut(string(text), "\ninterface "+name+" {\n")
		body, _, closed := strings.Cut(body, "\n}\n")
		if !found || !closed {
			return fmt.Errorf("%s: there is no interface %q", wit, name)
		}
		for line := range strings.Lines(body + "\n") {
			line = strings.TrimPrefix(line, "  ")
			if !strings.HasPrefix(line, "use ") && !strings.HasPrefix(line, "///") {
				b.WriteString(line)
			}
		}
	}
	return os.WriteFile(out, []byte(b.String()+more), 0o666)
}
