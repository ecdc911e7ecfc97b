package canon

import (
	"context"
	"fmt"
	"math"
	"testing"
	"unicode/utf16"

	"wippy/mailbox"
	"wippy/wasmhost/module"
	"wippy/wasmhost/wit"
)

// TestLayout checks sizes and alignments, and the discriminants' bounds.
func TestLayout(t *testing.T) {
	r := &wit.Resource{Name: "r"}
	for _, c := range []struct {
		typ         *wit.Type
		size, align uint32
	}{
		{tBool, 1, 1}, {tS8, 1, 1}, {tU8, 1, 1}, {tS16, 2, 2}, {tU16, 2, 2}, {tS32, 4, 4}, {tU32, 4, 4},
		{tS64, 8, 8}, {tU64, 8, 8}, {tF32, 4, 4}, {tF64, 8, 8}, {tChar, 4, 4}, {tString, 8, 4}, {list(tU64), 8, 4},
		{own(r), 4, 4}, {borrow(r), 4, 4},
		{tuple(tU8, tU16, tU8, tU32), 12, 4},
		{tuple(tU16, tU8), 4, 2},
		{tuple(tuple(tU16, tU8), tU8), 6, 2},
		{tuple(tU8, tU64), 16, 8},
		{option(tU8), 2, 1}, {option(tU64), 16, 8}, {option(tString), 12, 4},
		{result(nil, nil), 1, 1}, {result(tU8, tF64), 16, 8},
		{variant("v", "a", tU8, "b", tU16), 4, 2},
		{enum(manyLabels(2)...), 1, 1}, {enum(manyLabels(256)...), 1, 1}, {enum(manyLabels(257)...), 2, 2},
		{flags(manyLabels(1)...), 1, 1}, {flags(manyLabels(8)...), 1, 1}, {flags(manyLabels(9)...), 2, 2},
		{flags(manyLabels(16)...), 2, 2}, {flags(manyLabels(17)...), 4, 4}, {flags(manyLabels(32)...), 4, 4},
	} {
		n, err := NewCompiler().node(c.typ, false, 0)
		if err != nil || n.size != c.size || n.align != c.align {
			t.Errorf("%s: %+v %v, want size %d, alignment %d", c.typ, n, err, c.size, c.align)
		}
	}
	for cases, want := range map[int]uint8{1: 1, 256: 1, 257: 2, 65536: 2, 65537: 4} {
		if got := discSize(cases); got != want {
			t.Errorf("%d cases: a discriminant of %d bytes, want %d", cases, got, want)
		}
	}
}

