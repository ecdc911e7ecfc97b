package linker

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"

	"wippy/wasmhost/component"
	"wippy/wasmhost/memory"
	"wippy/wasmhost/meter"
	"wippy/wasmhost/module"
	"wippy/wasmhost/trap"
)

// What the modules of imports are called once they are renamed: a core
// instance of the same component by its number, and all that is no core code.
const (
	corePrefix   = "$"
	providedName = "\x00component"
)

// callName names what is provided to core modules.
func callName(number int) string { return strconv.Itoa(number) }

// wiring is a core module with where its imports come from.
type wiring struct {
	def     *component.CoreModule
	number  int       // of the core instance, among those of its component
	from    []coreRef // of its imports
	names   []string  // of the modules that they are imported from instead
	linked  bool      // see meter.Options
	entered bool      // likewise
}

// coreInstance adds a core instance.
func (s *scope) coreInstance(d *component.CoreInstance) error {
	if !d.Instantiates {
		i := &coreInstance{core: -1, items: make(map[string]coreRef, len(d.Exports))}
		for _, e := range d.Exports {
			i.items[e.Name] = s.core[e.Sort][e.Index]
		}
		s.instances = append(s.instances, i)
		return s.step(len(d.Exports))
	}
	if len(s.cores) == maxInstances {
		return tooLarge("instances of core modules", maxInstances)
	}
	m := s.items[component.SortCoreModule][d.Module].module
	if err := s.step(len(m.Module.Imports)); err != nil {
		return err
	}
	of := &s.Plan.instances[s.index]
	w := &wiring{def: m, number: len(of.cores)}
	for _, i := range m.Module.Imports {
		arg, _ := d.Arg(i.Module)
		from := s.instances[arg].export(i.Name)
		name := providedName
		if from.core >= 0 {
			name = corePrefix + strconv.Itoa(s.wirings[from.core].number)
		}
		w.from, w.names = append(w.from, from), append(w.names, name)
	}
	c := corePlan{instance: s.index}
	for _, own := range m.Module.Memories[imported(m.Module, module.Memory):] {
		c.owns = true
		c.memory += own.Min * memory.PageSize
		s.memories = true
	}
	if c.memory > memory.Largest {
		return fmt.Errorf("a core module begins with %d pages of memory; there may be %d", c.memory/memory.PageSize, memory.Largest/memory.PageSize)
	}
	for _, t := range m.Module.Tables[imported(m.Module, module.Table):] {
		s.elements += t.Min
	}
	if s.elements > maxElements {
		return tooLarge("elements in tables", maxElements)
	}
	s.memory += c.memory
	of.cores = append(of.cores, len(s.cores))
	s.instances = append(s.instances, &coreInstance{core: len(s.cores)})
	s.cores = append(s.cores, c)
	s.wirings = append(s.wirings, w)
	return nil
}

// imported counts the imports of a kind.
func imported(m *module.Module, kind module.Kind) int {
	n := 0
	for _, i := range m.Imports {
		if i.Kind == kind {
			n++
		}
	}
	return n
}

// group finds out, for the core modules of one component instance, which may
// have others' code run on their stack, and which share theirs.
func (l *linking) group(of *componentPlan) {
	for _, c := range of.cores {
		w := l.wirings[c]
		var counts [module.Tag + 1]uint32 // imports come first in the index spaces
		for i, from := range w.from {
			kind := w.def.Module.Imports[i].Kind
			x, _ := w.def.Module.Extern(kind, counts[kind])
			counts[kind]++
			if from.core < 0 {
				continue
			}
			other := l.wirings[from.core]
			switch x.Kind {
			case module.Func:
				w.linked, other.entered = true, true
				if slices.ContainsFunc(append(x.Func.Params[:len(x.Func.Params):len(x.Func.Params)], x.Func.Results...), isReference) {
					other.linked = true
				}
			case module.Table:
				other.entered = true
				// What has no code only puts the host's functions, or what makes it
				// linked by itself, into the table.
				if w.hasCode() || w.importsCode() {
					w.linked, other.linked = true, true
				}
			case module.Global:
				if isReference(x.Global.Type) {
					w.linked, other.linked = true, true
				}
			}
		}
	}
}

func isReference(t module.ValType) bool { return t == module.FuncRef || t == module.ExternRef }

func (w *wiring) hasCode() bool {
	return len(w.def.Module.Funcs) > imported(w.def.Module, module.Func)
}

func (w *wiring) importsCode() bool {
	for i, from := range w.from {
		if from.core >= 0 && w.def.Module.Imports[i].Kind == module.Func {
			return true
		}
	}
	return false
}

// unitKey tells modules to compile apart.
type unitKey struct {
	def    *component.CoreModule
	wiring [sha256.Size]byte
}

