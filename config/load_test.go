package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

// loadText loads an _index.yaml of that text.
func loadText(text string) (*App, error) {
	return LoadFS(fstest.MapFS{indexFile: {Data: []byte(text)}}, "/app", kinds)
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	file := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

const terminal = "namespace: app\nentries:\n- {name: t, kind: terminal.host}\n"

func TestLoadDirectory(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "sub/a.yaml", terminal)
	t.Chdir(dir)
	app, err := Load(".", kinds)
	if err != nil {
		t.Fatal(err)
	}
	e := app.Entry("app:t")
	if e == nil || e.Pos.String() != "sub/a.yaml:3:3" || filepath.Base(e.Dir) != "sub" || !filepath.IsAbs(e.Dir) {
		t.Errorf("got %+v", e)
	}
	if app.Entry("app:none") != nil {
		t.Error("found an entry that is not there")
	}
	if !filepath.IsAbs(app.Dir) {
		t.Errorf("Dir is %q", app.Dir)
	}
}

func TestLoadNoDirectory(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "file", "")
	for _, name := range []string{"missing", "file"} {
		_, err := Load(filepath.Join(dir, name), kinds)
		var all Errors
		if err == nil || errors.As(err, &all) {
			t.Errorf("%s: got %v, want a plain error", name, err)
		}
	}
}

func TestLoadLinks(t *testing.T) {
	dir, outside := t.TempDir(), t.TempDir()
	write(t, outside, "linked", terminal)
	write(t, outside, "folder/bad.yaml", "entries: bad")
	for name, target := range map[string]string{
		"loop":      dir,
		"loop.yaml": dir,
		"folder":    filepath.Join(outside, "folder"),
		"link.yaml": filepath.Join(outside, "linked"),
	} {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Skip(err)
		}
	}
	app, err := Load(dir, kinds)
	if err != nil {
		t.Fatal(err)
	}
	if len(app.Entries) != 1 || app.Entries[0].Pos.File != "link.yaml" {
		t.Errorf("got %v", app.Entries)
	}
}

// lockedFS refuses what is called locked.
type lockedFS struct{ fstest.MapFS }

func (f lockedFS) ReadDir(name string) ([]fs.DirEntry, error) {
	if name == "locked" {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrPermission}
	}
	return f.MapFS.ReadDir(name)
}

func (f lockedFS) Open(name string) (fs.File, error) {
	if name == "locked.yaml" {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrPermission}
	}
	return f.MapFS.Open(name)
}

func TestLoadUnreadable(t *testing.T) {
	_, err := LoadFS(lockedFS{fstest.MapFS{
		"locked/x.yaml": {},
		"locked.yaml":   {},
		"open.yaml":     {Data: []byte("entries: []")},
	}}, "/app", kinds)
	want := `locked: cannot be read: permission denied
locked.yaml: cannot be read: permission denied
open.yaml:1:1: entries without a namespace; add "namespace: <a string>" above it`
	if err == nil || err.Error() != want {
		t.Errorf("got %v\nwant %s", err, want)
	}
}

func TestLoadDeadLink(t *testing.T) {
	dir := t.TempDir()
	if err := os.Symlink("nowhere", filepath.Join(dir, "x.yaml")); err != nil {
		t.Skip(err)
	}
	_, err := Load(dir, kinds)
	if err == nil || !strings.HasPrefix(err.Error(), "x.yaml: cannot be read: ") {
		t.Errorf("got %v", err)
	}
}

func TestLoadSpecialFiles(t *testing.T) {
	_, err := LoadFS(fstest.MapFS{
		"big.yaml":  {Data: []byte("entries:\n" + strings.Repeat("#", maxFileSize))},
		"data.yaml": {Data: make([]byte, maxFileSize+1)},
		"pipe.yaml": {Mode: fs.ModeNamedPipe},
	}, "/app", kinds)
	want := "big.yaml: cannot be read: larger than 4194304 bytes\npipe.yaml: cannot be read: not a regular file"
	if err == nil || err.Error() != want {
		t.Errorf("got %v\nwant %s", err, want)
	}
}

func TestFindRoot(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "app/_index.yaml", "")
	write(t, dir, "app/a/b/x.lua", "")
	want := filepath.Join(dir, "app")
	for _, from := range []string{"app/a/b", "app/a", "app"} {
		if got, ok := FindRoot(filepath.Join(dir, from)); !ok || got != want {
			t.Errorf("from %s: got %q, %v", from, got, ok)
		}
	}
	if got, ok := FindRoot(dir); ok {
		t.Errorf("above the application: got %q", got)
	}
}

