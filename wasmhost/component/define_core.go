package component

import (
	"fmt"
	"slices"

	"wippy/wasmhost/module"
)

// maxPages is what a memory of 32 bits can have.
const maxPages = 1 << 16

func (s *scope) defineCoreModule(d *CoreModule) error {
	if i := slices.Index(d.Module.Proposals, "garbage collection"); i >= 0 {
		return &Error{
			Offset: d.Offset + d.Module.ProposalOffsets[i], Feature: featureGC,
			Message: "core module: this runtime does not support garbage collection",
		}
	}
	t := &ModuleType{}
	var counts [module.Tag + 1]uint32 // imports come first in the index spaces
	for _, i := range d.Module.Imports {
		e, ok := d.Module.Extern(i.Kind, counts[i.Kind])
		if !ok {
			return s.errorf("core module: import %q of %q has no type", i.Name, i.Module)
		}
		counts[i.Kind]++
		if err := s.addCoreImport(t, CoreImport{i.Module, i.Name, e}); err != nil {
			return err
		}
	}
	for _, x := range d.Module.Exports {
		e, ok := d.Module.Extern(x.Kind, x.Index)
		if !ok {
			return s.errorf("core module: export %q is of %s %d, which is not there", x.Name, x.Kind, x.Index)
		}
		if err := s.addCoreExport(t, x.Name, e); err != nil {
			return err
		}
	}
	d.Type = t
	s.modules = append(s.modules, t)
	return nil
}

func (s *scope) addCoreImport(t *ModuleType, i CoreImport) error {
	key := [2]string{i.Module, i.Name}
	if _, twice := t.imports[key]; twice {
		return s.errorf("core module: %q is imported of %q twice, which components do not allow", i.Name, i.Module)
	}
	if t.imports == nil {
		t.imports = make(map[[2]string]int)
	}
	t.imports[key] = len(t.Imports)
	t.Imports = append(t.Imports, i)
	return nil
}

func (s *scope) addCoreExport(t *ModuleType, name string, e module.Extern) error {
	if !t.exports.add(name, e) {
		return s.errorf("core module: two exports are called %q", name)
	}
	return nil
}

func (s *scope) defineCoreType(d *CoreType) error {
	switch e := d.expr.(type) {
	case module.FuncType:
		d.Type = &CoreFuncType{e}
	case *moduleExpr:
		t, err := s.moduleType(e)
		if err != nil {
			return err
		}
		d.Type = t
	}
	d.expr = nil
	s.coreTypes = append(s.coreTypes, d.Type)
	return nil
}

// moduleType makes the type of a core module of its declarators.
func (s *scope) moduleType(e *moduleExpr) (*ModuleType, error) {
	t := &ModuleType{}
	var types []*CoreFuncType
	extern := func(at Pos, x coreExternExpr) (module.Extern, error) {
		s.v.at = at.Offset
		if x.Kind == module.Func || x.Kind == module.Tag {
			f, err := lookUp(s, SortCoreType, types, x.index)
			if err != nil {
				return x.Extern, err
			}
			x.Func = f.Func
			if x.Kind == module.Tag && len(x.Func.Results) > 0 {
				return x.Extern, s.errorf("a tag has results")
			}
		}
		return x.Extern, s.checkLimits(x.Extern)
	}
	for _, d := range e.declarations {
		switch d := d.(type) {
		case *moduleTypeDef:
			types = append(types, &CoreFuncType{d.typ})
		case *moduleAlias:
			s.v.at = d.Offset
			f, err := s.aliasFuncType(types, d)
			if err != nil {
				return nil, err
			}
			types = append(types, f)
		case *moduleImport:
			x, err := extern(d.Pos, d.extern)
			if err != nil {
				return nil, err
			}
			if err := s.addCoreImport(t, CoreImport{d.module, d.name, x}); err != nil {
				return nil, err
			}
		case *moduleExport:
			x, err := extern(d.Pos, d.extern)
			if err != nil {
				return nil, err
			}
			if err := s.addCoreExport(t, d.name, x); err != nil {
				return nil, err
			}
		}
	}
	return t, nil
}

// aliasFuncType finds the function type that an alias in the type of a module
// means; that type is the innermost scope.
func (s *scope) aliasFuncType(types []*CoreFuncType, d *moduleAlias) (*CoreFuncType, error) {
	if d.count == 0 {
		return lookUp(s, SortCoreType, types, d.index)
	}
	from, _, err := s.outer(d.count - 1)
	if err != nil {
		return nil, err
	}
	t, err := lookUp(s, SortCoreType, from.coreTypes, d.index)
	if err != nil {
		return nil, err
	}
	f, ok := t.(*CoreFuncType)
	if !ok {
		return nil, s.errorf("core type %d is a core module's: in the type of a core module only functions' can be used", d.index)
	}
	return f, nil
}

