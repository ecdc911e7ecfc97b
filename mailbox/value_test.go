package mailbox

import (
	"math"
	"strings"
	"testing"
	"time"
	"unsafe"
)

func TestConstructorsAndAccessors(t *testing.T) {
	when := time.Date(2024, 2, 29, 12, 30, 0, 5, time.UTC)
	failure := Errorf(Failed, "it broke")
	table := TableValue([]Value{Int(1), Int(2)}, nil)
	record := TableValue([]Value{Int(1)}, []Pair{{String("a"), Bool(true)}})
	for _, c := range []struct {
		v    Value
		kind Kind
		name string
		text string
	}{
		{Value{}, KindNil, "nil", "nil"},
		{Nil, KindNil, "nil", "nil"},
		{ErrorValue(nil), KindNil, "nil", "nil"},
		{Bool(true), KindBool, "boolean", "true"},
		{Bool(false), KindBool, "boolean", "false"},
		{Float(0.1), KindFloat, "number", "0.1"},
		{Float(1e15), KindFloat, "number", "1e+15"},
		{Int(math.MinInt64), KindInt, "integer", "-9223372036854775808"},
		{Uint(math.MaxUint64), KindUint, "unsigned integer", "18446744073709551615"},
		{String(""), KindString, "string", `""`},
		{String("a\x00\xff"), KindString, "string", `"a\x00\xff"`},
		{table, KindTable, "table", "table (2 elements)"},
		{record, KindTable, "table", "table (2 fields)"},
		{ErrorValue(failure), KindError, "error", "it broke"},
		{Duration(90 * time.Second), KindDuration, "duration", "1m30s"},
		{Time(when), KindTime, "time", "2024-02-29T12:30:00.000000005Z"},
	} {
		if c.v.Kind() != c.kind || c.v.Kind().String() != c.name || c.v.String() != c.text {
			t.Errorf("got kind %s, text %s; want %s, %s", c.v.Kind(), c.v, c.name, c.text)
		}
		// An accessor of another kind gives its zero.
		check := func(accessor string, kind Kind, zero bool) {
			if kind != c.kind && !zero {
				t.Errorf("%s of %s %s is not zero", accessor, c.kind, c.v)
			}
		}
		check("IsNil", KindNil, !c.v.IsNil())
		check("Bool", KindBool, !c.v.Bool())
		check("Float", KindFloat, c.v.Float() == 0)
		check("Int", KindInt, c.v.Int() == 0)
		check("Uint", KindUint, c.v.Uint() == 0)
		check("Str", KindString, c.v.Str() == "")
		check("Table", KindTable, c.v.Table() == nil)
		check("Err", KindError, c.v.Err() == nil)
		check("Duration", KindDuration, c.v.Duration() == 0)
		check("Time", KindTime, c.v.Time().IsZero())
	}
	switch {
	case !Nil.IsNil(), !Bool(true).Bool(), Bool(false).Bool(),
		Float(-1.5).Float() != -1.5, Int(math.MinInt64).Int() != math.MinInt64, Uint(math.MaxUint64).Uint() != math.MaxUint64,
		String("").Str() != "", String("a\x00b").Str() != "a\x00b",
		Duration(-1).Duration() != -1, Time(when).Time() != when,
		ErrorValue(failure).Err() != failure, len(table.Table().List) != 2:
		t.Error("an accessor does not give back what its constructor took")
	}
}

func TestTableGet(t *testing.T) {
	table := TableValue([]Value{Int(9)}, []Pair{{Int(5), Int(5)}, {String("a"), Int(1)}, {String("b"), Nil}}).Table()
	for key, want := range map[string]Value{"a": Int(1), "b": Nil, "c": Nil, "5": Nil} {
		if got := table.Get(key); !got.Equal(want) {
			t.Errorf("Get(%q) = %s, want %s", key, got, want)
		}
	}
	if v := table.Value(); v.Table() != table {
		t.Errorf("the table as a value is %s", v)
	}
}

