package canon

import (
	"context"
	"strings"
	"testing"

	"wippy/mailbox"
	"wippy/wasmhost/wit"
)

// TestLists lifts from given memory, and lowers what that gave into another.
func TestLists(t *testing.T) {
	nine, most := flags(manyLabels(9)...), flags(manyLabels(32)...)
	all := func(f *wit.Type) mailbox.Value {
		var kv []any
		for _, l := range f.Labels {
			kv = append(kv, l, yes)
		}
		return tab(kv...)
	}
	for _, c := range []struct {
		elem *wit.Type
		args []uint64
		mem  []byte
		want mailbox.Value
		trap string
	}{
		{elem: tBool, args: []uint64{0, 3}, mem: []byte{1, 0, 1}, want: arr(yes, no, yes)},
		{elem: tBool, args: []uint64{0, 3}, mem: []byte{1, 0, 2}, want: arr(yes, no, yes)},
		{elem: tBool, args: []uint64{3, 3}, mem: []byte{255, 255, 255, 1, 0, 1}, want: arr(yes, no, yes)},
		{elem: tU8, args: []uint64{0, 3}, mem: []byte{1, 2, 3}, want: str("\x01\x02\x03")},
		{elem: tU16, args: []uint64{0, 3}, mem: []byte{1, 0, 2, 0, 3, 0}, want: arr(num(1), num(2), num(3))},
		{elem: tU16, args: []uint64{1, 3}, mem: []byte{0, 1, 0, 2, 0, 3, 0}, trap: "unaligned pointer"},
		{elem: tU32, args: []uint64{0, 2}, mem: []byte{1, 0, 0, 0, 2, 0, 0, 0}, want: arr(num(1), num(2))},
		{elem: tU64, args: []uint64{0, 1}, mem: []byte{1, 0, 0, 0, 0, 0, 0, 0}, want: arr(mailbox.Uint(1))},
		{elem: tS8, args: []uint64{0, 2}, mem: []byte{0xff, 0xfe}, want: arr(num(-1), num(-2))},
		{elem: tS16, args: []uint64{0, 2}, mem: []byte{0xff, 0xff, 0xfe, 0xff}, want: arr(num(-1), num(-2))},
		{elem: tS32, args: []uint64{0, 1}, mem: []byte{0xfd, 0xff, 0xff, 0xff}, want: arr(num(-3))},
		{elem: tS64, args: []uint64{0, 1}, mem: []byte{0xfe, 255, 255, 255, 255, 255, 255, 255}, want: arr(mailbox.Int(-2))},
		{elem: tChar, args: []uint64{0, 2}, mem: []byte{65, 0, 0, 0, 99, 0, 0, 0}, want: arr(str("A"), str("c"))},
		{elem: tString, args: []uint64{0, 2},
			mem:  []byte{16, 0, 0, 0, 2, 0, 0, 0, 21, 0, 0, 0, 3, 0, 0, 0, 'h', 'i', 0xf, 0xf, 0xf, 'w', 'a', 't'},
			want: arr(str("hi"), str("wat"))},
		{elem: list(tU8), args: []uint64{0, 3},
			mem:  []byte{24, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 27, 0, 0, 0, 2, 0, 0, 0, 3, 4, 5, 6, 7},
			want: arr(str("\x03\x04\x05"), str(""), str("\x06\x07"))},
		{elem: list(tU16), args: []uint64{0, 1}, mem: []byte{8, 0, 0, 0, 2, 0, 0, 0, 5, 0, 6, 0}, want: arr(arr(num(5), num(6)))},
		{elem: list(tU16), args: []uint64{0, 1}, mem: []byte{9, 0, 0, 0, 2, 0, 0, 0, 0, 5, 0, 6, 0}, trap: "unaligned pointer"},
		{elem: tuple(tU8, tU8, tU16, tU32), args: []uint64{0, 2}, mem: []byte{6, 7, 8, 0, 9, 0, 0, 0, 4, 5, 6, 0, 7, 0, 0, 0},
			want: arr(arr(num(6), num(7), num(8), num(9)), arr(num(4), num(5), num(6), num(7)))},
		{elem: tuple(tU8, tU16, tU8, tU32), args: []uint64{0, 1}, mem: []byte{6, 255, 7, 0, 8, 255, 255, 255, 9, 0, 0, 0},
			want: arr(arr(num(6), num(7), num(8), num(9)))},
		{elem: tuple(tU16, tU8), args: []uint64{0, 2}, mem: []byte{6, 0, 7, 255, 8, 0, 9, 255},
			want: arr(arr(num(6), num(7)), arr(num(8), num(9)))},
		{elem: tuple(tuple(tU16, tU8), tU8), args: []uint64{0, 1}, mem: []byte{4, 0, 5, 255, 6, 255},
			want: arr(arr(arr(num(4), num(5)), num(6)))},
		{elem: flags("a", "b"), args: []uint64{0, 4}, mem: []byte{0, 2, 3, 4}, want: arr(tab(), tab("b", yes), tab("a", yes, "b", yes), tab())},
		{elem: nine, args: []uint64{0, 2}, mem: []byte{255, 3, 0, 0}, want: arr(all(nine), tab())},
		{elem: most, args: []uint64{0, 1}, mem: []byte{255, 255, 255, 255}, want: arr(all(most))},
		{elem: option(tU8), args: []uint64{0, 2}, mem: []byte{1, 9, 0, 9}, want: arr(tab("some", num(9)), tab())},
		{elem: option(tU8), args: []uint64{0, 1}, mem: []byte{2, 9}, trap: "invalid variant discriminant"},
		{elem: result(tString, tU8), args: []uint64{0, 1}, mem: []byte{1, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0}, want: arr(tab("err", num(5)))},
		// What is empty must be in memory and aligned too.
		{elem: tU8, args: []uint64{8, 0}, mem: make([]byte, 8), want: str("")},
		{elem: tU8, args: []uint64{9, 0}, mem: make([]byte, 8), trap: "list content out-of-bounds"},
		{elem: tU32, args: []uint64{2, 0}, mem: make([]byte, 8), trap: "unaligned pointer"},
		{elem: tU32, args: []uint64{4, 2}, mem: make([]byte, 8), trap: "list content out-of-bounds"},
		{elem: tU32, args: []uint64{0, 1<<32 - 1}, mem: make([]byte, 8), trap: "more than 268435455"},
		{elem: tString, args: []uint64{0, 1}, mem: []byte{8, 0, 0, 0, 1, 0, 0, 0}, trap: "string content out-of-bounds"},
		{elem: tString, args: []uint64{0, 1}, mem: []byte{8, 0, 0, 0, 0, 0, 0, 0x10}, trap: "more than 268435455"},
		{elem: tString, args: []uint64{0, 1}, mem: []byte{8, 0, 0, 0, 1, 0, 0, 0, 0xff}, trap: "invalid utf-8"},
		{elem: tString, args: []uint64{0, 1}, mem: []byte{8, 0, 0, 0, 1, 0, 0, 0, 0xc3}, trap: "incomplete utf-8 byte sequence"},
		{elem: tString, args: []uint64{0, 1}, mem: []byte{8, 0, 0, 0, 3, 0, 0, 0, 0xed, 0xa0, 0x80}, trap: "invalid utf-8"},
	} {
		comp := NewCompiler()
		f := compile(t, comp, function(nil, list(c.elem)))
		g := &guest{mem: c.mem}
		x := lifter{opts: g.options(&Store{}, comp, UTF8), mem: c.mem, named: true}
		var got [1]mailbox.Value
		err := x.params(f, c.args, got[:])
		if c.trap != "" {
			wantTrap(t, err, c.trap)
			continue
		}
		if err != nil || !identical(got[0], c.want) {
			t.Errorf("list<%s>: %s %v, want %s", c.elem, dump(got[0]), err, dump(c.want))
			continue
		}
		args, err := f.Fit(got[:])
		if err != nil {
			t.Errorf("list<%s>: %s does not fit: %v", c.elem, dump(got[0]), err)
			continue
		}
		to := newGuest(32)
		to.moves = true
		y := lowerer{ctx: bg, opts: to.options(&Store{}, comp, UTF8)}
		var stack [2]uint64
		if err := y.params(f, args, stack[:]); err != nil {
			t.Errorf("list<%s>: %s is not lowered: %v", c.elem, dump(got[0]), err)
		}
		x = lifter{opts: y.opts, mem: to.mem, named: true}
		if err := x.params(f, stack[:], got[:]); err != nil || !identical(got[0], c.want) {
			t.Errorf("list<%s>: came back as %s %v", c.elem, dump(got[0]), err)
		}
	}
}

