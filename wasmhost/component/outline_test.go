package component

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"wippy/wasmhost/wit"
)

var update = flag.Bool("update", false, "rewrite the expected results in testdata")

// outline prints what Read found, for people and tests, up to a megabyte: few
// bytes can stand for much.
type outline struct {
	strings.Builder
	resources map[*wit.Resource]int
}

func (o *outline) full() bool { return o.Len() > 1<<20 }

func (o *outline) line(depth int, format string, args ...any) {
	fmt.Fprintf(o, "%s%s\n", strings.Repeat("  ", depth), fmt.Sprintf(format, args...))
}

func (o *outline) resource(r *wit.Resource) string {
	n, known := o.resources[r]
	if !known {
		n = len(o.resources)
		o.resources[r] = n
	}
	return fmt.Sprintf("resource %d %q", n, r.Name)
}

// handles lists the resources that a signature speaks of.
func (o *outline) handles(f *FuncType) string {
	var found []string
	var in func(t *wit.Type)
	in = func(t *wit.Type) {
		if t == nil {
			return
		}
		if t.Resource != nil {
			found = append(found, o.resource(t.Resource))
		}
		in(t.Elem)
		in(t.OK)
		in(t.Err)
		for _, f := range t.Fields {
			in(f.Type)
		}
		for _, c := range t.Cases {
			in(c.Type)
		}
	}
	for _, p := range append(f.WIT.Params[:len(f.WIT.Params):len(f.WIT.Params)], f.WIT.Results...) {
		in(p.Type)
	}
	if found == nil {
		return ""
	}
	return " of " + strings.Join(found, ", ")
}

func (o *outline) extern(depth int, what string, x Extern) {
	if o.full() {
		return
	}
	name := fmt.Sprintf("%s %q: %s", what, x.Name, x.Sort)
	if f, ok := x.Func(); ok {
		o.line(depth, "%s %s%s", name, f, o.handles(x.Type.(*FuncType)))
		return
	}
	o.typ(depth, name, x.Type)
}

func (o *outline) typ(depth int, what string, t Type) {
	switch t := t.(type) {
	case nil:
		o.line(depth, "%s", what)
	case *ValueType:
		o.line(depth, "%s = %s", what, definition(t.WIT))
	case *ResourceType:
		o.line(depth, "%s = %s", what, o.resource(t.Resource))
	case *FuncType:
		o.line(depth, "%s = %s%s", what, t.WIT, o.handles(t))
	case *InstanceType:
		o.line(depth, "%s = instance", what)
		for _, x := range t.Exports() {
			o.extern(depth+1, "export", x)
		}
	case *ComponentType:
		o.line(depth, "%s = component", what)
		for _, x := range t.Imports() {
			o.extern(depth+1, "import", x)
		}
		for _, x := range t.Exports() {
			o.extern(depth+1, "export", x)
		}
	case *ModuleType:
		o.line(depth, "%s = core module", what)
		for _, i := range t.Imports {
			o.line(depth+1, "import %q %q: %s", i.Module, i.Name, i.Type)
		}
		for _, x := range t.Exports().Exports() {
			o.line(depth+1, "export %q: %s", x.Name, x.Type)
		}
	}
}

// definition prints what a type is made of.
func definition(t *wit.Type) string {
	s := t.String()
	if t.Name != "" {
		s = t.Kind.String() + " " + s
	}
	for _, f := range t.Fields {
		s += fmt.Sprintf(" %s: %s", f.Name, f.Type)
	}
	for _, c := range t.Cases {
		s += " " + c.Name
		if c.Type != nil {
			s += "(" + c.Type.String() + ")"
		}
	}
	return strings.Join(append([]string{s}, t.Labels...), " ")
}

func (o *outline) options(x Options) string {
	s := x.Encoding.String()
	for _, p := range []struct {
		name  string
		index int
	}{{"memory", x.Memory}, {"realloc", x.Realloc}, {"post-return", x.PostReturn}} {
		if p.index != None {
			s += fmt.Sprintf(" %s=%d", p.name, p.index)
		}
	}
	return s
}

