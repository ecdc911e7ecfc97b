package config

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
)

// rules are what a config tag says about a field.
type rules struct {
	required, nonempty bool
	requires           bool
	refs               []string // kinds; one that ends in * is a prefix
	enum               []string
	min, max           string
	unit               string
}

// elements returns the rules of a list's or mapping's elements.
func (r rules) elements() rules {
	r.required, r.nonempty = false, false
	return r
}

// accepts tells whether a reference may name an entry of that kind.
func (r rules) accepts(kind string) bool {
	if len(r.refs) == 0 {
		return true
	}
	return slices.ContainsFunc(r.refs, func(pattern string) bool {
		prefix, open := strings.CutSuffix(pattern, "*")
		return kind == pattern || open && strings.HasPrefix(kind, prefix)
	})
}

// wanted phrases the kinds that a reference may name: "an fs.directory".
func (r rules) wanted() string {
	if len(r.refs) == 0 {
		return "an entry"
	}
	kinds := make([]string, len(r.refs))
	for i, kind := range r.refs {
		kinds[i] = withArticle(kind)
	}
	return strings.Join(kinds, " or ")
}

// withArticle puts "a" or "an" before a kind. One that begins with an
// abbreviation, such as fs, is read letter by letter.
func withArticle(kind string) string {
	segment, _, _ := strings.Cut(kind, ".")
	vowels := "aeiou"
	if !strings.ContainsAny(segment, vowels) {
		vowels = "aefhilmnorsx"
	}
	if strings.IndexAny(segment, vowels) == 0 {
		return "an " + kind
	}
	return "a " + kind
}

// field is one configurable field of a struct.
type field struct {
	name  string
	index []int // for reflect.Value.FieldByIndex
	typ   reflect.Type
	rules rules
}

// fieldsOf reads the tags of a struct. A bad tag is a mistake of the program
// and panics.
func fieldsOf(t reflect.Type) []field {
	var fields []field
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		switch {
		case options == "inline":
			for _, inner := range fieldsOf(f.Type) {
				inner.index = append([]int{i}, inner.index...)
				fields = append(fields, inner)
			}
		case name != "" && name != "-":
			fields = append(fields, field{name, []int{i}, f.Type, parseRules(t, f)})
		}
	}
	return fields
}

func parseRules(t reflect.Type, f reflect.StructField) rules {
	var r rules
	for rule := range strings.SplitSeq(f.Tag.Get("config"), ",") {
		name, value, _ := strings.Cut(rule, "=")
		switch name {
		case "":
		case "required":
			r.required = true
		case "nonempty":
			r.nonempty = true
		case "requires":
			r.requires = true
		case "ref":
			r.refs = strings.Split(value, "|")
		case "enum":
			r.enum = strings.Split(value, "|")
		case "min":
			r.min = value
		case "max":
			r.max = value
		case "unit":
			r.unit = value
		default:
			panic(fmt.Sprintf("config: unknown rule %q in the tag of %v.%s", rule, t, f.Name))
		}
	}
	return r
}

var (
	durationType = reflect.TypeFor[time.Duration]()
	refType      = reflect.TypeFor[Ref]()
)

// wanted phrases what YAML a Go type is decoded from.
func wanted(t reflect.Type) string {
	if t == durationType {
		return `a duration such as "5s" or a number of seconds`
	}
	switch t.Kind() {
	case reflect.String:
		return "a string"
	case reflect.Bool:
		return "true or false"
	case reflect.Float32, reflect.Float64:
		return "a number"
	case reflect.Slice:
		return "a list"
	case reflect.Struct, reflect.Map:
		return "a mapping"
	case reflect.Pointer:
		return wanted(t.Elem())
	}
	return "a whole number"
}

// number phrases what number a field holds: "a whole number of bytes".
func (r rules) number(t reflect.Type) string {
	if r.unit == "" {
		return wanted(t)
	}
	return wanted(t) + " of " + r.unit
}

// line is what a user may write to set a missing field: "fs: <an fs.directory>".
func (f field) line() string {
	switch {
	case len(f.rules.enum) > 0:
		return f.name + ": " + strings.Join(f.rules.enum, "|")
	case f.typ == refType:
		return f.name + ": <" + f.rules.wanted() + ">"
	case reflect.PointerTo(f.typ).Implements(decoderType), f.typ.Kind() == reflect.Interface:
		return f.name + ": …"
	}
	return f.name + ": <" + f.rules.number(f.typ) + ">"
}
