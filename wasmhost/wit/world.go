package wit

import (
	"slices"
	"strings"
)

// Def gives a type a name. Type and Resource are what it names: one of them is
// there.
type Def struct {
	Name     string // in kebab-case
	Type     *Type
	Resource *Resource
}

// Interface is a set of types and functions. Functions of a resource have the
// names that binaries give them: "[constructor]counter",
// "[method]counter.value" with the resource as first parameter, and
// "[static]counter.merge".
type Interface struct {
	Types []Def
	Funcs []Func
}

// Item is what a world imports or exports. One of Func, Interface, Type and
// Resource is there.
type Item struct {
	// Name is in kebab-case, or of an interface that has a package
	// "ns:pkg/name@1.2.3".
	Name      string
	Func      *Func // its own name does not matter
	Interface *Interface
	Type      *Type
	Resource  *Resource
}

// World is what a component asks of those around it, and what it offers.
type World struct {
	Package string // "ns:pkg@1.2.3"
	Name    string // in kebab-case
	// Imports and Exports are in the order of the component: what defines a
	// type stands before what uses it.
	Imports, Exports []Item
}

// String prints the world as a WIT document: its package, and behind it each
// package of the interfaces that it names. A type is defined where it is first
// named, and by use elsewhere: two interfaces share a resource if they share the
// pointer, and another type if they do, or what it is made of, its Fields, Cases
// or Labels, is the same slice, or they are of one package and it has the same
// name and make. An interface that is imported as well as exported is printed once,
// with what either has. The text is for tools of WIT to read; a world that WIT
// cannot say, as only hostile binaries hold one, gives text that they refuse.
func (w *World) String() string {
	d := newDocument(w)
	var out printer
	if w.Package != "" {
		out.line("package ", packageName(w.Package), ";")
		out.line()
	}
	d.world(&out, w)
	for _, pkg := range d.packages {
		out.line()
		out.open("package ", packageName(pkg.name))
		for i, e := range pkg.interfaces {
			if i > 0 {
				out.line()
			}
			out.open("interface ", escaped(e.short))
			d.body(&out, e)
			out.shut()
		}
		out.shut()
	}
	return out.String()
}

// String prints what stands between the braces of an interface, as
// ParseInterface reads it: types, then functions.
func (i *Interface) String() string {
	e := &entry{types: i.Types, funcs: i.Funcs}
	d := &document{types: make(map[typeID]origin), resources: make(map[*Resource]origin)}
	var out printer
	d.body(&out, e)
	return out.String()
}

// document holds the interfaces of a world together.
type document struct {
	packages  []*pkg
	byName    map[string]*pkg
	named     map[string]*entry // the interfaces that have a package, by full name
	types     map[typeID]origin
	resources map[*Resource]origin
	firsts    map[pkgName]first
	left      int // how many parts of types are compared from here on
}

type pkg struct {
	name       string // "ns:pkg@1.2.3"
	interfaces []*entry
}

// entry is an interface, with what its import and its export have.
type entry struct {
	full, pkg, short string // "" where it has no package
	types            []Def  // some of them twice, by other pointers
	funcs            []Func
}

// origin is where a type is defined.
type origin struct {
	in   *entry
	name string
}

// pkgName is a name of a type in any interface of a package.
type pkgName struct{ pkg, name string }

// first is the first type of that name in its package.
type first struct {
	origin
	typ *Type
}

// typeID is the same for a type and what it is called elsewhere.
type typeID struct {
	kind Kind
	at   any // a pointer
}

func (t *Type) id() typeID {
	switch {
	case len(t.Fields) > 0 && t.Kind == Record:
		return typeID{t.Kind, &t.Fields[0]}
	case len(t.Cases) > 0:
		return typeID{t.Kind, &t.Cases[0]}
	case len(t.Labels) > 0:
		return typeID{t.Kind, &t.Labels[0]}
	}
	return typeID{t.Kind, t}
}

func newDocument(w *World) *document {
	d := &document{
		byName: make(map[string]*pkg), named: make(map[string]*entry), types: make(map[typeID]origin), resources: make(map[*Resource]origin),
		firsts: make(map[pkgName]first), left: maxParts,
	}
	for _, items := range [][]Item{w.Imports, w.Exports} {
		for _, it := range items {
			if name, short, ok := splitName(it.Name); ok && it.Interface != nil {
				d.add(it.Name, name, short, it.Interface)
			}
		}
	}
	return d
}

// add takes an interface in.
func (d *document) add(full, name, short string, i *Interface) {
	e := d.named[full]
	if e == nil {
		e = &entry{full: full, pkg: name, short: short}
		d.named[full] = e
		p := d.byName[name]
		if p == nil {
			p = &pkg{name: name}
			d.packages, d.byName[name] = append(d.packages, p), p
		}
		p.interfaces = append(p.interfaces, e)
	}
	e.types = append(e.types, i.Types...)
	e.funcs = append(e.funcs, i.Funcs...)
	for _, t := range i.Types {
		if t.Type != nil && t.Type.Kind > String {
			if _, known := d.types[t.Type.id()]; !known {
				d.types[t.Type.id()] = d.firstOf(t, e)
			}
		}
		if _, known := d.resources[t.Resource]; !known && t.Resource != nil {
			d.resources[t.Resource] = origin{e, t.Name}
		}
	}
}