// TestFlatten checks the core types of functions, as lifted and as lowered.
func TestFlatten(t *testing.T) {
	const i32, i64, f32, f64 = module.I32, module.I64, module.F32, module.F64
	type types = []module.ValType
	many := func(n int) (ts []*wit.Type) {
		for range n {
			ts = append(ts, tU8)
		}
		return ts
	}
	sixteen := make(types, 16)
	for i := range sixteen {
		sixteen[i] = i32
	}
	mixed := []*wit.Type{tU8, tF32, tF64}
	for _, c := range []struct {
		f               *wit.Func
		lift, lower     types
		lifted, lowered types
	}{
		{function(nil, mixed...), types{i32, f32, f64}, types{i32, f32, f64}, nil, nil},
		{function(tF32, mixed...), types{i32, f32, f64}, types{i32, f32, f64}, types{f32}, types{f32}},
		{function(tuple(tF32), mixed...), types{i32, f32, f64}, types{i32, f32, f64}, types{f32}, types{f32}},
		{function(tuple(tF32, tF32), mixed...), types{i32, f32, f64}, types{i32, f32, f64, i32}, types{i32}, nil},
		{function(nil, many(16)...), sixteen, sixteen, nil, nil},
		{function(tString, many(16)...), sixteen, append(sixteen[:16:16], i32), types{i32}, nil},
		{function(nil, many(17)...), types{i32}, types{i32}, nil, nil},
		{function(tuple(tU8, tU8), many(17)...), types{i32}, types{i32, i32}, types{i32}, nil},
		{function(nil, tString, list(tF64)), types{i32, i32, i32, i32}, types{i32, i32, i32, i32}, nil, nil},
		{function(nil, option(tF32)), types{i32, f32}, types{i32, f32}, nil, nil},
		{function(nil, result(tU8, tF32)), types{i32, i32}, types{i32, i32}, nil, nil},
		{function(nil, variant("v", "a", tF32, "b", tU64)), types{i32, i64}, types{i32, i64}, nil, nil},
		{function(nil, variant("v", "a", tF32, "b", tF64)), types{i32, i64}, types{i32, i64}, nil, nil},
		{function(nil, variant("v", "a", tF64, "b", tuple(tF64, tString))), types{i32, f64, i32, i32}, types{i32, f64, i32, i32}, nil, nil},
		{function(nil, enum("a", "b"), flags("x")), types{i32, i32}, types{i32, i32}, nil, nil},
		{function(tS64, tChar, tBool), types{i32, i32}, types{i32, i32}, types{i64}, types{i64}},
	} {
		p := compile(t, NewCompiler(), c.f)
		want := module.FuncType{Params: c.lift, Results: c.lifted}
		if got := p.LiftType(); got.String() != want.String() {
			t.Errorf("%s lifted: %s, want %s", c.f, got, want)
		}
		want = module.FuncType{Params: c.lower, Results: c.lowered}
		if got := p.LowerType(); got.String() != want.String() {
			t.Errorf("%s lowered: %s, want %s", c.f, got, want)
		}
	}
}

