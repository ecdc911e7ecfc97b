package wasmhost

import (
	"context"
	"fmt"
	"math"
	"testing"

	"wippy/mailbox"
	"wippy/runtime/process"
	"wippy/wasmhost/wit"
)

func TestArguments(t *testing.T) {
	h := newHost(t, Options{})
	table := mailbox.TableValue([]mailbox.Value{num(1), num(2)}, nil)
	for _, tt := range []struct {
		guest, method, wit string
		args               []mailbox.Value
		want               string // the results, or the error
	}{
		// By core types: either sign in, signed out.
		{"numbers", "i32", "", []mailbox.Value{num(-1 << 31)}, "number -2147483648"},
		{"numbers", "i32", "", []mailbox.Value{num(1<<32 - 1)}, "number -1"},
		{"numbers", "i32", "", []mailbox.Value{mailbox.Int(7)}, "number 7"},
		{"numbers", "i32", "", []mailbox.Value{mailbox.Uint(7)}, "number 7"},
		{"numbers", "i32", "", []mailbox.Value{num(1 << 32)}, "argument 1: expected i32, got 4294967296"},
		{"numbers", "i32", "", []mailbox.Value{num(-1<<31 - 1)}, "argument 1: expected i32, got -2147483649"},
		{"numbers", "i32", "", []mailbox.Value{num(1.5)}, "argument 1: expected i32, got 1.5"},
		{"numbers", "i32", "", []mailbox.Value{num(math.NaN())}, "argument 1: expected i32, got NaN"},
		{"numbers", "i32", "", []mailbox.Value{str("7")}, `argument 1: expected i32, got "7"`},
		{"numbers", "i32", "", []mailbox.Value{mailbox.Nil}, "argument 1: expected i32, got nil"},
		{"numbers", "i32", "", []mailbox.Value{table}, "argument 1: expected i32, got table (2 elements)"},
		{"numbers", "i64", "", []mailbox.Value{mailbox.Uint(math.MaxUint64)}, "integer -1"},
		{"numbers", "i64", "", []mailbox.Value{num(1 << 53)}, "integer 9007199254740992"},
		{"numbers", "i64", "", []mailbox.Value{str("-9223372036854775808")}, "integer -9223372036854775808"},
		{"numbers", "i64", "", []mailbox.Value{str("18446744073709551615")}, "integer -1"},
		{"numbers", "i64", "", []mailbox.Value{str("18446744073709551616")}, `argument 1: expected i64, got "18446744073709551616"`},
		{"numbers", "i64", "", []mailbox.Value{str("12a")}, `argument 1: expected i64, got "12a"`},
		{"numbers", "f32", "", []mailbox.Value{num(0.5)}, "number 0.5"},
		{"numbers", "f32", "", []mailbox.Value{num(math.Inf(1))}, "number +Inf"},
		{"numbers", "f32", "", []mailbox.Value{num(1e300)}, "argument 1: expected f32, got 1e+300"},
		{"numbers", "f64", "", []mailbox.Value{num(0.1)}, "number 0.1"},
		{"numbers", "f64", "", []mailbox.Value{mailbox.Int(3)}, "number 3"},
		{"numbers", "f64", "", []mailbox.Value{mailbox.Bool(true)}, "argument 1: expected f64, got true"},
		{"numbers", "nothing", "", nil, ""},
		{"numbers", "nothing", "", []mailbox.Value{num(1)}, "nothing takes no arguments, got 1"},
		{"numbers", "i32", "", nil, "i32 takes 1 argument (i32), got 0"},
		{"numbers", "div_mod", "", []mailbox.Value{num(17), num(5)}, "number 3, number 2"},
		{"numbers", "all", "", []mailbox.Value{num(1), num(2), num(3), num(4)}, "number 1, integer 2, number 3, number 4"},

		// By WIT types.
		{"numbers", "i32", "%i32: func(x: u8) -> u8;", []mailbox.Value{num(255)}, "number 255"},
		{"numbers", "i32", "%i32: func(x: u8) -> u8;", []mailbox.Value{num(256)}, "argument 1 (x): expected u8, got 256"},
		{"numbers", "i32", "%i32: func(x: s32) -> u32;", []mailbox.Value{num(-1)}, "number 4294967295"},
		{"numbers", "i32", "%i32: func(x: u32) -> s32;", []mailbox.Value{num(4294967295)}, "number -1"},
		{"numbers", "i32", "%i32: func(x: s8) -> s8;", []mailbox.Value{num(-128)}, "number -128"},
		{"numbers", "i32", "%i32: func(x: s8) -> u8;", []mailbox.Value{num(-1)}, "number 255"},
		{"numbers", "i32", "%i32: func(x: s16) -> u16;", []mailbox.Value{num(-2)}, "number 65534"},
		{"numbers", "i32", "%i32: func(x: u16) -> s16;", []mailbox.Value{num(65535)}, "number -1"},
		{"numbers", "i32", "%i32: func(x: bool) -> bool;", []mailbox.Value{mailbox.Bool(true)}, "boolean true"},
		{"numbers", "i32", "%i32: func(x: bool) -> bool;", []mailbox.Value{num(1)}, "argument 1 (x): expected bool, got 1"},
		{"numbers", "i32", "%i32: func(x: s32) -> bool;", []mailbox.Value{num(-7)}, "boolean true"},
		{"numbers", "i32", "%i32: func(x: char) -> char;", []mailbox.Value{str("é")}, `string "é"`},
		{"numbers", "i32", "%i32: func(x: char) -> u32;", []mailbox.Value{str("é")}, "number 233"},
		{"numbers", "i32", "%i32: func(x: char) -> char;", []mailbox.Value{str("ab")}, `argument 1 (x): expected char, got "ab"`},
		{"numbers", "i32", "%i32: func(x: char) -> char;", []mailbox.Value{str("")}, `argument 1 (x): expected char, got ""`},
		{"numbers", "i32", "%i32: func(x: char) -> char;", []mailbox.Value{str("\xff")}, `argument 1 (x): expected char, got "\xff"`},
		{"numbers", "i32", "%i32: func(x: u32) -> char;", []mailbox.Value{num(0xd800)}, "result 1: 0xd800 is not a char"},
		{"numbers", "i64", "%i64: func(x: u64) -> u64;", []mailbox.Value{str("18446744073709551615")}, "unsigned integer 18446744073709551615"},
		{"numbers", "i64", "%i64: func(x: u64) -> u64;", []mailbox.Value{num(-1)}, "argument 1 (x): expected u64, got -1"},
		{"numbers", "i64", "%i64: func(x: s64) -> s64;", []mailbox.Value{mailbox.Uint(1 << 63)}, "argument 1 (x): expected s64, got 9223372036854775808"},
		{"numbers", "div_mod", "div-mod: func(a: u32, b: u32) -> (quotient: u32, rest: u32);", []mailbox.Value{num(17), num(5)}, "number 3, number 2"},
		{"numbers", "div_mod", "div-mod: func(a: u32, b: u32) -> tuple<u32, u32>;", []mailbox.Value{num(17), str("x")}, `argument 2 (b): expected u32, got "x"`},
		{"compute", "compute", "compute: func(a: s32, b: s32) -> s32;", []mailbox.Value{num(6), num(7)}, "number 42"},
		{"compute", "compute", "compute: func(a: s32, b: s32) -> s32;", []mailbox.Value{num(6), num(7), num(8)}, "compute takes 2 arguments (a: s32, b: s32), got 3"},
	} {
		r := run(t, compileGuest(t, h, tt.guest, tt.method, tt.wit), process.Limits{}, tt.args...)
		if got := printed(r); got != tt.want {
			t.Errorf("%s(%v) %s:\n got %s\nwant %s", tt.method, tt.args, tt.wit, got, tt.want)
		}
	}
}