// TestUTF16Traps checks what is no utf-16.
func TestUTF16Traps(t *testing.T) {
	for _, units := range [][]byte{{0, 0xd8}, {0, 0xd8, 'a', 0}, {0, 0xdc}, {0, 0xdc, 0, 0xd8}} {
		for _, e := range []Encoding{UTF16, Latin1OrUTF16} {
			g := newGuest(16)
			copy(g.mem, units)
			x := lifter{opts: g.options(&Store{}, NewCompiler(), e), mem: g.mem}
			n := uint32(len(units) / 2)
			if e == Latin1OrUTF16 {
				n |= utf16Tag
			}
			_, err := x.text(0, n)
			wantTrap(t, err, "unpaired surrogate")
			_, err = x.text(1, n)
			wantTrap(t, err, "unaligned pointer")
			_, err = x.text(16, n)
			wantTrap(t, err, "out-of-bounds")
		}
	}
}

// TestReallocTraps checks the answers of a realloc that lies.
func TestReallocTraps(t *testing.T) {
	for _, c := range []struct {
		elem   *wit.Type
		v      mailbox.Value
		answer uint64
		trap   string
	}{
		{tU8, str(""), 1<<32 - 1, "realloc return: beyond end of memory"},
		{tU8, str("abc"), 62, "realloc return: beyond end of memory"},
		{tU32, arr(), 2, "realloc return: result not aligned"},
		{tU32, arr(num(1)), 1<<32 - 1, "realloc return: result not aligned"},
		{tU32, arr(num(1)), 1<<32 - 4, "realloc return: beyond end of memory"},
		{tString, arr(str("x")), 60, "realloc return: beyond end of memory"},
	} {
		comp := NewCompiler()
		f := compile(t, comp, function(nil, list(c.elem)))
		g := newGuest(64)
		opts := g.options(&Store{}, comp, UTF8)
		opts.Realloc = coreFunc(func(_ context.Context, stack []uint64) error {
			stack[0] = c.answer
			return nil
		})
		l := &Lifted{Plan: f, Options: opts, Core: coreFunc(func(context.Context, []uint64) error {
			t.Error("the core function was called")
			return nil
		})}
		args, err := f.Fit([]mailbox.Value{c.v})
		if err != nil {
			t.Fatal(err)
		}
		_, err = l.Call(bg, args)
		wantTrap(t, err, c.trap)
		_, err = l.Call(bg, args)
		wantTrap(t, err, "cannot enter component instance")
	}
}

