package wasmhost

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"wippy/config"
	"wippy/runtime/process"
)

// load reads one process.wasm entry, app:worker, of the given fields.
func load(h *Host, fields string) (*config.Entry, error) {
	type other struct{}
	empty := func() any { return new(other) }
	text := `namespace: app
entries:
  - {name: bin, kind: fs.directory}
  - {name: key, kind: env.variable}
  - name: worker
    kind: process.wasm
    ` + strings.ReplaceAll(strings.TrimSpace(fields), "\n", "\n    ") + "\n"
	app, err := config.LoadFS(fstest.MapFS{"_index.yaml": {Data: []byte(text)}}, "/app",
		[]config.Kind{h.Kind().Kind, {Name: "fs.directory", New: empty}, {Name: "env.variable", New: empty}})
	if err != nil {
		return nil, err
	}
	return app.Entry("app:worker"), nil
}

const zeroHash = "sha256:0000000000000000000000000000000000000000000000000000000000000000"

func TestEntryDecodes(t *testing.T) {
	h := newHost(t, Options{})
	e, err := load(h, `
fs: bin
path: compute.wasm
hash: `+zeroHash+`
method: compute
wit: "compute: func(a: s32, b: s32) -> s32;"
imports: [wasi:cli, wippy:process]
wasi:
  args: [-v]
  cwd: /work
  env: [{id: key, name: KEY, required: true}]
  mounts: [{fs: bin, guest: /bin, read_only: true}]
  network: {allow: ["example.com:443"]}
limits: {max_memory: 65536}
`)
	if err != nil {
		t.Fatal(err)
	}
	spec := e.Spec.(*Config)
	got := fmt.Sprintf("%+v", *spec)
	want := "{FS:app:bin Path:compute.wasm Hash:" + zeroHash + " Method:compute WIT:compute: func(a: s32, b: s32) -> s32; " +
		"Imports:[wasi:cli wippy:process] WASI:{Args:[-v] CWD:/work Env:[{ID:app:key Name:KEY Required:true}] " +
		"Mounts:[{FS:app:bin Guest:/bin ReadOnly:true}] Network:{Allow:[example.com:443]}} " +
		"Limits:{MaxExecutionMS:0 MaxFuel:0 MaxMemory:65536 MaxOutput:0 MaxHandles:0 MaxChildren:0}}"
	if got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
	if l := h.Kind().Limits(e); l != (process.Limits{MaxMemory: 65536}) {
		t.Errorf("limits %+v", l)
	}
}

