package main

import (
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestMetricsOfARun has a node's metrics be there as long as it runs.
func TestMetricsOfARun(t *testing.T) {
	file := filepath.Join(t.TempDir(), "main.lua")
	if err := os.WriteFile(file, []byte(`print("ready") process.receive(nil, {type = "CANCEL"})`), 0o666); err != nil {
		t.Fatal(err)
	}
	s := newSession()
	go func() { s.result <- s.run([]string{"run", "--metrics", "127.0.0.1:0", file}) }()
	s.stdout.wait(t, "ready")
	s.stderr.wait(t, `"address":"`)
	found := regexp.MustCompile(`"address":"([^"]+)"`).FindStringSubmatch(s.stderr.String())
	if found == nil {
		t.Fatalf("no address in the log:\n%s", s.stderr)
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Get("http://" + found[1] + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(answer.Body)
	answer.Body.Close()
	for _, want := range []string{`wippy_entry_processes{entry="(bare)"} 1`, `wippy_group_processes{group="app:terminal"} 1`, "go_goroutines "} {
		if err != nil || !strings.Contains(string(body), want) {
			t.Errorf("%v; no %s in\n%s", err, want, body)
		}
	}
	s.signals <- os.Interrupt
	s.wantExit(t, 130)
	if conn, err := net.Dial("tcp", found[1]); err == nil {
		conn.Close()
		t.Error("the metrics are there after the node has ended")
	}
}

// TestMetricsInUse says what to do when the address cannot be had. Nothing runs.
func TestMetricsInUse(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	s := newSession()
	file := filepath.Join(t.TempDir(), "main.lua")
	if err := os.WriteFile(file, []byte(`print("it runs")`), 0o666); err != nil {
		t.Fatal(err)
	}
	if code := s.run([]string{"run", "--metrics", l.Addr().String(), file}); code != exitUsage {
		t.Errorf("exit code %d", code)
	}
	if want := "wippy: --metrics: " + l.Addr().String() + " "; !strings.HasPrefix(s.stderr.String(), want) || s.stdout.String() != "" {
		t.Errorf("standard error:\n%sstandard output:\n%s", s.stderr, s.stdout)
	}
}
