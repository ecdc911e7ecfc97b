package module

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const guests = "../../test/guests/bin"

func readGuest(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(guests, name+".wasm"))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func mustRead(t testing.TB, b []byte) *Module {
	t.Helper()
	m, err := Read(b)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestImportsAndExports(t *testing.T) {
	m := mustRead(t, readGuest(t, "imports"))
	var got []string
	for _, i := range m.Imports {
		got = append(got, fmt.Sprintf("%s.%s %s", i.Module, i.Name, i.Kind))
	}
	want := []string{"env.log func", "env.memory memory", "env.table table", "env.base global", "wasi_snapshot_preview1.fd_write func", "wasi_snapshot_preview1.proc_exit func"}
	if !slices.Equal(got, want) {
		t.Errorf("imports %q", got)
	}
	if typ, ok := m.FuncType(3); !ok || typ.String() != "() -> i32" {
		t.Errorf("function 3 is %s", typ)
	}

	m = mustRead(t, readGuest(t, "exports"))
	got = nil
	for _, e := range m.Exports {
		got = append(got, fmt.Sprintf("%s %s %d", e.Name, e.Kind, e.Index))
	}
	want = []string{"memory memory 0", "table table 0", "base global 0", "run func 0", "stop func 1"}
	if !slices.Equal(got, want) {
		t.Errorf("exports %q", got)
	}
	if m.Memories[0] != (Limits{Min: 1, Max: 3, HasMax: true}) {
		t.Errorf("memory %+v", m.Memories[0])
	}
	if m.Export("base") == nil || m.Export("none") != nil {
		t.Error("Export finds the wrong thing")
	}
}

func TestTypes(t *testing.T) {
	m := mustRead(t, readGuest(t, "numbers"))
	for name, want := range map[string]string{
		"nothing": "() -> ()", "div_mod": "(i32, i32) -> (i32, i32)", "all": "(i32, i64, f32, f64) -> (i32, i64, f32, f64)",
		"vector": "(v128) -> i32", "reference": "() -> externref",
	} {
		if typ, _ := m.FuncType(m.Export(name).Index); typ.String() != want {
			t.Errorf("%s is %s, want %s", name, typ, want)
		}
	}
}

func TestNames(t *testing.T) {
	m := mustRead(t, readGuest(t, "traps"))
	for index, want := range []string{"takes_one", "boom", "middle", "outer"} {
		if got := m.FuncName(uint32(index)); got != want {
			t.Errorf("function %d is %q, want %q", index, got, want)
		}
	}
	var names []string
	for index, name := range m.FuncNames() {
		names = append(names, fmt.Sprint(index, " ", name))
	}
	if want := []string{"0 takes_one", "1 boom", "2 middle", "3 outer"}; len(names) < 4 || !slices.Equal(names[:4], want) {
		t.Errorf("named functions %q", names)
	}
	m = mustRead(t, readGuest(t, "numbers")) // its functions have no names but one
	if got := m.FuncName(0); got != "i32" {
		t.Errorf("an exported function is %q", got)
	}
	if got := m.FuncName(99); got != "$99" {
		t.Errorf("an unknown function is %q", got)
	}
	evil := append(slices.Clone(readGuest(t, "compute")), custom("name", "\x01\x07\x01\x00\x04\x1b[m\n")...)
	if got := mustRead(t, evil).FuncName(0); got != `"\x1b[m\n"` {
		t.Errorf("a name that a terminal must not see is %s", got)
	}
	named := append(slices.Clone(readGuest(t, "compute")), custom("name", "\x00\x04\x03app")...)
	if got := mustRead(t, named).Name(); got != "app" {
		t.Errorf("the module is %q", got)
	}
	bad := append(slices.Clone(readGuest(t, "compute")), custom("name", "\x01\xff\xff\xff\xff\x0f")...)
	if got := mustRead(t, bad).FuncName(0); got != "compute" {
		t.Errorf("with a broken name section the function is %q", got)
	}
}

// TestEncode holds what is encoded against what was read.
func TestEncode(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(guests, "*.wasm"))
	if err != nil || len(files) == 0 {
		t.Fatal("no guests", err)
	}
	for _, name := range files {
		name = strings.TrimSuffix(filepath.Base(name), ".wasm")
		m := mustRead(t, readGuest(t, name))
		checkEncoded(t, m)
	}
	broken := slices.Concat(readGuest(t, "compute"), []byte(custom("name", "\x01\xff\xff\xff\xff\x0f")), []byte(custom(".debug_info", "x")))
	m := mustRead(t, broken)
	if n := len(mustRead(t, m.Encode()).Sections); n != 5 {
		t.Errorf("%d sections, want 4 and the names", n)
	}
	wrong := append(slices.Clone(bin(section(1, "\x01\x60\x00\x00"), section(3, "\x02\x00\x00"))),
		custom("name", "\x01\x0a\x03\x00\x01a\x01\x01b\x01\x01c")...)
	m = mustRead(t, wrong)
	if m.FuncName(0) != "a" || m.FuncName(1) != "b" || m.names.count != 2 {
		t.Errorf("of names out of order %d are kept", m.names.count)
	}
}

