package mailbox

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// AppendJSON appends v as JSON: 64-bit integers exact, fields sorted, durations
// and times as strings, errors as {"kind", "message"}. A table of a List alone
// is an array, every other one an object; an empty one is an array if its List
// is not nil. What JSON cannot say is said as nearly as it can: NaN and the
// infinities are null, bytes that are not UTF-8 are U+FFFD.
func (v Value) AppendJSON(b []byte) []byte {
	switch v.Kind() {
	case KindNil:
		return append(b, "null"...)
	case KindFloat:
		return appendJSONNumber(b, v.Float())
	case KindString:
		return appendJSONString(b, v.Str())
	case KindDuration:
		return appendJSONString(b, v.Duration().String())
	case KindTime:
		return appendJSONString(b, v.Time().Format(time.RFC3339Nano))
	case KindError:
		e := v.Err()
		b = appendJSONString(append(b, `{"kind":`...), string(e.Kind))
		b = appendJSONString(append(b, `,"message":`...), e.Message)
		return append(b, '}')
	case KindResource:
		return appendJSONString(b, v.String())
	case KindTable:
		return v.Table().appendJSON(b)
	}
	return append(b, v.String()...) // booleans and integers
}

// MarshalJSON implements json.Marshaler; see AppendJSON.
func (v Value) MarshalJSON() ([]byte, error) { return v.AppendJSON(nil), nil }

func (t *Table) appendJSON(b []byte) []byte {
	if len(t.Pairs) == 0 && t.List != nil {
		b = append(b, '[')
		for i, e := range t.List {
			if i > 0 {
				b = append(b, ',')
			}
			b = e.AppendJSON(b)
		}
		return append(b, ']')
	}
	type field struct {
		name  string
		value Value
	}
	fields := make([]field, 0, len(t.List)+len(t.Pairs))
	for i, e := range t.List {
		fields = append(fields, field{strconv.Itoa(i + 1), e})
	}
	for _, p := range t.Pairs {
		fields = append(fields, field{p.Key.keyString(), p.Value})
	}
	slices.SortStableFunc(fields, func(a, b field) int { return strings.Compare(a.name, b.name) })
	b = append(b, '{')
	for i, f := range fields {
		if i > 0 {
			b = append(b, ',')
		}
		b = f.value.AppendJSON(append(appendJSONString(b, f.name), ':'))
	}
	return append(b, '}')
}

// appendJSONNumber writes whole numbers as such, others as short as they can
// be read back.
func appendJSONNumber(b []byte, f float64) []byte {
	switch {
	case math.IsNaN(f) || math.IsInf(f, 0):
		return append(b, "null"...)
	case f == math.Trunc(f) && math.Abs(f) <= 1<<53 && (f != 0 || !math.Signbit(f)):
		return strconv.AppendInt(b, int64(f), 10)
	}
	return strconv.AppendFloat(b, f, 'g', -1, 64)
}

// appendJSONString escapes only what JSON wants escaped: unlike encoding/json
// it does not guard against being read as HTML.
func appendJSONString(b []byte, s string) []byte {
	b = append(b, '"')
	for _, r := range s { // a byte that is not UTF-8 is U+FFFD here
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r == '\n':
			b = append(b, `\n`...)
		case r == '\r':
			b = append(b, `\r`...)
		case r == '\t':
			b = append(b, `\t`...)
		case r < ' ':
			const hex = "0123456789abcdef"
			b = append(b, '\\', 'u', '0', '0', hex[r>>4], hex[r&15])
		default:
			b = utf8.AppendRune(b, r)
		}
	}
	return append(b, '"')
}
