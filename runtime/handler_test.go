package runtime

import (
	"bufio"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	goruntime "runtime"
	"strings"
	"testing"
	"time"

	"wippy/mailbox"
	"wippy/runtime/process"
)

// web is a node that serves by the guest server, see its source for what each
// path does. limits are those of the entry, group is what its group says.
func web(t testing.TB, group, limits string, opts ...Option) (*Runtime, *Handler) {
	t.Helper()
	binary, err := os.ReadFile(filepath.Join("..", "test", "guests", "bin", "component", "server.wasm"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	index := fmt.Sprintf(`
namespace: app
entries:
  - {name: bin, kind: fs.directory, directory: .}
  - {name: web, kind: process.host%s}
  - name: server
    kind: process.wasm
    fs: bin
    path: server.wasm
    hash: sha256:%x
    method: wasi:http/incoming-handler#handle
    imports: [wasi:http, wasi:io, wasi:clocks]
    limits: {%s}
`, group, sha256.Sum256(binary), limits)
	for name, content := range map[string]string{"server.wasm": string(binary), "_index.yaml": index} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	rt, err := New(opts...)
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
	h, err := rt.Handler(context.Background(), "app:server", "app:web")
	if err != nil {
		t.Fatal(err)
	}
	if err := rt.Start(); err != nil {
		t.Fatal(err)
	}
	return rt, h
}

// get asks a handler without a network.
func get(h http.Handler, path string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
	return w
}

// wantEmpty waits until no process of the handler's is left.
func wantEmpty(t testing.TB, h *Handler) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := h.Wait(ctx); err != nil {
		t.Fatalf("%d processes are left: %v", h.Live(), err)
	}
}

func TestHandler(t *testing.T) {
	_, h := web(t, "", "")
	for path, want := range map[string]int{"/": 200, "/t": 500, "/n": 500, "/x": 403} {
		if got := get(h, path); got.Code != want || want == 200 && got.Body.String() != "hello\n" {
			t.Errorf("%s: %d %q, want %d", path, got.Code, got.Body, want)
		}
	}
	wantEmpty(t, h)
}

func TestHandlerLimits(t *testing.T) {
	clock := process.NewManualClock(time.Unix(1000, 0))
	_, h := web(t, "", "max_execution_ms: 60000, max_memory: 1048576", WithClock(clock))
	if got := get(h, "/g"); got.Code != 500 { // it grows until it is refused
		t.Errorf("%d", got.Code)
	}
	for _, path := range []string{"/h", "/l"} { // which wait and loop without end
		done := make(chan int)
		go func() { done <- get(h, path).Code }()
		clock.WaitTimers(1)
		clock.Advance(time.Minute)
		if code := <-done; code != 500 {
			t.Errorf("%s: %d", path, code)
		}
		wantEmpty(t, h)
	}
}

// TestHandlerFull has a group without room.
func TestHandlerFull(t *testing.T) {
	_, h := web(t, ", max_processes: 1", "")
	ctx, leave := context.WithCancel(context.Background())
	done := make(chan struct{})
	arrived := make(chan struct{})
	go func() {
		defer close(done)
		defer func() { _ = recover() }() // http.ErrAbortHandler
		w := notifying{httptest.NewRecorder(), arrived}
		h.ServeHTTP(w, httptest.NewRequest("GET", "/r", nil).WithContext(ctx))
	}()
	<-arrived
	got := get(h, "/")
	if got.Code != 503 || got.Header().Get("Retry-After") != "1" {
		t.Errorf("%d %v", got.Code, got.Header())
	}
	// Nor does it wait for a body that does not come.
	s, addr, served := startServer(t, h.rt, h)
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(c, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
	if line, err := bufio.NewReader(c).ReadString('\n'); line != "HTTP/1.1 503 Service Unavailable\r\n" {
		t.Errorf("%q %v", line, err)
	}
	c.Close()
	s.Close()
	<-served
	leave() // which kills the process at once
	<-done
	if h.Live() != 0 {
		t.Error("the process of a client that left is there")
	}
	for range 100 { // one after the other there is always room
		if got := get(h, "/"); got.Code != 200 {
			t.Fatalf("%d", got.Code)
		}
	}
}

// notifying tells when the headers are sent.
type notifying struct {
	*httptest.ResponseRecorder
	sent chan struct{}
}

func (n notifying) WriteHeader(code int) {
	n.ResponseRecorder.WriteHeader(code)
	close(n.sent)
}

func TestHandlerErrors(t *testing.T) {
	rt, _ := web(t, "", "")
	for _, tt := range []struct{ entry, group, want string }{
		{"app:serve", "app:web", `there is no entry "app:serve"; did you mean "app:server"?`},
		{"app:web", "app:web", `cannot be spawned`},
		{"app:server", "app:wed", `there is no process group "app:wed"; did you mean "app:web"?`},
	} {
		_, err := rt.Handler(context.Background(), tt.entry, tt.group)
		e, ok := errors.AsType[*mailbox.Error](err)
		if !ok || !strings.Contains(e.Message, tt.want) {
			t.Errorf("%s: %v", tt.entry, err)
		}
	}
	script, err := rt.CompileScript("x.lua", []byte("return 1"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := rt.HandlerOf(script, "x.lua", "app:web"); err == nil || !strings.Contains(err.Error(), "x.lua cannot serve HTTP: it is no WebAssembly component") {
		t.Error(err)
	}
	idle, err := New()
	if err != nil {
		t.Fatal(err)
	}
	defer idle.Close()
	h := &Handler{rt: idle}
	if got := get(h, "/"); got.Code != 503 {
		t.Errorf("before Start: %d", got.Code)
	}
}

// startServer serves on a port of its own.
func startServer(t testing.TB, rt *Runtime, h *Handler) (s *Server, addr string, served chan error) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s, served = rt.NewServer(h), make(chan error, 1)
	go func() { served <- s.Serve(l) }()
	return s, l.Addr().String(), served
}

// TestServerShutdown lets a request come to its end, and one that does not.
func TestServerShutdown(t *testing.T) {
	clock := process.NewManualClock(time.Unix(1000, 0))
	rt, h := web(t, "", "", WithClock(clock))
	s, addr, served := startServer(t, rt, h)
	begin := func(path string) *bufio.Reader {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: a\r\n\r\n", path)
		in := bufio.NewReader(c)
		if line, err := in.ReadString('\n'); err != nil || line != "HTTP/1.1 200 OK\r\n" {
			t.Fatalf("%q %v", line, err)
		}
		return in
	}
	in := begin("/T") // hello, a millisecond, a trap
	begin("/w")       // which goes on behind its response, for an hour
	begin("/r")       // which waits in its midst, as long
	clock.WaitTimers(3)
	ctx, cancel := context.WithCancel(context.Background())
	down := make(chan error, 1)
	go func() { down <- s.Shutdown(ctx) }()
	if err := <-served; err != nil {
		t.Error(err)
	}
	if c, err := net.Dial("tcp", addr); err == nil {
		c.Close()
		t.Error("a connection is accepted")
	}
	clock.Advance(time.Millisecond)
	if text, err := io.ReadAll(in); err != nil || !strings.HasSuffix(string(text), "hello\n\r\n") {
		t.Errorf("%q %v", text, err)
	}
	cancel()
	if err := <-down; err == nil {
		t.Error("a request and a process are left, and nobody says so")
	}
	if h.Live() != 2 {
		t.Errorf("%d processes are left", h.Live())
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	clock.WaitTimers(1)
	clock.Advance(time.Hour)
	wantEmpty(t, h)
}

// TestServerBounds has clients that send too much, or nothing.
func TestServerBounds(t *testing.T) {
	rt, h := web(t, "", "")
	s, addr, served := startServer(t, rt, h)
	for _, tt := range []struct{ send, want string }{
		{"GET / HTTP/1.1\r\nHost: a\r\nX: " + strings.Repeat("x", 200<<10) + "\r\n\r\n", "431"},
		{"GET / HTTP/1.1\r\nHost: a\r\nX: a\x00b\r\n\r\n", "400"},
		{"GET / HTTP/1.1\r\n\r\n", "400"},
		{"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n", "200"}, // it is not read
		{"POST /e HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", "400"},
	} {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		go io.WriteString(c, tt.send) // the server may not read all of it
		line, _ := bufio.NewReader(c).ReadString('\n')
		if !strings.HasPrefix(line, "HTTP/1.1 "+tt.want) {
			t.Errorf("%.60q: %q, want %s", tt.send, line, tt.want)
		}
		c.Close()
	}
	if s.http.ReadHeaderTimeout <= 0 || s.http.IdleTimeout <= 0 {
		t.Error("a client may take for ever")
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	<-served
	wantEmpty(t, h)
}

// TestManyRequests has 1,000 requests wait, which holds goroutines but no
// worker: another is answered at once.
func TestManyRequests(t *testing.T) {
	const waiting = 1000
	clock := process.NewManualClock(time.Unix(1000, 0))
	_, h := web(t, ", workers: 1", "", WithClock(clock))
	ctx, leave := context.WithCancel(context.Background())
	done := make(chan struct{}, waiting)
	before := goruntime.NumGoroutine()
	for range waiting {
		go func() {
			h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/h", nil).WithContext(ctx))
			done <- struct{}{}
		}()
	}
	clock.WaitTimers(waiting)
	if got := get(h, "/"); got.Code != 200 {
		t.Errorf("%d", got.Code)
	}
	if n := (goruntime.NumGoroutine() - before) / waiting; n > 2 {
		t.Errorf("%d goroutines for each", n)
	}
	leave()
	for range waiting {
		<-done
	}
	wantEmpty(t, h)
}

func BenchmarkHandler(b *testing.B) {
	_, h := web(b, "", "")
	r := httptest.NewRequest("GET", "/", nil)
	b.ReportAllocs()
	for b.Loop() {
		w := httptest.NewRecorder()
		if h.ServeHTTP(w, r); w.Code != 200 {
			b.Fatal(w.Code)
		}
	}
}
