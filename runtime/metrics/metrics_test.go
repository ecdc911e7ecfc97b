package metrics

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	goruntime "runtime"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"go.uber.org/goleak"

	"wippy/runtime"
)

var update = flag.Bool("update", false, "rewrite the list of metrics in testdata")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const app = `namespace: app
entries:
- {name: processes, kind: process.host, max_processes: 10}
- {name: fine, kind: process.lua, source: return 1}
- {name: fails, kind: process.lua, source: error("boom")}
- {name: broken, kind: process.lua, source: "this is no Lua"}
- {name: waits, kind: process.lua, source: process.receive()}
`

// start starts a node of an application, which ends with the test.
func start(t *testing.T, entries string) *runtime.Runtime {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "_index.yaml"), []byte(entries), 0o666); err != nil {
		t.Fatal(err)
	}
	rt, err := runtime.New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := rt.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := rt.Load(dir); err != nil {
		t.Fatal(err)
	}
	if err := rt.Start(); err != nil {
		t.Fatal(err)
	}
	return rt
}

// busy is a node that something of everything happened to.
func busy(t *testing.T) *runtime.Runtime {
	t.Helper()
	rt := start(t, app)
	ctx := context.Background()
	for _, entry := range []string{"app:fine", "app:fails", "app:broken", "app:nothing"} {
		_, _ = rt.Run(ctx, entry, "app:processes") // some fail
	}
	if _, err := rt.Spawn(ctx, "app:waits", "app:processes"); err != nil {
		t.Fatal(err)
	}
	prog, err := rt.CompileScript("script.lua", []byte("return 1"), nil)
	if err != nil {
		t.Fatal(err)
	}
	p, err := rt.SpawnProgram(ctx, prog, "script.lua", rt.Terminal())
	if err != nil {
		t.Fatal(err)
	}
	p.Exit()
	return rt
}

