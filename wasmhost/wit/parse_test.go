package wit

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"compute: func(a: s32, b: s32) -> s32;", "compute: func(a: s32, b: s32) -> s32"},
		{"compute: func(a: s32, b: u64,) -> f64", "compute: func(a: s32, b: u64) -> f64"},
		{"f: func();", "f: func()"},
		{"f: func() -> ();", "f: func()"},
		{"f: func() -> (a: s32, b: bool);", "f: func() -> (a: s32, b: bool)"},
		{"f: func() -> tuple<s8, char>;", "f: func() -> tuple<s8, char>"},
		{"f: func() -> tuple<f32>;", "f: func() -> f32"},
		{"f: func(t: tuple<u8, tuple<u16, s64>>);", "f: func(t: tuple<u8, tuple<u16, s64>>)"},
		{"%func: func(%type: s16, HTTP-code2: u32);", "func: func(type: s16, HTTP-code2: u32)"},
		{"f: func(s: string, l: list<list<u8>>, o: option<char>) -> result<u32, string>;", "f: func(s: string, l: list<list<u8>>, o: option<char>) -> result<u32, string>"},
		{"f: func(a: result, b: result<u8>, c: result<_, u8>);", "f: func(a: result, b: result<u8>, c: result<_, u8>)"},
		{"f: func(p: point) -> option<p>; record point { x: s32, y: s32, } type p = point;", "f: func(p: point) -> option<point>"},
		{"type bytes = list<u8>; f: func(b: bytes) -> list<bytes>;", "f: func(b: list<u8>) -> list<list<u8>>"},
		{"type pair = tuple<u8, u16>; f: func() -> pair", "f: func() -> tuple<u8, u16>"},
		{"type %list = u8; f: func(a: %list, b: list<%list>)", "f: func(a: u8, b: list<u8>)"},
		{"enum e { a-2, B-c } f: func(e: e);\nvariant v { a(e), b } flags g { x } g2: func(g: g) -> v", "f: func(e: e)|g2: func(g: g) -> v"},
		{"// one\n/* two /* three */ */ a: func(); /// four\nb: func();", "a: func()|b: func()"},
	} {
		fs, err := Parse(tt.text)
		if err != nil {
			t.Errorf("%s: %v", tt.text, err)
			continue
		}
		var got []string
		for _, f := range fs {
			got = append(got, f.String())
		}
		if s := strings.Join(got, "|"); s != tt.want {
			t.Errorf("%s:\n got %s\nwant %s", tt.text, s, tt.want)
		}
	}
}

func TestPosition(t *testing.T) {
	fs, err := Parse("a: func();\n  b: func();")
	if err != nil || fs[0].Line != 1 || fs[0].Col != 1 || fs[1].Line != 2 || fs[1].Col != 3 {
		t.Errorf("%+v, %v", fs, err)
	}
}

