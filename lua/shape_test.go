package lua

import (
	"testing"

	glua "github.com/yuin/gopher-lua"
)

func TestShape(t *testing.T) {
	L := glua.NewState(glua.Options{SkipOpenLibs: true})
	defer L.Close()
	s := NewShape("a", "b", "c")
	one := s.Table(L, glua.LNumber(1), nil, glua.LTrue)
	two := s.Table(L, glua.LNumber(2), glua.LString("x"), glua.LNil)
	one.RawSetString("own", glua.LNumber(3))
	two.RawSetString("other", glua.LNumber(4))
	one.RawSetString("b", glua.LNumber(5))
	two.RawSetString("a", glua.LNil)
	for _, c := range []struct {
		table *glua.LTable
		want  string
	}{
		{one, "a=1 b=5 c=true own=3 "},
		{two, "b=x other=4 "},
		{s.Table(L, nil, nil, glua.LFalse), "c=false "},
		{s.Table(L), ""},
	} {
		got := ""
		for k, v := c.table.Next(glua.LNil); k != glua.LNil; k, v = c.table.Next(k) {
			got += k.String() + "=" + v.String() + " "
		}
		if got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

func BenchmarkShape(b *testing.B) {
	L := glua.NewState(glua.Options{SkipOpenLibs: true})
	defer L.Close()
	s := NewShape("type", "from", "topic", "payload", "payloads")
	b.ReportAllocs()
	for b.Loop() {
		s.Table(L, glua.LTrue, glua.LTrue, glua.LTrue, glua.LTrue, glua.LTrue)
	}
}
