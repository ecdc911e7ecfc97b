package component

import (
	"fmt"

	"wippy/wasmhost/module"
	"wippy/wasmhost/wit"
)

// validator is what the scopes of one binary share.
type validator struct {
	at         int               // offset of the definition that is being looked at
	shapes     map[string]uint32 // numbers, by kind and labels
	identities map[string]uint32 // by shape and parts
	resources  map[*wit.Resource]uint32
	primitives [wit.String + 1]*ValueType
	copies     int // types made by substitution
	steps      int // types looked at to compare, replace and search
}

func validate(c *Component) error {
	v := &validator{shapes: map[string]uint32{}, identities: map[string]uint32{}, resources: map[*wit.Resource]uint32{}}
	return v.component(c, nil)
}

func (v *validator) errorf(format string, args ...any) error {
	return &Error{Offset: v.at, Message: clip(fmt.Sprintf(format, args...))}
}

// step accounts for looking at n types.
func (v *validator) step(n int) error {
	if v.steps += n; v.steps > maxSteps {
		return v.errorf("types so large, and so often compared, that looking at them takes more than %d steps", maxSteps)
	}
	return nil
}

// copied accounts for a type of that many parts, made by substitution.
func (v *validator) copied(parts int) error {
	if v.copies += 1 + parts; v.copies > maxCopies {
		return v.errorf("so many instances of types with resources that more than %d types must be copied", maxCopies)
	}
	return nil
}

// scopeKind is what has index spaces of its own.
type scopeKind uint8

const (
	inComponent scopeKind = iota
	inComponentType
	inInstanceType
)

// scope is the index spaces of a component, or of the type of a component or
// instance, while its definitions are gone through.
type scope struct {
	v      *validator
	kind   scopeKind
	parent *scope

	types         []Type
	funcs         []*FuncType
	instances     []*InstanceType
	components    []*ComponentType
	modules       []*ModuleType
	coreTypes     []CoreDefType
	coreInstances []*CoreInstanceType
	core          [module.Tag + 1][]module.Extern // by kind

	imports, exports side
	// imported are the resources that imports brought, own those that were
	// made here, defined those of them that a definition made.
	imported, own resources
	defined       map[*wit.Resource]*ResourceDefinition
	exposed       exposures
}

func (v *validator) scope(kind scopeKind, parent *scope) *scope {
	return &scope{
		v: v, kind: kind, parent: parent, imported: resources{}, own: resources{}, defined: map[*wit.Resource]*ResourceDefinition{},
		imports: side{noun: "import"}, exports: side{noun: "export"}, exposed: exposures{types: map[Type]exposure{}},
	}
}

func (s *scope) errorf(format string, args ...any) error { return s.v.errorf(format, args...) }

// component validates a component.
func (v *validator) component(c *Component, parent *scope) error {
	s := v.scope(inComponent, parent)
	if err := s.defineAll(c.Definitions); err != nil {
		return err
	}
	v.at = c.Offset
	t, err := s.componentType()
	c.Type = t
	return err
}

func (s *scope) defineAll(defs []Definition) error {
	for _, def := range defs {
		s.v.at = def.At()
		if err := s.define(def); err != nil {
			return err
		}
	}
	return nil
}

// define validates a definition or declarator and adds what it defines to its
// index space.
func (s *scope) define(def Definition) error {
	switch d := def.(type) {
	case *CoreModule:
		return s.defineCoreModule(d)
	case *CoreInstance:
		return s.defineCoreInstance(d)
	case *CoreType:
		return s.defineCoreType(d)
	case *Component:
		if err := s.v.component(d, s); err != nil {
			return err
		}
		s.components = append(s.components, d.Type)
		return nil
	case *Instance:
		return s.defineInstance(d)
	case *Alias:
		return s.defineAlias(d)
	case *TypeDef:
		return s.defineType(d)
	case *Lift:
		return s.defineLift(d)
	case *Lower:
		return s.defineLower(d)
	case *ResourceFunc:
		return s.defineResourceFunc(d)
	case *Import:
		return s.defineImport(d)
	case *Export:
		return s.defineExport(d)
	case *exportDecl:
		return s.declareExport(d)
	}
	panic(fmt.Sprintf("component: no rule for %T", def))
}

