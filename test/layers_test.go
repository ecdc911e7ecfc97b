// Package test holds the tests of the whole: of how it is laid out, and of
// what only many packages together show.
package test

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// module is the path of this module.
const module = "wippy"

// layer is a package, or a tree of them, and its floor. A package imports only
// from floors below its own; packages of one tree may import each other.
type layer struct {
	floor int
	path  string
	tree  bool
}

var layers = []layer{
	{floor: 1, path: "internal/neterr"},
	{floor: 1, path: "mailbox"},
	{floor: 1, path: "config"},
	{floor: 2, path: "runtime/process"},
	{floor: 3, path: "runtime/scheduler"},
	{floor: 3, path: "runtime/env"},
	{floor: 3, path: "runtime/supervisor"},
	{floor: 3, path: "wasmhost", tree: true},
	{floor: 3, path: "lua", tree: true},
	{floor: 4, path: "luamod", tree: true},
	{floor: 5, path: "runtime"},
	{floor: 6, path: "runtime/metrics"},
	{floor: 6, path: "runtime/control"},
	{floor: 7, path: "cmd/wippy"},
}

// free are the trees that import what they like, and that only tests import.
var free = []string{"examples", "internal/golden", "test"}

// engines are the modules that only some layers know, so that what stands
// beside them does not come to depend on how a language is run.
var engines = map[string][]string{
	"github.com/yuin/gopher-lua":    {"lua", "luamod", "runtime"},
	"layeh.com/gopher-luar":         {"lua", "luamod", "runtime"},
	"github.com/tetratelabs/wazero": {"wasmhost"},
	"github.com/spf13/cobra":        {"cmd/wippy"},
	"github.com/prometheus":         {"runtime/metrics"},
}

func TestLayers(t *testing.T) {
	for dir, imports := range packages(t) {
		if slices.ContainsFunc(free, func(root string) bool { return within(dir, root) }) {
			continue
		}
		from := layerOf(dir)
		if from == nil {
			t.Errorf("package %s is on no floor: add {floor: N, path: %q} to layers, or tree: true to the one that it belongs to", dir, dir)
			continue
		}
		for _, imported := range imports {
			if problem := check(from, imported); problem != "" {
				t.Errorf("%s imports %s: %s", dir, imported, problem)
			}
		}
	}
}

// TestLayersExist keeps the table free of what is gone.
func TestLayersExist(t *testing.T) {
	there := packages(t)
	for _, l := range layers {
		if _, ok := there[l.path]; !ok {
			t.Errorf("layers lists %s, which has no package: remove it", l.path)
		}
	}
}

// check tells what is wrong with an import; "" when nothing is.
func check(from *layer, imported string) string {
	for engine, users := range engines {
		if within(imported, engine) && !slices.Contains(users, from.path) {
			return "only " + strings.Join(users, ", ") + " may know that module"
		}
	}
	dir, own := strings.CutPrefix(imported, module+"/")
	if !own {
		return ""
	}
	to := layerOf(dir)
	switch {
	case slices.ContainsFunc(free, func(root string) bool { return within(dir, root) }):
		return "what runs must not need examples or tests"
	case to == nil || to == from && from.tree: // a package on no floor is reported by itself
		return ""
	case to.floor >= from.floor:
		return fmt.Sprintf("floor %d must not know floor %d; move what both need below, or hand it over through an interface", from.floor, to.floor)
	}
	return ""
}

// layerOf finds the layer of a package's directory.
func layerOf(dir string) *layer {
	for i, l := range layers {
		if dir == l.path || l.tree && within(dir, l.path) {
			return &layers[i]
		}
	}
	return nil
}

func within(name, root string) bool {
	return name == root || strings.HasPrefix(name, root+"/")
}

// packages gives what each package of the module imports, by directory; tests
// left out, files for every system included.
func packages(t *testing.T) map[string][]string {
	t.Helper()
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	imports := map[string][]string{}
	err = fs.WalkDir(os.DirFS(root), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if base := d.Name(); name != "." && (strings.HasPrefix(base, ".") || base == "testdata" || base == "node_modules") {
				return fs.SkipDir
			}
			return nil
		}
		if path.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, filepath.FromSlash(name)), nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		dir := path.Dir(name)
		imports[dir] = slices.Clip(imports[dir]) // a package that imports nothing is there, too
		for _, spec := range file.Imports {
			p, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			if !slices.Contains(imports[dir], p) {
				imports[dir] = append(imports[dir], p)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return imports
}
