// Package golden tests what becomes of a set of files: each archive holds the
// files and, as its last one, the result.
package golden

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

var update = flag.Bool("update", false, "rewrite the expected results in testdata")

// Run runs a test for every txtar archive in a directory. result gets the
// archive without its last file, if that is named as one of results, and gives
// the file that has to be there instead. With -update it is written.
func Run(t *testing.T, dir string, result func(*testing.T, *txtar.Archive) txtar.File, results ...string) {
	t.Helper()
	archives, err := filepath.Glob(filepath.Join(dir, "*.txtar"))
	if err != nil || len(archives) == 0 {
		t.Fatal("no archives:", err)
	}
	for _, name := range archives {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			t.Parallel()
			want, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			archive := txtar.Parse(want)
			if last := len(archive.Files) - 1; last >= 0 && slices.Contains(results, archive.Files[last].Name) {
				archive.Files = archive.Files[:last]
			}
			archive.Files = append(archive.Files, result(t, archive))
			got := txtar.Format(archive)
			switch {
			case bytes.Equal(got, want):
			case *update:
				if err := os.WriteFile(name, got, 0o644); err != nil {
					t.Fatal(err)
				}
			default:
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}
