package mailbox

import (
	"errors"
	"math"
	"reflect"
	"strings"
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
	within := make([]any, 1)
	within[0] = within
	doubling := any(1)
	for range MaxDepth - 1 {
		doubling = []any{doubling, doubling}
	}
	deep := nested(MaxDepth, inList)
	itself := Errorf(Denied, "no")
	itself.Value = ErrorValue(itself)
	for _, c := range []struct {
		in   any
		want string // the end of the text
	}{
		{func() {}, "argument 1: a Go func() cannot be a value"},
		{map[string]any{"f": []any{make(chan int)}}, `argument 1: field "f": [0] a Go chan int cannot be a value`},
		{map[float64]int{math.NaN(): 1}, "argument 1: a number cannot be a key"},
		{map[any]any{1: "a", 1.0: "b"}, "argument 1: two keys are 1"},
		{map[any]any{[1]int{1}: "a"}, "argument 1: a table cannot be a key"},
		{map[any]any{[1]chan int{}: "a"}, "argument 1: key [0] a Go chan int cannot be a value"},
		{within, "[0] nested deeper than 128 levels"},
		{doubling, "[1] more than 4194304 parts"},
		{make([]struct{}, 1<<30), "argument 1: more than 4194304 parts"},
		{[]any{deep}, "argument 1: [0] nested deeper than 128 levels"},
		{map[string]any{"v": deep}, `argument 1: field "v": nested deeper than 128 levels`},
		{[]any{ErrorValue(itself)}, "argument 1: [0] nested deeper than 128 levels"},
		{[]error{&Error{Value: deep}}, "argument 1: [0] nested deeper than 128 levels"},
		{[]any{TableValue(nil, []Pair{{String("f"), nested(MaxDepth-1, inList)}})}, "argument 1: [0] nested deeper than 128 levels"},
		{[]Value{TableValue(make([]Value, MaxNodes), nil)}, "argument 1: [0] more than 4194304 parts"},
	} {
		_, err := ValuesOf(c.in)
		if err == nil || !strings.HasSuffix(err.Error(), c.want) || !errors.Is(err, Invalid) {
			t.Errorf("got %v, want %s", err, c.want)
		}
	}
}

// TestValueOfAtTheBound shows that what ValueOf lets through can be encoded.
func TestValueOfAtTheBound(t *testing.T) {
	for _, in := range []any{nested(MaxDepth, inList), []any{nested(MaxDepth-1, inList)}, []error{&Error{Value: nested(MaxDepth-2, inList)}}} {
		v, err := ValueOf(in)
		if err != nil {
			t.Error(err)
			continue
		}
		if _, err := v.Append(nil); err != nil {
			t.Error(err)
		}
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
