package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"
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
		ours := dialAll(b, rt.NewServer(h).Serve, clients)
		theirs := dialAll(b, (&http.Server{Handler: plain}).Serve, clients)
		b.ReportAllocs()
		b.ResetTimer()
		var took, plainTook time.Duration
		for left := b.N; left > 0; left -= round { // in turns: what else the machine does hits both
			n := min(left, round)
			took += ours.ask(b, n, request, answer)
			b.StopTimer()
			plainTook += theirs.ask(b, n, request, answer)
			b.StartTimer()
		}
		b.StopTimer()
		b.ReportMetric(float64(b.N)/took.Seconds(), "requests/s")
		b.ReportMetric(plainTook.Seconds()/took.Seconds()*100, "%-of-plain")
	}
}

// round is how many requests one of the two gets before it is the other's turn.
const round = 200

// clients are connections to one server.
type clients []*client

type client struct {
	net.Conn
	in *bufio.Reader
}

// dialAll serves on a port of its own, until the benchmark ends, and connects to it.
func dialAll(b *testing.B, serve func(net.Listener) error, n int) clients {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() { _ = serve(l) })
	b.Cleanup(func() {
		_ = l.Close()
		wg.Wait()
	})
	var all clients
	for range n {
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = c.Close() })
		all = append(all, &client{c, bufio.NewReader(c)})
	}
	return all
}

// ask sends n requests, shared among the clients, and checks the answers.
func (all clients) ask(b *testing.B, n int, request, answer string) time.Duration {
	begun := time.Now()
	var wg sync.WaitGroup
	for i, c := range all {
		own := n / len(all)
		if i < n%len(all) {
			own++
		}
		wg.Go(func() {
			for range own {
				if err := c.ask(request, answer); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	return time.Since(begun)
}

// ask sends a request, and wants an answer.
func (c *client) ask(request, answer string) error {
	if _, err := io.WriteString(c, request); err != nil {
		return err
	}
	r, err := http.ReadResponse(c.in, nil)
	if err != nil {
		return err
	}
	body, err := io.ReadAll(r.Body)
	if err == nil && (r.StatusCode != http.StatusOK || string(body) != answer) {
		err = fmt.Errorf("%d %q", r.StatusCode, body)
	}
	return err
}
