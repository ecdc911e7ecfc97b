package differential

import (
	"errors"
	"flag"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var (
	seed    = flag.Uint64("seed", 0, "where random arguments come from; 0 takes another each time")
	long    = flag.Duration("for", 5*time.Second, "how long random calls are made with one seed")
	scripts = flag.Bool("scripts", false, "also call the components of JavaScript in test/guests/cache")
	update  = flag.Bool("update", false, "write what guests answer into the files beside them")
	only    = flag.String("only", "", "call the components whose names begin so")
)

// skipped are components that only one engine can run, or that take too long.
var skipped = map[string]string{
	"called": "wasmtime 44 makes an invalid adapter where one component lends another a resource (its issue 13540); called_owned has the rest",
	"pair":   "as called",
	"caller": "it imports functions that make resources; what is imported here echoes",
	"host":   "as caller",
	"crowd":  "a thousand instances each time",

	"peer":            "it imports wippy:process, which has a node behind it here alone",
	"peer_utf16":      "as peer",
	"command":         "it imports WASI, which the two engines' hosts here do not have",
	"wasi":            "as command",
	"wasi_types":      "as command",
	"posix":           "as command",
	"server":          "as command",
	"throughput":      "as command",
	"hostile_realloc": "as command",
}

// components lists those that are called at random.
func components(t testing.TB) (names []string) {
	files, err := filepath.Glob(filepath.Join("..", "guests", "bin", "component", "*.wasm"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".wasm")
		if skipped[name] == "" && strings.HasPrefix(name, *only) && !strings.HasSuffix(name, "_core") {
			names = append(names, filepath.Join("component", name))
		}
	}
	return names
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
	var pairs []*Pair
	for _, name := range components(t) {
		pairs = append(pairs, load(t, name))
	}
	for _, seed := range seeds {
		t.Logf("-seed %d", seed)
		random(t, pairs, seed)
	}
}

func random(t *testing.T, pairs []*Pair, seed uint64) {
	r := rand.New(rand.NewPCG(seed, 0))
	calls, sessions, failed, seen := 0, 0, map[string]int{}, map[string]bool{}
	for end := time.Now().Add(*long); time.Now().Before(end); {
		p := pairs[r.IntN(len(pairs))]
		s, err := p.Start(r)
		if err == ErrStart {
			failed[err.Error()]++
			continue
		}
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
				failed[s.Failure]++
				break
			}
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	t.Logf("%d calls in %d instances; failed, on both: %v", calls, sessions, failed)
}

// TestExpected checks what is written down beside guests: first of the guest
// that has the name, which may be updated.
func TestExpected(t *testing.T) {
	for _, tt := range []struct {
		file   string
		guests []string
	}{
		{"echo", []string{"component/echo", "component/echo_utf16", "component/echo_latin1", "component/relay", "component/relayed", "component/relayed_mixed"}},
		{"work", []string{"component/work"}},
		{"called_owned", []string{"component/called_owned"}},
	} {
		file, calls := expected(t, tt.file)
		for i, guest := range tt.guests {
			checked, errs := load(t, guest).Check(calls, *update && i == 0)
			for _, err := range errs {
				t.Error(err)
			}
			if checked == 0 {
				t.Errorf("%s has none of the functions of %s", guest, file)
			}
		}
		ofOurs(t, tt.file, calls)
		if *update {
			if err := os.WriteFile(file, calls.Write(), 0o666); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// expected reads what is written down beside a guest.
func expected(t testing.TB, name string) (file string, calls Calls) {
	file = filepath.Join("..", "guests", "bin", "component", name+".json")
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if calls, err = Read(b); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return file, calls
}

// TestExpectedOfOurs checks what wasmtime cannot run.
func TestExpectedOfOurs(t *testing.T) {
	_, calls := expected(t, "called")
	ofOurs(t, "called", calls)
}

// ofOurs checks what our engine says as JSON.
func ofOurs(t *testing.T, name string, calls Calls) {
	b, err := os.ReadFile(filepath.Join("..", "guests", "bin", "component", name+".wasm"))
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range CheckOurs(name, b, calls) {
		t.Error(err)
	}
}

// TestScripts checks the components of JavaScript, if they are asked for:
// compiling them takes minutes.
func TestScripts(t *testing.T) {
	if !*scripts {
		t.Skip("-scripts asks for them")
	}
	read := func(t *testing.T, name string) []byte {
		b, err := os.ReadFile(filepath.Join("..", "guests", "cache", name+".wasm"))
		if err != nil {
			t.Fatalf("%v: go run ./test/guests/build -js makes it", err)
		}
		return b
	}
	t.Run("quickjs", func(t *testing.T) { // as component/called
		b := read(t, "script_quickjs")
		for _, file := range []string{"echo", "work"} {
			_, calls := expected(t, file)
			for _, err := range CheckOurs("script_quickjs", b, calls) {
				t.Error(err)
			}
		}
	})
	// Of some numbers it makes others, on both engines: what it should answer is not asked.
	t.Run("starlingmonkey", func(t *testing.T) {
		p, err := Load("script_starlingmonkey", read(t, "script_starlingmonkey"))
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		random(t, []*Pair{p}, 1)
	})
}
