package linker

import (
	"context"
	"errors"
	"fmt"

	"wippy/wasmhost/canon"
	"wippy/wasmhost/component"
	"wippy/wasmhost/wit"
)

// Link makes the plan of a component and compiles what it needs; both may take
// long. name is what errors call the component.
//
// # Errors
//
// Everything that resolver does not give, joined; or the first of what cannot be
// linked or compiled.
func Link(ctx context.Context, name string, c *component.Component, engine Engine, resolver Resolver) (*Plan, error) {
	l := &linking{
		Plan: &Plan{name: name, pool: engine.Pool()}, resolver: resolver,
		compilers: map[*component.Component]*canon.Compiler{}, plans: map[component.Definition]*canon.Func{},
		exported: canon.NewCompiler(), funcIndex: map[coreRef]int{}, optionsIndex: map[optionsKey]int{}, units: map[unitKey]int{},
	}
	root, err := l.instantiate(&closure{def: c}, nil, -1)
	if err == nil {
		err = errors.Join(l.missing...)
	}
	if err == nil {
		l.export(c, root)
		err = l.resources()
	}
	if err == nil {
		err = l.compile(ctx, c, engine)
	}
	if err != nil {
		return nil, err
	}
	return l.Plan, nil
}

// linking is what making a plan needs beside the plan.
type linking struct {
	*Plan
	resolver     Resolver
	scopes       []*scope // of the instances
	compilers    map[*component.Component]*canon.Compiler
	plans        map[component.Definition]*canon.Func
	funcIndex    map[coreRef]int
	optionsIndex map[optionsKey]int
	units        map[unitKey]int
	modules      []*wiring       // of the codes
	wirings      []*wiring       // of the cores
	exported     *canon.Compiler // of what the root exports
	missing      []error
	encoded      bool // missing has what is said of an encoding
	elements     uint64
	steps        int
}

type optionsKey struct {
	instance, realloc int
	encoding          canon.Encoding
	memory            coreRef
}

// tooLarge is what Link says of a component that asks for too much.
func tooLarge(what string, most int) error {
	return fmt.Errorf("an instance of the component would have more than %d %s", most, what)
}

func (l *linking) step(n int) error {
	if l.steps += n; l.steps > maxSteps {
		return errors.New("linking the component takes too long: its instances have too many imports and exports")
	}
	return nil
}

// item is what an index space of a component holds, or an instance exports.
type item struct {
	fn       *function
	inst     *instance
	comp     *closure
	module   *component.CoreModule
	resource int // of a type: the resource that it is, -1 if it is none
}

// function is a component's function: one that is lifted, or the host's.
type function struct {
	lift int // -1 if it is the host's
	// The others are the host's.
	iface string
	typ   wit.Func
	host  *canon.Host // once somebody wants it
}

// instance is an instance of a component, by what it exports.
type instance map[string]item

// closure is a component that can be instantiated, with what is around it.
type closure struct {
	def    *component.Component
	around *scope
}

// coreInstance is an instance of a core module, or made up of items.
type coreInstance struct {
	core  int // -1 if it is made up
	items map[string]coreRef
}

func (i *coreInstance) export(name string) coreRef {
	if i.core >= 0 {
		return coreRef{core: i.core, name: name}
	}
	return i.items[name]
}

// scope is an instance of a component, while its definitions are gone through.
type scope struct {
	*linking
	*closure
	index     int // of the instance
	args      instance
	items     [component.SortCoreModule + 1][]item
	instances []*coreInstance
	core      [component.SortCoreTag + 1][]coreRef
	resources map[*wit.Resource]int
	compiler  *canon.Compiler
	exports   instance
}

