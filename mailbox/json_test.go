package mailbox

import (
	"encoding/json"
	"math"
	"testing"
	"time"
)

func TestAppendJSON(t *testing.T) {
	list := TableValue([]Value{Int(1), Nil, String("x")}, nil)
	for _, test := range []struct {
		value Value
		want  string
	}{
		{Nil, `null`},
		{Bool(true), `true`},
		{Float(42), `42`},
		{Float(-0.5), `-0.5`},
		{Float(math.Copysign(0, -1)), `-0`},
		{Float(1e300), `1e+300`},
		{Float(math.NaN()), `null`},
		{Float(math.Inf(-1)), `null`},
		{Int(math.MinInt64), `-9223372036854775808`},
		{Uint(math.MaxUint64), `18446744073709551615`},
		{String("a\"\\\n\r\t\x01<é>"), `"a\"\\\n\r\t\u0001<é>"`},
		{String("\xff"), `"` + "\ufffd" + `"`},
		{Duration(1500 * time.Millisecond), `"1.5s"`},
		{Time(time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)), `"2026-01-02T03:04:05.000000006Z"`},
		{ErrorValue(Errorf(NotFound, "no %q", "x")), `{"kind":"not_found","message":"no \"x\""}`},
		{list, `[1,null,"x"]`},
		{TableValue(nil, nil), `{}`},
		{TableValue([]Value{}, nil), `[]`},
		{TableValue(nil, []Pair{{String("b"), list}, {String("a"), Bool(false)}}), `{"a":false,"b":[1,null,"x"]}`},
		{TableValue([]Value{Int(7)}, []Pair{{Float(10), Int(8)}, {Bool(true), Int(9)}}), `{"1":7,"10":8,"true":9}`},
	} {
		got, err := json.Marshal(&test.value)
		if err != nil || !json.Valid(test.value.AppendJSON(nil)) {
			t.Errorf("%v: invalid JSON %s (%v)", test.value, got, err)
		}
		if got := string(test.value.AppendJSON(nil)); got != test.want {
			t.Errorf("%v: got %s, want %s", test.value, got, test.want)
		}
	}
}
