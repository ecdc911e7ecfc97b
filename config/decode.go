package config

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

var decoderType = reflect.TypeFor[Decoder]()

// decoder fills Go values from expanded YAML and reports what does not fit.
// A path such as wasi.mounts[0].guest stands before every message.
type decoder struct {
	file   string
	report *report
	fields map[reflect.Type][]field
	entry  *Entry      // that is being decoded
	refs   []reference // that were met so far, to be resolved
}

// fail reports why the value at path has no meaning.
func (d *decoder) fail(n *yaml.Node, path, hint, format string, args ...any) {
	d.lost(path)
	d.note(n, path, hint, format, args...)
}

// note reports a mistake that does not touch the value at path.
func (d *decoder) note(n *yaml.Node, path, hint, format string, args ...any) {
	message := fmt.Sprintf(format, args...)
	if path != "" {
		message = path + ": " + message
	}
	d.report.add(at(d.file, n), message, hint)
}

// lost keeps in mind that the entry has no value at path.
func (d *decoder) lost(path string) {
	if d.entry != nil {
		d.entry.failed[path] = true
	}
}

func (d *decoder) mismatch(n *yaml.Node, path, wanted, hint string) {
	d.fail(n, path, hint, "expected %s, found %s", wanted, describe(n))
}

// value decodes n into v, which must be addressable.
func (d *decoder) value(n *yaml.Node, v reflect.Value, path string, r rules) {
	if custom, ok := v.Addr().Interface().(Decoder); ok {
		d.custom(n, custom, path)
		return
	}
	switch v.Type() {
	case durationType:
		d.duration(n, v, path, r)
		return
	case refType:
		d.reference(n, v, path, r)
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			v.Set(reflect.New(v.Type().Elem()))
		}
		d.value(n, v.Elem(), path, r)
	case reflect.Interface:
		if x := d.any(n, path); x != nil {
			v.Set(reflect.ValueOf(x))
		}
	case reflect.Struct:
		d.structure(n, v, path)
	case reflect.Map:
		d.mapping(n, v, path, r)
	case reflect.Slice:
		d.list(n, v, path, r)
	case reflect.String:
		d.text(n, v, path, r)
	case reflect.Bool:
		d.boolean(n, v, path)
	case reflect.Float32, reflect.Float64:
		d.float(n, v, path, r)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		d.integer(n, v, path, r)
	default:
		panic(fmt.Sprintf("config: a field of type %v cannot be decoded", v.Type()))
	}
}

func (d *decoder) custom(n *yaml.Node, target Decoder, path string) {
	err := target.DecodeYAML(n)
	var all Errors
	var one *Error
	switch {
	case err == nil:
		return
	case errors.As(err, &all):
	case errors.As(err, &one):
		all = Errors{one}
	default:
		all = Errors{{Message: err.Error()}}
	}
	for _, e := range all {
		place := n
		if e.Pos.Line > 0 {
			place = &yaml.Node{Line: e.Pos.Line, Column: e.Pos.Col}
		}
		d.fail(place, path, e.Hint, "%s", e.Message)
	}
}

// structure decodes a mapping into a struct. The fields in also belong to the
// mapping but not to the struct.
func (d *decoder) structure(n *yaml.Node, v reflect.Value, path string, also ...string) {
	if n.Kind != yaml.MappingNode {
		d.mismatch(n, path, wanted(v.Type()), onlyField(n, d.fieldsOf(v.Type())))
		return
	}
	fields := d.fieldsOf(v.Type())
	known := slices.Clone(also)
	for _, f := range fields {
		known = append(known, f.name)
	}
	for key := range pairs(n) {
		if !slices.Contains(known, key.Value) {
			d.unknown(key, path, known)
		}
	}
	for _, f := range fields {
		value := child(n, f.name)
		switch {
		case value == nil && f.rules.required:
			d.lost(join(path, f.name))
			d.note(n, path, fmt.Sprintf("add %q", f.line()), "missing field %q", f.name)
		case value == nil:
		case !isNull(value):
			d.value(value, v.FieldByIndex(f.index), join(path, f.name), f.rules)
		case f.rules.required:
			d.fail(value, join(path, f.name), fmt.Sprintf("write %q", f.line()), "required, but null")
		}
	}
}

// fieldsOf is fieldsOf, once for each type.
func (d *decoder) fieldsOf(t reflect.Type) []field {
	fields, ok := d.fields[t]
	if !ok {
		fields = fieldsOf(t)
		d.fields[t] = fields
	}
	return fields
}

// onlyField suggests the mapping that a word stands for: that of the only
// required field.
func onlyField(n *yaml.Node, fields []field) string {
	fields = slices.DeleteFunc(slices.Clone(fields), func(f field) bool { return !f.rules.required })
	if len(fields) != 1 || scalarTag(n) != "!!str" || strings.Contains(n.Value, "\n") {
		return ""
	}
	return "write {" + fields[0].name + ": " + n.Value + "}"
}

