package runtime

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"
)

// What a Server grants clients. Each bounds what one can hold by doing nothing.
const (
	// headerTimeout is how long the headers of a request may take.
	headerTimeout = 10 * time.Second
	// idleConnection is how long a connection may wait for its next request.
	idleConnection = 2 * time.Minute
	// stalledWrite is how long a client may take nothing of what is written to it.
	stalledWrite = time.Minute
	// headerBytes bounds the headers of a request.
	headerBytes = 128 << 10
)

// Server serves HTTP/1.1, and HTTP/2 in clear text to clients that know of it
// beforehand, by a Handler. A program that wants TLS, other bounds, or other
// handlers beside it gives the Handler to an http.Server of its own.
type Server struct {
	handler *Handler
	http    http.Server
	end     context.CancelFunc // ends the contexts of all requests
	stall   time.Duration      // stalledWrite, or less in tests
}

// NewServer makes a server.
func (rt *Runtime) NewServer(h *Handler) *Server {
	s := &Server{handler: h, stall: stalledWrite}
	var all context.Context
	all, s.end = context.WithCancel(context.Background())
	s.http = http.Server{
		BaseContext:       func(net.Listener) context.Context { return all },
		Handler:           http.HandlerFunc(s.serve),
		ReadHeaderTimeout: headerTimeout,
		IdleTimeout:       idleConnection,
		MaxHeaderBytes:    headerBytes,
		Protocols:         new(http.Protocols),
		ErrorLog:          slog.NewLogLogger(rt.opts.logger.Handler(), slog.LevelDebug), // of clients' mistakes
	}
	s.http.Protocols.SetHTTP1(true)
	s.http.Protocols.SetUnencryptedHTTP2(true)
	return s
}

// Serve serves the connections of a listener, which it closes in the end. It
// blocks until Shutdown or Close is called.
//
// # Errors
//
// Why the listener failed; nil after Shutdown and Close.
func (s *Server) Serve(l net.Listener) error {
	if err := s.http.Serve(stallListener{l, s.stall}); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// Shutdown accepts no more connections and requests, and waits until those
// that there are have been served, and their processes have ended. The error is
// ctx's if that ends first; Close then ends the rest.
func (s *Server) Shutdown(ctx context.Context) error {
	if err := s.http.Shutdown(ctx); err != nil {
		return err
	}
	return s.handler.Wait(ctx)
}

// Close closes all connections, and has the processes that serve a request
// killed. It does not wait.
func (s *Server) Close() error {
	s.end() // a connection that is closed is not noticed where the request's body is not read to its end
	return s.http.Close()
}

// serve is the handler, for a client that must take what is written to it. In
// HTTP/2 it can keep a stream from being written while the connection is.
func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	if r.ProtoMajor == 2 {
		w = &stallStream{w, http.NewResponseController(w), s.stall}
	}
	s.handler.ServeHTTP(w, r)
}

// stallStream is a response on a stream of HTTP/2 whose writes do not take for ever.
type stallStream struct {
	http.ResponseWriter
	control *http.ResponseController
	stall   time.Duration
}

// Unwrap is for http.ResponseController.
func (w *stallStream) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// piece is how much the client has to take within the time, in bytes: what
// package net/http makes a frame of.
const piece = 4 << 10

// Write implements http.ResponseWriter. What is left to be sent then has as long.
func (w *stallStream) Write(p []byte) (n int, err error) {
	for err == nil && n < len(p) {
		if err = w.control.SetWriteDeadline(time.Now().Add(w.stall)); err == nil {
			var k int
			k, err = w.ResponseWriter.Write(p[n:min(len(p), n+piece)])
			n += k
		}
	}
	return n, err
}

// FlushError is as http.ResponseController has it. Behind it nothing is left to
// be sent: whatever comes next may take its time.
func (w *stallStream) FlushError() error {
	if err := w.control.SetWriteDeadline(time.Now().Add(w.stall)); err != nil {
		return err
	}
	if err := w.control.Flush(); err != nil {
		return err
	}
	return w.control.SetWriteDeadline(time.Time{})
}

// stallListener gives connections whose writes do not take for ever.
type stallListener struct {
	net.Listener
	stall time.Duration
}

func (l stallListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &stallConn{c, l.stall}, nil
}

type stallConn struct {
	net.Conn
	stall time.Duration
}

// Write implements net.Conn. It goes on for as long as the client takes something.
func (c *stallConn) Write(p []byte) (n int, err error) {
	for {
		if err := c.SetWriteDeadline(time.Now().Add(c.stall)); err != nil {
			return n, err
		}
		k, err := c.Conn.Write(p[n:])
		if n += k; k == 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
			return n, err
		}
	}
}
