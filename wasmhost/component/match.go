package component

import (
	"fmt"

	"wippy/wasmhost/wit"
)

// matchExtern tells how what is given differs from what is wanted, nil if it
// will do. An instance may export more than is wanted; a component and a core
// module may besides import less.
//
// The error is an *Error if matching takes too much, else not yet one.
func (v *validator) matchExtern(got, want Extern) error {
	if err := v.step(1); err != nil {
		return err
	}
	if got.Sort != want.Sort {
		return fmt.Errorf("expected %s, found %s", a(want.Sort.String()), a(got.Sort.String()))
	}
	if want.Sort == SortType {
		return v.matchType(got.Type, want.Type)
	}
	return v.match(got.Type, want.Type)
}

// match is matchExtern for the types of items that are not types.
func (v *validator) match(got, want Type) error {
	if got == want {
		return nil
	}
	switch w := want.(type) {
	case *FuncType:
		if g, ok := got.(*FuncType); ok {
			return v.matchFunc(g, w)
		}
	case *InstanceType:
		if g, ok := got.(*InstanceType); ok {
			return v.matchInstance(g, w)
		}
	case *ComponentType:
		if g, ok := got.(*ComponentType); ok {
			return v.matchComponent(g, w)
		}
	case *ModuleType:
		if g, ok := got.(*ModuleType); ok {
			return v.matchModule(g, w)
		}
	}
	return fmt.Errorf("expected %s, found %s", a(want.noun()), a(got.noun()))
}

// matchType tells how two types that are items differ: they must be equal.
func (v *validator) matchType(got, want Type) error {
	switch w := want.(type) {
	case *ResourceType:
		g, ok := got.(*ResourceType)
		switch {
		case !ok:
			return fmt.Errorf("expected a resource, found %s", a(got.noun()))
		case g.Resource != w.Resource:
			return fmt.Errorf("another resource than expected%s", resourceNames(g, w))
		}
		return nil
	case *ValueType:
		if g, ok := got.(*ValueType); ok {
			return matchValue(g, w)
		}
		return fmt.Errorf("expected %s, found %s", a(w.noun()), a(got.noun()))
	}
	if err := v.match(got, want); err != nil {
		return err
	}
	return v.match(want, got)
}

// matchInstance matches the type of an instance. The resources that the wanted
// type brings stand for those that the given one exports under their names.
func (v *validator) matchInstance(got, want *InstanceType) error {
	if len(want.own) > 0 {
		sub := v.substitution()
		err := sub.bind(Extern{Sort: SortInstance, Type: want}, Extern{Sort: SortInstance, Type: got}, want.own)
		if err != nil {
			return err
		}
		bound, err := sub.instance(want)
		if err != nil {
			return err
		}
		want = bound
	}
	for _, x := range want.exports.list {
		y := got.exports.find(x.Name)
		if y == nil {
			return fmt.Errorf("it has no export %q", x.Name)
		}
		if err := v.matchExtern(*y, x); err != nil {
			return v.about(err, "export %q: ", x.Name)
		}
	}
	return nil
}

// matchComponent matches the type of a component: with what the wanted one
// would import, the given one must do, and export what the wanted one would.
func (v *validator) matchComponent(got, want *ComponentType) error {
	given, wanted := v.substitution(), v.substitution()
	for _, x := range got.imports.list {
		y := want.imports.find(x.Name)
		if y == nil {
			return fmt.Errorf("it imports %q, which is not expected", x.Name)
		}
		if err := given.bind(x, *y, got.imported); err != nil {
			return err
		}
		x, err := given.extern(x)
		if err != nil {
			return err
		}
		if err := v.matchExtern(*y, x); err != nil {
			return v.about(err, "import %q: ", x.Name)
		}
	}
	for _, x := range want.exports.list {
		y := got.exports.find(x.Name)
		if y == nil {
			return fmt.Errorf("it has no export %q", x.Name)
		}
		y2, err := given.extern(*y)
		if err != nil {
			return err
		}
		if err := wanted.bind(x, y2, want.own); err != nil {
			return err
		}
		x, err := wanted.extern(x)
		if err != nil {
			return err
		}
		if err := v.matchExtern(y2, x); err != nil {
			return v.about(err, "export %q: ", x.Name)
		}
	}
	return nil
}

