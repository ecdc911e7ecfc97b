package canon

import (
	"context"
	"errors"
	"strings"
	"testing"

	"wippy/mailbox"
	"wippy/wasmhost/wit"
)

// TestReentrance checks who may call whom: a component may call into what
// contains it, but nothing is entered twice.
func TestReentrance(t *testing.T) {
	c, s := NewCompiler(), &Store{}
	plan := compile(t, c, function(nil))
	parent := &Options{Instance: s.NewInstance(nil, 0)}
	one := &Options{Instance: s.NewInstance(parent.Instance, 0)}
	two := &Options{Instance: s.NewInstance(parent.Instance, 0)}
	lift := func(o *Options, run func() error) *Lifted {
		return &Lifted{Plan: plan, Options: o, Core: coreFunc(func(context.Context, []uint64) error { return run() })}
	}
	nothing := func() error { return nil }
	// path has each call the next.
	path := func(os ...*Options) error {
		run := nothing
		for i := len(os) - 1; i > 0; i-- {
			next := &Lowered{Plan: plan, Options: os[i-1], Target: lift(os[i], run)}
			run = func() error { return next.Call(bg, nil) }
		}
		_, err := lift(os[0], run).Call(bg, nil)
		return err
	}
	for name, os := range map[string][]*Options{
		"once":            {one},
		"siblings":        {parent, one, two},
		"donut":           {parent, one, two, parent},
		"itself":          {one, one},
		"child to parent": {one, parent},
	} {
		if err := path(os...); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for _, o := range []*Options{parent, one, two} {
			if o.Instance.entered {
				t.Errorf("%s: an instance stays entered", name)
			}
		}
	}
	for _, os := range map[string][]*Options{
		"back":               {parent, one, two, one},
		"back from parent":   {parent, one, parent, one},
		"siblings and again": {one, two, one},
	} {
		wantTrap(t, path(os...), "cannot enter component instance")
		for _, o := range []*Options{parent, one, two} {
			o.Instance.entered = false // it stays so otherwise
		}
	}
	// From the host, while it is entered: also through a sibling.
	_, err := lift(one, func() error {
		_, err := lift(two, nothing).Call(bg, nil)
		return err
	}).Call(bg, nil)
	wantTrap(t, err, "cannot enter component instance")
}

// TestDeepCalls bounds calls within calls.
func TestDeepCalls(t *testing.T) {
	c, s := NewCompiler(), &Store{}
	plan := compile(t, c, function(nil))
	o := &Options{Instance: s.NewInstance(nil, 0)}
	self := &Lowered{Plan: plan, Options: o}
	lifted := &Lifted{Plan: plan, Options: o, Core: coreFunc(func(context.Context, []uint64) error { return self.Call(bg, nil) })}
	self.Target = lifted
	_, err := lifted.Call(bg, nil)
	wantTrap(t, err, "call stack exhausted")
	if s.depth != 0 {
		t.Errorf("%d frames are in use", s.depth)
	}
}