// componentType is the type of the component, or the component type, that the
// scope was for.
func (s *scope) componentType() (*ComponentType, error) {
	t := &ComponentType{imports: s.imports.externs, exports: s.exports.externs, imported: s.imported, own: s.own}
	t.extent = holds(t.imports.extent(), t.exports.extent())
	if err := s.v.checkExtent("component", t.extent); err != nil {
		return t, err
	}
	return t, s.checkHidden()
}

// instanceType makes the type of an instance.
func (v *validator) instanceType(exports externs, own resources) (*InstanceType, error) {
	t := &InstanceType{exports: exports, own: own, extent: exports.extent()}
	return t, v.checkExtent("instance", t.extent)
}

func (v *validator) checkExtent(noun string, e extent) error {
	switch {
	case e.size > maxTypeSize:
		return v.errorf("the type of %s has %d types, written out in full: at most %d are allowed", a(noun), e.size, maxTypeSize)
	case e.depth > maxTypeDepth:
		return v.errorf("types are nested more than %d deep", maxTypeDepth)
	}
	return nil
}

// lookUp finds an item of an index space.
func lookUp[T any](s *scope, sort Sort, space []T, index uint32) (T, error) {
	if uint64(index) >= uint64(len(space)) {
		var none T
		switch n := len(space); n {
		case 0:
			return none, s.errorf("there is no %s %d: none is defined before", sort, index)
		case 1:
			return none, s.errorf("there is no %s %d: only %s 0 is defined before", sort, index, sort)
		default:
			return none, s.errorf("there is no %s %d: those defined before are 0 to %d", sort, index, n-1)
		}
	}
	return space[index], nil
}

func (s *scope) typeAt(index uint32) (Type, error) { return lookUp(s, SortType, s.types, index) }

func (s *scope) coreFunc(index uint32) (module.FuncType, error) {
	e, err := lookUp(s, SortCoreFunc, s.core[module.Func], index)
	return e.Func, err
}

// resourceType finds a type that must be a resource.
func (s *scope) resourceType(index uint32) (*ResourceType, error) {
	t, err := s.typeAt(index)
	if err != nil {
		return nil, err
	}
	r, ok := t.(*ResourceType)
	if !ok {
		return nil, s.errorf("type %d is %s, a resource is expected", index, a(t.noun()))
	}
	return r, nil
}

// item finds what can be imported and exported, with its type.
func (s *scope) item(ref Ref) (Extern, error) {
	x := Extern{Sort: ref.Sort}
	var err error
	switch ref.Sort {
	case SortFunc:
		x.Type, err = lookUp(s, ref.Sort, s.funcs, ref.Index)
	case SortType:
		x.Type, err = lookUp(s, ref.Sort, s.types, ref.Index)
	case SortInstance:
		x.Type, err = lookUp(s, ref.Sort, s.instances, ref.Index)
	case SortComponent:
		x.Type, err = lookUp(s, ref.Sort, s.components, ref.Index)
	case SortCoreModule:
		x.Type, err = lookUp(s, ref.Sort, s.modules, ref.Index)
	default:
		err = s.errorf("%s cannot leave its component: only functions, types, instances, components and core modules can", a(ref.Sort.String()))
	}
	return x, err
}

// add adds an item that item can find.
func (s *scope) add(x Extern) {
	switch x.Sort {
	case SortFunc:
		s.funcs = append(s.funcs, x.Type.(*FuncType))
	case SortType:
		s.types = append(s.types, x.Type)
	case SortInstance:
		s.instances = append(s.instances, x.Type.(*InstanceType))
	case SortComponent:
		s.components = append(s.components, x.Type.(*ComponentType))
	case SortCoreModule:
		s.modules = append(s.modules, x.Type.(*ModuleType))
	}
}
