package mailbox

import (
	"bytes"
	"encoding/hex"
	"errors"
	"math"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
	"time"
)

// golden holds values and their encodings: the format may not change, since
// guests and other nodes read it.
var golden = []struct {
	name string
	v    Value
	hex  string
}{
	{"nil", Nil, "10"},
	{"false", Bool(false), "11"},
	{"true", Bool(true), "12"},
	{"1.5", Float(1.5), "13 000000000000f83f"},
	{"-0", Float(math.Copysign(0, -1)), "13 0000000000000080"},
	{"NaN", Float(math.Float64frombits(0x7ff8000000000001)), "13 010000000000f87f"},
	{"0", Int(0), "14 00"},
	{"63", Int(63), "14 3f"},
	{"64", Int(64), "14 c000"},
	{"-1", Int(-1), "14 7f"},
	{"-64", Int(-64), "14 40"},
	{"-65", Int(-65), "14 bf7f"},
	{"-624485", Int(-624485), "14 9bf159"},
	{"greatest", Int(math.MaxInt64), "14 ffffffffffffffffff00"},
	{"least", Int(math.MinInt64), "14 8080808080808080807f"},
	{"unsigned 0", Uint(0), "15 00"},
	{"unsigned 624485", Uint(624485), "15 e58e26"},
	{"unsigned greatest", Uint(math.MaxUint64), "15 ffffffffffffffffff01"},
	{"empty string", String(""), "16 00"},
	{"string", String("héllo"), "16 06 68c3a96c6c6f"},
	{"bytes", String("\x00\xff"), "16 02 00ff"},
	{"empty table", TableValue(nil, nil), "17 00 00"},
	{"list", TableValue([]Value{Int(1), Nil, Bool(true)}, nil), "17 03 1401 10 12 00"},
	{"record", TableValue(nil, []Pair{{String("b"), Int(1)}, {String("a"), Nil}}), "17 00 02 160162 1401 160161 10"},
	{"keys", TableValue([]Value{Int(7)}, []Pair{{Int(0), Nil}, {Int(2), Nil}, {Float(1.5), Nil}, {Bool(false), Nil}}),
		"17 01 1407 04 1400 10 1402 10 13000000000000f83f 10 11 10"},
	{"nested", TableValue([]Value{TableValue([]Value{TableValue(nil, nil)}, nil)}, nil), "17 01 17 01 17 00 00 00 00"},
	{"error", ErrorValue(&Error{Kind: Invalid, Message: "no"}), "18 07 696e76616c6964 02 6e6f 00 10 00"},
	{"rich error", ErrorValue(&Error{Kind: "x", Retryable: true, Value: Int(1), Trace: []string{"a:1", ""}}), "18 01 78 00 01 1401 02 03613a31 00"},
	{"duration", Duration(time.Microsecond), "19 e807"},
	{"negative duration", Duration(-time.Nanosecond), "19 7f"},
	{"epoch", Time(time.Unix(0, 0)), "1a 00 00"},
	{"zero time", Time(time.Time{}), "1a 8092b8c3987e 00"},
	{"before the epoch", Time(time.Unix(-1, 999_999_999)), "1a 7f ff93ebdc03"},
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestGoldenEncodings(t *testing.T) {
	for _, g := range golden {
		t.Run(g.name, func(t *testing.T) {
			got, err := g.v.Append([]byte("before"))
			if err != nil {
				t.Fatal(err)
			}
			want := unhex(t, g.hex)
			if got = bytes.TrimPrefix(got, []byte("before")); !bytes.Equal(got, want) {
				t.Fatalf("encoded as % x, want % x", got, want)
			}
			back, err := Decode(want)
			if err != nil || back.Kind() != g.v.Kind() || !back.Equal(g.v) {
				t.Fatalf("decoded as %s %s, %v, want %s", back.Kind(), back, err, g.v)
			}
		})
	}
}

func TestEncodingDropsZoneMonotonicReadingAndCause(t *testing.T) {
	now := time.Now().In(time.FixedZone("X", 3600))
	v := roundTrip(t, Time(now))
	if got := v.Time(); got != now.Round(0).UTC() {
		t.Errorf("%v came back as %v", now, got)
	}
	e := roundTrip(t, ErrorValue(&Error{Kind: Failed, Message: "m", Cause: errors.New("c")})).Err()
	if e.Cause != nil {
		t.Errorf("the cause came back as %v", e.Cause)
	}
}

func roundTrip(t testing.TB, v Value) Value {
	t.Helper()
	b, err := v.Append(nil)
	if err != nil {
		t.Fatalf("encoding %s: %v", v, err)
	}
	back, err := Decode(b)
	if err != nil || !back.Equal(v) {
		t.Fatalf("%s came back as %s, %v from % x", v, back, err, b)
	}
	return back
}

func nested(depth int, wrap func(Value) Value) Value {
	v := Nil
	for range depth {
		v = wrap(v)
	}
	return v
}

func inList(v Value) Value  { return TableValue([]Value{v}, nil) }
func inPair(v Value) Value  { return TableValue(nil, []Pair{{String("k"), v}}) }
func inError(v Value) Value { return ErrorValue(&Error{Kind: Failed, Value: v}) }

func TestAppendRefuses(t *testing.T) {
	const deep = "a value nested more than 128 deep cannot be encoded"
	const badKey = "a table cannot be encoded: expected a boolean, number or string as a key, got "
	const twice = "a table cannot be encoded: expected a key that the table does not have yet, got "
	keyed := func(keys ...Value) Value {
		pairs := make([]Pair, len(keys))
		for i, k := range keys {
			pairs[i].Key = k
		}
		return TableValue([]Value{Int(7), Int(8)}, pairs)
	}
	many := make([]Value, 20)
	for i := range many {
		many[i] = Int(int64(i + 3))
	}
	for _, c := range []struct {
		v    Value
		want string
	}{
		{nested(MaxDepth+1, inList), deep},
		{nested(MaxDepth+1, inPair), deep},
		{nested(MaxDepth+1, inError), deep},
		{keyed(Nil), badKey + "nil"},
		{keyed(Float(math.NaN())), badKey + "NaN"},
		{keyed(TableValue(nil, nil)), badKey + "table (0 elements)"},
		{keyed(ErrorValue(Errorf(Failed, "x"))), badKey + "x"},
		{keyed(Time(time.Unix(0, 0).UTC())), badKey + "1970-01-01T00:00:00Z"},
		{keyed(Int(1)), twice + "1"},
		{keyed(Float(2)), twice + "2"},
		{keyed(String("a"), String("a")), twice + `"a"`},
		{keyed(Int(3), Uint(3)), twice + "3"},
		{keyed(append(many, Float(3))...), twice + "3"},
		{keyed(append(many, Float(22))...), twice + "22"},
		{inError(inList(keyed(Nil))), badKey + "nil"},
		{TableValue(make([]Value, MaxNodes), nil), "a value of more than 4194304 parts cannot be encoded"},
	} {
		before := []byte("before")
		got, err := c.v.Append(before)
		if err == nil || err.Error() != c.want || !errors.Is(err, Invalid) {
			t.Errorf("got %v, want %s", err, c.want)
		}
		if string(got) != "before" {
			t.Errorf("%v left % x behind", err, got)
		}
	}
}

func TestBoundsThemselvesAreEncoded(t *testing.T) {
	for _, wrap := range []func(Value) Value{inList, inPair, inError} {
		roundTrip(t, nested(MaxDepth, wrap))
	}
	roundTrip(t, TableValue(make([]Value, MaxNodes-1), nil))
}

func TestDecodeRefuses(t *testing.T) {
	deep := strings.Repeat("1701", MaxDepth+1) + "10" + strings.Repeat("00", MaxDepth+1)
	for _, c := range []struct{ hex, want string }{
		{"", "byte 0: expected a value's tag, found none left"},
		{"0f", "byte 0: expected a value's tag, 0x10 to 0x1a, found 0x0f"},
		{"1b", "byte 0: expected a value's tag, 0x10 to 0x1a, found 0x1b"},
		{"20", "byte 0: expected a value's tag, 0x10 to 0x1a, found 0x20"},
		{"10 10", "byte 1: expected the end, found 1 byte left"},
		{"13 00000000000000", "byte 1: expected the 8 bytes of a number, found 7 bytes left"},
		{"14", "byte 1: expected an integer as a signed LEB128 of 64 bits in its shortest form, found none left"},
		{"14 80", "byte 1: expected an integer as a signed LEB128 of 64 bits in its shortest form, found 80"},
		{"14 8000 10", "byte 1: expected an integer as a signed LEB128 of 64 bits in its shortest form, found 80 00"},
		{"14 ff7f", "byte 1: expected an integer as a signed LEB128 of 64 bits in its shortest form, found ff 7f"},
		{"14 ffffffffffffffffff01", "byte 1: expected an integer as a signed LEB128 of 64 bits in its shortest form, found ff ff ff ff ff ff ff ff ff 01"},
		{"14 ffffffffffffffffff7f", "byte 1: expected an integer as a signed LEB128 of 64 bits in its shortest form, found ff ff ff ff ff ff ff ff ff 7f"},
		{"14 8080808080808080808000", "byte 1: expected an integer as a signed LEB128 of 64 bits in its shortest form, found 80 80 80 80 80 80 80 80 80 80"},
		{"15 8000", "byte 1: expected an unsigned integer as an unsigned LEB128 of 64 bits in its shortest form, found 80 00"},
		{"15 ffffffffffffffffff02", "byte 1: expected an unsigned integer as an unsigned LEB128 of 64 bits in its shortest form, found ff ff ff ff ff ff ff ff ff 02"},
		{"16 03 6161", "byte 2: expected the 3 bytes of a string, found 2 bytes left"},
		{"16 ffffffffffffffffff01", "byte 11: expected the 18446744073709551615 bytes of a string, found none left"},
		{"17", "byte 1: expected a number of list elements as an unsigned LEB128 of 64 bits in its shortest form, found none left"},
		{"17 02 10 00", "byte 1: expected at most 1 list elements in what is left, found 2"},
		{"17 ffffffffffffffffff01 00", "byte 1: expected at most 0 list elements in what is left, found 18446744073709551615"},
		{"17 00 02 16 01 61", "byte 2: expected at most 1 pairs in what is left, found 2"},
		{"17 00 01 10 10", "byte 3: expected a boolean, number or string as a key, found nil"},
		{"17 01 10 01 1401 10", "byte 4: expected a key that the table does not have yet, found 1"},
		{"17 00 02 12 10 12 10", "byte 5: expected a key that the table does not have yet, found true"},
		// What the outer table announced is not there for the inner one.
		{"17 03 17 02 10 10 00 00", "byte 3: expected at most 0 list elements in what is left, found 2"},
		{"17 02 16 02 61 61", "byte 4: expected the 2 bytes of a string, found none left"},
		{"18 00 00 02 10 00", "byte 3: expected an error's retryable flag, 0 or 1, found 2"},
		{"18 00 00", "byte 3: expected an error's retryable flag, found none left"},
		{"18 00 00 00 10 02 00", "byte 5: expected at most 1 trace lines in what is left, found 2"},
		{"1a 00 8094ebdc03", "byte 2: expected fewer nanoseconds than a second has, found 1000000000"},
		{deep, "byte 256: expected values nested no more than 128 deep, found one deeper"},
	} {
		v, err := Decode(unhex(t, c.hex))
		if want := "encoded value: " + c.want; err == nil || err.Error() != want || !errors.Is(err, Invalid) {
			t.Errorf("%.60s gave %s, %v\nwant %s", c.hex, v, err, want)
		}
	}
	tooMany := appendUnsigned([]byte{tagTable}, MaxNodes)
	tooMany = append(tooMany, bytes.Repeat([]byte{tagNil}, MaxNodes)...)
	const want = "encoded value: byte 4194308: expected no more than 4194304 values, found one more"
	if _, err := Decode(append(tooMany, 0)); err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// Every prefix of an encoding is refused, as is every encoding with a tail.
func TestDecodeWantsTheWhole(t *testing.T) {
	for _, g := range golden {
		b := unhex(t, g.hex)
		for n := range b {
			if v, err := Decode(b[:n]); err == nil {
				t.Errorf("%s: the first %d bytes gave %s", g.name, n, v)
			}
		}
		if v, err := Decode(append(b, 0)); err == nil {
			t.Errorf("%s: with a byte more it gave %s", g.name, v)
		}
	}
}

func TestDecodeAllocatesInProportion(t *testing.T) {
	const size = 1 << 16
	announced := func(prefix []byte, count int) []byte {
		return appendUnsigned(bytes.Clone(prefix), uint64(count))
	}
	claims := map[string][]byte{}
	// Nested tables that each announce as much as the input could hold.
	var nest []byte
	for range MaxDepth {
		nest = announced(append(nest, tagTable), size/2)
	}
	claims["nested announcements"] = append(nest, make([]byte, size-len(nest))...)
	nest = nil
	for n := size / 2; n > 1; n /= 2 {
		nest = announced(append(nest, tagTable), n-1)
	}
	claims["nested halves"] = append(nest, bytes.Repeat([]byte{tagNil}, size-len(nest))...)
	for name, one := range map[string][]byte{
		"nils": {tagNil}, "tables": {tagTable, 0, 0}, "times": {tagTime, 0, 0}, "errors": {tagError, 0, 0, 0, tagNil, 0},
	} {
		list := append(announced([]byte{tagTable}, size), bytes.Repeat(one, size)...)
		claims[name] = append(list, 0)
	}
	pairs := announced([]byte{tagTable, 0}, size)
	for i := range size {
		pairs = append(appendUnsigned(append(pairs, tagUint), uint64(i)), tagNil)
	}
	claims["pairs"] = pairs
	for name, b := range claims {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := Decode(b)
			runtime.ReadMemStats(&after)
			perByte := float64(after.TotalAlloc-before.TotalAlloc) / float64(len(b))
			t.Logf("%.1f bytes a byte, %v", perByte, err)
			if perByte > 100 {
				t.Errorf("%d bytes of input allocated %.1f times as much", len(b), perByte)
			}
		})
	}
}

