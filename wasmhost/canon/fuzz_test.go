package canon

import (
	"context"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"wippy/mailbox"
	"wippy/wasmhost/module"
	"wippy/wasmhost/wit"
)

// source makes choices of bytes; when they are used up it chooses zero.
type source struct{ rest []byte }

func (s *source) byte() byte {
	if len(s.rest) == 0 {
		return 0
	}
	b := s.rest[0]
	s.rest = s.rest[1:]
	return b
}

func (s *source) n(below int) int { return int(s.byte()) % below }

func (s *source) u64() (u uint64) {
	for range 8 {
		u = u<<8 | uint64(s.byte())
	}
	return u
}

// typ makes a type.
func (s *source) typ(depth int) *wit.Type {
	k := wit.Kind(s.n(int(wit.Flags) + 1))
	if depth == 0 {
		k %= wit.String + 1
	}
	switch k {
	case wit.List:
		return list(s.typ(depth - 1))
	case wit.Record:
		t := rec("r")
		for i := range 1 + s.n(4) {
			t.Fields = append(t.Fields, wit.Field{Name: "f-" + string(rune('a'+i)), Type: s.typ(depth - 1)})
		}
		return t
	case wit.Tuple:
		t := tuple(s.typ(depth - 1))
		for range s.n(4) {
			t.Fields = append(t.Fields, wit.Field{Type: s.typ(depth - 1)})
		}
		return t
	case wit.Variant:
		t := variant("v")
		for i := range 1 + s.n(4) {
			k := wit.Case{Name: "c-" + string(rune('a'+i))}
			if s.n(3) > 0 {
				k.Type = s.typ(depth - 1)
			}
			t.Cases = append(t.Cases, k)
		}
		return t
	case wit.Enum:
		return enum(manyLabels(1 + s.n(5)*70)...)
	case wit.Flags:
		return flags(manyLabels(1 + s.n(32))...)
	case wit.Option:
		return option(s.typ(depth - 1))
	case wit.Result:
		t := result(nil, nil)
		if s.n(3) > 0 {
			t.OK = s.typ(depth - 1)
		}
		if s.n(3) > 0 {
			t.Err = s.typ(depth - 1)
		}
		return t
	}
	return scalarType(k)
}

var someTexts = []string{"", "a", "hello, world", "é", "ÿ\u0080", "☃ and 😀", "\x00", "plain then ☃", strings.Repeat("long ", 30)}

// value makes a Value of a type by names, as lifting gives it.
func (s *source) value(t *wit.Type, wrapped bool) mailbox.Value {
	switch t.Kind {
	case wit.String:
		return str(someTexts[s.n(len(someTexts))])
	case wit.Char:
		for _, c := range someTexts[1+s.n(len(someTexts)-1)] {
			return str(string(c))
		}
	case wit.List:
		n := s.n(5)
		if t.Elem.Kind == wit.U8 {
			return str(string(make([]byte, n)) + "\xff\x00")
		}
		vs := make([]mailbox.Value, n)
		for i := range vs {
			vs[i] = s.value(t.Elem, true)
		}
		return arr(vs...)
	case wit.Record:
		var kv []any
		for _, f := range t.Fields {
			kv = append(kv, strings.ReplaceAll(f.Name, "-", "_"), s.value(f.Type, false))
		}
		return tab(kv...)
	case wit.Tuple:
		var vs []mailbox.Value
		for _, f := range t.Fields {
			vs = append(vs, s.value(f.Type, false))
		}
		return arr(vs...)
	case wit.Variant:
		k := t.Cases[s.n(len(t.Cases))]
		if k.Type == nil {
			return tab("tag", str(k.Name))
		}
		return tab("tag", str(k.Name), "value", s.value(k.Type, false))
	case wit.Enum:
		return str(t.Labels[s.n(len(t.Labels))])
	case wit.Flags:
		var kv []any
		for _, l := range t.Labels {
			if s.n(2) == 1 {
				kv = append(kv, l, yes)
			}
		}
		return tab(kv...)
	case wit.Option:
		some := s.n(2) == 1
		switch {
		case !some && wrapped:
			return tab()
		case !some:
			return null
		case wrapped:
			return tab("some", s.value(t.Elem, true))
		}
		return s.value(t.Elem, true)
	case wit.Result:
		key, payload := "ok", t.OK
		if s.n(2) == 1 {
			key, payload = "err", t.Err
		}
		if payload == nil {
			return tab(key, yes)
		}
		return tab(key, s.value(payload, false))
	}
	// Any bits are a value of the scalars that are left.
	v, _, ok := refScalar(t.Kind, s.u64())
	if !ok {
		panic("no value of " + t.String())
	}
	return v
}