// TestFlatValues lifts core values, lowers what that gave and lifts it again.
func TestFlatValues(t *testing.T) {
	const top = math.MaxUint32
	v := variant("v", "x", tU8, "y", tF32, "z", nil)
	f32 := func(f float32) uint64 { return uint64(math.Float32bits(f)) }
	type row struct {
		typ  *wit.Type
		core []uint64
		want mailbox.Value // by names
		trap string
	}
	rows := []row{
		{typ: rec("r", "x", tU8, "y", tU16, "z", tU32), core: []uint64{1, 2, 3}, want: tab("x", num(1), "y", num(2), "z", num(3))},
		{typ: tuple(tuple(tU8, tU8), tU8), core: []uint64{1, 2, 3}, want: arr(arr(num(1), num(2)), num(3))},
		{typ: flags("a", "b"), core: []uint64{0}, want: tab()},
		{typ: flags("a", "b"), core: []uint64{2}, want: tab("b", yes)},
		{typ: flags("a", "b"), core: []uint64{3}, want: tab("a", yes, "b", yes)},
		{typ: flags("a", "b"), core: []uint64{4}, want: tab()},
		{typ: v, core: []uint64{0, 42}, want: tab("tag", str("x"), "value", num(42))},
		{typ: v, core: []uint64{0, 256}, want: tab("tag", str("x"), "value", num(0))},
		{typ: v, core: []uint64{1, 0x4048f5c3}, want: tab("tag", str("y"), "value", num(float64(math.Float32frombits(0x4048f5c3))))},
		{typ: v, core: []uint64{2, top}, want: tab("tag", str("z"))},
		{typ: v, core: []uint64{3, 0}, trap: "invalid variant discriminant"},
		{typ: option(tF32), core: []uint64{0, f32(3.14)}, want: null},
		{typ: option(tF32), core: []uint64{1, f32(3.5)}, want: num(3.5)},
		{typ: option(option(tU8)), core: []uint64{1, 0, 9}, want: tab()},
		{typ: option(option(tU8)), core: []uint64{1, 1, 9}, want: tab("some", num(9))},
		{typ: option(option(tU8)), core: []uint64{0, 1, 9}, want: null},
		{typ: result(tU8, tU32), core: []uint64{0, 42}, want: tab("ok", num(42))},
		{typ: result(tU8, tU32), core: []uint64{1, 1000}, want: tab("err", num(1000))},
		{typ: result(nil, tU32), core: []uint64{0, 7}, want: tab("ok", yes)},
		{typ: result(nil, nil), core: []uint64{1}, want: tab("err", yes)},
		{typ: result(nil, nil), core: []uint64{2}, trap: "invalid variant discriminant"},
		// The upper half of a joined slot counts for nothing in a narrow case.
		{typ: variant("w", "a", tU16, "b", tU64), core: []uint64{0, 0xffffffff_00010004}, want: tab("tag", str("a"), "value", num(4))},
		{typ: variant("w", "a", tF32, "b", tU64), core: []uint64{0, 0xdeadbeef_00000000 | f32(1.5)}, want: tab("tag", str("a"), "value", num(1.5))},
		{typ: enum("a", "b"), core: []uint64{0}, want: str("a")},
		{typ: enum("a", "b"), core: []uint64{1}, want: str("b")},
		{typ: enum("a", "b"), core: []uint64{2}, trap: "invalid variant discriminant"},
	}
	pairs := func(typ *wit.Type, of ...float64) {
		for i := 0; i < len(of); i += 2 {
			rows = append(rows, row{typ: typ, core: []uint64{uint64(of[i])}, want: num(of[i+1])})
		}
	}
	pairs(tU8, 127, 127, 128, 128, 255, 255, 256, 0, top, 255, top-127, 128, top-128, 127)
	pairs(tS8, 127, 127, 128, -128, 255, -1, 256, 0, top, -1, top-127, -128, top-128, 127)
	pairs(tU16, 32767, 32767, 32768, 32768, 65535, 65535, 65536, 0, top, 65535, top-32767, 32768, top-32768, 32767)
	pairs(tS16, 32767, 32767, 32768, -32768, 65535, -1, 65536, 0, top, -1, top-32767, -32768, top-32768, 32767)
	pairs(tU32, 1<<31-1, 1<<31-1, 1<<31, 1<<31, top, top)
	pairs(tS32, 1<<31-1, 1<<31-1, 1<<31, -1<<31, top, -1)
	for _, b := range []uint64{0, 1, 2, top} {
		rows = append(rows, row{typ: tBool, core: []uint64{b}, want: mailbox.Bool(b != 0)})
	}
	for _, u := range []uint64{0, 1<<63 - 1, 1 << 63, math.MaxUint64} {
		rows = append(rows, row{typ: tU64, core: []uint64{u}, want: mailbox.Uint(u)},
			row{typ: tS64, core: []uint64{u}, want: mailbox.Int(int64(u))},
			row{typ: tF64, core: []uint64{u}, want: num(canonical(math.Float64frombits(u)))})
	}
	for _, c := range []rune{0, 'A', 0xd7ff, 0xe000, 0x10ffff} {
		rows = append(rows, row{typ: tChar, core: []uint64{uint64(c)}, want: str(string(c))})
	}
	for _, c := range []uint64{0xd800, 0xdfff, 0x110000, top} {
		rows = append(rows, row{typ: tChar, core: []uint64{c}, trap: "invalid `char` bit pattern"})
	}
	for _, r := range rows {
		c := NewCompiler()
		f := compile(t, c, function(nil, r.typ))
		opts := newGuest(64).options(&Store{}, c, UTF8)
		x := lifter{opts: opts, named: true}
		var got [1]mailbox.Value
		err := x.params(f, r.core, got[:])
		if r.trap != "" {
			wantTrap(t, err, r.trap)
			continue
		}
		if err != nil || !identical(got[0], r.want) {
			t.Errorf("%s of %#x: %s %v, want %s", r.typ, r.core, dump(got[0]), err, dump(r.want))
			continue
		}
		args, err := f.Fit(got[:])
		if err != nil {
			t.Errorf("%s: %s does not fit: %v", r.typ, dump(got[0]), err)
			continue
		}
		stack := make([]uint64, len(r.core))
		y := lowerer{ctx: bg, opts: opts}
		if err := y.params(f, args, stack); err != nil {
			t.Errorf("%s: %s is not lowered: %v", r.typ, dump(got[0]), err)
		}
		again := got
		if err := x.params(f, stack, again[:]); err != nil || !identical(again[0], r.want) {
			t.Errorf("%s: %#x became %#x: %s %v", r.typ, r.core, stack, dump(again[0]), err)
		}
	}
}

