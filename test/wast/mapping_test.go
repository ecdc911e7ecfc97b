package wast

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"

	"wippy/mailbox"
	"wippy/wasmhost/wit"
)

// toHost makes the Value by names, of a type, that a script's value stands for.
func toHost(v Value, t *wit.Type, inner bool) (mailbox.Value, error) {
	switch t.Kind {
	case wit.Bool:
		b, err := decoded[bool](v)
		return mailbox.Bool(b), err
	case wit.S8, wit.S16, wit.S32, wit.S64:
		n, err := v.Int()
		return mailbox.Int(int64(n)), err
	case wit.U8, wit.U16, wit.U32, wit.U64:
		n, err := v.Int()
		return mailbox.Uint(n), err
	case wit.F32, wit.F64:
		f, err := v.Float()
		return mailbox.Float(f), err
	case wit.Char, wit.String, wit.Enum:
		s, err := decoded[string](v)
		return mailbox.String(s), err
	case wit.List, wit.Tuple:
		return listToHost(v, t)
	case wit.Record:
		fields, err := decoded[[][2]json.RawMessage](v)
		if err != nil || len(fields) != len(t.Fields) {
			return mailbox.Nil, fmt.Errorf("a record of %d fields: %v", len(fields), err)
		}
		var pairs []mailbox.Pair
		for i, f := range fields {
			var x Value
			if err := json.Unmarshal(f[1], &x); err != nil {
				return mailbox.Nil, err
			}
			y, err := toHost(x, t.Fields[i].Type, false)
			if err != nil {
				return mailbox.Nil, err
			}
			pairs = append(pairs, mailbox.Pair{Key: mailbox.String(t.Fields[i].Name), Value: y})
		}
		return mailbox.TableValue(nil, pairs), nil
	case wit.Flags:
		names, err := decoded[[]string](v)
		var pairs []mailbox.Pair
		for _, n := range names {
			pairs = append(pairs, mailbox.Pair{Key: mailbox.String(n), Value: mailbox.Bool(true)})
		}
		return mailbox.TableValue(nil, pairs), err
	case wit.Option, wit.Variant, wit.Result:
		return choiceToHost(v, t, inner)
	}
	return mailbox.Nil, fmt.Errorf("no value of type %s", t)
}

func listToHost(v Value, t *wit.Type) (mailbox.Value, error) {
	elems, err := decoded[[]Value](v)
	if err != nil {
		return mailbox.Nil, err
	}
	list := make([]mailbox.Value, len(elems))
	bytes := make([]byte, len(elems))
	for i, e := range elems {
		of := t.Elem
		if t.Kind == wit.Tuple {
			of = t.Fields[i].Type
		}
		if list[i], err = toHost(e, of, t.Kind == wit.List); err != nil {
			return mailbox.Nil, err
		}
		if of.Kind == wit.U8 {
			bytes[i] = byte(list[i].Uint())
		}
	}
	if t.Kind == wit.List && t.Elem.Kind == wit.U8 {
		return mailbox.String(string(bytes)), nil
	}
	return mailbox.TableValue(list, nil), nil
}

// pair makes a table of one pair.
func pair(name string, v mailbox.Value) mailbox.Value {
	return mailbox.TableValue(nil, []mailbox.Pair{{Key: mailbox.String(name), Value: v}})
}

func choiceToHost(v Value, t *wit.Type, inner bool) (mailbox.Value, error) {
	payload, err := decoded[*Value](v)
	if err != nil {
		return mailbox.Nil, err
	}
	var of *wit.Type
	switch t.Kind {
	case wit.Option:
		of = t.Elem
	case wit.Result:
		if of = t.OK; v.Case == "err" {
			of = t.Err
		}
	default:
		for _, c := range t.Cases {
			if c.Name == v.Case {
				of = c.Type
			}
		}
	}
	x := mailbox.Nil
	if payload != nil {
		if of == nil {
			return mailbox.Nil, fmt.Errorf("case %s of %s has no payload", v.Case, t)
		}
		if x, err = toHost(*payload, of, t.Kind == wit.Option); err != nil {
			return mailbox.Nil, err
		}
	}
	switch t.Kind {
	case wit.Option:
		if !inner {
			return x, nil
		}
		if payload == nil {
			return mailbox.TableValue(nil, nil), nil
		}
		return pair("some", x), nil
	case wit.Result:
		if payload == nil {
			x = mailbox.Bool(true)
		}
		return pair(v.Case, x), nil
	}
	return mailbox.TableValue(nil, []mailbox.Pair{
		{Key: mailbox.String("tag"), Value: mailbox.String(v.Case)}, {Key: mailbox.String("value"), Value: x},
	}), nil
}

