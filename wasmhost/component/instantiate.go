package component

func (s *scope) defineInstance(d *Instance) error {
	var err error
	if d.Instantiates {
		d.Type, err = s.instantiate(d)
	} else {
		d.Type, err = s.inlineExports(d)
	}
	s.instances = append(s.instances, d.Type)
	return err
}

// inlineExports makes an instance of items that are there.
func (s *scope) inlineExports(d *Instance) (*InstanceType, error) {
	exports := side{noun: "export"}
	for i := range d.Exports {
		e := &d.Exports[i]
		x, err := s.item(e.Ref)
		if err != nil {
			return nil, s.v.prefix(err, "export %q: ", e.Name.Name)
		}
		e.Type = x.Type
		x.Name = e.Name.Name
		parsed, err := s.checkName(&exports, e.Name, x)
		if err != nil {
			return nil, err
		}
		exports.name(&x, parsed)
		exports.add(x)
	}
	return s.v.instanceType(exports.externs, nil)
}

// instantiate makes an instance of a component. Each argument must match what
// the component imports under that name, where resources that the component
// imports, and those of instances that it imports, stand for the argument's.
func (s *scope) instantiate(d *Instance) (*InstanceType, error) {
	c, err := lookUp(s, SortComponent, s.components, d.Component)
	if err != nil {
		return nil, err
	}
	args := make(map[string]Extern, len(d.Args))
	for i := range d.Args {
		a := &d.Args[i]
		x, err := s.item(a.Ref)
		if err != nil {
			return nil, s.v.prefix(err, "argument %q: ", a.Name)
		}
		if _, twice := args[a.Name]; twice {
			return nil, s.errorf("two arguments are called %q", a.Name)
		}
		a.Type = x.Type
		args[a.Name] = x
	}
	sub := s.v.substitution()
	for _, want := range c.imports.list {
		got, ok := args[want.Name]
		if !ok {
			return nil, s.errorf("component %d imports %q, but no argument is called so", d.Component, want.Name)
		}
		if err := s.v.supply(sub, c, want, got); err != nil {
			return nil, s.v.prefix(err, "component %d, argument %q: ", d.Component, want.Name)
		}
	}
	sub.own, sub.into = c.own, s.own
	exports, err := sub.externs(c.exports)
	if err != nil {
		return nil, err
	}
	for _, x := range exports.list {
		// Tools have a component inside export what the one around it defines.
		if r, ok := x.Type.(*ResourceType); ok && x.Sort == SortType && r.Resource.Name == "" {
			r.Resource.Name = x.Name
		}
	}
	return s.v.instanceType(exports, nil)
}

// supply gives a component an argument, and lets what that names stand for what
// the import does from then on.
func (v *validator) supply(sub *substitution, c *ComponentType, want, got Extern) error {
	if err := sub.bind(want, got, c.imported); err != nil {
		return err
	}
	expected, err := sub.extern(want)
	if err != nil {
		return err
	}
	if err := v.matchExtern(got, expected); err != nil {
		return err
	}
	return sub.rename(want, got)
}
