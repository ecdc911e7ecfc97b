package lua

import (
	"sort"
	"strings"

	glua "github.com/yuin/gopher-lua"
)

func tableConcat(L *glua.LState) int {
	t := L.CheckTable(1)
	separator := L.OptString(2, "")
	first, last := L.OptInt(3, 1), L.OptInt(4, t.Len())
	var b strings.Builder
	for i := first; i <= last; i++ {
		v := t.RawGet(glua.LNumber(i))
		if !glua.LVCanConvToString(v) {
			L.RaiseError("invalid value (%s) at index %d in table for concat", v.Type(), i)
		}
		b.WriteString(v.String())
		if i != last {
			b.WriteString(separator)
		}
		checkSize(L, "table.concat", b.Len())
	}
	From(L).charge(b.Len() / bytesPerFuel)
	L.Push(glua.LString(b.String()))
	return 1
}

// tableSort is table.sort. It sorts what # counts; the stock one stumbles over
// elements that were set to nil at the end. An error leaves the table as it was.
func tableSort(L *glua.LState) int {
	t := L.CheckTable(1)
	by := sorter{L: L, less: L.OptFunction(2, nil)}
	by.values = make([]glua.LValue, t.Len())
	for i := range by.values {
		by.values[i] = t.RawGetInt(i + 1)
	}
	s := From(L)
	defer s.enter(L)()
	sort.Sort(&by)
	s.charge(by.compared)
	for i, v := range by.values {
		t.RawSetInt(i+1, v)
	}
	return 0
}

type sorter struct {
	L        *glua.LState
	less     *glua.LFunction
	values   []glua.LValue
	compared int // since the last charge
}

func (s *sorter) Len() int      { return len(s.values) }
func (s *sorter) Swap(i, j int) { s.values[i], s.values[j] = s.values[j], s.values[i] }

func (s *sorter) Less(i, j int) bool {
	if s.compared++; s.compared == checkEvery {
		From(s.L).charge(s.compared)
		s.compared = 0
	}
	if s.less == nil {
		return s.L.LessThan(s.values[i], s.values[j])
	}
	s.L.Push(s.less)
	s.L.Push(s.values[i])
	s.L.Push(s.values[j])
	s.L.Call(2, 1)
	result := s.L.Get(-1)
	s.L.Pop(1)
	return glua.LVAsBool(result)
}
