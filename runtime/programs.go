package runtime

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"wippy/config"
	"wippy/mailbox"
	"wippy/runtime/process"
	"wippy/runtime/supervisor"
)

// program is an entry that runs as a process, and what it was compiled to.
type program struct {
	entry *config.Entry
	kind  process.Kind

	mu    sync.Mutex // held while it is compiled
	ready atomic.Pointer[compiled]
}

type compiled struct {
	prog   process.Program
	limits process.Limits
}

// resolve gives the scheduler an entry's program, if it is compiled.
func (rt *Runtime) resolve(id string) (process.Program, process.Limits, error) {
	p := rt.programs[config.ID(id)]
	switch {
	case p != nil:
	case id == supervisor.ProgramEntry:
		return supervisor.Dynamic{Catalogue: supervisor.CatalogueOf(rt.app.Entry)}, process.Limits{}, nil
	default:
		return nil, process.Limits{}, rt.noEntry(id)
	}
	if c := p.ready.Load(); c != nil {
		return c.prog, c.limits, nil
	}
	return nil, process.Limits{}, nil
}

func (rt *Runtime) noEntry(id string) error {
	if e := rt.app.Entry(config.ID(id)); e != nil {
		return mailbox.Errorf(mailbox.Invalid, "entry %q is of kind %s, which cannot be spawned; process.lua, process.wasm and process.supervisor can", id, e.Kind)
	}
	var known []string
	for _, id := range rt.Programs() {
		known = append(known, string(id))
	}
	hint := ""
	if near := config.Nearest(id, known); near != "" {
		hint = "; did you mean \"" + near + "\"?"
	}
	return mailbox.Errorf(mailbox.NotFound, "there is no entry %q%s", mailbox.Shown(id), hint)
}

// Prepare compiles an entry unless that is done, so that spawning it takes no
// time, and gives its program. A failure is not kept: the file behind the entry
// may be mended while the node runs.
//
// # Errors
//
// Those of Spawn that concern the entry.
func (rt *Runtime) Prepare(ctx context.Context, id string) (process.Program, error) {
	p := rt.programs[config.ID(id)]
	if p == nil {
		return nil, rt.noEntry(id)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if c := p.ready.Load(); c != nil {
		return c.prog, nil
	}
	began := time.Now()
	prog, err := p.kind.Compile(ctx, p.entry, rt)
	rt.compiled(p.kind.Name, began, err)
	if err != nil {
		return nil, asErrorValue(err)
	}
	p.ready.Store(&compiled{prog: prog, limits: p.kind.Limits(p.entry)})
	return prog, nil
}

// asErrorValue keeps an error's own kind; mistakes in an entry or its file are Invalid.
func asErrorValue(err error) error {
	if _, ok := errors.AsType[*mailbox.Error](err); ok {
		return err
	}
	return mailbox.Errorf(mailbox.Invalid, "%w", err)
}

// Check compiles every entry that can be spawned, and the libraries: hashes,
// methods, imports and sources are verified.
//
// # Errors
//
// config.Errors with all that is wrong, sorted.
func (rt *Runtime) Check(ctx context.Context) error {
	var errs config.Errors
	_, library := rt.engine.Kinds()
	for _, e := range rt.app.ByKind(library.Name) {
		if e.Sound() {
			errs = append(errs, rt.engine.CheckLibrary(e)...)
		}
	}
	for _, id := range rt.Programs() {
		if !rt.programs[id].entry.Sound() {
			continue
		}
		_, err := rt.Prepare(ctx, string(id))
		if err == nil {
			continue
		}
		errs = append(errs, rt.mistakes(id, err)...)
	}
	for _, e := range rt.app.Entries {
		if e.Sound() {
			errs = append(errs, rt.checkPlan(e, false)...)
		}
	}
	if len(errs) == 0 {
		return nil
	}
	return errs.Sorted()
}

// checkPlan reports arguments of a service or a supervisor's child that do not fit
// what runs, as far as that is compiled: a process is made, which does nothing.
func (rt *Runtime) checkPlan(e *config.Entry, inherited bool) (errs config.Errors) {
	for _, p := range supervisor.Plan(e, rt.app.Entry, inherited) {
		target := rt.programs[config.ID(p.Child.Entry)]
		if target == nil {
			continue
		}
		c := target.ready.Load()
		if c == nil {
			continue // it does not compile, which is reported
		}
		proc, err := c.prog.New(p.Child.Args, c.limits)
		if err != nil {
			errs = append(errs, e.Mistake(err.Error(), "", p.Path...))
			continue
		}
		proc.Close()
	}
	return errs
}

// Programs gives the IDs of the entries that can be spawned, sorted.
func (rt *Runtime) Programs() []config.ID { return slices.Sorted(maps.Keys(rt.programs)) }

// CheckDir is Load and Check in one, for tools: it also compiles the sound
// entries of an application that has mistakes elsewhere, and reports all of
// them together. An application with mistakes must not be started.
//
// # Errors
//
// Those of Load and of Check.
func (rt *Runtime) CheckDir(ctx context.Context, dir string) error {
	app, err := rt.load(dir)
	if app == nil {
		return err
	}
	found, _ := errors.AsType[config.Errors](err)
	rt.adopt(app)
	compiling, _ := errors.AsType[config.Errors](rt.Check(ctx))
	if all := append(found, compiling...); len(all) > 0 {
		return all.Sorted()
	}
	return nil
}

// Command is an entry that the command line runs by a name of its own.
type Command struct {
	Name  string
	Short string
	Kind  string
	Entry config.ID
}

// Commands gives the application's commands, sorted by name.
func (rt *Runtime) Commands() []Command {
	var cs []Command
	for _, e := range rt.app.Entries {
		if c := e.Meta.Command; c != nil {
			cs = append(cs, Command{Name: c.Name, Short: c.Short, Kind: e.Kind, Entry: e.ID})
		}
	}
	slices.SortFunc(cs, func(a, b Command) int {
		if a.Name < b.Name {
			return -1
		}
		return 1
	})
	return cs
}
