package test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"wippy/mailbox"
	"wippy/runtime"
)

// webApp loads an application whose entries are of the component of JavaScript
// that test/guests/src/component/web.js is in. It is too large to commit, and
// the variable WIPPY_WEB names it.
func webApp(t *testing.T, address string, log io.Writer) *runtime.Runtime {
	t.Helper()
	name := os.Getenv("WIPPY_WEB")
	if name == "" {
		t.Skip("WIPPY_WEB does not name the web.wasm that go run ./test/guests/build -web makes")
	}
	binary, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	index := fmt.Sprintf(`namespace: app
entries:
  - {name: bin, kind: fs.directory, directory: bin}
  - {name: group, kind: process.host}
  - name: get
    kind: process.wasm
    fs: bin
    path: web.wasm
    hash: sha256:%x
    method: get
    imports: &imports [wasi:cli, wasi:io, wasi:clocks, wasi:random, wasi:filesystem, wasi:http]
    wasi: {network: {allow: ["%[2]s"]}}
  - name: post
    kind: process.wasm
    fs: bin
    path: web.wasm
    hash: sha256:%[1]x
    method: post
    imports: *imports
    wasi: {network: {allow: ["%[2]s"]}}
`, sha256.Sum256(binary), address)
	for file, content := range map[string][]byte{"_index.yaml": []byte(index), "bin/web.wasm": binary} {
		file = filepath.Join(dir, file)
		if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, content, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	rt, err := runtime.New(
		runtime.WithLogger(slog.New(slog.NewTextHandler(log, nil))),
		runtime.WithCompilationCache(filepath.Join(filepath.Dir(name), "compiled"))) // it takes many seconds
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { rt.Close() })
	if err := rt.Load(dir); err != nil {
		t.Fatal(err)
	}
	if err := rt.Check(context.Background()); err != nil {
		t.Fatal(err)
	}
	if err := rt.Start(); err != nil {
		t.Fatal(err)
	}
	return rt
}

// TestWebFetch runs JavaScript whose fetch() is an engine's, over wasi:http.
func TestWebFetch(t *testing.T) {
	const together = 8
	var arrived atomic.Int32
	all, left := make(chan struct{}), make(chan struct{})
	waiting := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/missing":
			http.NotFound(w, r)
		case "/large":
			w.Write(bytes.Repeat([]byte("0123456789abcdef"), 1<<17))
		case "/together":
			if arrived.Add(1) == together {
				close(all)
			}
			<-all
			fmt.Fprint(w, r.URL.RawQuery)
		case "/never":
			close(waiting)
			<-r.Context().Done()
			close(left)
		default:
			body, err := io.ReadAll(r.Body)
			fmt.Fprintf(w, "%s %s %q %v, asked by %q", r.Method, r.URL, body, err, r.Header.Get("x-asked-by"))
		}
	}))
	defer server.Close()
	var log bytes.Buffer
	rt := webApp(t, strings.TrimPrefix(server.URL, "http://"), &log)
	ctx := context.Background()
	call := func(method string, args ...any) string {
		t.Helper()
		v, err := rt.Run(ctx, "app:"+method, "app:group", args...)
		if err != nil {
			return err.Error()
		}
		return string(v[0].AppendJSON(nil))
	}
	want := func(got, want string) {
		t.Helper()
		if got != want {
			t.Errorf("%.300s\nwant %.300s", got, want)
		}
	}
	want(call("get", server.URL+"/a?b=c%20d"), `{"body":"GET /a?b=c%20d \"\" <nil>, asked by \"fetch\"","kind":"text/plain; charset=utf-8","status":200}`)
	want(call("get", server.URL+"/missing"), `{"body":"404 page not found\n","kind":"text/plain; charset=utf-8","status":404}`)
	want(call("get", server.URL+"/large"), `{"body":"`+strings.Repeat("0123456789abcdef", 1<<17)+`","kind":"text/plain; charset=utf-8","status":200}`)
	pieces := mailbox.TableValue([]mailbox.Value{mailbox.String("one, "), mailbox.String(strings.Repeat("x", 100_000)), mailbox.String("ü")}, nil)
	want(call("post", server.URL, pieces), `{"body":"POST / \"one, `+strings.Repeat("x", 100_000)+`ü\" <nil>, asked by \"\"","kind":"text/plain; charset=utf-8","status":200}`)

	// Many wait at once, and none holds a thread.
	var ps []*runtime.Process
	for n := range together {
		p, err := rt.Spawn(ctx, "app:get", "app:group", fmt.Sprintf("%s/together?%d", server.URL, n))
		if err != nil {
			t.Fatal(err)
		}
		ps = append(ps, p)
	}
	for n, p := range ps {
		if e := p.Exit(); e.Err != nil || len(e.Values) != 1 || !strings.Contains(string(e.Values[0].AppendJSON(nil)), fmt.Sprintf(`"body":"%d"`, n)) {
			t.Errorf("process %d: %v, %v", n, e.Values, e.Err)
		}
	}

	// What goes wrong is an exception.
	const failed = "TypeError: NetworkError when attempting to fetch resource"
	closed := httptest.NewServer(nil)
	closed.Close()
	want(call("get", closed.URL), failed)
	if got := call("get", "no URL"); !strings.HasPrefix(got, "TypeError: ") {
		t.Errorf("what is no URL: %s", got)
	}

	// Who is killed gives up its request.
	p, err := rt.Spawn(ctx, "app:get", "app:group", server.URL+"/never")
	if err != nil {
		t.Fatal(err)
	}
	<-waiting
	p.Terminate()
	if e := p.Exit(); e.Reason != mailbox.ReasonKilled {
		t.Errorf("it ended with %s, %v", e.Reason, e.Err)
	}
	<-left

	if err := rt.Close(); err != nil {
		t.Error(err)
	}
	if refused := "a guest may not reach " + strings.TrimPrefix(closed.URL, "http://"); !strings.Contains(log.String(), refused) {
		t.Errorf("the log lacks %q:\n%s", refused, log.String())
	}
}