// checkEncoded checks that m encodes to a binary that reads as m.
func checkEncoded(t *testing.T, m *Module) {
	t.Helper()
	again := mustRead(t, m.Encode())
	if !bytes.Equal(again.Encode(), m.Encode()) {
		t.Fatal("encoding what was encoded gives something else")
	}
	if again.Name() != m.Name() || !bytes.Equal(again.names.pairs, m.names.pairs) {
		t.Fatal("names are lost")
	}
	if fmt.Sprint(again.Types, again.Imports, again.Funcs, again.Exports, again.Globals) != fmt.Sprint(m.Types, m.Imports, m.Funcs, m.Exports, m.Globals) {
		t.Fatal("something is lost")
	}
}

func TestStart(t *testing.T) {
	if m := mustRead(t, readGuest(t, "start")); !m.HasStart || m.FuncName(m.Start) != "init" {
		t.Errorf("start %t %d", m.HasStart, m.Start)
	}
}

// bin makes a binary of sections.
func bin(sections ...string) []byte {
	return []byte("\x00asm\x01\x00\x00\x00" + strings.Join(sections, ""))
}

func section(id byte, body string) string {
	return string(id) + string(binary.AppendUvarint(nil, uint64(len(body)))) + body
}

func custom(name, body string) string {
	return section(SectionCustom, string(byte(len(name)))+name+body)
}