func (v *validator) matchModule(got, want *ModuleType) error {
	for _, i := range got.Imports {
		if err := v.step(1); err != nil {
			return err
		}
		at, ok := want.imports[[2]string{i.Module, i.Name}]
		if !ok {
			return fmt.Errorf("it imports %q of %q, which is not expected", i.Name, i.Module)
		}
		if err := matchCore(want.Imports[at].Type, i.Type); err != nil {
			return fmt.Errorf("import %q of %q: %w", i.Name, i.Module, err)
		}
	}
	for _, x := range want.exports.list {
		if err := v.step(1); err != nil {
			return err
		}
		e := got.exports.Export(x.Name)
		if e == nil {
			return fmt.Errorf("it has no export %q", x.Name)
		}
		if err := matchCore(*e, x.Type); err != nil {
			return fmt.Errorf("export %q: %w", x.Name, err)
		}
	}
	return nil
}

// about is prefix for what need not be an *Error yet.
func (v *validator) about(err error, format string, args ...any) error {
	if _, ok := err.(*Error); ok {
		return err
	}
	return fmt.Errorf(format+"%w", append(args, err)...)
}

// matchValue tells how a type differs from the one that is expected, nil if it
// does not. It goes down only where types differ.
func matchValue(got, want *ValueType) error {
	switch {
	case got.identity == want.identity:
		return nil
	case got.kind != want.kind:
		return fmt.Errorf("expected %s, found %s", want.noun(), got.noun())
	case got.resource != nil:
		return fmt.Errorf("%s of another resource than expected%s", got.noun(), resourceNames(got.resource, want.resource))
	}
	noun := "element"
	switch got.kind {
	case wit.Record:
		noun = "field"
	case wit.Variant, wit.Enum:
		noun = "case"
	case wit.Flags:
		noun = "flag"
	}
	if len(got.labels) != len(want.labels) || len(got.parts) != len(want.parts) {
		n := func(t *ValueType) int { return max(len(t.labels), len(t.parts)) }
		return fmt.Errorf("expected %d %ss, found %d", n(want), noun, n(got))
	}
	for i, l := range want.labels {
		if got.labels[i] != l {
			return fmt.Errorf("expected %s %q, found %q", noun, l, got.labels[i])
		}
	}
	for i, p := range want.parts {
		q := got.parts[i]
		where := fmt.Sprintf("%s %d", noun, i)
		switch {
		case want.kind == wit.Result:
			where = [...]string{"ok", "error"}[i]
		case i < len(want.labels):
			where = fmt.Sprintf("%s %q", noun, want.labels[i])
		}
		switch {
		case p == nil && q == nil:
		case p == nil:
			return fmt.Errorf("%s: expected no payload, found %s", where, q.noun())
		case q == nil:
			return fmt.Errorf("%s: expected %s, found no payload", where, p.noun())
		default:
			if err := matchValue(q, p); err != nil {
				return fmt.Errorf("%s: %w", where, err)
			}
		}
	}
	return fmt.Errorf("expected another %s", want.noun()) // not reached
}

func resourceNames(got, want *ResourceType) string {
	g, w := got.Resource.Name, want.Resource.Name
	if g == "" || w == "" {
		return ""
	}
	return fmt.Sprintf(" (%s, not the expected %s)", g, w)
}

// matchFunc tells how a function's type differs from the one that is expected.
func (v *validator) matchFunc(got, want *FuncType) error {
	if err := v.step(len(want.params)); err != nil {
		return err
	}
	if len(got.params) != len(want.params) {
		return fmt.Errorf("expected %d parameters, found %d", len(want.params), len(got.params))
	}
	for i, p := range want.WIT.Params {
		if q := got.WIT.Params[i].Name; q != p.Name {
			return fmt.Errorf("expected parameter %q, found %q", p.Name, q)
		}
		if err := matchValue(got.params[i], want.params[i]); err != nil {
			return fmt.Errorf("parameter %q: %w", p.Name, err)
		}
	}
	switch {
	case got.result == nil && want.result == nil:
	case want.result == nil:
		return fmt.Errorf("expected no result, found %s", got.result.noun())
	case got.result == nil:
		return fmt.Errorf("expected the result %s, found none", want.result.noun())
	default:
		if err := matchValue(got.result, want.result); err != nil {
			return fmt.Errorf("result: %w", err)
		}
	}
	return nil
}
