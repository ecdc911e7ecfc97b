package test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"wippy/runtime"
	"wippy/runtime/process"
)

// The README's first command: a Lua script that orchestrates WebAssembly
// workers, and the smallest such script.
func TestComputeExample(t *testing.T) {
	var out bytes.Buffer
	rt, err := runtime.New(runtime.WithTerminal(&process.Terminal{Stdin: strings.NewReader(""), Stdout: &out, Stderr: &out}))
	if err != nil {
		t.Fatal(err)
	}
	defer rt.Close()
	if err := rt.Load("../examples/compute"); err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	if err := rt.Check(ctx); err != nil {
		t.Fatal(err)
	}
	if err := rt.Start(); err != nil {
		t.Fatal(err)
	}
	defer rt.Stop(ctx, "test over", time.Second)
	if _, err := rt.Run(ctx, "myns:primes", rt.Terminal(), "1000"); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"     18 primes in [0, 63)\n",
		"    168 primes below 1000\n",
		"a worker that divides by zero: error: wasm trap: integer divide by zero\n",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the output lacks %q:\n%s", want, out.String())
		}
	}
}

// TestFilesExample builds a Go program for WASI preview 1 and runs it as a
// process that reads one directory and writes into another.
func TestFilesExample(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds a program for another system")
	}
	dir, cache := t.TempDir(), t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("..", "examples", "files"))); err != nil {
		t.Fatal(err)
	}
	build := exec.Command("go", "run", "wippy/examples/files/build", dir)
	if text, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	index := filepath.Join(dir, "_index.yaml")
	entries, err := os.ReadFile(index)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, change, to string // in the entries
		input            string // "" for the example's own
		err, file, text  string
	}{
		{name: "json", file: "totals.json", text: "{\n  \"apples\": 7,\n  \"pears\": 6,\n  \"plums\": 12\n}"},
		{name: "csv", change: "OUTPUT_FORMAT: json", to: "OUTPUT_FORMAT: csv", file: "totals.csv", text: "apples,7\npears,6\nplums,12\n"},
		{name: "unknown format", change: "OUTPUT_FORMAT: json", to: "OUTPUT_FORMAT: xml", err: "exit code 1"},
		{name: "no variable", change: "OUTPUT_FORMAT: json", to: "OTHER: json", err: "has no value \"OUTPUT_FORMAT\""},
		{name: "no number", input: "apples,3\npears,many\n", err: "exit code 1"},
		{name: "read-only", change: "guest: /output\n", to: "guest: /output\n          read_only: true\n", err: "exit code 1"},
		{name: "not granted", change: "      - wasi:filesystem\n", to: "", err: "exit code 1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			changed := entries
			if tt.change != "" {
				if changed = bytes.Replace(entries, []byte(tt.change), []byte(tt.to), 1); bytes.Equal(changed, entries) {
					t.Fatalf("the entries lack %q", tt.change)
				}
			}
			write := func(name, text string) {
				if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
					t.Fatal(err)
				}
			}
			write(index, string(changed))
			if tt.input != "" {
				write(filepath.Join(dir, "data", "input.csv"), tt.input)
				defer os.CopyFS(filepath.Join(dir, "data"), os.DirFS(filepath.Join("..", "examples", "files", "data")))
				defer os.Remove(filepath.Join(dir, "data", "input.csv"))
			}
			os.RemoveAll(filepath.Join(dir, "output"))
			out, err := runFilesExample(t, dir, cache)
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Errorf("it ends with %v, want an error with %q", err, tt.err)
				}
				if found, _ := filepath.Glob(filepath.Join(dir, "output", "*")); len(found) > 0 {
					t.Errorf("it wrote %s", found)
				}
				return
			}
			if err != nil || out != "5 lines read\n" {
				t.Errorf("%v, output %q", err, out)
			}
			if text, err := os.ReadFile(filepath.Join(dir, "output", tt.file)); err != nil || string(text) != tt.text {
				t.Errorf("%s holds %q, %v", tt.file, text, err)
			}
		})
	}
}

// runFilesExample runs the command of the example in dir.
func runFilesExample(t *testing.T, dir, cache string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	rt, err := runtime.New(
		runtime.WithTerminal(&process.Terminal{Stdout: &out, Stderr: &out}),
		runtime.WithLogger(slog.New(slog.DiscardHandler)),
		runtime.WithCompilationCache(cache))
	if err != nil {
		t.Fatal(err)
	}
	defer rt.Close()
	if err := rt.Load(dir); err != nil {
		return "", err
	}
	ctx := context.Background()
	if err := rt.Check(ctx); err != nil {
		return "", err
	}
	if err := rt.Start(); err != nil {
		t.Fatal(err)
	}
	_, err = rt.Run(ctx, "myns:report", rt.Terminal())
	return out.String(), err
}

