package component

import (
	"wippy/wasmhost/module"
	"wippy/wasmhost/wit"
)

// The codes of component types. Those from codeString to codeBool are, with
// those of other types, negative numbers of one byte.
const (
	codeBool         = 0x7f
	codeString       = 0x73
	codeRecord       = 0x72
	codeVariant      = 0x71
	codeList         = 0x70
	codeTuple        = 0x6f
	codeFlags        = 0x6e
	codeEnum         = 0x6d
	codeOption       = 0x6b
	codeResult       = 0x6a
	codeOwn          = 0x69
	codeBorrow       = 0x68
	codeFixedList    = 0x67
	codeStream       = 0x66
	codeFuture       = 0x65
	codeErrorContext = 0x64
	codeMap          = 0x63

	codeFuncType      = 0x40
	codeComponentType = 0x41
	codeInstanceType  = 0x42
	codeAsyncFuncType = 0x43
	codeResourceType  = 0x3f
)

// primitives are the types of one byte, from codeString to codeBool.
var primitives = [...]wit.Kind{
	wit.String, wit.Char, wit.F64, wit.F32, wit.U64, wit.S64, wit.U32, wit.S32, wit.U16, wit.S16, wit.U8, wit.S8, wit.Bool,
}

func primitive(c byte) (wit.Kind, bool) {
	if c < codeString || c > codeBool {
		return 0, false
	}
	return primitives[c-codeString], true
}

// valueExpr is a value type as the binary writes it.
type valueExpr struct {
	kind   wit.Kind
	labels []string   // of fields, cases or flags
	parts  []valueRef // of fields and cases, elements, the two payloads of a result
	index  uint32     // of the resource type of an own or borrow
}

// valueRef names a value type: by index, or a primitive one by kind.
type valueRef struct {
	none      bool // no type at all
	primitive bool
	kind      wit.Kind
	index     uint32
}

// labelled is a valueRef with a name.
type labelled struct {
	label string
	valueRef
}

// funcExpr is the type of a function as the binary writes it.
type funcExpr struct {
	params []labelled
	result valueRef
}

// resourceExpr is a definition of a resource type.
type resourceExpr struct {
	destructor    uint32
	hasDestructor bool
}

// scopeExpr is the type of a component or instance: its declarators.
type scopeExpr struct {
	instance     bool
	declarations []Definition
}

// exportDecl says in a type what is exported.
type exportDecl struct {
	Pos
	Name ExternName
	expr externExpr
}

// Adds implements Definition.
func (e *exportDecl) Adds() Sort { return e.expr.sort }

func (d *decoder) typeDef(r *module.Reader) Definition {
	t := &TypeDef{Pos: Pos{r.Offset()}}
	if d.types++; d.types > maxTypes {
		r.Failf("more than %d types", maxTypes)
	}
	switch c := r.Byte(); c {
	case codeFuncType:
		t.expr = d.funcType(r)
	case codeAsyncFuncType:
		d.refuse(r, featureAsync, "the type of an async function")
	case codeComponentType, codeInstanceType:
		t.expr = d.scopeType(r, c == codeInstanceType)
	case codeResourceType:
		t.expr = d.resourceType(r)
	default:
		t.expr = d.valueType(r, c)
	}
	return t
}

// valueType reads a value type that begins with c.
func (d *decoder) valueType(r *module.Reader, c byte) *valueExpr {
	if k, ok := primitive(c); ok {
		return &valueExpr{kind: k}
	}
	e := &valueExpr{}
	switch c {
	case codeRecord:
		e.kind = wit.Record
		e.set(list(d, r, maxFields, "fields", d.labelled))
	case codeVariant:
		e.kind = wit.Variant
		e.set(list(d, r, maxFields, "cases", func(r *module.Reader) labelled {
			l := labelled{label: d.name(r), valueRef: d.optionalRef(r)}
			if c := r.Byte(); c != 0 {
				r.Failf("%#x at the end of case %q, where 0 is expected", c, l.label)
			}
			return l
		}))
	case codeTuple:
		e.kind, e.parts = wit.Tuple, list(d, r, maxFields, "elements", d.valueRef)
	case codeFlags:
		e.kind, e.labels = wit.Flags, list(d, r, maxFields, "flags", d.name)
	case codeEnum:
		e.kind, e.labels = wit.Enum, list(d, r, maxFields, "cases", d.name)
	case codeList:
		e.kind, e.parts = wit.List, []valueRef{d.valueRef(r)}
	case codeOption:
		e.kind, e.parts = wit.Option, []valueRef{d.valueRef(r)}
	case codeResult:
		e.kind, e.parts = wit.Result, []valueRef{d.optionalRef(r), d.optionalRef(r)}
	case codeOwn:
		e.kind, e.index = wit.Own, r.U32()
	case codeBorrow:
		e.kind, e.index = wit.Borrow, r.U32()
	case codeStream:
		d.refuse(r, featureAsync, "the type stream")
	case codeFuture:
		d.refuse(r, featureAsync, "the type future")
	case codeErrorContext:
		d.refuse(r, featureErrorContext, "the type error-context")
	case codeFixedList:
		d.refuse(r, featureFixedLists, "a list of fixed length")
	case codeMap:
		d.refuse(r, featureMaps, "the type map")
	default:
		r.Failf("unknown form %#x of type", c)
	}
	return e
}

