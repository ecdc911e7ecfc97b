package wasmhost

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"wippy/mailbox"
	"wippy/runtime/process"
	"wippy/wasmhost/module"
	"wippy/wasmhost/wit"
)

func TestCompileErrors(t *testing.T) {
	h := newHost(t, Options{})
	for _, tt := range []struct {
		name string
		src  Source
		want string
	}{
		{"empty", Source{Name: "x.wasm"}, "x.wasm: the file is empty (at byte 0x0)"},
		{"not wasm", Source{Name: "x.wasm", Bytes: []byte("MZ\x90\x00")},
			"x.wasm: not WebAssembly: it begins with 4d 5a 90 00, a binary begins with 00 61 73 6d (at byte 0x0)"},
		{"text", Source{Name: "x.wat", Bytes: []byte("(module)")}, "x.wat: not WebAssembly: it is text; turn it into a binary first (wat2wasm) (at byte 0x0)"},
		{"truncated", Source{Name: "x.wasm", Bytes: readGuest(t, "compute")[:30]},
			"x.wasm: truncated: the export section needs 11 bytes, 7 are left (at byte 0x17)"},
		{"component", Source{Name: "x.wasm", Bytes: []byte("\x00asm\x0d\x00\x01\x00")}, "x.wasm exports no wasi:cli/run, the default; --method picks another; it exports no functions"},
		{"missing", Source{Name: "numbers.wasm", Bytes: readGuest(t, "numbers"), Method: "div-mod"},
			`numbers.wasm exports no function "div-mod"; did you mean "div_mod"? it exports i32, i64, f32, f64, nothing, div_mod, all, vector, reference`},
		{"no entry point", Source{Name: "exports.wasm", Bytes: readGuest(t, "exports")},
			`exports.wasm exports no function "_start", the default; --method picks another; it exports run, stop`},
		{"missing, nothing near", Source{Name: "page.wasm", Bytes: readGuest(t, "page"), Method: "compute"},
			`page.wasm exports no function "compute"; it exports sum`},
		{"memory", Source{Name: "x.wasm", Bytes: readGuest(t, "exports"), Method: "memory"}, `"memory" of x.wasm is a memory, not a function; it exports run, stop`},
		{"global", Source{Name: "x.wasm", Bytes: readGuest(t, "exports"), Method: "base"}, `"base" of x.wasm is a global, not a function; it exports run, stop`},
		{"table", Source{Name: "x.wasm", Bytes: readGuest(t, "exports"), Method: "table"}, `"table" of x.wasm is a table, not a function; it exports run, stop`},
		{"no functions", Source{Name: "x.wasm", Bytes: []byte("\x00asm\x01\x00\x00\x00"), Method: "run"}, `x.wasm exports no function "run"; it exports no functions`},
		{"imports", Source{Name: "x.wasm", Bytes: readGuest(t, "imports"), Method: "run"},
			"x.wasm imports what nothing provides: env.log (func), env.memory (memory), env.table (table), env.base (global)"},
		{"everything at once", Source{Name: "x.wasm", Bytes: readGuest(t, "imports"), Method: "go", WIT: "go: func("},
			"x.wasm imports what nothing provides: env.log (func), env.memory (memory), env.table (table), env.base (global)\n" +
				"wit: 1:10: expected the name of a parameter, found the end\n" +
				`x.wasm exports no function "go"; it exports run`},
		{"vector", Source{Name: "x.wasm", Bytes: readGuest(t, "numbers"), Method: "vector"},
			"vector of x.wasm is (v128) -> i32; no value maps to v128; choose a method of i32, i64, f32 and f64"},
		{"reference", Source{Name: "x.wasm", Bytes: readGuest(t, "numbers"), Method: "reference"},
			"reference of x.wasm is () -> externref; no value maps to externref; choose a method of i32, i64, f32 and f64"},
		{"wit type", Source{Name: "x.wasm", Bytes: readGuest(t, "compute"), Method: "compute", WIT: "compute: func(a: s32) -> s64;"},
			"wit: 1:1: compute: func(a: s32) -> s64 is (i32) -> i64, but the export is (i32, i32) -> i32"},
		{"wit name", Source{Name: "x.wasm", Bytes: readGuest(t, "compute"), Method: "compute", WIT: "\n add: func(a: s32) -> s64;"},
			"wit: 2:2: x.wasm exports no function \"add\"; it exports compute\n" +
				`wit: no signature for the method "compute"; add compute: func(a: s32, b: s32) -> s32;`},
		{"wit for another", Source{Name: "x.wasm", Bytes: readGuest(t, "numbers"), Method: "div_mod", WIT: "%f64: func(a: f64) -> f64;"},
			`wit: no signature for the method "div_mod"; add div-mod: func(a: s32, b: s32) -> tuple<s32, s32>;`},
		{"wit string", Source{Name: "x.wasm", Bytes: readGuest(t, "compute"), Method: "compute", WIT: "compute: func(a: string) -> s32;"},
			"wit: 1:1: x.wasm has no memory, where values of compute lie\n" +
				"wit: 1:1: x.wasm exports no function cabi_realloc, from which compute takes memory for its arguments; export one of type (i32, i32, i32, i32) -> i32"},
		{"wit record", Source{Name: "x.wasm", Bytes: readGuest(t, "compute"), Method: "compute", WIT: "record p { x: s32, y: s64 } compute: func(a: p) -> s32;"},
			"wit: 1:29: compute: func(a: p) -> s32 is (i32, i64) -> i32, but the export is (i32, i32) -> i32"},
		{"proposal", Source{Name: "x.wasm", Bytes: []byte("\x00asm\x01\x00\x00\x00\x05\x05\x02\x00\x01\x00\x01"), Method: "run"},
			"x.wasm exports no function \"run\"; it exports no functions\nx.wasm uses multi-memory, which is not supported; build it without that feature"},
		{"invalid", Source{Name: "x.wasm", Bytes: slices.Concat(readGuest(t, "compute")[:34], []byte{0x0a, 0x04, 0x01, 0x02, 0x00, 0x0b}), Method: "compute"},
			"x.wasm is not valid WebAssembly, or uses a feature that is not supported: invalid function[0] export[\"compute\"]: not enough results\n\thave ()\n\twant (i32)"},
		{"_initialize", Source{Name: "x.wasm", Bytes: readGuest(t, "initialize_takes"), Method: "run"},
			"x.wasm exports _initialize as (i32) -> (); it must neither take nor return anything"},
	} {
		_, err := h.Compile(context.Background(), tt.src)
		if err == nil {
			t.Errorf("%s: no error", tt.name)
			continue
		}
		if err.Error() != tt.want {
			t.Errorf("%s:\n got %s\nwant %s", tt.name, err, tt.want)
		}
		if !errors.Is(err, mailbox.Invalid) {
			t.Errorf("%s: kind %s", tt.name, mailbox.AsError(err).Kind)
		}
	}
}

