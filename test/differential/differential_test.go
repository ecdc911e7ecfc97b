package differential

import (
	"errors"
	"flag"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"
)

var (
	seed = flag.Uint64("seed", 0, "where random arguments come from; 0 takes another each time")
	long = flag.Duration("for", 5*time.Second, "how long random calls are made with one seed")
)

// components are those that are called at random, and the large ones that are
// there only if somebody made them.
var components = []string{
	"component/echo", "component/echo_utf16", "component/echo_latin1", "component/relay", "component/relayed",
	"component/relayed_mixed", "component/work", "component/called_owned",
}

func load(t testing.TB, name string) *Pair {
	b, err := os.ReadFile(filepath.Join("..", "guests", "bin", name+".wasm"))
	if err != nil {
		t.Fatal(err)
	}
	p, err := Load(name, b)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

// TestRandom makes random calls: with one seed that never changes, so that what
// passed passes again, and with another.
func TestRandom(t *testing.T) {
	seeds := []uint64{1, *seed}
	if *seed == 0 {
		seeds[1] = rand.Uint64()
	}
	pairs := make([]*Pair, len(components))
	for i, name := range components {
		pairs[i] = load(t, name)
	}
	for _, seed := range seeds {
		t.Logf("-seed %d", seed)
		random(t, pairs, seed)
	}
}

func random(t *testing.T, pairs []*Pair, seed uint64) {
	r := rand.New(rand.NewPCG(seed, 0))
	calls, sessions, failures, seen := 0, 0, 0, map[string]bool{}
	for end := time.Now().Add(*long); time.Now().Before(end); {
		p := pairs[r.IntN(len(pairs))]
		s, err := p.Start(r)
		if err != nil {
			t.Fatal(err)
		}
		sessions++
		for range 200 {
			f := s.Funcs[r.IntN(len(s.Funcs))]
			ok, err := s.Random(f)
			if ok && r.IntN(10) == 0 {
				ok, err = s.Drop()
			}
			calls++
			if d, is := errors.AsType[*Difference](err); is {
				if key := d.Component + d.Func + Class(errors.New(d.Wasmtime)) + Class(errors.New(d.Ours)); !seen[key] {
					seen[key] = true
					t.Error(d)
				}
			} else if err != nil {
				t.Fatal(err)
			}
			if !ok {
				failures++
				break
			}
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	t.Logf("%d calls in %d instances; %d failed, on both", calls, sessions, failures)
}