// instantiate goes through the definitions of a component. args are nil for the
// root, whose imports the host provides.
func (l *linking) instantiate(c *closure, args instance, parent int) (instance, error) {
	if len(l.instances) == maxInstances {
		return nil, tooLarge("instances of components", maxInstances)
	}
	s := &scope{linking: l, closure: c, index: len(l.instances), args: args, resources: map[*wit.Resource]int{}, exports: instance{}}
	if s.compiler = l.compilers[c.def]; s.compiler == nil {
		s.compiler = canon.NewCompiler()
		l.compilers[c.def] = s.compiler
	}
	l.instances = append(l.instances, componentPlan{parent: parent})
	l.scopes = append(l.scopes, s)
	for _, d := range c.def.Definitions {
		if err := l.step(1); err != nil {
			return nil, err
		}
		if err := s.define(d); err != nil {
			return nil, err
		}
	}
	return s.exports, nil
}

// define goes through one definition.
func (s *scope) define(d component.Definition) error {
	switch d := d.(type) {
	case *component.CoreModule:
		s.add(component.SortCoreModule, item{module: d})
	case *component.CoreInstance:
		return s.coreInstance(d)
	case *component.CoreType:
	case *component.Component:
		s.add(component.SortComponent, item{comp: &closure{d, s}})
	case *component.Instance:
		return s.instance(d)
	case *component.Alias:
		return s.alias(d)
	case *component.TypeDef:
		return s.typeDef(d)
	case *component.Lift:
		return s.lift(d)
	case *component.Lower:
		return s.lower(d)
	case *component.ResourceFunc:
		return s.resourceFunc(d)
	case *component.Import:
		return s.provide(d)
	case *component.Export:
		i := s.items[d.Sort][d.Index]
		s.exports[d.Name.Name] = i
		s.name(i.fn, d.Name.Name)
		if d.Sort == component.SortType && i.resource >= 0 && s.Plan.resources[i.resource].host == nil {
			s.Plan.resources[i.resource].name = d.Name.Name // what users see, if that is the outermost
		}
		s.add(d.Sort, i)
		return s.bind(d.Type, d.Sort, i)
	default:
		return fmt.Errorf("the component has a %T, which cannot be linked", d)
	}
	return nil
}

func (s *scope) add(sort component.Sort, i item) { s.items[sort] = append(s.items[sort], i) }

// name calls a function by what it is exported as first.
func (s *scope) name(f *function, name string) {
	if f == nil || f.lift < 0 || s.lifts[f.lift].name != "" {
		return
	}
	l := &s.lifts[f.lift]
	l.name = name
	if l.plan.Type.Name == "" {
		l.plan.Type.Name = name // nobody else has the plan yet
	}
}

