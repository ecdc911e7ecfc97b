package main

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// serve serves by the guest server in the background, and gives its address.
func (s *session) serve(t *testing.T, flags ...string) (url string) {
	t.Helper()
	guest := filepath.Join("..", "..", "test", "guests", "bin", "component", "server.wasm")
	args := append([]string{"serve", "--addr", "127.0.0.1:0"}, flags...)
	go func() { s.result <- s.run(append(args, guest)) }()
	s.stderr.wait(t, "is served on http://")
	_, url, _ = strings.Cut(s.stderr.String(), "is served on ")
	url, _, _ = strings.Cut(url, "\n")
	return url
}

// fetch makes a request on a connection of its own.
func fetch(t *testing.T, url string) (status int, body string, err error) {
	t.Helper()
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 10 * time.Second}
	r, err := client.Get(url)
	if err != nil {
		return 0, "", err
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	return r.StatusCode, string(text), err
}

func TestServe(t *testing.T) {
	for signal, want := range map[os.Signal]int{os.Interrupt: 130, syscall.SIGTERM: 0} {
		s := newSession()
		url := s.serve(t, "--log-requests")
		if status, body, err := fetch(t, url); status != 200 || body != "hello\n" || err != nil {
			t.Errorf("%d %q %v", status, body, err)
		}
		if status, _, err := fetch(t, url+"/t"); status != 500 || err != nil {
			t.Errorf("%d %v", status, err)
		}
		s.stderr.wait(t, `"path":"/t","status":500`)
		s.signals <- signal
		s.wantExit(t, want)
		if _, _, err := fetch(t, url); err == nil {
			t.Error("it is still served")
		}
	}
}

// TestServeInterrupted has a request that does not end: it has the grace, and
// a second signal ends it.
func TestServeInterrupted(t *testing.T) {
	for name, end := range map[string]func(s *session){
		"grace":  func(*session) {},
		"signal": func(s *session) { s.signals <- os.Interrupt },
	} {
		s := newSession()
		grace := "10ms"
		if name == "signal" {
			grace = "1m"
		}
		url := s.serve(t, "--grace", grace)
		r, err := http.Get(url + "/r") // the headers come, and a part of the body
		if err != nil {
			t.Fatal(err)
		}
		s.signals <- syscall.SIGTERM
		if name == "signal" {
			s.stderr.wait(t, "wippy: terminated: requests have 1m0s to end; once more ends them\n")
		}
		end(s)
		s.wantExit(t, 143)
		if _, err := io.ReadAll(r.Body); err == nil {
			t.Errorf("%s: the client took the body for complete", name)
		}
		r.Body.Close()
	}
	http.DefaultClient.CloseIdleConnections()
}
