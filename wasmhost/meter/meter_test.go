package meter

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"

	"github.com/tetratelabs/wazero"

	"fmt"
	"slices"

	"testing"
	"time"

	"wippy/wasmhost/module"
)

// metered instantiates a guest of the repository, rewritten, on a host of its own.
func metered(t testing.TB, guest string) *instance {
	t.Helper()
	binary, info := rewrite(t, readGuest(t, guest), Options{})
	return newHost(t).instantiate(t, binary, info)
}

// TestFuel counts exactly.
func TestFuel(t *testing.T) {
	for _, tt := range []struct {
		name string
		args []uint64
		want int64
	}{
		{"nothing", nil, 0},
		{"calls_leaf", nil, 1},
		{"calls_caller", nil, 3},
		{"loop_that_does_not", nil, 0},
		{"turns", []uint64{1}, 1},
		{"turns", []uint64{1000}, 1000},
		{"turns_squared", []uint64{30}, 30 + 30*30},
		{"turns_with_parameter", []uint64{77}, 77},
		{"recursion", []uint64{500}, 501},
		{"tail", []uint64{500}, 501},
		{"fill", []uint64{0}, 0},
		{"fill", []uint64{63}, 0},
		{"fill", []uint64{64}, 1},
		{"fill", []uint64{2_500_000}, 2_500_000 / 64},
		{"fill_constant", nil, 10},
		{"copy", []uint64{1 << 20}, 1 << 20 / 64},
		{"copy", []uint64{3<<16 + 129}, 3<<10 + 2},
		{"init", nil, 0},
		{"grow", []uint64{2}, 2 << 10},
		{"grow", []uint64{1000}, 0}, // refused
		{"table_grow", []uint64{80}, 10},
		{"table_fill", []uint64{8}, 1},
	} {
		t.Run(fmt.Sprint(tt.name, tt.args), func(t *testing.T) {
			for _, grant := range []int32{0, 1, 7, 1 << 30} {
				m := metered(t, "fuel")
				m.host.grant = grant
				if _, err := m.call(tt.name, tt.args...); err != nil {
					t.Fatal(err)
				}
				if got := m.used(); got != tt.want {
					t.Errorf("with allowances of %d: %d units, want %d", grant, got, tt.want)
				}
			}
		})
	}
}

// TestRunaways stops everything that does not end, and soon.
func TestRunaways(t *testing.T) {
	const limit, grant = 300_000, 10_000
	recursive := []string{"direct", "mutual", "indirect", "large", "twice"}
	for _, e := range read(t, readGuest(t, "runaway")).Exports {
		if e.Kind != module.Func {
			continue
		}
		t.Run(e.Name, func(t *testing.T) {
			m := metered(t, "runaway")
			m.host.grant, m.host.most = grant, limit
			last, longest := time.Now(), time.Duration(0)
			m.host.hook = func() {
				now := time.Now()
				last, longest = now, max(longest, now.Sub(last))
			}
			_, err := m.call(e.Name)
			want := errFuel.Error()
			if slices.Contains(recursive, e.Name) {
				want = errOverflow.Error()
			}
			if got := reason(err); got != want {
				t.Fatalf("%q, want %q", got, want)
			}
			// A piece of a bulk instruction is charged at once, growing afterwards.
			if over := m.host.fuel - limit; want == errFuel.Error() && (over <= 0 || over > 1024<<10) {
				t.Errorf("stopped %d units beyond the limit", over)
			}
			t.Logf("the longest time between two checks with the host: %v", longest)
		})
	}
}

// TestOneUnitPastTheAllowance checks that an allowance of n lets n units pass.
func TestOneUnitPastTheAllowance(t *testing.T) {
	for _, name := range []string{"loop", "loop_if", "loop_table", "loop_parameter", "loop_result", "tail", "tail_mutual", "tail_indirect"} {
		m := metered(t, "runaway")
		m.host.grant, m.host.most = 100, 1000
		_, err := m.call(name)
		if reason(err) != errFuel.Error() || m.host.fuel != 1001 {
			t.Errorf("%s: %v after %d units", name, err, m.host.fuel)
		}
		// Each time the guest has used one unit more than it was allowed.
		if m.host.calls != 11 {
			t.Errorf("%s: %d calls of yield", name, m.host.calls)
		}
	}
}

// TestDepth leaves recursion in every way a great many times.
func TestDepth(t *testing.T) {
	m := metered(t, "depth")
	const ways, tails = 4, 3
	for way := range uint64(ways) {
		if _, err := m.call("repeat", way, 500, 300); err != nil {
			t.Errorf("way %d: %v", way, err)
		}
		_, err := m.call("repeat", way, 1, 10_000_000)
		if reason(err) != errOverflow.Error() {
			t.Errorf("way %d does not end: %v", way, err)
		}
	}
	// Only the calls in between are limited.
	if _, err := m.call("repeat", tails, 1, 2000); err != nil {
		t.Error(err)
	}
}