// script makes the script's value of a Value by names of a type.
func script(v mailbox.Value, t *wit.Type, inner bool) Value {
	out := Value{Type: t.Kind.String()}
	set := func(x any) Value {
		b, err := json.Marshal(x)
		if err != nil {
			panic(err)
		}
		out.Value = b
		return out
	}
	if v.Kind() == mailbox.KindFloat && t.Kind < wit.F32 { // as integers of 32 bits come
		return set(strconv.FormatFloat(v.Float(), 'f', -1, 64))
	}
	switch t.Kind {
	case wit.Bool:
		return set(v.Bool())
	case wit.S8, wit.S16, wit.S32, wit.S64:
		return set(strconv.FormatInt(v.Int(), 10))
	case wit.U8, wit.U16, wit.U32, wit.U64:
		return set(strconv.FormatUint(v.Uint(), 10))
	case wit.F32, wit.F64:
		if math.IsNaN(v.Float()) {
			return set("nan")
		}
		return set(strconv.FormatFloat(v.Float(), 'g', -1, 64))
	case wit.List, wit.Tuple:
		return set(elements(v, t))
	case wit.Record:
		fields := [][2]any{}
		for _, f := range t.Fields {
			fields = append(fields, [2]any{f.Name, script(get(v, f.Name), f.Type, false)})
		}
		return set(fields)
	case wit.Flags:
		names := []string{}
		for _, n := range t.Labels {
			if get(v, n).Bool() {
				names = append(names, n)
			}
		}
		return set(names)
	case wit.Option, wit.Variant, wit.Result:
		return choice(v, t, inner)
	}
	return set(v.Str())
}

func elements(v mailbox.Value, t *wit.Type) []Value {
	list := []Value{}
	if v.Table() == nil {
		for _, b := range []byte(v.Str()) {
			list = append(list, script(mailbox.Uint(uint64(b)), t.Elem, true))
		}
		return list
	}
	for i, e := range v.Table().List {
		if t.Kind == wit.Tuple {
			list = append(list, script(e, t.Fields[i].Type, false))
		} else {
			list = append(list, script(e, t.Elem, true))
		}
	}
	return list
}

// get finds a field by its name in kebab-case.
func get(v mailbox.Value, name string) mailbox.Value {
	if v.Table() == nil {
		return mailbox.Nil
	}
	for _, p := range v.Table().Pairs {
		if p.Key.Str() == strings.ReplaceAll(name, "-", "_") {
			return p.Value
		}
	}
	return mailbox.Nil
}

func choice(v mailbox.Value, t *wit.Type, inner bool) Value {
	out := Value{Type: t.Kind.String(), Value: json.RawMessage("null")}
	payload := func(x mailbox.Value, of *wit.Type) {
		b, err := json.Marshal(script(x, of, t.Kind == wit.Option))
		if err != nil {
			panic(err)
		}
		out.Value = b
	}
	switch t.Kind {
	case wit.Option:
		switch {
		case !inner && !v.IsNil():
			payload(v, t.Elem)
		case inner && len(v.Table().Pairs) > 0:
			payload(v.Table().Pairs[0].Value, t.Elem)
		}
	case wit.Result:
		p := v.Table().Pairs[0]
		out.Case = p.Key.Str()
		of := t.OK
		if out.Case == "err" {
			of = t.Err
		}
		if of != nil {
			payload(p.Value, of)
		}
	default:
		out.Case = get(v, "tag").Str()
		for _, c := range t.Cases {
			if c.Name == out.Case && c.Type != nil {
				payload(get(v, "value"), c.Type)
			}
		}
	}
	return out
}