// runHTTPExample runs the command of the example with paths to fetch.
func runHTTPExample(t *testing.T, paths ...any) (out string, err error) {
	t.Helper()
	var stdout bytes.Buffer
	rt, err := runtime.New(
		runtime.WithTerminal(&process.Terminal{Stdout: &stdout, Stderr: &stdout}),
		runtime.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		t.Fatal(err)
	}
	defer rt.Close()
	if err := rt.Load("../examples/http_worker"); err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	if err := rt.Check(ctx); err != nil {
		t.Fatal(err)
	}
	if err := rt.Start(); err != nil {
		t.Fatal(err)
	}
	_, err = rt.Run(ctx, "myns:fetch", rt.Terminal(), paths...)
	return stdout.String(), err
}

// TestHTTPExample runs workers that wait for a server until all of them do, so
// that none may hold a thread; and some that get no answer, or none that is good.
func TestHTTPExample(t *testing.T) {
	const together = 32
	var arrived, busy, broken atomic.Int32
	all := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path, ok := strings.CutPrefix(r.URL.Path, "/v1/")
		switch {
		case !ok:
			t.Errorf("a worker asks for %s, expected it below the path of API_URL", r.URL)
		case path == "missing":
			http.NotFound(w, r)
		case path == "busy" && busy.Add(1) < 3:
			http.Error(w, "later", http.StatusServiceUnavailable)
		case path == "broken":
			broken.Add(1)
			w.Header().Set("content-length", "100")
			w.Write([]byte("less"))
		case path == "large":
			w.Write(bytes.Repeat([]byte("x"), 5<<20))
		case strings.HasPrefix(path, "together"):
			if arrived.Add(1) == together {
				close(all)
			}
			<-all
			fallthrough
		default:
			fmt.Fprintf(w, "%s?%s", path, r.URL.RawQuery)
		}
	}))
	defer server.Close()
	t.Setenv("API_URL", server.URL+"/v1/")

	paths := []any{}
	for _, path := range []string{"/missing", "/busy", "/broken", "/large", "/a b"} {
		paths = append(paths, path)
	}
	want := fmt.Sprintf(`/missing: failed: the server answers 404
/busy: busy? (3 tries)
/broken: failed: HTTP-response-incomplete (3 tries)
/large: failed: limit: max_memory: the limit is 4194304 bytes; a growth to 4259840 (65536 too many) was refused, then: wasm trap: unreachable instruction executed
/a b: failed: bad-url: %s/v1/a b
`, server.URL)
	for n := range together {
		paths = append(paths, fmt.Sprintf("/together?%d", n))
		want += fmt.Sprintf("/together?%d: together?%d\n", n, n)
	}
	out, err := runHTTPExample(t, paths...)
	if want += "33 of 37 fetched\n"; err != nil || out != want {
		t.Errorf("it fails with %v, and prints\n%s\nwant\n%s", err, out, want)
	}
	if broken.Load() != 3 {
		t.Errorf("the server was asked %d times for what breaks off", broken.Load())
	}
}

// What a worker requires and does not find fails its spawn, and says where.
func TestHTTPExampleWithoutServer(t *testing.T) {
	t.Setenv("API_URL", "")
	os.Unsetenv("API_URL") // until the test is over
	_, err := runHTTPExample(t)
	if err == nil || !strings.Contains(err.Error(), "myns:http_worker requires the variable API_URL") || !strings.Contains(err.Error(), "_index.yaml:") {
		t.Errorf("it ends with %v", err)
	}
	closed := httptest.NewServer(nil)
	closed.Close()
	t.Setenv("API_URL", closed.URL)
	out, err := runHTTPExample(t, "/a")
	if out != "/a: failed: connection-refused (3 tries)\n0 of 1 fetched\n" || err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestHTTPExampleCommand runs the README's command: a server, and what uses it.
func TestHTTPExampleCommand(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds programs")
	}
	cmd := exec.Command("go", "run", "./examples/http_worker/server", "go", "run", "./cmd/wippy", "--app", "examples/http_worker", "run", "fetch")
	cmd.Dir = ".."
	out, err := cmd.Output()
	if want := `/fruits/apple: {"name": "apple", "color": "red"}
/fruits/pear: {"name": "pear", "color": "green"}
/fruits/plum: {"name": "plum", "color": "blue"} (2 tries)
/fruits/durian: failed: the server answers 404
3 of 4 fetched
`; err != nil || string(out) != want {
		t.Errorf("%v\n%s", err, out)
	}
}

// stream is what a process writes, for a test that waits for some of it.
type stream struct {
	mu    sync.Mutex
	text  strings.Builder
	grown chan struct{} // a token whenever text has grown
	seen  int           // up to where the test has waited
}

