package wit

import (
	"strconv"
	"strings"
	"testing"

	"wippy/mailbox"
)

// definitions are what the types of these tests name.
const definitions = `
record point { x: s32, y: s32 }
record person { name: string, HTTP-port: option<u16>, tags: list<string> }
record loose { a: option<u8>, b: option<string> }
variant shape { circle(f64), rect(tuple<f64, f64>), named(string), poly(list<point>), nothing, err(option<u8>) }
enum color { red, light-green, none, %ok }
flags perms { read, write, exec-all }
`

// typeOf reads a type, of which one may name the definitions.
func typeOf(t *testing.T, text string) *Type {
	t.Helper()
	fs, err := Parse(definitions + "f: func(x: " + text + ");")
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return fs[0].Params[0].Type
}

// dump prints a value with its kinds.
func dump(v mailbox.Value) string {
	switch v.Kind() {
	case mailbox.KindInt:
		return v.String() + "i"
	case mailbox.KindUint:
		return v.String() + "u"
	case mailbox.KindTable:
		var parts []string
		for _, e := range v.Table().List {
			parts = append(parts, dump(e))
		}
		for _, p := range v.Table().Pairs {
			parts = append(parts, p.Key.Str()+"="+dump(p.Value))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	}
	return v.String()
}

func TestParseValue(t *testing.T) {
	for _, tt := range []struct{ typ, text, want, printed string }{
		{"bool", "true", "true", "true"},
		{"u8", " 255 // all of it\n", "255", "255"},
		{"s8", "-128", "-128", "-128"},
		{"u32", "4294967295", "4294967295", "4294967295"},
		{"s64", "-9223372036854775808", "-9223372036854775808i", "-9223372036854775808"},
		{"u64", "18446744073709551615", "18446744073709551615u", "18446744073709551615"},
		{"f64", "6.02e+23", "6.02e+23", "6.02e+23"},
		{"f64", "-inf", "-Inf", "-inf"},
		{"f64", "nan", "NaN", "nan"},
		{"f32", "0.1", "0.10000000149012", "0.1"},
		{"char", "'x'", `"x"`, "'x'"},
		{"char", "' '", `" "`, "' '"},
		{"char", `'\''`, `"'"`, `'\''`},
		{"char", `'\u{1F600}'`, `"😀"`, `'😀'`},
		{"char", `'"'`, `"\""`, `'"'`},
		{"string", `"a \"\t\\ é\u{7}'"`, `"a \"\t\\ é\a'"`, `"a \"\t\\ é\u{7}'"`},
		{"list<string>", `["a", "b",]`, `{"a", "b"}`, `["a", "b"]`},
		{"list<string>", `[ ]`, `{}`, `[]`},
		{"list<u8>", `"aé"`, `"aé"`, `"aé"`},
		{"list<u8>", `[97, 255]`, `"a\xff"`, `[97, 255]`},
		{"list<list<u8>>", `["a", []]`, `{"a", ""}`, `["a", ""]`},
		{"tuple<u8, string>", `(1, "two",)`, `{1, "two"}`, `(1, "two")`},
		{"tuple<option<u8>, u8>", `(none, 1)`, `{nil, 1}`, `(none, 1)`},
		{"point", "{y: 2, x: -1}", "{x=-1, y=2}", "{x: -1, y: 2}"},
		{"person", `{name: "Ann", HTTP-port: 80, tags: []}`, `{name="Ann", HTTP_port=80, tags={}}`, `{name: "Ann", HTTP-port: some(80), tags: []}`},
		{"person", `{name: "Ann", %tags: ["a"], http_port: none}`, `{name="Ann", HTTP_port=nil, tags={"a"}}`, `{name: "Ann", HTTP-port: none, tags: ["a"]}`},
		{"loose", "{:}", "{a=nil, b=nil}", "{a: none, b: none}"},
		{"loose", "{}", "{a=nil, b=nil}", "{a: none, b: none}"},
		{"shape", "nothing", `{tag="nothing"}`, "nothing"},
		{"shape", "circle(1.5)", `{tag="circle", value=1.5}`, "circle(1.5)"},
		{"shape", "rect((1, 2))", `{tag="rect", value={1, 2}}`, "rect((1, 2))"},
		{"shape", "poly([{x: 1, y: 2}])", `{tag="poly", value={{x=1, y=2}}}`, "poly([{x: 1, y: 2}])"},
		{"shape", "%err(none)", `{tag="err", value=nil}`, "%err(none)"},
		{"color", "red", `"red"`, "red"},
		{"color", "light_green", `"light-green"`, "light-green"},
		{"color", "none", `"none"`, "%none"},
		{"option<color>", "none", "nil", "none"},
		{"option<color>", "%none", `"none"`, "some(%none)"},
		{"option<u8>", "7", "7", "some(7)"},
		{"option<u8>", "some ( 7 )", "7", "some(7)"},
		{"option<option<u8>>", "none", "nil", "none"},
		{"option<option<u8>>", "some(none)", "{}", "some(none)"},
		{"option<option<u8>>", "some(some(7))", "{some=7}", "some(some(7))"},
		{"list<option<u8>>", "[1, none, some(2)]", "{{some=1}, {}, {some=2}}", "[some(1), none, some(2)]"},
		{"result", "ok", "{ok=true}", "ok"},
		{"result", "err", "{err=true}", "err"},
		{"result<u8>", "7", "{ok=7}", "ok(7)"},
		{"result<u8, string>", `err("x")`, `{err="x"}`, `err("x")`},
		{"result<_, string>", "ok", "{ok=true}", "ok"},
		{"result<color>", "%ok", `{ok="ok"}`, "ok(%ok)"},
		{"result<option<u8>, string>", "ok(none)", "{ok=nil}", "ok(none)"},
		{"list<result<u8>>", "[1, err]", "{{ok=1}, {err=true}}", "[ok(1), err]"},
		{"perms", "{exec_all, read}", "{read=true, exec_all=true}", "{read, exec-all}"},
		{"perms", "{}", "{}", "{}"},
	} {
		typ := typeOf(t, tt.typ)
		v, err := ParseValue(tt.text, typ)
		if err != nil {
			t.Errorf("%s %s: %v", tt.typ, tt.text, err)
			continue
		}
		if got := dump(v); got != tt.want {
			t.Errorf("%s %s: got %s, want %s", tt.typ, tt.text, got, tt.want)
		}
		if got := FormatValue(v, typ); got != tt.printed {
			t.Errorf("%s %s: printed as %s, want %s", tt.typ, tt.text, got, tt.printed)
		}
	}
}

func TestParseValueErrors(t *testing.T) {
	for _, tt := range []struct{ typ, text, want string }{
		{"bool", "yes", `expected bool, got "yes"`},
		{"u8", "256", `expected u8, got 256`},
		{"u8", "1.5", `expected u8, got "1.5"`},
		{"u8", "", `expected u8, got the end`},
		{"u8", "1 2", `expected the end, got 2, at character 3`},
		{"u8", `"1"`, `expected u8, got a string`},
		{"f32", "1e300", `expected f32, got "1e300"`},
		{"char", "x", `expected char, got "x"; write it as 'x'`},
		{"char", "''", `expected a character between quotes, at character 2; write ' itself as '\''`},
		{"char", "'xy'", `expected "'" behind one character, got "y", at character 3`},
		{"string", "x", `expected string, got "x"; write it as "…"`},
		{"string", `"x`, `the string does not end; end it with "`},
		{"string", `"é\q"`, `a \ begins no escape, at character 3; there are \' \" \\ \t \n \r and \u{…}`},
		{"string", `"\u{d800}"`, `expected \u{…} with the hexadecimal number of a character, at character 2`},
		{"string", "\"a\nb\"", `a line ends between quotes, at character 3; write it as \n`},
		{"string", "\"\xff\"", `expected a character of UTF-8, got the byte 0xff, at character 2`},
		{"list<u16>", "7", `expected list<u16>, got 7; write it as […]`},
		{"list<u8>", "7", `expected list<u8>, got 7; write it as "…" or […]`},
		{"list<u8>", "[7, 256]", `element 2: expected u8, got 256, at character 5`},
		{"list<u16>", "[7 8]", `expected "," or "]", got 8, at character 4`},
		{"list<u16>", "[7", `expected "," or "]", got the end, at character 3`},
		{"tuple<u8, string>", "(1)", `expected element 2, string, got ")", at character 3`},
		{"tuple<u8>", "(1, 2)", `expected ")", got 2, at character 5; a tuple<u8> has 1`},
		{"point", "{x: 1}", `expected field "y", s32, got "}", at character 6`},
		{"point", "{x: 1, z: 2}", `expected a field of point, got "z", at character 8; did you mean x?`},
		{"point", "{x: 1, x: 2}", `the field "x" is there twice, at character 9`},
		{"point", "{:}", `expected field "x", s32, got "}", at character 3`},
		{"point", "[1, 2]", `expected point, got "["; write it as {field: …}`},
		{"list<person>", `[{name: "a", tags: ["b", c]}]`, `element 1: field "tags": element 2: expected string, got "c", at character 26; write it as "…"`},
		{"shape", "square(1)", `expected a case of shape, got "square"; there are circle, rect, named, poly, nothing, err`},
		{"shape", "circle", `expected "(" and f64 behind the case "circle", got the end, at character 7`},
		{"shape", "circle(x)", `case "circle": expected f64, got "x", at character 8`},
		{"shape", "nothing(1)", `the case "nothing" holds nothing, at character 8`},
		{"color", "reed", `expected a case of color, got "reed"; did you mean red?`},
		{"color", "%", `expected a name, got the end, at character 2`},
		{"option<option<u8>>", "7", `expected option<option<u8>>, got 7; write some(…) or none`},
		{"result<_, u8>", "7", `expected result<_, u8>, got 7; write ok or err(…)`},
		{"result", "ok(7)", `the ok of a result holds nothing, at character 3`},
		{"perms", "{read, read}", `the flag "read" is there twice, at character 12`},
		{"perms", "{reed}", `expected a flag of perms, got "reed", at character 2; did you mean read?`},
		{"u8", strings.Repeat(" ", maxValueText+1), `the value has 1048577 bytes; there may be 1048576`},
	} {
		_, err := ParseValue(tt.text, typeOf(t, tt.typ))
		if err == nil {
			t.Errorf("%s %s: no error", tt.typ, tt.text)
		} else if err.Error() != tt.want {
			t.Errorf("%s %s:\n got %s\nwant %s", tt.typ, tt.text, err, tt.want)
		}
	}
	own := &Type{Kind: Own, Resource: &Resource{Name: "blob"}}
	if _, err := ParseValue("x", own); err == nil || err.Error() != "a blob is a resource, which cannot be written" {
		t.Error(err)
	}
}

func TestParseWord(t *testing.T) {
	for _, tt := range []struct{ typ, word, want string }{
		{"string", "world", `"world"`},
		{"string", `"world"`, `"\"world\""`},
		{"string", "", `""`},
		{"string", "\xff", `expected a string of UTF-8, got "\xff"`},
		{"char", "x", `"x"`},
		{"char", "'", `"'"`},
		{"char", "'x'", `"x"`},
		{"char", "xy", `expected char, got "xy"`},
		{"list<u8>", "a,b", `"a,b"`},
		{"list<u8>", "\xff", `"\xff"`},
		{"list<u8>", "[1]", `"\x01"`},
		{"list<string>", `["a"]`, `{"a"}`},
		{"option<string>", "none", "nil"},
		{"option<string>", "nobody", `"nobody"`},
		{"option<string>", `"none"`, `"none"`},
		{"option<string>", `some("none")`, `"none"`},
		{"option<char>", "x", `"x"`},
		{"option<u8>", "7", "7"},
		{"option<u8>", "x", `expected u8, got "x"`},
		{"u64", "1/2", `expected u64, got "1/2"`},
		{"bool", "yes", `expected bool, got "yes"`},
		{"f64", "1e3", "1000"},
		{"color", "red", `"red"`},
		{"result<u8>", "7", "{ok=7}"},
	} {
		v, err := ParseWord(tt.word, typeOf(t, tt.typ))
		got := dump(v)
		if err != nil {
			got = err.Error()
		}
		if got != tt.want {
			t.Errorf("%s %s: got %s, want %s", tt.typ, tt.word, got, tt.want)
		}
	}
}

// TestFormatValue prints what is not as ParseValue makes it.
func TestFormatValue(t *testing.T) {
	str := mailbox.String
	table := func(kv ...mailbox.Value) mailbox.Value {
		var pairs []mailbox.Pair
		for i := 0; i < len(kv); i += 2 {
			pairs = append(pairs, mailbox.Pair{Key: kv[i], Value: kv[i+1]})
		}
		return mailbox.TableValue(nil, pairs)
	}
	for _, tt := range []struct {
		typ  string
		v    mailbox.Value
		want string
	}{
		{"shape", str("nothing"), "nothing"},
		{"shape", str("odd"), `"odd"`},
		{"person", table(str("name"), str("x"), str("HTTP-port"), mailbox.Int(1)), `{name: "x", HTTP-port: some(1), tags: nil}`},
		{"perms", table(str("exec_all"), mailbox.Bool(true), str("read"), mailbox.Bool(false)), "{exec-all}"},
		{"u8", str("x"), `"x"`},
		{"point", mailbox.Nil, "nil"},
		{"tuple<u8, u8>", mailbox.TableValue(nil, nil), "(nil, nil)"},
		{"list<u8>", str("\x00"), "[0]"},
		{"list<u16>", str("x"), `"x"`},
		{"result<u8>", table(), "table (0 elements)"},
		{"result<u8, option<u8>>", table(), "err(none)"},
	} {
		if got := FormatValue(tt.v, typeOf(t, tt.typ)); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.typ, got, tt.want)
		}
	}
}