func printed(r process.Result) string {
	if r.Err != nil {
		return r.Err.Message
	}
	s := ""
	for i, v := range r.Values {
		if i > 0 {
			s += ", "
		}
		s += v.Kind().String() + " " + v.String()
	}
	return s
}

// FuzzScalar checks that what a type takes it gives back, whatever is given.
func FuzzScalar(f *testing.F) {
	f.Add(uint8(wit.U32), uint64(1<<31), "x")
	f.Add(uint8(anyI64), uint64(math.MaxUint64), "-1")
	f.Fuzz(func(t *testing.T, as uint8, bits uint64, text string) {
		s := scalar(as)
		if s > anyI64 || s < anyI32 && s > scalar(wit.Char) {
			return
		}
		for _, v := range []mailbox.Value{num(math.Float64frombits(bits)), mailbox.Int(int64(bits)), mailbox.Uint(bits), str(text), mailbox.Bool(bits == 0)} {
			core, ok := lower(s, v)
			if !ok {
				continue
			}
			back, ok := lift(s, core)
			if !ok {
				t.Fatalf("%s takes %s and does not give it back", s, v)
			}
			if again, ok := lower(s, back); !ok || again != core && s < scalar(wit.F32) {
				t.Fatalf("%s: %s became %s", s, v, back)
			}
		}
	})
}

// TestCompileAndRunConcurrently shares one program among many goroutines.
func TestCompileAndRunConcurrently(t *testing.T) {
	h := newHost(t, Options{})
	errs := make(chan error, 8)
	for g := range cap(errs) {
		go func() {
			p, err := h.Compile(context.Background(), Source{Name: "compute", Bytes: readGuest(t, "compute"), Method: "compute"})
			for i := 0; err == nil && i < 200; i++ {
				r := run(t, p, process.Limits{}, num(float64(g)), num(float64(i)))
				if want := fmt.Sprintf("number %d", g*i); printed(r) != want {
					err = fmt.Errorf("got %s, want %s", printed(r), want)
				}
			}
			errs <- err
		}()
	}
	for range cap(errs) {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
}

func TestParseWords(t *testing.T) {
	sig := signature{method: "f", params: []param{{"", anyI32}, {"b", scalar(wit.S64)}, {"", scalar(wit.F64)}, {"", scalar(wit.Bool)}, {"", scalar(wit.Char)}}}
	got, err := sig.parse([]string{"-7", "9223372036854775807", "1e3", "true", "7"})
	want := []mailbox.Value{mailbox.Int(-7), mailbox.Uint(1<<63 - 1), mailbox.Float(1000), mailbox.Bool(true), mailbox.String("7")}
	if err != nil {
		t.Fatal(err)
	}
	for i := range want {
		if !got[i].Equal(want[i]) {
			t.Errorf("word %d: got %v, want %v", i+1, got[i], want[i])
		}
	}
	for _, c := range []struct {
		words []string
		want  string
	}{
		{[]string{"x", "1", "1", "true", "a"}, `argument 1: expected i32, got "x"`},
		{[]string{"1", "1.5", "1", "true", "a"}, `argument 2 (b): expected s64, got "1.5"`},
		{[]string{"1", "1", "one", "true", "a"}, `argument 3: expected f64, got "one"`},
		{[]string{"1", "1", "1", "yes", "a"}, `argument 4: expected bool, got "yes"`},
		{[]string{"1"}, `f takes 5 arguments (i32, b: s64, f64, bool, char), got 1`},
	} {
		if _, err := sig.parse(c.words); err == nil || err.Error() != c.want {
			t.Errorf("%q: got %v, want %s", c.words, err, c.want)
		}
	}
}
