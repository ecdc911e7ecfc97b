package component

import "wippy/wasmhost/module"

// reallocType is the type of a function that gives memory to the canonical ABI.
var reallocType = module.FuncType{
	Params: []module.ValType{module.I32, module.I32, module.I32, module.I32}, Results: flatI32,
}

// needs is what the canonical ABI needs to carry values over.
type needs struct{ memory, realloc bool }

// checkOptions checks the options of a lift or lower against the index spaces,
// and that what is needed is there.
func (s *scope) checkOptions(o Options, n needs) error {
	if o.Memory != None {
		m, err := lookUp(s, SortCoreMemory, s.core[module.Memory], uint32(o.Memory))
		if err != nil {
			return s.v.prefix(err, "option memory: ")
		}
		switch {
		case m.Limits.Wide:
			return &Error{Offset: s.v.at, Feature: featureMemory64, Message: "option memory: it is indexed by 64 bits: this runtime does not support memory64"}
		case m.Limits.Shared:
			return s.errorf("option memory: it is shared, which the canonical ABI does not allow")
		}
	}
	if o.Realloc != None {
		if err := s.checkFunc("option realloc", uint32(o.Realloc), reallocType); err != nil {
			return err
		}
	}
	switch {
	case o.Realloc != None && o.Memory == None:
		return s.errorf("option realloc needs option memory, too")
	case n.memory && o.Memory == None:
		return s.errorf("option memory is missing: the function's values travel through it")
	case n.realloc && o.Realloc == None:
		return s.errorf("option realloc is missing: the function's values are allocated by it")
	}
	return nil
}

// checkFunc checks the type of a core function.
func (s *scope) checkFunc(what string, index uint32, want module.FuncType) error {
	f, err := s.coreFunc(index)
	if err != nil {
		return s.v.prefix(err, "%s: ", what)
	}
	if !sameFunc(f, want) {
		return s.errorf("%s: core function %d is %s, %s is expected", what, index, f, want)
	}
	return nil
}

// pointers tells whether any of the types holds a list or string.
func pointers(ts ...*ValueType) bool {
	for _, t := range ts {
		if t != nil && t.pointers {
			return true
		}
	}
	return false
}

func (s *scope) defineLift(d *Lift) error {
	t, err := s.typeAt(d.index)
	if err != nil {
		return err
	}
	f, ok := t.(*FuncType)
	if !ok {
		return s.errorf("type %d is %s, a function's is expected", d.index, a(t.noun()))
	}
	d.Type, d.Core = f, lifted(f)
	if err := s.checkFunc("canon lift", d.Func, d.Core); err != nil {
		return err
	}
	in := pointers(f.params...) || len(flatten(f.params...)) > maxFlatParams
	out := pointers(f.result) || len(flatten(f.result)) > maxFlatResults
	if err := s.checkOptions(d.Options, needs{memory: in || out, realloc: in}); err != nil {
		return err
	}
	if d.Options.PostReturn != None {
		want := module.FuncType{Params: d.Core.Results}
		if err := s.checkFunc("option post-return", uint32(d.Options.PostReturn), want); err != nil {
			return err
		}
	}
	s.funcs = append(s.funcs, f)
	return nil
}

func (s *scope) defineLower(d *Lower) error {
	f, err := lookUp(s, SortFunc, s.funcs, d.Func)
	if err != nil {
		return err
	}
	if d.Options.PostReturn != None {
		return s.errorf("option post-return is for canon lift alone")
	}
	d.Type, d.Core = f, lowered(f)
	in := pointers(f.params...) || len(flatten(f.params...)) > maxFlatParams
	out := len(flatten(f.result)) > maxFlatResults
	made := pointers(f.result)
	if err := s.checkOptions(d.Options, needs{memory: in || out || made, realloc: made}); err != nil {
		return err
	}
	s.addCoreFunc(d.Core)
	return nil
}

func (s *scope) defineResourceFunc(d *ResourceFunc) error {
	r, err := s.resourceType(d.index)
	if err != nil {
		return err
	}
	if d.Op != ResourceDrop && s.defined[r.Resource] == nil {
		return s.errorf("canon %s: type %d is not a resource that this component defines", d.Op, d.index)
	}
	d.Type = r
	d.Core = module.FuncType{Params: flatI32, Results: flatI32}
	if d.Op == ResourceDrop {
		d.Core.Results = nil
	}
	s.addCoreFunc(d.Core)
	return nil
}

func (s *scope) addCoreFunc(t module.FuncType) {
	s.core[module.Func] = append(s.core[module.Func], module.Extern{Kind: module.Func, Func: t})
}
