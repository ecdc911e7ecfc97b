package meter

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"

	"wippy/wasmhost/module"
)

const guests = "../../test/guests/bin"

// background is the context of calls.
var background = context.Background()

func readGuest(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(guests, name+".wasm"))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func read(t testing.TB, binary []byte) *module.Module {
	t.Helper()
	m, err := module.Read(binary)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func rewrite(t testing.TB, binary []byte, opts Options) ([]byte, Info) {
	t.Helper()
	out, info, err := Rewrite(read(t, binary), opts)
	if err != nil {
		t.Fatal(err)
	}
	return out, info
}

// features are those of wasmhost.
const features = api.CoreFeaturesV2 | experimental.CoreFeaturesExtendedConst | experimental.CoreFeaturesTailCall

// anonymous is the configuration of instances.
var anonymous = wazero.NewModuleConfig().WithName("").WithStartFunctions()

// host is an engine with the two functions that rewritten modules import.
type host struct {
	wazero.Runtime
	grant int32  // each allowance
	fuel  int64  // granted, without what was left of it
	most  int64  // when this is used up, the guest is stopped; 0: never
	calls int    // of yield
	hook  func() // called by yield
}

var (
	errFuel     = errors.New("out of fuel")
	errOverflow = errors.New("out of room")
)

func newHost(t testing.TB) *host {
	t.Helper()
	h := &host{Runtime: wazero.NewRuntimeWithConfig(background, wazero.NewRuntimeConfigCompiler().WithCoreFeatures(features)), grant: 100_000}
	t.Cleanup(func() { h.Close(background) })
	yield := func(_ context.Context, stack []uint64) {
		left := int64(int32(stack[0]))
		h.fuel -= left
		h.calls++
		if h.most > 0 && h.fuel > h.most {
			panic(errFuel)
		}
		if h.hook != nil {
			h.hook()
		}
		grant := int64(h.grant)
		if h.most > 0 {
			grant = min(grant, h.most-h.fuel)
		}
		stack[0] = uint64(uint32(grant))
		h.fuel += grant
	}
	overflow := func(context.Context, []uint64) { panic(errOverflow) }
	value := []api.ValueType{api.ValueTypeI32}
	_, err := h.NewHostModuleBuilder(DefaultModule).
		NewFunctionBuilder().WithGoFunction(api.GoFunc(yield), value, value).Export(Yield).
		NewFunctionBuilder().WithGoFunction(api.GoFunc(overflow), nil, nil).Export(Overflow).
		Instantiate(background)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// instance is an instance of a module, rewritten or not.
type instance struct {
	api.Module
	info Info
	host *host
}

func (h *host) instantiate(t testing.TB, binary []byte, info Info) *instance {
	t.Helper()
	m, err := h.instantiateErr(binary)
	if err != nil {
		t.Fatal(err)
	}
	return &instance{m, info, h}
}

func (h *host) instantiateErr(binary []byte) (api.Module, error) {
	// Closing it frees the code too.
	return h.InstantiateWithConfig(background, binary, anonymous)
}

// used is what the instance has used up, if it alone runs on its host.
func (i *instance) used() int64 {
	if i.info.Straight {
		return 0
	}
	return i.host.fuel - int64(int32(i.ExportedGlobal(i.info.Fuel).Get()))
}

func (i *instance) call(name string, args ...uint64) ([]uint64, error) {
	if i.info.Room != "" {
		i.ExportedGlobal(i.info.Room).(api.MutableGlobal).Set(DefaultStack)
	}
	return i.ExportedFunction(name).Call(background, args...)
}

// reason is the first line of an error, "" for none.
func reason(err error) string {
	if err == nil {
		return ""
	}
	text, _, _ := strings.Cut(err.Error(), "\n")
	text, _, _ = strings.Cut(text, " (recovered by wazero)")
	return text
}

// alone skips a long test of one goroutine where races are looked for.
func alone(t *testing.T) {
	t.Helper()
	if raceDetector {
		t.Skip("it has one goroutine, and takes ten times as long with the race detector")
	}
}
