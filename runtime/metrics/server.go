package metrics

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"wippy/internal/neterr"
	"wippy/runtime"
)

// maxScrapes is how many scrapes are answered at one moment: each counts all
// living processes.
const maxScrapes = 4

// Handler serves a node's metrics, with those of the Go runtime and of the
// operating system's process, and what the program adds of its own, at /metrics; and at /healthz whether it takes
// spawns: 200, or 503 when it is stopping. The runtime must be started before the first request.
func Handler(rt *runtime.Runtime, more ...prometheus.Collector) http.Handler {
	registry := prometheus.NewRegistry()
	registry.MustRegister(NewCollector(rt), collectors.NewGoCollector(), collectors.NewBuildInfoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	registry.MustRegister(more...)
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{MaxRequestsInFlight: maxScrapes}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		if rt.Stopping() {
			http.Error(w, "stopping", http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ok")
	})
	return mux
}

// Server serves Handler at an address of its own.
type Server struct {
	listener net.Listener
	http     *http.Server
	served   sync.WaitGroup
}

// Listen takes an address like "localhost:9090", or ":9090" for all of the
// machine's. Nobody is answered before Serve.
//
// # Errors
//
// What is wrong with the address, and what to do about it.
func Listen(addr string) (*Server, error) {
	_, port, err := net.SplitHostPort(addr)
	if err == nil {
		_, err = net.LookupPort("tcp", port)
	}
	if err != nil {
		return nil, fmt.Errorf("expected HOST:PORT such as localhost:9090, or :9090 for every address of the machine, found %q", addr)
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, bindError(addr, err)
	}
	return &Server{listener: l}, nil
}

func bindError(addr string, err error) error {
	dns, unknown := errors.AsType[*net.DNSError](err)
	switch kind := neterr.Of(err); {
	case unknown:
		return fmt.Errorf("%s is no address of this machine: %s; use localhost, or leave the host out", addr, dns.Err)
	case kind == neterr.InUse:
		return fmt.Errorf("%s is in use by another program; choose another port, or 0 for any that is free", addr)
	case kind == neterr.Denied:
		return fmt.Errorf("%s may not be used by this user; choose a port from 1024 on", addr)
	case kind == neterr.NoAddress:
		return fmt.Errorf("%s is no address of this machine; use localhost, or leave the host out", addr)
	}
	if op, ok := errors.AsType[*net.OpError](err); ok {
		err = op.Err
	}
	return fmt.Errorf("%s cannot be listened at: %w; expected HOST:PORT such as localhost:9090", addr, err)
}

// Addr is where it listens.
func (s *Server) Addr() net.Addr { return s.listener.Addr() }

// Serve answers from now on, until Close, as Handler does. The runtime must be started.
func (s *Server) Serve(rt *runtime.Runtime, more ...prometheus.Collector) {
	s.http = &http.Server{
		Handler:           Handler(rt, more...),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       5 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(rt.Logger().Handler(), slog.LevelWarn),
	}
	s.served.Go(func() { _ = s.http.Serve(s.listener) })
}

// closeWithin is what answers that were begun have to be finished at Close.
const closeWithin = time.Second

// Close stops listening, and ends when nothing of the server is left.
func (s *Server) Close() {
	if s.http == nil {
		_ = s.listener.Close()
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), closeWithin)
	defer cancel()
	if s.http.Shutdown(ctx) != nil {
		_ = s.http.Close()
	}
	s.served.Wait()
}
