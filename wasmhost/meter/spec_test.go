package meter

import (
	"encoding/json"
	"fmt"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"wippy/wasmhost/module"
)

// specCommand is a command of the specification's test-suite, as wast2json
// writes them.
type specCommand struct {
	Type, Filename, Name, As string
	Line                     int
	ModuleType               string `json:"module_type"`
	Action                   struct {
		Type, Module, Field string
		Args                []specValue
	}
}

type specValue struct {
	Type     string
	LaneType string `json:"lane_type"`
	Value    json.RawMessage
}

// TestSpecification runs the specification's test-suite, which the engine's
// source has, on the modules as they are and metered: each command comes to the
// same. Whether that is what the suite expects is the engine's affair.
func TestSpecification(t *testing.T) {
	alone(t)
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/tetratelabs/wazero").Output()
	suites := filepath.Join(strings.TrimSpace(string(dir)), "internal", "integration_test", "spectest")
	if _, missing := os.Stat(suites); err != nil || missing != nil {
		t.Skip("no source of the engine", err)
	}
	commands := 0
	for _, suite := range []string{"v2", "extended-const", "tail-call"} {
		files, err := filepath.Glob(filepath.Join(suites, suite, "testdata", "*.json"))
		if err != nil || len(files) == 0 {
			t.Fatal("no commands", err)
		}
		for _, file := range files {
			name := suite + "/" + strings.TrimSuffix(filepath.Base(file), ".json")
			t.Run(name, func(t *testing.T) { commands += specFile(t, file) })
		}
	}
	t.Logf("%d commands", commands)
}

func specFile(t *testing.T, file string) int {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var script struct{ Commands []specCommand }
	if err := json.Unmarshal(text, &script); err != nil {
		t.Fatal(err)
	}
	registerEarly(script.Commands)
	plain, metered := newSpecRun(t, false), newSpecRun(t, true)
	for _, c := range script.Commands {
		c.Filename = filepath.Join(filepath.Dir(file), c.Filename)
		want, got := plain.run(t, &c), metered.run(t, &c)
		if c.Type == "assert_uninstantiable" {
			want = "true" // the engine leaves out elements that do not fit
		}
		if got != want {
			t.Errorf("line %d, %s %s: metered %s, plain %s", c.Line, c.Type, c.Action.Field, got, want)
		}
	}
	return len(script.Commands)
}

// registerEarly moves the names that modules are registered by to the commands
// that load them: the engine has no other way.
func registerEarly(commands []specCommand) {
	last, named := -1, map[string]int{}
	for i, c := range commands {
		switch c.Type {
		case "module":
			if last = i; c.Name != "" {
				named[c.Name] = i
			}
		case "register":
			at, ok := named[c.Name]
			if !ok {
				at = last
			}
			commands[at].As = c.As
		}
	}
}

// specRun is the state of a script: its instances.
type specRun struct {
	*host
	meter bool
	all   []*instance
	last  *instance
	named map[string]*instance
}

// newSpecRun makes a host with the module that the scripts import.
func newSpecRun(t *testing.T, metered bool) *specRun {
	r := &specRun{host: newHost(t), meter: metered, named: map[string]*instance{}}
	if _, err := r.InstantiateWithConfig(background, spectest(), wazero.NewModuleConfig().WithName("spectest")); err != nil {
		t.Fatal(err)
	}
	return r
}

// spectest makes that module: its functions do nothing.
func spectest() []byte {
	var types, funcs, globals, exports, bodies items
	export := func(name string, kind module.Kind, index int) {
		exports.add(append(module.AppendName(nil, name), byte(kind), byte(index)))
	}
	for i, f := range []struct{ name, params string }{
		{"print", ""}, {"print_i32", "\x7f"}, {"print_i64", "\x7e"}, {"print_f32", "\x7d"}, {"print_f64", "\x7c"},
		{"print_i32_f32", "\x7f\x7d"}, {"print_f64_f64", "\x7c\x7c"},
	} {
		types.add(append(module.AppendName([]byte{0x60}, f.params), 0))
		funcs.add([]byte{byte(i)})
		bodies.add([]byte{2, 0, byte(opEnd)})
		export(f.name, module.Func, i)
	}
	for i, g := range []struct{ name, init string }{
		{"global_i32", "\x7f\x00\x41\x9a\x05\x0b"}, {"global_i64", "\x7e\x00\x42\x9a\x05\x0b"},
		{"global_f32", "\x7d\x00\x43\x66\xa6\x26\x44\x0b"}, {"global_f64", "\x7c\x00\x44\xcd\xcc\xcc\xcc\xcc\xd4\x84\x40\x0b"},
	} {
		globals.add([]byte(g.init))
		export(g.name, module.Global, i)
	}
	export("table", module.Table, 0)
	export("memory", module.Memory, 0)
	b := module.Preamble()
	for _, s := range []module.Section{
		{ID: module.SectionType, Body: types.section()}, {ID: module.SectionFunction, Body: funcs.section()},
		{ID: module.SectionTable, Body: []byte{1, byte(funcRef), 1, 10, 20}}, {ID: module.SectionMemory, Body: []byte{1, 1, 1, 2}},
		{ID: module.SectionGlobal, Body: globals.section()}, {ID: module.SectionExport, Body: exports.section()},
		{ID: module.SectionCode, Body: bodies.section()},
	} {
		b = module.AppendSection(b, s.ID, s.Body)
	}
	return b
}