// TestNames holds the names, kinds, labels and texts of the metrics, and which
// values of labels there are, against testdata: who watches a node depends on them.
func TestNames(t *testing.T) {
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(NewCollector(busy(t)), LinesDropped(func() uint64 { return 1 }))
	server := httptest.NewRecorder()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		fmt.Fprintf(server.Body, "%s: %s: %s\n", f.GetName(), strings.ToLower(f.GetType().String()), f.GetHelp())
		for _, m := range f.GetMetric() {
			if len(m.GetLabel()) == 0 {
				continue
			}
			var labels []string
			for _, l := range m.GetLabel() {
				labels = append(labels, l.GetName()+"="+l.GetValue())
			}
			fmt.Fprintf(server.Body, "\t%s\n", strings.Join(labels, " "))
		}
	}
	const golden = "testdata/metrics.txt"
	if *update {
		if err := os.WriteFile(golden, server.Body.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got := server.Body.String(); got != string(want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestDocumented finds every metric in the guide.
func TestDocumented(t *testing.T) {
	guide, err := os.ReadFile("../../docs/observe.md")
	if err != nil {
		t.Fatal(err)
	}
	names, err := os.ReadFile("testdata/metrics.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`(?m)^(wippy_\w+): `).FindAllStringSubmatch(string(names), -1) {
		if !strings.Contains(string(guide), "`"+m[1]+"`") && !strings.Contains(string(guide), "`"+m[1]+"{") {
			t.Errorf("docs/observe.md says nothing about %s", m[1])
		}
	}
}

func TestValues(t *testing.T) {
	collector := NewCollector(busy(t))
	err := testutil.CollectAndCompare(collector, strings.NewReader(`
# HELP wippy_entry_processes Living processes of an entry.
# TYPE wippy_entry_processes gauge
wippy_entry_processes{entry="(bare)"} 0
wippy_entry_processes{entry="app:fails"} 0
wippy_entry_processes{entry="app:fine"} 0
wippy_entry_processes{entry="app:waits"} 1
# HELP wippy_spawns_total Processes that were spawned.
# TYPE wippy_spawns_total counter
wippy_spawns_total{entry="(bare)"} 1
wippy_spawns_total{entry="app:fails"} 1
wippy_spawns_total{entry="app:fine"} 1
wippy_spawns_total{entry="app:waits"} 1
# HELP wippy_restarts_total Processes that a supervisor started again.
# TYPE wippy_restarts_total counter
wippy_restarts_total{entry="(bare)"} 0
wippy_restarts_total{entry="app:fails"} 0
wippy_restarts_total{entry="app:fine"} 0
wippy_restarts_total{entry="app:waits"} 0
# HELP wippy_group_processes_max The group's max_processes. Absent where there is no bound.
# TYPE wippy_group_processes_max gauge
wippy_group_processes_max{group="app:processes"} 10
# HELP wippy_compile_errors_total Compilations that failed.
# TYPE wippy_compile_errors_total counter
wippy_compile_errors_total{kind="process.lua"} 1
wippy_compile_errors_total{kind="process.supervisor"} 0
wippy_compile_errors_total{kind="process.wasm"} 0
`), "wippy_entry_processes", "wippy_spawns_total", "wippy_restarts_total", "wippy_group_processes_max", "wippy_compile_errors_total")
	if err != nil {
		t.Error(err)
	}
	if problems, err := testutil.CollectAndLint(collector); err != nil || len(problems) > 0 {
		t.Errorf("%v, %v", problems, err)
	}
}

// get asks a server, over a connection of its own.
func get(t *testing.T, s *Server, path string) (int, string) {
	t.Helper()
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 10 * time.Second}
	r, err := client.Get("http://" + s.Addr().String() + path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r.StatusCode, string(body)
}

func TestServer(t *testing.T) {
	rt := busy(t)
	s, err := Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.Serve(rt)
	status, body := get(t, s, "/metrics")
	for _, want := range []string{"wippy_spawns_total", "go_goroutines", "go_build_info{", "\nwippy_slice_seconds_bucket"} {
		if status != http.StatusOK || !strings.Contains(body, want) {
			t.Errorf("status %d, and no %s in\n%s", status, want, body)
		}
	}
	if status, body := get(t, s, "/healthz"); status != http.StatusOK || body != "ok\n" {
		t.Errorf("status %d: %s", status, body)
	}
	if status, _ := get(t, s, "/"); status != http.StatusNotFound {
		t.Errorf("status %d", status)
	}
	if err := rt.Stop(context.Background(), "", 0); err != nil {
		t.Fatal(err)
	}
	if status, body := get(t, s, "/healthz"); status != http.StatusServiceUnavailable || body != "stopping\n" {
		t.Errorf("status %d: %s", status, body)
	}
	if status, _ := get(t, s, "/metrics"); status != http.StatusOK {
		t.Errorf("a stopped node gives status %d", status)
	}
	// One that says nothing does not hold up the end.
	silent, err := net.Dial("tcp", s.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	s.Close()
	if conn, err := net.Dial("tcp", s.Addr().String()); err == nil {
		conn.Close()
		t.Error("it still listens")
	}
}

func TestListenErrors(t *testing.T) {
	if goruntime.GOOS == "windows" {
		t.Skip("its errors have the system's texts")
	}
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for addr, want := range map[string]string{
		"9090":                "expected HOST:PORT such as localhost:9090",
		"":                    "expected HOST:PORT",
		taken.Addr().String(): "is in use by another program; choose another port",
		"192.0.2.1:0":         "is no address of this machine; use localhost",
		"localhost:nonsense":  "expected HOST:PORT such as localhost:9090",
		"localhost:1234567":   "expected HOST:PORT such as localhost:9090",
	} {
		if s, err := Listen(addr); err == nil {
			s.Close()
			t.Errorf("%q is listened at", addr)
		} else if !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", addr, err, want)
		}
	}
	s, err := Listen("127.0.0.1:0") // and never served
	if err != nil {
		t.Fatal(err)
	}
	s.Close()
}
