package runtime

import (
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"wippy/runtime/process"
)

// slowConn takes a little of each write until its deadline, and nothing in the end.
type slowConn struct {
	net.Conn
	takes     int
	got       string
	deadlines int
}

func (c *slowConn) SetWriteDeadline(at time.Time) error {
	if time.Until(at) > 0 {
		c.deadlines++
	}
	return nil
}

func (c *slowConn) Write(p []byte) (int, error) {
	n := min(c.takes, len(p))
	c.got += string(p[:n])
	if n < len(p) {
		return n, os.ErrDeadlineExceeded
	}
	return n, nil
}

// TestStallConn gives a client that takes something more time, and none to one that
// takes nothing.
func TestStallConn(t *testing.T) {
	slow := &slowConn{takes: 3}
	c := &stallConn{slow, time.Minute}
	if n, err := c.Write([]byte("0123456789")); n != 10 || err != nil || slow.got != "0123456789" || slow.deadlines != 4 {
		t.Errorf("%d, %v: %q after %d deadlines", n, err, slow.got, slow.deadlines)
	}
	slow.takes, slow.deadlines = 0, 0
	if n, err := c.Write([]byte("x")); n != 0 || !errors.Is(err, os.ErrDeadlineExceeded) || slow.deadlines != 1 {
		t.Errorf("%d, %v after %d deadlines", n, err, slow.deadlines)
	}
}

// TestServerClose kills a process also where nobody sees that the connection is closed: the
// request has more to send, and nobody reads it.
func TestServerClose(t *testing.T) {
	clock := process.NewManualClock(time.Unix(1000, 0))
	rt, h := web(t, "", "", WithClock(clock))
	s, addr, served := startServer(t, rt, h)
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := io.WriteString(c, "POST /h HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n"); err != nil {
		t.Fatal(err)
	}
	clock.WaitTimers(1) // the guest waits
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	<-served
	wantEmpty(t, h)
}

// TestStallStream has clients of HTTP/2 that take little of a response: one that has not
// taken it after a while has its process killed, though its connection is fine, and
// one whose response takes its time does not.
func TestStallStream(t *testing.T) {
	clock := process.NewManualClock(time.Unix(1000, 0))
	rt, h := web(t, "", "", WithClock(clock))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s, served := rt.NewServer(h), make(chan error, 1)
	s.stall = 20 * time.Millisecond
	over, serve := make(chan struct{}), s.http.Handler
	s.http.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/e" {
			defer close(over)
		}
		serve.ServeHTTP(w, r)
	})
	go func() { served <- s.Serve(l) }()
	transport := &http.Transport{Protocols: new(http.Protocols), HTTP2: &http.HTTP2Config{MaxReceiveBufferPerStream: 100}}
	transport.Protocols.SetUnencryptedHTTP2(true)
	client := &http.Client{Transport: transport}
	url := "http://" + l.Addr().String()

	slow, err := client.Get(url + "/T") // hello, a millisecond of the node's clock, a trap
	if err != nil {
		t.Fatal(err)
	}
	all := make(chan error, 1)
	go func() {
		text, err := io.ReadAll(slow.Body)
		if !strings.HasPrefix(string(text), "hello") {
			t.Errorf("%q", text)
		}
		all <- err
	}()
	clock.WaitTimers(1)

	r, err := client.Post(url+"/e", "", strings.NewReader(strings.Repeat("echo", 100_000)))
	if err != nil {
		t.Fatal(err)
	}
	<-over
	if n := h.Live(); n != 1 {
		t.Errorf("%d processes are left, want the one that waits", n)
	}
	if text, err := io.ReadAll(r.Body); err == nil {
		t.Errorf("it has all of %d bytes", len(text))
	}
	r.Body.Close()
	clock.Advance(time.Millisecond)
	if err := <-all; err == nil {
		t.Error("a trap is no end")
	}
	wantEmpty(t, h)
	transport.CloseIdleConnections()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	<-served
}