func TestEncodings(t *testing.T) {
	for name, text := range map[string]string{
		"byte order mark": "\ufeff" + terminal,
		"CRLF":            strings.ReplaceAll(terminal, "\n", "\r\n"),
		"no last newline": strings.TrimSuffix(terminal, "\n"),
	} {
		if app, err := loadText(text); err != nil || len(app.Entries) != 1 {
			t.Errorf("%s: got %v", name, err)
		}
	}
	for text, want := range map[string]string{
		terminal + "# é\xff\n":    "4:4: invalid YAML: a byte that is not UTF-8; save the file as UTF-8",
		terminal + "a: \x01\n":    "4:4: invalid YAML: control character U+0001; remove it",
		terminal + "a: \x00":      "4:4: invalid YAML: control character U+0000; remove it",
		terminal + "a: \ufffd[\n": `4:1: unknown field "a"; known here: namespace, version, entries`,
		terminal + "a: \u0080\n":  "4:1: invalid YAML: control characters are not allowed",
	} {
		_, err := loadText(text)
		if err == nil || err.Error() != indexFile+":"+want {
			t.Errorf("%q: got %v, want %s", text, err, want)
		}
	}
}

func TestErrors(t *testing.T) {
	_, err := loadText("namespace: app\nentries:\n- {name: a, kind: x}\n- {name: b, kind: y}\n")
	var all Errors
	if !errors.As(err, &all) || len(all) != 2 {
		t.Fatalf("got %v", err)
	}
	var first *Error
	if !errors.As(err, &first) || first != all[0] || first.Pos != (Position{indexFile, 3, 19}) {
		t.Errorf("got %v", first)
	}
}

func TestSorted(t *testing.T) {
	place := func(file string, line int) Position { return Position{file, line, 1} }
	all := Errors{
		{place("b", 1), "x", ""}, {place("a", 2), "x", ""}, {place("a", 1), "x", "h"}, {place("a", 1), "x", ""},
		{place("b", 1), "x", ""}, {place("a", 1), "w", ""},
	}
	const want = "a:1:1: w\na:1:1: x\na:1:1: x; h\na:2:1: x\nb:1:1: x"
	if got := all.Sorted().Error(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if all[0].Pos.File != "b" || len(all) != 6 {
		t.Error("the receiver has changed")
	}
}

func TestBadLink(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "app/folder/file", "")
	write(t, dir, "outside", "")
	for name, target := range map[string]string{
		"inside":      "folder/file",
		"again":       "folder/../inside",
		"dead":        "nowhere",
		"far":         "dead",
		"out":         "../outside",
		"absolute":    filepath.Join(dir, "outside"),
		"loop":        "loop",
		"folder/up":   "..",
		"folder/high": "../..",
	} {
		if err := os.Symlink(target, filepath.Join(dir, "app", name)); err != nil {
			t.Skip(err)
		}
	}
	root, err := os.OpenRoot(filepath.Join(dir, "app"))
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	for _, test := range []struct {
		name, link string
		out        bool
	}{
		{"folder/file", "", false},
		{"folder/none", "", false},
		{"inside", "", false},
		{"again", "", false},
		{"loop", "", false},
		{"folder/up/inside", "", false},
		{"dead", "dead", false},
		{"far", "dead", false},
		{"folder/up/dead", "dead", false},
		{"out", "out", true},
		{"absolute", "absolute", true},
		{"folder/high/outside", "folder/high", true},
		{"folder/up/out", "out", true},
	} {
		if link, out := BadLink(root.FS(), test.name); link != test.link || out != test.out {
			t.Errorf("%s: got %q, %v, want %q, %v", test.name, link, out, test.link, test.out)
		}
	}
}

