package value

import "wippy/wasmhost/wit"

// OfWIT gives a signature of the host under test. Resources are numbered as they
// are met.
func OfWIT(f *wit.Func, numbers map[*wit.Resource]uint32) Func {
	var out Func
	for _, p := range f.Params {
		out.Params = append(out.Params, Field{p.Name, ofWIT(p.Type, numbers)})
	}
	out.Result = ofWIT(f.Result(), numbers)
	return out
}

// witKinds are the kinds by those of package wit.
var witKinds = map[wit.Kind]Kind{
	wit.Bool: Bool, wit.S8: S8, wit.U8: U8, wit.S16: S16, wit.U16: U16, wit.S32: S32, wit.U32: U32, wit.S64: S64, wit.U64: U64,
	wit.F32: F32, wit.F64: F64, wit.Char: Char, wit.String: String, wit.List: List, wit.Record: Record, wit.Tuple: Tuple,
	wit.Variant: Variant, wit.Enum: Enum, wit.Option: Option, wit.Result: Result, wit.Flags: Flags, wit.Own: Own, wit.Borrow: Borrow,
}

func ofWIT(t *wit.Type, numbers map[*wit.Resource]uint32) *Type {
	if t == nil {
		return nil
	}
	out := &Type{
		Kind: witKinds[t.Kind], Elem: ofWIT(t.Elem, numbers), Labels: t.Labels,
		OK: ofWIT(t.OK, numbers), Err: ofWIT(t.Err, numbers),
	}
	for _, f := range t.Fields {
		out.Fields = append(out.Fields, Field{f.Name, ofWIT(f.Type, numbers)})
	}
	for _, c := range t.Cases {
		out.Fields = append(out.Fields, Field{c.Name, ofWIT(c.Type, numbers)})
	}
	if t.Resource != nil {
		n, met := numbers[t.Resource]
		if !met {
			n = uint32(len(numbers))
			numbers[t.Resource] = n
		}
		out.Resource = n
	}
	return out
}

// Renumbered gives the signature with its resources numbered as they are met.
func (f Func) Renumbered(numbers map[uint32]uint32) Func {
	var out Func
	for _, p := range f.Params {
		out.Params = append(out.Params, Field{p.Name, p.Type.renumbered(numbers)})
	}
	out.Result = f.Result.renumbered(numbers)
	return out
}

func (t *Type) renumbered(numbers map[uint32]uint32) *Type {
	if t == nil {
		return nil
	}
	out := *t
	out.Elem, out.OK, out.Err = t.Elem.renumbered(numbers), t.OK.renumbered(numbers), t.Err.renumbered(numbers)
	out.Fields = nil
	for _, f := range t.Fields {
		out.Fields = append(out.Fields, Field{f.Name, f.Type.renumbered(numbers)})
	}
	if t.Kind == Own || t.Kind == Borrow {
		n, met := numbers[t.Resource]
		if !met {
			n = uint32(len(numbers))
			numbers[t.Resource] = n
		}
		out.Resource = n
	}
	return &out
}