// TestRoom checks that larger frames are more.
func TestRoom(t *testing.T) {
	for _, tt := range []struct {
		name           string
		least, highest uint64
	}{{"small", 40_000, 70_000}, {"big", 10_000, 30_000}} {
		m := metered(t, "depth")
		_, err := m.call(tt.name)
		if tt.name == "big" {
			m = metered(t, "depth")
			_, err = m.call(tt.name, 0, 0, 0, 0, 0, 0, 0, 0)
		}
		if reason(err) != errOverflow.Error() {
			t.Fatal(err)
		}
		if got := m.ExportedGlobal("deepest").Get(); got < tt.least || got > tt.highest {
			t.Errorf("%s gets %d deep", tt.name, got)
		}
	}
}

// TestLinked recurses between two modules.
func TestLinked(t *testing.T) {
	h := newHost(t)
	h.most = 1_000_000
	var last *instance
	for _, name := range []string{"a", "b"} {
		out, info := rewrite(t, readGuest(t, "linked_"+name), Options{Linked: true})
		if info.Room == "" || info.Straight {
			t.Errorf("%s: %+v", name, info)
		}
		mod, err := h.InstantiateWithConfig(background, out, wazero.NewModuleConfig().WithName(name))
		if err != nil {
			t.Fatal(err)
		}
		last = &instance{mod, info, h}
	}
	if _, err := last.call("f"); reason(err) != errOverflow.Error() {
		t.Error(err)
	}
	if _, info := rewrite(t, readGuest(t, "linked_a"), Options{}); info.Room != "" {
		t.Error("a module that is not linked takes its table for another's")
	}
}

// TestLinkedReturns calls another module often: each call finds the room that
// the one before it found.
func TestLinkedReturns(t *testing.T) {
	for _, of := range []Options{{Entered: true}, {Linked: true}} {
		h := newHost(t)
		var last *instance
		for _, m := range []struct {
			name string
			opts Options
		}{{"c", of}, {"d", Options{Linked: true}}} {
			out, info := rewrite(t, readGuest(t, "linked_"+m.name), m.opts)
			mod, err := h.InstantiateWithConfig(background, out, wazero.NewModuleConfig().WithName(m.name))
			if err != nil {
				t.Fatal(err)
			}
			last = &instance{mod, info, h}
		}
		for _, name := range []string{"call", "tail", "large tail"} {
			if _, err := last.call(name); err != nil {
				t.Errorf("%+v: %s: %v", of, name, err)
			}
		}
	}
}

// TestRefused says why.
func TestRefused(t *testing.T) {
	body := func(s string) []byte { return build(t, []byte("\x00"+s+"\x0b")) }
	section := func(id byte, s string) []byte { return module.AppendSection(module.Preamble(), id, []byte(s)) }
	for _, tt := range []struct {
		name   string
		binary []byte
		want   string
	}{
		{"atomics", body("\x41\x00\xfe\x10\x02\x00\x1a"), "function f: instruction 0xfe 16 is of threads, which is not supported (at byte 0x27)"},
		{"exceptions", body("\x08\x00"), "function f: instruction 0x8 is of exception handling, which is not supported (at byte 0x24)"},
		{"old exceptions", body("\x06\x40\x0b"), "function f: instruction 0x6 is of exception handling, which is not supported (at byte 0x24)"},
		{"try_table", body("\x1f\x40\x00\x0b"), "function f: instruction 0x1f is of exception handling, which is not supported (at byte 0x24)"},
		{"structures", body("\xfb\x00\x00"), "function f: instruction 0xfb 0 is of garbage collection, which is not supported (at byte 0x25)"},
		{"relaxed SIMD", body("\xfd\x80\x02"), "function f: instruction 0xfd 256 is of relaxed SIMD, which is not supported (at byte 0x26)"},
		{"wide arithmetic", body("\xfc\x13"), "function f: instruction 0xfc 19 is of wide arithmetic, which is not supported (at byte 0x25)"},
		{"call_ref", body("\x14\x00"), "function f: instruction 0x14 is of typed function references, which is not supported (at byte 0x24)"},
		{"null of a type", body("\xd0\x00\x1a"), "function f: ref.null of another type than funcref and externref is of typed function references, which is not supported (at byte 0x25)"},
		{"local of a type", build(t, []byte("\x01\x01\x63\x00\x0b")), "function f: value type 0x63 is of typed function references, which is not supported (at byte 0x25)"},
		{"second memory", body("\x3f\x01\x1a"), "function f: a memory other than the first is of multi-memory, which is not supported (at byte 0x25)"},
		{"access of it", body("\x41\x00\x28\x42\x01\x00\x1a"), "function f: an access that names its memory is of multi-memory, which is not supported (at byte 0x27)"},
		{"stack switching", body("\xe0\x00"), "function f: instruction 0xe0 is of stack switching, which is not supported (at byte 0x24)"},
		{"nonsense", body("\xff"), "function f: unknown instruction 0xff (at byte 0x24)"},
		{"memory64", section(module.SectionMemory, "\x01\x04\x01"), "it uses memory64, which is not supported (at byte 0xc)"},
		{"tags", section(module.SectionTag, "\x01\x00\x00"), "it uses exception handling, which is not supported (at byte 0xa)"},
		{"types", section(module.SectionType, "\x01\x5f\x00"), "it uses garbage collection, which is not supported (at byte 0xc)"},
		{"a type", section(module.SectionType, "\x01\x60\x01\x6e\x00"), "type section: value type 0x6e is of garbage collection, which is not supported (at byte 0xa)"},
		{"our module", section(module.SectionImport, "\x01\x06\x00wippy\x05yield\x03\x7f\x00"), `import section: "\x00wippy" is the host's own (at byte 0xa)`},
		{"label", body("\x0c\x01"), "function f: unknown label 1 (at byte 0x25)"},
		{"function", body("\x10\x01"), "function f: unknown function 1 (at byte 0x25)"},
		{"global", body("\x41\x7f\x24\x00"), "function f: unknown global 0 (at byte 0x27)"},
		{"local", body("\x20\x00\x1a"), "function f: unknown local 0 (at byte 0x25)"},
		{"block type", body("\x02\x05\x0b"), "function f: unknown type 5 (at byte 0x25)"},
		{"segment", body("\x41\x00\x41\x00\x41\x00\xfc\x08\x00\x00"), "function f: unknown data segment 0 (at byte 0x2d)"},
		{"else", body("\x05"), "function f: else without if (at byte 0x24)"},
		{"no end", build(t, []byte{0, 1}), "function f: truncated: one more byte expected (at byte 0x24)"},
		{"more than the end", body("\x0b"), "function f: 1 bytes after its end (at byte 0x24)"},
		{"no body", module.AppendSection(section(module.SectionType, "\x01\x60\x00\x00"), module.SectionFunction, []byte{1, 0}), "code section: 0 functions, but 1 in the function section (at byte 0x0)"},
		{"nesting", body(strings.Repeat("\x03\x40", maxNesting+1)), "function f: more than 1000 nested loops (at byte 0x7f7)"},
		{"blocks", body(strings.Repeat("\x02\x40\x0b", maxBlocks+1)), "function f: more than 10000 blocks (at byte 0x7559)"},
	} {
		m, err := module.Read(tt.binary)
		if err == nil {
			_, _, err = Rewrite(m, Options{})
		}
		if _, ours := err.(*module.Error); !ours || err.Error() != tt.want {
			t.Errorf("%s:\n got %v\nwant %s", tt.name, err, tt.want)
		}
	}
}

