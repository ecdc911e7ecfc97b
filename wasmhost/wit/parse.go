package wit

import (
	"slices"
	"strings"
)

// scalars are the types that are one word, by that word.
var scalars = func() map[string]Kind {
	m := make(map[string]Kind)
	for k := Bool; k <= String; k++ {
		m[k.String()] = k
	}
	return m
}()

// componentTypes are the types whose values only a component can hold.
var componentTypes = []string{"own", "borrow", "future", "stream", "error-context"}

// outer are the words that begin what holds functions in a file of WIT.
var outer = []string{"package", "interface", "world", "import", "export", "include", "use"}

const (
	// maxNesting bounds types within types, named ones included.
	maxNesting = 100
	// maxParts bounds of how many parts all types of a text together consist,
	// each counted wherever it is named: what walks through types takes as long.
	maxParts = 1 << 18
	// maxFlags bounds the names of one flags type, as the canonical ABI does.
	maxFlags = 32
)

// Parse reads signatures, and the definitions of the types that they name:
//
//	record point { x: s32, y: s32 }
//	middle: func(of: list<point>) -> option<point>;
//
// Definitions stand before, between or behind what uses them. The last
// semicolon may be left out. Types of the functions are resolved: what named a
// definition is the type that it defines.
//
// # Errors
//
// An *Error: the first mistake of the text. A text without a function is one.
func Parse(text string) ([]Func, error) {
	i, err := ParseInterface(text)
	if err != nil {
		return nil, err
	}
	return i.Funcs, nil
}

// ParseInterface is Parse, and gives the definitions too, in the order of the
// text.
func ParseInterface(text string) (*Interface, error) {
	p := parser{
		lex:   lexer{rest: text, line: 1, col: 1},
		named: make(map[string]*def),
		refs:  make(map[*Type]token),
		funcs: make(map[string]bool),
	}
	p.file()
	p.resolve()
	if p.err != nil {
		return nil, p.err
	}
	return &p.out, nil
}

// parser reads with one token of lookahead. After the first error the token is
// the end and stays so, so that every loop ends.
type parser struct {
	lex   lexer
	tok   token
	err   *Error
	out   Interface
	defs  []*def          // in the order of the text
	named map[string]*def // the same by name
	funcs map[string]bool // the names of functions
	refs  map[*Type]token // the types that stand for a definition, and the name that they are written as
	parts int             // that all types have so far
}

func (p *parser) advance() {
	if p.err != nil {
		return
	}
	t, err := p.lex.next()
	if err != nil {
		p.stop(err)
		return
	}
	p.tok = t
}

func (p *parser) stop(err *Error) {
	if p.err == nil {
		p.err = err
	}
	p.tok = token{}
}

// stopAt is stop with the place of a token.
func (p *parser) stopAt(at token, hint, format string, args ...any) {
	p.stop(p.lex.fail(at.line, at.col, hint, format, args...))
}

func (p *parser) expected(what, hint string) {
	p.stopAt(p.tok, hint, "expected %s, found %s", what, p.tok)
}

// is tells whether the next token is that word or mark.
func (p *parser) is(text string) bool {
	return p.tok.text == text && (p.tok.kind == word || p.tok.kind == mark)
}

// accept steps over a word or mark if it is next.
func (p *parser) accept(text string) bool {
	if !p.is(text) {
		return false
	}
	p.advance()
	return true
}

// expect steps over a mark or word that must be next.
func (p *parser) expect(text string) {
	if !p.accept(text) {
		p.expected(`"`+text+`"`, "")
	}
}

// id reads a name; what says whose.
func (p *parser) id(what string) string {
	name := p.tok.text
	switch {
	case p.tok.kind == word && slices.Contains(keywords, name):
		p.expected(what, "a name that is a keyword is written %"+name)
	case p.tok.kind != word && p.tok.kind != escape:
		p.expected(what, "")
	}
	p.advance()
	return name
}

func (p *parser) file() {
	p.advance()
	for p.tok.kind != end {
		switch {
		case p.definition():
		case p.tok.kind == word && slices.Contains(outer, p.tok.text):
			p.expected("a type or a function", "write only what stands between the braces of an interface, without use")
		case p.is("@"):
			p.expected("a type or a function", "leave gates such as @since out")
		case p.is(";") && len(p.defs) > 0:
			p.expected("a type or a function", "no ; follows }")
		default:
			p.function()
		}
	}
	if p.err == nil && len(p.out.Funcs) == 0 {
		p.expected("a signature", "write one like compute: func(a: s32) -> s32;")
	}
}

