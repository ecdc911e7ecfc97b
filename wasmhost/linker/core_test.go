package linker

import (
	"testing"

	"wippy/wasmhost/meter"
)

// TestRoomOfNestedCalls adds up the stacks of as many calls within each other as there may be.
func TestRoomOfNestedCalls(t *testing.T) {
	const calls = 256 // canon's bound
	sum := uint64(0)
	for depth := range calls {
		sum += roomAt(depth, 1)
	}
	if most := uint64(4 * meter.DefaultStack); sum > most {
		t.Errorf("%d calls within each other have %d bytes of stack, more than %d", calls, sum, most)
	}
}