// run runs a command and says what it came to.
func (r *specRun) run(t *testing.T, c *specCommand) string {
	switch c.Type {
	case "module":
		i, err := r.load(t, c.Filename, c.As)
		if r.last = i; c.Name != "" {
			r.named[c.Name] = i
		}
		return startReason(err)
	case "register": // done
		return ""
	case "action", "assert_return", "assert_trap", "assert_exhaustion":
		return r.act(c)
	case "assert_malformed":
		if c.ModuleType == "text" {
			return ""
		}
	}
	// What is wrong is said by whoever sees it first.
	_, err := r.load(t, c.Filename, "")
	return fmt.Sprint(err != nil)
}

// load instantiates a module by a name, "" for none.
func (r *specRun) load(t *testing.T, file, name string) (*instance, error) {
	binary, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	info := Info{}
	if r.meter {
		m, err := module.Read(binary)
		if err != nil {
			return nil, err
		}
		if binary, info, err = Rewrite(m, Options{Linked: true}); err != nil {
			return nil, err
		}
	}
	mod, err := r.InstantiateWithConfig(background, binary, anonymous.WithName(name))
	if err != nil {
		return nil, err
	}
	i := &instance{mod, info, r.host}
	r.all = append(r.all, i)
	if info.Start != "" {
		if _, err := i.call(info.Start); err != nil {
			return nil, err
		}
	}
	return i, nil
}

func (r *specRun) instance(name string) *instance {
	if name == "" {
		return r.last
	}
	return r.named[name]
}

// act calls a function or looks at a global.
func (r *specRun) act(c *specCommand) string {
	i := r.instance(c.Action.Module)
	if i == nil {
		return "no such module"
	}
	if c.Action.Type == "get" {
		return fmt.Sprint(i.ExportedGlobal(c.Action.Field).Get())
	}
	for _, other := range r.all { // linked modules count for themselves
		if other.info.Room != "" {
			other.ExportedGlobal(other.info.Room).(api.MutableGlobal).Set(DefaultStack)
		}
	}
	var args []uint64
	for _, a := range c.Action.Args {
		args = append(args, a.bits()...)
	}
	f := i.ExportedFunction(c.Action.Field)
	if f == nil {
		return "no such function"
	}
	results, err := f.Call(background, args...)
	types := f.Definition().ResultTypes()
	for at := range results {
		if len(types) == len(results) && results[at] != 0 && (types[at] == api.ValueTypeExternref || types[at] == 0x70) {
			results[at] = 1
		}
	}
	return fmt.Sprintf("%x %s", results, alike(reason(err)))
}

// bits gives a value as the engine takes it.
func (v specValue) bits() []uint64 {
	if v.Type == "v128" {
		var lanes []string
		_ = json.Unmarshal(v.Value, &lanes)
		width := uint(128 / len(lanes))
		all := new(big.Int)
		for i, lane := range lanes {
			n, _ := new(big.Int).SetString(lane, 10)
			if n == nil {
				n = new(big.Int) // a kind of NaN
			}
			if n.Sign() < 0 {
				n.Add(n, new(big.Int).Lsh(big.NewInt(1), width))
			}
			all.Or(all, n.Lsh(n, width*uint(i)))
		}
		low := new(big.Int).And(all, new(big.Int).SetUint64(1<<64-1)).Uint64()
		return []uint64{low, new(big.Int).Rsh(all, 64).Uint64()}
	}
	var text string
	_ = json.Unmarshal(v.Value, &text)
	n, ok := new(big.Int).SetString(text, 10)
	if !ok {
		return []uint64{0} // null
	}
	if v.Type == "externref" {
		n.Add(n, big.NewInt(1))
	}
	if n.Sign() < 0 {
		return []uint64{uint64(n.Int64())}
	}
	return []uint64{n.Uint64()}
}