// TestPostReturn checks that it gets the core results, once the result was
// lifted and delivered, and may not call out.
func TestPostReturn(t *testing.T) {
	c, s := NewCompiler(), &Store{}
	g := newGuest(64)
	o := g.options(s, c, UTF8)
	out := &Lowered{Plan: compile(t, c, function(nil)), Options: o, Target: &Host{Func: func(*Call) error { return nil }}}
	posts := 0
	l := &Lifted{
		Plan: compile(t, c, function(tString)), Options: o,
		Core: coreFunc(func(_ context.Context, stack []uint64) error {
			copy(g.mem[8:], "\x20\x00\x00\x00\x02\x00\x00\x00")
			copy(g.mem[32:], "ok")
			stack[0] = 8
			return out.Call(bg, nil)
		}),
		PostReturn: coreFunc(func(_ context.Context, stack []uint64) error {
			posts++
			if len(stack) != 1 || stack[0] != 8 {
				t.Errorf("got %v", stack)
			}
			clear(g.mem)
			wantTrap(t, out.Call(bg, nil), "cannot leave component instance")
			return nil
		}),
	}
	for range 2 {
		if v, err := l.Call(bg, nil); err != nil || v.Str() != "ok" {
			t.Errorf("%s %v", v, err)
		}
	}
	user := newGuest(64)
	low := &Lowered{Plan: l.Plan, Options: user.options(s, c, UTF16), Target: l}
	if err := low.Call(bg, []uint64{8}); err != nil || posts != 3 {
		t.Errorf("%v, %d calls of post-return", err, posts)
	}
	p := le.Uint32(user.mem[8:])
	if n := le.Uint32(user.mem[12:]); n != 2 || string(user.mem[p:p+4]) != "o\x00k\x00" {
		t.Errorf("%d units, memory %q", n, user.mem)
	}
	// In realloc nothing may call out either.
	user.moves = true
	low.Options.Realloc = coreFunc(func(ctx context.Context, stack []uint64) error {
		inner := &Lowered{Plan: compile(t, c, function(nil)), Options: low.Options, Target: out.Target}
		wantTrap(t, inner.Call(bg, nil), "cannot leave component instance")
		return user.CallWithStack(ctx, stack)
	})
	if err := low.Call(bg, []uint64{8}); err != nil {
		t.Error(err)
	}
	boom := errors.New("boom")
	l.PostReturn = coreFunc(func(context.Context, []uint64) error { return boom })
	if _, err := l.Call(bg, nil); !errors.Is(err, boom) {
		t.Error(err)
	}
	_, err := l.Call(bg, nil)
	wantTrap(t, err, "cannot enter component instance")
}

// TestHost calls a function of the host in both forms.
func TestHost(t *testing.T) {
	c, s := NewCompiler(), &Store{}
	person := rec("person", "full-name", tString, "age", tU8)
	f := compile(t, c, function(result(person, enum("no-one", "many")), tString, list(tU8), option(tU32), flags("read", "write"), tChar, variant("v", "none", nil, "at", tS64)))
	g := newGuest(256)
	o := g.options(s, c, UTF8)
	copy(g.mem[200:], "name\x01\x02")
	stack := []uint64{200, 4, 204, 2, 1, 7, 2, 'é', 1, 1<<64 - 3, 64}
	if len(stack) != len(f.LowerType().Params) {
		t.Fatal(f.LowerType())
	}
	call := func(h *Host) error {
		return (&Lowered{Plan: f, Options: o, Target: h}).Call(bg, append([]uint64{}, stack...))
	}
	h := &Host{Name: "people#find", Views: true, Func: func(c *Call) error {
		which, at := c.Case(5)
		if c.Str(0) != "name" || string(c.Bytes(1)) != "\x01\x02" || c.Uint(2) != 7 || c.Uint(3) != 2 || c.Uint(4) != 'é' || which != 1 || at.Int() != -3 {
			t.Errorf("got %s", dump(arr(c.Args()...)))
		}
		if &c.Bytes(1)[0] != &g.mem[204] || c.Context() != bg || c.Instance() != o.Instance || c.Type() != f {
			t.Error("the bytes are a copy")
		}
		c.OK(Record(str("Ada"), mailbox.Uint(36)))
		return nil
	}}
	if err := call(h); err != nil {
		t.Fatal(err)
	}
	check := func(want mailbox.Value) {
		t.Helper()
		x := lifter{opts: o, mem: g.mem, named: true}
		if got, err := x.result(f, []uint64{64}); err != nil || !identical(got, want) {
			t.Errorf("returned %s %v, want %s", dump(got), err, dump(want))
		}
	}
	check(tab("ok", tab("full_name", str("Ada"), "age", num(36))))
	h.Func = func(c *Call) error { c.Err(mailbox.Uint(1)); return nil }
	if err := call(h); err != nil {
		t.Fatal(err)
	}
	check(tab("err", str("many")))
	named := &Host{Name: "people#find", Named: true, Func: func(c *Call) error {
		want := arr(str("name"), str("\x01\x02"), num(7), tab("write", yes), str("é"), tab("tag", str("at"), "value", mailbox.Int(-3)))
		if got := arr(c.Args()...); !identical(got, want) {
			t.Errorf("got %s, want %s", dump(got), dump(want))
		}
		c.OK(tab("age", num(1), "full-name", str("Bob")))
		return nil
	}}
	if err := call(named); err != nil {
		t.Fatal(err)
	}
	check(tab("ok", tab("full_name", str("Bob"), "age", num(1))))
	// What the host gives wrongly is an error of the host's.
	for _, c := range []struct {
		f     func(c *Call)
		named bool
		want  string
	}{
		{func(c *Call) { c.OK(Record(str("x"))) }, false, `people#find: the host gave table (1 elements) where record person is expected`},
		{func(c *Call) { c.OK(Record(str("\xff"), mailbox.Uint(1))) }, false, `people#find: the host gave "\xff" where string is expected`},
		{func(c *Call) { c.OK(Record(str("x"), mailbox.Uint(256))) }, false, `people#find: the host gave 256 where u8 is expected`},
		{func(c *Call) { c.Err(mailbox.Uint(2)) }, false, `people#find: the host gave 2 where enum e is expected`},
		{func(c *Call) {}, false, `people#find: the host gave nil where result is expected`},
		{func(c *Call) { c.OK(tab("age", num(300), "full-name", str("Bob"))) }, true, `people#find: result: ok: field "age": expected u8, got 300`},
	} {
		err := call(&Host{Name: "people#find", Named: c.named, Func: func(call *Call) error { c.f(call); return nil }})
		if e := mailbox.AsError(err); e == nil || e.Kind != mailbox.Internal || !strings.Contains(e.Message, c.want) {
			t.Errorf("got %v, want %q", err, c.want)
		}
	}
	boom := errors.New("boom")
	if err := call(&Host{Func: func(*Call) error { return boom }}); !errors.Is(err, boom) {
		t.Error(err)
	}
}

