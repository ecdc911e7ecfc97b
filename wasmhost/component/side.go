package component

import (
	"fmt"

	"wippy/wasmhost/wit"
)

// side is what a scope imports, or exports, so far.
type side struct {
	externs
	at        []int  // of each, its offset
	noun      string // "import" or "export"
	forms     map[string]string
	resources map[string]*ResourceType // under plain names
}

// checkName checks the name of an import or export, which must differ by more
// than its case from the others, and fit what it names.
func (s *scope) checkName(side *side, name ExternName, x Extern) (Name, error) {
	n, err := ParseName(name.Name)
	if err != nil {
		return n, s.errorf("%s: %v", side.noun, err)
	}
	form := uniqueForm(name.Name, n)
	if other, twice := side.forms[form]; twice {
		return n, s.errorf("%s", alike(side.noun, name.Name, other))
	}
	if side.forms == nil {
		side.forms = map[string]string{}
	}
	side.forms[form] = name.Name
	err = checkImplements(name, n, x)
	if err == nil && n.Kind >= ConstructorName {
		err = side.checkAnnotated(n, x)
	}
	if err != nil {
		return n, s.errorf("%s %q: %v", side.noun, name.Name, err)
	}
	return n, nil
}

func checkImplements(name ExternName, n Name, x Extern) error {
	if !name.HasImplements {
		return nil
	}
	if i, err := ParseName(name.Implements); err != nil {
		return err
	} else if i.Kind != InterfaceName {
		return fmt.Errorf("what it implements must be an interface, %q is none", name.Implements)
	}
	switch {
	case x.Sort != SortInstance:
		return fmt.Errorf("it implements an interface, but is %s: only instances can", a(x.Sort.String()))
	case n.Kind != PlainName:
		return fmt.Errorf("it implements an interface, so that its name must be a plain one")
	}
	return nil
}

// checkAnnotated checks that a constructor, method or static function is one of
// a resource that was imported, or exported, before it.
func (side *side) checkAnnotated(n Name, x Extern) error {
	f, ok := x.Type.(*FuncType)
	if !ok || x.Sort != SortFunc {
		return fmt.Errorf("it is %s, only functions can have such a name", a(x.Sort.String()))
	}
	r := side.resources[n.Resource]
	if r == nil {
		return fmt.Errorf("no %s before is a resource called %q", side.noun, n.Resource)
	}
	switch n.Kind {
	case ConstructorName:
		made := f.result
		if made != nil && made.kind == wit.Result {
			made = made.parts[0]
		}
		if made == nil || made.kind != wit.Own || made.resource != r {
			return fmt.Errorf("a constructor must return own<%s>, or a result of it, of the resource under that name", n.Resource)
		}
	case MethodName:
		if len(f.params) == 0 || f.WIT.Params[0].Name != "self" ||
			f.params[0].kind != wit.Borrow || f.params[0].resource != r {
			return fmt.Errorf("the first parameter of a method must be self: borrow<%s>, of the resource under that name", n.Resource)
		}
	}
	return nil
}

// name gives a type that is imported or exported a name.
func (side *side) name(x *Extern, n Name) {
	if x.Sort != SortType {
		return
	}
	x.Type = named(x.Type, n.Label)
	if r, ok := x.Type.(*ResourceType); ok && n.Kind == PlainName {
		if side.resources == nil {
			side.resources = map[string]*ResourceType{}
		}
		side.resources[n.Label] = r
	}
}

// named gives a type a name: what is imported or exported under it is the same
// type, but another one to speak of.
func named(t Type, name string) Type {
	switch t := t.(type) {
	case *ResourceType:
		if t.Resource.Name == "" {
			t.Resource.Name = name
		}
		return &ResourceType{t.Resource}
	case *ValueType:
		if !t.nameable() {
			return t
		}
		copied, w := *t, *t.WIT
		w.Name = name
		copied.WIT = &w
		return &copied
	}
	return t
}
