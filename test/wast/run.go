package wast

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"wippy/wasmhost/component"
)

// Engine is what scripts test. One belongs to one script and one goroutine.
type Engine interface {
	// Define decodes and validates a component or core module.
	Define(binary []byte, component bool) (Definition, error)
	// Instantiate makes an instance. Of another instance it may import what
	// was given to Register. A nil error means that it ran without a trap.
	Instantiate(d Definition) (Instance, error)
	// Register makes an instance one that others may import, by name.
	Register(name string, i Instance) error
}

// Definition is a component or module that is valid.
type Definition any

// Instance is an instance of a component or module.
type Instance interface {
	// Call calls an exported function. A trap is a *Trap.
	Call(name string, args []Value) ([]Value, error)
}

// Trap is how a call or an instantiation ends that traps.
type Trap struct{ Message string }

// Error implements error.
func (t *Trap) Error() string { return "trap: " + t.Message }

// ErrNotRun is what an Engine gives for what it does not do.
var ErrNotRun = errors.New("not run")

// Outcome is how a command ended.
type Outcome uint8

// The outcomes.
const (
	Passed Outcome = iota
	Failed
	Skipped
	NotRun // it needs an instance that was skipped or has failed, or what the engine does not do
)

// Result is how one command ended.
type Result struct {
	Script  string
	Command *Command
	Outcome Outcome
	// Defined tells that it defined a component or module, whatever then came of
	// an instance.
	Defined bool
	// Detail is why it failed; of an assertion that something is wrong, which
	// passed, the error.
	Detail string
}

// Run runs a script. The skips that match are counted; a command that is
// skipped is run, too, and fails if it passes and the skip is for its line alone.
func Run(s Script, e Engine, skips []*Skip) []Result {
	r := &runner{script: s, engine: e, definitions: map[string]Definition{}, instances: map[string]Instance{}}
	results := make([]Result, 0, len(s.Commands))
	for i := range s.Commands {
		c := &s.Commands[i]
		result := Result{Script: s.Name, Command: c}
		r.latest = nil
		detail, err := r.command(c)
		result.Detail, result.Defined = detail, r.latest != nil
		switch {
		case errors.Is(err, ErrNotRun):
			result.Outcome = NotRun
		case err != nil:
			result.Outcome, result.Detail = Failed, err.Error()
		}
		results = append(results, skipped(result, skips))
	}
	return results
}

// skipped applies the skip list to a result.
func skipped(r Result, skips []*Skip) Result {
	for _, s := range skips {
		if !s.matches(r.Script, r.Command.Line) {
			continue
		}
		s.hits++
		switch {
		case r.Outcome == Failed || r.Outcome == NotRun || s.Line == 0:
			r.Outcome = Skipped
		default:
			r.Outcome, r.Detail = Failed, "it passes: take it from the skip list"
		}
		return r
	}
	return r
}

// Unused gives the skips that matched nothing.
func Unused(skips []*Skip) []*Skip {
	var unused []*Skip
	for _, s := range skips {
		if s.hits == 0 {
			unused = append(unused, s)
		}
	}
	return unused
}

// runner is the state of a script.
type runner struct {
	script      Script
	engine      Engine
	last        Instance              // nil where it could not be made
	latest      Definition            // that the command made
	definitions map[string]Definition // by name; "" is the latest
	instances   map[string]Instance
}

