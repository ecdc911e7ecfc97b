package canon

import (
	"context"
	"errors"
	"slices"
	"testing"

	"wippy/mailbox"
	"wippy/wasmhost/wit"
)

// TestNeeds checks when a definition needs a memory and a realloc function.
func TestNeeds(t *testing.T) {
	var many []*wit.Type
	for range 17 {
		many = append(many, tU8)
	}
	for _, c := range []struct {
		f    *wit.Func
		want [4]bool // lift: memory, realloc; lower: memory, realloc
	}{
		{function(tU8, tU8), [4]bool{}},
		{function(nil, tString), [4]bool{true, true, true, false}},
		{function(tString), [4]bool{true, false, true, true}},
		{function(tuple(tU8, tU8)), [4]bool{true, false, true, false}},
		{function(nil, many...), [4]bool{true, true, true, false}},
		{function(nil, option(list(tU8))), [4]bool{true, true, true, false}},
		{function(result(nil, list(tU8))), [4]bool{true, false, true, true}},
	} {
		p := compile(t, NewCompiler(), c.f)
		var got [4]bool
		got[0], got[1] = p.LiftNeeds()
		got[2], got[3] = p.LowerNeeds()
		if got != c.want {
			t.Errorf("%s needs %v, want %v", c.f, got, c.want)
		}
	}
}

// TestFuncErrors checks functions that a component cannot have.
func TestFuncErrors(t *testing.T) {
	two := &wit.Func{Name: "f", Results: []wit.Param{{Type: tU8}, {Type: tU8}}}
	named := &wit.Func{Name: "f", Results: []wit.Param{{Name: "x", Type: tU8}}}
	for f, want := range map[*wit.Func]string{
		two:                      "f: a component's function has one result without a name",
		named:                    "f: a component's function has one result without a name",
		function(nil, list(nil)): "f: parameter a: a type is missing",
	} {
		if _, err := NewCompiler().Func(f); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

// TestScalars checks what core modules' signatures use.
func TestScalars(t *testing.T) {
	for _, c := range []struct {
		k    wit.Kind
		v    mailbox.Value
		bits uint64
		ok   bool
	}{
		{wit.S32, num(-1), 0xffffffff, true}, {wit.S8, num(-1), 0xffffffff, true}, {wit.U8, num(256), 0, false},
		{wit.S64, num(-1), 1<<64 - 1, true}, {wit.Char, str("é"), 0xe9, true}, {wit.Char, num(1), 0, false},
		{wit.Bool, yes, 1, true}, {wit.String, str("x"), 0, false},
	} {
		if bits, ok := LowerScalar(c.k, c.v); ok != c.ok || ok && bits != c.bits {
			t.Errorf("%s as %s: %#x %v", c.v, c.k, bits, ok)
		}
	}
	if v, ok := LiftScalar(wit.Char, 0xd800); ok {
		t.Errorf("a surrogate is %s", v)
	}
	if _, ok := LiftScalar(wit.List, 0); ok {
		t.Error("a list is a scalar")
	}
}

// TestHostResources has a component use what the host defines, as WASI does.
func TestHostResources(t *testing.T) {
	c, s := NewCompiler(), &Store{}
	r := &wit.Resource{Name: "stream"}
	var streams Objects[string]
	rt := &ResourceType{Name: "stream", Drop: func(_ context.Context, rep uint32) error {
		streams.Remove(rep)
		return nil
	}}
	open := compile(t, c, function(own(r), tS32, tF64, tBool))
	poll := compile(t, c, function(variant("v", "none", nil, "one", list(tU8)), list(borrow(r))))
	g := newGuest(64)
	o := g.options(s, c, UTF8)
	low := func(f *Func, h func(c *Call) error) *Lowered {
		return &Lowered{Plan: f, Options: o, Target: &Host{Name: "host", Func: h}}
	}
	stack := []uint64{0xffffffff, 0x3ff8000000000000, 1}
	opening := low(open, func(c *Call) error {
		if c.Int(0) != -1 || c.Float(1) != 1.5 || !c.Bool(2) {
			t.Errorf("got %s", dump(arr(c.Args()...)))
		}
		c.Return(mailbox.Uint(uint64(streams.Add("s"))))
		return nil
	})
	err := opening.Call(bg, stack)
	if e := mailbox.AsError(err); e == nil || e.Message != "host: stream was not linked" {
		t.Error(err)
	}
	o.Instance.Resources[0] = rt
	for range 2 {
		copy(stack, []uint64{0xffffffff, 0x3ff8000000000000, 1})
		if err := opening.Call(bg, stack); err != nil {
			t.Fatal(err)
		}
	}
	if stack[0] != 2 || streams.Len() != 3 {
		t.Errorf("handle %d, %d streams", stack[0], streams.Len())
	}
	g.next = 64
	le.PutUint32(g.mem[32:], 2)
	le.PutUint32(g.mem[36:], 1)
	polling := low(poll, func(c *Call) error {
		var reps []uint64
		for _, v := range c.Arg(0).Table().List {
			reps = append(reps, v.Uint())
		}
		if !slices.Equal(reps, []uint64{3, 2}) {
			t.Errorf("got %v", reps)
		}
		wantTrap(t, ResourceDrop(bg, c.Instance(), rt, 1), "while borrowed")
		c.Return(Case(1, Bytes([]byte("ok"))))
		return nil
	})
	if err := polling.Call(bg, []uint64{32, 2, 16}); err != nil {
		t.Fatal(err)
	}
	x := lifter{opts: o, mem: g.mem}
	v, err := x.result(poll, []uint64{16})
	if which, payload := CaseOf(v); err != nil || which != 1 || payload.Str() != "ok" {
		t.Errorf("%s %v", dump(v), err)
	}
	if which, payload := CaseOf(mailbox.Uint(3)); which != 3 || !payload.IsNil() {
		t.Errorf("%d %s", which, payload)
	}
	if which, _ := CaseOf(str("x")); which < 1<<32 {
		t.Errorf("a string is case %d", which)
	}
	if err := ResourceDrop(bg, o.Instance, rt, 1); err != nil || streams.Len() != 2 {
		t.Errorf("%v, %d streams", err, streams.Len())
	}
	if err := s.Close(bg); err != nil || streams.Len() != 1 { // the one that was not linked
		t.Errorf("%v, %d streams", err, streams.Len())
	}
	blame := low(poll, func(*Call) error { return Trapf("bad %s", "guest") })
	if trap, ok := errors.AsType[*Trap](blame.Call(bg, []uint64{32, 0, 16})); !ok || trap.Error() != "bad guest" {
		t.Error(trap)
	}
}