// anyValue makes a value of at most size parts that Append accepts.
func anyValue(r *rand.Rand, size, depth int) Value {
	kinds := 10
	if size < 2 || depth == 0 {
		kinds = 8
	}
	switch r.IntN(kinds) {
	case 0:
		return Nil
	case 1:
		return Bool(r.IntN(2) == 0)
	case 2:
		return Float(math.Float64frombits(r.Uint64()))
	case 3:
		return Int(int64(r.Uint64()) >> r.IntN(64))
	case 4:
		return Uint(r.Uint64() >> r.IntN(64))
	case 5:
		return String(anyText(r))
	case 6:
		return Duration(time.Duration(int64(r.Uint64()) >> r.IntN(64)))
	case 7:
		return Time(time.Unix(int64(r.Uint64())>>r.IntN(64), r.Int64N(1e9)))
	case 8:
		e := &Error{Kind: ErrorKind(anyText(r)), Message: anyText(r), Retryable: r.IntN(2) == 0, Value: anyValue(r, size-1, depth-1)}
		for range r.IntN(3) {
			e.Trace = append(e.Trace, anyText(r))
		}
		return ErrorValue(e)
	}
	n := r.IntN(size)
	t := &Table{}
	for range n / 2 {
		t.List = append(t.List, anyValue(r, size/n, depth-1))
	}
	keys := keySet{indices: len(t.List)}
	for range n - n/2 {
		if k := anyValue(r, 1, 0); keys.add(k) == "" {
			t.Pairs = append(t.Pairs, Pair{k, anyValue(r, size/n, depth-1)})
		}
	}
	return TableValue(t.List, t.Pairs)
}

