package procworld

import (
	_ "embed"
	"reflect"
	"strings"
	"testing"

	"wippy/wasmhost/wit"
)

// first is the interface as it was at first.
//
//go:embed testdata/first.wit
var first string

// TestVersions has every function of the first version, with the types that it had:
// components that were built against it are linked by them.
func TestVersions(t *testing.T) {
	parse := func(text string) map[string]wit.Func {
		_, text, _ = strings.Cut(text, "interface process {")
		text, _, _ = strings.Cut(text, "\n}\n")
		i, err := wit.ParseInterface(text)
		if err != nil {
			t.Fatal(err)
		}
		funcs := map[string]wit.Func{}
		for _, f := range i.Funcs {
			f.Line, f.Col = 0, 0
			funcs[f.Name] = f
		}
		return funcs
	}
	now, before := parse(WIT), parse(first)
	for name, f := range before {
		if !reflect.DeepEqual(now[name], f) {
			t.Errorf("%s is another function: %v, was %v", name, now[name], f)
		}
	}
	if len(before) < 28 || len(now) <= len(before) {
		t.Errorf("%d functions, and %d at first", len(now), len(before))
	}
}
