package component

import (
	"encoding/binary"
	"strings"

	"wippy/wasmhost/wit"
)

// value makes a value type of what the binary says.
func (s *scope) value(e *valueExpr) (*ValueType, error) {
	var resource *ResourceType
	if e.kind == wit.Own || e.kind == wit.Borrow {
		r, err := s.resourceType(e.index)
		if err != nil {
			return nil, err
		}
		resource = r
	}
	if err := s.checkValue(e); err != nil {
		return nil, err
	}
	if e.kind <= wit.String {
		return s.v.primitive(e.kind), nil
	}
	parts := make([]*ValueType, len(e.parts))
	for i, ref := range e.parts {
		part, err := s.valueRef(ref)
		if err != nil {
			return nil, err
		}
		parts[i] = part
	}
	return s.v.makeValue("", s.v.shape(e.kind, e.labels), parts, resource)
}

// checkValue checks the rules on how many parts there are and what they are
// called.
func (s *scope) checkValue(e *valueExpr) error {
	noun, n := "", len(e.labels)
	switch e.kind {
	case wit.Record:
		noun = "field"
	case wit.Variant, wit.Enum:
		noun = "case"
	case wit.Tuple:
		noun, n = "element", len(e.parts)
	case wit.Flags:
		noun = "flag"
		if n > 32 {
			return s.errorf("flags has %d flags: at most 32 are allowed", n)
		}
	default:
		return nil
	}
	if n == 0 {
		return s.errorf("%s must have at least one %s", e.kind, noun)
	}
	return s.checkLabels(noun, e.labels)
}

// checkLabels checks that labels are in kebab-case and unlike each other.
func (s *scope) checkLabels(noun string, labels []string) error {
	seen := make(map[string]string, len(labels))
	for _, l := range labels {
		if problem := checkLabel(l); problem != "" {
			return s.errorf("the name of a %s: %s", noun, problem)
		}
		lower := strings.ToLower(l)
		if other, twice := seen[lower]; twice {
			return s.errorf("%s", alike(noun, l, other))
		}
		seen[lower] = l
	}
	return nil
}

// valueRef finds the value type that is meant; nil for none.
func (s *scope) valueRef(ref valueRef) (*ValueType, error) {
	switch {
	case ref.none:
		return nil, nil
	case ref.primitive:
		return s.v.primitive(ref.kind), nil
	}
	t, err := s.typeAt(ref.index)
	if err != nil {
		return nil, err
	}
	value, ok := t.(*ValueType)
	if !ok {
		return nil, s.errorf("type %d is %s, a value's type is expected", ref.index, a(t.noun()))
	}
	return value, nil
}

// primitive gives the only type of a kind that has no parts.
func (v *validator) primitive(k wit.Kind) *ValueType {
	if v.primitives[k] == nil {
		v.primitives[k] = &ValueType{
			WIT: &wit.Type{Kind: k}, shape: shape{kind: k}, extent: extent{size: 1}, layout: primitiveLayout(k), identity: uint32(k) + 1,
			pointers: k == wit.String,
		}
	}
	return v.primitives[k]
}

// shape numbers a shape.
func (v *validator) shape(kind wit.Kind, labels []string) shape {
	key := []byte{byte(kind)}
	for _, l := range labels {
		key = append(binary.AppendUvarint(key, uint64(len(l))), l...)
	}
	return shape{kind, labels, number(v.shapes, string(key))}
}

// number gives a key its number: how many others were there before.
func number[K comparable](numbers map[K]uint32, key K) uint32 {
	n, known := numbers[key]
	if !known {
		n = uint32(len(numbers))
		numbers[key] = n
	}
	return n
}