// checkLimits checks the size of a table or memory.
func (s *scope) checkLimits(e module.Extern) error {
	if e.Kind != module.Table && e.Kind != module.Memory {
		return nil
	}
	l := e.Limits
	most, unit := uint64(1<<32-1), "elements"
	if e.Kind == module.Memory {
		most, unit = maxPages, "pages"
	}
	switch {
	case l.Wide:
		return &Error{Offset: s.v.at, Feature: featureMemory64, Message: "a " + e.Kind.String() + " indexed by 64 bits: this runtime does not support memory64"}
	case l.Min > most || l.HasMax && l.Max > most:
		return s.errorf("a %s of %s %s: at most %d are possible", e.Kind, l, unit, most)
	case l.HasMax && l.Max < l.Min:
		return s.errorf("a %s of %d to %d %s", e.Kind, l.Min, l.Max, unit)
	case l.Shared && !l.HasMax:
		return s.errorf("a shared %s must have a maximum", e.Kind)
	}
	return nil
}

func (s *scope) defineCoreInstance(d *CoreInstance) error {
	var err error
	if d.Instantiates {
		d.Type, err = s.instantiateModule(d)
	} else {
		d.Type, err = s.coreExports(d)
	}
	s.coreInstances = append(s.coreInstances, d.Type)
	return err
}

func (s *scope) coreExports(d *CoreInstance) (*CoreInstanceType, error) {
	t := &CoreInstanceType{}
	for _, x := range d.Exports {
		if x.Sort < SortCoreFunc || x.Sort > SortCoreTag {
			return nil, s.errorf("export %q: %s cannot be an export of a core instance", x.Name, a(x.Sort.String()))
		}
		e, err := lookUp(s, x.Sort, s.core[x.Sort.kind()], x.Index)
		if err != nil {
			return nil, s.v.prefix(err, "export %q: ", x.Name)
		}
		if !t.add(x.Name, e) {
			return nil, s.errorf("two exports are called %q", x.Name)
		}
	}
	return t, nil
}

func (s *scope) instantiateModule(d *CoreInstance) (*CoreInstanceType, error) {
	m, err := lookUp(s, SortCoreModule, s.modules, d.Module)
	if err != nil {
		return nil, err
	}
	args := make(map[string]*CoreInstanceType, len(d.Args))
	for _, a := range d.Args {
		t, err := lookUp(s, SortCoreInstance, s.coreInstances, a.Instance)
		if err != nil {
			return nil, s.v.prefix(err, "argument %q: ", a.Name)
		}
		if args[a.Name] != nil {
			return nil, s.errorf("two arguments are called %q", a.Name)
		}
		args[a.Name] = t
	}
	if err := s.v.step(len(m.Imports)); err != nil {
		return nil, err
	}
	for _, i := range m.Imports {
		t := args[i.Module]
		if t == nil {
			return nil, s.errorf("core module %d imports %q of %q, but no argument is called %q", d.Module, i.Name, i.Module, i.Module)
		}
		e := t.Export(i.Name)
		if e == nil {
			return nil, s.errorf("core module %d imports %q of %q, but that argument does not export it", d.Module, i.Name, i.Module)
		}
		if err := matchCore(*e, i.Type); err != nil {
			return nil, s.errorf("core module %d, import %q of %q: %v", d.Module, i.Name, i.Module, err)
		}
	}
	return &m.exports, nil
}

// matchCore tells how what is given for a core import differs from what is
// wanted.
func matchCore(got, want module.Extern) error {
	if got.Kind != want.Kind {
		return fmt.Errorf("expected %s, found %s", want.Kind, got.Kind)
	}
	same := true
	switch want.Kind {
	case module.Func, module.Tag:
		same = sameFunc(got.Func, want.Func)
	case module.Global:
		same = got.Global == want.Global
	case module.Table:
		same = got.Elem == want.Elem && matchLimits(got.Limits, want.Limits)
	case module.Memory:
		same = matchLimits(got.Limits, want.Limits)
	}
	if !same {
		return fmt.Errorf("expected %s, found %s", want, got)
	}
	return nil
}

// matchLimits tells whether what has some limits fits where others are wanted.
func matchLimits(got, want module.Limits) bool {
	if want.HasMax && (!got.HasMax || got.Max > want.Max) {
		return false
	}
	return got.Min >= want.Min && got.Shared == want.Shared && got.Wide == want.Wide
}