// TestValueBounds holds that no text makes a parser work without end.
func TestValueBounds(t *testing.T) {
	deep := &Type{Kind: U16}
	for range 200 {
		deep = &Type{Kind: List, Elem: deep}
	}
	if _, err := ParseValue(strings.Repeat("[", 200), deep); err == nil || !strings.Contains(err.Error(), "nested more than 128 deep") {
		t.Error(err)
	}
	wide := &Type{Kind: Record}
	for i := range 10000 {
		wide.Fields = append(wide.Fields, Field{"f" + strconv.Itoa(i), &Type{Kind: Option, Elem: &Type{Kind: U8}}})
	}
	if _, err := ParseValue("["+strings.Repeat("{:},", 10000)+"]", &Type{Kind: List, Elem: wide}); err == nil || !strings.Contains(err.Error(), "more than 4194304 parts") {
		t.Error(err)
	}
	many := &Type{Kind: Enum}
	for i := range 10000 {
		many.Labels = append(many.Labels, "f"+strconv.Itoa(i))
	}
	if _, err := ParseValue("["+strings.Repeat("f9999,", 10000)+"]", &Type{Kind: List, Elem: many}); err == nil || !strings.Contains(err.Error(), "too many parts") {
		t.Error(err)
	}
	if v, err := ParseValue("["+strings.Repeat("1,", maxValueText/2-1)+"]", &Type{Kind: List, Elem: &Type{Kind: U16}}); err != nil || len(v.Table().List) != maxValueText/2-1 {
		t.Error(err)
	}
}

