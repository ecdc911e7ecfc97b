package linker_test

import (
	"testing"

	"wippy/wasmhost/linker"
)

// TestResourcesHaveNames has a resource that the component defines without a name, and
// one inside of it exports, as tools do.
func TestResourcesHaveNames(t *testing.T) {
	e, err := link(t, "called", linker.Nothing{}).Find("make")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := e.Type.String(), "make: func(n: u32) -> list<counter>"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
