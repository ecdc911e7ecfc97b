package component

import "wippy/wasmhost/module"

// The codes of sorts.
const (
	codeCore      = 0x00
	codeFunc      = 0x01
	codeValue     = 0x02
	codeType      = 0x03
	codeComponent = 0x04
	codeInstance  = 0x05

	codeCoreType     = 0x10
	codeCoreModule   = 0x11
	codeCoreInstance = 0x12
)

func (d *decoder) sort(r *module.Reader) Sort {
	switch c := r.Byte(); c {
	case codeCore:
		return d.coreSort(r)
	case codeFunc:
		return SortFunc
	case codeValue:
		d.refuse(r, featureValues, "the sort of values")
	case codeType:
		return SortType
	case codeComponent:
		return SortComponent
	case codeInstance:
		return SortInstance
	default:
		r.Failf("unknown sort %#x", c)
	}
	return 0
}

func (d *decoder) coreSort(r *module.Reader) Sort {
	switch c := r.Byte(); {
	case c <= byte(module.Tag):
		return coreSort(module.Kind(c))
	case c == codeCoreType:
		return SortCoreType
	case c == codeCoreModule:
		return SortCoreModule
	case c == codeCoreInstance:
		return SortCoreInstance
	default:
		r.Failf("unknown core sort %#x", c)
		return 0
	}
}

func (d *decoder) ref(r *module.Reader) Ref { return Ref{Sort: d.sort(r), Index: r.U32()} }

func (d *decoder) importDef(r *module.Reader) Definition {
	i := &Import{Pos: Pos{r.Offset()}, Name: d.externName(r), expr: d.extern(r)}
	i.Extern = Extern{Name: i.Name.Name, Sort: i.expr.sort}
	return i
}

func (d *decoder) exportDef(r *module.Reader) Definition {
	e := &Export{Pos: Pos{r.Offset()}, Name: d.externName(r)}
	ref := d.ref(r)
	e.Extern, e.Index = Extern{Name: e.Name.Name, Sort: ref.Sort}, ref.Index
	if d.option(r) {
		t := d.extern(r)
		e.ascribed = &t
	}
	return e
}

// option reads whether something follows.
func (d *decoder) option(r *module.Reader) bool {
	switch c := r.Byte(); c {
	case 0:
		return false
	case 1:
		return true
	default:
		r.Failf("%#x where 0 (nothing follows) or 1 (something does) is expected", c)
		return false
	}
}

// externName reads a name with its attributes.
func (d *decoder) externName(r *module.Reader) ExternName {
	n := ExternName{}
	form := r.Byte()
	if form > 2 {
		r.Failf("unknown form %#x of a name", form)
	}
	n.Name = d.name(r)
	if form == 2 {
		list(d, r, maxFields, "attributes", func(r *module.Reader) struct{} {
			d.attribute(r, &n)
			return struct{}{}
		})
	}
	return n
}

// The codes of attributes.
const (
	codeImplements    = 0x00
	codeVersionSuffix = 0x01
	codeExternalID    = 0x02
)

func (d *decoder) attribute(r *module.Reader, n *ExternName) {
	switch c := r.Byte(); c {
	case codeImplements:
		if n.HasImplements {
			r.Failf("name %q says twice what it implements", n.Name)
		}
		n.Implements, n.HasImplements = d.name(r), true
	case codeVersionSuffix:
		d.refuse(r, featureVersionSuffix, "name %q has a version suffix", n.Name)
	case codeExternalID:
		if n.HasExternalID {
			r.Failf("name %q has two external ids", n.Name)
		}
		n.ExternalID, n.HasExternalID = d.name(r), true
	default:
		r.Failf("unknown attribute %#x of name %q", c, n.Name)
	}
}

// externExpr is the type of an import or export as the binary writes it.
type externExpr struct {
	sort     Sort
	resource bool   // a type that is any resource; else:
	index    uint32 // of the type, or of the type that a type is equal to
}

func (d *decoder) extern(r *module.Reader) externExpr {
	e := externExpr{}
	switch c := r.Byte(); c {
	case codeCore:
		if c := r.Byte(); c != codeCoreModule {
			r.Failf("core sort %#x cannot be imported or exported, only modules (0x11) can", c)
		}
		e.sort = SortCoreModule
	case codeFunc:
		e.sort = SortFunc
	case codeValue:
		d.refuse(r, featureValues, "importing and exporting values")
	case codeType:
		e.sort = SortType
		switch c := r.Byte(); c {
		case 0:
		case 1:
			e.resource = true
			return e
		default:
			r.Failf("unknown bound %#x of a type", c)
		}
	case codeComponent:
		e.sort = SortComponent
	case codeInstance:
		e.sort = SortInstance
	default:
		r.Failf("unknown sort %#x of import or export", c)
	}
	e.index = r.U32()
	return e
}
