package iface

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"wippy/wasmhost/wit"
)

var handle = regexp.MustCompile(`\b(own|borrow)<([a-z0-9-]+)>`)

// parse reads the signatures of functions. Package wit reads no handles: each
// kind of them is a type of its own to it, which becomes a handle afterwards.
func parse(types string, funcs []Func) ([]wit.Func, error) {
	if len(funcs) == 0 {
		return nil, nil
	}
	var text strings.Builder
	text.WriteString(types + "\n")
	for i, f := range funcs {
		fmt.Fprintf(&text, "func-%d: %s;\n", i, f.Signature)
	}
	all := text.String()
	handles := map[string]*wit.Type{}
	resources := map[string]*wit.Resource{}
	plain := handle.ReplaceAllStringFunc(all, func(s string) string {
		m := handle.FindStringSubmatch(s)
		name := m[1] + "-" + m[2]
		if handles[name] == nil {
			if resources[m[2]] == nil {
				resources[m[2]] = &wit.Resource{Name: m[2]}
			}
			kind := wit.Own
			if m[1] == "borrow" {
				kind = wit.Borrow
			}
			handles[name] = &wit.Type{Kind: kind, Resource: resources[m[2]]}
		}
		return name
	})
	for name := range handles {
		plain += "enum " + name + " { handle }\n"
	}
	read, err := wit.ParseInterface(plain)
	if err != nil {
		return nil, err
	}
	var put func(t *wit.Type) *wit.Type
	put = func(t *wit.Type) *wit.Type {
		if t == nil {
			return nil
		}
		if h := handles[t.Name]; h != nil {
			return h
		}
		t.Elem, t.OK, t.Err = put(t.Elem), put(t.OK), put(t.Err)
		for i := range t.Fields {
			t.Fields[i].Type = put(t.Fields[i].Type)
		}
		for i := range t.Cases {
			t.Cases[i].Type = put(t.Cases[i].Type)
		}
		return t
	}
	for i := range read.Funcs {
		f := &read.Funcs[i]
		f.Name, f.Line, f.Col = funcs[i].Name, 0, 0
		for n := range f.Params {
			f.Params[n].Type = put(f.Params[n].Type)
		}
		if t := f.Result(); t != nil { // of a tuple, package wit makes several
			f.Results = []wit.Param{{Type: put(t)}}
		}
	}
	return read.Funcs, nil
}

// Accepts tells whether a component may take the function for one of type f:
// the types have the same make. What types and parameters are called does not
// matter. It takes no longer than the function's own type is large.
func (fn *Func) Accepts(f *wit.Func) bool {
	if len(f.Params) != len(fn.Type.Params) || len(f.Results) > 1 {
		return false
	}
	for i, p := range fn.Type.Params {
		if !same(f.Params[i].Type, p.Type) {
			return false
		}
	}
	return same(f.Result(), fn.Type.Result())
}

// same compares a type of a component's to one of ours.
func same(got, want *wit.Type) bool {
	if got == nil || want == nil {
		return got == want
	}
	if got.Kind != want.Kind || len(got.Fields) != len(want.Fields) || len(got.Cases) != len(want.Cases) ||
		!slices.Equal(got.Labels, want.Labels) {
		return false
	}
	for i, w := range want.Fields {
		if g := got.Fields[i]; g.Name != w.Name || !same(g.Type, w.Type) {
			return false
		}
	}
	for i, w := range want.Cases {
		if g := got.Cases[i]; g.Name != w.Name || !same(g.Type, w.Type) {
			return false
		}
	}
	if want.Resource != nil {
		// The name is what it was imported as first; an unnamed one is found out when it is used.
		return got.Resource != nil && (got.Resource.Name == "" || got.Resource.Name == want.Resource.Name)
	}
	return same(got.Elem, want.Elem) && same(got.OK, want.OK) && same(got.Err, want.Err)
}
