package peer_test

import (
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"wippy/test/differential/peer"
	"wippy/test/differential/value"
)

func load(t testing.TB, name string) *peer.Component {
	b, err := os.ReadFile(filepath.Join("..", "..", "guests", "bin", "component", name+".wasm"))
	if err != nil {
		t.Fatal(err)
	}
	c, err := peer.Load(b)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// TestEchoes checks the guests, and that values pass through the bindings whole.
func TestEchoes(t *testing.T) {
	for _, name := range []string{"echo", "echo_utf16", "echo_latin1", "relay", "relayed", "relayed_mixed"} {
		t.Run(name, func(t *testing.T) {
			c := load(t, name)
			i, err := c.Start()
			if err != nil {
				t.Fatal(err)
			}
			defer i.Close()
			r := value.Random{Rand: rand.New(rand.NewPCG(1, 2))}
			echoes := 0
			for _, e := range c.Exports() {
				if !strings.HasPrefix(e.Name, "echo-") {
					continue
				}
				echoes++
				f, err := i.Func(e)
				if err != nil {
					t.Fatal(err)
				}
				for range 20 {
					var args []value.Value
					for _, p := range f.Type.Params {
						args = append(args, r.Value(p.Type))
					}
					want := args[0]
					if len(args) > 1 {
						want = value.Value{Kind: value.Tuple, List: args}
					}
					got, err := f.Call(args)
					if err != nil {
						t.Fatalf("%s: %v", e, err)
					}
					if want, got := canonical(want).String(), canonical(*got).String(); got != want {
						t.Fatalf("%s%s: %s\ngot %s\nwant %s", e, f.Type, args, got, want)
					}
				}
			}
			if echoes < 70 {
				t.Errorf("%d echoes", echoes)
			}
			if f, err := i.Func(peer.Export{Interface: "wippy:guest/echoes@0.1.0", Name: "leftover"}); err != nil {
				t.Error(err)
			} else if got, err := f.Call(nil); err != nil || got.Bits != 0 {
				t.Error(got, err)
			}
		})
	}
}

// canonical makes every NaN the same.
func canonical(v value.Value) value.Value {
	switch {
	case v.Kind == value.F32 && math.Float32frombits(uint32(v.Bits)) != math.Float32frombits(uint32(v.Bits)),
		v.Kind == value.F64 && math.IsNaN(math.Float64frombits(v.Bits)):
		v.Bits = 1
	}
	if v.Payload != nil {
		p := canonical(*v.Payload)
		v.Payload = &p
	}
	list := make([]value.Value, len(v.List))
	for i, e := range v.List {
		list[i] = canonical(e)
	}
	v.List = list
	return v
}