// makeValue makes a type of its parts, within bounds.
func (v *validator) makeValue(name string, sh shape, parts []*ValueType, resource *ResourceType) (*ValueType, error) {
	kind := sh.kind
	t := &ValueType{shape: sh, parts: parts, resource: resource, extent: extent{size: 1 + len(sh.labels)}}
	t.WIT = witType(kind, sh.labels, parts, resource)
	if t.nameable() {
		t.WIT.Name = name
	}
	t.handles, t.borrows, t.pointers = resource != nil, kind == wit.Borrow, kind == wit.List
	for _, p := range parts {
		if p != nil {
			t.extent.add(p.extent)
			t.handles, t.borrows, t.pointers = t.handles || p.handles, t.borrows || p.borrows, t.pointers || p.pointers
		}
	}
	switch t.layout = layoutOf(t); {
	case t.extent.size > maxValueSize:
		return nil, v.errorf("a %s of %d types, written out in full: at most %d are allowed", kind, t.extent.size, maxValueSize)
	case t.extent.depth > maxDepth:
		return nil, v.errorf("types are nested more than %d deep", maxDepth)
	case t.layout.size >= maxElemSize:
		return nil, v.errorf("a %s of %d bytes: it must take less than %d", kind, t.layout.size, maxElemSize)
	}
	t.identity = v.identify(t)
	return t, nil
}

func witType(kind wit.Kind, labels []string, parts []*ValueType, resource *ResourceType) *wit.Type {
	w := &wit.Type{Kind: kind}
	of := func(i int) *wit.Type {
		if parts[i] == nil {
			return nil
		}
		return parts[i].WIT
	}
	switch kind {
	case wit.List, wit.Option:
		w.Elem = of(0)
	case wit.Record, wit.Tuple:
		w.Fields = make([]wit.Field, len(parts))
		for i := range parts {
			w.Fields[i].Type = of(i)
			if kind == wit.Record {
				w.Fields[i].Name = labels[i]
			}
		}
	case wit.Variant:
		w.Cases = make([]wit.Case, len(parts))
		for i := range parts {
			w.Cases[i] = wit.Case{Name: labels[i], Type: of(i)}
		}
	case wit.Enum, wit.Flags:
		w.Labels = labels
	case wit.Result:
		w.OK, w.Err = of(0), of(1)
	case wit.Own, wit.Borrow:
		w.Resource = resource.Resource
	}
	return w
}

// identify numbers a type so that equal types have equal numbers: types of one
// shape made of equal parts. It takes time by the type's own width, whatever its
// parts hold.
func (v *validator) identify(t *ValueType) uint32 {
	key := binary.LittleEndian.AppendUint32(make([]byte, 0, 4*(2+len(t.parts))), t.number)
	for _, p := range t.parts {
		id := uint32(0)
		if p != nil {
			id = p.identity
		}
		key = binary.LittleEndian.AppendUint32(key, id)
	}
	if t.resource != nil {
		key = binary.LittleEndian.AppendUint32(key, number(v.resources, t.resource.Resource))
	}
	// 0 is no type, and primitive ones come next.
	return uint32(wit.String) + 2 + number(v.identities, string(key))
}

// function makes the type of a function.
func (s *scope) function(e *funcExpr) (*FuncType, error) {
	t := &FuncType{params: make([]*ValueType, len(e.params))}
	labels := make([]string, len(e.params))
	for i, p := range e.params {
		value, err := s.valueRef(p.valueRef)
		if err != nil {
			return nil, err
		}
		t.params[i], labels[i] = value, p.label
	}
	if err := s.checkLabels("parameter", labels); err != nil {
		return nil, err
	}
	result, err := s.valueRef(e.result)
	if err != nil {
		return nil, err
	}
	if result != nil && result.borrows {
		return nil, s.errorf("the result of a function holds a borrow, which cannot outlast the call")
	}
	t.result = result
	t.WIT.Params = make([]wit.Param, len(labels))
	for i, l := range labels {
		t.WIT.Params[i].Name = l
	}
	t.finish()
	if t.extent.size > maxValueSize {
		return nil, s.errorf("a function of %d types, written out in full: at most %d are allowed", t.extent.size, maxValueSize)
	}
	return t, nil
}

// finish sets what follows from params and result. WIT has the parameters' names.
func (t *FuncType) finish() {
	t.extent = extent{size: 1}
	for i, p := range t.params {
		t.WIT.Params[i].Type = p.WIT
		t.extent.add(p.extent)
	}
	if t.result != nil {
		t.WIT.Results = []wit.Param{{Type: t.result.WIT}}
		t.extent.add(t.result.extent)
	}
}
