package http

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"wippy/mailbox"
	"wippy/runtime/process"
	"wippy/wasmhost/canon"
	"wippy/wasmhost/wasi/network"
)

// clientFor makes a client that trusts a server.
func clientFor(t *testing.T, s *httptest.Server) *client {
	t.Helper()
	policy, err := network.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	if cert := s.Certificate(); cert != nil {
		policy.Authorities = x509.NewCertPool()
		policy.Authorities.AddCert(cert)
	}
	c := newClient(policy, process.SystemClock{})
	t.Cleanup(c.Close)
	return c
}

// requestTo makes a request whose body is left to write.
func requestTo(t *testing.T, method, target string, headers ...string) *request {
	t.Helper()
	u, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	scheme := schemeHTTP
	if u.Scheme == "https" {
		scheme = schemeHTTPS
	}
	r := &request{method: canon.Case(methodOther, mailbox.String(method)), scheme: mailbox.Uint(uint64(scheme)),
		authority: mailbox.String(u.Host), path: mailbox.String(u.RequestURI()), headers: new(fields)}
	for i := 0; i < len(headers); i += 2 {
		if err := r.headers.add(headers[i], headers[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	length, _ := r.headers.contentLength()
	r.body = newPipe(length)
	return r
}

// sent sends a request, and gives the exchange once there is a response or none.
func (c *client) sent(t *testing.T, r *request, meanwhile func()) *exchange {
	t.Helper()
	req, err := r.http()
	if err != nil {
		t.Fatal(err)
	}
	body := r.body
	if req.Body != body {
		body = nil
	}
	x := c.send(req, body, timeouts{})
	meanwhile()
	done := make(chan struct{})
	x.done.Watch(func() { close(done) })
	<-done
	return x
}

// TestTrailersSent sends trailers that are known before the request is, and those that
// come while its headers are sent.
func TestTrailersSent(t *testing.T) {
	got := make(chan http.Header, 1)
	handler := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		got <- r.Trailer
	})
	for _, h2 := range []bool{false, true} {
		s := httptest.NewUnstartedServer(handler)
		if s.EnableHTTP2 = h2; h2 {
			s.StartTLS()
		} else {
			s.Start()
		}
		defer s.Close()
		c := clientFor(t, s)
		for _, method := range []string{"POST", "GET"} {
			for _, early := range []bool{true, false} {
				for _, text := range []string{"", "body"} {
					for _, announced := range []string{"", "x-a, x-b"} {
						var headers []string
						if announced != "" {
							headers = []string{"trailer", announced}
						}
						r := requestTo(t, method, s.URL, headers...)
						give := func() {
							if _, err := r.body.Write(&waiting{}, []byte(text)); err != nil {
								t.Error(err)
							}
							r.body.addTrailers(http.Header{"X-A": {"1"}, "X-B": {"2"}, "Content-Length": {"3"}})
							r.body.finish(io.EOF)
						}
						meanwhile := give
						if early {
							give()
							meanwhile = func() {}
						}
						x := c.sent(t, r, meanwhile)
						if x.err != nil {
							t.Fatal(x.err)
						}
						trailer := <-got
						if early || announced != "" || !h2 && method == "POST" {
							if len(trailer) != 2 || trailer.Get("X-A") != "1" || trailer.Get("X-B") != "2" {
								t.Errorf("%s %q, early %t, announced %q, h2 %t: %v", method, text, early, announced, h2, trailer)
							}
						}
						x.abort(errAborted)
					}
				}
			}
		}
		c.Close()
	}
}

// TestSwitchedProtocol has a server that switches to another protocol, which
// nobody asked it to: its connection is not kept.
func TestSwitchedProtocol(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ended := make(chan error, 1)
	go func() {
		conn, err := l.Accept()
		if err != nil {
			ended <- err
			return
		}
		defer conn.Close()
		r := bufio.NewReader(conn)
		if _, err := http.ReadRequest(r); err != nil {
			ended <- err
			return
		}
		io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\nmore")
		_, err = io.Copy(io.Discard, r)
		ended <- err
	}()
	c := clientFor(t, &httptest.Server{})
	r := requestTo(t, "GET", "http://"+l.Addr().String())
	r.body.finish(io.EOF)
	x := c.sent(t, r, func() {})
	if x.err == nil {
		t.Fatalf("it is taken: %v", x.response)
	}
	if got, _ := canon.CaseOf(x.err.code); got != protocolError {
		t.Error(x.err)
	}
	if err := <-ended; err != nil { // it was closed
		t.Error(err)
	}
}

// TestUnreadResponses tells servers of HTTP/2 to send no more of a body than is read,
// and maxUnread.
func TestUnreadResponses(t *testing.T) {
	s := httptest.NewUnstartedServer(nil)
	s.EnableHTTP2 = true
	s.StartTLS() // for its certificate
	defer s.Close()
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: s.TLS.Certificates, NextProtos: []string{"h2"}})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	window := make(chan uint32, 1)
	go func() {
		defer close(window)
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		const preface, header = 24, 9
		b := make([]byte, preface+header)
		if _, err := io.ReadFull(conn, b); err != nil || b[preface+3] != 4 { // SETTINGS
			return
		}
		settings := make([]byte, int(b[preface+1])<<8|int(b[preface+2]))
		if _, err := io.ReadFull(conn, settings); err != nil {
			return
		}
		for ; len(settings) >= 6; settings = settings[6:] {
			if settings[1] == 4 { // INITIAL_WINDOW_SIZE
				window <- binary.BigEndian.Uint32(settings[2:])
			}
		}
	}()
	c := clientFor(t, s)
	r := requestTo(t, "GET", "https://"+l.Addr().String())
	r.body.finish(io.EOF)
	c.sent(t, r, func() {})
	if n := <-window; n != maxUnread {
		t.Errorf("a server may send %d bytes", n)
	}
}

// TestAsterisk asks about the server as a whole.
func TestAsterisk(t *testing.T) {
	got := make(chan string, 1)
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got <- r.Host + " " + r.RequestURI }))
	s.Config.DisableGeneralOptionsHandler = true
	s.EnableHTTP2 = true
	s.StartTLS()
	defer s.Close()
	plain := httptest.NewUnstartedServer(s.Config.Handler)
	plain.Config.DisableGeneralOptionsHandler = true
	plain.Start()
	defer plain.Close()
	c := clientFor(t, s)
	defer c.Close()
	for _, target := range []string{s.URL, plain.URL} {
		r := requestTo(t, "OPTIONS", target)
		r.method, r.path = mailbox.Uint(6), mailbox.String(asterisk)
		r.body.finish(io.EOF)
		if e := r.invalid(); e != nil {
			t.Fatal(e)
		}
		x := c.sent(t, r, func() {})
		if x.err != nil {
			t.Fatal(x.err)
		}
		if text := <-got; text != r.authority.Str()+" *" {
			t.Errorf("%s: %q", target, text)
		}
		x.abort(errAborted)
		r.method = mailbox.Uint(0)
		if e := r.invalid(); e == nil {
			t.Error("GET * is sent")
		}
	}
}
