package wasi_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strings"
	"testing"

	"wippy/mailbox"
	"wippy/wasmhost/wasi/world"
)

// TestWaitingRequests has many guests wait for a server, which takes goroutines
// but no threads, and kills them: nothing is left, and the server is told.
func TestWaitingRequests(t *testing.T) {
	const guests = 1000
	gone := make(chan struct{}, guests)
	arrived := make(chan struct{}, guests)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		arrived <- struct{}{}
		<-r.Context().Done()
		gone <- struct{}{}
	}))
	defer s.Close()
	config := world.Config{Network: trust(t, s, "127.0.0.1")}
	wait := func(g *guest) {
		g.answer(g.call("outgoing-handler-handle", g.prepare("get", s.URL), mailbox.Nil))
	}
	st := start(t, setup{config: config}, wait)
	<-arrived
	before, threads := runtime.NumGoroutine(), countThreads(t)
	var exits []chan *mailbox.Exit
	var all []*guest
	for range guests - 1 {
		g := newGuest(t, setup{config: config}, wait)
		all = append(all, g)
		exits = append(exits, st.also(g))
		<-arrived
	}
	// Of the server two for each, of the client three, and the process itself.
	if n := (runtime.NumGoroutine() - before) / (guests - 1); n > 8 {
		t.Errorf("%d goroutines for each", n)
	}
	if n := countThreads(t) - threads; n > 20 {
		t.Errorf("%d more threads", n)
	}
	if err := st.sched.Terminate(st.pid); err != nil {
		t.Fatal(err)
	}
	for _, g := range all {
		if err := st.sched.Terminate(g.ctx.Self()); err != nil {
			t.Fatal(err)
		}
	}
	for range guests {
		<-gone
	}
	for _, exited := range exits {
		<-exited
	}
	if e := st.wait(); e.Reason != mailbox.ReasonKilled {
		t.Errorf("%s: %v", e.Reason, e.Err)
	}
}

// countThreads counts this process's threads; 0 where that is not told.
func countThreads(t *testing.T) int {
	entries, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return 0
	}
	return len(entries)
}

// TestKilledBodies kills guests that write a body that nobody reads, before and
// after it is sent, and one that reads a body that does not come.
func TestKilledBodies(t *testing.T) {
	killed := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.NewResponseController(w).EnableFullDuplex()
		w.(http.Flusher).Flush()
		<-killed
		io.Copy(io.Discard, r.Body) // to its end: the connection is gone
	}))
	defer s.Close()
	defer close(killed)
	for name, script := range map[string]func(g *guest){
		"unsent": func(g *guest) {
			body := g.call("http-types-outgoing-request-body", g.prepare("post", s.URL))
			g.writeAll(g.call("http-types-outgoing-body-write", body), strings.Repeat("x", 1<<20))
		},
		"unread": func(g *guest) {
			r := g.prepare("post", s.URL)
			body := g.call("http-types-outgoing-request-body", r)
			out := g.call("http-types-outgoing-body-write", body)
			g.call("outgoing-handler-handle", r, mailbox.Nil)
			for {
				g.writeAll(out, strings.Repeat("x", 1<<20))
			}
		},
		"reading": func(g *guest) {
			response := g.respond(g.call("outgoing-handler-handle", g.prepare("get", s.URL), mailbox.Nil))
			in := g.call("http-types-incoming-response-consume", response)
			g.readAll(g.call("http-types-incoming-body-stream", in))
		},
		"trailers": func(g *guest) {
			response := g.respond(g.call("outgoing-handler-handle", g.prepare("get", s.URL), mailbox.Nil))
			end := g.call("http-types-incoming-body-finish", g.call("http-types-incoming-response-consume", response))
			g.call("poll-pollable-block", g.call("http-types-future-trailers-subscribe", end))
		},
	} {
		st := start(t, setup{config: world.Config{Network: trust(t, s, "127.0.0.1")}}, script)
		<-st.guest.parked
		if err := st.sched.Terminate(st.pid); err != nil {
			t.Fatal(err)
		}
		if e := st.wait(); e.Reason != mailbox.ReasonKilled {
			t.Errorf("%s: %s: %v", name, e.Reason, e.Err)
		}
	}
}
