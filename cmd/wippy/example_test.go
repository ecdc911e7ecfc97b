package main

import (
	"io"
	"os"
	"strings"
	"syscall"
	"testing"
)

// The example application stops in order, by signals: what requires others first.
func TestExampleStopsInOrder(t *testing.T) {
	for _, test := range []struct {
		args   []string
		signal os.Signal
		code   int
	}{
		{[]string{"run"}, syscall.SIGTERM, 0},
		{[]string{"run", "console"}, os.Interrupt, 130},
	} {
		s := newSession()
		stdin, keyboard := io.Pipe()
		s.stdin = stdin
		go func() { s.result <- s.run(append([]string{"-v", "--app", "../../examples/app"}, test.args...)) }()
		s.stderr.wait(t, "slice counted")
		if len(test.args) > 1 {
			if _, err := io.WriteString(keyboard, "count 0 100\n"); err != nil {
				t.Fatal(err)
			}
			s.stdout.wait(t, "25\n")
		}
		s.signals <- test.signal
		s.wantExit(t, test.code)
		keyboard.Close()
		survey, ledger := strings.Index(s.stderr.String(), "the survey stops"), strings.Index(s.stderr.String(), "the ledger is closed")
		if survey < 0 || ledger < survey {
			t.Errorf("%q: the survey should stop, then the ledger:\n%s", test.args, s.stderr)
		}
	}
}