func anyText(r *rand.Rand) string {
	b := make([]byte, r.IntN(12))
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return string(b)
}

func FuzzRoundTrip(f *testing.F) {
	for seed := range uint64(200) {
		f.Add(seed, uint16(seed*5))
	}
	f.Fuzz(func(t *testing.T, seed uint64, size uint16) {
		v := anyValue(rand.New(rand.NewPCG(seed, 0)), 1+int(size)%1000, 6)
		first, err := v.Append(nil)
		if err != nil {
			t.Fatal(err)
		}
		second, err := roundTrip(t, v).Append(nil)
		if err != nil || !bytes.Equal(first, second) {
			t.Fatalf("encoded first as % x, then as % x, %v", first, second, err)
		}
	})
}

// What Decode accepts is the one encoding of what it gives.
func FuzzDecode(f *testing.F) {
	for _, g := range golden {
		f.Add(unhex(f, g.hex))
	}
	for seed := range uint64(20) {
		b, err := anyValue(rand.New(rand.NewPCG(seed, 1)), 50, 6).Append(nil)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		v, err := Decode(b)
		if err != nil {
			return
		}
		_ = v.String()
		again, err := v.Append(nil)
		if err != nil || !bytes.Equal(again, b) {
			t.Fatalf("% x decoded to %s, which encodes to % x, %v", b, v, again, err)
		}
		roundTrip(t, v)
	})
}