func TestSignatureLine(t *testing.T) {
	many := make([]module.ValType, 50)
	for i := range many {
		many[i] = module.I32
	}
	for _, tt := range []struct {
		export string
		t      module.FuncType
		want   string
	}{
		{"f64", module.FuncType{}, "%f64: func();"},
		{"a_b", module.FuncType{Params: []module.ValType{module.I64, module.F32}, Results: []module.ValType{module.F64}}, "a-b: func(a: s64, b: f32) -> f64;"},
		{"a.b", module.FuncType{}, ""},
		{"many", module.FuncType{Params: many}, ""},
	} {
		line := signatureLine(tt.export, tt.t)
		if tt.want != "" && line != tt.want || tt.export == "a.b" && line != "" {
			t.Errorf("%s: got %q, want %q", tt.export, line, tt.want)
		}
		if line == "" {
			continue
		}
		fs, err := wit.Parse(line)
		if err != nil || len(fs) != 1 {
			t.Fatalf("%s: %v", line, err)
		}
		if core, _ := flatten(fs[0]); core.String() != tt.t.String() {
			t.Errorf("%s means %s, want %s", line, core, tt.t)
		}
	}
}

func TestCompileOnce(t *testing.T) {
	var began, ended []string
	h := newHost(t, Options{Progress: func(name string, size int) func() {
		began = append(began, name)
		if size != len(readGuest(t, "compute")) {
			t.Errorf("size %d", size)
		}
		return func() { ended = append(ended, name) }
	}})
	for _, name := range []string{"one.wasm", "two.wasm"} {
		if _, err := h.Compile(context.Background(), Source{Name: name, Bytes: readGuest(t, "compute"), Method: "compute"}); err != nil {
			t.Fatal(err)
		}
	}
	if want := []string{"one.wasm"}; !slices.Equal(began, want) || !slices.Equal(ended, want) {
		t.Errorf("compilations began %q, ended %q", began, ended)
	}
}

