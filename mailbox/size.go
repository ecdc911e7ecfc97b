package mailbox

import "unsafe"

// What a Value's parts take, in bytes.
const (
	valueSize = int64(unsafe.Sizeof(Value{}))
	pairSize  = int64(unsafe.Sizeof(Pair{}))
	tableSize = int64(unsafe.Sizeof(Table{}))
	errorSize = int64(unsafe.Sizeof(Error{}))
	timeSize  = 24
	eventSize = int64(unsafe.Sizeof(node{}))

	// maxSize is where sums end: a table that stands in itself a hundred times,
	// twice at each level, takes little and is large all the same.
	maxSize = 1 << 50
)

// size is about what v takes beside its own slot, in bytes. What several
// values share counts for each.
func (v Value) size() int64 {
	switch r := v.ref.(type) {
	case stringPtr:
		return int64(v.num)
	case *Table:
		if r.size > 0 {
			return r.size
		}
		return r.measure()
	case *Error:
		n := errorSize + int64(len(r.Message)) + r.Value.size()
		for _, line := range r.Trace {
			n += int64(len(line))
		}
		return min(n, maxSize)
	case timePtr:
		return timeSize
	}
	return 0
}

// measure adds up what a table consists of.
func (t *Table) measure() int64 {
	n := tableSize + int64(len(t.List))*valueSize + int64(len(t.Pairs))*pairSize
	for _, v := range t.List {
		n = min(n+v.size(), maxSize)
	}
	for i := range t.Pairs {
		n = min(n+t.Pairs[i].Key.size()+t.Pairs[i].Value.size(), maxSize)
	}
	return n
}

// Size is about what the event takes in a mailbox, in bytes: of a Message with
// its values, of others a constant.
func (e *Event) Size() int64 {
	n := eventSize + int64(len(e.Topic)) + int64(len(e.Values))*valueSize
	for _, v := range e.Values {
		n = min(n+v.size(), maxSize)
	}
	return n
}