func TestErrors(t *testing.T) {
	for _, tt := range []struct {
		name string
		bin  []byte
		want string
	}{
		{"empty", nil, "the file is empty (at byte 0x0)"},
		{"text", []byte("\n (module)"), "not WebAssembly: it is text; turn it into a binary first (wat2wasm) (at byte 0x0)"},
		{"gzip", []byte("\x1f\x8b\x08\x00"), "not WebAssembly: it is compressed; unpack it first (gunzip) (at byte 0x0)"},
		{"elf", []byte("\x7fELF\x02\x01"), "not WebAssembly: it begins with 7f 45 4c 46, a binary begins with 00 61 73 6d (at byte 0x0)"},
		{"short", []byte("\x00as"), "truncated: the file has 3 bytes, a module's header has 8 (at byte 0x3)"},
		{"version", []byte("\x00asm\x02\x00\x00\x00"), "WebAssembly of an unknown version: 02 00 00 00; a core module has 01 00 00 00 (at byte 0x4)"},
		{"component", []byte("\x00asm\x0d\x00\x01\x00"), "a component, not a core module (at byte 0x6)"},
		{"section cut", bin(section(1, "\x01\x60\x00\x00"))[:11], "module: truncated: the type section needs 4 bytes, 1 are left (at byte 0xa)"},
		{"no size", bin("\x01"), "module: truncated: one more byte expected (at byte 0x9)"},
		{"unknown section", bin("\x20\x00"), "module: unknown section 32 (at byte 0x9)"},
		{"twice", bin(section(1, "\x00"), section(1, "\x00")), "module: the type section is twice or too late (at byte 0xc)"},
		{"order", bin(section(3, "\x00"), section(1, "\x00")), "module: the type section is twice or too late (at byte 0xc)"},
		{"count", bin(section(1, "\xff\xff\xff\xff\x0f")), "type section: 4294967295 types: at most 0 can follow (at byte 0xf)"},
		{"long number", bin(section(1, "\xff\xff\xff\xff\x1f")), "type section: a number has more than 32 bits (at byte 0xf)"},
		{"form", bin(section(1, "\x01\x10")), "type section: unknown form of type 0x10 (at byte 0xc)"},
		{"value type", bin(section(1, "\x01\x60\x01\x05\x00")), "type section: unknown value type 0x5 (at byte 0xe)"},
		{"too many", bin(section(3, "\x00\x00")), "function section: 1 bytes too many (at byte 0xb)"},
		{"name", bin(section(7, "\x01\x02\xff\xfe\x00\x00")), "export section: a name is not UTF-8 (at byte 0xc)"},
		{"kind", bin(section(7, "\x01\x01a\x09\x00")), "export section: unknown kind 9 of import or export (at byte 0xe)"},
		{"global", bin(section(6, "\x01\x7f\x00\x10\x0b")), "global section: instruction 0x10 in a constant expression (at byte 0xe)"},
		{"global flag", bin(section(6, "\x01\x7f\x07\x41\x00\x0b")), "global section: unknown global flag 7 (at byte 0xd)"},
		{"tables", bin(section(4, "\x01\x70\x00\x80\x80\x80\x20")), "tables of more than 10000000 elements to begin with (at byte 0x8)"},
		{"code count", bin(section(10, "\xff\xff\x30")), "code section: 802815 functions: at most 0 can follow (at byte 0xd)"},
		{"code cut", bin(section(10, "\x01\x09\x00\x0b")), "code section: truncated: 9 bytes expected, 2 left (at byte 0xc)"},
		{"function", bin(section(10, "\x01\xb2\x98\xd3\x03\x00\x0b")), "code section: a function of 7654450 bytes; at most 7654321 (at byte 0xf)"},
		{"locals", bin(section(10, "\x01\x06\x01\xd1\x86\x03\x7f\x0b")), "code section: 50001 locals: a function has at most 50000, a module 10000000 (at byte 0x11)"},
		{"locals of all", bin(section(10, "\xc9\x01"+strings.Repeat("\x06\x01\xd0\x86\x03\x7f\x0b", 201))), "code section: 50000 locals: a function has at most 50000, a module 10000000 (at byte 0x58b)"},
		{"elements", bin(section(9, "\x01\x01\x00\xff\xff\x7f")), "element section: 2097151 elements: at most 0 can follow (at byte 0x10)"},
		{"element flags", bin(section(9, "\x01\x08")), "element section: unknown element segment flags 0x8 (at byte 0xc)"},
		{"data", bin(section(11, "\x01\x01\xff\xff\xff\xff\x0fab")), "data section: truncated: 4294967295 bytes expected, 2 left (at byte 0x11)"},
		{"data flags", bin(section(11, "\x01\x03")), "data section: unknown data segment flags 0x3 (at byte 0xc)"},
		{"limits", bin(section(5, "\x01\x40\x01")), "memory section: unknown limits flag 0x40 (at byte 0xc)"},
	} {
		_, err := Read(tt.bin)
		if err == nil {
			t.Errorf("%s: no error", tt.name)
		} else if err.Error() != tt.want {
			t.Errorf("%s:\n got %s\nwant %s", tt.name, err, tt.want)
		}
	}
}

func TestEveryTruncationIsNoticed(t *testing.T) {
	whole := bin(section(1, "\x01\x60\x00\x00"), section(3, "\x01\x00"), section(7, "\x01\x01f\x00\x00"), section(10, "\x01\x02\x00\x0b"))
	ends := map[int]bool{8: true, 14: true, 18: true, 25: true} // between sections nothing is missing that Read looks for
	for n := range whole {
		if _, err := Read(whole[:n]); err == nil && !ends[n] {
			t.Errorf("%d of %d bytes are no error", n, len(whole))
		}
	}
	mustRead(t, whole)
}

