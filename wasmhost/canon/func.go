package canon

import (
	"fmt"

	"wippy/mailbox"
	"wippy/wasmhost/module"
	"wippy/wasmhost/wit"
)

// Func is the plan of a function. It is immutable.
type Func struct {
	Type        *wit.Func
	params      []field // with offsets as the fields of one tuple
	size, align uint32  // of that tuple
	flat        []module.ValType
	spilled     bool  // the parameters go through memory
	result      *node // nil where there is none
	resultOut   bool  // the result goes through memory
}

// Func compiles a function's types.
//
// # Errors
//
// The first of its types that the canonical ABI has no layout for: one nested
// too deep, too large, empty where that may not be, or containing itself.
func (c *Compiler) Func(f *wit.Func) (*Func, error) {
	p := &Func{Type: f}
	for _, param := range f.Params {
		n, err := c.node(param.Type, false, 0)
		if err != nil {
			return nil, fmt.Errorf("%s: parameter %s: %w", f.Name, param.Name, err)
		}
		p.params = append(p.params, field{node: n, label: newLabel(param.Name)})
	}
	var err error
	if p.size, p.align, p.flat, err = layout(p.params); err != nil {
		return nil, fmt.Errorf("%s: the parameters %w", f.Name, err)
	}
	p.spilled = len(p.flat) > MaxFlatParams
	switch {
	case len(f.Results) > 1 || len(f.Results) == 1 && f.Results[0].Name != "":
		return nil, fmt.Errorf("%s: a component's function has one result without a name", f.Name)
	case len(f.Results) == 1:
		if p.result, err = c.node(f.Results[0].Type, false, 0); err != nil {
			return nil, fmt.Errorf("%s: result: %w", f.Name, err)
		}
		if p.result.borrows {
			return nil, fmt.Errorf("%s: a result cannot be a borrow", f.Name)
		}
		p.resultOut = p.result.flats > MaxFlatResults
	}
	return p, nil
}

// LiftType is the type that a core function must have to be lifted as f.
func (f *Func) LiftType() module.FuncType {
	t := module.FuncType{Params: f.flatParams()}
	switch {
	case f.resultOut:
		t.Results = []module.ValType{module.I32}
	case f.result != nil:
		t.Results = f.result.flat
	}
	return t
}

// LowerType is the type of the core function that f is lowered to.
func (f *Func) LowerType() module.FuncType {
	t := module.FuncType{Params: f.flatParams()}
	switch {
	case f.resultOut:
		t.Params = append(t.Params[:len(t.Params):len(t.Params)], module.I32)
	case f.result != nil:
		t.Results = f.result.flat
	}
	return t
}

func (f *Func) flatParams() []module.ValType {
	if f.spilled {
		return []module.ValType{module.I32}
	}
	return f.flat
}

// stackParams tells how many core values the parameters are.
func (f *Func) stackParams() int {
	if f.spilled {
		return 1
	}
	return len(f.flat)
}

// LiftNeeds tells what a `canon lift` of f must be given, LowerNeeds what a
// `canon lower` must: whether a memory, and whether a realloc function.
func (f *Func) LiftNeeds() (memory, realloc bool) {
	realloc = f.spilled
	for _, p := range f.params {
		realloc = realloc || p.node.pointers
	}
	return realloc || f.resultOut || f.result != nil && f.result.pointers, realloc
}

// LowerNeeds is described with LiftNeeds.
func (f *Func) LowerNeeds() (memory, realloc bool) {
	realloc = f.result != nil && f.result.pointers
	memory = realloc || f.resultOut || f.spilled
	for _, p := range f.params {
		memory = memory || p.node.pointers
	}
	return memory, realloc
}

// Outcome takes apart the result of a function that returns a WIT result, as
// Lifted.Call gave it: the payload, nil where there is none, and whether it is
// the error. Of any other function it is the result, which is no error.
func (f *Func) Outcome(v mailbox.Value) (payload mailbox.Value, failed bool) {
	if f.result == nil || f.result.kind != wit.Result || v.Table() == nil || len(v.Table().Pairs) != 1 {
		return v, false
	}
	p := v.Table().Pairs[0]
	i := f.result.index[p.Key.Str()]
	if f.result.cases[i].node == nil {
		return mailbox.Nil, i == 1
	}
	return p.Value, i == 1
}
