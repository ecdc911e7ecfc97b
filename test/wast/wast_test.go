package wast

import (
	_ "embed"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

//go:embed skip.txt
var skipList string

// TestSuite runs all scripts below the folder that WIPPY_WAST names: .wast
// files, which need node and `npm ci` in this folder, or what convert.mjs made
// of them. -v prints how the commands ended, by type; WIPPY_WAST_ERRORS=1 prints
// for each assertion that something is wrong what was expected and what came.
func TestSuite(t *testing.T) {
	scripts, err := Load(suite(t))
	if err != nil {
		t.Fatal(err)
	}
	skips, err := ParseSkips(skipList)
	if err != nil {
		t.Fatal(err)
	}
	counts := map[string]*[NotRun + 1]int{}
	defined := 0
	for _, s := range scripts {
		t.Run(s.Name, func(t *testing.T) {
			for _, r := range Run(s, newEngine(t), skips) {
				if counts[r.Command.Type] == nil {
					counts[r.Command.Type] = new([NotRun + 1]int)
				}
				counts[r.Command.Type][r.Outcome]++
				if r.Defined && r.Outcome != Failed {
					defined++
				}
				where := fmt.Sprintf("%s:%d: %s", r.Script, r.Command.Line, r.Command.Type)
				if r.Outcome == Failed {
					t.Errorf("%s: %s", where, r.Detail)
				} else if r.Detail != "" && os.Getenv("WIPPY_WAST_ERRORS") != "" {
					t.Logf("%s\n  expected: %s\n  got:      %s", where, r.Command.Text, r.Detail)
				}
			}
		})
	}
	if !t.Failed() {
		for _, s := range Unused(skips) {
			if len(scripts) > 0 && known(scripts, s) {
				t.Errorf("the skip list has %s:%d, which is not there", s.Name, s.Line)
			}
		}
	}
	t.Logf("\n%s%d components and modules defined, as they should", table(counts), defined)
}

// known tells whether the scripts are those that a skip is about.
func known(scripts []Script, s *Skip) bool {
	return slices.ContainsFunc(scripts, func(x Script) bool { return s.matches(x.Name, s.Line) })
}

func table(counts map[string]*[NotRun + 1]int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%-24s %7s %7s %8s %12s\n", "command", "passed", "failed", "skipped", "not run")
	var sum [NotRun + 1]int
	row := func(name string, n *[NotRun + 1]int) {
		fmt.Fprintf(&b, "%-24s %7d %7d %8d %12d\n", name, n[Passed], n[Failed], n[Skipped], n[NotRun])
	}
	types := make([]string, 0, len(counts))
	for name := range counts {
		types = append(types, name)
	}
	slices.Sort(types)
	for _, name := range types {
		row(name, counts[name])
		for i, n := range counts[name] {
			sum[i] += n
		}
	}
	row("all", &sum)
	return b.String()
}

// suite gives a folder of converted scripts.
func suite(t *testing.T) string {
	dir := os.Getenv("WIPPY_WAST")
	if dir == "" {
		t.Skip("WIPPY_WAST names no folder of test scripts")
	}
	if !hasScripts(t, dir) {
		return dir
	}
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("scripts need node, which is not installed: ", err)
	}
	if _, err := os.Stat(filepath.Join("node_modules", "@bytecodealliance", "jco")); err != nil {
		t.Skip("scripts need jco: run npm ci in test/wast")
	}
	out := t.TempDir()
	if b, err := exec.Command(node, "convert.mjs", out, dir).CombinedOutput(); err != nil {
		t.Fatalf("node convert.mjs: %v\n%s", err, b)
	}
	return out
}

// hasScripts tells whether there are .wast files in a folder.
func hasScripts(t *testing.T, dir string) bool {
	found := false
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if filepath.Ext(path) == ".wast" {
			found = true
			return filepath.SkipAll
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