// TestSpilling calls with parameters and results that go through memory, and
// with an out pointer that is no good.
func TestSpilling(t *testing.T) {
	comp := NewCompiler()
	var params []*wit.Type
	var args []mailbox.Value
	for i := range 9 {
		params = append(params, tU8, tF64)
		args = append(args, num(float64(i)), num(float64(i)/2))
	}
	f := compile(t, comp, function(tuple(params...), params...))
	s := &Store{}
	g := newGuest(64)
	g.moves = true
	l := &Lifted{Plan: f, Options: g.options(s, comp, UTF8), Core: coreFunc(func(_ context.Context, stack []uint64) error {
		return nil // the parameters' tuple is the result's
	})}
	fitted, err := f.Fit(args)
	if err != nil {
		t.Fatal(err)
	}
	v, err := l.Call(bg, fitted)
	if err != nil || !identical(v, arr(args...)) {
		t.Errorf("%s %v", dump(v), err)
	}
	// The same from another component, which the out pointer is of.
	caller := newGuest(1024)
	low := &Lowered{Plan: f, Options: caller.options(s, comp, UTF8), Target: l}
	copy(caller.mem[160:], g.mem[16:16+f.size])
	if err := low.Call(bg, []uint64{160, 512}); err != nil {
		t.Fatal(err)
	}
	if got, want := string(caller.mem[512:512+f.size]), string(caller.mem[160:160+f.size]); got != want {
		t.Errorf("got  %x\nwant %x", got, want)
	}
	for _, c := range []struct {
		in, out uint64
		trap    string
	}{
		{161, 512, "unaligned pointer"}, {160, 516, "unaligned pointer"}, {1016, 512, "parameters content out-of-bounds"},
		{160, 1016, "result content out-of-bounds"},
	} {
		l.Options.Instance.entered = false
		wantTrap(t, low.Call(bg, []uint64{c.in, c.out}), c.trap)
	}
}

// TestTooManyParts bounds what a hostile component has the host make.
func TestTooManyParts(t *testing.T) {
	comp := NewCompiler()
	f := compile(t, comp, function(nil, list(tBool)))
	g := newGuest(mailbox.MaxNodes + 1)
	x := lifter{opts: g.options(&Store{}, comp, UTF8), mem: g.mem}
	var got [1]mailbox.Value
	wantTrap(t, x.params(f, []uint64{0, mailbox.MaxNodes + 1}, got[:]), "more than")
	// A list whose elements are all the same list.
	f = compile(t, comp, function(nil, list(list(tBool))))
	x = lifter{opts: x.opts, mem: g.mem}
	for i := range 16 {
		le.PutUint32(g.mem[8*i+4:], mailbox.MaxNodes/8)
	}
	wantTrap(t, x.params(f, []uint64{0, 16}, got[:]), "more than")
}