// set takes labels and types.
func (e *valueExpr) set(ls []labelled) {
	for _, l := range ls {
		e.labels, e.parts = append(e.labels, l.label), append(e.parts, l.valueRef)
	}
}

func (d *decoder) labelled(r *module.Reader) labelled {
	return labelled{label: d.name(r), valueRef: d.valueRef(r)}
}

// valueRef reads an index or a primitive type: numbers that are not negative
// are indices.
func (d *decoder) valueRef(r *module.Reader) valueRef {
	switch n := r.Signed(33); {
	case n >= 0:
		return valueRef{index: uint32(n)}
	case n < -0x40:
		r.Failf("unknown type %d", n)
	default:
		c := byte(n) & 0x7f
		k, ok := primitive(c)
		switch {
		case ok:
			return valueRef{primitive: true, kind: k}
		case c == codeErrorContext:
			d.refuse(r, featureErrorContext, "the type error-context")
		default:
			r.Failf("type %#x must be defined by itself and named by its index", c)
		}
	}
	return valueRef{}
}

func (d *decoder) optionalRef(r *module.Reader) valueRef {
	if d.option(r) {
		return d.valueRef(r)
	}
	return valueRef{none: true}
}

func (d *decoder) funcType(r *module.Reader) *funcExpr {
	e := &funcExpr{params: list(d, r, maxParams, "parameters", d.labelled), result: valueRef{none: true}}
	switch c := r.Byte(); c {
	case 0:
		e.result = d.valueRef(r)
	case 1:
		if n := r.Byte(); n != 0 {
			r.Failf("%d named results, which functions have no longer", n)
		}
	default:
		r.Failf("unknown form %#x of a function's results", c)
	}
	return e
}

func (d *decoder) resourceType(r *module.Reader) *resourceExpr {
	switch t := module.ReadValType(r); t {
	case module.I32:
	case module.I64:
		d.refuse(r, featureMemory64, "a resource represented by i64")
	default:
		r.Failf("a resource represented by %s: only i32 can", t)
	}
	e := &resourceExpr{hasDestructor: d.option(r)}
	if e.hasDestructor {
		e.destructor = r.U32()
	}
	return e
}

// The codes of declarators.
const (
	codeDeclareCoreType = 0x00
	codeDeclareType     = 0x01
	codeDeclareAlias    = 0x02
	codeDeclareImport   = 0x03
	codeDeclareExport   = 0x04
)

func (d *decoder) scopeType(r *module.Reader, instance bool) *scopeExpr {
	e := &scopeExpr{instance: instance}
	if !d.enter(r) {
		return e
	}
	defer d.leave()
	e.declarations = list(d, r, maxList, "declarations", func(r *module.Reader) Definition {
		switch c := r.Byte(); {
		case c == codeDeclareCoreType:
			return d.coreType(r)
		case c == codeDeclareType:
			return d.typeDef(r)
		case c == codeDeclareAlias:
			return d.alias(r)
		case c == codeDeclareImport && !instance:
			return d.importDef(r)
		case c == codeDeclareExport:
			return &exportDecl{Pos: Pos{r.Offset()}, Name: d.externName(r), expr: d.extern(r)}
		default:
			r.Failf("unknown declaration %#x in the type of a component or instance", c)
			return nil
		}
	})
	return e
}

// The codes of core types.
const (
	codeCoreFuncType   = 0x60
	codeCoreModuleType = 0x50
	codeCoreSub        = 0x00 // before a type that has subtypes
)

