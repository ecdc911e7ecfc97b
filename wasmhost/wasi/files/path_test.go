package files

import (
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	long := strings.Repeat("a/", MaxPath/2)
	for _, tt := range []struct {
		path string
		want name
		err  error
	}{
		{"a", name{"", "a", false}, nil},
		{"a/", name{"", "a", true}, nil},
		{"a//", name{"", "a", true}, nil},
		{"a/b", name{"a", "b", false}, nil},
		{"a//b///", name{"a", "b", true}, nil},
		{"a/./b", name{"a/.", "b", false}, nil},
		{".", name{"", ".", false}, nil},
		{"./", name{"", ".", true}, nil},
		{"./.", name{"", ".", false}, nil},
		{"./a", name{"", "a", false}, nil},
		{".//./a/b", name{"a", "b", false}, nil},
		{"..", name{"", "..", false}, nil},
		{"a/..", name{"a", "..", false}, nil},
		{"../a", name{"..", "a", false}, nil},
		{".a", name{"", ".a", false}, nil},
		{strings.Repeat("d/", MaxDepth-1) + "x", name{strings.Repeat("/d", MaxDepth-1)[1:], "x", false}, nil},
		{strings.Repeat("d/", MaxDepth) + "x", name{}, NameTooLong},
		{long, name{}, NameTooLong},
		{strings.Repeat("./", MaxPath), name{}, NameTooLong},
		{strings.Repeat("x", MaxPath+1), name{}, NameTooLong},
		{"", name{}, NoEntry},
		{"/", name{}, NotPermitted},
		{"/a", name{}, NotPermitted},
		{"//", name{}, NotPermitted},
		{"a\x00", name{}, Invalid},
		{"a\xff", name{}, IllegalByteSequence},
		{"é", name{"", "é", false}, nil},
	} {
		got, err := parse(tt.path)
		if got != tt.want || err != tt.err {
			t.Errorf("parse(%.40q) = %+v, %v, want %+v, %v", tt.path, got, err, tt.want, tt.err)
		}
	}
}