// TestEncoding checks that numbers that are longer than need be are understood,
// and written so that the engine reads the same: it takes the numbers of vector
// instructions for one byte.
func TestEncoding(t *testing.T) {
	// i32.const 0, i32x4.splat with a long number, whose second half is a
	// loop for who does not see that, and so on.
	body := "\x00\x41\x80\x00\xfd\x91\x80\x00\x1a\x0b"
	out, info := rewrite(t, build(t, []byte(body)), Options{})
	newHost(t).instantiate(t, out, info)
	if want := "\x00\x41\x00\xfd\x11\x1a\x0b"; !strings.Contains(string(out), want) {
		t.Errorf("% x", out)
	}
}

// FuzzRewrite rewrites whatever bytes: no panic, and what the engine takes, it
// takes rewritten.
func FuzzRewrite(f *testing.F) {
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
	f.Add(generate(bytes.Repeat([]byte{7, 3, 11, 2}, 300)))
	f.Add(assemble([]testFunc{looping(), {params: "\x7f", results: "\x7f\x7b"}}, module.Section{ID: module.SectionStart, Body: []byte{1}}))
	f.Add(assemble([]testFunc{looping()}, module.Section{ID: module.SectionCustom, Body: []byte("\x04abcd")},
		module.Section{ID: module.SectionTable, Body: []byte{2, byte(funcRef), 0, 1, byte(externRef), 1, 1, 2}}))
	f.Add(spectest())
	h := newHost(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := module.Read(b)
		if err != nil {
			return
		}
		out, info, err := Rewrite(m, Options{Linked: len(b)%2 == 1})
		if err != nil {
			if e, ours := err.(*module.Error); !ours || e.Offset < 0 || e.Offset > len(b) {
				t.Fatal(err)
			}
			return
		}
		if len(out) > 1000+12*len(b) {
			t.Fatalf("%d bytes become %d", len(b), len(out))
		}
		if len(b) > 1<<16 {
			return // the engine takes its time
		}
		_, wantErr := compiles(h, m.Encode())
		invalid, gotErr := compiles(h, out)
		if wantErr == nil && gotErr != nil {
			t.Fatalf("it was valid, now: %v", gotErr)
		}
		if wantErr != nil && gotErr == nil {
			t.Fatalf("it was not valid: %v", wantErr)
		}
		if invalid || gotErr != nil {
			return
		}
		checkOutput(t, m, out, info)
	})
}

// compiles tells what the engine says of a module, and whether it panicked,
// which it does for some.
func compiles(h *host, b []byte) (panicked bool, err error) {
	defer func() {
		if r := recover(); r != nil {
			panicked, err = true, fmt.Errorf("%v", r)
		}
	}()
	code, err := h.CompileModule(background, b)
	if err == nil {
		err = code.Close(background)
	}
	return false, err
}
