package wit

import "strings"

// printer writes lines, indented by the braces that are open.
type printer struct {
	strings.Builder
	depth int
}

// line writes a line of those parts.
func (p *printer) line(parts ...string) {
	if len(parts) > 0 {
		p.WriteString(strings.Repeat("  ", p.depth))
	}
	for _, s := range parts {
		p.WriteString(s)
	}
	p.WriteByte('\n')
}

// open writes a line that opens a brace.
func (p *printer) open(parts ...string) {
	p.line(append(parts, " {")...)
	p.depth++
}

func (p *printer) shut() {
	p.depth--
	p.line("}")
}

// sections writes what each writes, with an empty line between those that
// write anything.
func (p *printer) sections(each ...func(out *printer)) {
	empty := true
	for _, write := range each {
		part := printer{depth: p.depth}
		write(&part)
		if part.Len() == 0 {
			continue
		}
		if !empty {
			p.line()
		}
		empty = false
		p.WriteString(part.String())
	}
}

// scope is what types are called in an interface, a world or a message.
type scope struct {
	types     map[*Type]string
	defined   map[typeID]string // the name that the definition goes by
	resources map[*Resource]string
	plain     bool // keywords are not escaped
	// left bounds how many parts of types are printed from here on: those of a
	// hostile component may be endless, or as good as.
	left int
}

// newScope finds the names. A type is defined by the name that it has itself,
// else by the first.
func newScope(defs []Def) *scope {
	s := &scope{types: make(map[*Type]string), defined: make(map[typeID]string), resources: make(map[*Resource]string), left: maxParts}
	owned := make(map[typeID]bool)
	for _, d := range defs {
		switch {
		case d.Type != nil && d.Type.Kind > String:
			id, own := d.Type.id(), d.Type.hasName() && d.Type.Name == d.Name
			if _, ok := s.types[d.Type]; !ok || own {
				s.types[d.Type] = d.Name
			}
			if _, ok := s.defined[id]; !ok || own && !owned[id] {
				s.defined[id], owned[id] = d.Name, own
			}
		case d.Resource != nil:
			if _, ok := s.resources[d.Resource]; !ok || d.Resource.Name == d.Name {
				s.resources[d.Resource] = d.Name
			}
		}
	}
	return s
}

// hasName tells whether a type can only be written by a name.
func (t *Type) hasName() bool {
	return t.Kind == Record || t.Kind == Variant || t.Kind == Enum || t.Kind == Flags
}

// name prints a name.
func (s *scope) name(name string) string {
	if s.plain {
		return name
	}
	return escaped(name)
}

// typ prints a type.
func (s *scope) typ(t *Type) string {
	if name, ok := s.types[t]; ok {
		return s.name(name)
	}
	if name, ok := s.defined[t.id()]; ok {
		return s.name(name)
	}
	return s.rhs(t)
}

// rhs prints a type without its own name, if it can be written so.
func (s *scope) rhs(t *Type) string {
	if s.left--; s.left < 0 {
		return "…"
	}
	switch t.Kind {
	case List, Option:
		return t.Kind.String() + "<" + s.typ(t.Elem) + ">"
	case Tuple:
		elems := make([]string, len(t.Fields))
		for i, e := range t.Fields {
			elems[i] = s.typ(e.Type)
		}
		return "tuple<" + strings.Join(elems, ", ") + ">"
	case Result:
		switch {
		case t.OK == nil && t.Err == nil:
			return "result"
		case t.Err == nil:
			return "result<" + s.typ(t.OK) + ">"
		case t.OK == nil:
			return "result<_, " + s.typ(t.Err) + ">"
		}
		return "result<" + s.typ(t.OK) + ", " + s.typ(t.Err) + ">"
	case Own:
		return s.resource(t.Resource)
	case Borrow:
		return "borrow<" + s.resource(t.Resource) + ">"
	}
	if t.Name != "" {
		return s.name(t.Name)
	}
	return t.Kind.String()
}

func (s *scope) resource(r *Resource) string {
	if name, ok := s.resources[r]; ok {
		return s.name(name)
	}
	if r != nil && r.Name != "" {
		return s.name(r.Name)
	}
	return "resource"
}

func (s *scope) params(ps []Param) string {
	list := make([]string, len(ps))
	for i, p := range ps {
		list[i] = s.typ(p.Type)
		if p.Name != "" {
			list[i] = s.name(p.Name) + ": " + list[i]
		}
	}
	return strings.Join(list, ", ")
}

// function prints "func(a: s32) -> s32".
func (s *scope) function(f *Func) string {
	text := "func(" + s.params(f.Params) + ")"
	switch {
	case len(f.Results) == 0:
		return text
	case f.Results[0].Name != "":
		return text + " -> (" + s.params(f.Results) + ")"
	case len(f.Results) == 1:
		return text + " -> " + s.params(f.Results)
	}
	return text + " -> tuple<" + s.params(f.Results) + ">"
}

// body prints what stands in an interface.
func (d *document) body(out *printer, e *entry) {
	types := d.implied(e.types, e.funcs, e)
	s := newScope(types)
	of, free := methods(e.funcs)
	seen := make(map[string]bool)
	out.sections(
		func(out *printer) { d.uses(out, types, e) },
		func(out *printer) { d.define(out, s, types, e, of) },
		func(out *printer) {
			for _, f := range free {
				if !seen[f.Name] {
					seen[f.Name] = true
					out.line(escaped(f.Name), ": ", s.function(&f), ";")
				}
			}
		})
}

// define prints the definitions of those types that no other interface defines.
func (d *document) define(out *printer, s *scope, defs []Def, e *entry, of map[string][]Func) {
	seen := make(map[string]bool)
	for _, t := range defs {
		if _, used := d.definedIn(t, e); !used && !seen[t.Name] {
			seen[t.Name] = true
			s.define(out, t, of[t.Name])
		}
	}
}

