package wit

import (
	"strings"
	"testing"

	"wippy/mailbox"
)

// TestFormatShort prints values that are much larger than what is wanted of them.
func TestFormatShort(t *testing.T) {
	u8 := &Type{Kind: List, Elem: &Type{Kind: U8}}
	text := &Type{Kind: Record, Fields: []Field{{Name: "text", Type: &Type{Kind: String}}}}
	record := func(s string) mailbox.Value {
		return mailbox.TableValue(nil, []mailbox.Pair{{Key: mailbox.String("text"), Value: mailbox.String(s)}})
	}
	large := strings.Repeat("\x00", 1<<20)
	for _, tt := range []struct {
		v    mailbox.Value
		t    *Type
		want string
	}{
		{mailbox.String(large), u8, "[0, 0, 0, …"},
		{mailbox.String(strings.Repeat("é", 1<<20)), u8, "\"éééé…"},
		{record(large), text, `{text: "\u…`},
		{mailbox.String("\x00\x01"), u8, "[0, 1]"},
		{record("a"), text, `{text: "a"…`},
	} {
		if got := FormatShort(tt.v, tt.t, 10); got != tt.want {
			t.Errorf("got %s, want %s", got, tt.want)
		}
	}
	if n := testing.AllocsPerRun(1, func() { FormatShort(record(large), text, 10) }); n > 20 {
		t.Errorf("%v allocations", n)
	}
}