// TestOutcome takes results apart.
func TestOutcome(t *testing.T) {
	for _, c := range []struct {
		typ     *wit.Type
		v, want mailbox.Value
		failed  bool
	}{
		{tU8, num(1), num(1), false},
		{result(tU8, tString), tab("ok", num(1)), num(1), false},
		{result(tU8, tString), tab("err", str("x")), str("x"), true},
		{result(nil, nil), tab("ok", yes), null, false},
		{result(nil, nil), tab("err", yes), null, true},
	} {
		f := compile(t, NewCompiler(), function(c.typ))
		if got, failed := f.Outcome(c.v); failed != c.failed || !identical(got, c.want) {
			t.Errorf("%s: %s, %v", dump(c.v), dump(got), failed)
		}
	}
}

// TestWork checks that what calls cost is told, and often enough.
func TestWork(t *testing.T) {
	people := make([]mailbox.Value, 10000)
	for i := range people {
		people[i] = Record(str("name"), mailbox.Uint(1))
	}
	for _, c := range []struct {
		typ  *wit.Type
		v    mailbox.Value
		want uint64 // at least, each way; at most it is twice that
	}{
		{list(rec("p", "name", tString, "age", tU32)), arr(people...), 3 * 10000},
		{list(tU8), str(strings.Repeat("x", 1<<20)), 1 << 14},
		{tString, str(strings.Repeat("x", 1<<20)), 1 << 14},
	} {
		comp, s := NewCompiler(), &Store{}
		units, calls := uint64(0), uint64(0)
		s.Work = func(ctx context.Context, n uint64) {
			if units, calls = units+n, calls+1; n < workAtOnce || ctx != bg {
				t.Errorf("told of %d units", n)
			}
		}
		f := compile(t, comp, function(nil, c.typ))
		g := newGuest(4 << 20)
		l := &Lifted{Plan: f, Options: g.options(s, comp, UTF8), Core: coreFunc(func(_ context.Context, stack []uint64) error {
			low := &Lowered{Plan: f, Options: &Options{Instance: s.NewInstance(nil, 0), Memory: g}, Target: &Host{Func: func(*Call) error { return nil }}}
			return low.Call(bg, stack)
		})}
		if _, err := l.Call(bg, []mailbox.Value{c.v}); err != nil {
			t.Fatal(err)
		}
		if units+workAtOnce < 2*c.want || units > 4*c.want || calls < 2 {
			t.Errorf("%s: told of %d units in %d calls", c.typ, units, calls)
		}
	}
}