// TestEmptyList checks that a list without elements is one, as JSON too.
func TestEmptyList(t *testing.T) {
	for _, typ := range []*wit.Type{list(tU32), list(tString), list(list(tU8))} {
		c := NewCompiler()
		f := compile(t, c, function(nil, typ))
		for _, arena := range []*arena{nil, {}} {
			x := lifter{slabs: slabs{arena: arena}, opts: newGuest(64).options(&Store{}, c, UTF8), named: true}
			var got [1]mailbox.Value
			if err := x.params(f, []uint64{0, 0}, got[:]); err != nil {
				t.Fatal(err)
			}
			if text := string(got[0].AppendJSON(nil)); text != "[]" {
				t.Errorf("%s: %s", typ, text)
			}
		}
	}
}

// TestNaNs checks that one NaN crosses, and that infinities do.
func TestNaNs(t *testing.T) {
	for in, want := range map[uint64]uint64{
		0x7fc00000: 0x7fc00000, 0x7fc00001: 0x7fc00000, 0x7fe00000: 0x7fc00000, 0x7fffffff: 0x7fc00000, 0xffffffff: 0x7fc00000,
		0x7f800001: 0x7fc00000, 0x7f800000: 0x7f800000, 0x3fc00000: 0x3fc00000, 0x80000000: 0x80000000, 1: 1,
	} {
		v, _ := LiftScalar(wit.F32, in)
		if got, ok := LowerScalar(wit.F32, v); !ok || got != want {
			t.Errorf("f32 %#x became %#x, want %#x", in, got, want)
		}
	}
	const nan = 0x7ff8000000000000
	for in, want := range map[uint64]uint64{
		nan: nan, nan + 1: nan, 0x7ffc000000000000: nan, 0x7fffffffffffffff: nan, 0xffffffffffffffff: nan, 0x7ff0000000000001: nan,
		0x7ff0000000000000: 0x7ff0000000000000, 0x3ff0000000000000: 0x3ff0000000000000, 1 << 63: 1 << 63,
	} {
		v, _ := LiftScalar(wit.F64, in)
		if got, ok := LowerScalar(wit.F64, v); !ok || got != want {
			t.Errorf("f64 %#x became %#x, want %#x", in, got, want)
		}
	}
}

// encode gives the bytes and the length of s in an encoding; tagged asks for
// utf16 where there is a choice.
func encode(s string, e Encoding, tagged bool) (b []byte, units uint32) {
	switch {
	case e == UTF8:
		return []byte(s), uint32(len(s))
	case e == Latin1OrUTF16 && !tagged:
		for _, c := range s {
			if c > 0xff {
				return nil, 0
			}
			b = append(b, byte(c))
		}
		return b, uint32(len(b))
	}
	for _, u := range utf16.Encode([]rune(s)) {
		b = le.AppendUint16(b, u)
		units++
	}
	if e == Latin1OrUTF16 {
		units |= utf16Tag
	}
	return b, units
}

// TestStrings takes strings from each encoding to each.
func TestStrings(t *testing.T) {
	texts := []string{"", "a", "hi", "\x00", "a\x00b", "\u0080", "\u0080b", "ab\u00efc", "\u01ffy", "xy\u01ff", "a\ud7ffb",
		"a\u02ff\u03ff\u04ffbc", "\uf123", "\uf123\uf123abc", "abcdef\uf123", "é😀", "😀", "h\u00f6☃🍰"}
	encodings := []Encoding{UTF8, UTF16, Latin1OrUTF16}
	for _, from := range encodings {
		for _, to := range encodings {
			for _, moves := range []bool{false, true} {
				for _, text := range texts {
					for _, tagged := range []bool{false, true}[:1+btoi(from == Latin1OrUTF16)] {
						b, units := encode(text, from, tagged)
						if b == nil && text != "" {
							continue
						}
						name := fmt.Sprintf("%q from %s (tagged: %v) to %s", text, from, tagged, to)
						got, err := crossing(t, b, units, from, to, moves)
						if err != nil || got != text {
							t.Errorf("%s: %q %v", name, got, err)
						}
					}
				}
			}
		}
	}
}

