package mailbox

import "math"

// Table is a list and a set of pairs, as a Lua table is: List holds the values
// at 1…n, Pairs the rest in the order in which they were written. A record is
// a table of string keys, a WIT list a table with a List only. Neither slice
// may change once the table is in a Value.
type Table struct {
	List  []Value
	Pairs []Pair
	size  int64 // as size gives it; zero where it is not known
}

// Pair is one field of a table. The key is a boolean, a number other than NaN,
// or a string; no two keys of a table are equal, and none equals an
// index of its List. A nil value is as good as no pair.
type Pair struct{ Key, Value Value }

// TableValue makes a table of its parts, which it owns from then on.
func TableValue(list []Value, pairs []Pair) Value {
	t := &Table{List: list, Pairs: pairs}
	t.size = t.measure()
	return Value{ref: t}
}

// Value gives the table as a Value. It spares TableValue's allocation to who
// makes many tables at once, and its accounts to who sends them to nobody.
func (t *Table) Value() Value { return Value{ref: t} }

// Get gives the value under a string key, nil if there is none.
func (t *Table) Get(key string) Value {
	for i := range t.Pairs {
		if k := t.Pairs[i].Key; k.Kind() == KindString && k.Str() == key {
			return t.Pairs[i].Value
		}
	}
	return Nil
}

// tableKey is a key in a form that Go compares as Equal does.
type tableKey struct {
	kind Kind // KindUint for every integer from zero up, KindInt below
	bits uint64
	str  string
}

// tableKey gives v as a key; it is false for what cannot be one.
func (v Value) tableKey() (tableKey, bool) {
	switch k := v.Kind(); k {
	case KindFloat, KindInt, KindUint:
		bits, negative, ok := v.Integer()
		switch {
		case !ok:
			return tableKey{kind: KindFloat, bits: v.num}, !math.IsNaN(v.Float())
		case negative:
			return tableKey{kind: KindInt, bits: bits}, true
		}
		return tableKey{kind: KindUint, bits: bits}, true
	case KindString:
		return tableKey{kind: k, str: v.Str()}, true
	case KindBool:
		return tableKey{kind: k, bits: v.num}, true
	}
	return tableKey{}, false
}

// keySet finds the keys of one table that break the rules of Pair. Records are
// small: it allocates nothing for them.
type keySet struct {
	indices int // the length of the table's List
	few     [8]tableKey
	n       int // of few
	many    map[tableKey]struct{}
}

// add says what the rules want instead of the key, "" if they are kept.
func (s *keySet) add(key Value) (expected string) {
	k, ok := key.tableKey()
	if !ok {
		return "a boolean, number or string as a key"
	}
	if k.kind == KindUint && k.bits-1 < uint64(s.indices) || s.has(k) {
		return "a key that the table does not have yet"
	}
	switch {
	case s.n < len(s.few):
		s.few[s.n] = k
		s.n++
	case s.many == nil:
		s.many = map[tableKey]struct{}{k: {}}
	default:
		s.many[k] = struct{}{}
	}
	return ""
}

func (s *keySet) has(k tableKey) bool {
	for i := range s.n {
		if s.few[i] == k {
			return true
		}
	}
	_, ok := s.many[k]
	return ok
}
