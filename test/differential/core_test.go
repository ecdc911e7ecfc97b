package differential

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bytecodealliance/wasmtime-go/v44"

	"wippy/mailbox"
	"wippy/test/differential/ours"
	"wippy/test/differential/value"
)

// coreSkipped are core modules, and functions of some, that show what is each
// engine's own: how deep calls and how large tables may be, what never ends, what
// _initialize may be.
var coreSkipped = map[string]bool{
	"depth": true, "endless": true, "fuel": true, "runaway": true, "linked_a": true, "linked_b": true,
	"initialize_takes": true, "bulk.table_grow": true,
}

// function is an export of a core module that maps to numbers.
type function struct {
	module *wasmtime.Module
	ours   *ours.Module
	guest  string
	name   string
	params []*value.Type
}

var coreTypes = map[wasmtime.ValKind]*value.Type{
	wasmtime.KindI32: {Kind: value.S32}, wasmtime.KindI64: {Kind: value.S64},
	wasmtime.KindF32: {Kind: value.F32}, wasmtime.KindF64: {Kind: value.F64},
}

// functions lists what can be called of the core modules that import nothing.
func functions(t *testing.T, engine *wasmtime.Engine) (list []function) {
	files, err := filepath.Glob(filepath.Join("..", "guests", "bin", "*.wasm"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		guest := strings.TrimSuffix(filepath.Base(file), ".wasm")
		if coreSkipped[guest] {
			continue
		}
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		m, err := wasmtime.NewModule(engine, b)
		if err != nil || len(m.Imports()) > 0 {
			continue
		}
		own := ours.LoadModule(guest, b)
		t.Cleanup(func() { own.Close() })
	exports:
		for _, e := range m.Exports() {
			f := e.Type().FuncType()
			if f == nil || coreSkipped[guest+"."+e.Name()] || strings.HasPrefix(e.Name(), "_") {
				continue
			}
			var params []*value.Type
			for _, v := range append(f.Params(), f.Results()...) {
				typ := coreTypes[v.Kind()]
				if typ == nil {
					continue exports
				}
				params = append(params, typ)
			}
			list = append(list, function{m, own, guest, e.Name(), params[:len(f.Params())]})
		}
	}
	return list
}

// TestCoreModules calls the exports of core modules, each in an instance of its
// own.
func TestCoreModules(t *testing.T) {
	config := wasmtime.NewConfig()
	config.SetConsumeFuel(true)
	engine := wasmtime.NewEngineWithConfig(config)
	list := functions(t, engine)
	if len(list) < 40 {
		t.Fatalf("%d functions", len(list))
	}
	from := *seed
	if from == 0 {
		from = rand.Uint64()
	}
	t.Logf("-seed %d", from)
	r := value.Random{Rand: rand.New(rand.NewPCG(from, 0))}
	calls, failed, endless := 0, map[string]int{}, map[string]bool{}
	for end := time.Now().Add(*long / 2); time.Now().Before(end); {
		f := list[r.IntN(len(list))]
		if endless[f.guest+f.name] {
			continue // it took long already
		}
		calls++
		var args []any
		var own []mailbox.Value
		for _, p := range f.params {
			v := r.Value(p)
			if f.guest == "kernels" || f.guest == "grow" { // so many turns, or pages
				v.Bits %= 200
			}
			own = append(own, v.Mailbox(p, false, nil))
			args = append(args, core(v))
		}
		want, werr := call(engine, f, args)
		got, oerr := f.ours.Call(f.name, own)
		if werr != nil && Class(werr) == outOfFuel || oerr != nil && Class(oerr) == outOfFuel {
			endless[f.guest+f.name] = true
			continue
		}
		if werr != nil || oerr != nil {
			failed[Class(oerr)]++
			if !agree(werr, oerr) {
				t.Errorf("%s: %s%v: wasmtime: %v; ours: %v", f.guest, f.name, args, werr, oerr)
			}
			continue
		}
		if !value.Same(mailbox.TableValue(want, nil), mailbox.TableValue(got, nil), nil) {
			t.Errorf("%s: %s%v: wasmtime: %v; ours: %v", f.guest, f.name, args, want, got)
		}
	}
	t.Logf("%d calls of %d functions; failed, on both: %v; without an end: %v", calls, len(list), failed, endless)
}

// core gives a value as wasmtime takes it.
func core(v value.Value) any {
	switch v.Kind {
	case value.S32:
		return int32(v.Bits)
	case value.S64:
		return int64(v.Bits)
	case value.F32:
		return float32(number(v))
	}
	return number(v)
}

func number(v value.Value) float64 { return v.Mailbox(&value.Type{Kind: v.Kind}, false, nil).Float() }

// call calls on wasmtime, with results as SPEC maps them.
func call(engine *wasmtime.Engine, f function, args []any) (values []mailbox.Value, err error) {
	store := wasmtime.NewStore(engine)
	defer store.Close()
	if err := store.SetFuel(1 << 24); err != nil {
		return nil, err
	}
	i, err := wasmtime.NewInstance(store, f.module, nil)
	if err != nil {
		return nil, err
	}
	if init := i.GetFunc(store, "_initialize"); init != nil {
		if _, err := init.Call(store); err != nil {
			return nil, err
		}
	}
	result, err := i.GetFunc(store, f.name).Call(store, args...)
	if err != nil {
		return nil, err
	}
	list, several := result.([]wasmtime.Val)
	if !several && result != nil {
		return []mailbox.Value{mapped(result)}, nil
	}
	for _, v := range list {
		values = append(values, mapped(v.Get()))
	}
	return values, nil
}

func mapped(v any) mailbox.Value {
	switch v := v.(type) {
	case int32:
		return mailbox.Float(float64(v))
	case int64:
		return mailbox.Int(v)
	case float32:
		return mailbox.Float(float64(v))
	case float64:
		return mailbox.Float(v)
	}
	panic(fmt.Sprintf("a %T", v))
}
