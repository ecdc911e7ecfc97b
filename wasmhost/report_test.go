package wasmhost

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"gopkg.in/yaml.v3"

	"wippy/config"
	"wippy/wasmhost/canon"
	"wippy/wasmhost/component"
	"wippy/wasmhost/imports"
	"wippy/wasmhost/module"
	"wippy/wasmhost/procworld"
	"wippy/wasmhost/wasi/preview1"
	"wippy/wasmhost/wit"
)

func TestInterfaceNeeds(t *testing.T) {
	for name, want := range map[string]string{
		"wasi:cli/environment@0.2.0":           "wasi:cli",
		"wasi:cli/terminal-stdin@0.2.12":       "wasi:cli",
		"wasi:io/streams@0.2.3":                "wasi:io",
		"wasi:io/poll@0.2.3":                   "wasi:poll wasi:io",
		"wasi:clocks/monotonic-clock@0.2.3":    "wasi:clocks",
		"wasi:random/insecure-seed@0.2.3":      "wasi:random",
		"wasi:filesystem/preopens@0.2.3":       "wasi:filesystem",
		"wasi:sockets/tcp-create-socket@0.2.3": "wasi:sockets",
		"wasi:http/outgoing-handler@0.2.10":    "wasi:http",
		procworld.Name:                         "wippy:process",
		"wippy:process/process@0.2.0":          "",
		"wasi:io/poll":                         "", // no version is compatible with none
		"wasi:io/poll@0.3.0":                   "",
		"wasi:io/poll@0.2.0-rc-2023-11-10":     "",
		"wasi:cli/run@0.2.3":                   "", // for exports
		"wasi:http/incoming-handler@0.2.10":    "",
		"wasi:io/pole@0.2.3":                   "",
		"my:io/poll@0.2.3":                     "",
		"run":                                  "",
	} {
		needs, _ := interfaceNeeds(name)
		if got := strings.Join(needs, " "); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

// TestNeedsAreCapabilities holds what imports need against what entries can grant.
func TestNeedsAreCapabilities(t *testing.T) {
	check := func(name string, needs []string) {
		for _, n := range needs {
			if !slices.Contains(capabilities, n) {
				t.Errorf("%s needs %s, which no entry can grant", name, n)
			}
		}
	}
	for _, name := range preview1.Module().Names() {
		groups, ok := preview1.Groups(name)
		if !ok {
			t.Errorf("nothing tells what %s needs", name)
		}
		check(name, groups)
	}
	for _, i := range interfaces {
		check(i.Name, i.Grants)
	}
}

func TestGrants(t *testing.T) {
	poll := ImportReport{Access: AccessGrant, Needs: []string{"wasi:poll", "wasi:io"}}
	streams := ImportReport{Access: AccessGrant, Needs: []string{"wasi:io"}}
	write := ImportReport{Access: AccessGrant, Needs: []string{"wasi:cli", "wasi:filesystem"}, every: true}
	seek := ImportReport{Access: AccessGrant, Needs: []string{"wasi:cli", "wasi:filesystem"}}
	open := ImportReport{Access: AccessGrant, Needs: []string{"wasi:filesystem"}}
	for _, tt := range []struct {
		imports []ImportReport
		want    string
	}{
		{nil, ""},
		{[]ImportReport{{Access: AccessFree}, {Access: AccessTypes}, {Access: AccessUnknown}}, ""},
		{[]ImportReport{poll}, "imports: [wasi:poll]"},
		{[]ImportReport{poll, streams, poll}, "imports: [wasi:io]"},
		{[]ImportReport{open, seek}, "imports: [wasi:filesystem]"},
		{[]ImportReport{open, write}, "imports: [wasi:cli, wasi:filesystem]"},
		{[]ImportReport{seek}, "imports: [wasi:cli]"},
	} {
		r := Report{Grants: grants(tt.imports)}
		if got := r.GrantLine(); got != tt.want {
			t.Errorf("%+v: %q, want %q", tt.imports, got, tt.want)
		}
	}
}

// TestCoreImports shows what an import of a core module says about itself.
func TestCoreImports(t *testing.T) {
	for _, tt := range []struct {
		module, name string
		kind         module.Kind
		access, note string
	}{
		{preview1.Name, "fd_write", module.Func, AccessGrant, ""},
		{preview1.Name, "proc_exit", module.Func, AccessFree, ""},
		{preview1.Name, "fd_right", module.Func, AccessUnknown, "WASI preview 1 has no such function"},
		{preview1.Name, "fd_write", module.Global, AccessUnknown, "WASI preview 1 has no such function"},
		{"wasi_unstable", "fd_write", module.Func, AccessUnknown, "it came before WASI preview 1; build the module for that"},
		{procworld.Name, "sent", module.Func, AccessUnknown, procworld.Name + ` has no such function; did you mean "send"?`},
		{procworld.Name, "send", module.Func, AccessUnknown, "the function there is (i32, i32, i32, i32, i32, i32, i32) -> ()"},
		{"wasi:io/poll@0.2.3", "poll", module.Func, AccessUnknown, "only components can import it; make one of the module"},
		{"env", "log", module.Func, AccessUnknown, ""},
	} {
		r := coreImport(module.Import{Module: tt.module, Name: tt.name, Kind: tt.kind}, module.FuncType{})
		if r.Access != tt.access || r.Note != tt.note {
			t.Errorf("%s.%s: %s, %q", tt.module, tt.name, r.Access, r.Note)
		}
	}
}

// TestReportMethods shows which names a method can go by.
func TestReportMethods(t *testing.T) {
	handle := &wit.Type{Kind: wit.Borrow, Resource: &wit.Resource{Name: "r"}}
	f := func(name string, params ...wit.Param) wit.Func { return wit.Func{Name: name, Params: params} }
	bare := f("bare")
	iface := func(name string, funcs ...wit.Func) wit.Item {
		return wit.Item{Name: name, Interface: &wit.Interface{Funcs: funcs}}
	}
	left := budget(maxReport)
	s := &speller{left: &left, types: make(map[*wit.Type]spelling)}
	var got []string
	for _, m := range s.methods([]wit.Item{
		{Name: "bare", Func: &bare},
		iface("a:a/one@1.0.0", f("bare"), f("only"), f("both"), f("[constructor]r"), f("takes", wit.Param{Name: "it", Type: &wit.Type{Kind: wit.List, Elem: handle}})),
		iface("a:a/one@1.1.0", f("both")),
		iface("plain", f("both"), f("mine")),
	}) {
		got = append(got, strings.Join(m.Forms, " "))
	}
	want := []string{
		"bare", "one#bare a:a/one#bare a:a/one@1.0.0#bare", "only one#only a:a/one#only a:a/one@1.0.0#only", "a:a/one@1.0.0#both", "a:a/one@1.1.0#both", "plain#both", "mine plain#mine",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestReportEntry loads and compiles what the reports of real modules offer.
func TestReportEntry(t *testing.T) {
	h := newHost(t, Options{})
	kinds := []config.Kind{h.Kind().Kind, {Name: "fs.directory", New: func() any { return new(struct{}) }}}
	for _, guest := range []string{"compute", "exits", "initialize", "kernels", "peer", "start"} {
		const file = "the: guest's \"1\" #.wasm"
		binary := readGuest(t, guest)
		r, err := Inspect(binary)
		if err != nil {
			t.Fatal(err)
		}
		text := "namespace: app\nentries:\n- {name: bin, kind: fs.directory}\n" + r.Entry(file, "bin")
		app, err := config.LoadFS(fstest.MapFS{"_index.yaml": {Data: []byte(text)}}, "/app", kinds)
		if err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
		e := app.Entry("app:the--guest-s--1")
		if e == nil {
			t.Fatalf("no such entry in\n%s", text)
		}
		if _, err := h.Kind().Compile(context.Background(), e, fakeApp{fstest.MapFS{file: {Data: binary}}}); err != nil {
			t.Errorf("%v in\n%s", err, text)
		}
	}
}

func TestReportEntryNames(t *testing.T) {
	r := Report{Hash: zeroHash, Methods: []MethodReport{{Forms: []string{"a\x1b\n\u2028: #"}}}}
	for file, want := range map[string]string{"calc.wasm": "calc", "...": "module", "": "module", "é.wasm": "module", "a b.wasm": "a-b"} {
		text := r.Entry(file, "bin")
		if n := strings.Count(text, "\n"); n != 6 {
			t.Errorf("%d lines in\n%s", n, text)
		}
		var entries []map[string]string
		if err := yaml.Unmarshal([]byte(text), &entries); err != nil || entries[0]["name"] != want || entries[0]["path"] != file ||
			entries[0]["method"] != r.Methods[0].Forms[0] {
			t.Errorf("%v, %q of\n%s", err, entries, text)
		}
	}
	if text := (&Report{}).Entry("a", "b"); text != "" {
		t.Errorf("an entry without a method:\n%s", text)
	}
}

// vec is a number of items and the items.
func vec(items ...[]byte) []byte {
	return append(module.AppendU32(nil, uint32(len(items))), bytes.Join(items, nil)...)
}

func cat(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

// TestInspectBounds tells that few bytes cannot ask for a text of any length.
func TestInspectBounds(t *testing.T) {
	// A thousand parameters in each of many exports.
	var exports [][]byte
	for i := range 50_000 {
		exports = append(exports, cat(module.AppendName(nil, letters(i)), []byte{0, 0}))
	}
	wide := cat([]byte{0x60}, vec(slices.Repeat([][]byte{{byte(module.I32)}}, 1000)...), vec())
	core := module.Preamble()
	core = module.AppendSection(core, module.SectionType, vec(wide))
	core = module.AppendSection(core, module.SectionImport, vec(cat(module.AppendName(nil, "a"), module.AppendName(nil, "b"), []byte{0, 0})))
	core = module.AppendSection(core, module.SectionExport, vec(exports...))

	// A thousand parameters of a type with a long name.
	long := module.AppendName(nil, strings.Repeat("a-", 45_000)+"a")
	names := []byte("\x00asm\x0d\x00\x01\x00")
	names = module.AppendSection(names, 7, vec(cat([]byte{0x6d}, vec(module.AppendName(nil, "x")))))
	names = module.AppendSection(names, 10, vec(cat([]byte{0}, long, []byte{3, 0, 0})))
	var params [][]byte
	for i := range 1000 {
		params = append(params, cat(module.AppendName(nil, letters(i)), []byte{1}))
	}
	names = module.AppendSection(names, 7, vec(cat([]byte{0x40}, vec(params...), []byte{1, 0})))
	names = module.AppendSection(names, 10, vec(cat([]byte{0}, module.AppendName(nil, "f"), []byte{1, 2})))

	// Custom sections without end.
	custom := append(module.Preamble(), bytes.Repeat([]byte{0, 1, 0}, 90_000)...)

	for name, b := range map[string][]byte{"core": core, "names": names} {
		if _, err := Inspect(b); !errors.Is(err, errReportSize) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if r, err := Inspect(custom); err != nil || len(r.Custom) != 90_000 {
		t.Errorf("custom sections: %v", err)
	}
}

func TestInspectErrors(t *testing.T) {
	var m *module.Error
	if _, err := Inspect([]byte("(module)")); !errors.As(err, &m) || m.Offset != 0 {
		t.Errorf("text: %#v", err)
	}
	var c *component.Error
	if _, err := Inspect([]byte("\x00asm\x0d\x00\x01\x00\x07\x03\x01\x66\x00")); !errors.As(err, &c) || c.Feature != "async" || c.Offset == 0 {
		t.Errorf("async: %#v", err)
	}
}

// TestUnsupported reports what a module uses that is not run.
func TestUnsupported(t *testing.T) {
	b := module.AppendSection(module.Preamble(), module.SectionMemory, vec([]byte{3, 1, 2}, []byte{4, 1}))
	r, err := Inspect(b)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(r.Unsupported(), ", "); got != "threads, multi-memory, memory64" || len(r.CoreModules[0].Memories) != 2 {
		t.Errorf("%s, %+v", got, r.CoreModules[0].Memories)
	}
}

// FuzzInspect checks that whatever is read gives an error with a message, or a
// report that is JSON and YAML where it should be.
func FuzzInspect(f *testing.F) {
	for _, pattern := range []string{guests + "/*.wasm", "component/testdata/*.wasm", "../cmd/wippy/testdata/components/*.wasm"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			f.Fatal("no binaries: ", pattern, err)
		}
		for _, file := range files {
			b, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(b)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := Inspect(b)
		if err != nil {
			if err.Error() == "" {
				t.Fatal("an error without a message")
			}
			return
		}
		text, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		var again Report
		if err := json.Unmarshal(text, &again); err != nil || again.Hash != r.Hash {
			t.Fatal(err)
		}
		entry := r.Entry("x.wasm", "bin")
		var entries []map[string]any
		if err := yaml.Unmarshal([]byte(entry), &entries); err != nil || (len(entries) == 0) != (len(r.Methods) == 0) {
			t.Fatalf("%v in\n%s", err, entry)
		}
		if r.Kind == "module" && r.WIT != "" {
			if _, err := wit.Parse(r.WIT); err != nil && len(r.Methods) == 1 {
				t.Fatalf("%v in\n%s", err, r.WIT)
			}
		}
		for _, c := range r.Grants {
			if !imports.Grants(capabilities).Has(c) {
				t.Fatalf("%q can be granted by nobody", c)
			}
		}
	})
}

// anything is a linker.Resolver that has whatever is asked for.
type anything struct{}

func (anything) Func(_ string, f wit.Func) (*canon.Host, error) {
	return &canon.Host{Name: f.Name, Func: func(*canon.Call) error { return nil }}, nil
}

func (anything) Resource(_, name string) *canon.ResourceType { return &canon.ResourceType{Name: name} }

// TestReportMethodsAreFound holds the names of methods against what the linker
// finds by them.
func TestReportMethodsAreFound(t *testing.T) {
	h := newHost(t, Options{})
	for _, file := range []string{"../cmd/wippy/testdata/components/imports.wasm", "component/testdata/values.wasm", "component/testdata/core.wasm"} {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		c, err := component.Read(b)
		if err != nil {
			t.Fatal(err)
		}
		plan, err := h.Link(context.Background(), file, c, anything{})
		if err != nil {
			t.Fatal(err)
		}
		r, err := Inspect(b)
		if err != nil {
			t.Fatal(err)
		}
		if len(r.Methods) == 0 {
			t.Errorf("%s has no methods", file)
		}
		found := make(map[string]bool)
		for _, m := range r.Methods {
			whole := m.Forms[len(m.Forms)-1]
			for _, form := range m.Forms {
				if e, err := plan.Find(form); err != nil || e.Name != whole {
					t.Errorf("%s of %s: %v", form, file, err)
				}
				found[form] = true
			}
		}
		for _, e := range plan.Exports() { // no form was forgotten
			if f, err := plan.Find(e.Func); err == nil && found[f.Name] && !found[e.Func] {
				t.Errorf("%s of %s is left out", e.Func, file)
			}
		}
	}
}
