package lua

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"wippy/config"
	"wippy/mailbox"
	"wippy/runtime/process"
)

// fakeApp is a loaded application.
type fakeApp struct {
	process.App
	app *config.App
}

func (a fakeApp) Entry(id config.ID) *config.Entry { return a.app.Entry(id) }

// loadApp loads files, given as name and text in turn.
func loadApp(t *testing.T, files ...string) (*config.App, process.Kind, error) {
	t.Helper()
	dir := t.TempDir()
	for pair := range slices.Chunk(files, 2) {
		name := filepath.Join(dir, filepath.FromSlash(pair[0]))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(pair[1]), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	script, library := newTestEngine(t, Options{Library: fstest.MapFS{
		"stream.lua":       {Data: []byte(`return {name = "stream", map = require("stream.map")}`)},
		"stream/map.lua":   {Data: []byte(`return "mapped"`)},
		"json.lua":         {Data: []byte(`error("shadowed")`)},
		"broken/lines.lua": {Data: []byte("\n\nlocal = 1")},
	}}).Kinds()
	app, err := config.Load(dir, []config.Kind{script.Kind, library})
	return app, script, err
}

// compileApp compiles one entry of an application that loads.
func compileApp(t *testing.T, id config.ID, files ...string) (process.Program, error) {
	t.Helper()
	app, kind, err := loadApp(t, files...)
	if err != nil {
		t.Fatal(err)
	}
	return kind.Compile(t.Context(), app.Entry(id), fakeApp{app: app})
}

// runApp runs one entry.
func runApp(t *testing.T, id config.ID, files ...string) process.Result {
	t.Helper()
	program, err := compileApp(t, id, files...)
	if err != nil {
		t.Fatal(err)
	}
	ctx := newFake()
	result, _ := startProgram(t, ctx, program, mailbox.Float(20)).Step(ctx)
	return result
}

const (
	yamlHead = "namespace: app\nentries:\n"
	worker   = "- {name: worker, kind: process.lua, source: 'file://worker.lua', modules: [test]}\n"
)

func TestRequire(t *testing.T) {
	for name, test := range map[string]struct {
		files []string
		want  string // the result's only value, or the error after "!"
	}{
		"module": {[]string{"_index.yaml", yamlHead + worker, "worker.lua", `return type(require("test").now)`}, "function"},
		"always": {[]string{"_index.yaml", yamlHead + worker, "worker.lua", `return tostring(require("process") == process)`}, "true"},
		"not granted": {
			[]string{"_index.yaml", yamlHead + worker, "worker.lua", "\n" + `return require("json")`},
			`!worker.lua:2: module "json" is not granted; add "json" to modules: of app:worker (_index.yaml:3)`,
		},
		"import": {[]string{
			"jobs/_index.yaml", yamlHead + `
- name: worker
  kind: process.lua
  source: file://worker.lua
  imports: {u: util}
- {name: util, kind: library.lua, source: 'file://lib/util.lua', imports: {deep: other}}
- {name: other, kind: library.lua, source: 'return {x = "deep"}'}
`,
			"jobs/worker.lua", `local u = require("u") assert(u == require("u")) return u.f()`,
			"jobs/lib/util.lua", `local name = ... return {f = function() return name .. require("deep").x .. require("beside") end}`,
			"jobs/lib/beside.lua", `return "beside"`,
		}, "udeepbeside"},
		"imports are the importer's": {[]string{
			"_index.yaml", yamlHead + `
- {name: worker, kind: process.lua, source: 'require("util") return require("deep")', imports: {util: util}}
- {name: util, kind: library.lua, source: 'return require("deep")', imports: {deep: other}}
- {name: other, kind: library.lua, source: 'return 1'}
`,
		}, `!app:worker:1: module "deep" not found: no such module of Go; not among the imports util; no files to look in; not in the embedded library`},
		"beside":      {[]string{"_index.yaml", yamlHead + worker, "worker.lua", `return require("a.b")`, "a/b.lua", `return "b" .. require("c")`, "c.lua", `return "c"`}, "bc"},
		"nothing":     {[]string{"_index.yaml", yamlHead + worker, "worker.lua", `return tostring(require("c"))`, "c.lua", ``}, "true"},
		"embedded":    {[]string{"_index.yaml", yamlHead + worker, "worker.lua", `local s = require("stream") return s.name .. s.map`}, "streammapped"},
		"beside wins": {[]string{"_index.yaml", yamlHead + worker, "worker.lua", `return require("stream")`, "stream.lua", `return "mine"`}, "mine"},
		"not found": {
			[]string{"_index.yaml", yamlHead + worker, "worker.lua", `require("tset")`},
			`!worker.lua:1: module "tset" not found: no such module of Go; worker.lua imports nothing; no file tset.lua; not in the embedded library; did you mean "test"?`,
		},
		"outside":    {[]string{"_index.yaml", yamlHead + worker, "worker.lua", `require("../secret")`}, `not a name that a file can have`},
		"cycle":      {[]string{"_index.yaml", yamlHead + worker, "worker.lua", `require("a")`, "a.lua", `require("b")`, "b.lua", `require("a")`}, "!b.lua:1: modules require each other: a → b → a"},
		"itself":     {[]string{"_index.yaml", yamlHead + worker, "worker.lua", `require("stream")`, "stream.lua", `require("stream")`}, `!stream.lua:1: stream.lua requires itself: a file beside a script goes before the library's module "stream"; give it another name`},
		"syntax":     {[]string{"_index.yaml", yamlHead + worker, "worker.lua", `require("broken.lines")`}, `!worker.lua:1: require "broken.lines": wippy/broken/lines.lua:3:7: syntax error near '='`},
		"error":      {[]string{"_index.yaml", yamlHead + worker, "worker.lua", `pcall(require, "a") return require("a")`, "a.lua", `error("in a")`}, "!a.lua:1: in a"},
		"in a load":  {[]string{"_index.yaml", yamlHead + worker, "worker.lua", `return load("return require('c')")()`, "c.lua", `return "c"`}, "c"},
		"bad name":   {[]string{"_index.yaml", yamlHead + worker, "worker.lua", `require(5)`}, "!require: argument 1: expected a module's name, got 5"},
		"suspension": {[]string{"_index.yaml", yamlHead + worker, "worker.lua", `return coroutine.wrap(function() return require("c") end)()`, "c.lua", `return "c"`}, "c"},
	} {
		t.Run(name, func(t *testing.T) {
			r := runApp(t, "app:worker", test.files...)
			if r.Err != nil {
				if want := strings.TrimPrefix(test.want, "!"); !strings.Contains(r.Err.Message, want) {
					t.Errorf("\n got %s\nwant %s", r.Err.Message, want)
				}
			} else if len(r.Values) != 1 || r.Values[0].Str() != test.want {
				t.Errorf("got %v, want %q", r.Values, test.want)
			}
		})
	}
}

func TestMethod(t *testing.T) {
	entry := func(method string) string {
		return yamlHead + "- {name: worker, kind: process.lua, source: 'file://worker.lua', method: " + method + "}\n"
	}
	for _, test := range []struct{ method, source, want string }{
		{"run", `return {run = function(n) return n * 2 end}`, "40"},
		{"run", `function run(n) return n + 1 end`, "21"},
		{"run", `local calls = ... function run() return calls end`, "20"},
		{"rnu", `function run() end local m = {stop = function() end, x = 1} return m`, `worker.lua has no function "rnu": it has run, stop`},
		{"run", ``, `worker.lua has no function "run": it defines no global function and returns no table of functions`},
		{"run", `function run() error("no") end`, "worker.lua:1: no"},
	} {
		r := runApp(t, "app:worker", "_index.yaml", entry(test.method), "worker.lua", test.source)
		if r.Err != nil {
			wantText(t, r.Err, test.want)
		} else if r.Values[0].String() != test.want {
			t.Errorf("%s: got %v, want %s", test.source, r.Values, test.want)
		}
	}
}

// TestCompileErrors looks at what an entry's errors are and where they stand.
func TestCompileErrors(t *testing.T) {
	for name, test := range map[string]struct {
		files []string
		want  string
	}{
		"syntax": {
			[]string{"sub/_index.yaml", yamlHead + worker, "sub/worker.lua", "local x = 1\nlocal local\n"},
			"sub/worker.lua:2:7: syntax error near 'local'",
		},
		"inline": {
			[]string{"_index.yaml", yamlHead + "- name: worker\n  kind: process.lua\n  source: |\n    x = = 1\n"},
			"_index.yaml:5:11: source: app:worker:1:5: syntax error near '='",
		},
		"missing": {
			[]string{"_index.yaml", yamlHead + worker},
			`_index.yaml:3:45: source: there is no file "worker.lua"`,
		},
		"misspelt": {
			[]string{"sub/_index.yaml", yamlHead + "- {name: worker, kind: process.lua, source: 'file://../x/wroker.lua'}\n", "x/worker.lua", ""},
			`sub/_index.yaml:3:45: source: there is no file "../x/wroker.lua"; did you mean "../x/worker.lua"?`,
		},
		"directory": {
			[]string{"_index.yaml", yamlHead + worker, "worker.lua/x", ""},
			`source: "worker.lua" cannot be read: it is a directory`,
		},
		"all": {
			[]string{
				"_index.yaml", yamlHead + `
- {name: worker, kind: process.lua, source: 'file://worker.lua', imports: {a: a, b: b}}
- {name: a, kind: library.lua, source: 'file://a.lua'}
- {name: b, kind: library.lua, source: 'file://b.lua'}
`, "worker.lua", "=", "a.lua", "x", "b.lua", "return 1",
			},
			"worker.lua:1:1: syntax error near '='\na.lua:1:1: syntax error near 'x': an expression is no statement",
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := compileApp(t, "app:worker", test.files...)
			if _, ok := err.(config.Errors); !ok || !strings.Contains(err.Error(), test.want) {
				t.Errorf("\n got %v\nwant %s", err, test.want)
			}
		})
	}
}

