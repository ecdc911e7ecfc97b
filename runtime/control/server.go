package control

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"wippy/mailbox"
	"wippy/runtime"
)

const (
	// maxConns is how many requests are answered at one moment. More wait for
	// their turn in the system's queue, which is bounded.
	maxConns = 8
	// A client has askWithin to send its request, takeWithin to take a part of the
	// answer, and finishWithin for all of it.
	askWithin    = 2 * time.Second
	takeWithin   = 5 * time.Second
	finishWithin = time.Minute
	// answerBuffer is how many bytes of an answer are sent at once.
	answerBuffer = 32 << 10
	// crowded is how many sockets a directory may have before a new node looks
	// for those that others left there.
	crowded = 16
)

// Server is a node's end of the control socket.
type Server struct {
	about    Node
	listener *net.UnixListener
	rt       *runtime.Runtime // from Serve on
	places   chan struct{}    // has a token for each connection
	closed   chan struct{}    // by Close
	serving  sync.WaitGroup

	mu    sync.Mutex
	conns map[net.Conn]struct{} // nil once it is closed
}

// nodes is how many this program has had.
var nodes atomic.Int64

// Listen makes the socket of a node, which about describes as far as the caller
// knows it. Nobody is answered before Serve.
//
// # Errors
//
// Dir's; when the path is too long for a socket.
func Listen(about Node) (*Server, error) {
	dir, err := Dir()
	if err != nil {
		return nil, err
	}
	if paths, err := sockets(dir); err == nil && len(paths) > crowded {
		for _, path := range paths {
			if conn, err := net.Dial("unix", path); err == nil {
				_ = conn.Close()
			} else if errors.Is(err, errRefused) {
				removeStale(path)
			}
		}
	}
	about.ID = strconv.Itoa(os.Getpid())
	if n := nodes.Add(1); n > 1 {
		about.ID += "." + strconv.FormatInt(n, 10)
	}
	// A name is never used again: who removes a stale socket removes no other.
	path := filepath.Join(dir, fmt.Sprintf("%s-%08x%s", about.ID, rand.Uint32(), socketExt))
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		if op, ok := errors.AsType[*net.OpError](err); ok {
			err = op.Err
		}
		return nil, fmt.Errorf("the control socket %s cannot be made: %w; %s may name another directory, whose path is shorter", path, err, DirVariable)
	}
	if !onWindows { // where these bits mean nothing
		if err := os.Chmod(path, 0o600); err != nil { // until then the directory keeps others out
			_ = l.Close()
			return nil, unusable(path, err)
		}
	}
	return &Server{about: about, listener: l, places: make(chan struct{}, maxConns),
		closed: make(chan struct{}), conns: map[net.Conn]struct{}{}}, nil
}

// ID is the node's, by which others select it.
func (s *Server) ID() string { return s.about.ID }

// Path is the socket's.
func (s *Server) Path() string { return s.listener.Addr().String() }

// Serve answers from now on, until Close. The runtime must be started.
func (s *Server) Serve(rt *runtime.Runtime) {
	s.rt = rt
	s.serving.Go(s.accept)
}

// Close removes the socket, ends what is being answered, and returns when nothing
// of the server is left. Closing again does nothing.
func (s *Server) Close() {
	s.mu.Lock()
	conns := s.conns
	s.conns = nil
	s.mu.Unlock()
	if conns == nil {
		return
	}
	close(s.closed)
	_ = s.listener.Close()
	for c := range conns {
		_ = c.Close()
	}
	s.serving.Wait()
}

// retryAfter is how long accepting rests after it failed, such as for want of
// file descriptors.
const retryAfter = 100 * time.Millisecond

func (s *Server) accept() {
	for {
		select {
		case s.places <- struct{}{}:
		case <-s.closed:
			return
		}
		conn, err := s.listener.Accept()
		if err != nil {
			<-s.places
			select {
			case <-s.closed:
				return
			case <-time.After(retryAfter):
			}
			continue
		}
		s.serving.Go(func() {
			defer func() { <-s.places }()
			defer s.forget(conn)
			if s.keep(conn) {
				s.serve(conn)
			}
		})
	}
}

// keep has Close end a connection; false when it was called already.
func (s *Server) keep(c net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conns == nil {
		return false
	}
	s.conns[c] = struct{}{}
	return true
}

func (s *Server) forget(c net.Conn) {
	s.mu.Lock()
	delete(s.conns, c)
	s.mu.Unlock()
	_ = c.Close()
}

// serve answers one connection.
func (s *Server) serve(conn net.Conn) {
	_ = conn.SetReadDeadline(time.Now().Add(askWithin))
	req, err := readRequest(conn)
	out := bufio.NewWriterSize(&patient{conn: conn, end: time.Now().Add(finishWithin)}, answerBuffer)
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false) // a PID has angle brackets
	if err == nil {
		err = s.answer(req, enc.Encode)
	}
	last := answer{End: true}
	if err != nil {
		e := mailbox.AsError(err)
		last = answer{Error: &failure{Kind: e.Kind, Message: e.Message}}
	}
	// A client that went away, or takes nothing, gets nothing more.
	if enc.Encode(last) == nil && out.Flush() == nil && err != nil {
		s.drain(conn)
	}
}

// drain takes what a client still sends that was refused: closing the connection
// over it could take the answer from it.
func (s *Server) drain(conn net.Conn) {
	if c, ok := conn.(*net.UnixConn); ok {
		_ = c.CloseWrite()
	}
	_, _ = io.CopyN(io.Discard, conn, maxLine) // until the read deadline, at the most
}

// answer does what is asked for and sends all but the last line. Its error is the
// answer, unless send failed.
func (s *Server) answer(req *request, send func(any) error) error {
	switch req.Op {
	case opNode:
		return send(answer{Node: s.node()})
	case opProcesses:
		if err := send(answer{Node: s.node()}); err != nil {
			return err
		}
		for p := range s.rt.Processes() {
			if err := send(answer{Process: describe(&p)}); err != nil {
				return err
			}
		}
		return nil
	case opTerminate:
		return s.rt.Terminate(mailbox.PID(req.Dest))
	case opCancel:
		if req.GraceMS < 0 || req.GraceMS > math.MaxInt64/int64(time.Millisecond) {
			return mailbox.Errorf(mailbox.Invalid, "a grace of %d ms cannot be given", req.GraceMS)
		}
		return s.rt.Cancel(mailbox.PID(req.Dest), req.Reason, time.Duration(req.GraceMS)*time.Millisecond)
	}
	return mailbox.Errorf(mailbox.Invalid, "there is no operation %q", mailbox.Shown(req.Op))
}

func (s *Server) node() *Node {
	n := s.about
	n.UptimeMS, n.Processes, n.Stopping = s.rt.Uptime().Milliseconds(), s.rt.Live(), s.rt.Stopping()
	return &n
}

// patient writes to a connection for as long as its other end takes something
// now and then.
type patient struct {
	conn net.Conn
	end  time.Time // when patience ends
}

func (p *patient) Write(b []byte) (int, error) {
	deadline := time.Now().Add(takeWithin)
	if p.end.Before(deadline) {
		deadline = p.end
	}
	_ = p.conn.SetWriteDeadline(deadline)
	return p.conn.Write(b)
}
