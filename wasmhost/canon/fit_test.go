package canon

import (
	"errors"
	"math"
	"strings"
	"testing"

	"wippy/mailbox"
	"wippy/wasmhost/wit"
)

// TestFitErrors checks that what does not fit is named by its path.
func TestFitErrors(t *testing.T) {
	person := rec("person", "full-name", tString, "age", tU32, "nick", option(tString))
	shape := variant("shape", "circle", tF64, "no-shape", nil)
	r := &wit.Resource{Name: "file"}
	long := strings.Repeat("x", 100)
	for _, c := range []struct {
		typ  *wit.Type
		v    mailbox.Value
		want string
	}{
		{tU32, str("x"), `expected u32, got "x"`},
		{tU32, num(-1), `expected u32, got -1`},
		{tU32, num(1.5), `expected u32, got 1.5`},
		{tU32, num(1 << 32), `expected u32, got 4294967296`},
		{tU8, num(256), `expected u8, got 256`},
		{tS8, num(-129), `expected s8, got -129`},
		{tU64, num(-1), `expected u64, got -1`},
		{tU64, str("18446744073709551616"), `expected u64, got "18446744073709551616"`},
		{tS64, mailbox.Uint(1 << 63), `expected s64, got 9223372036854775808`},
		{tF32, num(1e300), `expected f32, got 1e+300`},
		{tBool, num(1), `expected bool, got 1`},
		{tChar, str("ab"), `expected char, got "ab"`},
		{tChar, str(""), `expected char, got ""`},
		{tString, num(1), `expected string, got 1`},
		{tString, str("a\xff"), `expected string in UTF-8, got "a\xff"`},
		{list(tU8), num(1), `expected list<u8>, got 1`},
		{list(tU8), arr(num(1), num(256)), `element 2: expected u8, got 256`},
		{list(tU32), str("abc"), `expected list<u32>, got "abc"`},
		{list(tU32), arr(num(1), null, num(2)), `element 2: expected u32, got nil`},
		{list(tU32), tab("a", num(1)), `expected list<u32>, got table (1 fields)`},
		{person, str("x"), `expected record person, got "x"`},
		{person, tab("full_name", str("Ada"), "age", str("x")), `field "age": expected u32, got "x"`},
		{person, tab("full_name", str("Ada")), `field "age": expected u32, got nil`},
		{person, tab("full_name", str("Ada"), "age", num(1), "agee", num(2)),
			`unknown field "agee" of record person; there are full_name, age, nick`},
		{person, tab("full_name", str("Ada"), "full-name", str("Ada"), "age", num(1)), `field "full_name" is given twice`},
		{list(person), arr(tab("age", num(1))), `element 1: field "full_name": expected string, got nil`},
		{tuple(tU8, tU8), arr(num(1)), `element 2: expected u8, got nil`},
		{tuple(tU8, tU8), arr(num(1), num(2), num(3)), `expected tuple<u8, u8>, got table (3 elements)`},
		{tuple(tU8, tU8), tab("a", num(1)), `expected tuple<u8, u8>, got a table with the key "a"`},
		{shape, str("circle"), `case "circle": expected f64, got nil`},
		{shape, str("square"), `expected variant shape, got "square"; there are circle, no-shape`},
		{shape, tab("tag", str("circle"), "value", str("x")), `case "circle": expected f64, got "x"`},
		{shape, tab("tag", str("no-shape"), "value", num(1)), `case "no-shape": expected no value, got 1`},
		{shape, tab("tag", str("circle"), "val", num(1)), `expected variant shape as {tag=…, value=…}, got a table with the key "val"`},
		{shape, num(1), `expected variant shape, got 1; there are circle, no-shape`},
		{enum("red", "blue"), str("green"), `expected enum e, got "green"; there are red, blue`},
		{flags("read"), tab("write", yes), `unknown flag "write" of flags f; there are read`},
		{flags("read"), tab("read", num(1)), `flag "read": expected bool, got 1`},
		{flags("read"), str("read"), `expected flags f, got "read"`},
		{option(tU8), str("x"), `expected u8, got "x"`},
		{list(option(tU8)), arr(num(1)), `element 1: expected option<u8> as {some=…} or {}, got 1`},
		{list(option(tU8)), arr(tab("some", num(256))), `element 1: expected u8, got 256`},
		{result(tU8, nil), num(1), `expected result as {ok=…} or {err=…}, got 1`},
		{result(tU8, nil), tab(), `expected result as {ok=…} or {err=…}, got table (0 elements)`},
		{result(option(tU8), option(tU8)), tab(), `expected result as {ok=…} or {err=…}, got table (0 elements)`},
		{result(tU8, nil), tab("ok", num(256)), `ok: expected u8, got 256`},
		{result(tU8, nil), tab("err", num(1)), `err: expected true, got 1`},
		{own(r), num(1), `expected file, got 1`},
		{borrow(r), null, `expected borrow<file>, got nil`},
		{tU32, str(long), `expected u32, got "` + long[:60] + `"… (100 bytes)`},
	} {
		f := compile(t, NewCompiler(), function(nil, tBool, c.typ))
		_, err := f.Fit([]mailbox.Value{yes, c.v})
		want := "argument 2: " + c.want
		if err == nil || err.Error() != want || !errors.Is(err, mailbox.Invalid) {
			t.Errorf("%s as %s:\n got %v\nwant %s", dump(c.v), c.typ, err, want)
		}
	}
	f := compile(t, NewCompiler(), function(nil, tBool, person))
	if _, err := f.Fit(nil); err == nil || err.Error() != "f takes 2 arguments (a: bool, b: record person), got 0" {
		t.Error(err)
	}
	f = compile(t, NewCompiler(), function(nil))
	if _, err := f.Fit([]mailbox.Value{yes}); err == nil || err.Error() != "f takes no arguments, got 1" {
		t.Error(err)
	}
}

