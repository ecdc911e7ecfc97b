package component

import (
	"bytes"
	"fmt"

	"wippy/wasmhost/module"
)

// preamble begins every component: the magic number, version and layer.
var preamble = []byte("\x00asm\x0d\x00\x01\x00")

// The ids of a component's sections.
const (
	sectionCustom byte = iota
	sectionCoreModule
	sectionCoreInstance
	sectionCoreType
	sectionComponent
	sectionInstance
	sectionAlias
	sectionType
	sectionCanon
	sectionStart
	sectionImport
	sectionExport
	sectionValue
)

var sectionNames = [...]string{
	"custom section", "core module section", "core instance section", "core type section", "component section", "instance section",
	"alias section", "type section", "canon section", "start section", "import section", "export section", "value section",
}

// The features that binaries are refused for, as Error.Feature names them.
const (
	featureAsync         = "async"
	featureErrorContext  = "error-context"
	featureThreads       = "threads"
	featureValues        = "values"
	featureFixedLists    = "lists of fixed length"
	featureMaps          = "maps"
	featureMemory64      = "memory64"
	featureVersionSuffix = "canonical interface names"
	featureGC            = "garbage collection"
)

// Read reads a component. It costs time and memory in proportion to what
// limits.go bounds, whatever the bytes.
//
// # Errors
//
// An *Error: the first thing that is wrong.
func Read(b []byte) (*Component, error) {
	d := &decoder{}
	c := d.component(b, 0)
	if d.err != nil {
		return nil, d.err
	}
	if err := validate(c); err != nil {
		return nil, err
	}
	return c, nil
}

// decoder decodes one binary. After the first error it gives nothing of use.
type decoder struct {
	err        *Error
	feature    string // of the error that a reader holds
	items      int    // that counts claimed so far
	depth      int    // of components in components, and types in types
	modules    int
	components int
	instances  int
	types      int
}

func (d *decoder) fail(offset int, format string, args ...any) {
	if d.err == nil {
		d.err = &Error{Offset: offset, Message: clip(fmt.Sprintf(format, args...))}
	}
}

// refuse fails for something that is of the Component Model, but not run here.
func (d *decoder) refuse(r *module.Reader, feature, format string, args ...any) {
	if r.Err() == nil {
		d.feature = feature
	}
	r.Failf(format+": this runtime does not support %s", append(args, feature)...)
}

// take makes a reader's error the decoder's.
func (d *decoder) take(r *module.Reader) {
	if err := r.Err(); err != nil && d.err == nil {
		d.err = wrap(err, 0, "")
		d.err.Feature = d.feature
	}
}

// list reads a number of items, then the items.
func list[T any](d *decoder, r *module.Reader, most int, items string, read func(*module.Reader) T) []T {
	n := r.Count(most, items)
	if d.items += n; d.items > maxItems {
		r.Failf("more than %d definitions, fields and the like in all", maxItems)
		return nil
	}
	list := make([]T, 0, min(n, 1024)) // a count is only a claim
	for range n {
		item := read(r)
		if r.Err() != nil {
			return nil
		}
		list = append(list, item)
	}
	return list
}

// name reads a name of bounded length.
func (d *decoder) name(r *module.Reader) string {
	s := r.Name()
	if len(s) > maxName {
		r.Failf("a name of %d bytes: at most %d are allowed", len(s), maxName)
		return ""
	}
	return s
}

// enter bounds nesting; leave is its end.
func (d *decoder) enter(r *module.Reader) bool {
	if d.depth == maxDepth {
		r.Failf("components and types are nested more than %d deep", maxDepth)
		return false
	}
	d.depth++
	return true
}

func (d *decoder) leave() { d.depth-- }

// component decodes b, which begins at offset in the binary.
func (d *decoder) component(b []byte, offset int) *Component {
	c := &Component{Pos: Pos{offset}}
	switch {
	case len(b) < len(preamble):
		d.fail(offset+len(b), "truncated: a component's header has %d bytes, %d are there", len(preamble), len(b))
	case !bytes.Equal(b[:4], preamble[:4]):
		d.fail(offset, "not WebAssembly: it begins with % x, a binary begins with 00 61 73 6d", b[:4])
	case b[6] != preamble[6] || b[7] != preamble[7]:
		d.fail(offset+6, "not a component: its layer is % x, a component has 01 00", b[6:8])
	case b[4] != preamble[4] || b[5] != preamble[5]:
		d.fail(offset+4, "a component of an unknown version: % x; this runtime knows 0d 00", b[4:6])
	}
	if d.err != nil {
		return c
	}
	r := module.NewReader(b[len(preamble):], offset+len(preamble), "component")
	for r.Len() > 0 && d.err == nil {
		id := r.Byte()
		if int(id) >= len(sectionNames) {
			r.Failf("unknown section %d", id)
			break
		}
		size := r.U32()
		if uint64(size) > uint64(r.Len()) {
			r.Failf("truncated: the %s needs %d bytes, %d are left", sectionNames[id], size, r.Len())
			break
		}
		at := r.Offset()
		d.section(c, id, r.Bytes(uint64(size)), at)
	}
	d.take(r)
	return c
}

