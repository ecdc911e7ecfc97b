package component

import "wippy/wasmhost/wit"

// substitution replaces resources in types by others. Types that hold none of
// them stay the same, and those that occur more than once are replaced once.
type substitution struct {
	v         *validator
	resources map[*wit.Resource]*wit.Resource
	types     map[Type]Type
	// own are resources that are replaced by new ones, which into takes.
	own, into resources
}

func (v *validator) substitution() *substitution {
	return &substitution{v: v, resources: map[*wit.Resource]*wit.Resource{}, types: map[Type]Type{}}
}

// bind lets the resources that want brings, among those of bindable, stand for
// those of got. What does not fit is left for matchExtern to report.
func (s *substitution) bind(want, got Extern, bindable resources) error {
	if want.Sort != got.Sort || len(bindable) == 0 {
		return nil
	}
	switch w := want.Type.(type) {
	case *ResourceType:
		g, ok := got.Type.(*ResourceType)
		if _, bound := s.resources[w.Resource]; ok && !bound && bindable.has(w.Resource) {
			s.resources[w.Resource] = g.Resource
		}
	case *InstanceType:
		g, ok := got.Type.(*InstanceType)
		if !ok || want.Sort != SortInstance {
			return nil
		}
		return s.pairs(w, g, func(x, y Extern) error { return s.bind(x, y, bindable) })
	}
	return nil
}

// pairs goes through the exports that two instances have under one name.
func (s *substitution) pairs(want, got *InstanceType, do func(want, got Extern) error) error {
	if err := s.v.step(len(want.exports.list)); err != nil {
		return err
	}
	for _, x := range want.exports.list {
		if y := got.exports.find(x.Name); y != nil {
			if err := do(x, *y); err != nil {
				return err
			}
		}
	}
	return nil
}

// rename lets the types that want names stand for those of got, which are the
// same under another name.
func (s *substitution) rename(want, got Extern) error {
	switch want.Sort {
	case SortType:
		s.types[want.Type] = got.Type
	case SortInstance:
		return s.pairs(want.Type.(*InstanceType), got.Type.(*InstanceType), s.rename)
	}
	return nil
}

func (s *substitution) resource(r *wit.Resource) *wit.Resource {
	if other, ok := s.resources[r]; ok {
		return other
	}
	if !s.own.has(r) {
		return r
	}
	fresh := &wit.Resource{Name: r.Name}
	s.resources[r] = fresh
	s.into[fresh] = struct{}{}
	return fresh
}

// typ replaces in any type.
func (s *substitution) typ(t Type) (Type, error) {
	if other, ok := s.types[t]; ok {
		return other, nil
	}
	other, err := s.replace(t)
	if err != nil {
		return nil, err
	}
	s.types[t] = other
	return other, nil
}

func (s *substitution) replace(t Type) (Type, error) {
	switch t := t.(type) {
	case *ValueType:
		return s.value(t)
	case *ResourceType:
		if r := s.resource(t.Resource); r != t.Resource {
			return &ResourceType{r}, s.v.copied(0)
		}
	case *FuncType:
		return s.function(t)
	case *InstanceType:
		return s.instance(t)
	case *ComponentType:
		return s.component(t)
	}
	return t, nil
}

func (s *substitution) value(t *ValueType) (Type, error) {
	if t.resource != nil {
		r, err := s.typ(t.resource)
		if err == nil && r != Type(t.resource) {
			err = s.v.copied(0)
		}
		if err != nil || r == Type(t.resource) {
			return t, err
		}
		return s.v.makeValue("", t.shape, nil, r.(*ResourceType))
	}
	parts, err := s.values(t.parts)
	if err != nil || parts == nil {
		return t, err
	}
	return s.v.makeValue(t.WIT.Name, t.shape, parts, nil)
}

// values replaces in several types; nil if nothing changes.
func (s *substitution) values(ts []*ValueType) ([]*ValueType, error) {
	if err := s.v.step(1 + len(ts)); err != nil {
		return nil, err
	}
	var changed []*ValueType
	for i, t := range ts {
		if t == nil {
			continue
		}
		other, err := s.typ(t)
		if err != nil {
			return nil, err
		}
		if other != Type(t) {
			if changed == nil {
				if err := s.v.copied(len(ts)); err != nil {
					return nil, err
				}
				changed = append(changed, ts...)
			}
			changed[i] = other.(*ValueType)
		}
	}
	return changed, nil
}

func (s *substitution) function(t *FuncType) (Type, error) {
	all := t.values()
	changed, err := s.values(all)
	if err != nil || changed == nil {
		return t, err
	}
	f := &FuncType{params: changed[:len(t.params)]}
	if t.result != nil {
		f.result = changed[len(t.params)]
	}
	f.WIT.Params = append(f.WIT.Params, t.WIT.Params...)
	f.finish()
	return f, nil
}

func (s *substitution) extern(x Extern) (Extern, error) {
	t, err := s.typ(x.Type)
	x.Type = t
	return x, err
}

// externs replaces in imports or exports; it gives the same if nothing changes.
func (s *substitution) externs(e externs) (externs, error) {
	if err := s.v.step(1 + len(e.list)); err != nil {
		return e, err
	}
	var changed []Extern
	for i, x := range e.list {
		other, err := s.extern(x)
		if err != nil {
			return e, err
		}
		if other.Type != x.Type {
			if changed == nil {
				if err := s.v.copied(len(e.list)); err != nil {
					return e, err
				}
				changed = append(changed, e.list...)
			}
			changed[i] = other
		}
	}
	if changed == nil {
		return e, nil
	}
	return externs{list: changed, index: e.index}, nil
}

func (s *substitution) instance(t *InstanceType) (*InstanceType, error) {
	exports, err := s.externs(t.exports)
	if err != nil || !changed(exports, t.exports) {
		return t, err
	}
	return &InstanceType{exports: exports, own: t.own, extent: t.extent}, nil
}

func (s *substitution) component(t *ComponentType) (Type, error) {
	imports, err := s.externs(t.imports)
	if err != nil {
		return nil, err
	}
	exports, err := s.externs(t.exports)
	if err != nil || !changed(imports, t.imports) && !changed(exports, t.exports) {
		return t, err
	}
	return &ComponentType{imports: imports, exports: exports, imported: t.imported, own: t.own, extent: t.extent}, nil
}

func changed(a, b externs) bool { return len(a.list) > 0 && &a.list[0] != &b.list[0] }
