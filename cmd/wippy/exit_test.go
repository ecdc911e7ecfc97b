package main

import (
	"errors"
	"strings"
	"testing"

	"wippy/mailbox"
)

func TestChosen(t *testing.T) {
	for code, want := range map[int]exit{0: 0, 3: 3, 255: 255, -1: 255, 256: 1, 259: 3} {
		if got := chosen(code); got != want {
			t.Errorf("chosen(%d) = %d, want %d", code, got, want)
		}
	}
}

func TestOutcome(t *testing.T) {
	for _, test := range []struct {
		name           string
		exit           mailbox.Exit
		code           int
		stdout, stderr string
	}{
		{"values", mailbox.Exit{Values: []mailbox.Value{mailbox.String("a"), mailbox.Nil, mailbox.Int(1)}}, 0, "a\n1\n", ""},
		{"nothing", mailbox.Exit{}, 0, "", ""},
		{"chosen zero", mailbox.Exit{HasCode: true}, 0, "", ""},
		{"chosen code", mailbox.Exit{HasCode: true, Code: 3, Err: mailbox.Errorf(mailbox.Failed, "exit code 3")}, 3, "", ""},
		{"recursion", mailbox.Exit{Err: &mailbox.Error{Message: "deep\n", Trace: []string{"f", "f", "g", "…"}}}, 1, "", "wippy: deep\n\tf (2 times)\n\tg\n\t…\n"},
		{"escapes", mailbox.Exit{Err: &mailbox.Error{Message: "no\x1b[2J\u009b\r\n\tmöre \u202e\xff", Trace: []string{"\x1bf"}}}, 1, "", "wippy: no\ufffd[2J\ufffd\ufffd\n\tmöre \ufffd\ufffd\n\t\ufffdf\n"},
		{"failure", mailbox.Exit{Err: &mailbox.Error{Message: "no", Trace: []string{"f", "g"}}}, 1, "", "wippy: no\n\tf\n\tg\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newSession()
			n := &node{cli: s.cli, stdout: newOutlet(s.cli.stdout)}
			if code := s.exitCode(n.outcome(&test.exit)); code != test.code {
				t.Errorf("exit code %d, want %d", code, test.code)
			}
			if s.stdout.String() != test.stdout || s.stderr.String() != test.stderr {
				t.Errorf("printed %q and %q, want %q and %q", s.stdout, s.stderr, test.stdout, test.stderr)
			}
		})
	}
}

func TestOutcomeUnprintable(t *testing.T) {
	s := newSession()
	s.cli.stdout = full{}
	n := &node{cli: s.cli, stdout: newOutlet(s.cli.stdout)}
	code := s.exitCode(n.outcome(&mailbox.Exit{Values: []mailbox.Value{mailbox.Int(1)}}))
	if code != exitFailed || !strings.Contains(s.stderr.String(), "the result cannot be printed: no space") {
		t.Errorf("exit code %d, standard error:\n%s", code, s.stderr)
	}
}

// full is a disk without room.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space") }