func TestCompileCancelled(t *testing.T) {
	h := newHost(t, Options{})
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	src := Source{Name: "x.wasm", Bytes: readGuest(t, "compute"), Method: "compute"}
	if _, err := h.Compile(ctx, src); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if _, err := h.Compile(context.Background(), src); err != nil {
		t.Errorf("a cancelled compilation stays so: %v", err)
	}
}

func TestCacheDir(t *testing.T) {
	dir := t.TempDir()
	for range 2 {
		compileGuest(t, newHost(t, Options{CacheDir: dir}), "compute", "compute", "")
	}
	cached, err := filepath.Glob(filepath.Join(dir, "*", "*"))
	if err != nil || len(cached) != 1 {
		t.Errorf("the cache holds %q, %v", cached, err)
	}
}

// TestCacheDirOfNoUse shows that compiling does not need the cache.
func TestCacheDirOfNoUse(t *testing.T) {
	for name, spoil := range map[string]func(dir string) error{
		"cannot be made":    func(dir string) error { return os.WriteFile(dir, nil, 0o600) },
		"cannot be written": os.RemoveAll,
		"cannot be read":    func(dir string) error { return errors.Join(os.RemoveAll(dir), os.WriteFile(dir, nil, 0o600)) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "cache")
			if name == "cannot be made" {
				if err := spoil(dir); err != nil {
					t.Fatal(err)
				}
			}
			compileGuest(t, newHost(t, Options{CacheDir: dir}), "numbers", "i32", "")
			var log bytes.Buffer
			h := newHost(t, Options{CacheDir: dir, Logger: slog.New(slog.NewTextHandler(&log, nil))})
			before := compileGuest(t, h, "compute", "compute", "")
			if err := spoil(dir); err != nil {
				t.Fatal(err)
			}
			if _, err := h.Compile(context.Background(), Source{Name: "x.wasm", Bytes: readGuest(t, "numbers"), Method: "i33"}); err == nil {
				t.Error("no error of a method that is not there")
			}
			after := compileGuest(t, h, "numbers", "i32", "")
			if got := printed(run(t, after, process.Limits{}, num(7))); got != "number 7" {
				t.Error(got)
			}
			if got := printed(run(t, before, process.Limits{}, num(6), num(7))); got != "number 42" {
				t.Error(got)
			}
			compileGuest(t, h, "page", "sum", "")
			if lines := strings.Count(log.String(), "the cache of compiled code cannot be used"); lines != 1 {
				t.Errorf("logged %q", &log)
			}
		})
	}
}