// bind lets the resources that a type names stand for those of an item.
func (s *scope) bind(t component.Type, sort component.Sort, i item) error {
	if err := s.step(1); err != nil {
		return err
	}
	switch t := t.(type) {
	case *component.ResourceType:
		s.resources[t.Resource] = i.resource
		if i.resource >= 0 && t.Resource.Name != "" && s.Plan.resources[i.resource].name == "" {
			s.Plan.resources[i.resource].name = t.Resource.Name
		}
	case *component.InstanceType:
		if sort != component.SortInstance {
			return nil
		}
		for _, x := range t.Exports() {
			if x.Sort != component.SortType && x.Sort != component.SortInstance {
				continue
			}
			if err := s.bind(x.Type, x.Sort, (*i.inst)[x.Name]); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *scope) instance(d *component.Instance) error {
	if !d.Instantiates {
		exports := instance{}
		for _, e := range d.Exports {
			i := s.items[e.Sort][e.Index]
			exports[e.Name.Name] = i
			s.name(i.fn, e.Name.Name)
		}
		s.add(component.SortInstance, item{inst: &exports})
		return s.step(len(d.Exports))
	}
	args := instance{}
	for _, a := range d.Args {
		args[a.Name] = s.items[a.Sort][a.Index]
	}
	exports, err := s.instantiate(s.items[component.SortComponent][d.Component].comp, args, s.index)
	if err != nil {
		return err
	}
	i := item{inst: &exports}
	s.add(component.SortInstance, i)
	return s.bind(d.Type, component.SortInstance, i)
}

func (s *scope) alias(d *component.Alias) error {
	switch d.Target {
	case component.AliasExport:
		i := (*s.items[component.SortInstance][d.Instance].inst)[d.Name]
		s.add(d.Sort, i)
		return s.bind(d.Type, d.Sort, i)
	case component.AliasCoreExport:
		s.core[d.Sort] = append(s.core[d.Sort], s.instances[d.Instance].export(d.Name))
		return nil
	}
	if d.Sort == component.SortCoreType {
		return nil
	}
	from := s
	for range d.Count {
		from = from.around
	}
	s.add(d.Sort, from.items[d.Sort][d.Index])
	return nil
}

func (s *scope) typeDef(d *component.TypeDef) error {
	i := item{resource: -1}
	if d.Defines != nil {
		r := resourcePlan{instance: s.index, destructor: -1}
		if d.Defines.HasDestructor {
			r.destructor = s.funcOf(s.core[component.SortCoreFunc][d.Defines.Destructor])
		}
		i.resource = len(s.Plan.resources)
		s.Plan.resources = append(s.Plan.resources, r)
	}
	s.add(component.SortType, i)
	if d.Defines != nil {
		return s.bind(d.Type, component.SortType, i)
	}
	return nil
}

// funcOf gives the index by which canonical definitions know a core function.
func (l *linking) funcOf(r coreRef) int {
	i, known := l.funcIndex[r]
	if !known {
		i = len(l.funcs)
		l.funcs = append(l.funcs, r)
		l.funcIndex[r] = i
	}
	return i
}

// optionsOf gives the index of options.
func (s *scope) optionsOf(o component.Options) int {
	key := optionsKey{instance: s.index, realloc: -1, encoding: encodings[o.Encoding], memory: coreRef{core: -1}}
	if o.Memory != component.None {
		key.memory = s.core[component.SortCoreMemory][o.Memory]
	}
	if o.Realloc != component.None {
		key.realloc = s.funcOf(s.core[component.SortCoreFunc][o.Realloc])
	}
	i, known := s.optionsIndex[key]
	if !known {
		i = len(s.options)
		s.options = append(s.options, optionsPlan{instance: s.index, encoding: key.encoding, realloc: key.realloc})
		s.optionsIndex[key] = i
		if m := key.memory; m.core >= 0 {
			s.cores[m.core].options = append(s.cores[m.core].options, optionsRef{i, m.name})
		}
	}
	return i
}

// planOf compiles the types of a function, once for each definition.
func (s *scope) planOf(d component.Definition, t *component.FuncType, name string) (*canon.Func, error) {
	if p := s.plans[d]; p != nil {
		return p, nil
	}
	f := t.WIT
	f.Name = name
	p, err := s.compiler.Func(&f)
	if err != nil {
		return nil, fmt.Errorf("the function at byte %#x: %w", d.At(), err)
	}
	s.plans[d] = p
	return p, nil
}

func (s *scope) lift(d *component.Lift) error {
	if len(s.lifts)+len(s.calls) >= maxFuncs {
		return tooLarge("functions", maxFuncs)
	}
	plan, err := s.planOf(d, d.Type, "")
	if err != nil {
		return err
	}
	l := liftPlan{plan: plan, options: s.optionsOf(d.Options), core: s.funcOf(s.core[component.SortCoreFunc][d.Func]), postReturn: -1}
	if d.Options.PostReturn != component.None {
		l.postReturn = s.funcOf(s.core[component.SortCoreFunc][d.Options.PostReturn])
	}
	s.add(component.SortFunc, item{fn: &function{lift: len(s.lifts)}})
	s.lifts = append(s.lifts, l)
	return nil
}

// call adds what core code can call that is no core code.
func (s *scope) call(c callPlan) error {
	if len(s.lifts)+len(s.calls) >= maxFuncs {
		return tooLarge("functions", maxFuncs)
	}
	of := &s.Plan.instances[s.index]
	s.core[component.SortCoreFunc] = append(s.core[component.SortCoreFunc], coreRef{core: -1, call: len(s.calls), name: callName(len(of.calls))})
	of.calls = append(of.calls, len(s.calls))
	s.calls = append(s.calls, c)
	return nil
}

func (s *scope) lower(d *component.Lower) error {
	f := s.items[component.SortFunc][d.Func].fn
	c := callPlan{op: callLift, core: d.Core, lift: f.lift, options: s.optionsOf(d.Options)}
	name := ""
	if f.lift < 0 {
		c.op, c.host = callHost, s.hostFunc(f)
		name = f.fullName()
	} else {
		name = s.lifts[f.lift].name
		s.nested = true
		if of := s.options[s.lifts[f.lift].options].instance; s.contains(of, s.index) || s.contains(s.index, of) {
			c.op = callNever
		}
	}
	if c.host != nil && c.host.Core != nil && encodings[d.Options.Encoding] != canon.UTF8 {
		if !s.encoded { // the others will be no different
			s.missing = append(s.missing, fmt.Errorf("it calls %s with strings in %s; build it for UTF-8, which is all that function knows", name, encodings[d.Options.Encoding]))
		}
		s.encoded = true
	}
	var err error
	if c.plan, err = s.planOf(d, d.Type, name); err != nil {
		return err
	}
	return s.call(c)
}

// contains tells whether component instance outer is, or contains, inner.
func (l *linking) contains(outer, inner int) bool {
	for inner >= 0 && inner != outer {
		inner = l.Plan.instances[inner].parent
	}
	return inner == outer
}

func (s *scope) resourceFunc(d *component.ResourceFunc) error {
	op := [...]callOp{component.ResourceNew: resourceNew, component.ResourceRep: resourceRep, component.ResourceDrop: resourceDrop}[d.Op]
	return s.call(callPlan{op: op, core: d.Core, instance: s.index, resource: s.resources[d.Type.Resource]})
}

// resources gives each component instance the resource types that its
// functions speak of.
func (l *linking) resources() error {
	total := 0
	for i, s := range l.scopes {
		for r := range s.resources {
			s.compiler.Resource(r)
		}
		n := s.compiler.Resources()
		if total += n; total > maxResources {
			return tooLarge("resource types", maxResources)
		}
		of := make([]int, n)
		for j := range of {
			of[j] = -1
		}
		for r, resource := range s.resources {
			of[s.compiler.Resource(r)] = resource
		}
		for _, resource := range of {
			if resource < 0 {
				return fmt.Errorf("the component's functions speak of a resource that nothing in it defines or imports")
			}
		}
		l.instances[i].resources = of
	}
	return nil
}

// export lists the functions that the root exports.
func (l *linking) export(c *component.Component, root instance) {
	for _, x := range c.Type.Exports() {
		if f, ok := x.Func(); ok {
			l.exportFunc("", f, root[x.Name].fn)
		}
		if t, ok := x.Type.(*component.InstanceType); ok && x.Sort == component.SortInstance {
			l.exportInstance(x.Name, t, *root[x.Name].inst)
		}
	}
}

func (l *linking) exportInstance(name string, t *component.InstanceType, of instance) {
	for _, x := range t.Exports() {
		if f, ok := x.Func(); ok {
			l.exportFunc(name, f, of[x.Name].fn)
		}
		if t, ok := x.Type.(*component.InstanceType); ok && x.Sort == component.SortInstance {
			l.exportInstance(name+"#"+x.Name, t, *of[x.Name].inst)
		}
	}
}

func (l *linking) exportFunc(iface string, f wit.Func, fn *function) {
	e := &Export{Name: f.Name, Interface: iface, Func: f.Name, Type: f, lift: fn.lift}
	if iface != "" {
		e.Name = iface + "#" + f.Name
	}
	if fn.lift >= 0 {
		// Of the same make, with the names that types are exported by.
		var err error
		if e.plan, err = l.exported.Func(&e.Type); err != nil {
			e.plan = l.lifts[fn.lift].plan
		}
	}
	l.exports = append(l.exports, *e)
}