// command runs a command. What it returns beside the error is the error that an
// assertion wanted.
func (r *runner) command(c *Command) (string, error) {
	switch c.Type {
	case "module_definition":
		_, err := r.define(c)
		return "", err
	case "module":
		r.last = nil
		delete(r.instances, c.Name)
		d, err := r.define(c)
		if err != nil {
			return "", err
		}
		return "", r.instantiate(c.Name, d)
	case "module_instance":
		r.last = nil
		delete(r.instances, c.Instance)
		d := r.definitions[c.Module]
		if d == nil {
			return "", ErrNotRun // the definition has failed
		}
		return "", r.instantiate(c.Instance, d)
	case "assert_invalid", "assert_malformed":
		return r.assertWrong(c)
	case "assert_unlinkable", "assert_uninstantiable":
		d, err := r.define(c)
		if err != nil {
			return "", err
		}
		_, err = r.engine.Instantiate(d)
		var trap *Trap
		switch {
		case errors.Is(err, ErrNotRun):
			return "", err
		case err == nil:
			return "", fmt.Errorf("instantiating it works; expected %q", c.Text)
		case c.Type == "assert_uninstantiable" && !errors.As(err, &trap):
			return "", fmt.Errorf("expected the trap %q, got %w", c.Text, err)
		}
		return err.Error(), nil
	case "action":
		_, err := r.call(c.Action)
		return "", err
	case "assert_return":
		return "", r.assertReturn(c)
	case "assert_trap":
		_, err := r.call(c.Action)
		var trap *Trap
		switch {
		case errors.Is(err, ErrNotRun):
			return "", err
		case err == nil:
			return "", fmt.Errorf("%s returns; expected the trap %q", c.Action.Field, c.Text)
		case !errors.As(err, &trap) || !says(trap.Message, c.Text):
			return "", fmt.Errorf("expected the trap %q, got %w", c.Text, err)
		}
		return err.Error(), nil
	case "register":
		i := r.instance(c.Name)
		if i == nil {
			return "", ErrNotRun
		}
		return "", r.engine.Register(c.As, i)
	}
	return "", fmt.Errorf("unknown command %q", c.Type)
}

// otherWords are what an engine says instead of the reference implementation.
var otherWords = map[string][]string{
	"wasm `unreachable` instruction executed":       {"unreachable"},
	"unaligned pointer":                             {"not aligned"},
	"list content out-of-bounds":                    {"beyond end of memory"},
	"string pointer/length out of bounds of memory": {"string content out-of-bounds"},
}

// says tells whether the message of a trap is about what was expected.
func says(message, expected string) bool {
	expected = strings.TrimPrefix(expected, "wasm trap: ")
	return strings.Contains(message, expected) ||
		slices.ContainsFunc(otherWords[expected], func(s string) bool { return strings.Contains(message, s) })
}

func (r *runner) read(c *Command) ([]byte, error) {
	if c.Form == "text" {
		return nil, fmt.Errorf("the text does not parse: %s", c.Error)
	}
	return os.ReadFile(filepath.Join(r.script.Dir, c.Filename))
}

func (r *runner) define(c *Command) (Definition, error) {
	b, err := r.read(c)
	if err != nil {
		return nil, err
	}
	d, err := r.engine.Define(b, c.Component)
	if err != nil {
		return nil, err
	}
	r.latest, r.definitions[c.Name] = d, d
	return d, nil
}

func (r *runner) instantiate(name string, d Definition) error {
	i, err := r.engine.Instantiate(d)
	if err != nil {
		return err
	}
	if r.last = i; name != "" {
		r.instances[name] = i
	}
	return nil
}

// instance finds an instance; nil if it could not be made.
func (r *runner) instance(name string) Instance {
	if name == "" {
		return r.last
	}
	return r.instances[name]
}

// assertWrong asserts that a binary is invalid or malformed, or that a text is.
// Refusing it for a feature that is not supported is not that.
func (r *runner) assertWrong(c *Command) (string, error) {
	if c.Form == "text" {
		return c.Error, nil
	}
	b, err := r.read(c)
	if err != nil {
		return "", err
	}
	_, err = r.engine.Define(b, c.Component)
	var refused *component.Error
	switch {
	case err == nil:
		return "", fmt.Errorf("it is accepted; expected %q", c.Text)
	case errors.As(err, &refused) && refused.Feature != "":
		return "", fmt.Errorf("it is refused, but as not supported: %w; expected %q", err, c.Text)
	}
	return err.Error(), nil
}

func (r *runner) call(a Action) ([]Value, error) {
	i := r.instance(a.Module)
	if i == nil {
		return nil, ErrNotRun
	}
	return i.Call(a.Field, a.Args)
}

func (r *runner) assertReturn(c *Command) error {
	got, err := r.call(c.Action)
	if err != nil {
		return err
	}
	if len(got) != len(c.Expected) {
		return fmt.Errorf("%s returns %d values, expected %d", c.Action.Field, len(got), len(c.Expected))
	}
	for i, want := range c.Expected {
		same, err := Equal(got[i], want)
		if err != nil {
			return err
		}
		if !same {
			return fmt.Errorf("%s returns %s, expected %s", c.Action.Field, got[i], want)
		}
	}
	return nil
}
