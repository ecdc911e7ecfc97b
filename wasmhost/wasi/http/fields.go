package http

import (
	"net/http"
	"slices"
	"strings"

	"wippy/mailbox"
	"wippy/wasmhost/canon"
	"wippy/wasmhost/wasi/iface"
)

// maxFields is how much one fields may hold, in bytes: names, values, and
// overhead for each. It is also what a peer's headers may be.
const (
	maxFields = 128 << 10
	overhead  = 32
)

// The cases of header-error.
const (
	invalidSyntax = 0
	forbidden     = 1
	immutable     = 2
)

// fields is the resource fields, in the order in which they are sent.
type fields struct {
	list      []field
	size      int
	immutable bool
}

type field struct{ name, value string }

// Fields is the resource type fields.
var Fields = iface.NewResource[*fields]("fields", nil)

// forbiddenNames are headers that are the host's business.
var forbiddenNames = []string{
	"connection", "host", "http2-settings", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "transfer-encoding", "upgrade",
}

// checkName gives the case of header-error for a name, -1 if it will do.
func checkName(name string) int {
	if !isToken(name) {
		return invalidSyntax
	}
	if slices.Contains(forbiddenNames, strings.ToLower(name)) {
		return forbidden
	}
	return -1
}

// isToken tells whether s is a token of HTTP's.
func isToken(s string) bool {
	for i := range len(s) {
		c := s[i]
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0) {
			return false
		}
	}
	return s != ""
}

// isValue tells whether s can be a header's value.
func isValue(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}

// add appends a field. More than a fields may hold traps: there is no error for it.
func (f *fields) add(name, value string) error {
	if f.size += len(name) + len(value) + overhead; f.size > maxFields {
		return canon.Trapf("fields of more than %d bytes", maxFields)
	}
	f.list = append(f.list, field{name, value})
	return nil
}

func (f *fields) remove(name string) {
	f.list = slices.DeleteFunc(f.list, func(x field) bool {
		is := strings.EqualFold(x.name, name)
		if is {
			f.size -= len(x.name) + len(x.value) + overhead
		}
		return is
	})
}

func (f *fields) get(name string) (values []string) {
	for _, x := range f.list {
		if strings.EqualFold(x.name, name) {
			values = append(values, x.value)
		}
	}
	return values
}

// freeze gives fields that nobody else has, and that nobody changes any more:
// what a message is made of, and all that are given of it.
func (f *fields) freeze() *fields {
	f.immutable = true
	return f
}

// header gives the fields to package net/http.
func (f *fields) header() http.Header {
	h := make(http.Header, len(f.list))
	for _, x := range f.list {
		h.Add(x.name, x.value)
	}
	return h
}

// fieldsOf makes immutable fields of package net/http's, sorted by name. What the
// guest may not set it does not get to see: what it passes on it could not make.
func fieldsOf(h http.Header) *fields {
	f := &fields{immutable: true}
	for name, values := range h {
		if name = strings.ToLower(name); slices.Contains(forbiddenNames, name) {
			continue
		}
		for _, v := range values {
			f.list = append(f.list, field{name, v})
			f.size += len(name) + len(v) + overhead
		}
	}
	slices.SortStableFunc(f.list, func(a, b field) int { return strings.Compare(a.name, b.name) })
	return f
}

func newFields(p *iface.Process, c *canon.Call) error {
	c.Return(Fields.New(p, new(fields)))
	return nil
}

func headerError(c *canon.Call, which int) error {
	c.Err(mailbox.Uint(uint64(which)))
	return nil
}

// listOf gives the elements of a list.
func listOf(v mailbox.Value) []mailbox.Value {
	if t := v.Table(); t != nil {
		return t.List
	}
	return nil
}

func fieldsFromList(p *iface.Process, c *canon.Call) error {
	f := new(fields)
	for _, pair := range listOf(c.Arg(0)) {
		name, value := listOf(pair)[0].Str(), listOf(pair)[1].Str()
		if which := checkName(name); which >= 0 {
			return headerError(c, which)
		}
		if !isValue(value) {
			return headerError(c, invalidSyntax)
		}
		if err := f.add(name, value); err != nil {
			return err
		}
	}
	c.OK(Fields.New(p, f))
	return nil
}

func fieldsGet(p *iface.Process, c *canon.Call) error {
	f, err := Fields.Arg(p, c, 0)
	if err != nil {
		return err
	}
	values := []mailbox.Value{}
	for _, v := range f.get(c.Str(1)) {
		values = append(values, mailbox.String(v))
	}
	c.Return(canon.List(values))
	return nil
}

func fieldsHas(p *iface.Process, c *canon.Call) error {
	f, err := Fields.Arg(p, c, 0)
	if err == nil {
		c.Return(mailbox.Bool(len(f.get(c.Str(1))) > 0))
	}
	return err
}

// change calls what changes fields, whose name is argument 1, if values will do.
func change(p *iface.Process, c *canon.Call, values []mailbox.Value, do func(f *fields, name string) error) error {
	f, err := Fields.Arg(p, c, 0)
	if err != nil {
		return err
	}
	if f.immutable {
		return headerError(c, immutable)
	}
	if which := checkName(c.Str(1)); which >= 0 {
		return headerError(c, which)
	}
	for _, v := range values {
		if !isValue(v.Str()) {
			return headerError(c, invalidSyntax)
		}
	}
	if err := do(f, c.Str(1)); err != nil {
		return err
	}
	c.OK(mailbox.Nil)
	return nil
}

func fieldsSet(p *iface.Process, c *canon.Call) error {
	values := listOf(c.Arg(2))
	return change(p, c, values, func(f *fields, name string) error {
		f.remove(name)
		for _, v := range values {
			if err := f.add(name, v.Str()); err != nil {
				return err
			}
		}
		return nil
	})
}

func fieldsDelete(p *iface.Process, c *canon.Call) error {
	return change(p, c, nil, func(f *fields, name string) error { f.remove(name); return nil })
}

func fieldsAppend(p *iface.Process, c *canon.Call) error {
	return change(p, c, []mailbox.Value{c.Arg(2)}, func(f *fields, name string) error { return f.add(name, c.Str(2)) })
}

func fieldsEntries(p *iface.Process, c *canon.Call) error {
	f, err := Fields.Arg(p, c, 0)
	if err != nil {
		return err
	}
	list := make([]mailbox.Value, len(f.list))
	for i, x := range f.list {
		list[i] = canon.Record(iface.Text(x.name), mailbox.String(x.value))
	}
	c.Return(canon.List(list))
	return nil
}

func fieldsClone(p *iface.Process, c *canon.Call) error {
	f, err := Fields.Arg(p, c, 0)
	if err == nil {
		c.Return(Fields.New(p, &fields{list: slices.Clone(f.list), size: f.size}))
	}
	return err
}
