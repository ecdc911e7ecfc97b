package main

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"wippy/runtime"
)

// serving has a component serve requests, and beside it in the same run a
// handler of package net/http's that gives the same answer, both to clients that
// keep their connections.
func serving(request, answer string, clients int) func(*testing.B) {
	return func(b *testing.B) {
		rt := start(b)
		h, err := rt.Handler(context.Background(), "bench:server", "bench:processes")
		if err != nil {
			b.Fatal(err)
		}
		plain := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header()["Content-Type"] = []string{"text/plain"}
			if r.Method != http.MethodPost {
				_, _ = io.WriteString(w, answer)
				return
			}
			body, _ := io.ReadAll(r.Body)
			_, _ = w.Write(body)
		})
		ours, err := listen(b, runtimeServer(rt, h))
		if err != nil {
			b.Fatal(err)
		}
		theirs, err := listen(b, (&http.Server{Handler: plain}).Serve)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportAllocs()
		b.ResetTimer()
		took := ask(b, ours, request, answer, clients)
		b.StopTimer()
		plainTook := ask(b, theirs, request, answer, clients)
		b.ReportMetric(float64(b.N)/took.Seconds(), "requests/s")
		b.ReportMetric(plainTook.Seconds()/took.Seconds()*100, "%-of-plain")
	}
}

func runtimeServer(rt *runtime.Runtime, h *runtime.Handler) func(net.Listener) error {
	return rt.NewServer(h).Serve
}

// listen serves on a port of its own until the benchmark ends.
func listen(b *testing.B, serve func(net.Listener) error) (addr string, err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	var wg sync.WaitGroup
	wg.Go(func() { _ = serve(l) })
	b.Cleanup(func() {
		_ = l.Close()
		wg.Wait()
	})
	return l.Addr().String(), nil
}

// ask sends b.N requests over so many connections, and checks the answers.
func ask(b *testing.B, addr, request, answer string, clients int) time.Duration {
	begun := time.Now()
	var wg sync.WaitGroup
	for i := range clients {
		n := b.N / clients
		if i < b.N%clients {
			n++
		}
		wg.Go(func() {
			c, err := net.Dial("tcp", addr)
			if err != nil {
				b.Error(err)
				return
			}
			defer c.Close()
			in := bufio.NewReader(c)
			for range n {
				if _, err := io.WriteString(c, request); err != nil {
					b.Error(err)
					return
				}
				r, err := http.ReadResponse(in, nil)
				if err != nil {
					b.Error(err)
					return
				}
				body, err := io.ReadAll(r.Body)
				if err != nil || r.StatusCode != http.StatusOK || string(body) != answer {
					b.Errorf("%d %q: %v", r.StatusCode, body, err)
					return
				}
			}
		})
	}
	wg.Wait()
	return time.Since(begun)
}
