package component

import (
	"fmt"
	"maps"

	"wippy/wasmhost/wit"
)

// exposure is how a type may be spoken of from outside.
type exposure uint8

const (
	byExport exposure = 1 + iota // in exports
	byImport                     // in imports and exports
)

func (e exposure) String() string { return [...]string{"", "exported", "imported"}[e] }

// exposures are the types that have a name outside: that imports or exports
// introduced. Types without need of a name are there, too, once they are known
// to hold none but types that have one.
type exposures struct {
	types map[Type]exposure
	// local holds what is only known within the type that is looked at.
	local map[Type]exposure
}

func (e *exposures) of(t Type) exposure { return max(e.types[t], e.local[t]) }

func (e *exposures) set(t Type, how exposure) {
	into := e.types
	if e.local != nil {
		into = e.local
	}
	into[t] = max(into[t], how)
}

// expose checks that an import or export speaks only of types that have a name
// outside, and gives one to those that it introduces. The type of an instance is
// checked where an instance of it is imported or exported.
func (s *scope) expose(x Extern, how exposure) error {
	if s.kind == inInstanceType {
		return nil
	}
	return s.exposeItem(x, how)
}

func (s *scope) exposeItem(x Extern, how exposure) error {
	if err := s.v.step(1); err != nil {
		return err
	}
	switch x.Sort {
	case SortFunc:
		return s.exposeFunc(x.Type.(*FuncType), how)
	case SortInstance:
		return s.exposeExports(x.Type.(*InstanceType), how)
	case SortType:
		return s.exposeType(x.Type, how)
	}
	return nil // components and core modules stand for themselves
}

func (s *scope) exposeExports(t *InstanceType, how exposure) error {
	for _, x := range t.exports.list {
		if err := s.exposeItem(x, how); err != nil {
			return s.v.about(err, "export %q: ", x.Name)
		}
	}
	return nil
}

func (s *scope) exposeFunc(t *FuncType, how exposure) error {
	if err := s.v.step(len(t.params)); err != nil {
		return err
	}
	for i, p := range t.params {
		if err := s.spoken(p, how); err != nil {
			return s.v.about(err, "parameter %q: ", t.WIT.Params[i].Name)
		}
	}
	if t.result != nil {
		if err := s.spoken(t.result, how); err != nil {
			return s.v.about(err, "result: ")
		}
	}
	return nil
}

// exposeType checks a type that is itself imported or exported.
func (s *scope) exposeType(t Type, how exposure) error {
	switch t := t.(type) {
	case *ValueType:
		if err := s.partsSpoken(t, how); err != nil {
			return err
		}
	case *FuncType:
		return s.exposeFunc(t, how)
	case *InstanceType:
		// What it exports has names in what it says, not beyond.
		if s.exposed.local == nil {
			s.exposed.local = map[Type]exposure{}
			defer func() { s.exposed.local = nil }()
		}
		return s.exposeExports(t, how)
	}
	s.exposed.set(t, how)
	return nil
}

// spoken checks that a type may be spoken of.
func (s *scope) spoken(t *ValueType, how exposure) error {
	switch {
	case s.exposed.of(t) >= how:
		return nil
	case t.resource != nil:
		if s.exposed.of(t.resource) < how {
			return fmt.Errorf("the resource%s is not %s before", quoted(t.resource.Resource.Name), how)
		}
		return nil
	case t.nameable():
		return fmt.Errorf("the %s type%s is not %s before, and it must have a name there", t.noun(), quoted(t.WIT.Name), how)
	}
	if err := s.partsSpoken(t, how); err != nil {
		return err
	}
	s.exposed.set(t, how)
	return nil
}

func (s *scope) partsSpoken(t *ValueType, how exposure) error {
	if t.resource != nil {
		return s.spoken(t, how)
	}
	if err := s.v.step(len(t.parts)); err != nil {
		return err
	}
	for _, p := range t.parts {
		if p == nil {
			continue
		}
		if err := s.spoken(p, how); err != nil {
			return err
		}
	}
	return nil
}