// TestCacheRepaired shows that a damaged file in the cache is replaced, and
// that this is all that is lost.
func TestCacheRepaired(t *testing.T) {
	for name, damage := range map[string]func(content []byte) []byte{
		"empty":        func([]byte) []byte { return nil },
		"truncated":    func(content []byte) []byte { return content[:len(content)/2] },
		"overwritten":  func([]byte) []byte { return []byte("WAZEVO") },
		"one bit less": func(content []byte) []byte { content[len(content)/2] ^= 1; return content },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			compileGuest(t, newHost(t, Options{CacheDir: dir}), "compute", "compute", "")
			files, err := filepath.Glob(filepath.Join(dir, "*", "*"))
			if err != nil || len(files) != 1 {
				t.Fatalf("the cache holds %q, %v", files, err)
			}
			content, err := os.ReadFile(files[0])
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(files[0], damage(slices.Clone(content)), 0o600); err != nil {
				t.Fatal(err)
			}
			for _, want := range []string{"a damaged file in the cache of compiled code was replaced", ""} {
				var log bytes.Buffer
				h := newHost(t, Options{CacheDir: dir, Logger: slog.New(slog.NewTextHandler(&log, nil))})
				p := compileGuest(t, h, "compute", "compute", "")
				if got := printed(run(t, p, process.Limits{}, num(6), num(7))); got != "number 42" {
					t.Error(got)
				}
				if len(h.engines) != 1 {
					t.Error("the cache is not used any more")
				}
				if !strings.Contains(log.String(), want) || want == "" && log.Len() > 0 {
					t.Errorf("logged %q, want %q", &log, want)
				}
				if now, err := os.ReadFile(files[0]); err != nil || !bytes.Equal(now, content) {
					t.Errorf("the file is not what it was, %v", err)
				}
			}
			if left, err := filepath.Glob(filepath.Join(dir, "repair-*")); err != nil || len(left) > 0 {
				t.Errorf("%q is left, %v", left, err)
			}
		})
	}
}

// TestInvalidIsCompiledOnce shows that what is wrong with a module is not blamed
// on the cache, which would compile it again.
func TestInvalidIsCompiledOnce(t *testing.T) {
	engine, err := newHost(t, Options{CacheDir: t.TempDir()}).start()
	if err != nil {
		t.Fatal(err)
	}
	for _, invalid := range []string{"\x00asm\x01\x00\x00\x00\xff", "\x00asm\x01\x00\x00\x00\x03\x02\x01\x00"} {
		if _, err := translate(context.Background(), engine, []byte(invalid)); err == nil || ofCache(err) {
			t.Errorf("%q: %v", invalid, err)
		}
	}
}

func TestClosedHost(t *testing.T) {
	h := New(Options{})
	compileGuest(t, h, "compute", "compute", "")
	for range 2 {
		if err := h.Close(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	_, err := h.Compile(context.Background(), Source{Name: "x", Bytes: readGuest(t, "compute"), Method: "compute"})
	if err == nil || err.Error() != "the wasm host is closed" {
		t.Errorf("got %v", err)
	}
}

// FuzzCompile feeds whatever bytes to the whole way from binary to instance,
// which may refuse them but must not fail itself.
func FuzzCompile(f *testing.F) {
	files, err := filepath.Glob(filepath.Join(guests, "*.wasm"))
	if err != nil || len(files) == 0 {
		f.Fatal("no guests", err)
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		h := New(Options{})
		defer h.Close(context.Background())
		m, err := module.Read(b)
		if err != nil || m.HasStart || len(functions(m)) == 0 {
			return // a start function may never end
		}
		prog, err := h.Compile(context.Background(), Source{Name: "x.wasm", Bytes: b, Method: functions(m)[0]})
		if err != nil {
			return
		}
		p := prog.(*Program)
		p.initialize = false // nor may this
		proc, err := p.New(zeroArguments(p), process.Limits{MaxMemory: 1 << 20})
		if err != nil {
			return
		}
		defer proc.Close()
		_ = proc.Init(&fakeContext{})
	})
}

// zeroArguments are arguments that fit.
func zeroArguments(p *Program) []mailbox.Value {
	args := make([]mailbox.Value, len(p.sig.params))
	for i := range args {
		args[i] = num(0)
	}
	return args
}

// The engine cannot tell 65,536 pages from none.
func TestLargestMemory(t *testing.T) {
	binary := []byte("\x00asm\x01\x00\x00\x00" + "\x01\x04\x01\x60\x00\x00" + "\x03\x02\x01\x00" +
		"\x05\x05\x01\x00\x80\x80\x04" + "\x07\x05\x01\x01f\x00\x00" + "\x0a\x04\x01\x02\x00\x0b")
	_, err := newHost(t, Options{}).Compile(t.Context(), Source{Name: "big.wasm", Bytes: binary, Method: "f"})
	if want := "big.wasm begins with 65536 pages of memory; there may be 65535"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
