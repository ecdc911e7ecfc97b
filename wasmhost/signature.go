package wasmhost

import (
	"fmt"
	"strings"

	"wippy/mailbox"
	"wippy/wasmhost/module"
	"wippy/wasmhost/wit"
)

// scalar says how one core value and a Value map (SPEC section 3, "Values").
// It is a wit.Kind, or one of the two core types that have no sign.
type scalar uint8

const (
	anyI32 scalar = 0x80 + iota
	anyI64
)

// String names the type as errors do.
func (s scalar) String() string {
	switch s {
	case anyI32:
		return "i32"
	case anyI64:
		return "i64"
	}
	return wit.Kind(s).String()
}

// signature is how a method's values map.
type signature struct {
	method  string
	params  []param
	results []scalar
}

type param struct {
	name string // "" where only the core type is known
	as   scalar
}

func (p param) String() string {
	if p.name == "" {
		return p.as.String()
	}
	return p.name + ": " + p.as.String()
}

// coreSignature maps by core types alone.
func coreSignature(method string, t module.FuncType) signature {
	s := signature{method: method}
	for _, v := range t.Params {
		s.params = append(s.params, param{as: coreScalar(v)})
	}
	for _, v := range t.Results {
		s.results = append(s.results, coreScalar(v))
	}
	return s
}

func coreScalar(t module.ValType) scalar {
	switch t {
	case module.I64:
		return anyI64
	case module.F32:
		return scalar(wit.F32)
	case module.F64:
		return scalar(wit.F64)
	}
	return anyI32
}

// unmapped names the first type of t that no value maps to, "" if all do.
func unmapped(t module.FuncType) string {
	for _, ts := range [][]module.ValType{t.Params, t.Results} {
		for _, v := range ts {
			if v < module.F64 || v > module.I32 {
				return v.String()
			}
		}
	}
	return ""
}

// witSignature maps by WIT types.
func witSignature(method string, f wit.Func) signature {
	s := signature{method: method}
	for _, p := range f.Params {
		s.params = append(s.params, param{p.Name, scalar(p.Type.Kind)})
	}
	for _, r := range f.Results {
		s.results = append(s.results, scalar(r.Type.Kind))
	}
	return s
}

// flatten gives the core type of a WIT signature, or the first type that has
// none without a component's memory.
func flatten(f wit.Func) (t module.FuncType, bad string) {
	for _, side := range []struct {
		from []wit.Param
		to   *[]module.ValType
	}{{f.Params, &t.Params}, {f.Results, &t.Results}} {
		for _, p := range side.from {
			if p.Type.Kind > wit.Char {
				return t, p.Type.String()
			}
			*side.to = append(*side.to, coreType(p.Type.Kind))
		}
	}
	return t, ""
}

// signatureLine is what a wit field may say of an export, all of whose values
// are numbers: "compute: func(a: s32, b: s32) -> s32;". "" if it cannot name it.
func signatureLine(export string, t module.FuncType) string {
	f := wit.Func{Name: wit.Name(export)}
	if f.Name == "" {
		return ""
	}
	for i, v := range t.Params {
		f.Params = append(f.Params, wit.Param{Name: wit.Name(letters(i)), Type: witType(v)})
	}
	for _, v := range t.Results {
		f.Results = append(f.Results, wit.Param{Type: witType(v)})
	}
	return f.String() + ";"
}

// letters numbers in words: a to z, aa, ab and so on.
func letters(i int) string {
	last := string(rune('a' + i%26))
	if i < 26 {
		return last
	}
	return letters(i/26-1) + last
}

func witType(t module.ValType) *wit.Type {
	switch t {
	case module.I64:
		return &wit.Type{Kind: wit.S64}
	case module.F32:
		return &wit.Type{Kind: wit.F32}
	case module.F64:
		return &wit.Type{Kind: wit.F64}
	}
	return &wit.Type{Kind: wit.S32}
}

func coreType(k wit.Kind) module.ValType {
	switch k {
	case wit.S64, wit.U64:
		return module.I64
	case wit.F32:
		return module.F32
	case wit.F64:
		return module.F64
	}
	return module.I32
}

// lower checks a spawn's arguments and writes them as core values.
func (s *signature) lower(args []mailbox.Value, into []uint64) error {
	if err := s.wants(len(args)); err != nil {
		return err
	}
	for i, p := range s.params {
		bits, ok := lower(p.as, args[i])
		if !ok {
			return s.misfit(i, args[i])
		}
		into[i] = bits
	}
	return nil
}

// parse gives the arguments that a command line's words stand for.
func (s *signature) parse(words []string) ([]mailbox.Value, error) {
	if err := s.wants(len(words)); err != nil {
		return nil, err
	}
	args := make([]mailbox.Value, len(words))
	for i, p := range s.params {
		v, ok := parseWord(p.as, words[i])
		if !ok {
			return nil, s.misfit(i, mailbox.String(words[i]))
		}
		args[i] = v
	}
	return args, nil
}

func (s *signature) wants(got int) error {
	if got == len(s.params) {
		return nil
	}
	return mailbox.Errorf(mailbox.Invalid, "%s takes %s, got %d", s.method, s.takes(), got)
}

func (s *signature) misfit(i int, got mailbox.Value) error {
	where := fmt.Sprintf("argument %d", i+1)
	if name := s.params[i].name; name != "" {
		where += " (" + name + ")"
	}
	return mailbox.Errorf(mailbox.Invalid, "%s: expected %s, got %s", where, s.params[i].as, got)
}

// takes says what a call of the method needs.
func (s *signature) takes() string {
	if len(s.params) == 0 {
		return "no arguments"
	}
	params := make([]string, len(s.params))
	for i, p := range s.params {
		params[i] = p.String()
	}
	noun := "arguments"
	if len(params) == 1 {
		noun = "argument"
	}
	return fmt.Sprintf("%d %s (%s)", len(params), noun, strings.Join(params, ", "))
}

// lift turns what the method left into values, nil for none.
func (s *signature) lift(from []uint64) ([]mailbox.Value, *mailbox.Error) {
	if len(s.results) == 0 {
		return nil, nil
	}
	values := make([]mailbox.Value, len(s.results))
	for i, as := range s.results {
		v, ok := lift(as, from[i])
		if !ok {
			return nil, mailbox.Errorf(mailbox.Failed, "result %d: %#x is not a %s", i+1, uint32(from[i]), as)
		}
		values[i] = v
	}
	return values, nil
}