// FuzzRoundTrip sends a value of a type from the host to one component, from
// there to a second, to a third, and back to the host; the first two compare
// with the reference what they got.
func FuzzRoundTrip(f *testing.F) {
	f.Add([]byte("\x0d\x0e\x03\x0c\x05\x0b\x07\x01\x02\x03\x04"), byte(0))
	f.Add([]byte("\x10\x03\x0d\x0c\x01\x09\x02\x0b\x11\x12\x13\x01\x02\x03\x04\x05\x06\x07\x08\x09"), byte(5))
	f.Add([]byte("\x0f\x03\x10\x02\x02\x01\x0d\x0c\x13\x01\x02\x03\x04\x05\x06\x07\x08\x09"), byte(7))
	f.Add([]byte("\x12\x12\x12\x0c\x01\x01\x01\x01"), byte(14))
	f.Fuzz(func(t *testing.T, data []byte, encodings byte) {
		s := &source{rest: data}
		typ := s.typ(4)
		v := s.value(typ, false)
		roundTrip(t, typ, v, encodings)
	})
}

// TestRoundTrips is FuzzRoundTrip of types and values made at random.
func TestRoundTrips(t *testing.T) {
	random := rand.NewChaCha8([32]byte{})
	data := make([]byte, 200)
	for range 3000 {
		random.Read(data)
		s := &source{rest: data}
		encodings := s.byte()
		typ := s.typ(4)
		roundTrip(t, typ, s.value(typ, false), encodings)
	}
}

func roundTrip(t *testing.T, typ *wit.Type, v mailbox.Value, encodings byte) {
	comp, store := NewCompiler(), &Store{}
	f, err := comp.Func(function(typ, typ))
	if err != nil {
		t.Fatalf("%s: %v", typ, err)
	}
	if got, want := flatText(f.result.flat), refFlat(typ); len(want) <= 16 && got != want {
		t.Fatalf("%s flattens to %s, want %s", typ, got, want)
	}
	args, err := f.Fit([]mailbox.Value{v})
	if err != nil {
		t.Fatalf("%s of %s does not fit: %v", dump(v), typ, err)
	}
	// Each component passes on what it got to the next; the last returns it.
	var next Target
	for i := range 3 {
		g := newGuest(256)
		g.moves = i != 1
		o := g.options(store, comp, Encoding(encodings%3))
		encodings /= 3
		lifted := &Lifted{Plan: f, Options: o}
		low := &Lowered{Plan: f, Options: o, Target: next}
		target := next
		lifted.Core = coreFunc(func(_ context.Context, stack []uint64) error {
			got, ok := refLift(typ, g.mem, o.Encoding, stack, mailbox.MaxNodes)
			if !ok || !identical(got, v) {
				t.Errorf("%s component %d got %s %v, want %s", typ, i, dump(got), ok, dump(v))
			}
			if target == nil {
				if f.resultOut && !f.spilled { // as a guest would store it
					p := uint32(alignTo(uint64(g.next), f.result.align))
					for uint64(p)+uint64(f.result.size) > uint64(len(g.mem)) {
						g.move(2 * len(g.mem))
					}
					g.next = p + f.result.size
					x := lifter{opts: o, mem: g.mem}
					pos, err := x.flat(f.result, &core{stack: stack})
					if err != nil {
						return err
					}
					y := lowerer{ctx: bg, opts: o, mem: g.mem}
					stack[0] = uint64(p)
					return y.store(f.result, pos, p)
				}
				return nil
			}
			n := f.stackParams()
			inner := append(append([]uint64{}, stack[:n]...), 0)
			if f.resultOut {
				p := uint64(alignTo(uint64(g.next), f.result.align))
				for p+uint64(f.result.size) > uint64(len(g.mem)) {
					g.move(2 * len(g.mem))
				}
				g.next = uint32(p) + f.result.size
				inner[n] = p
				if err := low.Call(bg, inner); err != nil {
					return err
				}
				stack[0] = p
				return nil
			}
			err := low.Call(bg, inner)
			stack[0] = inner[0]
			return err
		})
		next = lifted
	}
	got, err := next.(*Lifted).Call(bg, args)
	if err != nil || !identical(got, v) {
		t.Errorf("%s: %s came back as %s %v", typ, dump(v), dump(got), err)
	}
}