// TestFit checks what else is taken than what lifting gives.
func TestFit(t *testing.T) {
	point := rec("point", "x-pos", tS32, "y-pos", option(tS32))
	shape := variant("shape", "circle", option(tF64), "no-shape", nil)
	u := mailbox.Uint
	for _, c := range []struct {
		typ     *wit.Type
		v, want mailbox.Value // the latter by position
	}{
		{tU32, mailbox.Int(7), mailbox.Int(7)},
		{tU64, str("18446744073709551615"), str("18446744073709551615")},
		{tF64, mailbox.Int(2), mailbox.Int(2)},
		{tF32, num(math.Inf(1)), num(math.Inf(1))},
		{tChar, str("é"), u('é')},
		{list(tU8), arr(num(104), mailbox.Int(105)), str("hi")},
		{list(tU8), arr(), str("")},
		{list(tString), arr(), arr()},
		{point, tab("y-pos", num(2), "x_pos", num(1)), arr(num(1), num(2))},
		{point, tab("x-pos", num(1)), arr(num(1), null)},
		{point, tab("x_pos", num(1), "gone", null), arr(num(1), null)},
		{tuple(tU8, option(tU8)), arr(num(1)), arr(num(1), null)},
		{tuple(option(tU8), option(tU8), tU8), mailbox.TableValue(nil, []mailbox.Pair{{Key: num(3), Value: num(9)}}), arr(null, null, num(9))},
		{shape, str("no-shape"), u(1)},
		{shape, str("no_shape"), u(1)},
		{shape, tab("tag", str("no-shape")), u(1)},
		{shape, tab("value", num(1), "tag", str("circle")), arr(u(0), num(1))},
		{shape, str("circle"), arr(u(0), null)},
		{enum("red", "dark-blue"), str("dark_blue"), u(1)},
		{flags("read", "write-all", "x"), tab("write-all", yes, "read", no), u(2)},
		{flags("read"), tab(), u(0)},
		{option(tU8), null, null},
		{list(option(tU8)), arr(tab(), tab("some", num(1)), null), arr(null, num(1), null)},
		{option(option(tU8)), tab("some", num(1)), arr(num(1))},
		{option(option(tU8)), tab(), arr(null)},
		{option(option(tU8)), null, null},
		{result(tU8, nil), tab("ok", num(1)), arr(u(0), num(1))},
		{result(tU8, nil), tab("err", yes), u(1)},
		{result(option(tU8), tU8), tab(), arr(u(0), null)},
		{result(tU8, option(tU8)), tab(), arr(u(1), null)},
		{result(option(tU8), option(tU8)), tab("err", null), arr(u(1), null)},
		{result(option(tU8), option(tU8)), tab("ok", num(1)), arr(u(0), num(1))},
	} {
		f := compile(t, NewCompiler(), function(nil, c.typ))
		got, err := f.Fit([]mailbox.Value{c.v})
		if err != nil || dump(got[0]) != dump(c.want) {
			t.Errorf("%s as %s: got %v %v, want %s", dump(c.v), c.typ, got, err, dump(c.want))
		}
	}
}