func (d *decoder) unknown(key *yaml.Node, path string, known []string) {
	hint := didYouMean(Nearest(key.Value, known))
	if hint == "" && len(known) > 0 {
		hint = "known here: " + strings.Join(known, ", ")
	}
	d.note(key, path, hint, "unknown field %q", key.Value)
}

func (d *decoder) mapping(n *yaml.Node, v reflect.Value, path string, r rules) {
	if n.Kind != yaml.MappingNode {
		d.mismatch(n, path, wanted(v.Type()), "")
		return
	}
	if r.nonempty && len(n.Content) == 0 {
		d.fail(n, path, "", "must not be empty")
	}
	v.Set(reflect.MakeMap(v.Type()))
	for key, value := range pairs(n) {
		element := reflect.New(v.Type().Elem()).Elem()
		d.value(value, element, join(path, key.Value), r.elements())
		v.SetMapIndex(reflect.ValueOf(key.Value).Convert(v.Type().Key()), element)
	}
}

func (d *decoder) list(n *yaml.Node, v reflect.Value, path string, r rules) {
	if n.Kind != yaml.SequenceNode {
		d.mismatch(n, path, wanted(v.Type()), asList(n, v.Type().Elem()))
		return
	}
	if r.nonempty && len(n.Content) == 0 {
		d.fail(n, path, "", "must not be empty")
	}
	v.Set(reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content)))
	for i, item := range n.Content {
		d.value(item, v.Index(i), fmt.Sprintf("%s[%d]", path, i), r.elements())
	}
}

// asList suggests the list that a single value stands for.
func asList(n *yaml.Node, element reflect.Type) string {
	if n.Kind != yaml.ScalarNode || isNull(n) || strings.Contains(n.Value, "\n") || wanted(element) == "a mapping" {
		return ""
	}
	words := strings.Fields(n.Value)
	if element.Kind() != reflect.String || strings.Contains(n.Value, ", ") || len(words) == 1 && scalarTag(n) == "!!str" {
		return "write [" + n.Value + "]"
	}
	return "write [" + strings.Join(quoted(words), ", ") + "]"
}

func (d *decoder) text(n *yaml.Node, v reflect.Value, path string, r rules) {
	switch scalarTag(n) {
	case "!!str", "!!timestamp":
	case "!!int", "!!float", "!!bool":
		d.mismatch(n, path, wanted(v.Type()), fmt.Sprintf("quote it: %q", n.Value))
		return
	default:
		d.mismatch(n, path, wanted(v.Type()), "")
		return
	}
	switch {
	case r.nonempty && n.Value == "":
		d.fail(n, path, "", "must not be empty")
	case len(r.enum) > 0 && !slices.Contains(r.enum, n.Value):
		d.mismatch(n, path, oneOf(r.enum), didYouMean(Nearest(n.Value, r.enum)))
	default:
		v.SetString(n.Value)
	}
}

func (d *decoder) boolean(n *yaml.Node, v reflect.Value, path string) {
	var b bool
	if scalarTag(n) == "!!bool" && n.Decode(&b) == nil {
		v.SetBool(b)
		return
	}
	hint := ""
	switch strings.ToLower(n.Value) {
	case "yes", "y", "on", "1", "true":
		hint = "write true"
	case "no", "n", "off", "0", "false":
		hint = "write false"
	}
	d.mismatch(n, path, wanted(v.Type()), hint)
}

// number returns the value of a YAML number, or nil if n is none. It is exact
// for whole numbers.
func number(n *yaml.Node) *big.Float {
	if tag := scalarTag(n); tag != "!!int" && tag != "!!float" {
		return nil
	}
	var x any
	if n.Decode(&x) != nil {
		return nil
	}
	switch x := x.(type) {
	case int:
		return new(big.Float).SetInt64(int64(x))
	case int64: // where int is shorter
		return new(big.Float).SetInt64(x)
	case uint64:
		return new(big.Float).SetUint64(x)
	case float64:
		if !math.IsNaN(x) && !math.IsInf(x, 0) {
			return big.NewFloat(x)
		}
	}
	return nil
}