// moduleExpr is the type of a core module: its declarators.
type moduleExpr struct{ declarations []any }

// The declarators of a module's type. Types are indices into its own space.
type (
	moduleImport struct {
		Pos
		module, name string
		extern       coreExternExpr
	}
	moduleExport struct {
		Pos
		name   string
		extern coreExternExpr
	}
	moduleTypeDef struct {
		Pos
		typ module.FuncType
	}
	moduleAlias struct {
		Pos
		count, index uint32
	}
)

// coreExternExpr is the type of a core import or export as the binary writes it.
type coreExternExpr struct {
	module.Extern
	index uint32 // of the type of a function or tag
}

func (d *decoder) coreType(r *module.Reader) Definition {
	t := &CoreType{Pos: Pos{r.Offset()}}
	if d.types++; d.types > maxTypes {
		r.Failf("more than %d types", maxTypes)
	}
	switch c := r.Byte(); {
	case c == codeCoreFuncType:
		t.expr = d.coreFuncType(r)
	case c == codeCoreModuleType:
		t.expr = d.moduleType(r)
	case c == codeCoreSub, c >= 0x4e && c <= 0x5f:
		d.refuse(r, featureGC, "a core type that is no function's")
	default:
		r.Failf("unknown form %#x of core type", c)
	}
	return t
}

func (d *decoder) coreFuncType(r *module.Reader) module.FuncType {
	t := module.ReadFuncType(r)
	d.checkCore(r, t.Params...)
	d.checkCore(r, t.Results...)
	return t
}

// checkCore checks that core types are those of values. The engine does so for
// the types in core modules.
func (d *decoder) checkCore(r *module.Reader, ts ...module.ValType) {
	for _, t := range ts {
		switch {
		case t >= module.V128 && t <= module.I32, t == module.FuncRef, t == module.ExternRef:
		case t >= 0x75 && t <= 0x7a:
			r.Failf("core type %#x is not one of values", byte(t))
		default:
			d.refuse(r, featureGC, "a reference of type %#x", byte(t))
		}
	}
}

// The codes of a module type's declarators.
const (
	codeModuleImport = 0x00
	codeModuleType   = 0x01
	codeModuleAlias  = 0x02
	codeModuleExport = 0x03
)

func (d *decoder) moduleType(r *module.Reader) *moduleExpr {
	return &moduleExpr{list(d, r, maxList, "declarations", func(r *module.Reader) any {
		at := Pos{r.Offset()}
		switch c := r.Byte(); c {
		case codeModuleImport:
			return &moduleImport{at, d.name(r), d.name(r), d.coreExtern(r)}
		case codeModuleType:
			if c := r.Byte(); c != codeCoreFuncType {
				r.Failf("form %#x of core type in the type of a module: only functions' types (0x60) can be", c)
			}
			return &moduleTypeDef{at, d.coreFuncType(r)}
		case codeModuleAlias:
			if c := r.Byte(); c != codeCoreType {
				r.Failf("sort %#x of an alias in the type of a module: only types (0x10) can be", c)
			}
			if c := r.Byte(); c != 1 {
				r.Failf("target %#x of an alias in the type of a module: only outer ones (0x01) can be", c)
			}
			return &moduleAlias{at, r.U32(), r.U32()}
		case codeModuleExport:
			return &moduleExport{at, d.name(r), d.coreExtern(r)}
		default:
			r.Failf("unknown declaration %#x in the type of a module", c)
			return nil
		}
	})}
}

// coreExtern reads the type of a core module's import or export.
func (d *decoder) coreExtern(r *module.Reader) coreExternExpr {
	e := coreExternExpr{}
	e.Kind = module.ReadKind(r)
	custom := false
	switch e.Kind {
	case module.Func:
		e.index = r.U32()
	case module.Tag:
		if c := r.Byte(); c != 0 {
			r.Failf("unknown attribute %#x of a tag", c)
		}
		e.index = r.U32()
	case module.Table:
		e.Elem = module.ReadValType(r)
		d.checkCore(r, e.Elem)
		e.Limits, custom = module.ReadLimits(r)
	case module.Memory:
		e.Limits, custom = module.ReadLimits(r)
	case module.Global:
		e.Global = module.ReadGlobal(r)
		d.checkCore(r, e.Global.Type)
	}
	if custom {
		d.refuse(r, "custom page sizes", "pages of another size than 64 KiB")
	}
	return e
}
