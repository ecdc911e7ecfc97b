package runtime

import (
	"errors"
	"io"
	"net"
	"os"
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
	c := &stallConn{slow}
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