func TestParseErrors(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"", `1:1: expected a signature, found the end; write one like compute: func(a: s32) -> s32;`},
		{" // nothing", `1:12: expected a signature, found the end; write one like compute: func(a: s32) -> s32;`},
		{"compute", `1:8: expected ":", found the end`},
		{"compute: fun()", `1:10: expected "func", found "fun"`},
		{"compute: async func()", `1:10: expected "func", found "async"; async functions come with components`},
		{"compute: func(a s32)", `1:17: expected ":", found "s32"`},
		{"compute: func(a: s32 b: s32)", `1:22: expected "," or ")", found "b"`},
		{"compute: func(a: s32", `1:21: expected "," or ")", found the end`},
		{"compute: func(\n  a: i32)", `2:6: expected a type, found "i32"; WIT writes s32 or u32`},
		{"compute: func(a: )", `1:18: expected a type, found ")"`},
		{"compute: func(a: point)", `1:18: expected a type, found "point"; define it beside the function, as a record, variant, enum, flags or type`},
		{"compute: func(a: pont); record point { x: u8 }", `1:18: expected a type, found "pont"; did you mean point?`},
		{"compute: func(a: Point); record point { x: u8 }", `1:18: expected a name in kebab-case, found "Point"; write point`},
		{"compute: func(a: strin)", `1:18: expected a type, found "strin"; did you mean string?`},
		{"compute: func(a: borrow<x>)", `1:18: expected a type of a core module, found "borrow"; borrow comes with components`},
		{"compute: func(a: map<u8, u8>)", `1:18: expected a type, found "map"; write list<tuple<key, value>>`},
		{"compute: func(a: record)", `1:18: expected a type, found "record"; a name that is a keyword is written %record`},
		{"compute: func(a: list)", `1:22: expected "<", found ")"`},
		{"compute: func(a: list<u8, 4>)", `1:25: expected ">", found ","; lists of a fixed length are not in WASI 0.2; write a tuple`},
		{"compute: func(a: tuple<>)", `1:24: expected a type, found ">"`},
		{"compute: func(a: result<_>)", `1:26: expected ",", found ">"; write result where there is no payload`},
		{"compute: func(a: result<u8 u8>)", `1:28: expected "," or ">", found "u8"`},
		{"record r {} f: func()", `1:10: the record "r" is empty; WIT has no such type; leave it out`},
		{"variant v {} f: func()", `1:11: the variant "v" is empty; WIT has no such type; leave it out`},
		{"enum e {} f: func()", `1:8: the enum "e" is empty; WIT has no such type; leave it out`},
		{"flags g {} f: func()", `1:9: the flags "g" is empty; WIT has no such type; leave it out`},
		{"record r { x u8 }", `1:14: expected ":", found "u8"`},
		{"record r { x: u8; y: u8 }", `1:17: expected "," or "}", found ";"`},
		{"record r { x: u8, X: u8 }", `1:19: two fields are called "X"`},
		{"variant v { a(u8), a }", `1:20: two cases are called "a"`},
		{"variant v { a(u8, u8) }", `1:17: expected ")", found ","`},
		{"enum e { a, a }", `1:13: two cases are called "a"`},
		{"flags g { a, a }", `1:14: two flags are called "a"`},
		{"flags g { " + labels(33) + " }", `1:143: there are more than 32 flags; split them in two`},
		{"type a = u8; record a { x: u8 }", `1:21: "a" is defined already`},
		{"type a = u8; a: func()", `1:14: "a" is a type already`},
		{"a: func(); type a = u8;", `1:17: "a" is a function already`},
		{"type a = u8", `1:12: expected a signature, found the end; write one like compute: func(a: s32) -> s32;`},
		{"record a { x: u8 };", `1:19: expected a type or a function, found ";"; no ; follows }`},
		{"type u8 = u16; f: func()", `1:6: expected the name of a type, found "u8"; a name that is a keyword is written %u8`},
		{"resource r; f: func()", `1:1: expected a type or a function, found "resource"; resources come with components`},
		{"package a:b; f: func()", `1:1: expected a type or a function, found "package"; write only what stands between the braces of an interface, without use`},
		{"@since(version = 1.0.0) f: func()", `1:1: expected a type or a function, found "@"; leave gates such as @since out`},
		{"type a = a; f: func()", `1:10: the type "a" holds itself; hold an index into a list instead`},
		{"record a { b: option<b> } type b = list<a>; f: func()", `1:41: the type "a" holds itself; hold an index into a list instead`},
		{chain(101) + "f: func()", `102:13: types are nested more than 100 deep`},
		{doubling(30) + "f: func()", `18:8: the types have more than 262144 parts`},
		{"compute: func() -> ", `1:20: expected a type, found the end`},
		{"compute: func() compute2: func()", `1:17: expected ";", found "compute2"`},
		{"a: func(); a: func()", `1:12: "a" has a signature already`},
		{"a: func(x: s8, x: s8)", `1:16: two parameters are called "x"`},
		{"a: func(type: s8)", `1:9: expected the name of a parameter, found "type"; a name that is a keyword is written %type`},
		{"my_func: func()", `1:1: expected a name in kebab-case, found "my_func"; write my-func`},
		{"addTwo: func()", `1:1: expected a name in kebab-case, found "addTwo"; write add-two`},
		{"2nd: func()", `1:1: expected a name in kebab-case, found "2nd"; names are words of letters and digits, joined by -`},
		{"é: func()", `1:1: expected a name or a mark, found 'é'`},
		{"%", `1:1: expected a name after %, found the end`},
		{"a: func() /* x", `1:11: the comment does not end; end it with */`},
		{"a: func(x: " + strings.Repeat("tuple<", 200), `1:618: types are nested more than 100 deep`},
	} {
		_, err := Parse(tt.text)
		if err == nil {
			t.Errorf("%s: no error", tt.text)
		} else if err.Error() != tt.want {
			t.Errorf("%s:\n got %s\nwant %s", tt.text, err, tt.want)
		}
	}
}

