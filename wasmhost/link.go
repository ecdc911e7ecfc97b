package wasmhost

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"wippy/config"
	"wippy/wasmhost/imports"
	"wippy/wasmhost/module"
	"wippy/wasmhost/procworld"
	"wippy/wasmhost/trap"
	"wippy/wasmhost/wasi/preview1"
)

// hostModules are the interfaces that the host provides to core modules.
var hostModules = []*imports.Module{procworld.Module(), preview1.Module()}

// ownPrefix is what the names of our own interfaces begin with.
const ownPrefix = "wippy:"

// oldWASI is what the preview before preview 1 was imported from.
const oldWASI = "wasi_unstable"

// hostModule gives one by its name, nil if there is none.
func hostModule(name string) *imports.Module {
	i := slices.IndexFunc(hostModules, func(m *imports.Module) bool { return m.Name == name })
	if i < 0 {
		return nil
	}
	return hostModules[i]
}

// provide makes an interface's functions known to an engine, once for all of
// its guests: what belongs to one process they find through the context.
func provide(ctx context.Context, engine wazero.Runtime, m *imports.Module) error {
	b := engine.NewHostModuleBuilder(m.Name)
	for i := range m.Funcs {
		f := &m.Funcs[i]
		b.NewFunctionBuilder().WithGoModuleFunction(m.Function(f), valueTypes(f.Type.Params), valueTypes(f.Type.Results)).Export(f.Name)
	}
	_, err := b.Instantiate(ctx)
	return err
}

// valueTypes gives types as the engine names them, which is by the same bytes.
func valueTypes(ts []module.ValType) []api.ValueType {
	out := make([]api.ValueType, len(ts))
	for i, t := range ts {
		out[i] = api.ValueType(t)
	}
	return out
}

// linked is what a module's imports say about it.
type linked struct {
	any       bool // it imports functions of the host's
	suspends  bool // one of them may wait
	receives  bool // one of them takes events
	arguments bool // one of them gives the arguments of the spawn
	wasi      bool // one of them is of WASI
	values    bool // the arguments are given as values
}

// link looks up what a module imports, and reports what is not there, not
// granted, or of another type.
func link(ps *problems, src Source, info *module.Module) (l linked) {
	var other []string
	var memory, allocates bool
	denied := map[*imports.Module][]string{}
	for _, i := range info.Imports {
		m := hostModule(i.Module)
		switch {
		case m == nil && strings.HasPrefix(i.Module, ownPrefix):
			ps.add("path", fmt.Sprintf("%s imports %q from %q, which nothing provides", src.Name, i.Name, i.Module), "there is "+hostModuleNames(ownPrefix))
			continue
		case m == nil:
			other = append(other, module.Readable(i.Module)+"."+module.Readable(i.Name)+" ("+i.Kind.String()+")")
			continue
		}
		f := m.Func(i.Name)
		if i.Kind != module.Func || f == nil {
			ps.add("path", fmt.Sprintf("%s imports a %s %q from %s, which has none", src.Name, i.Kind, i.Name, m.Name), near(i.Name, m))
			continue
		}
		if int(i.Type) < len(info.Types) && info.Types[i.Type].String() != f.Type.String() {
			ps.add("path", fmt.Sprintf("%s imports %s of %s as %s; expected %s", src.Name, i.Name, m.Name, info.Types[i.Type], f.Type), "")
			continue
		}
		if f.Stub == nil && !src.Grants.Has(m.Needs(f)) && !slices.Contains(denied[m], i.Name) {
			denied[m] = append(denied[m], i.Name)
		}
		l.any = true
		l.suspends = l.suspends || f.Suspends
		l.receives = l.receives || f.Receives
		l.arguments = l.arguments || f.TakesArguments
		if m.Name == preview1.Name {
			l.wasi = true
		} else {
			l.values = l.values || f.TakesArguments
		}
		memory = memory || f.Memory
		allocates = allocates || f.Allocates
	}
	if len(other) > 0 {
		hint := ""
		if slices.ContainsFunc(info.Imports, func(i module.Import) bool { return i.Module == oldWASI }) {
			hint = oldWASI + " came before WASI preview 1: build it for that, " + preview1.Name
		}
		ps.add("path", fmt.Sprintf("%s imports what nothing provides: %s", src.Name, list(other)), hint)
	}
	for _, m := range hostModules {
		if len(denied[m]) > 0 {
			src.deny(ps, m, denied[m], l.wasi)
		}
	}
	if l.any {
		checkABI(ps, src, info, memory, allocates)
	}
	return l
}