// crossing has one component pass a string to another, and gives what it got.
func crossing(t *testing.T, b []byte, units uint32, from, to Encoding, moves bool) (string, error) {
	c, s := NewCompiler(), &Store{}
	f := compile(t, c, function(nil, tString))
	caller, callee := newGuest(64), newGuest(64)
	callee.moves = moves
	copy(caller.mem[32:], b)
	var got mailbox.Value
	var inner error
	opts := callee.options(s, c, to)
	lifted := &Lifted{Plan: f, Options: opts, Core: coreFunc(func(_ context.Context, stack []uint64) error {
		x := lifter{opts: opts, mem: callee.mem}
		got, inner = x.flat(f.params[0].node, &core{stack: stack})
		return inner
	})}
	lowered := &Lowered{Plan: f, Options: caller.options(s, c, from), Target: lifted}
	err := lowered.Call(bg, []uint64{32, uint64(units)})
	return got.Str(), err
}

// TestStringReallocs checks how the guest is asked for memory: as much as may
// be needed, then what is.
func TestStringReallocs(t *testing.T) {
	for _, c := range []struct {
		text string
		from Encoding
		to   Encoding
		want [][4]uint64
	}{
		{"", UTF8, UTF8, [][4]uint64{{0, 0, 1, 0}}},
		{"abc", UTF8, UTF8, [][4]uint64{{0, 0, 1, 3}}},
		{"abc", UTF8, UTF16, [][4]uint64{{0, 0, 2, 6}}},
		{"aé", UTF8, UTF16, [][4]uint64{{0, 0, 2, 6}, {16, 6, 2, 4}}},
		{"aé", UTF16, UTF16, [][4]uint64{{0, 0, 2, 4}}},
		{"aé", UTF16, UTF8, [][4]uint64{{0, 0, 1, 2}, {16, 2, 1, 6}, {18, 6, 1, 3}}},
		{"ab", UTF16, UTF8, [][4]uint64{{0, 0, 1, 2}}},
		{"aé", Latin1OrUTF16, UTF8, [][4]uint64{{0, 0, 1, 2}, {16, 2, 1, 4}, {18, 4, 1, 3}}},
		{"aé", Latin1OrUTF16, UTF16, [][4]uint64{{0, 0, 2, 4}}},
		{"aé", UTF8, Latin1OrUTF16, [][4]uint64{{0, 0, 2, 3}, {16, 3, 2, 2}}},
		{"aé", UTF16, Latin1OrUTF16, [][4]uint64{{0, 0, 2, 2}}},
		{"a☃", UTF8, Latin1OrUTF16, [][4]uint64{{0, 0, 2, 4}, {16, 4, 2, 8}, {20, 8, 2, 4}}},
		{"a☃", UTF16, Latin1OrUTF16, [][4]uint64{{0, 0, 2, 2}, {16, 2, 2, 4}}},
		{"a☃", Latin1OrUTF16, Latin1OrUTF16, [][4]uint64{{0, 0, 2, 4}}},
	} {
		g := newGuest(64)
		x := lowerer{ctx: bg, opts: g.options(&Store{}, NewCompiler(), c.to), from: c.from}
		if _, _, err := x.text(c.text); err != nil || fmt.Sprint(g.reallocs) != fmt.Sprint(c.want) {
			t.Errorf("%q from %s to %s: %v %v, want %v", c.text, c.from, c.to, g.reallocs, err, c.want)
		}
	}
}
