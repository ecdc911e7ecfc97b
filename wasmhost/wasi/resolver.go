package wasi

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"wippy/config"
	"wippy/wasmhost/canon"
	"wippy/wasmhost/imports"
	"wippy/wasmhost/linker"
	"wippy/wasmhost/wasi/iface"
	"wippy/wasmhost/wit"
)

// version is the newest of the interfaces that is known; older ones and those
// that follow within 0.2 are compatible.
const version = "0.2.12"

// Resolver links one component to interfaces: it is a linker.Resolver. Only
// what the component uses is asked for, so that what it imports for its types
// needs no grant. It is for one goroutine.
type Resolver struct {
	interfaces    Interfaces
	source, entry string
	grants        imports.Grants
	denied        []*iface.Interface // that a problem was given for
	problems      []*Problem         // of denied
	used          []*iface.Interface
}

var _ linker.Resolver = (*Resolver)(nil)

// Resolver makes the resolver of a component. source is what errors call the
// binary, entry the ID of its entry, "" if it has none.
func (all Interfaces) Resolver(source, entry string, grants imports.Grants) *Resolver {
	return &Resolver{interfaces: all, source: source, entry: entry, grants: grants}
}

// Problem is why a function cannot be linked.
type Problem struct {
	// Interface and Function are what is imported, as the component names them.
	Interface, Function string
	// Grant is what the entry would have to grant, "" where that would not help.
	Grant string
	// Message says what is wrong; Hint what would help, "" if nothing is known.
	Message, Hint string
}

// Error gives message and hint.
func (p *Problem) Error() string {
	if p.Hint == "" {
		return p.Message
	}
	return p.Message + "; " + p.Hint
}

// Resource implements linker.Resolver. Types need no grant.
func (r *Resolver) Resource(name, resource string) *canon.ResourceType {
	if i, _ := r.find(name); i != nil {
		return i.Resource(resource)
	}
	return nil
}

// Func implements linker.Resolver.
//
// # Errors
//
// A *Problem. For an interface that is not granted there is one, however many
// of its functions are asked for.
func (r *Resolver) Func(name string, f wit.Func) (*canon.Host, error) {
	i, p := r.find(name)
	if p != nil {
		p.Function = f.Name
		return nil, p
	}
	fn := i.Func(f.Name)
	if fn == nil {
		return nil, &Problem{
			Interface: name, Function: f.Name,
			Message: fmt.Sprintf("%s imports %s of %s, which has no such function", r.source, f.Name, name),
			Hint:    nearest(f.Name, i),
		}
	}
	if !fn.Accepts(&f) {
		return nil, &Problem{
			Interface: name, Function: f.Name,
			Message: fmt.Sprintf("%s imports %s of %s as %s; expected %s", r.source, f.Name, name, signature(f), signature(fn.Type)),
		}
	}
	if !slices.ContainsFunc(i.Grants, r.grants.Has) {
		return r.deny(i, name, fn)
	}
	if !slices.Contains(r.used, i) {
		r.used = append(r.used, i)
	}
	return fn.Host, nil
}

// Used tells whether the component uses functions of an interface, which is
// named without its version.
func (r *Resolver) Used(name string) bool {
	return slices.ContainsFunc(r.used, func(i *iface.Interface) bool { return i.Name == name })
}

// signature prints a function's type without its name.
func signature(f wit.Func) string { return strings.TrimPrefix(f.String(), f.Name+": ") }

// find gives an interface in any compatible version.
func (r *Resolver) find(name string) (*iface.Interface, *Problem) {
	p := &Problem{Interface: name}
	n, ok := linker.ParseInterface(name)
	if !ok {
		p.Message = fmt.Sprintf("%s imports %s, which nothing provides", r.source, cmp.Or(name, "a function that is of no interface"))
		return nil, p
	}
	i := r.interfaces.Interface(n.Package + "/" + n.Name)
	switch {
	case i == nil:
		p.Message = fmt.Sprintf("%s imports %s, which nothing provides", r.source, name)
		p.Hint = r.nearest(n)
	case i.Version != "":
		if linker.Compatible(i.Version, n.Version) {
			return i, nil
		}
		p.Message = fmt.Sprintf("%s imports %s; there is %s@%s only", r.source, name, i.Name, i.Version)
	case !linker.Compatible(version, n.Version):
		p.Message = fmt.Sprintf("%s imports %s; there is %s in the versions 0.2.x only", r.source, name, i.Name)
		p.Hint = "build it for WASI 0.2"
	default:
		return i, nil
	}
	return nil, p
}

// nearest says what there is in place of an interface.
func (r *Resolver) nearest(n linker.Interface) string {
	full := n.Package + "/" + n.Name
	names := r.interfaces.Names()
	if near := config.Nearest(full, names); near != "" {
		return "did you mean " + near + "?"
	}
	var same []string
	for _, name := range names {
		if strings.HasPrefix(name, n.Package+"/") {
			same = append(same, strings.TrimPrefix(name, n.Package+"/"))
		}
	}
	if len(same) > 0 {
		return fmt.Sprintf("%s has %s", n.Package, strings.Join(same, ", "))
	}
	return ""
}

// nearest says what an interface has in place of a function.
func nearest(name string, i *iface.Interface) string {
	names := make([]string, len(i.Funcs))
	for n := range i.Funcs {
		names[n] = i.Funcs[n].Name
	}
	if len(names) == 0 {
		return "it has types only"
	}
	if near := config.Nearest(name, names); near != "" && near != name {
		return "did you mean " + near + "?"
	}
	return "it has " + strings.Join(names, ", ")
}

// deny says once for an interface what would grant it, and all others that were
// denied: their errors have the same line, which grants everything. The plan is
// not finished, so that the function is not called.
func (r *Resolver) deny(i *iface.Interface, name string, fn *iface.Func) (*canon.Host, error) {
	if slices.Contains(r.denied, i) {
		return &canon.Host{Name: fn.Host.Name, Func: func(*canon.Call) error { return canon.Trapf("%s is not granted", name) }}, nil
	}
	p := &Problem{
		Interface: name, Function: fn.Name, Grant: i.Grants[0],
		Message: fmt.Sprintf("%s imports %s (%s), which %s", r.source, name, fn.Name, r.whoDenies()),
	}
	r.denied = append(r.denied, i)
	r.problems = append(r.problems, p)
	var needs []string
	for _, q := range r.problems {
		needs = append(needs, q.Grant)
	}
	hint := r.howTo(needs) + " " + r.grants.With(needs...)
	for _, q := range r.problems {
		q.Hint = hint
	}
	return nil, p
}

func (r *Resolver) whoDenies() string {
	if r.entry == "" {
		return "a component without an entry is not granted"
	}
	return r.entry + " does not grant"
}

// howTo stands before the line that grants needs. A file's are flags of the command line, too.
func (r *Resolver) howTo(needs []string) string {
	switch {
	case r.entry == "":
		slices.Sort(needs)
		return "give --grant " + strings.Join(slices.Compact(needs), " --grant ") + ", or run it as an entry with"
	case len(r.grants) > 0:
		return "write"
	}
	return "add"
}
