package wit

import (
	"fmt"
	"strconv"
	"strings"

	"wippy/config"
	"wippy/mailbox"
)

// elements reads what stands between two marks, separated by commas.
func (p *valueParser) elements(open, shut byte, each func(i int)) {
	p.expect(open)
	for i := 0; p.err == nil && !p.is(shut); i++ {
		each(i)
		if !p.is(shut) && !p.accept(',') {
			p.expected(fmt.Sprintf(`"," or "%c"`, shut), "")
		}
	}
	p.expect(shut)
}

func (p *valueParser) list(t *Type) mailbox.Value {
	if t.isBytes() {
		return p.bytes(t)
	}
	if !p.is('[') {
		p.expected(t.String(), "write it as […]")
		return mailbox.Nil
	}
	var list []mailbox.Value
	p.elements('[', ']', func(i int) {
		list = append(list, p.within("element "+strconv.Itoa(i+1), t.Elem, true))
	})
	return mailbox.TableValue(list, nil)
}

func (p *valueParser) bytes(t *Type) mailbox.Value {
	if p.is('"') {
		return p.str("")
	}
	if !p.is('[') {
		p.expected(t.String(), `write it as "…" or […]`)
		return mailbox.Nil
	}
	var b []byte
	p.elements('[', ']', func(i int) {
		b = append(b, byte(p.within("element "+strconv.Itoa(i+1), t.Elem, false).Float()))
	})
	return mailbox.String(string(b))
}

func (p *valueParser) tuple(t *Type) mailbox.Value {
	if !p.is('(') {
		p.expected(t.String(), "write it as (…)")
		return mailbox.Nil
	}
	list := make([]mailbox.Value, 0, min(len(t.Fields), len(p.text)))
	p.elements('(', ')', func(i int) {
		if i == len(t.Fields) {
			p.expected(`")"`, fmt.Sprintf("a %s has %d", t, len(t.Fields)))
			return
		}
		list = append(list, p.within("element "+strconv.Itoa(i+1), t.Fields[i].Type, false))
	})
	if p.err == nil && len(list) < len(t.Fields) {
		p.pos-- // before the parenthesis
		p.expected("element "+strconv.Itoa(len(list)+1)+", "+t.Fields[len(list)].Type.String(), "")
	}
	return mailbox.TableValue(list, nil)
}

// label reads a name that is one of n; what says what sort it is of. It gives
// its index, below zero after an error.
func (p *valueParser) label(t *Type, what string, n int, name func(i int) string) int {
	p.skip()
	start := p.pos
	if p.accept('%') && p.peek(wordByte) == "" {
		p.expected("a name", "")
		return -1
	}
	word := p.peek(wordByte)
	p.spend(n)
	for i := range n {
		if word != "" && Same(name(i), word) {
			p.pos += len(word)
			return i
		}
	}
	p.pos = start
	var names []string
	for i := range min(n, maxNamed) {
		names = append(names, name(i))
	}
	hint := fmt.Sprintf("there are %s", strings.Join(names, ", "))
	if n > maxNamed {
		hint += fmt.Sprintf(" and %d more", n-maxNamed)
	}
	if near := config.Nearest(word, names); word != "" && near != "" {
		hint = "did you mean " + near + "?"
	}
	p.expected("a "+what+" of "+t.String(), hint)
	return -1
}

// maxNamed bounds how many names an error lists.
const maxNamed = 50

func (p *valueParser) record(t *Type) mailbox.Value {
	if !p.is('{') {
		p.expected(t.String(), "write it as {field: …}")
		return mailbox.Nil
	}
	if p.grow(2 * len(t.Fields)); p.err != nil {
		return mailbox.Nil
	}
	values := make([]mailbox.Value, len(t.Fields))
	there := make([]bool, len(t.Fields))
	if q := *p; q.accept('{') && q.accept(':') && q.is('}') {
		p.pos = q.pos + 1
	} else {
		p.elements('{', '}', func(int) {
			i := p.label(t, "field", len(t.Fields), func(i int) string { return t.Fields[i].Name })
			switch {
			case i < 0:
				return
			case there[i]:
				p.fail("", "the field %q is there twice", t.Fields[i].Name)
			}
			p.expect(':')
			there[i] = true
			values[i] = p.within(fmt.Sprintf("field %q", t.Fields[i].Name), t.Fields[i].Type, false)
		})
	}
	pairs := make([]mailbox.Pair, 0, len(t.Fields))
	for i, f := range t.Fields {
		if !there[i] && f.Type.Kind != Option && p.err == nil {
			p.pos-- // before the brace
			p.expected(fmt.Sprintf("field %q, %s", f.Name, f.Type), "")
		}
		pairs = append(pairs, mailbox.Pair{Key: mailbox.String(Snake(f.Name)), Value: values[i]})
	}
	return mailbox.TableValue(nil, pairs)
}