func TestLongStringsAreCutBetweenCharacters(t *testing.T) {
	exact := strings.Repeat("a", 60)
	for s, want := range map[string]string{
		exact:                            `"` + exact + `"`,
		exact + "b":                      `"` + exact + `"… (61 bytes)`,
		exact[:59] + "é":                 `"` + exact[:59] + `"… (61 bytes)`,
		exact[:57] + "😀":                 `"` + exact[:57] + `"… (61 bytes)`,
		strings.Repeat("\x80", 61):       `"` + strings.Repeat(`\x80`, 56) + `"… (61 bytes)`,
		exact[:10] + "\n" + exact + "bc": `"` + exact[:10] + `\n` + exact[:49] + `"… (73 bytes)`,
	} {
		if got := String(s).String(); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

func TestInteger(t *testing.T) {
	type answer struct {
		bits     uint64
		negative bool
		ok       bool
	}
	none := answer{}
	whole := func(i int64) answer { return answer{uint64(i), i < 0, true} }
	for _, c := range []struct {
		v    Value
		want answer
	}{
		{Int(0), whole(0)},
		{Int(-1), whole(-1)},
		{Int(math.MaxInt64), whole(math.MaxInt64)},
		{Int(math.MinInt64), whole(math.MinInt64)},
		{Uint(0), whole(0)},
		{Uint(1 << 63), answer{1 << 63, false, true}},
		{Uint(math.MaxUint64), answer{math.MaxUint64, false, true}},
		{Float(0), whole(0)},
		{Float(math.Copysign(0, -1)), whole(0)},
		{Float(1 << 53), whole(1 << 53)},
		{Float(-1 << 53), whole(-1 << 53)},
		{Float(1<<53 + 2), whole(1<<53 + 2)},
		{Float(1 << 63), answer{1 << 63, false, true}},
		{Float(-1 << 63), whole(math.MinInt64)},
		{Float(math.Nextafter(1<<63, 0)), whole(1<<63 - 1<<10)},
		{Float(math.Nextafter(1<<64, 0)), answer{1<<64 - 1<<11, false, true}},
		{Float(1 << 64), none},
		{Float(math.Nextafter(-1<<63, math.Inf(-1))), none},
		{Float(0.5), none},
		{Float(-0.5), none},
		{Float(math.SmallestNonzeroFloat64), none},
		{Float(math.MaxFloat64), none},
		{Float(math.NaN()), none},
		{Float(math.Inf(1)), none},
		{Float(math.Inf(-1)), none},
		{String("1"), none},
		{Bool(true), none},
		{Duration(1), none},
		{Nil, none},
	} {
		var got answer
		if got.bits, got.negative, got.ok = c.v.Integer(); got != c.want {
			t.Errorf("Integer of %s %s = %+v, want %+v", c.v.Kind(), c.v, got, c.want)
		}
	}
}

var sink Value

func TestScalarsAndStringsDoNotAllocate(t *testing.T) {
	if size := unsafe.Sizeof(sink); size != 24 {
		t.Errorf("a Value takes %d bytes", size)
	}
	text := strings.Repeat("long enough to need the heap ", 10)
	n := int64(1)<<40 + 12345
	for name, f := range map[string]func(){
		"Nil":      func() { sink = Nil },
		"Bool":     func() { sink = Bool(n > 0) },
		"Float":    func() { sink = Float(float64(n)) },
		"Int":      func() { sink = Int(n) },
		"Uint":     func() { sink = Uint(uint64(n)) },
		"String":   func() { sink = String(text) },
		"Duration": func() { sink = Duration(time.Duration(n)) },
		"reading": func() {
			bits, _, _ := Int(n).Integer()
			if bits != uint64(n) || String(text).Str() != text || Float(1.5).Float() != 1.5 {
				t.Error("a value is not what it was made of")
			}
		},
		"Equal": func() {
			if !String(text).Equal(String(text)) || !Float(1).Equal(Int(1)) {
				t.Error("equal values differ")
			}
		},
	} {
		if allocs := testing.AllocsPerRun(100, f); allocs != 0 {
			t.Errorf("%s allocates %v times", name, allocs)
		}
	}
}