// TestAcrossDirectories reads a source elsewhere in the application.
func TestAcrossDirectories(t *testing.T) {
	r := runApp(t, "app:worker",
		"jobs/_index.yaml", yamlHead+"- {name: worker, kind: process.lua, source: 'file://../shared/w.lua'}\n",
		"shared/w.lua", `error("here")`)
	wantText(t, r.Err, "shared/w.lua:1: here")
}

func TestUnknownModules(t *testing.T) {
	_, _, err := loadApp(t, "_index.yaml", yamlHead+`
- {name: worker, kind: process.lua, source: 'return 1', modules: [jsn, json, nothingalike, json]}
`)
	want := `_index.yaml:4:67: modules[0]: there is no module "jsn"; did you mean "json"?
_index.yaml:4:78: modules[2]: there is no module "nothingalike"; there are json, process, test
_index.yaml:4:92: modules[3]: "json" is granted already`
	if err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
}

// TestSourceNames looks at names of files that no application can have.
func TestSourceNames(t *testing.T) {
	_, _, err := loadApp(t, "_index.yaml", yamlHead+`
- {name: a, kind: process.lua, source: 'file://'}
- {name: b, kind: library.lua, source: 'file:///etc/hosts'}
- {name: c, kind: process.lua, source: 'file://x/../../y.lua'}
- {name: d, kind: library.lua, source: 'file://x/../y.lua'}
`)
	want := `_index.yaml:4:40: source: the file's name is missing after file://; write file://NAME.lua
_index.yaml:5:40: source: file:///etc/hosts is absolute; paths after file:// are relative to the YAML file and cannot leave the application
_index.yaml:6:40: source: file://x/../../y.lua leads out of the application; name a file inside it, relative to the YAML file`
	if err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
}

func TestCheckLibrary(t *testing.T) {
	app, _, err := loadApp(t, "_index.yaml", yamlHead+`
- {name: good, kind: library.lua, source: 'return 1', imports: {bad: bad}}
- {name: bad, kind: library.lua, source: 'return ('}
`)
	if err != nil {
		t.Fatal(err)
	}
	e := newTestEngine(t, Options{})
	if errs := e.CheckLibrary(app.Entry("app:good")); len(errs) > 0 {
		t.Error(errs)
	}
	want := "_index.yaml:5:42: source: app:bad:1: syntax error: unexpected end of the source"
	if errs := e.CheckLibrary(app.Entry("app:bad")); errs.Error() != want {
		t.Errorf("got %v", errs)
	}
}

func TestNewEngine(t *testing.T) {
	open := testModules()[0].Open
	for _, modules := range [][]Module{{{Name: "x"}}, {{Open: open}}, {{Name: "x", Open: open}, {Name: "x", Open: open}}} {
		if _, err := NewEngine(Options{Modules: modules}); err == nil {
			t.Errorf("%v: no error", modules)
		}
	}
}