// uses prints where the types come from that are defined elsewhere, a line an
// interface.
func (d *document) uses(out *printer, defs []Def, e *entry) {
	var order []*entry
	names := make(map[*entry][]string)
	seen := make(map[string]bool)
	for _, t := range defs {
		o, used := d.definedIn(t, e)
		if !used || seen[t.Name] {
			continue
		}
		seen[t.Name] = true
		name := escaped(o.name)
		if o.name != t.Name {
			name += " as " + escaped(t.Name)
		}
		if names[o.in] == nil {
			order = append(order, o.in)
		}
		names[o.in] = append(names[o.in], name)
	}
	for _, from := range order {
		path := packageName(from.full)
		if e != nil && from.pkg == e.pkg {
			path = escaped(from.short)
		}
		out.line("use ", path, ".{", strings.Join(names[from], ", "), "};")
	}
}

// define prints a definition, of a resource with its functions.
func (s *scope) define(out *printer, d Def, of []Func) {
	name := escaped(d.Name)
	if d.Resource != nil {
		switch own := s.resource(d.Resource); {
		case own != name:
			out.line("type ", name, " = ", own, ";")
		case len(of) == 0:
			out.line("resource ", name, ";")
		default:
			s.defineResource(out, d, of)
		}
		return
	}
	t := d.Type
	if t == nil {
		return
	}
	own, named := s.defined[t.id()]
	switch {
	case named && own != d.Name:
		out.line("type ", name, " = ", escaped(own), ";")
	case !named || !t.hasName():
		out.line("type ", name, " = ", s.rhs(t), ";")
	default:
		out.open(t.Kind.String(), " ", name)
		for _, f := range t.Fields {
			out.line(escaped(f.Name), ": ", s.typ(f.Type), ",")
		}
		for _, c := range t.Cases {
			if c.Type == nil {
				out.line(escaped(c.Name), ",")
			} else {
				out.line(escaped(c.Name), "(", s.typ(c.Type), "),")
			}
		}
		for _, l := range t.Labels {
			out.line(escaped(l), ",")
		}
		out.shut()
	}
}

func (s *scope) defineResource(out *printer, d Def, of []Func) {
	out.open("resource ", escaped(d.Name))
	seen := make(map[string]bool)
	for _, f := range of {
		if seen[f.Name] {
			continue
		}
		seen[f.Name] = true
		kind, _, name := resourceFunc(f.Name)
		switch kind {
		case "constructor":
			result := ""
			if len(f.Results) == 1 && f.Results[0].Type.Kind == Result {
				result = " -> " + s.params(f.Results)
			}
			out.line("constructor(", s.params(f.Params), ")", result, ";")
		case "method":
			f.Params = f.Params[min(1, len(f.Params)):] // without self
			out.line(escaped(name), ": ", s.function(&f), ";")
		default:
			out.line(escaped(name), ": static ", s.function(&f), ";")
		}
	}
	out.shut()
}

// methods sorts functions by the resource that they belong to.
func methods(funcs []Func) (of map[string][]Func, free []Func) {
	of = make(map[string][]Func)
	for _, f := range funcs {
		if kind, resource, _ := resourceFunc(f.Name); kind != "" {
			of[resource] = append(of[resource], f)
		} else {
			free = append(free, f)
		}
	}
	return of, free
}

// resourceFunc takes the name of a resource's function apart:
// "[method]counter.value" is "method", "counter" and "value". kind is "" for
// every other name.
func resourceFunc(full string) (kind, resource, name string) {
	inner, ok := strings.CutPrefix(full, "[")
	kind, rest, closed := strings.Cut(inner, "]")
	resource, name, dotted := strings.Cut(rest, ".")
	switch {
	case !ok || !closed:
	case kind == "constructor" && !dotted, (kind == "method" || kind == "static") && dotted:
		return kind, resource, name
	}
	return "", "", ""
}

// world prints the world itself.
func (d *document) world(out *printer, w *World) {
	var defs []Def
	var funcs, all []Func
	for _, items := range [][]Item{w.Imports, w.Exports} {
		for _, it := range items {
			if it.Type != nil || it.Resource != nil {
				defs = append(defs, Def{it.Name, it.Type, it.Resource})
			}
			if it.Func == nil {
				continue
			}
			f := *it.Func
			f.Name = it.Name
			all = append(all, f)
			if kind, _, _ := resourceFunc(it.Name); kind != "" {
				funcs = append(funcs, f)
			}
		}
	}
	defs = d.implied(defs, all, nil)
	s := newScope(defs)
	of, _ := methods(funcs)
	out.open("world ", escaped(w.Name))
	items := func(verb string, items []Item) func(out *printer) {
		return func(out *printer) {
			for _, it := range items {
				d.item(out, s, verb, it)
			}
		}
	}
	out.sections(
		func(out *printer) { d.uses(out, defs, nil) },
		func(out *printer) { d.define(out, s, defs, nil, of) },
		items("import ", w.Imports),
		items("export ", w.Exports))
	out.shut()
}

// item prints an import or export that is no type.
func (d *document) item(out *printer, s *scope, verb string, it Item) {
	kind, _, _ := resourceFunc(it.Name)
	switch {
	case it.Func != nil && kind == "":
		out.line(verb, escaped(it.Name), ": ", s.function(it.Func), ";")
	case it.Interface == nil:
	case d.named[it.Name] != nil:
		out.line(verb, packageName(it.Name), ";")
	default:
		out.open(verb, escaped(it.Name), ": interface")
		d.body(out, &entry{types: it.Interface.Types, funcs: it.Interface.Funcs})
		out.shut()
	}
}
