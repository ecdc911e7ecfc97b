package test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

// TestWebServe serves by JavaScript that listens to the event "fetch".
func TestWebServe(t *testing.T) {
	behind := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "from behind") }))
	defer behind.Close()
	var log bytes.Buffer
	rt := webApp(t, strings.TrimPrefix(behind.URL, "http://"), &log)
	// Its method is another export: a handler is found by its interface.
	handler, err := rt.Handler(context.Background(), "app:get", "app:group")
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	defer server.Close()
	ask := func(method, path, body string) (int, string, http.Header) {
		t.Helper()
		r, err := http.NewRequest(method, server.URL+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("x-ask", "me")
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		text, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		return answer.StatusCode, string(text), answer.Header
	}
	for _, tt := range []struct {
		method, path, body string
		status             int
		text               string
	}{
		{"GET", "/a/b?c=d", "", 200, "/a/b?c=d me"},
		{"POST", "/", "hello", 201, "HELLO"},
		{"POST", "/", strings.Repeat("large ", 1<<18), 201, strings.Repeat("LARGE ", 1<<18)},
		{"GET", "/fetch?" + url.QueryEscape(behind.URL), "", 200, "from behind"},
	} {
		status, text, header := ask(tt.method, tt.path, tt.body)
		if status != tt.status || text != tt.text || !strings.HasPrefix(tt.path, "/fetch") && header.Get("x-method") != tt.method {
			t.Errorf("%s %s: %d %.100q %v", tt.method, tt.path, status, text, header)
		}
	}
	// A handler that throws answers with no status of success.
	if status, text, _ := ask("GET", "/throws", ""); status < 500 {
		t.Errorf("/throws: %d %q", status, text)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := handler.Wait(ctx); err != nil {
		t.Error(err)
	}
	if err := rt.Close(); err != nil {
		t.Error(err)
	}
	if !strings.Contains(log.String(), "as it was asked to") {
		t.Errorf("the log lacks what was thrown:\n%s", log.String())
	}
}