func TestEntryChecks(t *testing.T) {
	h := newHost(t, Options{})
	good := "fs: bin\npath: a.wasm\nmethod: run\n"
	hash := "hash: " + zeroHash + "\n"
	for _, tt := range []struct{ fields, want string }{
		{good + "hash: sha256:12ab", "_index.yaml:10:11: hash: expected sha256: and 64 hexadecimal digits, found \"sha256:12ab\"; `wippy hash FILE` prints it"},
		{good + "hash: md5:12ab", "_index.yaml:10:11: hash: expected sha256: and 64 hexadecimal digits, found \"md5:12ab\"; `wippy hash FILE` prints it"},
		{"fs: bin\npath: ../a.wasm\nmethod: run\n" + hash, `_index.yaml:8:11: path: "../a.wasm" leads out of app:bin; name a file inside it, relative to it`},
		{"fs: bin\npath: /../a.wasm/../..\nmethod: run\n" + hash, `_index.yaml:8:11: path: "/../a.wasm/../.." leads out of app:bin; name a file inside it, relative to it`},
		{"fs: bin\npath: /../a.wasm\nmethod: run\n" + hash, `_index.yaml:8:11: path: "/../a.wasm" leads out of app:bin; name a file inside it, relative to it`},
		{"fs: bin\npath: /\nmethod: run\n" + hash, `_index.yaml:8:11: path: "/" is app:bin itself, a folder; name a file inside it`},
		{good + hash + "wit: 'run: func(a: int)'", `_index.yaml:11:10: wit: 1:14: expected a type, found "int"; WIT writes s32 or s64`},
		{good + hash + "imports: [wasi:cil]", `_index.yaml:11:15: imports[0]: unknown capability "wasi:cil"; did you mean "wasi:cli"?`},
		{good + hash + "imports: [network]", `_index.yaml:11:15: imports[0]: unknown capability "network"; there are wasi:cli, wasi:io, wasi:poll, wasi:clocks, wasi:random, wasi:filesystem, wasi:sockets, wasi:http, wippy:process`},
		{good + hash + "imports: [wasi:io, wasi:io]", `_index.yaml:11:24: imports[1]: "wasi:io" is granted already`},
		{good + hash + "wasi: {cwd: work}", `_index.yaml:11:17: wasi.cwd: expected an absolute path, found "work"; begin it with /`},
		{good + hash + "wasi: {env: [{id: key, name: A=B}]}", `_index.yaml:11:34: wasi.env[0].name: "A=B" cannot be the name of a variable; leave out "=" and NUL`},
		{good + hash + "wasi: {env: [{id: key, name: A}, {id: key, name: A}]}", `_index.yaml:11:54: wasi.env[1].name: the variable "A" is there already`},
		{good + hash + "wasi: {mounts: [{fs: bin, guest: data}]}", `_index.yaml:11:38: wasi.mounts[0].guest: expected an absolute path, found "data"; begin it with /`},
		{good + hash + "wasi: {mounts: [{fs: bin, guest: /data}, {fs: bin, guest: /data/}]}", `_index.yaml:11:63: wasi.mounts[1].guest: "/data/" has a mount already`},
		{good + hash + "wasi: {mounts: [{fs: bin, guest: /a/../../b}]}", `_index.yaml:11:38: wasi.mounts[0].guest: expected a path without ".", ".." and "//", found "/a/../../b"; write "/b"`},
		{good + hash + "wasi: {mounts: [{fs: bin, guest: //a}]}", `_index.yaml:11:38: wasi.mounts[0].guest: expected a path without ".", ".." and "//", found "//a"; write "/a"`},
		{good + hash + `wasi: {cwd: "/a\0b"}`, `_index.yaml:11:17: wasi.cwd: a path holds no NUL, found "/a\x00b"`},
		{good + hash + `wasi: {mounts: [{fs: bin, guest: "/a\0b"}]}`, `_index.yaml:11:38: wasi.mounts[0].guest: a path holds no NUL, found "/a\x00b"`},
		{good + hash + "wasi: {network: {}}", `_index.yaml:11:21: wasi.network: it has no list "allow"; write "allow: []" to allow nothing, or leave out network to allow everything`},
		{good + hash + "wasi: {network: {allow: null}}", `_index.yaml:11:21: wasi.network: it has no list "allow"; write "allow: []" to allow nothing, or leave out network to allow everything`},
		{good + hash + "wasi: {network: }", `_index.yaml:11:21: wasi.network: it has no list "allow"; write "allow: []" to allow nothing, or leave out network to allow everything`},
		{good + hash + "wasi: {network: {allow: 7}}", `_index.yaml:11:29: wasi.network.allow: expected a list, found the number 7; write ["7"]`},
		{good + hash + `wasi: {args: ["a\0b"]}`, `_index.yaml:11:19: wasi.args[0]: an argument holds no NUL, found "a\x00b"`},
	} {
		_, err := load(h, tt.fields)
		if err == nil {
			t.Errorf("%s: no error", tt.fields)
		} else if err.Error() != tt.want {
			t.Errorf("%s:\n got %s\nwant %s", tt.fields, err, tt.want)
		}
	}
}