func (o *outline) component(depth int, c *Component) {
	var counts [sorts]int
	for _, def := range c.Definitions {
		if o.full() {
			return
		}
		what := fmt.Sprintf("%#x %s %d", def.At(), def.Adds(), counts[def.Adds()])
		counts[def.Adds()]++
		switch d := def.(type) {
		case *CoreModule:
			o.typ(depth, what, d.Type)
		case *CoreInstance:
			o.line(depth, "%s: instantiates %t %d with %v, exports %v", what, d.Instantiates, d.Module, d.Args, d.Exports)
		case *CoreType:
			if f, ok := d.Type.(*CoreFuncType); ok {
				o.line(depth, "%s = %s", what, f.Func)
			} else {
				o.typ(depth, what, d.Type.(*ModuleType))
			}
		case *Component:
			o.line(depth, "%s:", what)
			o.component(depth+1, d)
		case *Instance:
			var args []string
			for _, a := range d.Args {
				args = append(args, fmt.Sprintf("%q: %s %d", a.Name, a.Sort, a.Index))
			}
			for _, x := range d.Exports {
				args = append(args, fmt.Sprintf("%q: %s %d", x.Name.Name, x.Sort, x.Index))
			}
			o.typ(depth, fmt.Sprintf("%s: instantiates %t %d with {%s}", what, d.Instantiates, d.Component, strings.Join(args, ", ")), d.Type)
		case *Alias:
			from := [...]string{"instance", "core instance", "outer"}[d.Target]
			if d.Target == AliasOuter {
				o.line(depth, "%s: %s %d %d", what, from, d.Count, d.Index)
			} else {
				o.line(depth, "%s: %s %d %q", what, from, d.Instance, d.Name)
			}
		case *TypeDef:
			o.typ(depth, what, d.Type)
			if d.Defines != nil {
				o.line(depth+1, "destructor %t %d", d.Defines.HasDestructor, d.Defines.Destructor)
			}
		case *Lift:
			o.line(depth, "%s: lifts %d, %s: %s%s", what, d.Func, d.Core, d.Type.WIT, o.handles(d.Type))
			o.line(depth+1, "%s", o.options(d.Options))
		case *Lower:
			o.line(depth, "%s: lowers %d, %s: %s%s", what, d.Func, d.Core, d.Type.WIT, o.handles(d.Type))
			o.line(depth+1, "%s", o.options(d.Options))
		case *ResourceFunc:
			o.line(depth, "%s: %s of %s, %s", what, d.Op, o.resource(d.Type.Resource), d.Core)
		case *Import:
			o.extern(depth, what+": import", d.Extern)
			o.attributes(depth+1, d.Name)
		case *Export:
			o.extern(depth, fmt.Sprintf("%s: of %d, export", what, d.Index), d.Extern)
			o.attributes(depth+1, d.Name)
		}
	}
}

func (o *outline) attributes(depth int, n ExternName) {
	if n.HasImplements {
		o.line(depth, "implements %q", n.Implements)
	}
	if n.HasExternalID {
		o.line(depth, "external id %q", n.ExternalID)
	}
}

// printed prints all that was found of a component.
func printed(c *Component) string {
	o := &outline{resources: map[*wit.Resource]int{}}
	o.component(0, c)
	o.typ(0, "all", c.Type)
	return o.String()
}

// TestOutline compares what is read of the components in testdata with what is
// written beside them. assemble.mjs in test/wast makes the binaries.
func TestOutline(t *testing.T) {
	files, err := filepath.Glob("testdata/*.wasm")
	if err != nil || len(files) == 0 {
		t.Fatal("no components: ", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			got := printed(mustRead(t, readFile(t, file)))
			name := strings.TrimSuffix(file, ".wasm") + ".txt"
			if *update {
				if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if want := string(readFile(t, name)); got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

func readFile(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func mustRead(t testing.TB, b []byte) *Component {
	t.Helper()
	c, err := Read(b)
	if err != nil {
		t.Fatal(err)
	}
	return c
}