func newStream() *stream { return &stream{grown: make(chan struct{}, 1)} }

func (s *stream) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.text.Write(p)
	select {
	case s.grown <- struct{}{}:
	default:
	}
	return len(p), nil
}

func (s *stream) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// wait blocks until a line is written, after the one that it waited for before,
// that has all the words.
func (s *stream) wait(t *testing.T, words ...string) {
	t.Helper()
	timeout := time.After(time.Minute)
	for {
		text := s.String()
		for line := range strings.Lines(text[s.seen:]) {
			if !strings.HasSuffix(line, "\n") {
				break
			}
			s.seen += len(line)
			if !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(line, w) }) {
				return
			}
		}
		select {
		case <-s.grown:
		case <-timeout:
			t.Fatalf("no line with %q in\n%s", words, text)
		}
	}
}

// TestAppExample works with the application by its console, kills what it
// consists of, and stops it.
func TestAppExample(t *testing.T) {
	t.Setenv("SURVEY_TOKEN", "sesame")
	t.Setenv("SURVEY_PAUSE", "1h")
	stdin, keyboard := io.Pipe()
	defer keyboard.Close()
	out, log := newStream(), newStream()
	rt, err := runtime.New(
		runtime.WithTerminal(&process.Terminal{Stdin: stdin, Stdout: out, Stderr: out}),
		runtime.WithLogger(slog.New(slog.NewJSONHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))))
	if err != nil {
		t.Fatal(err)
	}
	defer rt.Close()
	if err := rt.Load("../examples/app"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := rt.Check(ctx); err != nil {
		t.Fatal(err)
	}
	if err := rt.Start(); err != nil {
		t.Fatal(err)
	}
	services, err := rt.StartServices(ctx, runtime.ApplicationServices)
	if err != nil {
		t.Fatal(err)
	}
	if err := services.Started(ctx); err != nil {
		t.Fatal(err)
	}
	context.AfterFunc(ctx, func() { stdin.Close() }) // whoever types on is told
	over := make(chan error, 1)
	go func() {
		_, err := rt.Run(ctx, "app:console", rt.Terminal())
		over <- err
	}()
	say := func(line string, want ...string) {
		t.Helper()
		if _, err := io.WriteString(keyboard, line+"\n"); err != nil {
			t.Fatal(err)
		}
		for _, w := range want {
			out.wait(t, w)
		}
	}
	slice := func(survey, from string) {
		t.Helper()
		log.wait(t, `"slice counted"`, `"survey":"`+survey+`"`, `"from":`+from)
	}

	// Work, by the pool that is a service, by one of the console's own, by tasks.
	slice("first", "0,")
	say("count 0 100", "25")
	say("sweep 100000", "9592")
	say("halves 1000", "168")
	// A worker that fails takes nobody with it.
	say("count 5 1", "failed: wasm trap: unreachable instruction executed")
	say("count 0 2000000000", "failed: max_fuel: the process used 100000001 of 100000000 units")

	// A child that is added, and a change that all are told, by who may.
	say("survey two 1000000", "<1.")
	slice("two", "1000000,")
	say("children", "first: running, restarts: 0", "two: running, restarts: 0")
	say("pause 1ms guess", "failed: that is not the value of SURVEY_TOKEN")
	say("pause soon sesame", `failed: `)
	say("pause 1ms sesame", "2 surveys were told")
	slice("first", "1000,")
	slice("two", "")

	// What is killed is restarted; surveys go on where they were.
	say("kill pool", "pool is killed")
	log.wait(t, `"a child ended and is restarted"`, `"child":"pool"`)
	slice("first", "") // was perhaps counted before
	slice("first", "")
	say("count 0 100", "25")
	if err := rt.Terminate(rt.GroupMembers("settings")[0]); err != nil {
		t.Fatal(err)
	}
	log.wait(t, `"a child ended and is restarted"`, `"child":"first"`)
	slice("first", "")
	if strings.Count(log.String(), `"from":0,`) != 1 {
		t.Errorf("a survey that was killed began anew:\n%s", log)
	}
	say("children", "first: running, restarts: 1", "two: running, restarts: 0")

	say("totals", "first: ", "two: ")
	say("quit")
	if err := <-over; err != nil {
		t.Error(err)
	}
	if err := services.Stop(ctx, "the test is over"); err != nil {
		t.Error(err)
	}
	log.wait(t, "the survey stops")
	log.wait(t, "the survey stops")
	log.wait(t, "the ledger is closed")
	if strings.Contains(log.String()+out.String(), "sesame") {
		t.Errorf("the secret is told:\n%s\n%s", out, log)
	}
}