// TestTypesThatAreNone checks what has no plan.
func TestTypesThatAreNone(t *testing.T) {
	loop := &wit.Type{Kind: wit.List}
	loop.Elem = loop
	deep := tU8
	for range maxTypeDepth {
		deep = list(deep)
	}
	wide := tU64
	for range 26 {
		wide = tuple(wide, wide)
	}
	for want, typ := range map[string]*wit.Type{
		"contains itself":                   loop,
		"nested more than 100 deep":         deep,
		"takes more than 268435455 bytes":   wide,
		"has no fields":                     tuple(),
		"has no cases":                      enum(),
		"has 0 flags; 1 to 32 are possible": flags(),
		"has 33 flags":                      flags(manyLabels(33)...),
		"a type is missing":                 list(nil),
		"an option is of no type":           option(nil),
		"a handle is of no resource":        {Kind: wit.Own},
		"a result cannot be a borrow":       list(borrow(&wit.Resource{})),
	} {
		_, err := NewCompiler().Func(function(typ))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	// Sharing makes a type that prints and flattens without end; its plan is small.
	shared := tString
	for range 20 {
		shared = tuple(shared, shared)
	}
	c := NewCompiler()
	if f := compile(t, c, function(nil, shared)); len(c.nodes) != 21 || !f.spilled || len(f.params[0].node.String()) > 100 {
		t.Errorf("%d nodes, %s", len(c.nodes), f.params[0].node)
	}
}

// TestAliasedStrings bounds what strings that share their memory have the host
// allocate.
func TestAliasedStrings(t *testing.T) {
	comp := NewCompiler()
	f := compile(t, comp, function(nil, list(tString)))
	for _, e := range []Encoding{UTF8, UTF16, Latin1OrUTF16} {
		g := newGuest(1 << 20)
		for i := range 120 {
			le.PutUint32(g.mem[8*i:], 1024)
			le.PutUint32(g.mem[8*i+4:], 1<<18)
		}
		g.mem[1024] = 0xff // in latin1 two bytes of UTF-8
		if e == UTF8 {
			g.mem[1024] = 'x'
		}
		var got [1]mailbox.Value
		x := lifter{opts: g.options(&Store{}, comp, e), mem: g.mem}
		wantTrap(t, x.params(f, []uint64{0, 120}, got[:]), "the strings of a value take more than 18874368 bytes")
		x = lifter{opts: x.opts, mem: g.mem}
		if err := x.params(f, []uint64{0, 4}, got[:]); err != nil {
			t.Error(err)
		}
	}
}

// TestDense passes lists of numbers, and of records of them, between components:
// as bytes, and with one NaN.
func TestDense(t *testing.T) {
	pixel, gap := rec("pixel", "x", tF64, "c", tuple(tF32, tU32)), rec("gap", "x", tF64, "c", tF32)
	wide := &wit.Type{Kind: wit.Record}
	for range maxFloats + 1 {
		wide.Fields = append(wide.Fields, wit.Field{Type: tF32})
	}
	for typ, dense := range map[*wit.Type]bool{tU32: true, tF32: true, pixel: true, gap: false, wide: false, tBool: false, tChar: false, rec("r", "b", tBool): false} {
		n, err := NewCompiler().node(typ, false, 0)
		if err != nil || n.dense != dense {
			t.Errorf("%s: dense %v %v", typ, n.dense, err)
		}
	}
	c, s := NewCompiler(), &Store{}
	from, to := newGuest(256), newGuest(64)
	to.moves = true
	f := compile(t, c, function(nil, list(pixel)))
	lifted := &Lifted{Plan: f, Options: to.options(s, c, UTF8), Core: coreFunc(func(_ context.Context, stack []uint64) error {
		p := uint32(stack[0])
		if stack[1] != 2 || le.Uint64(to.mem[p:]) != 0x7ff8000000000000 || le.Uint32(to.mem[p+8:]) != 5 ||
			le.Uint32(to.mem[p+12:]) != 0xffffffff || le.Uint32(to.mem[p+16+8:]) != canonicalNaN32 {
			t.Errorf("got %d at %#x: %x", stack[1], p, to.mem[p:p+32])
		}
		return nil
	})}
	le.PutUint64(from.mem[64:], 0xfff8000000000001)
	le.PutUint32(from.mem[72:], 5)
	le.PutUint32(from.mem[76:], 0xffffffff)
	le.PutUint32(from.mem[88:], 0x7f800001)
	low := &Lowered{Plan: f, Options: from.options(s, c, UTF8), Target: lifted}
	if err := low.Call(bg, []uint64{64, 2}); err != nil {
		t.Error(err)
	}
}