func FuzzLEB128(f *testing.F) {
	for _, i := range []int64{0, 1, -1, 63, 64, -64, -65, math.MaxInt64, math.MinInt64} {
		f.Add(i, appendSigned(nil, i))
	}
	f.Fuzz(func(t *testing.T, i int64, b []byte) {
		s, u := appendSigned(nil, i), appendUnsigned(nil, uint64(i))
		if got, n := readSigned(s); got != i || n != len(s) {
			t.Errorf("%d came back as %d from % x", i, got, s)
		}
		if got, n := readUnsigned(u); got != uint64(i) || n != len(u) {
			t.Errorf("%d came back as %d from % x", uint64(i), got, u)
		}
		if got, n := readSigned(b); n > 0 && !bytes.Equal(appendSigned(nil, got), b[:n]) {
			t.Errorf("% x was taken for %d", b[:n], got)
		}
		if got, n := readUnsigned(b); n > 0 && !bytes.Equal(appendUnsigned(nil, got), b[:n]) {
			t.Errorf("% x was taken for %d", b[:n], got)
		}
	})
}

func BenchmarkEncoding(b *testing.B) {
	v := TableValue([]Value{Int(1), Float(2.5), String("three")}, []Pair{
		{String("name"), String("worker")},
		{String("state"), TableValue(nil, []Pair{{String("jobs"), Int(12345)}, {String("idle"), Bool(true)}})},
	})
	encoded, err := v.Append(nil)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("Append", func(b *testing.B) {
		b.SetBytes(int64(len(encoded)))
		b.ReportAllocs()
		buf := make([]byte, 0, len(encoded))
		for b.Loop() {
			if _, err := v.Append(buf); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("Decode", func(b *testing.B) {
		b.SetBytes(int64(len(encoded)))
		b.ReportAllocs()
		for b.Loop() {
			if _, err := Decode(encoded); err != nil {
				b.Fatal(err)
			}
		}
	})
}
