package scheduler

import (
	goruntime "runtime"
	"strconv"
	"testing"

	"wippy/mailbox"
)

// TestTableGivesRoomBack fills a table and empties it but for a few, which are
// still found.
func TestTableGivesRoomBack(t *testing.T) {
	const crowd, few = 200_000, 100
	var tb table
	tb.init()
	key := func(i int) mailbox.PID { return mailbox.PID(strconv.Itoa(i)) }
	one := &task{}
	before := heapInUse()
	for i := range crowd {
		tb.add(key(i), one, nil)
	}
	for i := few; i < crowd; i++ {
		tb.remove(key(i))
	}
	if left := heapInUse() - before; left > crowd*8 {
		t.Errorf("%d entries of %d hold %d bytes", few, crowd, left)
	}
	for i := range crowd {
		if found := tb.get(key(i)) != nil; found != (i < few) {
			t.Fatalf("entry %d: found %t", i, found)
		}
	}
	if n := len(tb.all()); n != few {
		t.Errorf("%d entries", n)
	}
}

func heapInUse() int64 {
	goruntime.GC()
	var m goruntime.MemStats
	goruntime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
