package canon

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"wippy/mailbox"
	"wippy/wasmhost/wit"
)

// Fit checks arguments in the form by names, as Lua and Go give them (SPEC
// section 3, "Values between Lua, Go and WIT"), and turns them into the form by
// position. A resource is only checked to be a *Handle: which type and process
// it is of shows when it is lowered.
//
// # Errors
//
// Kind Invalid: a wrong number of arguments, or the path to what does not fit:
//
//	argument 2: field "age": expected u32, got "x"
func (f *Func) Fit(args []mailbox.Value) ([]mailbox.Value, error) {
	return f.fit(args, false)
}

// FitNew is Fit for a process that is yet to be made: no resource can be its own.
func (f *Func) FitNew(args []mailbox.Value) ([]mailbox.Value, error) {
	return f.fit(args, true)
}

func (f *Func) fit(args []mailbox.Value, fresh bool) ([]mailbox.Value, error) {
	if len(args) != len(f.params) {
		return nil, mailbox.Errorf(mailbox.Invalid, "%s takes %s, got %d", f.Type.Name, f.takes(), len(args))
	}
	x := fitter{fresh: fresh}
	out := make([]mailbox.Value, len(args))
	for i, p := range f.params {
		v, err := x.fit(p.node, args[i])
		if err != nil {
			return nil, mailbox.Errorf(mailbox.Invalid, "argument %d: %s", i+1, err.text)
		}
		out[i] = v
	}
	return out, nil
}

// takes says what a call needs.
func (f *Func) takes() string {
	if len(f.params) == 0 {
		return "no arguments"
	}
	params := make([]string, len(f.params))
	for i, p := range f.params {
		params[i] = p.kebab + ": " + p.node.String()
	}
	noun := "arguments"
	if len(params) == 1 {
		noun = "argument"
	}
	return fmt.Sprintf("%d %s (%s)", len(params), noun, strings.Join(params, ", "))
}

// FitResult is Fit of a result: what a function that works with Values by
// names returned.
func (f *Func) FitResult(v mailbox.Value) (mailbox.Value, error) {
	if f.result == nil {
		return mailbox.Nil, nil
	}
	var x fitter
	v, err := x.fit(f.result, v)
	if err != nil {
		return v, mailbox.Errorf(mailbox.Invalid, "result: %s", err.text)
	}
	return v, nil
}

// LowerScalar gives the core value of v as a boolean, number or character of
// either form; false when v does not fit.
func LowerScalar(k wit.Kind, v mailbox.Value) (bits uint64, ok bool) {
	switch {
	case k < wit.Char:
		return lowerScalar(k, v)
	case k > wit.Char:
		return 0, false
	}
	c, ok := oneChar(v)
	return uint64(c), ok
}

// LiftScalar gives the Value by name of a core value as a boolean, number or
// character; false when the type has no such value.
func LiftScalar(k wit.Kind, bits uint64) (mailbox.Value, bool) {
	if k > wit.Char {
		return mailbox.Nil, false
	}
	x := lifter{named: true}
	v, err := x.scalar(&scalarNodes[k], bits)
	return v, err == nil
}

// scalarNodes are the plans of the scalar types.
var scalarNodes = func() (nodes [wit.Char + 1]node) {
	for k := range nodes {
		nodes[k].kind = wit.Kind(k)
	}
	return nodes
}()

// misfit says what does not fit, behind the path to it.
type misfit struct{ text string }

func expected(n *node, v mailbox.Value) *misfit {
	return &misfit{"expected " + n.String() + ", got " + v.String()}
}

func (m *misfit) within(format string, args ...any) *misfit {
	m.text = fmt.Sprintf(format, args...) + ": " + m.text
	return m
}

func oneChar(v mailbox.Value) (rune, bool) {
	c, n := utf8.DecodeRuneInString(v.Str())
	if n != len(v.Str()) || n == 0 || c == utf8.RuneError && n == 1 {
		return 0, false
	}
	return c, true
}

// same tells whether the forms of a type are one, so that fitting only checks.
func (n *node) same() bool { return n.kind < wit.Char || n.kind == wit.String }

