package lua

import (
	"sort"
	"strings"

	glua "github.com/yuin/gopher-lua"
)

// valuesPerFuel is what a unit of fuel buys from functions that move values.
const valuesPerFuel = 4

func tableConcat(L *glua.LState) int {
	t := L.CheckTable(1)
	separator := L.OptString(2, "")
	first, last := optInteger(L, 3, 1), optInteger(L, 4, t.Len())
	s := From(L)
	var b strings.Builder
	counted := 0
	if last-first < 16 {
		// Looking through it would take longer than to let the builder grow.
	} else if size := concatSize(s, t, separator, first, last); size > pieceSize {
		checkSize(L, "table.concat", size)
		s.build(size)
		counted = size
		b.Grow(size)
	}
	add := func(text string) {
		checkSize(L, "table.concat", b.Len()+len(text))
		if size := b.Len() + len(text); size > counted {
			s.build(size - counted)
			counted = size
		}
		s.charge(1)
		s.append(&b, text)
	}
	for i := first; i <= last; i++ {
		v := t.RawGet(glua.LNumber(i))
		if !glua.LVCanConvToString(v) {
			L.RaiseError("invalid value (%s) at index %d in table for 'concat'", v.Type(), i)
		}
		add(v.String())
		if i != last {
			add(separator)
		}
	}
	s.built(counted)
	L.Push(glua.LString(built(&b)))
	return 1
}

// concatSize is what table.concat makes at least.
func concatSize(s *State, t *glua.LTable, separator string, first, last int) int {
	size := 0
	last = min(last, t.Len())
	elements := tableOf(t).array
	for i := max(first, 1); i <= last && size <= maxString; i++ {
		if text, ok := elements[i-1].(glua.LString); ok {
			size += len(text) + len(separator)
		}
		if i%longText == 0 {
			s.charge(longText / scannedPerFuel)
		}
	}
	return size
}

func tableInsert(L *glua.LState) int {
	t := L.CheckTable(1)
	n := t.Len()
	at, v := n+1, L.Get(2)
	switch L.GetTop() {
	case 2:
	case 3:
		at, v = checkInteger(L, 2), L.Get(3)
	default:
		L.RaiseError("wrong number of arguments to 'insert'")
	}
	if n+1 >= glua.MaxArrayIndex && at <= n+1 { // where indexing would not find it
		L.RaiseError("table.insert: the table would have more than %d elements", n)
	}
	s, table := From(L), tableOf(t)
	switch room := max(n+1, at); {
	case at >= glua.MaxArrayIndex || at < 1:
		s.grow(keyBytes + firstKeyBytes)
	case room > cap(table.array):
		s.growArray(table, room)
	}
	switch {
	case at > n+1 || at == n+1 && v != glua.LNil:
		t.RawSetInt(at, v)
	case at >= 1 && at <= n:
		s.charge((n - at) / valuesPerFuel)
		t.Remove(n + 1) // a place that holds nil, if there is one, since Insert adds one
		t.Insert(at, v)
	case at < 1:
		t.RawSet(glua.LNumber(at), v)
	}
	return 0
}

// tableRemove is table.remove. The stock one takes a value that was set to nil
// at the end for the last.
func tableRemove(L *glua.LState) int {
	t := L.CheckTable(1)
	n := t.Len()
	at := optInteger(L, 2, n)
	if at < 1 || at > n {
		return 0
	}
	From(L).charge((n - at) / valuesPerFuel)
	L.Push(t.Remove(at))
	return 1
}

// next is t.Next, but it charges for what it passes over: holes, and keys that
// were set to nil, of which there may be millions.
func (s *State) next(t *glua.LTable, key glua.LValue) (k, v glua.LValue) {
	table := tableOf(t)
	at, inArray := 0, key == glua.LNil
	if n, ok := key.(glua.LNumber); ok && n > 0 && n <= glua.LNumber(len(table.array)) && n == glua.LNumber(int(n)) {
		at, inArray = int(n), true
	}
	skipped := 0
	if inArray {
		for ; at < len(table.array); at++ {
			if v := table.array[at]; v != glua.LNil {
				return glua.LNumber(at + 1), v
			}
			if skipped++; skipped%longText == 0 {
				s.charge(longText / scannedPerFuel)
			}
		}
		at = 0
	} else if at = table.k2i[key] + 1; at == 1 && len(table.keys) > 0 && table.keys[0] != key {
		return t.Next(key) // a key that is not there
	}
	if len(table.dict)+len(table.strdict) == 0 {
		return glua.LNil, glua.LNil
	}
	for ; at < len(table.keys); at++ {
		k := table.keys[at]
		if v := t.RawGetH(k); v != glua.LNil {
			return k, v
		}
		if skipped++; skipped%256 == 0 {
			s.charge(256)
		}
	}
	return glua.LNil, glua.LNil
}

// tableMaxN is table.maxn: the largest number that is a key.
func tableMaxN(L *glua.LState) int {
	t := L.CheckTable(1)
	s := From(L)
	var most glua.LNumber
	for k, _ := s.next(t, glua.LNil); k != glua.LNil; k, _ = s.next(t, k) {
		if n, ok := k.(glua.LNumber); ok {
			most = max(most, n)
		}
		s.charge(1)
	}
	L.Push(most)
	return 1
}

// tableSort is table.sort. It sorts what # counts; the stock one stumbles over
// elements that were set to nil at the end. An error leaves the table as it was.
// An order that contradicts itself is no error: how many comparisons there
// are is bounded all the same, and what comes out is in some order.
func tableSort(L *glua.LState) int {
	t := L.CheckTable(1)
	by := sorter{L: L, s: From(L), less: L.OptFunction(2, nil)}
	length := t.Len()
	by.s.build(length * valueBytes)
	by.values = make([]glua.LValue, length)
	by.s.charge(length / valuesPerFuel)
	for i := range by.values {
		by.values[i] = t.RawGetInt(i + 1)
	}
	sort.Sort(&by)
	for i, v := range by.values {
		t.RawSetInt(i+1, v)
	}
	by.s.built(length * valueBytes)
	return 0
}

type sorter struct {
	L      *glua.LState
	s      *State
	less   *glua.LFunction
	values []glua.LValue
}

func (s *sorter) Len() int      { return len(s.values) }
func (s *sorter) Swap(i, j int) { s.values[i], s.values[j] = s.values[j], s.values[i] }

func (s *sorter) Less(i, j int) bool {
	s.s.charge(1)
	if s.less == nil {
		return s.before(s.values[i], s.values[j])
	}
	s.L.Push(s.less)
	s.L.Push(s.values[i])
	s.L.Push(s.values[j])
	s.L.Call(2, 1)
	result := s.L.Get(-1)
	s.L.Pop(1)
	return glua.LVAsBool(result)
}

// before is the operator <, of which comparing long strings is charged.
func (s *sorter) before(a, b glua.LValue) bool {
	if a, ok := a.(glua.LString); ok {
		if b, ok := b.(glua.LString); ok {
			s.s.charge(min(len(a), len(b)) / bytesPerFuel)
			return a < b
		}
	}
	return s.L.LessThan(a, b)
}
