package meter

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero/api"

	"wippy/wasmhost/module"
)

// outcome is all that can be seen of an instance.
type outcome struct {
	events []string // what calls came to, and what globals held afterwards
	memory [sha256.Size]byte
	size   uint32
}

// mostWork stops guests that would not end, in units.
const mostWork = 1_000_000

// run instantiates a module, metered or not, and calls everything that it
// exports and that takes numbers only, up to the first call that is cut off.
func run(t testing.TB, h *host, binary []byte, info Info, m *module.Module, calls int) (o outcome, cutOff bool) {
	t.Helper()
	mod, err := h.instantiateErr(binary)
	if err == nil && info.Start != "" {
		i := &instance{mod, info, h}
		_, err = i.call(info.Start)
	}
	if err != nil {
		o.events = append(o.events, "start: "+startReason(err))
		return o, reason(err) == errFuel.Error()
	}
	i := &instance{mod, info, h}
	defer i.Close(background)
	for _, e := range m.Exports {
		f, ok := m.FuncType(e.Index)
		if e.Kind != module.Func || !ok || calls == 0 || e.Index < uint32(imported(m)) {
			continue
		}
		calls--
		results, err := i.call(e.Name, arguments(f)...)
		if reason(err) == errFuel.Error() {
			return o, true
		}
		o.events = append(o.events, fmt.Sprintf("%s: %x %s", e.Name, hideReferences(f, results), alike(reason(err))))
		for _, e := range m.Exports {
			if g := i.ExportedGlobal(e.Name); g != nil && slices.Contains(numbers, g.Type()) {
				o.events = append(o.events, fmt.Sprintf("%s = %x", e.Name, g.Get()))
			}
		}
	}
	if mem := i.Memory(); len(m.Memories) > 0 { // a typed nil without
		o.size = mem.Size()
		all, _ := mem.Read(0, o.size)
		o.memory = sha256.Sum256(all)
	}
	return o, false
}

var numbers = []api.ValueType{api.ValueTypeI32, api.ValueTypeI64, api.ValueTypeF32, api.ValueTypeF64}

func imported(m *module.Module) (n int) {
	for _, i := range m.Imports {
		if i.Kind == module.Func {
			n++
		}
	}
	return n
}

// startReason is the reason without what the engine says around it.
func startReason(err error) string {
	text := []byte(reason(err))
	if at := bytes.Index(text, []byte("failed: ")); bytes.HasPrefix(text, []byte("start function[")) && at >= 0 {
		text = text[at+len("failed: "):]
	}
	if bytes.HasSuffix(text, []byte("not instantiated")) {
		return "imports are missing" // which one is said first varies
	}
	return alike(string(text))
}

// alike takes our limit of recursion for the engine's.
func alike(reason string) string {
	if reason == errOverflow.Error() {
		return "stack overflow"
	}
	return reason
}

// arguments are small numbers, of every type.
func arguments(f module.FuncType) []uint64 {
	var args []uint64
	for i, p := range f.Params {
		switch args = append(args, uint64(3+i)); p {
		case module.F32:
			args[len(args)-1] = api.EncodeF32(float32(3 + i))
		case module.F64:
			args[len(args)-1] = api.EncodeF64(float64(3 + i))
		case module.V128:
			args = append(args, 7)
		case module.FuncRef, module.ExternRef:
			args[len(args)-1] = 0
		}
	}
	return args
}

// hideReferences makes all references that are not null the same.
func hideReferences(f module.FuncType, results []uint64) []uint64 {
	results = slices.Clone(results)
	at := 0
	for _, r := range f.Results {
		if at < len(results) && results[at] != 0 && (r == module.FuncRef || r == module.ExternRef) {
			results[at] = 1
		}
		if at++; r == module.V128 {
			at++
		}
	}
	return results
}

// compare runs a module as it is and metered, with a small and a large
// allowance, and fails when that makes a difference.
func compare(t testing.TB, h *host, binary []byte, calls int) {
	t.Helper()
	m := read(t, binary)
	metered, info := rewrite(t, binary, Options{})
	checkOutput(t, m, metered, info)
	if info.Straight && len(info.Exports) == 0 && !bytes.Equal(read(t, metered).Encode(), m.Encode()) {
		t.Fatal("a straight module has been changed")
	}
	limited := func(grant int32) (string, bool) {
		h.most, h.grant, h.fuel = mostWork, grant, 0
		o, cut := run(t, h, metered, info, m, calls)
		return o.String(), cut
	}
	small, cut := limited(5)
	large, cutToo := limited(50_000)
	if small != large || cut != cutToo {
		t.Fatalf("allowances make a difference:\nsmall %s\nlarge %s", small, large)
	}
	if cut {
		return
	}
	if plain, _ := run(t, h, binary, Info{}, m, calls); plain.String() != large {
		t.Fatalf("metering makes a difference:\nplain   %s\nmetered %s", plain, large)
	}
}

