package mailbox

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"
)

// Each class holds equal values; values of two classes differ.
func equalityClasses() map[string][]Value {
	when := time.Date(2024, 2, 29, 12, 30, 0, 5, time.UTC)
	now := time.Now()
	pair := func(k, v Value) Pair { return Pair{k, v} }
	a, b := pair(String("a"), Int(1)), pair(String("b"), Int(2))
	many, reversed := make([]Pair, 0, 100), make([]Pair, 0, 100)
	for i := range 100 {
		many = append(many, pair(Int(int64(i)), Int(int64(i))))
		reversed = append(reversed, pair(Float(float64(99-i)), Uint(uint64(99-i))))
	}
	return map[string][]Value{
		"nil":      {Nil, {}, ErrorValue(nil)},
		"false":    {Bool(false)},
		"true":     {Bool(true)},
		"0":        {Int(0), Uint(0), Float(0), Float(math.Copysign(0, -1))},
		"1":        {Int(1), Uint(1), Float(1)},
		"-1":       {Int(-1), Float(-1)},
		"2^53":     {Int(1 << 53), Uint(1 << 53), Float(1 << 53)},
		"2^53+1":   {Int(1<<53 + 1), Uint(1<<53 + 1)},
		"2^63":     {Uint(1 << 63), Float(1 << 63)},
		"-2^63":    {Int(math.MinInt64), Float(-1 << 63)},
		"2^63-1":   {Int(math.MaxInt64), Uint(math.MaxInt64)},
		"2^64-1":   {Uint(math.MaxUint64)},
		"2^64":     {Float(1 << 64)},
		"0.5":      {Float(0.5)},
		"NaN":      {Float(math.NaN()), Float(math.Float64frombits(0xfff8000000000001))},
		"+Inf":     {Float(math.Inf(1))},
		"-Inf":     {Float(math.Inf(-1))},
		"''":       {String("")},
		"'1'":      {String("1"), String(fmt.Sprint(1))},
		"1ns":      {Duration(1)},
		"0ns":      {Duration(0)},
		"time":     {Time(when), Time(when.In(time.FixedZone("X", 3600)))},
		"now":      {Time(now), Time(now.Round(0)), Time(now.UTC())},
		"zero":     {Time(time.Time{})},
		"error":    {ErrorValue(&Error{Kind: Failed, Message: "m"}), ErrorValue(&Error{Kind: Failed, Message: "m", Cause: fmt.Errorf("c")})},
		"kind":     {ErrorValue(&Error{Kind: Invalid, Message: "m"})},
		"message":  {ErrorValue(&Error{Kind: Failed, Message: "n"})},
		"retry":    {ErrorValue(&Error{Kind: Failed, Message: "m", Retryable: true})},
		"value":    {ErrorValue(&Error{Kind: Failed, Message: "m", Value: Int(1)}), ErrorValue(&Error{Kind: Failed, Message: "m", Value: Float(1)})},
		"trace":    {ErrorValue(&Error{Kind: Failed, Message: "m", Trace: []string{"t"}})},
		"{}":       {TableValue(nil, nil), TableValue([]Value{}, []Pair{}), TableValue(nil, []Pair{{String("a"), Nil}})},
		"{1}":      {TableValue([]Value{Int(1)}, nil), TableValue([]Value{Float(1)}, nil)},
		"{1,nil}":  {TableValue([]Value{Int(1), Nil}, nil)},
		"{a}":      {TableValue(nil, []Pair{a}), TableValue(nil, []Pair{a, {String("b"), Nil}}), TableValue(nil, []Pair{{String("c"), Nil}, a})},
		"{b}":      {TableValue(nil, []Pair{b})},
		"{a,b}":    {TableValue(nil, []Pair{a, b}), TableValue(nil, []Pair{b, a}), TableValue(nil, []Pair{{Bool(true), Nil}, b, a})},
		"{1,a,b}":  {TableValue([]Value{Int(1)}, []Pair{a, b}), TableValue([]Value{Int(1)}, []Pair{b, a})},
		"{a=b}":    {TableValue(nil, []Pair{pair(a.Key, b.Value)})},
		"{[1.5]}":  {TableValue(nil, []Pair{pair(Float(1.5), Nil), pair(Float(2.5), Int(1))})},
		"{[-1]}":   {TableValue(nil, []Pair{pair(Int(-1), Int(1))}), TableValue(nil, []Pair{pair(Float(-1), Int(1))})},
		"{[true]}": {TableValue(nil, []Pair{pair(Bool(true), Int(1))})},
		"many":     {TableValue(nil, many), TableValue(nil, reversed)},
		"fewer":    {TableValue(nil, many[:99]), TableValue(nil, reversed[1:])},
	}
}

func TestEqual(t *testing.T) {
	classes := equalityClasses()
	for name, class := range classes {
		for other, values := range classes {
			for i, v := range class {
				for j, o := range values {
					if v.Equal(o) != (name == other) {
						t.Errorf("Equal of %s[%d] and %s[%d] is %v", name, i, other, j, name != other)
					}
					if v.EqualMetered(o, func(int) {}) != (name == other) {
						t.Errorf("EqualMetered of %s[%d] and %s[%d] is %v", name, i, other, j, name != other)
					}
				}
			}
		}
	}
}

func TestEqualOfASharedTableIsImmediate(t *testing.T) {
	v := Int(1)
	for range MaxDepth { // unfolded it has 2^128 leaves
		v = TableValue([]Value{v}, []Pair{{String("x"), v}})
	}
	if !v.Equal(v) {
		t.Error("a value differs from itself")
	}
}

func TestEqualMeteredCountsWhatItLooksAt(t *testing.T) {
	long := strings.Repeat("x", 1<<20)
	list := make([]Value, 1000)
	for name, c := range map[string]struct {
		v, o  Value
		equal bool
		least int
	}{
		"texts":                  {String(long), String(strings.Clone(long)), true, 3 * comparedBytes / 64},
		"texts that differ late": {String(long + "a"), String(long + "b"), false, 3 * comparedBytes / 64},
		"texts of other lengths": {String(long), String(long + "b"), false, 0},
		"lists":                  {TableValue(list, nil), TableValue(slices.Clone(list), nil), true, 1000 * elementWork},
		"a list of a text":       {TableValue([]Value{String(long)}, nil), TableValue([]Value{String(strings.Clone(long))}, nil), true, 3 * comparedBytes / 64},
	} {
		work := 0
		if got := c.v.EqualMetered(c.o, func(n int) { work += n }); got != c.equal {
			t.Errorf("%s: %v", name, got)
		}
		if work < c.least {
			t.Errorf("%s: %d bytes of work, want at least %d", name, work, c.least)
		}
	}
}