func TestProposals(t *testing.T) {
	for _, tt := range []struct {
		body, want string
		offset     int
	}{
		{section(5, "\x02\x00\x01\x00\x01"), "multi-memory", 0xd},
		{section(5, "\x01\x03\x01\x01"), "threads", 0xc},
		{section(5, "\x01\x04\x01"), "memory64", 0xc},
		{section(1, "\x01\x5f\x01\x7f\x00"), "garbage collection", 0xc},
		{section(13, "\x01\x00\x00"), "exception handling", 0xa},
	} {
		m := mustRead(t, bin(tt.body))
		if !slices.Equal(m.Proposals, []string{tt.want}) || !slices.Equal(m.ProposalOffsets, []int{tt.offset}) {
			t.Errorf("%x: %q at %#x, want %s at %#x", tt.body, m.Proposals, m.ProposalOffsets, tt.want, tt.offset)
		}
	}
}

func TestAppendSigned(t *testing.T) {
	for _, n := range []int64{0, 1, -1, 63, 64, -64, -65, 1<<31 - 1, -1 << 31, 1<<32 - 1, 1<<63 - 1, -1 << 63} {
		b := AppendSigned(nil, n)
		r := NewReader(b, 0, "test")
		if got := r.Signed(64); got != n || r.Err() != nil || r.Len() > 0 {
			t.Errorf("%d is % x, which is %d, %v", n, b, got, r.Err())
		}
		if len(b) > 1 && b[len(b)-1] == 0 && b[len(b)-2]&0x40 == 0 || len(b) > 1 && b[len(b)-1] == 0x7f && b[len(b)-2]&0x40 != 0 {
			t.Errorf("%d is % x, longer than need be", n, b)
		}
	}
}

func TestSigned(t *testing.T) {
	for _, tt := range []struct {
		bytes string
		bits  uint
		want  int64
		ok    bool
	}{
		{"\x7f", 32, -1, true},
		{"\x3f", 32, 63, true},
		{"\xff\xff\xff\xff\x07", 32, 1<<31 - 1, true},
		{"\x80\x80\x80\x80\x78", 32, -1 << 31, true},
		{"\xff\xff\xff\xff\x0f", 32, 0, false},
		{"\xff\xff\xff\xff\x4f", 32, 0, false},
		{"\xff\xff\xff\xff\x0f", 33, 1<<32 - 1, true},
		{"\x80\x80\x80\x80\x80\x80\x80\x80\x80\x7f", 64, -1 << 63, true},
		{"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x00", 64, 1<<63 - 1, true},
		{"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 64, 0, false},
		{"\x80", 32, 0, false},
	} {
		r := NewReader([]byte(tt.bytes), 0, "test")
		if got := r.Signed(tt.bits); (r.Err() == nil) != tt.ok || tt.ok && got != tt.want {
			t.Errorf("% x as s%d: %d, %v", tt.bytes, tt.bits, got, r.Err())
		}
	}
}

// FuzzRead feeds whatever bytes: no panic, and nothing out of proportion.
func FuzzRead(f *testing.F) {
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
		m, err := Read(b)
		if err != nil {
			if e, ok := err.(*Error); !ok || e.Offset < 0 || e.Offset > len(b) {
				t.Fatalf("%v", err)
			}
			return
		}
		for _, e := range m.Exports {
			m.FuncType(e.Index)
			m.FuncName(e.Index)
		}
		if len(m.Exports)+len(m.Imports)+len(m.Types)+len(m.Funcs) > len(b) {
			t.Fatal("more items than bytes")
		}
		checkEncoded(t, m)
	})
}

func TestExtern(t *testing.T) {
	m := mustRead(t, readGuest(t, "imports"))
	var got []string
	var counts [Tag + 1]uint32
	for _, i := range m.Imports {
		e, ok := m.Extern(i.Kind, counts[i.Kind])
		counts[i.Kind]++
		got = append(got, fmt.Sprint(e, ok))
	}
	want := []string{
		"func (i32) -> () true", "memory 1 true", "table 1 funcref true", "global i32 true",
		"func (i32, i32, i32, i32) -> i32 true", "func (i32) -> () true",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	for kind := Func; kind <= Tag; kind++ {
		if e, ok := m.Extern(kind, 100); ok {
			t.Errorf("%s 100 is %s", kind, e)
		}
	}
}
