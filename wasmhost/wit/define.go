package wit

import (
	"strings"

	"wippy/config"
)

// def is a definition of the text.
type def struct {
	at    token // its name
	typ   *Type // what it is, resolved once state is resolved
	state resolution
	depth int // how many types stand one in the other
	parts int // that it consists of
}

// resolution is how far the names within a definition are resolved.
type resolution uint8

const (
	unresolved resolution = iota
	resolving             // it is being resolved: to meet it again is a cycle
	resolved
)

// definition reads a definition; false when the next is none.
func (p *parser) definition() bool {
	if p.tok.kind != word {
		return false
	}
	kind := p.tok
	var read func(t *Type)
	switch kind.text {
	case "record":
		read = p.record
	case "variant":
		read = p.variant
	case "enum":
		read = p.enum
	case "flags":
		read = p.flags
	case "type":
	case "resource":
		p.stopAt(kind, "", "expected a type or a function, found %s; resources come with components", kind)
		return true
	default:
		return false
	}
	p.advance()
	d := &def{at: p.tok}
	name := p.id("the name of a type")
	if read == nil {
		p.expect("=")
		d.typ = p.typ(0)
		if p.tok.kind != end {
			p.expect(";")
		}
	} else {
		d.typ = &Type{Name: name}
		at := p.tok
		read(d.typ)
		if p.err == nil && len(d.typ.Fields)+len(d.typ.Cases)+len(d.typ.Labels) == 0 {
			p.stopAt(at, "leave it out", "the %s %q is empty; WIT has no such type", kind.text, name)
		}
	}
	switch key := strings.ToLower(name); {
	case p.named[key] != nil:
		p.stopAt(d.at, "", "%q is defined already", name)
	case p.funcs[key]:
		p.stopAt(d.at, "", "%q is a function already", name)
	default:
		p.named[key] = d
		p.defs = append(p.defs, d)
	}
	return true
}

func (p *parser) record(t *Type) {
	t.Kind = Record
	p.items("{", "}", "field", func(name string) {
		p.expect(":")
		t.Fields = append(t.Fields, Field{name, p.typ(1)})
	})
}

func (p *parser) variant(t *Type) {
	t.Kind = Variant
	p.items("{", "}", "case", func(name string) {
		c := Case{Name: name}
		if p.accept("(") {
			c.Type = p.typ(1)
			p.expect(")")
		}
		t.Cases = append(t.Cases, c)
	})
}

func (p *parser) enum(t *Type) {
	t.Kind = Enum
	p.items("{", "}", "case", func(name string) { t.Labels = append(t.Labels, name) })
}

func (p *parser) flags(t *Type) {
	t.Kind = Flags
	p.items("{", "}", "flag", func(name string) {
		if len(t.Labels) == maxFlags {
			p.stopAt(p.tok, "split them in two", "there are more than %d flags", maxFlags)
		}
		t.Labels = append(t.Labels, name)
	})
}

// resolve puts the types that are defined in the place of their names.
func (p *parser) resolve() {
	if p.err != nil {
		return
	}
	for _, d := range p.defs {
		p.resolveDef(d, 0)
		if p.err != nil {
			return
		}
		p.out.Types = append(p.out.Types, Def{Name: d.at.text, Type: d.typ})
	}
	for i := range p.out.Funcs {
		f := &p.out.Funcs[i]
		at, parts := token{line: f.Line, col: f.Col}, 0
		for _, ps := range [][]Param{f.Params, f.Results} {
			for i := range ps {
				var n int
				ps[i].Type, _, n = p.resolveType(ps[i].Type, 0)
				parts += n
			}
		}
		p.count(at, parts)
		if len(f.Results) == 1 && f.Results[0].Name == "" && f.Results[0].Type.Kind == Tuple {
			elems := f.Results[0].Type.Fields
			f.Results = nil
			for _, e := range elems {
				f.Results = append(f.Results, Param{Type: e.Type})
			}
		}
		if p.err != nil {
			return
		}
	}
}

// count bounds the parts of all types; at is where the last are.
func (p *parser) count(at token, parts int) {
	if p.parts += parts; p.parts > maxParts {
		p.stopAt(at, "", "the types have more than %d parts", maxParts)
	}
}

// resolveDef resolves a definition that is named within depth types.
func (p *parser) resolveDef(d *def, depth int) {
	if d.state == resolved {
		return
	}
	d.state = resolving
	d.typ, d.depth, d.parts = p.resolveType(d.typ, depth)
	d.state = resolved
	p.count(d.at, d.parts)
}

// resolveType gives what stands for t in the end, how many types stand in it
// one in the other, names included, and of how many parts it consists. Both
// are bounded: a type of few characters may be endless, or as good as. t
// itself is changed; nobody else has seen it.
func (p *parser) resolveType(t *Type, at int) (*Type, int, int) {
	if name, ok := p.refs[t]; ok {
		return p.resolveName(name, at)
	}
	depth, parts := 0, 1+len(t.Labels)+len(t.Cases)
	inner := func(t **Type) {
		if *t == nil || p.err != nil {
			return
		}
		u, d, n := p.resolveType(*t, at+1)
		*t, depth, parts = u, max(depth, d+1), parts+n
	}
	inner(&t.Elem)
	inner(&t.OK)
	inner(&t.Err)
	for i := range t.Fields {
		inner(&t.Fields[i].Type)
	}
	for i := range t.Cases {
		inner(&t.Cases[i].Type)
	}
	return t, depth, parts
}

func (p *parser) resolveName(name token, at int) (*Type, int, int) {
	d := p.named[strings.ToLower(name.text)]
	switch {
	case d == nil || d.at.text != name.text:
		p.stopAt(name, p.unknown(name.text), "expected a type, found %s", name)
	case d.state == resolving:
		p.stopAt(name, "hold an index into a list instead", "the type %q holds itself", name.text)
	case at >= maxNesting:
		p.stopAt(name, "", "types are nested more than %d deep", maxNesting)
	default:
		p.resolveDef(d, at+1)
		if at+1+d.depth > maxNesting {
			p.stopAt(name, "", "types are nested more than %d deep", maxNesting)
		}
	}
	if p.err != nil {
		return &Type{}, 0, 1
	}
	return d.typ, d.depth + 1, d.parts
}

// elsewhere maps what other languages call a type to what WIT does.
var elsewhere = map[string]string{
	"i8": "s8", "i16": "s16", "i32": "s32 or u32", "i64": "s64 or u64", "int": "s32 or s64", "uint": "u32 or u64", "byte": "u8",
	"integer": "s32 or s64", "number": "f64", "float": "f32 or f64", "double": "f64", "float32": "f32", "float64": "f64", "boolean": "bool",
	"str": "string", "bytes": "list<u8>", "array": "list", "vec": "list", "optional": "option", "void": "a function without ->",
}

// unknown says what may be meant by a name that is not defined.
func (p *parser) unknown(name string) string {
	if other := elsewhere[name]; other != "" {
		return "WIT writes " + other
	}
	known := []string{"list", "option", "result", "tuple"}
	for k := Bool; k <= String; k++ {
		known = append(known, k.String())
	}
	for _, d := range p.defs {
		known = append(known, d.at.text)
	}
	if near := config.Nearest(name, known); near != "" {
		return "did you mean " + near + "?"
	}
	return "define it beside the function, as a record, variant, enum, flags or type"
}
