// Package behaviour_test shows what processes do, whatever they are written
// in: whole nodes run applications of YAML entries, and most of the tests are
// Lua files in testdata.
//
//   - testdata/kinds holds what every kind of guest does alike; see [run].
//   - testdata/lua and testdata/wasm hold what only one kind can do.
//   - testdata/app is the application that all of them are scripts of.
package behaviour_test

import (
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "behaviour")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	shared = sharedDir{dir: dir, apps: map[string]bool{}}
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		os.RemoveAll(dir)
		os.Exit(code)
	}))
}
