package runtime_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"wippy/internal/golden"
	"wippy/runtime"
)

// TestConfig loads the application of each archive in testdata/config with the
// runtime's own kinds. What a user then reads stands in the archive's last
// file: "errors", what Load finds; "check errors", what Check finds in an
// application that loads; or "ok", the entries of one without a mistake.
//
// An archive's comment may hold lines that make what a text cannot hold:
//
//	guest NAME PATH      a binary of test/guests/bin
//	cut NAME N PATH      the first N bytes of one
//	component PATH       the preamble of a component
//	symlink TARGET PATH
//	mkdir PATH
//
// and in YAML ${hash:PATH} is the hash of such a file. The result has these,
// and $DIR for the machine's own path.
func TestConfig(t *testing.T) {
	golden.Run(t, "testdata/config", func(t *testing.T, archive *txtar.Archive) txtar.File {
		return newTestApp(t, archive).result()
	}, "errors", "check errors", "ok")
}

// testApp is an archive's application on disk.
type testApp struct {
	t      *testing.T
	dir    string
	hashes map[string]string // by path, of what the comment made
}

// newTestApp unpacks an archive into a directory within a fresh one, so that
// "../x" is a place where nobody else has files.
func newTestApp(t *testing.T, archive *txtar.Archive) *testApp {
	t.Helper()
	temp, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	a := &testApp{t: t, dir: filepath.Join(temp, "app"), hashes: map[string]string{}}
	for line := range strings.Lines(string(archive.Comment)) {
		a.make(strings.Fields(line))
	}
	for _, f := range archive.Files {
		data := f.Data
		if ext := filepath.Ext(f.Name); ext == ".yaml" || ext == ".yml" {
			data = a.expand(data)
		}
		a.write(f.Name, data)
	}
	return a
}

// make does what a line of the comment says; other lines are prose.
func (a *testApp) make(words []string) {
	a.t.Helper()
	if len(words) == 0 {
		return
	}
	path := words[len(words)-1]
	switch words[0] {
	case "guest":
		a.write(path, a.guest(words[1]))
	case "cut":
		n, err := strconv.Atoi(words[2])
		if err != nil {
			a.t.Fatal(err)
		}
		a.write(path, a.guest(words[1])[:n])
	case "component":
		a.write(path, []byte("\x00asm\x0d\x00\x01\x00"))
	case "symlink":
		if err := os.MkdirAll(filepath.Dir(filepath.Join(a.dir, path)), 0o777); err != nil {
			a.t.Fatal(err)
		}
		if err := os.Symlink(words[1], filepath.Join(a.dir, path)); err != nil {
			a.t.Fatal(err)
		}
	case "mkdir":
		if err := os.MkdirAll(filepath.Join(a.dir, path), 0o777); err != nil {
			a.t.Fatal(err)
		}
	}
}

func (a *testApp) guest(name string) []byte {
	a.t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "test", "guests", "bin", name+".wasm"))
	if err != nil {
		a.t.Fatal(err)
	}
	return data
}

func (a *testApp) write(name string, data []byte) {
	a.t.Helper()
	path := filepath.Join(a.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		a.t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o666); err != nil {
		a.t.Fatal(err)
	}
	if strings.HasSuffix(name, ".wasm") {
		sum := sha256.Sum256(data)
		a.hashes[name] = "sha256:" + hex.EncodeToString(sum[:])
	}
}

var hashMark = regexp.MustCompile(`\$\{hash:([^}]*)\}`)

func (a *testApp) expand(data []byte) []byte {
	return hashMark.ReplaceAllFunc(data, func(mark []byte) []byte {
		hash, ok := a.hashes[string(hashMark.FindSubmatch(mark)[1])]
		if !ok {
			a.t.Fatalf("%s: nothing made that file", mark)
		}
		return []byte(hash)
	})
}

// shown undoes what differs between machines and between builds of the guests.
func (a *testApp) shown(text string) []byte {
	// Of files that are equal it is the first one's name that stands.
	for _, name := range slices.Sorted(maps.Keys(a.hashes)) {
		text = strings.ReplaceAll(text, a.hashes[name], "${hash:"+name+"}")
	}
	return []byte(strings.ReplaceAll(text, a.dir, "$DIR"))
}

func (a *testApp) result() txtar.File {
	a.t.Helper()
	rt, err := runtime.New()
	if err != nil {
		a.t.Fatal(err)
	}
	defer func() {
		if err := rt.Close(); err != nil {
			a.t.Error(err)
		}
	}()
	if err := rt.Load(a.dir); err != nil {
		return txtar.File{Name: "errors", Data: a.shown(err.Error() + "\n")}
	}
	if err := rt.Check(context.Background()); err != nil {
		return txtar.File{Name: "check errors", Data: a.shown(err.Error() + "\n")}
	}
	var b strings.Builder
	for _, e := range rt.App().Entries {
		spec, err := json.Marshal(e.Spec)
		if err != nil {
			a.t.Fatal(err)
		}
		fmt.Fprintf(&b, "%s %s %s %s\n", e.Pos, e.Kind, e.ID, spec)
	}
	for _, c := range rt.Commands() {
		fmt.Fprintf(&b, "command %s: %s (%s, %s)\n", c.Name, c.Short, c.Entry, c.Kind)
	}
	return txtar.File{Name: "ok", Data: a.shown(b.String())}
}
