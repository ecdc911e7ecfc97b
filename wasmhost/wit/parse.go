package wit

import "slices"

// scalars are the types that are one word.
var scalars = func() map[string]Kind {
	m := make(map[string]Kind)
	for k := Bool; k <= Char; k++ {
		m[k.String()] = k
	}
	return m
}()

// componentTypes are the types that a core module's values cannot carry.
var componentTypes = []string{"string", "list", "option", "result", "own", "borrow", "future", "stream", "error-context"}

// keywords must be written with % where they are names.
var keywords = append([]string{
	"as", "async", "bool", "char", "constructor", "enum", "export", "f32", "f64", "flags", "from", "func", "import", "include",
	"interface", "package", "record", "resource", "s16", "s32", "s64", "s8", "static", "tuple", "type", "u16", "u32", "u64", "u8",
	"use", "variant", "with", "world",
}, componentTypes...)

// elsewhere maps what other languages call a type to what WIT does.
var elsewhere = map[string]string{
	"i8": "s8", "i16": "s16", "i32": "s32 or u32", "i64": "s64 or u64", "int": "s32 or s64", "uint": "u32 or u64", "byte": "u8",
	"integer": "s32 or s64", "number": "f64", "float": "f32 or f64", "double": "f64", "float32": "f32", "float64": "f64", "boolean": "bool",
}

// maxNesting bounds types within types.
const maxNesting = 100

// Parse reads signatures: "compute: func(a: s32, b: s32) -> s32;". The last
// semicolon may be left out.
//
// # Errors
//
// An *Error: the first mistake of the text.
func Parse(text string) ([]Func, error) {
	p := parser{lex: lexer{rest: text, line: 1, col: 1}}
	fs := p.file()
	if p.err != nil {
		return nil, p.err
	}
	return fs, nil
}

// parser reads with one token of lookahead. After the first error the token is
// the end and stays so, so that every loop ends.
type parser struct {
	lex lexer
	tok token
	err *Error
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

func (p *parser) expected(what, hint string) {
	p.stop(p.lex.fail(p.tok.line, p.tok.col, hint, "expected %s, found %s", what, p.tok))
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

func (p *parser) file() []Func {
	var fs []Func
	p.advance()
	if p.tok.kind == end {
		p.expected("a signature", "write one like compute: func(a: s32) -> s32;")
	}
	for p.tok.kind != end {
		at := p.tok
		f := p.function()
		if slices.ContainsFunc(fs, func(g Func) bool { return g.Name == f.Name }) {
			p.stop(p.lex.fail(at.line, at.col, "", "%q has a signature already", f.Name))
		}
		fs = append(fs, f)
		if p.tok.kind != end {
			p.expect(";")
		}
	}
	return fs
}

func (p *parser) function() Func {
	f := Func{Line: p.tok.line, Col: p.tok.col}
	f.Name = p.id("the name of a function")
	p.expect(":")
	if p.is("async") {
		p.expected(`"func"`, "async functions come with components")
	}
	p.expect("func")
	f.Params = p.params("parameter")
	if !p.accept("->") {
		return f
	}
	if p.is("(") {
		f.Results = p.params("result")
		return f
	}
	t := p.typ(0)
	if t.Kind != Tuple {
		f.Results = []Param{{Type: t}}
		return f
	}
	for _, e := range t.Fields {
		f.Results = append(f.Results, Param{Type: e.Type})
	}
	return f
}

// params reads parameters, or named results.
func (p *parser) params(what string) []Param {
	var ps []Param
	p.expect("(")
	for !p.is(")") && p.err == nil {
		at := p.tok
		name := p.id("the name of a " + what)
		if slices.ContainsFunc(ps, func(q Param) bool { return q.Name == name }) {
			p.stop(p.lex.fail(at.line, at.col, "", "two %ss are called %q", what, name))
		}
		p.expect(":")
		ps = append(ps, Param{Name: name, Type: p.typ(0)})
		if !p.is(")") && !p.accept(",") {
			p.expected(`"," or ")"`, "")
		}
	}
	p.expect(")")
	return ps
}

func (p *parser) typ(depth int) *Type {
	name := p.tok.text
	switch k, scalar := scalars[name]; {
	case p.tok.kind != word:
		p.expected("a type", "")
	case scalar:
		p.advance()
		return &Type{Kind: k}
	case name == "tuple":
		return p.tuple(depth)
	case slices.Contains(componentTypes, name):
		p.expected("a type of a core module", name+" comes with components; a core module has bool, s8 to u64, f32, f64 and char")
	case elsewhere[name] != "":
		p.expected("a type", "WIT writes "+elsewhere[name])
	default:
		p.expected("a type", "a core module has bool, s8 to u64, f32, f64 and char; named types come with components")
	}
	return &Type{}
}

func (p *parser) tuple(depth int) *Type {
	t := &Type{Kind: Tuple}
	if depth == maxNesting {
		p.stop(p.lex.fail(p.tok.line, p.tok.col, "", "types are nested more than %d deep", maxNesting))
	}
	p.expect("tuple")
	p.expect("<")
	for !p.is(">") && p.err == nil {
		t.Fields = append(t.Fields, Field{Type: p.typ(depth + 1)})
		if !p.is(">") && !p.accept(",") {
			p.expected(`"," or ">"`, "")
		}
	}
	p.expect(">")
	return t
}