// firstOf tells where a type is defined that e names and nobody before. What a
// component exports no longer shows where it was taken from; the first of the
// same name and the same make in the package is as good, as types of values go
// by what they are made of.
func (d *document) firstOf(t Def, e *entry) origin {
	here := origin{e, t.Name}
	if !t.Type.hasName() {
		return here
	}
	key := pkgName{e.pkg, t.Name}
	f, known := d.firsts[key]
	if !known {
		d.firsts[key] = first{here, t.Type}
	} else if d.same(f.typ, t.Type) {
		return f.origin
	}
	return here
}

// same tells whether two types have the same make and names; false, too, when
// there was too much to compare.
func (d *document) same(a, b *Type) bool {
	if a == b || a == nil || b == nil {
		return a == b
	}
	d.left--
	if d.left < 0 || a.Kind != b.Kind || a.Name != b.Name || a.Resource != b.Resource || len(a.Fields) != len(b.Fields) || len(a.Cases) != len(b.Cases) {
		return false
	}
	for i, f := range a.Fields {
		if f.Name != b.Fields[i].Name || !d.same(f.Type, b.Fields[i].Type) {
			return false
		}
	}
	for i, c := range a.Cases {
		if c.Name != b.Cases[i].Name || !d.same(c.Type, b.Cases[i].Type) {
			return false
		}
	}
	return slices.Equal(a.Labels, b.Labels) && d.same(a.Elem, b.Elem) && d.same(a.OK, b.OK) && d.same(a.Err, b.Err)
}

// definedIn tells which other interface defines what e names.
func (d *document) definedIn(t Def, e *entry) (origin, bool) {
	if t.Type == nil {
		o, ok := d.resources[t.Resource]
		return o, ok && o.in != e
	}
	o, ok := d.types[t.Type.id()]
	if !t.Type.hasName() && o.name != t.Name {
		return o, false // a list of the same elements is no other type
	}
	return o, ok && o.in != e
}

// implied adds to the definitions of e those that its functions and types speak
// of and that another interface has: a component may take a type from there
// without a name of its own for it. Where the name means something else here
// already, there is no way to say it.
func (d *document) implied(defs []Def, funcs []Func, e *entry) []Def {
	names, types, resources := make(map[string]bool), make(map[typeID]bool), make(map[*Resource]bool)
	for _, t := range defs {
		names[t.Name] = true
		if t.Type == nil {
			resources[t.Resource] = true
		} else {
			types[t.Type.id()] = true
		}
	}
	defs = defs[:len(defs):len(defs)]
	seen := make(map[*Type]bool)
	add := func(o origin, t Def) {
		if o.in != e && !names[o.name] {
			names[o.name], t.Name = true, o.name
			defs = append(defs, t)
		}
	}
	var visit func(t *Type)
	parts := func(t *Type) {
		visit(t.Elem)
		visit(t.OK)
		visit(t.Err)
		for _, f := range t.Fields {
			visit(f.Type)
		}
		for _, c := range t.Cases {
			visit(c.Type)
		}
	}
	visit = func(t *Type) {
		if t == nil || seen[t] {
			return
		}
		seen[t] = true
		if r := t.Resource; r != nil && !resources[r] {
			resources[r] = true
			if o, ok := d.resources[r]; ok {
				add(o, Def{Resource: r})
			}
		}
		if !t.hasName() {
			parts(t)
		} else if id := t.id(); !types[id] {
			types[id] = true
			if o, ok := d.types[id]; ok {
				add(o, Def{Type: t})
			}
		}
	}
	for _, t := range defs {
		if _, used := d.definedIn(t, e); !used && t.Type != nil {
			parts(t.Type)
		}
	}
	for _, f := range funcs {
		for _, ps := range [][]Param{f.Params, f.Results} {
			for _, p := range ps {
				visit(p.Type)
			}
		}
	}
	return defs
}

// splitName cuts "ns:pkg/name@1.2.3" into "ns:pkg@1.2.3" and "name"; false
// when it is another name.
func splitName(full string) (pkg, name string, ok bool) {
	path, version, versioned := strings.Cut(full, "@")
	i := strings.LastIndexByte(path, '/')
	if i < 0 || !strings.Contains(path[:i], ":") {
		return "", "", false
	}
	pkg, name = path[:i], path[i+1:]
	if versioned {
		pkg += "@" + version
	}
	return pkg, name, true
}

// packageName prints a name of a package or an interface with its keywords
// escaped.
func packageName(full string) string {
	path, version, versioned := strings.Cut(full, "@")
	var b strings.Builder
	for path != "" {
		i := strings.IndexAny(path, ":/")
		if i < 0 {
			b.WriteString(escaped(path))
			break
		}
		b.WriteString(escaped(path[:i]) + path[i:i+1])
		path = path[i+1:]
	}
	if versioned {
		b.WriteString("@" + version)
	}
	return b.String()
}