func (d *decoder) integer(n *yaml.Node, v reflect.Value, path string, r rules) {
	x := number(n)
	if x == nil || !x.IsInt() {
		d.mismatch(n, path, r.number(v.Type()), unquote(n))
		return
	}
	lowest, highest := big.NewInt(0), big.NewInt(1)
	if v.CanUint() {
		highest.Lsh(highest, uint(v.Type().Bits()))
	} else {
		highest.Lsh(highest, uint(v.Type().Bits())-1)
		lowest.Neg(highest)
	}
	highest.Sub(highest, big.NewInt(1))
	if !d.within(n, x, path, rules{min: lowest.String(), max: highest.String()}, parseNumber) ||
		!d.within(n, x, path, r, parseNumber) {
		return
	}
	if v.CanUint() {
		u, _ := x.Uint64()
		v.SetUint(u)
	} else {
		i, _ := x.Int64()
		v.SetInt(i)
	}
}

func (d *decoder) float(n *yaml.Node, v reflect.Value, path string, r rules) {
	x := number(n)
	if x == nil {
		d.mismatch(n, path, r.number(v.Type()), unquote(n))
		return
	}
	if d.within(n, x, path, r, parseNumber) {
		f, _ := x.Float64()
		v.SetFloat(f)
	}
}

func (d *decoder) duration(n *yaml.Node, v reflect.Value, path string, r rules) {
	var length time.Duration
	var err error
	seconds := number(n)
	if seconds != nil {
		length, err = fromSeconds(seconds)
	} else {
		length, err = time.ParseDuration(n.Value)
	}
	if err != nil || scalarTag(n) == "" {
		d.mismatch(n, path, wanted(v.Type()), "")
		return
	}
	if d.within(n, big.NewFloat(float64(length)), path, r, parseDuration) {
		v.SetInt(int64(length))
	}
}

func fromSeconds(seconds *big.Float) (time.Duration, error) {
	length, _ := new(big.Float).Mul(seconds, big.NewFloat(float64(time.Second))).Float64()
	if math.Abs(length) >= math.MaxInt64 {
		return 0, errors.New("out of range")
	}
	return time.Duration(length), nil
}

// within applies the bounds of r, which parse understands.
func (d *decoder) within(n *yaml.Node, x *big.Float, path string, r rules, parse func(string) *big.Float) bool {
	if r.min != "" && x.Cmp(parse(r.min)) < 0 {
		d.fail(n, path, "", "expected at least %s, found %s", r.min, n.Value)
		return false
	}
	if r.max != "" && x.Cmp(parse(r.max)) > 0 {
		d.fail(n, path, "", "expected at most %s, found %s", r.max, n.Value)
		return false
	}
	return true
}

func parseNumber(bound string) *big.Float {
	x, ok := new(big.Float).SetString(bound)
	if !ok {
		panic("config: bad bound " + strconv.Quote(bound) + " in a tag")
	}
	return x
}

func parseDuration(bound string) *big.Float {
	length, err := time.ParseDuration(bound)
	if err != nil {
		panic("config: bad bound in a tag: " + err.Error())
	}
	return big.NewFloat(float64(length))
}

// any decodes free-form YAML.
func (d *decoder) any(n *yaml.Node, path string) any {
	switch n.Kind {
	case yaml.MappingNode:
		m := make(map[string]any, len(n.Content)/2)
		for key, value := range pairs(n) {
			m[key.Value] = d.any(value, join(path, key.Value))
		}
		return m
	case yaml.SequenceNode:
		list := make([]any, len(n.Content))
		for i, item := range n.Content {
			list[i] = d.any(item, fmt.Sprintf("%s[%d]", path, i))
		}
		return list
	}
	switch scalarTag(n) {
	case "!!str", "!!timestamp":
		return n.Value
	case "!!null":
		return nil
	case "!!bool", "!!int", "!!float":
		var x any
		if n.Decode(&x) == nil {
			return x
		}
	}
	d.mismatch(n, path, "a plain value", "")
	return nil
}

// join appends a field's name to a path.
func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// scalarTag returns the type of a scalar, such as "!!str", and "" for others.
func scalarTag(n *yaml.Node) string {
	if n.Kind != yaml.ScalarNode {
		return ""
	}
	return n.ShortTag()
}

func isNull(n *yaml.Node) bool { return scalarTag(n) == "!!null" }

// describe says what a value is and, if it is short, shows it.
func describe(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	}
	const most = 60 // runes of a value that are worth showing
	value := n.Value
	if runes := []rune(value); len(runes) > most {
		value = string(runes[:most]) + "…"
	}
	switch tag := scalarTag(n); tag {
	case "!!null":
		return "null"
	case "!!bool":
		return value
	case "!!int", "!!float":
		return "the number " + value
	case "!!str", "!!timestamp":
		return strconv.Quote(value)
	default:
		return fmt.Sprintf("%q with the tag %s", value, tag)
	}
}

// unquote suggests the number that a string holds, if it does.
func unquote(n *yaml.Node) string {
	if scalarTag(n) == "!!str" {
		if _, err := strconv.ParseFloat(n.Value, 64); err == nil {
			return "remove the quotes: " + n.Value
		}
	}
	return ""
}