func TestSnake(t *testing.T) {
	for name, want := range map[string]string{"a": "a", "read-only": "read_only", "HTTP-port2": "HTTP_port2"} {
		if got := Snake(name); got != want || !Same(name, got) || !Same(name, name) {
			t.Errorf("%s: %s", name, got)
		}
	}
	if Same("a-b", "ab") || Same("a-b", "a-c") {
		t.Error("different names are the same")
	}
}

// FuzzParseValue checks that what is parsed prints as text that means the same.
func FuzzParseValue(f *testing.F) {
	for i, text := range []string{`{name: "é", http-port: some(1), tags: ["\u{0}"]}`, "rect((nan, -inf))", "[some(some(1)), none]", `err(err("x"))`, `"a"`, "{read}", "(1, 2, 3, 'x', 0.1)"} {
		f.Add(uint8(i), text)
	}
	fs, err := Parse(definitions + `f: func(a: list<person>, b: shape, c: list<option<option<u64>>>, d: result<list<loose>, result<_, string>>,
		e: list<list<u8>>, f: option<perms>, g: tuple<s8, u64, s64, char, f32>, h: list<color>, i: result<option<color>, string>, j: option<result<shape, f64>>);`)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, i uint8, text string) {
		typ := fs[0].Params[int(i)%len(fs[0].Params)].Type
		for _, parse := range []func(string, *Type) (mailbox.Value, error){ParseValue, ParseWord} {
			v, err := parse(text, typ)
			if err != nil {
				if e, ok := err.(*ValueError); !ok || e.At < 1 || e.At > len(text)+1 {
					t.Fatalf("%v", err)
				}
				continue
			}
			printed := FormatValue(v, typ)
			again, err := ParseValue(printed, typ)
			if err != nil || !again.Equal(v) {
				t.Fatalf("%s of %q: %s is printed as %s, which is %s, %v", typ, text, dump(v), printed, dump(again), err)
			}
		}
	})
}

// TestFloatNarrow holds that an f32 is one.
func TestFloatNarrow(t *testing.T) {
	v, err := ParseValue("0.1", &Type{Kind: F32})
	if err != nil || v.Float() != float64(float32(0.1)) {
		t.Error(v, err)
	}
}