// section decodes one section.
func (d *decoder) section(c *Component, id byte, body []byte, at int) {
	r := module.NewReader(body, at, sectionNames[id])
	switch id {
	case sectionCustom:
		r.Name() // the rest is anybody's
		d.take(r)
		return
	case sectionCoreModule:
		c.add(d.coreModule(body, at))
		return
	case sectionComponent:
		if d.components++; d.components > maxComponents {
			r.Failf("more than %d components", maxComponents)
		} else if d.enter(r) {
			c.add(d.component(body, at))
			d.leave()
		}
		d.take(r)
		return
	case sectionCoreInstance:
		definitions(d, c, r, "core instances", d.coreInstance)
	case sectionCoreType:
		definitions(d, c, r, "core types", d.coreType)
	case sectionInstance:
		definitions(d, c, r, "instances", d.instance)
	case sectionAlias:
		definitions(d, c, r, "aliases", d.alias)
	case sectionType:
		definitions(d, c, r, "types", d.typeDef)
	case sectionCanon:
		definitions(d, c, r, "canonical functions", d.canon)
	case sectionImport:
		definitions(d, c, r, "imports", d.importDef)
	case sectionExport:
		definitions(d, c, r, "exports", d.exportDef)
	case sectionStart:
		d.refuse(r, featureValues, "a component's start function")
	case sectionValue:
		d.refuse(r, featureValues, "value definitions")
	}
	if r.Len() > 0 {
		r.Failf("%d bytes too many", r.Len())
	}
	d.take(r)
}

// definitions reads the definitions of a section into c.
func definitions(d *decoder, c *Component, r *module.Reader, items string, read func(*module.Reader) Definition) {
	c.add(list(d, r, maxList, items, read)...)
}

func (c *Component) add(defs ...Definition) { c.Definitions = append(c.Definitions, defs...) }

func (d *decoder) coreModule(b []byte, at int) *CoreModule {
	m, err := module.Read(b)
	switch {
	case err != nil && d.err == nil:
		d.err = wrap(err, at, "core module: ")
	case d.modules == maxModules:
		d.fail(at, "more than %d core modules", maxModules)
	}
	d.modules++
	return &CoreModule{Pos: Pos{at}, Binary: b, Module: m}
}

// The codes of instances' expressions.
const (
	codeInstantiate = 0x00
	codeExports     = 0x01
)

// another counts an instance.
func (d *decoder) another(r *module.Reader) {
	if d.instances++; d.instances > maxInstances {
		r.Failf("more than %d instances", maxInstances)
	}
}

func (d *decoder) coreInstance(r *module.Reader) Definition {
	i := &CoreInstance{Pos: Pos{r.Offset()}}
	d.another(r)
	switch c := r.Byte(); c {
	case codeInstantiate:
		i.Instantiates, i.Module = true, r.U32()
		i.Args = list(d, r, maxList, "arguments", func(r *module.Reader) CoreArg {
			a := CoreArg{Name: d.name(r)}
			if c := r.Byte(); c != codeCoreInstance {
				r.Failf("argument %q: sort %#x, only instances (0x12) can be arguments", a.Name, c)
			}
			a.Instance = r.U32()
			return a
		})
	case codeExports:
		i.Exports = list(d, r, maxList, "exports", func(r *module.Reader) CoreExport {
			return CoreExport{Name: d.name(r), Ref: Ref{Sort: d.coreSort(r), Index: r.U32()}}
		})
	default:
		r.Failf("unknown expression %#x of a core instance", c)
	}
	return i
}

func (d *decoder) instance(r *module.Reader) Definition {
	i := &Instance{Pos: Pos{r.Offset()}}
	d.another(r)
	switch c := r.Byte(); c {
	case codeInstantiate:
		i.Instantiates, i.Component = true, r.U32()
		i.Args = list(d, r, maxList, "arguments", func(r *module.Reader) Arg {
			return Arg{Name: d.name(r), Ref: d.ref(r)}
		})
	case codeExports:
		i.Exports = list(d, r, maxList, "exports", func(r *module.Reader) InlineExport {
			return InlineExport{Name: d.externName(r), Ref: d.ref(r)}
		})
	default:
		r.Failf("unknown expression %#x of an instance", c)
	}
	return i
}

// The codes of aliases' targets.
const (
	codeAliasExport     = 0x00
	codeAliasCoreExport = 0x01
	codeAliasOuter      = 0x02
)

func (d *decoder) alias(r *module.Reader) Definition {
	a := &Alias{Pos: Pos{r.Offset()}, Sort: d.sort(r)}
	switch c := r.Byte(); c {
	case codeAliasExport:
		a.Target, a.Instance, a.Name = AliasExport, r.U32(), d.name(r)
		if a.Sort > SortCoreModule {
			r.Failf("a %s cannot be an instance's export", a.Sort)
		}
	case codeAliasCoreExport:
		a.Target, a.Instance, a.Name = AliasCoreExport, r.U32(), d.name(r)
		if a.Sort < SortCoreFunc || a.Sort > SortCoreTag {
			r.Failf("a %s cannot be a core instance's export", a.Sort)
		}
	case codeAliasOuter:
		a.Target, a.Count, a.Index = AliasOuter, r.U32(), r.U32()
		switch a.Sort {
		case SortCoreModule, SortCoreType, SortComponent, SortType:
		default:
			r.Failf("sort %s of an alias of a component around: only types, components, core modules and core types can be taken", a.Sort)
		}
	default:
		r.Failf("unknown target %#x of an alias", c)
	}
	return a
}