// fitter makes tables by position.
type fitter struct {
	slabs
	fresh bool // for a process that is yet to be made
}

// fit turns a Value by names into one by position.
func (x *fitter) fit(n *node, v mailbox.Value) (mailbox.Value, *misfit) {
	switch n.kind {
	case wit.String:
		if v.Kind() != mailbox.KindString {
			return v, expected(n, v)
		}
		if !utf8.ValidString(v.Str()) {
			return v, &misfit{"expected string in UTF-8, got " + v.String()}
		}
		if len(v.Str()) > maxBytes {
			return v, &misfit{fmt.Sprintf("expected string of at most %d bytes, got %d", maxBytes, len(v.Str()))}
		}
		return v, nil
	case wit.Char:
		c, ok := oneChar(v)
		if !ok {
			return v, expected(n, v)
		}
		return mailbox.Uint(uint64(c)), nil
	case wit.List:
		return x.list(n, v)
	case wit.Record:
		return x.record(n, v)
	case wit.Tuple:
		return x.tuple(n, v)
	case wit.Variant:
		return x.variant(n, v)
	case wit.Enum:
		i, ok := n.index[v.Str()]
		if !ok || v.Kind() != mailbox.KindString {
			return v, &misfit{expected(n, v).text + n.choices()}
		}
		return mailbox.Uint(uint64(i)), nil
	case wit.Option:
		return x.option(n, v)
	case wit.Result:
		return x.result(n, v)
	case wit.Flags:
		return x.flags(n, v)
	case wit.Own, wit.Borrow:
		h, ok := v.Resource().(*Handle)
		switch {
		case !ok:
			return v, expected(n, v)
		case x.fresh:
			return v, &misfit{"the resource (" + h.Type.text() + ") belongs to another process"}
		}
		return v, nil
	}
	if _, ok := lowerScalar(n.kind, v); !ok {
		return v, expected(n, v)
	}
	return v, nil
}

func (x *fitter) list(n *node, v mailbox.Value) (mailbox.Value, *misfit) {
	e := n.elem
	if e.kind == wit.U8 && v.Kind() == mailbox.KindString {
		if len(v.Str()) > maxBytes {
			return v, &misfit{fmt.Sprintf("expected list of at most %d bytes, got %d", maxBytes, len(v.Str()))}
		}
		return v, nil
	}
	t := v.Table()
	if t == nil || len(t.Pairs) > 0 {
		return v, expected(n, v)
	}
	if uint64(len(t.List))*uint64(e.size) > maxBytes {
		return v, &misfit{fmt.Sprintf("expected list of at most %d bytes, got %d elements of %d", maxBytes, len(t.List), e.size)}
	}
	switch {
	case e.kind == wit.U8:
		bytes := make([]byte, len(t.List))
		for i, v := range t.List {
			b, ok := lowerScalar(wit.U8, v)
			if !ok {
				return v, expected(e, v).within("element %d", i+1)
			}
			bytes[i] = byte(b)
		}
		return mailbox.String(share(bytes)), nil
	case e.same():
		for i, v := range t.List {
			if _, err := x.fit(e, v); err != nil {
				return v, err.within("element %d", i+1)
			}
		}
		return v, nil
	}
	list := x.takeValues(len(t.List))
	for i, v := range t.List {
		if i%reserveEvery == 0 {
			x.reserve(e, min(len(list)-i, reserveEvery), false)
		}
		var err *misfit
		if list[i], err = x.fit(e, v); err != nil {
			return v, err.within("element %d", i+1)
		}
	}
	return x.table(list, nil), nil
}

func (x *fitter) record(n *node, v mailbox.Value) (mailbox.Value, *misfit) {
	t := v.Table()
	if t == nil || len(t.List) > 0 {
		return v, expected(n, v)
	}
	list := x.takeValues(len(n.fields))
	if !inOrder(n, t.Pairs) {
		if err := arrange(n, t.Pairs, list); err != nil {
			return v, err
		}
	} else {
		for i := range list {
			list[i] = t.Pairs[i].Value
		}
	}
	for i, f := range n.fields {
		var err *misfit
		if list[i], err = x.fit(f.node, list[i]); err != nil {
			return v, err.within("field %q", f.snake.Str())
		}
	}
	return x.table(list, nil), nil
}

