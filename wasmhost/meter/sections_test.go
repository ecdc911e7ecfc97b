package meter

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero/api"

	"wippy/wasmhost/module"
)

// hosted is a host with the two functions that the guest indices imports.
func hosted(t *testing.T, name string) *host {
	t.Helper()
	h := newHost(t)
	constant := func(n uint64) api.GoModuleFunc {
		return func(_ context.Context, _ api.Module, stack []uint64) { stack[0] = n }
	}
	result := []api.ValueType{api.ValueTypeI32}
	_, err := h.NewHostModuleBuilder(name).
		NewFunctionBuilder().WithGoModuleFunction(constant(10), nil, result).Export("ten").
		NewFunctionBuilder().WithGoModuleFunction(constant(20), nil, result).Export("twenty").
		Instantiate(background)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// TestIndices calls functions that are referred to from everywhere.
func TestIndices(t *testing.T) {
	binary := readGuest(t, "indices")
	m := read(t, binary)
	out, info := rewrite(t, binary, Options{})
	checkOutput(t, m, out, info)
	if want := []string{"\x00fuel'", "\x00start'"}; !slices.Equal(info.Exports, want) || info.Fuel != want[0] || info.Start != want[1] || info.Room != "" {
		t.Fatalf("%+v", info)
	}
	i := hosted(t, "host").instantiate(t, out, info)
	for _, tt := range []struct {
		name string
		args []uint64
		want uint64
	}{
		{"started", nil, 5}, {info.Start, nil, 0}, {"started", nil, 9}, {"\x00start", nil, 1},
		{"a", []uint64{0}, 10}, {"a", []uint64{1}, 1}, {"b", []uint64{1}, 2}, {"b", []uint64{3}, 20},
		{"from_global", nil, 3}, {"from_passive", []uint64{2}, 3}, {"from_passive", []uint64{3}, 10},
		{"from_reference", nil, 4}, {"direct", nil, 33}, {"tail", nil, 20}, {"imported", nil, 10},
	} {
		got, err := i.call(tt.name, tt.args...)
		if err != nil || tt.name != info.Start && got[0] != tt.want {
			t.Errorf("%q%d gives %d, %v, want %d", tt.name, tt.args, got, err, tt.want)
		}
	}
	if _, err := i.call("b", 0); reason(err) != "wasm error: invalid table access" {
		t.Error(err)
	}
}

func TestImportsAreRenamed(t *testing.T) {
	rename := func(mod, name string) (string, string) { return "other", strings.ToLower(name) }
	out, info := rewrite(t, readGuest(t, "indices"), Options{Import: rename})
	i := hosted(t, "other").instantiate(t, out, info)
	if got, err := i.call("tail"); err != nil || got[0] != 20 {
		t.Error(got, err)
	}
	out, _ = rewrite(t, readGuest(t, "imports"), Options{Import: rename})
	was, is := read(t, readGuest(t, "imports")), read(t, out)
	for i, w := range was.Imports {
		w.Module = "other"
		if is.Imports[i] != w {
			t.Errorf("%+v, want %+v", is.Imports[i], w)
		}
	}
}

// TestNames checks what a trace shows.
func TestNames(t *testing.T) {
	m := metered(t, "runaway")
	m.host.most = 1000
	_, err := m.call("tail_mutual")
	if err == nil || !strings.Contains(err.Error(), ".tail_ping()") && !strings.Contains(err.Error(), ".tail_pong()") {
		t.Errorf("the trace does not name the function: %v", err)
	}
	out, _ := rewrite(t, readGuest(t, "runaway"), Options{})
	var names []string
	for _, name := range read(t, out).FuncNames() {
		names = append(names, name)
	}
	if !slices.Equal(names[:2], []string{Yield, Overflow}) || !slices.Contains(names, "memory.fill") || !slices.Contains(names, "enter") {
		t.Errorf("names %q", names)
	}
}

// TestStraight tells what needs no metering from what does.
func TestStraight(t *testing.T) {
	want := map[string]bool{
		"compute": true, "numbers": true, "counter": true, "start": true, "imports": true,
		"endless": false, "traps": false, "runaway": false, "kernels": false, "grow": false, "bulk": false,
	}
	for name, straight := range want {
		if _, info := rewrite(t, readGuest(t, name), Options{}); info.Straight != straight {
			t.Errorf("%s: straight is %t", name, info.Straight)
		}
	}
	// Eight calls of eight calls, and so on, are no loop.
	calls := func(depth int) []byte {
		var bodies [][]byte
		for i := range depth {
			var c code
			c = append(c, 0)
			for range 8 {
				c.with(opCall, uint32(i+1))
			}
			c.op(opEnd)
			bodies = append(bodies, c)
		}
		return build(t, append(bodies, []byte{0, 0x0b})...)
	}
	for depth, straight := range map[int]bool{1: true, 3: true, 5: false, 30: false} {
		if _, info := rewrite(t, calls(depth), Options{}); info.Straight != straight {
			t.Errorf("calls %d deep: straight is %t", depth, info.Straight)
		}
	}
}

// build makes a module of functions that neither take nor give anything, the
// first of which is exported as "f".
func build(t testing.TB, bodies ...[]byte) []byte {
	t.Helper()
	b := module.AppendSection(module.Preamble(), module.SectionType, []byte("\x01\x60\x00\x00"))
	b = module.AppendSection(b, module.SectionFunction, append(module.AppendU32(nil, uint32(len(bodies))), make([]byte, len(bodies))...))
	b = module.AppendSection(b, module.SectionMemory, []byte{1, 0, 1})
	b = module.AppendSection(b, module.SectionExport, []byte("\x01\x01f\x00\x00"))
	section := module.AppendU32(nil, uint32(len(bodies)))
	for _, body := range bodies {
		section = append(module.AppendU32(section, uint32(len(body))), body...)
	}
	return module.AppendSection(b, module.SectionCode, section)
}

// TestStraightCode checks that code without loops pays as well: for what it is,
// not for what it skips.
func TestStraightCode(t *testing.T) {
	nops := func(n int) string { return strings.Repeat("\x01", n) }
	for _, tt := range []struct {
		name string
		body string
		want int64
	}{
		{"short", nops(1000), 0},
		{"long", nops(10_000), 9},
		{"loads", strings.Repeat("\x41\x00\x28\x02\x00\x1a", 1000), 18},
		{"loads of lanes", strings.Repeat("\x41\x00\x41\x00\xfd\x0f\xfd\x54\x00\x00\x00\x1a", 1000), 22},
		{"skipped", "\x02\x40\x0c\x00" + nops(10_000) + "\x0b", 0},
		{"either", "\x41\x01\x04\x40" + nops(5000) + "\x05" + nops(5000) + "\x0b", 4},
		{"twice a part", "\x41\x00\x04\x40" + nops(5000) + "\x0b\x41\x01\x04\x40" + nops(3000) + "\x0b", 3},
		{"avoiding checks", strings.Repeat("\x02\x40"+nops(900)+"\x41\x01\x0d\x00"+nops(200)+"\x0b", 20), 20},
	} {
		t.Run(tt.name, func(t *testing.T) {
			// The second function has it metered.
			loop := "\x00\x03\x40\x41\x00\x0d\x00\x0b\x0b"
			out, info := rewrite(t, build(t, []byte("\x00"+tt.body+"\x0b"), []byte(loop)), Options{})
			i := newHost(t).instantiate(t, out, info)
			if _, err := i.call("f"); err != nil {
				t.Fatal(err)
			}
			if used := i.used(); used < tt.want || used > tt.want+2 {
				t.Errorf("%d units, want %d or little more", used, tt.want)
			}
		})
	}
}