// deny reports the functions of m that are not granted. wasi tells that the
// module imports WASI as well.
func (src Source) deny(ps *problems, m *imports.Module, names []string, wasi bool) {
	message := fmt.Sprintf("%s imports %s (%s), which %s does not grant", src.Name, m.Name, list(names), cmp.Or(src.Entry, "nobody"))
	var needs []string
	for _, name := range names {
		needs = append(needs, m.Needs(m.Func(name)))
	}
	line := src.Grants.With(needs...)
	switch {
	case src.Entry == "":
		if !wasi { // what is granted without an entry is of no use to it
			line = imports.Grants(nil).With(needs...)
		}
		message = fmt.Sprintf("%s imports %s (%s), which a module without an entry is not granted", src.Name, m.Name, list(names))
		ps.add("imports", message, imports.WithoutEntry(line, needs...))
	case len(src.Grants) > 0:
		ps.add("imports", message, "write "+line)
	default:
		ps.add("imports", message, "add "+line)
	}
}

// near says what a module of the host's has in place of a name.
func near(name string, m *imports.Module) string {
	if n := config.Nearest(name, m.Names()); n != "" && n != name {
		return "did you mean " + strconv.Quote(n) + "?"
	}
	return "it has the functions " + list(m.Names())
}

// hostModuleNames lists the interfaces with a prefix.
func hostModuleNames(prefix string) string {
	var names []string
	for _, m := range hostModules {
		if strings.HasPrefix(m.Name, prefix) {
			names = append(names, m.Name)
		}
	}
	return list(names)
}

var reallocType = module.FuncType{
	Params:  []module.ValType{module.I32, module.I32, module.I32, module.I32},
	Results: []module.ValType{module.I32},
}

// checkABI reports what the host's functions need of a guest and do not find.
func checkABI(ps *problems, src Source, info *module.Module, memory, allocates bool) {
	if memory && len(info.Memories) == 0 && !slices.ContainsFunc(info.Imports, func(i module.Import) bool { return i.Kind == module.Memory }) {
		ps.add("path", fmt.Sprintf("%s has no memory, where the functions that it imports find their arguments", src.Name), "")
	}
	if !allocates {
		return
	}
	const why = "from which the functions that it imports take memory for what they give back"
	e := info.Export(imports.Realloc)
	if e == nil || e.Kind != module.Func {
		ps.add("path", fmt.Sprintf("%s exports no function %s, %s", src.Name, imports.Realloc, why), "export one of type "+reallocType.String())
		return
	}
	if t, ok := info.FuncType(e.Index); ok && t.String() != reallocType.String() {
		ps.add("path", fmt.Sprintf("%s exports %s as %s, %s; expected %s", src.Name, imports.Realloc, t, why, reallocType), "")
	}
}

// caller is the process as the host's functions see it; only a program that
// imports some has one.
type caller struct {
	imports.Caller
	ended *imports.Exit // the guest ended itself, maybe before its method was called
}

// Within implements imports.Guest.
func (t *instance) Within(fn imports.Callable, stack []uint64) error {
	var room uint64
	if t.room != nil {
		room = t.room.Get()
		t.enter()
	}
	err := fn.CallWithStack(&t.tank, stack)
	if t.room != nil {
		t.room.Set(room)
	}
	if err == nil {
		return nil
	}
	return t.within(err)
}

// within gives the error of a call from within a host function.
func (t *instance) within(err error) error {
	t.tank.caller.Checkpoint(0)
	e := t.program.explain(err)
	return &imports.Trap{Message: imports.Realloc + ": " + strings.TrimPrefix(e.Message, trap.Prefix), Cause: err}
}

// Charge implements imports.Guest.
func (t *instance) Charge(fuel uint64) { t.tank.Account.Charge(fuel) }

// Share implements imports.Guest.
func (t *instance) Share() { t.tank.Account.Share() }

// Waited implements imports.Guest.
func (t *instance) Waited() { t.tank.Account.Waited() }