// inOrder tells whether pairs are a record's fields in its order, as lifting
// gives them.
func inOrder(n *node, pairs []mailbox.Pair) bool {
	if len(pairs) != len(n.fields) {
		return false
	}
	for i, p := range pairs {
		if p.Key.Kind() != mailbox.KindString || p.Key.Str() != n.fields[i].snake.Str() {
			return false
		}
	}
	return true
}

// arrange puts the values of pairs, in any order and spelling, into that of a
// record's fields.
func arrange(n *node, pairs []mailbox.Pair, list []mailbox.Value) *misfit {
	for _, p := range pairs {
		i, known := n.index[p.Key.Str()]
		switch {
		case p.Value.IsNil():
		case !known || p.Key.Kind() != mailbox.KindString:
			return &misfit{fmt.Sprintf("unknown field %s of %s%s", p.Key, n, n.choices())}
		case !list[i].IsNil():
			return &misfit{fmt.Sprintf("field %q is given twice", n.fields[i].snake.Str())}
		default:
			list[i] = p.Value
		}
	}
	return nil
}

// choices lists the names that a type has, for an error: "; there are a, b".
func (n *node) choices() string {
	const most = 12
	var names []string
	for _, f := range n.fields {
		names = append(names, f.snake.Str())
	}
	for _, k := range n.cases {
		names = append(names, k.kebab)
	}
	for _, l := range n.labels {
		names = append(names, l.snake.Str())
	}
	if len(names) > most {
		names = append(names[:most], fmt.Sprintf("%d more", len(names)-most))
	}
	return "; there are " + strings.Join(names, ", ")
}

// tuple takes an array. Lua has none with nil at its end, so what is missing
// is nil, and what stands behind a nil is under its number.
func (x *fitter) tuple(n *node, v mailbox.Value) (mailbox.Value, *misfit) {
	t := v.Table()
	if t == nil || len(t.List) > len(n.fields) {
		return v, expected(n, v)
	}
	list := x.takeValues(len(n.fields))
	copy(list, t.List)
	for _, p := range t.Pairs {
		i, negative, whole := p.Key.Integer()
		if !whole || negative || i-1 >= uint64(len(list)) {
			return v, &misfit{"expected " + n.String() + ", got a table with the key " + p.Key.String()}
		}
		list[i-1] = p.Value
	}
	for i, f := range n.fields {
		var err *misfit
		if list[i], err = x.fit(f.node, list[i]); err != nil {
			return v, err.within("element %d", i+1)
		}
	}
	return x.table(list, nil), nil
}

func (x *fitter) variant(n *node, v mailbox.Value) (mailbox.Value, *misfit) {
	tag, payload := v, mailbox.Nil
	if t := v.Table(); t != nil {
		tag, payload = t.Get("tag"), t.Get("value")
		for _, p := range t.Pairs {
			if k := p.Key.Str(); k != "tag" && k != "value" {
				return v, &misfit{"expected " + n.String() + " as {tag=…, value=…}, got a table with the key " + p.Key.String()}
			}
		}
		if len(t.List) > 0 {
			return v, &misfit{"expected " + n.String() + " as {tag=…, value=…}, got " + v.String()}
		}
	}
	i, known := n.index[tag.Str()]
	if !known || tag.Kind() != mailbox.KindString {
		return v, &misfit{expected(n, tag).text + n.choices()}
	}
	return x.pick(n, i, payload)
}

// pick makes a case of a variant or result with its payload by name.
func (x *fitter) pick(n *node, i int, payload mailbox.Value) (mailbox.Value, *misfit) {
	k := &n.cases[i]
	if k.node == nil {
		if !payload.IsNil() {
			return payload, &misfit{"case " + strconv.Quote(k.kebab) + ": expected no value, got " + payload.String()}
		}
		return mailbox.Uint(uint64(i)), nil
	}
	payload, err := x.fit(k.node, payload)
	if err != nil {
		return payload, err.within("case %q", k.kebab)
	}
	return x.pack(i, payload), nil
}