func (p *valueParser) flags(t *Type) mailbox.Value {
	if !p.is('{') {
		p.expected(t.String(), "write it as {flag, …}")
		return mailbox.Nil
	}
	if p.grow(2 * len(t.Labels)); p.err != nil {
		return mailbox.Nil
	}
	there := make([]bool, len(t.Labels))
	p.elements('{', '}', func(int) {
		i := p.label(t, "flag", len(t.Labels), func(i int) string { return t.Labels[i] })
		switch {
		case i < 0:
		case there[i]:
			p.fail("", "the flag %q is there twice", t.Labels[i])
		default:
			there[i] = true
		}
	})
	var pairs []mailbox.Pair
	for i, l := range t.Labels {
		if there[i] {
			pairs = append(pairs, mailbox.Pair{Key: mailbox.String(Snake(l)), Value: mailbox.Bool(true)})
		}
	}
	return mailbox.TableValue(nil, pairs)
}

func (p *valueParser) variant(t *Type) mailbox.Value {
	i := p.label(t, "case", len(t.Cases), func(i int) string { return t.Cases[i].Name })
	if i < 0 {
		return mailbox.Nil
	}
	c := t.Cases[i]
	pairs := []mailbox.Pair{{Key: mailbox.String("tag"), Value: mailbox.String(c.Name)}}
	if c.Type != nil {
		v := p.payload(fmt.Sprintf("case %q", c.Name), c.Type, false)
		pairs = append(pairs, mailbox.Pair{Key: mailbox.String("value"), Value: v})
	} else if p.is('(') {
		p.fail("", "the case %q holds nothing", c.Name)
	}
	return mailbox.TableValue(nil, pairs)
}

// payload reads a value in parentheses.
func (p *valueParser) payload(step string, t *Type, boxed bool) mailbox.Value {
	if !p.accept('(') {
		p.expected(fmt.Sprintf(`"(" and %s behind the %s`, t, step), "")
		return mailbox.Nil
	}
	v := p.within(step, t, boxed)
	p.expect(')')
	return v
}

func (p *valueParser) option(t *Type, boxed bool) mailbox.Value {
	none, _ := p.call("none")
	some, payload := p.call("some")
	var v mailbox.Value
	switch {
	case none:
		p.pos += len("none")
		if boxed {
			return mailbox.TableValue(nil, nil)
		}
		return mailbox.Nil
	case some && payload:
		p.pos += len("some")
		v = p.payload("some", t.Elem, true)
	case t.Elem.isFlat():
		v = p.value(t.Elem, true)
	default:
		p.expected(t.String(), "write some(…) or none")
	}
	if boxed {
		return one("some", v)
	}
	return v
}

func (p *valueParser) result(t *Type) mailbox.Value {
	for _, side := range []struct {
		name string
		of   *Type
	}{{"ok", t.OK}, {"err", t.Err}} {
		is, payload := p.call(side.name)
		if !is || !payload && side.of != nil {
			continue
		}
		p.pos += len(side.name)
		v := mailbox.Bool(true)
		if side.of != nil {
			v = p.payload(side.name, side.of, false)
		} else if payload {
			p.fail("", "the %s of a %s holds nothing", side.name, t)
		}
		return one(side.name, v)
	}
	if t.OK != nil && t.OK.isFlat() {
		return one("ok", p.value(t.OK, false))
	}
	p.expected(t.String(), "write "+t.side("ok", t.OK)+" or "+t.side("err", t.Err))
	return mailbox.Nil
}

// one makes a table of one field.
func one(key string, v mailbox.Value) mailbox.Value {
	return mailbox.TableValue(nil, []mailbox.Pair{{Key: mailbox.String(key), Value: v}})
}

// side prints how one side of a result is written.
func (t *Type) side(name string, of *Type) string {
	if of == nil {
		return name
	}
	return name + "(…)"
}