func TestName(t *testing.T) {
	for export, want := range map[string]string{
		"compute": "compute", "div_mod": "div-mod", "addTwo": "add-two", "_start": "start", "f64": "%f64", "list": "%list",
		"2nd": "", "a.b": "", "": "", "é": "",
	} {
		if got := Name(export); got != want {
			t.Errorf("%q: got %q, want %q", export, got, want)
		}
	}
}

// labels gives n names.
func labels(n int) string {
	s := make([]string, n)
	for i := range s {
		s[i] = fmt.Sprintf("l%02d", i)
	}
	return strings.Join(s, ",")
}

// chain gives a type that holds another, and so on.
func chain(n int) string {
	var b strings.Builder
	b.WriteString("type t0 = u8;\n")
	for i := range n {
		fmt.Fprintf(&b, "type t%d = t%d;\n", i+1, i)
	}
	return b.String()
}

// doubling gives types of which each holds the one before it twice.
func doubling(n int) string {
	s := "type t0 = u8;\n"
	for i := range n {
		s += fmt.Sprintf("record t%d { a: t%d, b: t%d }\n", i+1, i, i)
	}
	return s
}

// TestParseDepth has the definitions the other way round, where each is
// resolved on the way into the first.
func TestParseDepth(t *testing.T) {
	lines := strings.Split(strings.TrimSpace(chain(100000)), "\n")
	slices.Reverse(lines)
	_, err := Parse(strings.Join(lines, "\n") + "\nf: func()")
	if err == nil || !strings.HasSuffix(err.Error(), "types are nested more than 100 deep") {
		t.Error(err)
	}
	if _, err := Parse(chain(99) + "f: func(x: t99)"); err != nil {
		t.Error(err)
	}
}

// FuzzParse checks that parsing never fails but with an *Error inside the text,
// and that what was parsed prints as text that means the same.
func FuzzParse(f *testing.F) {
	f.Add("compute: func(a: s32, b: u64) -> f64;")
	f.Add("%type: func() -> (a: bool, b: char); /* x */")
	f.Add("f: func(a: tuple<u8, tuple<s16>>) -> tuple<f32, s8>")
	f.Add("record r { a: list<e>, %enum: option<v> } enum e { a, b } variant v { x(string), y } flags g { p } type t = r; f: func(t: t, g: g) -> result<_, r>;")
	f.Fuzz(func(t *testing.T, text string) {
		i, err := ParseInterface(text)
		if err != nil {
			e, ok := err.(*Error)
			if lines := strings.Count(text, "\n") + 1; !ok || e.Line < 1 || e.Line > lines || e.Col < 1 {
				t.Fatalf("%v", err)
			}
			return
		}
		again, err := ParseInterface(i.String())
		if err != nil || again.String() != i.String() {
			t.Fatalf("%q prints as %q, which prints as %v: %v", text, i, again, err)
		}
	})
}
