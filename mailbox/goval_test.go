package mailbox

import (
	"errors"
	"math"
	"reflect"
	"testing"
	"time"
)

func TestValueOf(t *testing.T) {
	type name string
	at := time.Unix(5, 6).UTC()
	for _, c := range []struct {
		in   any
		want Value
	}{
		{nil, Nil},
		{true, Bool(true)},
		{name("x"), String("x")},
		{[]byte("b"), String("b")},
		{int8(-3), Int(-3)},
		{uint64(math.MaxUint64), Uint(math.MaxUint64)},
		{float32(0.5), Float(0.5)},
		{time.Second, Duration(time.Second)},
		{at, Time(at)},
		{Int(7), Int(7)},
		{[]any{1, "a", nil}, TableValue([]Value{Int(1), String("a"), Nil}, nil)},
		{[2]bool{true, false}, TableValue([]Value{Bool(true), Bool(false)}, nil)},
		{map[string]any{"b": 1, "a": []int{2}}, TableValue(nil, []Pair{
			{String("a"), TableValue([]Value{Int(2)}, nil)}, {String("b"), Int(1)}})},
		{Errorf(Denied, "no"), ErrorValue(Errorf(Denied, "no"))},
		{errors.New("plain"), ErrorValue(Errorf(Internal, "plain"))},
	} {
		got, err := ValueOf(c.in)
		if err != nil || !got.Equal(c.want) {
			t.Errorf("ValueOf(%v): got %v, %v; want %v", c.in, got, err, c.want)
		}
	}
}

func TestValueOfErrors(t *testing.T) {
	deep := any(1)
	for range MaxDepth + 1 {
		deep = []any{deep}
	}
	for _, c := range []struct {
		in   any
		want string
	}{
		{func() {}, "argument 1: a Go func() cannot be a value"},
		{map[string]any{"f": []any{make(chan int)}}, `argument 1: field "f": [0] a Go chan int cannot be a value`},
		{map[float64]int{math.NaN(): 1}, "argument 1: a number cannot be a key"},
	} {
		if _, err := ValuesOf(c.in); err == nil || err.Error() != c.want {
			t.Errorf("got %v, want %s", err, c.want)
		}
	}
	if _, err := ValueOf(deep); !errors.Is(err, Invalid) {
		t.Errorf("a value nested too deep: %v", err)
	}
}

func TestAny(t *testing.T) {
	v := TableValue([]Value{Int(1)}, []Pair{{Float(2.5), Bool(true)}, {String("k"), Uint(3)}, {Int(9), Nil}})
	want := map[string]any{"1": int64(1), "2.5": true, "k": uint64(3), "9": nil}
	if got := v.Any(); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got := TableValue([]Value{String("a")}, nil).Any(); !reflect.DeepEqual(got, []any{"a"}) {
		t.Errorf("got %v", got)
	}
}