// String prints all of it.
func (o outcome) String() string {
	return fmt.Sprintf("%s\nmemory of %d bytes: %x", strings.Join(o.events, "\n"), o.size, o.memory)
}

// checkOutput reads back what was written, and holds it against the original.
func checkOutput(t testing.TB, m *module.Module, metered []byte, info Info) {
	t.Helper()
	out := read(t, metered)
	if info.Straight {
		if len(info.Exports) != len(info.Globals) || len(out.Exports) != len(m.Exports)+len(info.Exports) || len(out.Imports) != len(m.Imports) {
			t.Fatal("a straight module has been changed")
		}
		return
	}
	moved := func(index uint32) uint32 {
		if index < info.Imported {
			return index
		}
		return index + info.Shift
	}
	// Without a start function there may be one of ours, for elements (elements.go).
	if out.HasStart || m.HasStart && info.Start == "" {
		t.Fatal("the start function is wrong")
	}
	if len(out.Exports) != len(m.Exports)+len(info.Exports) {
		t.Fatalf("%d exports", len(out.Exports))
	}
	for i, e := range m.Exports {
		want := e
		if e.Kind == module.Func {
			want.Index = moved(e.Index)
			was, _ := m.FuncType(e.Index)
			if is, _ := out.FuncType(want.Index); is.String() != was.String() {
				t.Fatalf("%s is %s, was %s", e.Name, is, was)
			}
		}
		if out.Exports[i] != want {
			t.Fatalf("export %+v, want %+v", out.Exports[i], want)
		}
	}
	for _, name := range info.Exports {
		if out.Export(name) == nil || m.Export(name) != nil {
			t.Fatalf("export %q", name)
		}
	}
	if len(out.Imports) != len(m.Imports)+int(info.Shift) || !slices.Equal(out.Imports[:len(m.Imports)], m.Imports) {
		t.Fatalf("imports %v", out.Imports)
	}
	names := map[uint32]string{}
	for index, name := range out.FuncNames() {
		names[index] = name
	}
	for index, name := range m.FuncNames() {
		if names[moved(index)] != name {
			t.Fatalf("function %d is %q, want %q", moved(index), names[moved(index)], name)
		}
	}
	if out.Name() != m.Name() {
		t.Fatalf("the module is %q", out.Name())
	}
}

// TestGuests compares all guests that need nothing from outside.
func TestGuests(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(guests, "*.wasm"))
	if err != nil || len(files) == 0 {
		t.Fatal("no guests", err)
	}
	h := newHost(t)
	for _, file := range files {
		if filepath.Base(file) == "depth.wasm" {
			continue // it says how deep it got
		}
		t.Run(filepath.Base(file), func(t *testing.T) {
			binary, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			compare(t, h, binary, 100)
		})
	}
}

// TestGenerated compares modules made of random bytes.
func TestGenerated(t *testing.T) {
	alone(t)
	h := newHost(t)
	random := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		choices := make([]byte, random.IntN(2000))
		for i := range choices {
			choices[i] = byte(random.Uint32())
		}
		compareGenerated(t, h, choices)
	}
}

func compareGenerated(t testing.TB, h *host, choices []byte) {
	t.Helper()
	binary := generate(choices)
	code, err := h.CompileModule(background, binary)
	if err != nil {
		t.Fatalf("the generator is wrong: %v", err)
	}
	defer code.Close(background)
	compare(t, h, binary, 20)
}

// FuzzMeter compares modules made of whatever bytes.
func FuzzMeter(f *testing.F) {
	random := rand.New(rand.NewPCG(3, 4))
	for n := 10; n < 1000; n *= 2 {
		choices := make([]byte, n)
		for i := range choices {
			choices[i] = byte(random.Uint32())
		}
		f.Add(choices)
	}
	h := newHost(f)
	f.Fuzz(func(t *testing.T, choices []byte) {
		if len(choices) <= 5000 {
			compareGenerated(t, h, choices)
		}
	})
}
