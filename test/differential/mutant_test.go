package differential

import (
	"errors"
	"flag"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var mutants = flag.Int("mutants", 800, "how many components TestMutants makes of the guests")

// TestMutants changes bytes of small components. Both engines refuse what
// comes of it, or both run it alike.
func TestMutants(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("..", "guests", "bin", "component", "*.wasm"))
	if err != nil {
		t.Fatal(err)
	}
	var binaries [][]byte
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".wasm")
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if skipped[name] == "" && len(b) < 5000 && !strings.HasSuffix(name, "_core") {
			binaries = append(binaries, b)
		}
	}
	r := rand.New(rand.NewPCG(*seed, 1))
	valid, started, calls, refused := 0, 0, 0, 0
	for n := range *mutants {
		b := slices.Clone(binaries[r.IntN(len(binaries))])
		for range 1 + r.IntN(2) {
			i := 8 + r.IntN(len(b)-8)
			switch r.IntN(3) {
			case 0:
				b[i] = byte(r.IntN(256))
			case 1:
				b[i] ^= 1 << r.IntN(8)
			default:
				b[i] += byte(r.IntN(5)) - 2
			}
		}
		p, err := Load("mutant", b)
		if e, ok := errors.AsType[*LoadError](err); ok && excused(e) {
			refused++
			continue
		}
		if err != nil {
			t.Errorf("%d: %v; %s", n, err, keep(t, b))
			continue
		}
		valid++
		if s, err := p.Start(r); err == nil {
			started++
			for range 10 {
				if len(s.Funcs) == 0 {
					break
				}
				ok, err := s.Random(s.Funcs[r.IntN(len(s.Funcs))])
				if err != nil {
					t.Errorf("%d: %v; %s", n, err, keep(t, b))
				}
				if calls++; !ok {
					break
				}
			}
			if err := s.Close(); err != nil {
				t.Errorf("%d: %v; %s", n, err, keep(t, b))
			}
		} else if err != ErrStart {
			t.Errorf("%d: %v; %s", n, err, keep(t, b))
		}
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	}
	t.Logf("%d refused, %d valid, %d started, %d calls", refused, valid, started, calls)
}

// excused tells whether engines may differ in what they have against a
// component: both refuse it, or it uses what only wasmtime knows.
func excused(e *LoadError) bool {
	return e.Ours != nil && (e.Wasmtime != nil ||
		strings.Contains(e.Ours.Error(), "not supported") || strings.Contains(e.Ours.Error(), "unknown core sort 0x20"))
}

// keep writes a component where it can be looked at.
func keep(t *testing.T, b []byte) string {
	f, err := os.CreateTemp("", "mutant-*.wasm")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.Write(b); err != nil {
		t.Fatal(err)
	}
	return f.Name()
}
