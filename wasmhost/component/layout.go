package component

import (
	"wippy/wasmhost/module"
	"wippy/wasmhost/wit"
)

// layout is what the canonical ABI makes of a value type.
type layout struct {
	// align and size are those in memory, were pointers of 64 bits: by those
	// the specification bounds types.
	align, size uint64
	// flat are the core values that stand for a value; if they are more than
	// maxFlatParams, the first of them.
	flat []module.ValType
}

var (
	flatI32 = []module.ValType{module.I32}
	flatI64 = []module.ValType{module.I64}
	flatF32 = []module.ValType{module.F32}
	flatF64 = []module.ValType{module.F64}
	flatPtr = []module.ValType{module.I32, module.I32} // a pointer and a length
)

func primitiveLayout(k wit.Kind) layout {
	switch k {
	case wit.Bool, wit.S8, wit.U8:
		return layout{1, 1, flatI32}
	case wit.S16, wit.U16:
		return layout{2, 2, flatI32}
	case wit.S64, wit.U64:
		return layout{8, 8, flatI64}
	case wit.F32:
		return layout{4, 4, flatF32}
	case wit.F64:
		return layout{8, 8, flatF64}
	case wit.String:
		return layout{8, 16, flatPtr}
	}
	return layout{4, 4, flatI32} // s32, u32, char
}

// layoutOf lays a type out, of parts that are.
func layoutOf(t *ValueType) layout {
	switch t.kind {
	case wit.List:
		return primitiveLayout(wit.String)
	case wit.Record, wit.Tuple:
		l := layout{align: 1}
		for _, p := range t.parts {
			l.align = max(l.align, p.layout.align)
			l.size = alignTo(l.size, p.layout.align) + p.layout.size
			l.flat = appendFlat(l.flat, p.layout.flat)
		}
		l.size = alignTo(l.size, l.align)
		return l
	case wit.Variant, wit.Result:
		return variantLayout(len(t.parts), t.parts)
	case wit.Option:
		return variantLayout(2, t.parts)
	case wit.Enum:
		return variantLayout(len(t.labels), nil)
	case wit.Flags:
		switch n := len(t.labels); {
		case n <= 8:
			return layout{1, 1, flatI32}
		case n <= 16:
			return layout{2, 2, flatI32}
		}
	}
	return layout{4, 4, flatI32} // flags, own, borrow
}

func variantLayout(cases int, payloads []*ValueType) layout {
	tag := uint64(1)
	switch {
	case cases > 1<<16:
		tag = 4
	case cases > 1<<8:
		tag = 2
	}
	align, size := uint64(1), uint64(0)
	var flat []module.ValType
	for _, p := range payloads {
		if p == nil {
			continue
		}
		align, size = max(align, p.layout.align), max(size, p.layout.size)
		for i, f := range p.layout.flat {
			if i < len(flat) {
				flat[i] = join(flat[i], f)
			} else {
				flat = append(flat, f)
			}
		}
	}
	whole := max(align, tag)
	return layout{align: whole, size: alignTo(alignTo(tag, align)+size, whole), flat: appendFlat(flatI32, flat)}
}

// join is the core type that holds a value of either.
func join(a, b module.ValType) module.ValType {
	switch {
	case a == b:
		return a
	case a == module.I32 && b == module.F32, a == module.F32 && b == module.I32:
		return module.I32
	}
	return module.I64
}

// alignTo rounds up.
func alignTo(n, align uint64) uint64 { return (n + align - 1) / align * align }

// appendFlat appends core values up to one more than can travel, into memory
// of its own.
func appendFlat(flat, more []module.ValType) []module.ValType {
	flat = append(flat[:len(flat):len(flat)], more...)
	return flat[:min(len(flat), maxFlatParams+1)]
}

// flatten gives the core values of several values.
func flatten(ts ...*ValueType) []module.ValType {
	var flat []module.ValType
	for _, t := range ts {
		if t != nil {
			flat = appendFlat(flat, t.layout.flat)
		}
	}
	return flat
}

// lifted gives the type of the core function that is lifted to one of type t.
func lifted(t *FuncType) module.FuncType {
	f := module.FuncType{Params: flatten(t.params...), Results: flatten(t.result)}
	if len(f.Params) > maxFlatParams {
		f.Params = flatI32
	}
	if len(f.Results) > maxFlatResults {
		f.Results = flatI32
	}
	return f
}

// lowered gives the type of the core function that one of type t is lowered to.
func lowered(t *FuncType) module.FuncType {
	f := module.FuncType{Params: flatten(t.params...), Results: flatten(t.result)}
	if len(f.Params) > maxFlatParams {
		f.Params = flatI32
	}
	if len(f.Results) > maxFlatResults {
		f.Params, f.Results = append(f.Params[:len(f.Params):len(f.Params)], module.I32), nil
	}
	return f
}
