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
}

// NewServer makes a server.
func (rt *Runtime) NewServer(h *Handler) *Server {
	s := &Server{handler: h}
	var all context.Context
	all, s.end = context.WithCancel(context.Background())
	s.http = http.Server{
		BaseContext:       func(net.Listener) context.Context { return all },
		Handler:           h,
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
	if err := s.http.Serve(stallListener{l}); !errors.Is(err, http.ErrServerClosed) {
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

// stallListener gives connections whose writes do not take for ever.
type stallListener struct{ net.Listener }

func (l stallListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &stallConn{c}, nil
}

type stallConn struct{ net.Conn }

// Write implements net.Conn. It goes on for as long as the client takes something.
func (c *stallConn) Write(p []byte) (n int, err error) {
	for {
		if err := c.SetWriteDeadline(time.Now().Add(stalledWrite)); err != nil {
			return n, err
		}
		k, err := c.Conn.Write(p[n:])
		if n += k; k == 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
			return n, err
		}
	}
}
