package lua

import (
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"wippy/mailbox"
)

// FuzzCompile compiles arbitrary sources: no panic, no overflow, and an error
// that says where.
func FuzzCompile(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.lua")
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(source), 1)
	}
	for _, piece := range []string{"{", "(", "f(", "do ", "function() ", "- ", "not ", "a.b", "a..", "1+", "if x then else", "::a::goto a ", "[[", "--[[", "\"", "a=", "x,"} {
		f.Add(piece, 100000)
	}
	f.Fuzz(func(t *testing.T, piece string, times int) {
		source := strings.Repeat(piece, max(0, min(times, 1<<18/(len(piece)+1))))
		if _, err := compile("fuzz.lua", []byte(source)); err != nil && !strings.HasPrefix(err.Error(), "fuzz.lua:") {
			t.Errorf("%v", err)
		}
	})
}

// FuzzValues sends values built of bytes into Lua and back: they come back as
// they were, but for what Lua does not tell apart.
func FuzzValues(f *testing.F) {
	f.Add([]byte("\x00\x01\x02\x03\x04\x05\x06abcdefgh"))
	f.Add([]byte{7, 3, 1, 4, 9, 9, 7, 2, 5, 1, 8, 6, 2, 'x', 'y'})
	f.Fuzz(func(t *testing.T, data []byte) {
		ctx := newFake()
		L := start(t, ctx, ``).(*instance).state.main
		want := (&maker{data}).value(0)
		got, err := ToValue(L, FromValue(L, want))
		if err != nil {
			t.Fatal(err)
		}
		if !alike(got, want) {
			t.Errorf("sent %v, got %v", want, got)
		}
	})
}

// maker makes values of bytes.
type maker struct{ data []byte }

func (m *maker) byte() byte {
	if len(m.data) == 0 {
		return 0
	}
	b := m.data[0]
	m.data = m.data[1:]
	return b
}

func (m *maker) word() uint64 {
	var b [8]byte
	m.data = m.data[copy(b[:], m.data):]
	return binary.LittleEndian.Uint64(b[:])
}

func (m *maker) text() string {
	n := min(int(m.byte()), len(m.data))
	s := string(m.data[:n])
	m.data = m.data[n:]
	return s
}

func (m *maker) value(depth int) mailbox.Value {
	switch m.byte() % 10 {
	case 1:
		return mailbox.Bool(m.byte()%2 == 0)
	case 2:
		return mailbox.Float(math.Float64frombits(m.word()))
	case 3:
		return mailbox.Int(int64(m.word()))
	case 4:
		return mailbox.Uint(m.word())
	case 5:
		return mailbox.String(m.text())
	case 6:
		return mailbox.ErrorValue(&mailbox.Error{Kind: mailbox.Failed, Message: m.text()})
	case 7:
		return mailbox.Duration(time.Duration(m.word()))
	case 8:
		return mailbox.Time(time.Unix(int64(m.word()>>34), 0))
	case 9:
		if depth == 5 {
			break
		}
		list := make([]mailbox.Value, m.byte()%8)
		for i := range list {
			if list[i] = m.value(depth + 1); list[i].IsNil() {
				list[i] = mailbox.Bool(true) // Lua's lists have no nils at the end
			}
		}
		var pairs []mailbox.Pair
		seen := map[string]bool{}
		for range m.byte() % 8 {
			key, v := m.text(), m.value(depth+1)
			if !seen[key] && !v.IsNil() {
				seen[key] = true
				pairs = append(pairs, mailbox.Pair{Key: mailbox.String(key), Value: v})
			}
		}
		return mailbox.TableValue(list, pairs)
	}
	return mailbox.Nil
}

func alike(a, b mailbox.Value) bool {
	if x, negative, ok := a.Integer(); ok { // a number may come back for a small integer
		y, alsoNegative, ok := b.Integer()
		return ok && x == y && negative == alsoNegative
	}
	if a.Kind() != b.Kind() {
		return false
	}
	if a.Kind() != mailbox.KindTable {
		return a.String() == b.String() && a.Str() == b.Str() && a.Err() == b.Err()
	}
	x, y := a.Table(), b.Table()
	if len(x.List) != len(y.List) || len(x.Pairs) != len(y.Pairs) {
		return false
	}
	for i := range x.List {
		if !alike(x.List[i], y.List[i]) {
			return false
		}
	}
	for i := range x.Pairs {
		if !alike(x.Pairs[i].Key, y.Pairs[i].Key) || !alike(x.Pairs[i].Value, y.Pairs[i].Value) {
			return false
		}
	}
	return true
}
