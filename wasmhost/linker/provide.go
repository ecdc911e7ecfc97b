package linker

import (
	"fmt"

	"wippy/wasmhost/canon"
	"wippy/wasmhost/component"
	"wippy/wasmhost/wit"
)

// provide adds what is given for an import.
func (s *scope) provide(d *component.Import) error {
	i, given := s.args[d.Name.Name]
	if !given {
		if s.around != nil {
			return fmt.Errorf("nothing is given for the import %q", d.Name.Name)
		}
		var err error
		if i, err = s.ofHost("", d.Extern, d.Name.Name); err != nil {
			return err
		}
	}
	s.add(d.Sort, i)
	return s.bind(d.Type, d.Sort, i)
}

// ofHost makes an item that the host provides. Its functions are asked for when
// somebody uses them.
func (s *scope) ofHost(iface string, x component.Extern, name string) (item, error) {
	i := item{resource: -1}
	if err := s.step(1); err != nil {
		return i, err
	}
	switch t := x.Type.(type) {
	case *component.FuncType:
		if x.Sort != component.SortFunc {
			break
		}
		i.fn = &function{lift: -1, iface: iface, typ: t.WIT}
		i.fn.typ.Name = name
	case *component.ResourceType:
		known, bound := s.resources[t.Resource]
		if !bound {
			known = len(s.Plan.resources)
			s.Plan.resources = append(s.Plan.resources, resourcePlan{name: name, host: s.hostResource(iface, name), destructor: -1})
			s.resources[t.Resource] = known
		}
		i.resource = known
	case *component.InstanceType:
		if x.Sort != component.SortInstance {
			break
		}
		if iface != "" {
			name = iface + "#" + name
		}
		exports := instance{}
		for _, e := range t.Exports() {
			of, err := s.ofHost(name, e, e.Name)
			if err != nil {
				return i, err
			}
			exports[e.Name] = of
		}
		i.inst = &exports
	case *component.ComponentType, *component.ModuleType:
		if x.Sort != component.SortType {
			return i, fmt.Errorf("it imports the %s %q; the host provides functions, types and interfaces of them only", x.Sort, name)
		}
	}
	return i, nil
}

func (s *scope) hostResource(iface, name string) *canon.ResourceType {
	if r := s.resolver.Resource(iface, name); r != nil {
		return r
	}
	return &canon.ResourceType{Name: name} // which nobody can make one of
}

// hostFunc asks for a function of the host's.
func (l *linking) hostFunc(f *function) *canon.Host {
	if f.host != nil {
		return f.host
	}
	h, err := l.resolver.Func(f.iface, f.typ)
	if err != nil {
		l.missing = append(l.missing, err)
		h = &canon.Host{Name: f.fullName()} // the plan is not finished
	}
	f.host = h
	return h
}

func (f *function) fullName() string {
	if f.iface == "" {
		return f.typ.Name
	}
	return f.iface + "#" + f.typ.Name
}

// Nothing is a Resolver that has nothing.
type Nothing struct{}

// Func implements Resolver.
func (Nothing) Func(iface string, f wit.Func) (*canon.Host, error) {
	return nil, fmt.Errorf("it imports %s, which nothing provides", (&function{iface: iface, typ: f}).fullName())
}

// Resource implements Resolver.
func (Nothing) Resource(string, string) *canon.ResourceType { return nil }