func TestCompileEntry(t *testing.T) {
	h := newHost(t, Options{})
	dir := t.TempDir()
	write := func(name string, b []byte) {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("compute.wasm", readGuest(t, "compute"))
	write("imports.wasm", readGuest(t, "imports"))
	write("cut.wasm", readGuest(t, "compute")[:20])
	write("note.wasm", []byte("hello, world"))
	write("comp.wasm", []byte("\x00asm\x0d\x00\x01\x00"))
	if err := os.Mkdir(filepath.Join(dir, "sub"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/etc/passwd", filepath.Join(dir, "link.wasm")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("nowhere", filepath.Join(dir, "dead.wasm")); err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	app := fakeApp{root.FS()}
	hashOf := func(name string) string {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return zeroHash
		}
		return hash(b)
	}

	for _, tt := range []struct {
		path, method, more string
		app                fakeApp
		want               string
	}{
		{path: "compute.wasm", method: "compute", app: app},
		{path: "./sub/../compute.wasm", method: "compute", app: app},
		{path: "compute.wasm", method: "comptue", app: app,
			want: `_index.yaml:10:13: method: compute.wasm exports no function "comptue"; did you mean "compute"? it exports compute`},
		{path: "compute.wasm", method: "run", more: "wit: 'run: func()'", app: app,
			want: "_index.yaml:10:13: method: compute.wasm exports no function \"run\"; it exports compute\n" +
				"_index.yaml:11:10: wit: 1:1: compute.wasm exports no function \"run\"; it exports compute"},
		{path: "imports.wasm", method: "run", app: app,
			want: "_index.yaml:8:11: path: imports.wasm imports what nothing provides: env.log (func), env.memory (memory), env.table (table), env.base (global)"},
		{path: "cut.wasm", method: "compute", app: app,
			want: "_index.yaml:8:11: path: cut.wasm: truncated: the function section needs 2 bytes, 1 are left (at byte 0x13)"},
		{path: "note.wasm", method: "compute", app: app,
			want: "_index.yaml:8:11: path: note.wasm: not WebAssembly: it begins with 68 65 6c 6c, a binary begins with 00 61 73 6d (at byte 0x0)"},
		{path: "comp.wasm", method: "compute", app: app,
			want: "_index.yaml:10:13: method: comp.wasm exports no function \"compute\"; it exports no functions"},
		{path: "none.txt", method: "compute", app: app, want: `_index.yaml:8:11: path: app:bin has no file "none.txt"`},
		{path: "./sub/../comptue.wasm", method: "compute", app: app, want: `_index.yaml:8:11: path: app:bin has no file "./sub/../comptue.wasm"; did you mean "compute.wasm"?`},
		{path: "dead.wasm", method: "compute", app: app, want: `_index.yaml:8:11: path: the link "dead.wasm" of app:bin leads to nothing`},
		{path: "sub", method: "compute", app: app, want: "_index.yaml:8:11: path: \"sub\" of app:bin cannot be read: it is a directory"},
		{path: "link.wasm", method: "compute", app: app, want: "_index.yaml:8:11: path: the link \"link.wasm\" leads out of app:bin; name a file inside it"},
		{path: "compute.wasm", method: "compute", want: "_index.yaml:7:9: fs: no such directory"},
	} {
		e, err := load(h, fmt.Sprintf("fs: bin\npath: %s\nhash: %s\nmethod: %s\n%s", tt.path, hashOf(tt.path), tt.method, tt.more))
		if err != nil {
			t.Fatal(err)
		}
		p, err := h.Kind().Compile(context.Background(), e, tt.app)
		if tt.want == "" {
			if err != nil {
				t.Errorf("%s: %v", tt.path, err)
			} else if got := printed(run(t, p.(*Program), process.Limits{}, num(6), num(7))); got != "number 42" {
				t.Errorf("%s: %s", tt.path, got)
			}
			continue
		}
		if _, ok := errors.AsType[config.Errors](err); !ok || err.Error() != tt.want {
			t.Errorf("%s:\n got %v\nwant %s", tt.path, err, tt.want)
		}
	}
}

func TestWrongHashRunsNothing(t *testing.T) {
	h := newHost(t, Options{Progress: func(string, int) func() {
		t.Error("a binary that is not meant is compiled")
		return func() {}
	}})
	e, err := load(h, "fs: bin\npath: compute.wasm\nhash: "+zeroHash+"\nmethod: compute")
	if err != nil {
		t.Fatal(err)
	}
	bin := readGuest(t, "compute")
	_, err = h.Kind().Compile(context.Background(), e, fakeApp{fstest.MapFS{"compute.wasm": {Data: bin}}})
	want := "_index.yaml:9:11: hash: compute.wasm has changed: expected " + zeroHash + ", got " + hash(bin) + "; if that binary is meant, write its hash here"
	if err == nil || err.Error() != want {
		t.Errorf("\n got %v\nwant %s", err, want)
	}
}

func TestTooLargeBinary(t *testing.T) {
	e, err := load(newHost(t, Options{}), "fs: bin\npath: a.wasm\nhash: "+zeroHash+"\nmethod: run")
	if err != nil {
		t.Fatal(err)
	}
	_, err = New(Options{}).Kind().Compile(context.Background(), e, fakeApp{hugeFS{}})
	if want := "_index.yaml:8:11: path: \"a.wasm\" of app:bin cannot be read: larger than 268435456 bytes"; err == nil || err.Error() != want {
		t.Errorf("\n got %v\nwant %s", err, want)
	}
}

// hugeFS holds one file that says it is huge.
type hugeFS struct{}

func (hugeFS) Open(string) (fs.File, error) { return nil, fs.ErrInvalid }

func (hugeFS) Stat(string) (fs.FileInfo, error) { return hugeInfo{}, nil }

type hugeInfo struct{ fs.FileInfo }

func (hugeInfo) Size() int64       { return MaxBinary + 1 }
func (hugeInfo) Mode() fs.FileMode { return 0 }
func (hugeInfo) IsDir() bool       { return false }