// unit gives the index of the code of a core module.
func (l *linking) unit(w *wiring) int {
	key := unitKey{w.def, w.digest()}
	i, known := l.units[key]
	if !known {
		i = len(l.modules)
		l.units[key] = i
		l.modules = append(l.modules, w)
	}
	return i
}

// unused adds the core modules within a component that no instance is of. Whether one is
// valid that uses what is not supported is not known, nor does it matter.
func unused(c *component.Component, used map[*component.CoreModule]bool, list []*component.CoreModule) []*component.CoreModule {
	for _, d := range c.Definitions {
		switch d := d.(type) {
		case *component.CoreModule:
			if !used[d] && len(d.Module.Proposals) == 0 {
				list = append(list, d)
			}
		case *component.Component:
			list = unused(d, used, list)
		}
	}
	return list
}

// unwired is a core module that is not instantiated.
func unwired(m *component.CoreModule) *wiring {
	w := &wiring{def: m, linked: true}
	for _, i := range m.Module.Imports {
		w.from = append(w.from, coreRef{core: -1, name: i.Name})
		w.names = append(w.names, providedName)
	}
	return w
}

// compile compiles all that runs, and, since only the engine tells whether code is valid, what
// does not.
func (l *linking) compile(ctx context.Context, c *component.Component, engine Engine) error {
	for i := range l.instances {
		l.group(&l.instances[i])
	}
	entered := make(map[*component.CoreModule]bool) // in one place, so everywhere: it is compiled once
	for _, w := range l.wirings {
		entered[w.def] = entered[w.def] || w.entered
	}
	for i, w := range l.wirings {
		w.entered = entered[w.def]
		l.cores[i].code = l.unit(w)
	}
	modules := make([]Module, len(l.modules))
	size := 0
	for i, w := range l.modules {
		if size += len(w.def.Binary); size > maxCode {
			return tooLarge("bytes of core modules that are linked differently", maxCode)
		}
		modules[i] = w.module(l.name)
	}
	used := make(map[*component.CoreModule]bool, len(l.modules))
	for _, w := range l.modules {
		used[w.def] = true
	}
	for _, m := range unused(c, used, nil) {
		if size += len(m.Binary); size > maxCode {
			return tooLarge("bytes of core modules", maxCode)
		}
		modules = append(modules, unwired(m).module(l.name))
	}
	runtime, codes, err := engine.Compile(ctx, modules)
	if err != nil {
		return err
	}
	codes = codes[:len(l.modules)]
	l.runtime = runtime
	l.codes = make([]code, len(codes))
	for i, c := range codes {
		// Of the module, the names of functions are kept, not the binary.
		names := *l.modules[i].def.Module
		names.Sections = nil
		l.codes[i] = code{c, trap.Names{Module: &names, Meter: c.Meter}}
	}
	l.rooms()
	l.reuse()
	return engine.Build(func() error { return l.provideCalls(ctx) })
}

// rooms tells each core instance whose stack it shares.
func (l *linking) rooms() {
	for i := range l.instances {
		var shared []int
		for _, c := range l.instances[i].cores {
			if l.wirings[c].linked && l.codes[l.cores[c].code].Meter.Room != "" {
				shared = append(shared, c)
			}
		}
		for _, c := range l.instances[i].cores {
			switch {
			case l.wirings[c].linked:
				l.cores[c].rooms = shared
			case l.codes[l.cores[c].code].Meter.Room != "":
				l.cores[c].rooms = []int{c}
			}
		}
	}
}

// module says what to compile.
func (w *wiring) module(name string) Module {
	type key struct{ module, name string }
	renamed := make(map[key]key, len(w.from))
	for i, was := range w.def.Module.Imports {
		renamed[key{was.Module, was.Name}] = key{w.names[i], w.from[i].name}
	}
	return Module{
		Name: name, At: w.def.Offset, Binary: w.def.Binary, Module: w.def.Module, Sum: w.sum(),
		Options: meter.Options{Linked: w.linked, Entered: w.entered, Import: func(module, name string) (string, string) {
			to := renamed[key{module, name}]
			return to.module, to.name
		}},
	}
}

// sum is the digest of the module and of how it is rewritten.
func (w *wiring) sum() (sum [sha256.Size]byte) {
	h := sha256.New()
	wiring := w.digest()
	h.Write(wiring[:])
	h.Write(w.def.Binary)
	h.Sum(sum[:0])
	return sum
}

// digest is the digest of how the module is rewritten.
func (w *wiring) digest() (sum [sha256.Size]byte) {
	h := sha256.New()
	text := func(s string) {
		h.Write(binary.LittleEndian.AppendUint64(nil, uint64(len(s))))
		h.Write([]byte(s))
	}
	text(strconv.FormatBool(w.linked))
	text(strconv.FormatBool(w.entered))
	for i, name := range w.names {
		text(name)
		text(w.from[i].name)
	}
	h.Sum(sum[:0])
	return sum
}
