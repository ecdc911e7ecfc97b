// Package cli is wasi:cli of WASI 0.2: what a command is started with, its
// standard streams and its end. [Ended] says what a run of wasi:cli/run comes to.
package cli

import (
	"strings"

	"wippy/mailbox"
	"wippy/runtime/process"
	"wippy/wasmhost/canon"
	"wippy/wasmhost/imports"
	"wippy/wasmhost/wasi/iface"
	"wippy/wasmhost/wasi/streams"
	"wippy/wasmhost/wasi/wasio"
)

// Grant is the capability of the interfaces.
const Grant = "wasi:cli"

// A terminal has no functions yet; what a guest learns is that there is one.
type terminal struct{}

var (
	terminalInputs  = iface.NewResource[terminal]("terminal-input", nil)
	terminalOutputs = iface.NewResource[terminal]("terminal-output", nil)
)

// Interfaces are those of wasi:cli.
func Interfaces() []*iface.Interface {
	grants := []string{Grant}
	return []*iface.Interface{
		iface.New("wasi:cli/environment", grants, "",
			iface.Func{Name: "get-environment", Signature: "func() -> list<tuple<string, string>>", Run: getEnvironment},
			iface.Func{Name: "get-arguments", Signature: "func() -> list<string>", Run: getArguments},
			iface.Func{Name: "initial-cwd", Signature: "func() -> option<string>", Run: initialCWD}),
		iface.New("wasi:cli/exit", grants, "",
			iface.Func{Name: "exit", Signature: "func(status: result)", Run: exit},
			iface.Func{Name: "exit-with-code", Signature: "func(status-code: u8)", Run: exitWithCode}),
		iface.New("wasi:cli/stdin", grants, "",
			iface.Func{Name: "get-stdin", Signature: "func() -> own<input-stream>", Run: getStdin}),
		iface.New("wasi:cli/stdout", grants, "",
			iface.Func{Name: "get-stdout", Signature: "func() -> own<output-stream>", Run: getStdout}),
		iface.New("wasi:cli/stderr", grants, "",
			iface.Func{Name: "get-stderr", Signature: "func() -> own<output-stream>", Run: getStderr}),
		iface.New("wasi:cli/terminal-input", grants, "").With(terminalInputs.Type),
		iface.New("wasi:cli/terminal-output", grants, "").With(terminalOutputs.Type),
		iface.New("wasi:cli/terminal-stdin", grants, "",
			iface.Func{Name: "get-terminal-stdin", Signature: "func() -> option<own<terminal-input>>", Run: getTerminal(0, terminalInputs)}),
		iface.New("wasi:cli/terminal-stdout", grants, "",
			iface.Func{Name: "get-terminal-stdout", Signature: "func() -> option<own<terminal-output>>", Run: getTerminal(1, terminalOutputs)}),
		iface.New("wasi:cli/terminal-stderr", grants, "",
			iface.Func{Name: "get-terminal-stderr", Signature: "func() -> option<own<terminal-output>>", Run: getTerminal(2, terminalOutputs)}),
	}
}

func getEnvironment(p *iface.Process, c *canon.Call) error {
	list := make([]mailbox.Value, len(p.World.Env))
	for i, v := range p.World.Env {
		list[i] = canon.Record(iface.Text(v.Name), iface.Text(v.Value))
	}
	c.Return(canon.List(list))
	return nil
}

func getArguments(p *iface.Process, c *canon.Call) error {
	list := make([]mailbox.Value, len(p.World.Args))
	for i, arg := range p.World.Args {
		list[i] = iface.Text(arg)
	}
	c.Return(canon.List(list))
	return nil
}

func initialCWD(p *iface.Process, c *canon.Call) error {
	if p.World.CWD != "" {
		c.Return(iface.Text(p.World.CWD))
	}
	return nil
}

func exit(_ *iface.Process, c *canon.Call) error {
	which, _ := c.Case(0)
	return &imports.Exit{Result: withCode(int(which))}
}

func exitWithCode(_ *iface.Process, c *canon.Call) error {
	return &imports.Exit{Result: withCode(int(c.Uint(0)))}
}

// withCode is the end of a process that chose its exit code.
func withCode(code int) process.Result {
	r := process.Result{Code: code, HasCode: true}
	if code != 0 {
		r.Err = mailbox.Errorf(mailbox.Failed, "exit code %d", code)
	}
	return r
}

// Run is the interface that a command exports, with a function of its last part's name.
const Run = "wasi:cli/run"

// IsRun tells whether an exported interface, whose name may have a version, is
// wasi:cli/run of WASI 0.2.
func IsRun(name string) bool {
	name, version, _ := strings.Cut(name, "@")
	return name == Run && (version == "0.2" || strings.HasPrefix(version, "0.2."))
}

// Ended says what a process comes to whose method was the run of wasi:cli/run:
// exit code 0, or 1 where it failed.
func Ended(failed bool) process.Result {
	if failed {
		return withCode(1)
	}
	return withCode(0)
}

func getStdin(p *iface.Process, c *canon.Call) error {
	c.Return(wasio.NewInput(p, streams.Stdin(p), nil))
	return nil
}

func getStdout(p *iface.Process, c *canon.Call) error {
	c.Return(wasio.NewOutput(p, streams.Stdout(&p.Output), nil))
	return nil
}

func getStderr(p *iface.Process, c *canon.Call) error {
	c.Return(wasio.NewOutput(p, streams.Stderr(&p.Output), nil))
	return nil
}

// getTerminal gives the terminal at one of the standard streams, if a person is
// at its other end.
func getTerminal(stream int, of *iface.Resource[terminal]) func(p *iface.Process, c *canon.Call) error {
	return func(p *iface.Process, c *canon.Call) error {
		if t := p.Terminal(); t != nil && t.TTY[stream] {
			c.Return(of.New(p, terminal{}))
		}
		return nil
	}
}