func quoted(name string) string {
	if name == "" {
		return ""
	}
	return fmt.Sprintf(" %q", name)
}

// checkHidden checks that the exports speak of no resource that the scope made
// and does not export. For all but components, which stand for themselves,
// expose has checked that already.
func (s *scope) checkHidden() error {
	hidden := maps.Clone(s.own)
	if err := s.v.reveal(s.exports.list, hidden); err != nil {
		return err
	}
	for i, x := range s.exports.list {
		s.v.at = s.exports.at[i]
		refers, err := s.v.refersToResource(x.Type, hidden)
		if err != nil {
			return err
		}
		if refers {
			return s.errorf("export %q: its type holds a resource that is not exported itself", x.Name)
		}
	}
	return nil
}

// reveal takes from a set the resources that are exported as types.
func (v *validator) reveal(exports []Extern, hidden resources) error {
	if len(hidden) == 0 {
		return nil
	}
	if err := v.step(len(exports)); err != nil {
		return err
	}
	for _, x := range exports {
		switch t := x.Type.(type) {
		case *ResourceType:
			delete(hidden, t.Resource)
		case *InstanceType:
			if x.Sort == SortInstance {
				if err := v.reveal(t.exports.list, hidden); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// refersToResource tells whether a type is or holds a resource that it does not
// bring itself: any, or where among is not nil one of those.
func (v *validator) refersToResource(t Type, among resources) (bool, error) {
	if among != nil && len(among) == 0 {
		return false, nil
	}
	f := freeResources{v: v, among: among, seen: map[Type]struct{}{}, bound: map[*wit.Resource]int{}}
	return f.in(t)
}

// freeResources looks for resources that are not bound.
type freeResources struct {
	v     *validator
	among resources
	seen  map[Type]struct{}
	bound map[*wit.Resource]int
}

func (f *freeResources) in(t Type) (bool, error) {
	// What was seen held none: all that binds a resource is around all that
	// speaks of it.
	if _, seen := f.seen[t]; seen {
		return false, nil
	}
	f.seen[t] = struct{}{}
	if err := f.v.step(1); err != nil {
		return false, err
	}
	switch t := t.(type) {
	case *ResourceType:
		return f.bound[t.Resource] == 0 && (f.among == nil || f.among.has(t.Resource)), nil
	case *ValueType:
		if !t.handles {
			return false, nil
		}
		if t.resource != nil {
			return f.in(t.resource)
		}
		return f.inAny(t.parts)
	case *FuncType:
		return f.inAny(t.values())
	case *InstanceType:
		return f.under(t.own, nil, t.exports.list)
	case *ComponentType:
		return f.under(t.own, t.imported, t.imports.list, t.exports.list)
	}
	return false, nil
}

func (f *freeResources) inAny(ts []*ValueType) (bool, error) {
	if err := f.v.step(len(ts)); err != nil {
		return false, err
	}
	for _, t := range ts {
		if t == nil {
			continue
		}
		if found, err := f.in(t); found || err != nil {
			return found, err
		}
	}
	return false, nil
}

// under looks into imports and exports, which some resources are bound by.
func (f *freeResources) under(own, imported resources, lists ...[]Extern) (found bool, err error) {
	if err := f.v.step(len(own) + len(imported)); err != nil {
		return false, err
	}
	f.bind(own, 1)
	f.bind(imported, 1)
	for _, list := range lists {
		if err := f.v.step(len(list)); err != nil {
			return false, err
		}
		for _, x := range list {
			if found, err = f.in(x.Type); found || err != nil {
				return found, err
			}
		}
	}
	f.bind(own, -1)
	f.bind(imported, -1)
	return false, nil
}

func (f *freeResources) bind(rs resources, n int) {
	for r := range rs {
		f.bound[r] += n
	}
}
