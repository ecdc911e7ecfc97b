package component

import (
	"slices"

	"wippy/wasmhost/module"
	"wippy/wasmhost/wit"
)

func (s *scope) defineType(d *TypeDef) error {
	var t Type
	var err error
	switch e := d.expr.(type) {
	case *valueExpr:
		t, err = s.value(e)
	case *funcExpr:
		t, err = s.function(e)
	case *scopeExpr:
		t, err = s.scopeType(e)
	case *resourceExpr:
		t, d.Defines, err = s.resource(e)
	}
	if err != nil {
		return err
	}
	d.Type, d.expr = t, nil
	s.types = append(s.types, t)
	return nil
}

// resource defines a resource type.
func (s *scope) resource(e *resourceExpr) (Type, *ResourceDefinition, error) {
	if s.kind != inComponent {
		return nil, nil, s.errorf("resources are defined by components, not by the types of components and instances")
	}
	if e.hasDestructor {
		f, err := s.coreFunc(e.destructor)
		if err != nil {
			return nil, nil, err
		}
		if want := (module.FuncType{Params: flatI32}); !sameFunc(f, want) {
			return nil, nil, s.errorf("core function %d cannot be a destructor: it is %s, %s is expected", e.destructor, f, want)
		}
	}
	r := &wit.Resource{}
	def := &ResourceDefinition{Destructor: e.destructor, HasDestructor: e.hasDestructor}
	s.own[r], s.defined[r] = struct{}{}, def
	return &ResourceType{r}, def, nil
}

// scopeType makes the type of a component or instance of its declarators.
func (s *scope) scopeType(e *scopeExpr) (Type, error) {
	at := s.v.at
	kind := inComponentType
	if e.instance {
		kind = inInstanceType
	}
	inner := s.v.scope(kind, s)
	if err := inner.defineAll(e.declarations); err != nil {
		return nil, err
	}
	s.v.at = at
	if e.instance {
		return s.v.instanceType(inner.exports.externs, inner.own)
	}
	return inner.componentType()
}

func (s *scope) defineImport(d *Import) error {
	t, err := s.externType(d.expr)
	if err != nil {
		return err
	}
	// What is imported exists before the component's instance does.
	refers, err := s.v.refersToResource(t, s.own)
	if err != nil {
		return err
	}
	if refers {
		return s.errorf("import %q: its type is or holds a resource that this component makes itself", d.Name.Name)
	}
	d.Type, err = s.introduce(&s.imports, d.Name, s.opened(d.expr, t, s.imported), byImport)
	return err
}

func (s *scope) declareExport(d *exportDecl) error {
	t, err := s.externType(d.expr)
	if err != nil {
		return err
	}
	_, err = s.introduce(&s.exports, d.Name, s.opened(d.expr, t, s.own), byExport)
	return err
}

func (s *scope) defineExport(d *Export) error {
	x, err := s.item(Ref{d.Sort, d.Index})
	if err != nil {
		return err
	}
	d.Item = x.Type
	if d.ascribed != nil {
		if x, err = s.ascribe(x, *d.ascribed); err != nil {
			return err
		}
	}
	d.Type, err = s.introduce(&s.exports, d.Name, opening{Extern: x}, byExport)
	return err
}

// ascribe gives an item another type, which it must have.
func (s *scope) ascribe(x Extern, e externExpr) (Extern, error) {
	t, err := s.externType(e)
	if err != nil {
		return x, err
	}
	_, isResource := x.Type.(*ResourceType)
	if !e.resource || x.Sort != SortType || !isResource { // else any resource will do
		if err := s.v.matchExtern(x, Extern{Sort: e.sort, Type: t}); err != nil {
			return x, s.v.prefix(err, "the export is not what it is exported as: ")
		}
	}
	return s.opened(e, t, s.own).open(s)
}

// externType finds the type that is meant by the type of an import or export.
func (s *scope) externType(e externExpr) (Type, error) {
	if e.resource {
		return &ResourceType{&wit.Resource{}}, nil
	}
	if e.sort == SortCoreModule {
		t, err := lookUp(s, SortCoreType, s.coreTypes, e.index)
		if err != nil {
			return nil, err
		}
		m, ok := t.(*ModuleType)
		if !ok {
			return nil, s.errorf("core type %d is a function's, a core module's is expected", e.index)
		}
		return m, nil
	}
	t, err := s.typeAt(e.index)
	if err != nil {
		return nil, err
	}
	ok := true
	switch e.sort {
	case SortFunc:
		_, ok = t.(*FuncType)
	case SortInstance:
		_, ok = t.(*InstanceType)
	case SortComponent:
		_, ok = t.(*ComponentType)
	}
	if !ok {
		return nil, s.errorf("type %d is %s, the type of %s is expected", e.index, a(t.noun()), a(e.sort.String()))
	}
	return t, nil
}

// opening is an item whose type may bring resources, which are new wherever
// such an item is imported or exported.
type opening struct {
	Extern
	into resources // takes the new resources; nil if the type brings none
}

