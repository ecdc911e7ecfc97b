package files

import (
	"math"
	"testing"
	"time"
)

// TestTimesOverflow refuses a time that the system cannot be told, in place of
// setting another.
func TestTimesOverflow(t *testing.T) {
	for _, far := range []int64{math.MaxInt64/int64(time.Second) + 1, math.MaxInt64} {
		_, err := times(NewTime{}, At(time.Unix(far, 0)))
		want(t, "a time too far", err, Overflow)
	}
}