// function reads a signature and the semicolon behind it, which the end may
// stand for.
func (p *parser) function() {
	at := p.tok
	f := Func{Line: p.tok.line, Col: p.tok.col}
	f.Name = p.id("the name of a function")
	p.expect(":")
	if p.is("async") {
		p.expected(`"func"`, "async functions come with components")
	}
	p.expect("func")
	f.Params = p.params("parameter")
	if p.accept("->") {
		if p.is("(") {
			f.Results = p.params("result")
		} else {
			f.Results = []Param{{Type: p.typ(0)}}
		}
	}
	switch name := strings.ToLower(f.Name); {
	case p.funcs[name]:
		p.stopAt(at, "", "%q has a signature already", f.Name)
	case p.named[name] != nil:
		p.stopAt(at, "", "%q is a type already", f.Name)
	default:
		p.funcs[name] = true
	}
	p.out.Funcs = append(p.out.Funcs, f)
	if p.tok.kind != end {
		p.expect(";")
	}
}

// params reads parameters, or named results.
func (p *parser) params(what string) []Param {
	var ps []Param
	p.items("(", ")", what, func(name string) {
		p.expect(":")
		ps = append(ps, Param{Name: name, Type: p.typ(0)})
	})
	return ps
}

// items reads what stands between two marks: names, each of them once, with
// what rest reads behind it. what says what the names are for.
func (p *parser) items(open, shut, what string, rest func(name string)) {
	seen := make(map[string]bool)
	p.expect(open)
	for !p.is(shut) && p.err == nil {
		at := p.tok
		name := p.id("the name of a " + what)
		if key := strings.ToLower(name); seen[key] {
			p.stopAt(at, "", "two %ss are called %q", what, name)
		} else {
			seen[key] = true
		}
		rest(name)
		if !p.is(shut) && !p.accept(",") {
			p.expected(`"," or "`+shut+`"`, "")
		}
	}
	p.expect(shut)
}

// typ reads a type that stands within depth others.
func (p *parser) typ(depth int) *Type {
	at, name := p.tok, p.tok.text
	if depth > maxNesting {
		p.stopAt(at, "", "types are nested more than %d deep", maxNesting)
		return &Type{}
	}
	switch k, scalar := scalars[name]; {
	case at.kind == escape || at.kind == word && !slices.Contains(keywords, name):
		p.advance()
		t := &Type{}
		p.refs[t] = at
		return t
	case at.kind != word:
		p.expected("a type", "")
	case scalar:
		p.advance()
		return &Type{Kind: k}
	case name == "list", name == "option", name == "tuple", name == "result":
		p.advance()
		return p.generic(name, depth+1)
	case slices.Contains(componentTypes, name):
		p.expected("a type of a core module", name+" comes with components")
	case name == "map":
		p.expected("a type", "write list<tuple<key, value>>")
	default:
		p.expected("a type", "a name that is a keyword is written %"+name)
	}
	return &Type{}
}

// generic reads the rest of a type that is made of others.
func (p *parser) generic(name string, depth int) *Type {
	t := &Type{}
	switch name {
	case "result":
		return p.result(depth)
	case "tuple":
		t.Kind = Tuple
		p.expect("<")
		for p.err == nil && (len(t.Fields) == 0 || !p.is(">")) {
			t.Fields = append(t.Fields, Field{Type: p.typ(depth)})
			if !p.is(">") && !p.accept(",") {
				p.expected(`"," or ">"`, "")
			}
		}
		p.expect(">")
		return t
	case "list":
		t.Kind = List
	default:
		t.Kind = Option
	}
	p.expect("<")
	t.Elem = p.typ(depth)
	if t.Kind == List && p.is(",") {
		p.expected(`">"`, "lists of a fixed length are not in WASI 0.2; write a tuple")
	}
	p.expect(">")
	return t
}

func (p *parser) result(depth int) *Type {
	t := &Type{Kind: Result}
	if !p.accept("<") {
		return t
	}
	if p.accept("_") {
		if p.is(">") {
			p.expected(`","`, "write result where there is no payload")
		}
		p.expect(",")
		t.Err = p.typ(depth)
		p.expect(">")
		return t
	}
	t.OK = p.typ(depth)
	if p.accept(",") {
		t.Err = p.typ(depth)
	} else if !p.is(">") {
		p.expected(`"," or ">"`, "")
	}
	p.expect(">")
	return t
}
