package wasmhost

import (
	"slices"
	"strings"

	"wippy/wasmhost/component"
	"wippy/wasmhost/linker"
	"wippy/wasmhost/wasi/http"
	"wippy/wasmhost/wit"
)

// component reports on a component.
func (r *Report) component(c *component.Component, left *budget) error {
	r.inside(c)
	for _, m := range r.CoreModules {
		if left.spend(256 + len(m.Name)) {
			return errReportSize
		}
	}
	s := &speller{left: left, types: make(map[*wit.Type]spelling)}
	w := &wit.World{Package: "root:component", Name: "root"}
	var ok bool
	if w.Imports, ok = s.items(c.Type.Imports()); !ok {
		return errReportSize
	}
	if w.Exports, ok = s.items(c.Type.Exports()); !ok {
		return errReportSize
	}
	for _, x := range c.Type.Imports() {
		r.Imports = append(r.Imports, componentImport(x))
	}
	for _, x := range c.Type.Exports() {
		e := ExportReport{Name: x.Name}
		e.Kind, e.Type, e.Functions = describe(x)
		r.Exports = append(r.Exports, e)
	}
	r.Methods = append(r.Methods, s.methods(w.Exports)...)
	r.Unsaid = append(r.Unsaid, s.unsaid...)
	r.WIT = w.String()
	return nil
}

// inside lists what is inside of a component.
func (r *Report) inside(c *component.Component) {
	for _, d := range c.Definitions {
		switch d := d.(type) {
		case *component.CoreModule:
			r.CoreModules = append(r.CoreModules, coreReport(d.Module, d.Offset, len(d.Binary)))
		case *component.Component:
			r.Components++
			r.inside(d)
		}
	}
}

// componentImport tells what an import of a component takes.
func componentImport(x component.Extern) ImportReport {
	r := ImportReport{Name: x.Name, Access: AccessUnknown, Needs: []string{}}
	r.Kind, r.Type, r.Functions = describe(x)
	switch {
	case r.Kind == "type", r.Kind == "resource", r.Kind == "interface" && onlyTypes(x):
		r.Access = AccessTypes
	case r.Kind == "interface":
		needs, note := interfaceNeeds(x.Name)
		if r.Note = note; needs != nil {
			r.Access, r.Needs = AccessGrant, needs
		}
	}
	return r
}

// interfaceNeeds gives the capabilities that grant an interface, any of them,
// the least first. Of one that nothing provides it gives none, and a note on
// what may help, which may be empty.
func interfaceNeeds(name string) (needs []string, note string) {
	switch i, compatible := interfaces.Find(name); {
	case i == nil:
		return nil, ""
	case compatible:
		needs = slices.Clone(i.Grants)
		slices.Reverse(needs)
		return needs, ""
	case i.Version != "":
		return nil, i.Name + "@" + i.Version + " is there"
	default:
		return nil, i.Name + " is there in version 0.2.x"
	}
}

// onlyTypes tells whether an interface has nothing but types.
func onlyTypes(x component.Extern) bool {
	t, ok := x.Type.(*component.InstanceType)
	if !ok {
		return false
	}
	for _, e := range t.Exports() {
		if e.Sort != component.SortType {
			return false
		}
	}
	return true
}

// describe gives the kind of an import or export, the signature of a function,
// and the number of an interface's functions.
func describe(x component.Extern) (kind, typ string, functions int) {
	switch t := x.Type.(type) {
	case *component.FuncType:
		if f, ok := x.Func(); ok {
			return "function", signatureText(f), 0
		}
	case *component.InstanceType:
		if x.Sort == component.SortInstance {
			for _, e := range t.Exports() {
				if e.Sort == component.SortFunc {
					functions++
				}
			}
			return "interface", "", functions
		}
	case *component.ResourceType:
		return "resource", "", 0
	}
	return x.Sort.String(), "", 0
}

// signatureText prints a signature without its name.
func signatureText(f wit.Func) string {
	f.Name = ""
	return strings.TrimPrefix(f.String(), ": ")
}

// speller turns the types of a component into those of a world, and adds up
// what writing them takes.
type speller struct {
	left   *budget
	types  map[*wit.Type]spelling
	unsaid []string
}

// spelling is how long a type is, written out in full: in names of types, and
// in bytes. Both are bounds from above, and saturate.
type spelling struct {
	parts, bytes int
	handles      bool // it holds an own or borrow
}

func (s *spelling) add(o spelling) {
	s.parts, s.bytes = min(s.parts+o.parts, 1<<30), min(s.bytes+o.bytes, 1<<30)
	s.handles = s.handles || o.handles
}

func (s *speller) typ(t *wit.Type) spelling {
	if t == nil {
		return spelling{}
	}
	if known, ok := s.types[t]; ok {
		return known
	}
	sum := spelling{parts: 1, bytes: 16 + len(t.Name), handles: t.Resource != nil}
	if t.Resource != nil {
		sum.bytes += len(t.Resource.Name)
	}
	sum.add(s.typ(t.Elem))
	sum.add(s.typ(t.OK))
	sum.add(s.typ(t.Err))
	for _, f := range t.Fields {
		sum.add(spelling{bytes: 16 + len(f.Name)})
		sum.add(s.typ(f.Type))
	}
	for _, c := range t.Cases {
		sum.add(spelling{bytes: 16 + len(c.Name)})
		sum.add(s.typ(c.Type))
	}
	for _, l := range t.Labels {
		sum.add(spelling{bytes: 16 + len(l)})
	}
	s.types[t] = sum
	return sum
}

