package wit

import (
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
		{"compute: func(a: point)", `1:18: expected a type, found "point"; a core module has bool, s8 to u64, f32, f64 and char; named types come with components`},
		{"compute: func(a: string)", `1:18: expected a type of a core module, found "string"; string comes with components; a core module has bool, s8 to u64, f32, f64 and char`},
		{"compute: func() -> list<u8>", `1:20: expected a type of a core module, found "list"; list comes with components; a core module has bool, s8 to u64, f32, f64 and char`},
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
		{"a: func(x: " + strings.Repeat("tuple<", 200), `1:612: types are nested more than 100 deep`},
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

// FuzzParse checks that parsing never fails but with an *Error inside the text,
// and that what was parsed prints as text that means the same.
func FuzzParse(f *testing.F) {
	f.Add("compute: func(a: s32, b: u64) -> f64;")
	f.Add("%type: func() -> (a: bool, b: char); /* x */")
	f.Add("f: func(a: tuple<u8, tuple<s16>>) -> tuple<f32, s8>")
	f.Fuzz(func(t *testing.T, text string) {
		fs, err := Parse(text)
		if err != nil {
			e, ok := err.(*Error)
			if lines := strings.Count(text, "\n") + 1; !ok || e.Line < 1 || e.Line > lines || e.Col < 1 {
				t.Fatalf("%v", err)
			}
			return
		}
		var again strings.Builder
		for _, g := range fs {
			g.Name = "%" + g.Name
			for _, ps := range [][]Param{g.Params, g.Results} {
				for i := range ps {
					if ps[i].Name != "" {
						ps[i].Name = "%" + ps[i].Name
					}
				}
			}
			again.WriteString(g.String() + ";\n")
		}
		fs2, err := Parse(again.String())
		if err != nil || len(fs2) != len(fs) {
			t.Fatalf("%q prints as %q: %v", text, again.String(), err)
		}
	})
}
