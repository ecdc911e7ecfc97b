package scheduler

import (
	"slices"
	"sync/atomic"
	"time"
)

// Histogram counts durations by size. Any goroutine may call its methods, which
// do not block; the zero value is not usable.
type Histogram struct {
	bounds []time.Duration
	counts []atomic.Uint64 // one more than bounds: what is above all of them
	sum    atomic.Int64    // nanoseconds
}

// NewHistogram makes an empty one. The bounds ascend; a duration that equals one
// is counted below it.
func NewHistogram(bounds ...time.Duration) *Histogram {
	return &Histogram{bounds: bounds, counts: make([]atomic.Uint64, len(bounds)+1)}
}

// Observe counts one duration.
func (h *Histogram) Observe(d time.Duration) {
	i, _ := slices.BinarySearch(h.bounds, d)
	h.counts[i].Add(1)
	h.sum.Add(int64(d))
}

// Snapshot gives what was counted so far. Observations that come meanwhile may
// be in one of its fields only.
func (h *Histogram) Snapshot() Distribution {
	d := Distribution{Bounds: h.bounds, Counts: make([]uint64, len(h.counts)), Sum: time.Duration(h.sum.Load())}
	for i := range h.counts {
		d.Counts[i] = h.counts[i].Load()
	}
	return d
}

// Distribution is what a Histogram counted.
type Distribution struct {
	Bounds []time.Duration // ascending; shared, and not to be changed
	Counts []uint64        // at most the bound of the same place; the last one is above all bounds
	Sum    time.Duration
}

// Count is the number of durations.
func (d Distribution) Count() (n uint64) {
	for _, c := range d.Counts {
		n += c
	}
	return n
}

// add adds what another one of the same bounds counted.
func (d *Distribution) add(o Distribution) {
	if d.Counts == nil {
		*d = o
		return
	}
	for i, c := range o.Counts {
		d.Counts[i] += c
	}
	d.Sum += o.Sum
}