func (s *scope) opened(e externExpr, t Type, into resources) opening {
	if e.resource {
		into[t.(*ResourceType).Resource] = struct{}{}
		into = nil
	}
	return opening{Extern{Sort: e.sort, Type: t}, into}
}

// open replaces the resources that the type brings by new ones.
func (o opening) open(s *scope) (Extern, error) {
	t, ok := o.Type.(*InstanceType)
	if !ok || o.Sort != SortInstance || len(t.own) == 0 || o.into == nil {
		return o.Extern, nil
	}
	sub := s.v.substitution()
	sub.own, sub.into = t.own, o.into
	fresh, err := sub.instance(t)
	if err != nil {
		return o.Extern, err
	}
	bare := *fresh
	bare.own = nil
	return Extern{Sort: SortInstance, Type: &bare}, nil
}

// introduce adds an import or export to the scope, under the rules for names
// and for what may be spoken of. It gives the type that it has from now on.
func (s *scope) introduce(side *side, name ExternName, o opening, how exposure) (Type, error) {
	x, err := o.open(s)
	if err != nil {
		return nil, err
	}
	x.Name = name.Name
	parsed, err := s.checkName(side, name, x)
	if err != nil {
		return nil, err
	}
	side.name(&x, parsed)
	if err := s.expose(x, how); err != nil {
		return nil, s.v.prefix(err, "%s %q: ", side.noun, name.Name)
	}
	side.add(x)
	side.at = append(side.at, s.v.at)
	s.add(x)
	return x.Type, nil
}

func (s *scope) defineAlias(d *Alias) error {
	switch d.Target {
	case AliasExport:
		return s.aliasExport(d)
	case AliasCoreExport:
		return s.aliasCoreExport(d)
	}
	return s.aliasOuter(d)
}

func (s *scope) aliasExport(d *Alias) error {
	if s.kind != inComponent && d.Sort != SortType && d.Sort != SortInstance {
		return s.errorf("an alias in the type of a component or instance is of %s: only types and instances can be", a(d.Sort.String()))
	}
	t, err := lookUp(s, SortInstance, s.instances, d.Instance)
	if err != nil {
		return err
	}
	x := t.Export(d.Name)
	switch {
	case x == nil:
		return s.errorf("instance %d has no export %q", d.Instance, d.Name)
	case x.Sort != d.Sort:
		return s.errorf("export %q of instance %d is %s, %s is expected", d.Name, d.Instance, a(x.Sort.String()), a(d.Sort.String()))
	}
	d.Type = x.Type
	s.add(*x)
	return nil
}

func (s *scope) aliasCoreExport(d *Alias) error {
	if s.kind != inComponent {
		return s.errorf("an alias in the type of a component or instance is of a core instance's export: only types and instances can be")
	}
	t, err := lookUp(s, SortCoreInstance, s.coreInstances, d.Instance)
	if err != nil {
		return err
	}
	e := t.Export(d.Name)
	switch {
	case e == nil:
		return s.errorf("core instance %d has no export %q", d.Instance, d.Name)
	case coreSort(e.Kind) != d.Sort:
		return s.errorf("export %q of core instance %d is a %s, a %s is expected", d.Name, d.Instance, coreSort(e.Kind), d.Sort)
	}
	s.core[e.Kind] = append(s.core[e.Kind], *e)
	return nil
}

// aliasOuter takes an item of a scope around. Components can be moved out of
// those that they are defined in, and imported instead: what they take must be
// the same for every instance around, which resources are not.
func (s *scope) aliasOuter(d *Alias) error {
	if s.kind != inComponent && d.Sort != SortType && d.Sort != SortCoreType {
		return s.errorf("an alias in the type of a component or instance is of %s: only types, core types and instances can be", a(d.Sort.String()))
	}
	from, leaves, err := s.outer(d.Count)
	if err != nil {
		return err
	}
	if d.Sort == SortCoreType {
		t, err := lookUp(s, d.Sort, from.coreTypes, d.Index)
		s.coreTypes = append(s.coreTypes, t)
		return err
	}
	// An index that is not there is reported for this scope's definition.
	x, err := from.item(Ref{d.Sort, d.Index})
	if err != nil {
		return err
	}
	if leaves && d.Sort == SortType {
		refers, err := s.v.refersToResource(x.Type, nil)
		if err != nil {
			return err
		}
		if refers {
			return s.errorf("type %d of the component around is or holds a resource: a component cannot take that from around, only import it", d.Index)
		}
	}
	d.Type = x.Type
	s.add(x)
	return nil
}

// outer finds a scope around, and tells whether it is outside of a component
// that this scope is in.
func (s *scope) outer(count uint32) (from *scope, leaves bool, err error) {
	from = s
	for n := range count {
		leaves = leaves || from.kind == inComponent
		if from = from.parent; from == nil {
			return nil, false, s.errorf("an alias looks %d scopes out, there are %d", count, n)
		}
	}
	return from, leaves, nil
}

// sameFunc tells whether two functions' types are equal.
func sameFunc(a, b module.FuncType) bool {
	return slices.Equal(a.Params, b.Params) && slices.Equal(a.Results, b.Results)
}