func flatText(ts []module.ValType) string {
	s := ""
	for _, t := range ts {
		s += map[module.ValType]string{module.I32: "i", module.I64: "I", module.F32: "f", module.F64: "F"}[t]
	}
	return s
}

// FuzzLift lifts what a hostile component passes: it gives what the reference
// does, or both trap.
func FuzzLift(f *testing.F) {
	f.Add([]byte("\x0d\x0c\x00\x00\x00\x02"), []byte{8, 0, 0, 0, 1, 0, 0, 0, 0xff}, uint64(0), uint64(1), byte(0))
	f.Add([]byte("\x0d\x0d\x0d\x00"), []byte{0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0}, uint64(0), uint64(2), byte(1))
	f.Add([]byte("\x10\x01\x01\x0b"), make([]byte, 64), uint64(1), uint64(1<<64-1), byte(2))
	f.Add([]byte("\x0d\x0b"), []byte("\x00\xd8\x00\x00\x00\xdc\x00\x00"), uint64(0), uint64(2), byte(2))
	f.Fuzz(func(t *testing.T, kinds, mem []byte, p, length uint64, e byte) {
		s := &source{rest: kinds}
		typ := s.typ(3)
		enc, parts := Encoding(e%3), 1<<12
		comp := NewCompiler()
		plan, err := comp.Func(function(nil, typ))
		if err != nil {
			t.Fatalf("%s: %v", typ, err)
		}
		stack := make([]uint64, 17)
		for i := range stack {
			stack[i] = []uint64{p, length, s.u64()}[i%3]
		}
		for _, named := range []bool{true, false} {
			x := lifter{opts: &Options{Instance: (&Store{}).NewInstance(nil, 0), Encoding: enc}, mem: mem, named: named, nodes: mailbox.MaxNodes - parts}
			var got [1]mailbox.Value
			err := x.params(plan, stack, got[:])
			want, ok := refLift(typ, mem, enc, stack, parts)
			if (err == nil) != ok && (named || ok) { // by position there are fewer parts
				t.Fatalf("%s: got %v, the reference traps: %v", typ, err, !ok)
			}
			if err == nil && named && !identical(got[0], want) {
				t.Fatalf("%s: got %s, want %s", typ, dump(got[0]), dump(want))
			}
			if err != nil {
				if _, trap := err.(*Trap); !trap {
					t.Fatal(err)
				}
			}
		}
	})
}

// FuzzFit fits a value of one type to another: it is an error with a path, or
// is lowered and comes back.
func FuzzFit(f *testing.F) {
	f.Add([]byte("\x0e\x02\x0c\x01\x02"), []byte("\x0e\x02\x0c\x01\x02"))
	f.Add([]byte("\x12\x0d\x02"), []byte("\x0d\x02\x03\x01\x02\x03"))
	f.Fuzz(func(t *testing.T, to, from []byte) {
		typ := (&source{rest: to}).typ(4)
		s := &source{rest: from}
		v := s.value(s.typ(4), false)
		comp := NewCompiler()
		plan, err := comp.Func(function(typ, typ))
		if err != nil {
			t.Fatal(err)
		}
		args, err := plan.Fit([]mailbox.Value{v})
		if err != nil {
			if !strings.HasPrefix(err.Error(), "argument 1: ") {
				t.Fatal(err)
			}
			return
		}
		g := newGuest(64)
		x := lowerer{ctx: bg, opts: g.options(&Store{}, comp, UTF8)}
		stack := make([]uint64, MaxFlatParams+1)
		if err := x.params(plan, args, stack); err != nil {
			t.Fatalf("%s fits %s, and is not lowered: %v", dump(v), typ, err)
		}
		y := lifter{opts: x.opts, mem: g.mem, named: true}
		var got [1]mailbox.Value
		if err := y.params(plan, stack, got[:]); err != nil {
			t.Fatal(err)
		}
		again, err := plan.Fit(got[:])
		if err != nil || !sameCore(t, plan, comp, again, stack) {
			t.Fatalf("%s as %s came back as %s %v", dump(v), typ, dump(got[0]), err)
		}
	})
}

// sameCore tells whether arguments are lowered to the same core values again.
func sameCore(t *testing.T, f *Func, comp *Compiler, args []mailbox.Value, want []uint64) bool {
	g := newGuest(64)
	x := lowerer{ctx: bg, opts: g.options(&Store{}, comp, UTF8)}
	stack := make([]uint64, MaxFlatParams+1)
	if err := x.params(f, args, stack); err != nil {
		t.Fatal(err)
	}
	return slices.Equal(stack, want)
}