// function adds up a signature.
func (s *speller) function(f *wit.Func) spelling {
	sum := spelling{bytes: 64 + len(f.Name)}
	for _, p := range f.Params {
		sum.add(spelling{bytes: 16 + len(p.Name)})
		sum.add(s.typ(p.Type))
	}
	for _, p := range f.Results {
		sum.add(s.typ(p.Type))
	}
	return sum
}

// items gives what a world imports or exports; false for too much.
func (s *speller) items(xs []component.Extern) ([]wit.Item, bool) {
	var total spelling
	longest, items := 0, make([]wit.Item, 0, len(xs))
	for _, x := range xs {
		item := wit.Item{Name: x.Name}
		total.add(spelling{bytes: 256 + 4*len(x.Name)})
		switch t := x.Type.(type) {
		case *component.FuncType:
			if f, ok := x.Func(); ok {
				item.Func = &f
				for range 3 { // in WIT, by itself, as a method
					total.add(s.function(&f))
				}
			}
		case *component.ResourceType:
			item.Resource, longest = t.Resource, max(longest, len(x.Name))
		case *component.ValueType:
			item.Type, longest = t.WIT, max(longest, len(x.Name))
			total.add(s.typ(t.WIT))
		case *component.InstanceType:
			if x.Sort == component.SortInstance {
				var ok bool
				if item.Interface, ok = s.iface(x.Name, t); !ok {
					return nil, false
				}
			}
		}
		if item == (wit.Item{Name: x.Name}) {
			s.unsaid = append(s.unsaid, x.Name)
		}
		items = append(items, item)
	}
	return items, !s.left.spend(total.bytes + total.parts*longest)
}

// iface gives what stands in an interface; false for too much.
func (s *speller) iface(name string, t *component.InstanceType) (*wit.Interface, bool) {
	var total spelling
	longest, i := 0, &wit.Interface{}
	for _, x := range t.Exports() {
		// A function that is a method is named four times more, with its interface.
		total.add(spelling{bytes: 64 + 5*len(x.Name) + 3*len(name)})
		switch t := x.Type.(type) {
		case *component.FuncType:
			if f, ok := x.Func(); ok {
				i.Funcs = append(i.Funcs, f)
				once := s.function(&f)
				total.add(once)
				total.add(once)
			}
		case *component.ResourceType:
			i.Types, longest = append(i.Types, wit.Def{Name: x.Name, Resource: t.Resource}), max(longest, len(x.Name))
		case *component.ValueType:
			i.Types, longest = append(i.Types, wit.Def{Name: x.Name, Type: t.WIT}), max(longest, len(x.Name))
			total.add(s.typ(t.WIT))
		default:
			s.unsaid = append(s.unsaid, name+"#"+x.Name)
		}
	}
	return i, !s.left.spend(total.bytes + total.parts*longest)
}

// methods lists the functions that a method can name, with the names that it
// can name them by, as linker.Plan's Find takes them (SPEC section 2,
// process.wasm). The functions of resources, and those that take one, are none:
// nobody outside of the component has a resource to give, but for a request
// that is served.
func (s *speller) methods(exports []wit.Item) []MethodReport {
	type candidate struct {
		MethodReport
		callable bool
	}
	var found []candidate
	// The last form is the whole name. A shorter one must neither be somebody's
	// whole name nor mean two.
	meant, whole := make(map[string]int), make(map[string]bool)
	add := func(f wit.Func, serves bool, forms ...string) {
		params := f
		params.Results = nil
		c := candidate{MethodReport{Forms: forms}, serves || !strings.HasPrefix(f.Name, "[") && !s.function(&params).handles}
		if c.callable {
			c.Signature = signatureText(f)
		}
		found = append(found, c)
		for _, form := range forms {
			meant[form]++
		}
		whole[forms[len(forms)-1]] = true
	}
	for _, x := range exports {
		switch {
		case x.Func != nil:
			add(*x.Func, false, x.Name)
		case x.Interface != nil:
			i, named := linker.ParseInterface(x.Name)
			for _, f := range x.Interface.Funcs {
				forms := []string{f.Name}
				if named {
					forms = append(forms, i.Name+"#"+f.Name)
				}
				if i.Version != "" {
					forms = append(forms, i.Package+"/"+i.Name+"#"+f.Name)
				}
				add(f, http.IsHandler(x.Name) && f.Name == http.HandlerFunc, append(forms, x.Name+"#"+f.Name)...)
			}
		}
	}
	var methods []MethodReport
	for _, c := range found {
		if !c.callable {
			continue
		}
		last := len(c.Forms) - 1
		var forms []string
		for _, form := range c.Forms[:last] {
			if meant[form] == 1 && !whole[form] {
				forms = append(forms, form)
			}
		}
		c.Forms = append(forms, c.Forms[last])
		methods = append(methods, c.MethodReport)
	}
	return methods
}