func TestNearestFile(t *testing.T) {
	fsys := fstest.MapFS{"a.wasm": {}, "x/worker.wasm": {}, "x/wroker/y": {}}
	for name, want := range map[string]string{
		"b.wasm": "a.wasm", "x/wroker.wasm": "x/worker.wasm", "x/wroke": "", "x/other.lua": "", "y/worker.wasm": "",
	} {
		if got := NearestFile(fsys, name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

func TestAt(t *testing.T) {
	app, err := loadText(`namespace: app
entries:
- name: x
  kind: process.host
  limits:
    max_fuel: 1
  mailbox: {}
- name: y
  kind: process.lua
  source: x
  modules:
  - json
  - log
`)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		id, path string
		want     string
	}{
		{"app:x", "limits/max_fuel", "6:15"},
		{"app:x", "limits/max_memory", "6:5"},
		{"app:x", "mailbox/capacity/deeper", "7:12"},
		{"app:x", "nothing", "3:3"},
		{"app:y", "modules/1", "13:5"},
		{"app:y", "modules/2", "12:3"},
		{"app:y", "modules/-1", "12:3"},
		{"app:y", "source/0", "10:11"},
	} {
		got := app.Entry(ID(test.id)).At(strings.Split(test.path, "/")...)
		if got.String() != "_index.yaml:"+test.want {
			t.Errorf("%s %s: got %v, want %s", test.id, test.path, got, test.want)
		}
	}
	made := &Entry{Pos: Position{File: "made up"}}
	if got := made.At("x").String(); got != "made up" {
		t.Errorf("got %q", got)
	}
	if got := (Position{}).String(); got != "-" {
		t.Errorf("no position: got %q", got)
	}
}

func TestNearest(t *testing.T) {
	for _, test := range []struct{ word, candidates, want string }{
		{"metod", "name method path", "method"},
		{"max_fule", "max_memory max_fuel", "max_fuel"},
		{"METHOD", "path method", "method"},
		{"fsx", "wasi fs", "fs"},
		{"colour", "name method path", ""},
		{"x", "", ""},
		{"", "name", ""},
	} {
		if got := Nearest(test.word, strings.Fields(test.candidates)); got != test.want {
			t.Errorf("%s: got %q, want %q", test.word, got, test.want)
		}
	}
}

func TestNearestEntries(t *testing.T) {
	app, err := loadText(`namespace: app
entries:
- {name: worker, kind: process.lua, source: x}
- {name: workers, kind: process.host}
- {name: workes, kind: process.host}
`)
	if err != nil {
		t.Fatal(err)
	}
	for prefix, want := range map[string]string{
		"process.":     "[app:worker app:workers app:workes]",
		"process.host": "[app:workers app:workes]",
		"terminal.":    "[]",
	} {
		if got := fmt.Sprint(app.Nearest("app:workerz", prefix)); got != want {
			t.Errorf("%s: got %s, want %s", prefix, got, want)
		}
	}
	if got := len(app.ByKind("process.host")); got != 2 {
		t.Errorf("got %d hosts", got)
	}
}

// TestHostile shows that odd texts take no more than time in their length.
func TestHostile(t *testing.T) {
	const size = 1 << 18
	for name, text := range map[string]string{
		"open list":  "namespace: app\nentries: [" + strings.Repeat("a,\n", size/3),
		"open quote": "namespace: app\nentries: \"" + strings.Repeat("\n", size),
		"nesting":    "namespace: app\nentries: " + strings.Repeat("[", size),
		"comments":   "namespace: app\nentries: 1\n" + strings.Repeat("#\n", size/2),
		"fields":     "namespace: app\nentries:\n- name: x\n  kind: process.host\n" + numbered("  k%d: 1\n", size/8),
		"references": "namespace: app\nentries:\n" + numbered("- {name: a%d, kind: env.variable, variable: A, storage: b}\n", 1000),
		"cycle":      "namespace: app\nentries:\n" + numbered("- {name: a%[1]d, kind: library.lua, source: x, imports: {a: a0, b: a%[2]d}}\n", 5000),
	} {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			if _, err := loadText(text); err == nil {
				t.Error("no error")
			}
			if took := time.Since(start); took > 10*time.Second {
				t.Errorf("took %v", took)
			}
		})
	}
}

func numbered(format string, n int) string {
	var b strings.Builder
	for i := range n {
		if strings.Contains(format, "%[2]d") {
			fmt.Fprintf(&b, format, i, (i+1)%n)
		} else {
			fmt.Fprintf(&b, format, i)
		}
	}
	return b.String()
}

// TestBadTags shows that a kind's own mistakes are loud.
func TestBadTags(t *testing.T) {
	for name, kind := range map[string]Kind{
		"rule": kindOf[struct {
			A int `yaml:"a" config:"requird"`
		}]("k", nil),
		"bound": kindOf[struct {
			A int `yaml:"a" config:"min=x"`
		}]("k", nil),
		"duration": kindOf[struct {
			A time.Duration `yaml:"a" config:"max=1"`
		}]("k", nil),
		"type": kindOf[struct {
			A chan int `yaml:"a"`
		}]("k", nil),
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			text := "namespace: app\nentries:\n- {name: x, kind: k, a: 1}\n"
			_, _ = LoadFS(fstest.MapFS{indexFile: {Data: []byte(text)}}, "/", []Kind{kind})
		})
	}
}

// What checks find out about all entries is found once, however many ask.
func TestFact(t *testing.T) {
	type key struct{}
	found, asked := 0, 0
	kind := Kind{Name: "k", New: func() any { return new(struct{}) }, Check: func(c *Check, _ *Entry) {
		asked += Fact(c, key{}, func(app *App) int {
			found++
			return len(app.Entries)
		})
	}}
	files := fstest.MapFS{"a.yaml": {Data: []byte("namespace: n\nentries: [{name: a, kind: k}, {name: b, kind: k}, {name: c, kind: k}]")}}
	if _, err := LoadFS(files, ".", []Kind{kind}); err != nil {
		t.Fatal(err)
	}
	if found != 1 || asked != 9 {
		t.Errorf("found %d times, and given %d", found, asked)
	}
}