func (x *fitter) option(n *node, v mailbox.Value) (mailbox.Value, *misfit) {
	if v.IsNil() {
		return v, nil
	}
	if n.wrapped {
		t := v.Table()
		switch {
		case t == nil || len(t.List) > 0 || len(t.Pairs) > 1, len(t.Pairs) == 1 && t.Pairs[0].Key.Str() != "some":
			return v, &misfit{"expected " + n.String() + " as {some=…} or {}, got " + v.String()}
		case len(t.Pairs) == 0:
			return mailbox.Nil, nil
		}
		if v = t.Pairs[0].Value; v.IsNil() { // as good as no pair
			return v, nil
		}
	}
	v, err := x.fit(n.elem, v)
	if err != nil {
		return v, err
	}
	if n.elem.kind == wit.Option {
		list := x.takeValues(1)
		list[0] = v
		return x.table(list, nil), nil
	}
	return v, nil
}

// result takes {ok=v} or {err=e}. A table without either is the one whose
// payload may be nil, if that is one only: Lua has no field that is nil.
func (x *fitter) result(n *node, v mailbox.Value) (mailbox.Value, *misfit) {
	t := v.Table()
	if t == nil || len(t.List) > 0 || len(t.Pairs) > 1 {
		return v, asResult(n, v)
	}
	i, payload := -1, mailbox.Nil
	if len(t.Pairs) == 1 {
		i, payload = n.caseOf(t.Pairs[0].Key), t.Pairs[0].Value
	} else {
		ok, failed := n.cases[0].holdsNil(), n.cases[1].holdsNil()
		if ok != failed {
			i = btoi(failed)
		}
	}
	if i < 0 {
		return v, asResult(n, v)
	}
	if n.cases[i].node == nil {
		if payload.Kind() != mailbox.KindBool || !payload.Bool() {
			return v, (&misfit{"expected true, got " + payload.String()}).within("%s", n.cases[i].kebab)
		}
		return mailbox.Uint(uint64(i)), nil
	}
	payload, err := x.fit(n.cases[i].node, payload)
	if err != nil {
		return v, err.within("%s", n.cases[i].kebab)
	}
	return x.pack(i, payload), nil
}

// pack makes a case with a payload.
func (x *fitter) pack(i int, payload mailbox.Value) mailbox.Value {
	list := x.takeValues(2)
	list[0], list[1] = mailbox.Uint(uint64(i)), payload
	return x.table(list, nil)
}

// holdsNil tells whether nil may be the payload.
func (k *wcase) holdsNil() bool { return k.node != nil && k.node.kind == wit.Option }

// caseOf finds a case by its name; -1 if there is none.
func (n *node) caseOf(name mailbox.Value) int {
	i, ok := n.index[name.Str()]
	if !ok || name.Kind() != mailbox.KindString {
		return -1
	}
	return i
}

func asResult(n *node, v mailbox.Value) *misfit {
	return &misfit{"expected " + n.String() + " as {ok=…} or {err=…}, got " + v.String()}
}

func (x *fitter) flags(n *node, v mailbox.Value) (mailbox.Value, *misfit) {
	t := v.Table()
	if t == nil || len(t.List) > 0 {
		return v, expected(n, v)
	}
	bits := uint64(0)
	for _, p := range t.Pairs {
		i := n.caseOf(p.Key)
		switch {
		case i < 0 && !p.Value.IsNil():
			return v, &misfit{fmt.Sprintf("unknown flag %s of %s%s", p.Key, n, n.choices())}
		case p.Value.Kind() != mailbox.KindBool && !p.Value.IsNil():
			return v, (&misfit{"expected bool, got " + p.Value.String()}).within("flag %q", n.labels[i].snake.Str())
		case p.Value.Bool():
			bits |= 1 << i
		}
	}
	return mailbox.Uint(bits), nil
}
