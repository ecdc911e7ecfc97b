package main

import (
	"bytes"
	"context"
	"testing"
)

func TestExample(t *testing.T) {
	var out bytes.Buffer
	if err := run(context.Background(), &out); err != nil {
		t.Fatal(err)
	}
	const want = "Oslo\t-3\nLima\t19\nAtlantis\tnot_found: no weather station in Atlantis\naverage 8\n"
	if out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
}
