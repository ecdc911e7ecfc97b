package wasi_test

import (
	"bytes"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"wippy/mailbox"
	"wippy/runtime/process"
	"wippy/wasmhost/wasi/network"
	"wippy/wasmhost/wasi/world"
)

// tag wants a result of a function to be an error that is a case of a variant.
func (g *guest) tag(want, name string, args ...mailbox.Value) {
	g.t.Helper()
	v, failed := g.try(name, args...)
	if got := field(v, "tag").Str(); !failed || got != want {
		g.t.Errorf("%s gives %s (failed %t), want %s", name, json(v), failed, want)
	}
}

// refused wants an error without a payload.
func (g *guest) refused(name string, args ...mailbox.Value) {
	g.t.Helper()
	if v, failed := g.try(name, args...); !failed {
		g.t.Errorf("%s%v gives %s, want an error", name, args, json(v))
	}
}

func testFields(t *testing.T) {
	run(t, setup{}, func(g *guest) {
		const from = "http-types-fields-from-list"
		f := g.call(from, arr(arr(str("A"), str("1")), arr(str("b"), str("2")), arr(str("a"), str("3"))))
		g.want(g.call("http-types-fields-entries", f), `[["A","1"],["b","2"],["a","3"]]`)
		g.want(g.call("http-types-fields-get", f, str("a")), `["1","3"]`)
		g.want(g.call("http-types-fields-get", f, str("no name")), `[]`)
		g.want(g.call("http-types-fields-has", f, str("B")), `true`)
		g.want(g.call("http-types-fields-has", f, str("c")), `false`)
		g.call("http-types-fields-set", f, str("a"), arr(str("4")))
		g.call("http-types-fields-append", f, str("C"), str("5\t6"))
		g.call("http-types-fields-delete", f, str("B"))
		copied := g.call("http-types-fields-clone", f)
		g.call("http-types-fields-delete", f, str("c"))
		g.want(g.call("http-types-fields-entries", copied), `[["a","4"],["C","5\t6"]]`)
		for name, want := range map[string]string{"": "invalid-syntax", "a b": "invalid-syntax", "ü": "invalid-syntax", "Host": "forbidden", "transfer-encoding": "forbidden"} {
			g.tag(want, "http-types-fields-set", f, str(name), arr(str("x")))
			g.tag(want, "http-types-fields-append", f, str(name), str("x"))
			g.tag(want, "http-types-fields-delete", f, str(name))
			g.tag(want, from, arr(arr(str(name), str("x"))))
		}
		g.tag("invalid-syntax", "http-types-fields-append", f, str("a"), str("x\r\ny: z"))
		g.tag("invalid-syntax", "http-types-fields-set", f, str("a"), arr(str("x"), str("\x00")))
		g.tag("invalid-syntax", from, arr(arr(str("a"), str("x\ny"))))
		r := g.call("http-types-outgoing-request", f)
		h := g.call("http-types-outgoing-request-headers", r)
		g.tag("immutable", "http-types-fields-append", h, str("a"), str("x"))
		g.tag("immutable", "http-types-fields-set", h, str("a"), arr())
		g.tag("immutable", "http-types-fields-delete", h, str("a"))
		again := g.call("http-types-fields-clone", h)
		g.call("http-types-fields-append", again, str("d"), str(""))
	})
	fails(t, setup{}, "fields of more than", func(g *guest) {
		f := g.call("http-types-fields")
		for {
			g.call("http-types-fields-append", f, str("a"), str(strings.Repeat("x", 1000)))
		}
	})
}

func testRequests(t *testing.T) {
	run(t, setup{}, func(g *guest) {
		const r = "http-types-outgoing-request"
		q := g.call(r, g.call("http-types-fields"))
		g.want(g.call(r+"-method", q), `{"tag":"get"}`)
		g.want(g.call(r+"-path-with-query", q), `null`)
		g.want(g.call(r+"-scheme", q), `null`)
		g.want(g.call(r+"-authority", q), `null`)
		other := func(s string) mailbox.Value { return tab("tag", str("other"), "value", str(s)) }
		g.call(r+"-set-method", q, other("QUERY"))
		g.want(g.call(r+"-method", q), `{"tag":"other","value":"QUERY"}`)
		g.refused(r+"-set-method", q, other("A B"))
		g.call(r+"-set-scheme", q, other("ws"))
		g.refused(r+"-set-scheme", q, other("1:"))
		for _, s := range []string{"/", "/a?b=c", "?x", "/%41", ""} {
			g.call(r+"-set-path-with-query", q, str(s))
			g.want(g.call(r+"-path-with-query", q), `"`+s+`"`)
		}
		for _, s := range []string{"a", "/a b", "/\r\nx", "/#f", "/%zz", "@evil/", ":80/"} {
			g.refused(r+"-set-path-with-query", q, str(s))
		}
		for _, s := range []string{"a.test", "a:80", "[::1]:80", "127.0.0.1"} {
			g.call(r+"-set-authority", q, str(s))
			g.want(g.call(r+"-authority", q), `"`+s+`"`)
		}
		for _, s := range []string{"", "a@b", "a/b", "a:x", "a:0", "a:", ":1", "a b", "a\r\n", "[::1", "a:70000", "a?b", "[fe80::1%25x]:1"} {
			g.refused(r+"-set-authority", q, str(s))
		}
		g.call(r+"-set-path-with-query", q, mailbox.Nil)
		g.tag("HTTP-protocol-error", "outgoing-handler-handle", q, mailbox.Nil) // ws

		q = g.call(r, g.call("http-types-fields"))
		g.call(r+"-body", q)
		g.refused(r+"-body", q)
		g.tag("HTTP-request-URI-invalid", "outgoing-handler-handle", q, mailbox.Nil)
		q = g.call(r, g.call("http-types-fields"))
		g.call(r+"-set-authority", q, str("a.test"))
		g.call(r+"-set-method", q, tab("tag", str("connect")))
		g.tag("HTTP-request-method-invalid", "outgoing-handler-handle", q, mailbox.Nil)
		q = g.call(r, g.call("http-types-fields-from-list", arr(arr(str("content-length"), str("-1")))))
		g.refused(r+"-body", q)
		g.tag("HTTP-protocol-error", "outgoing-handler-handle", q, mailbox.Nil)
		q = g.call(r, g.call("http-types-fields-from-list", arr(arr(str("content-length"), str("3")))))
		g.call(r+"-set-authority", q, str("a.test"))
		g.tag("HTTP-request-body-size", "outgoing-handler-handle", q, mailbox.Nil)
		q = g.call(r, g.call("http-types-fields"))
		body := g.call(r+"-body", q)
		out := g.call("http-types-outgoing-body-write", body)
		g.drop(q) // nobody will read it
		g.closed("streams-output-stream-blocking-write-and-flush", out, str("x"))
		response := g.call("http-types-outgoing-response", g.call("http-types-fields"))
		body = g.call("http-types-outgoing-response-body", response)
		out = g.call("http-types-outgoing-body-write", body)
		g.drop(response)
		g.closed("streams-output-stream-blocking-write-and-flush", out, str("x"))

		o := g.call("http-types-request-options")
		for _, name := range []string{"connect", "first-byte", "between-bytes"} {
			g.want(g.call("http-types-request-options-"+name+"-timeout", o), `null`)
			g.call("http-types-request-options-set-"+name+"-timeout", o, mailbox.Uint(5))
			g.want(g.call("http-types-request-options-"+name+"-timeout", o), `5`)
			g.call("http-types-request-options-set-"+name+"-timeout", o, mailbox.Nil)
		}
	})
}

// prepare makes a request.
func (g *guest) prepare(method, url string, headers ...string) mailbox.Value {
	g.t.Helper()
	scheme, rest, _ := strings.Cut(url, "://")
	authority, path, _ := strings.Cut(rest, "/")
	var list []mailbox.Value
	for i := 0; i < len(headers); i += 2 {
		list = append(list, arr(str(headers[i]), str(headers[i+1])))
	}
	r := g.call("http-types-outgoing-request", g.call("http-types-fields-from-list", arr(list...)))
	g.call("http-types-outgoing-request-set-method", r, tab("tag", str(method)))
	g.call("http-types-outgoing-request-set-scheme", r, tab("tag", str(strings.ToUpper(scheme))))
	g.call("http-types-outgoing-request-set-authority", r, str(authority))
	g.call("http-types-outgoing-request-set-path-with-query", r, str("/"+path))
	return r
}

// answer waits for the response of a future: it, or the error-code.
func (g *guest) answer(future mailbox.Value) (response, code mailbox.Value) {
	g.t.Helper()
	p := g.call("http-types-future-incoming-response-subscribe", future)
	g.call("poll-pollable-block", p)
	got := g.call("http-types-future-incoming-response-get", future)
	inner := field(got, "ok")
	if inner.IsNil() {
		g.fatal("get gives %s", json(got))
	}
	if r := field(inner, "ok"); !r.IsNil() {
		return r, mailbox.Nil
	}
	return mailbox.Nil, field(inner, "err")
}

// respond is answer for what works.
func (g *guest) respond(future mailbox.Value) mailbox.Value {
	g.t.Helper()
	r, code := g.answer(future)
	if r.IsNil() {
		g.fatal("the request fails: %s", json(code))
	}
	return r
}

// readAll reads a body to its end.
func (g *guest) readAll(stream mailbox.Value) string {
	var all strings.Builder
	for {
		v, failed := g.try("streams-input-stream-blocking-read", stream, num(1<<16))
		if failed {
			if field(v, "tag").Str() != "closed" {
				g.fatal("the body fails: %s", json(g.call("error-error-to-debug-string", field(v, "value"))))
			}
			return all.String()
		}
		all.WriteString(v.Str())
	}
}

// writeAll writes to a body.
func (g *guest) writeAll(stream mailbox.Value, text string) {
	for len(text) > 0 {
		n := min(len(text), 4096)
		write(g, stream, text[:n])
		text = text[n:]
	}
}

// trust is a policy that takes a test server's certificate.
func trust(t *testing.T, s *httptest.Server, allow ...string) *network.Policy {
	t.Helper()
	p, err := network.New(allow)
	if err != nil {
		t.Fatal(err)
	}
	if s.Certificate() != nil {
		p.Authorities = x509.NewCertPool()
		p.Authorities.AddCert(s.Certificate())
	}
	return p
}

// echo answers with what it got, in upper case, as it comes.
func echo(w http.ResponseWriter, r *http.Request) {
	http.NewResponseController(w).EnableFullDuplex()
	w.Header().Set("Trailer", "X-Sum")
	w.Header().Set("X-Proto", r.Proto)
	w.Header()["X-Two"] = []string{"1", "2"}
	w.WriteHeader(http.StatusAccepted)
	w.(http.Flusher).Flush()
	b := make([]byte, 1000)
	n := 0
	for {
		k, err := r.Body.Read(b)
		n += k
		w.Write(bytes.ToUpper(b[:k]))
		w.(http.Flusher).Flush()
		if err != nil {
			break
		}
	}
	w.Header().Set("X-Sum", fmt.Sprint(n, r.Trailer.Get("X-End"), r.Header["User-Agent"]))
}

func testExchange(t *testing.T) {
	for _, proto := range []string{"HTTP/1.1", "HTTP/2.0", "HTTP/1.1 TLS"} {
		t.Run(proto, func(t *testing.T) {
			s := httptest.NewUnstartedServer(http.HandlerFunc(echo))
			if proto == "HTTP/1.1" {
				s.Start()
			} else {
				s.EnableHTTP2 = proto == "HTTP/2.0"
				s.StartTLS()
			}
			defer s.Close()
			run(t, setup{config: world.Config{Network: trust(t, s)}}, func(g *guest) {
				r := g.prepare("post", s.URL+"/x", "trailer", "x-end")
				body := g.call("http-types-outgoing-request-body", r)
				out := g.call("http-types-outgoing-body-write", body)
				g.refused("http-types-outgoing-body-write", body)
				write(g, out, "before ") // it is sent
				f := g.call("outgoing-handler-handle", r, g.call("http-types-request-options"))
				response := g.respond(f)
				g.want(g.call("http-types-future-incoming-response-get", f), `{"err":true}`)
				g.want(g.call("http-types-incoming-response-status", response), `202`)
				h := g.call("http-types-incoming-response-headers", response)
				g.want(g.call("http-types-fields-get", h, str("x-two")), `["1","2"]`)
				g.want(g.call("http-types-fields-get", h, str("x-proto")), `["`+strings.TrimSuffix(proto, " TLS")+`"]`)
				g.tag("immutable", "http-types-fields-delete", h, str("x-two"))
				in := g.call("http-types-incoming-response-consume", response)
				g.refused("http-types-incoming-response-consume", response)
				stream := g.call("http-types-incoming-body-stream", in)
				g.refused("http-types-incoming-body-stream", in)
				got := ""
				for len(got) < len("before ") {
					got += g.call("streams-input-stream-blocking-read", stream, num(100)).Str()
				}
				write(g, out, "and after")
				for len(got) < len("before and after") { // while the request goes on
					got += g.call("streams-input-stream-blocking-read", stream, num(100)).Str()
				}
				if got != "BEFORE AND AFTER" {
					t.Error(got)
				}
				g.drop(out)
				g.call("http-types-outgoing-body-finish", body, g.call("http-types-fields-from-list", arr(arr(str("x-end"), str("!")))))
				if rest := g.readAll(stream); rest != "" {
					t.Error(rest)
				}
				g.drop(stream)
				end := g.call("http-types-incoming-body-finish", in)
				p := g.call("http-types-future-trailers-subscribe", end)
				g.call("poll-pollable-block", p)
				trailers := field(field(g.call("http-types-future-trailers-get", end), "ok"), "ok")
				g.want(g.call("http-types-fields-entries", trailers), `[["x-sum","16![]"]]`)
				g.want(g.call("http-types-future-trailers-get", end), `{"err":true}`)
				g.drop(trailers, p, end, h, response, f)

				// A large body both ways, and trailers that nobody reads the body before.
				large := strings.Repeat("large ", 50_000)
				r = g.prepare("put", s.URL, "Content-Length", fmt.Sprint(len(large)))
				body = g.call("http-types-outgoing-request-body", r)
				f = g.call("outgoing-handler-handle", r, mailbox.Nil)
				in = g.call("http-types-incoming-response-consume", g.respond(f))
				end = g.call("http-types-incoming-body-finish", in)
				out = g.call("http-types-outgoing-body-write", body)
				g.writeAll(out, large)
				g.drop(out)
				g.call("http-types-outgoing-body-finish", body, mailbox.Nil)
				g.call("poll-pollable-block", g.call("http-types-future-trailers-subscribe", end))
				trailers = field(field(g.call("http-types-future-trailers-get", end), "ok"), "ok")
				g.want(g.call("http-types-fields-get", trailers, str("X-SUM")), `["300000[]"]`)
			})
		})
	}
}

func testHTTPErrors(t *testing.T) {
	hang := make(chan struct{})
	arrived := make(chan struct{}, 10)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/redirect":
			http.Redirect(w, r, "/elsewhere", http.StatusFound)
		case "/huge":
			for i := range 300 {
				w.Header().Set(fmt.Sprint("X-", i), strings.Repeat("x", 1000))
			}
		case "/short":
			w.Header().Set("Content-Length", "100")
			io.WriteString(w, "short")
		case "/body":
			io.WriteString(w, "begin")
			w.(http.Flusher).Flush()
			arrived <- struct{}{}
			<-hang
		case "/drain":
			io.Copy(io.Discard, r.Body)
		case "/hang":
			arrived <- struct{}{}
			select {
			case <-hang:
			case <-r.Context().Done():
			}
		}
	}))
	defer s.Close()
	defer close(hang)
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	network4 := world.Config{Network: trust(t, s, "127.0.0.0/8")}
	fetch := func(g *guest, url string) (mailbox.Value, mailbox.Value) {
		return g.answer(g.call("outgoing-handler-handle", g.prepare("get", url), mailbox.Nil))
	}
	code := func(g *guest, url, want string) {
		t.Helper()
		if _, code := fetch(g, url); field(code, "tag").Str() != want {
			t.Errorf("%s: %s, want %s", url, json(code), want)
		}
	}
	run(t, setup{config: network4}, func(g *guest) {
		r, _ := fetch(g, s.URL+"/redirect")
		g.want(g.call("http-types-incoming-response-status", r), `302`)
		code(g, "http://"+closed.Addr().String(), "connection-refused")
		code(g, s.URL+"/huge", "HTTP-response-header-section-size")
		code(g, strings.Replace(s.URL, "http:", "https:", 1), "TLS-protocol-error")
		code(g, "http://192.0.2.1:80", "HTTP-request-denied")
		code(g, "http://127.1:80", "HTTP-request-URI-invalid")

		r, _ = fetch(g, s.URL+"/short")
		stream := g.call("http-types-incoming-body-stream", g.call("http-types-incoming-response-consume", r))
		g.want(g.call("streams-input-stream-blocking-read", stream, num(100)), `"short"`)
		e := g.lastFailed("streams-input-stream-blocking-read", stream, num(100))
		g.want(g.call("http-types-http-error-code", e), `{"tag":"HTTP-response-incomplete"}`)

		r = g.prepare("post", s.URL+"/drain", "content-length", "3")
		body := g.call("http-types-outgoing-request-body", r)
		out := g.call("http-types-outgoing-body-write", body)
		f := g.call("outgoing-handler-handle", r, mailbox.Nil)
		e = g.lastFailed("streams-output-stream-blocking-write-and-flush", out, str("four"))
		g.want(g.call("http-types-http-error-code", e), `{"tag":"HTTP-request-body-size","value":3}`)
		g.drop(out)
		g.tag("HTTP-request-body-size", "http-types-outgoing-body-finish", body, mailbox.Nil)
		g.answer(f)

		r = g.prepare("post", s.URL+"/drain")
		body = g.call("http-types-outgoing-request-body", r)
		f = g.call("outgoing-handler-handle", r, mailbox.Nil)
		g.drop(body) // incomplete
		if _, code := g.answer(f); code.IsNil() {
			t.Error("an incomplete request is answered")
		}
		g.want(g.call("http-types-future-incoming-response-get", f), `{"err":true}`)
	})
	fails(t, setup{config: network4}, "stream is still there", func(g *guest) {
		body := g.call("http-types-outgoing-request-body", g.prepare("post", s.URL))
		g.call("http-types-outgoing-body-write", body)
		g.call("http-types-outgoing-body-finish", body, mailbox.Nil)
	})
	fails(t, setup{config: network4}, "stream is still there", func(g *guest) {
		r, _ := fetch(g, s.URL+"/redirect")
		in := g.call("http-types-incoming-response-consume", r)
		g.call("http-types-incoming-body-stream", in)
		g.call("http-types-incoming-body-finish", in)
	})

	// Time-outs, by the node's clock.
	clock := process.NewManualClock(time.Unix(1000, 0))
	begun := make(chan struct{})
	st := start(t, setup{config: network4, clock: clock}, func(g *guest) {
		o := g.call("http-types-request-options")
		g.call("http-types-request-options-set-first-byte-timeout", o, mailbox.Uint(uint64(time.Minute)))
		f := g.call("outgoing-handler-handle", g.prepare("get", s.URL+"/hang"), o)
		g.want(g.call("http-types-future-incoming-response-get", f), `null`)
		_, code := g.answer(f)
		g.want(code, `{"tag":"HTTP-response-timeout"}`)
		o = g.call("http-types-request-options")
		g.call("http-types-request-options-set-between-bytes-timeout", o, mailbox.Uint(uint64(time.Minute)))
		r := g.respond(g.call("outgoing-handler-handle", g.prepare("get", s.URL+"/body"), o))
		stream := g.call("http-types-incoming-body-stream", g.call("http-types-incoming-response-consume", r))
		g.want(g.call("streams-input-stream-blocking-read", stream, num(100)), `"begin"`)
		close(begun)
		e := g.lastFailed("streams-input-stream-blocking-read", stream, num(100))
		g.want(g.call("http-types-http-error-code", e), `{"tag":"connection-read-timeout"}`)
	})
	<-arrived
	<-st.guest.parked // it has asked once, and waits
	clock.WaitTimers(1)
	clock.Advance(time.Minute)
	<-begun
	clock.WaitTimers(1) // that of the second read
	clock.Advance(time.Minute)
	if e := st.wait(); e.Reason != mailbox.ReasonNormal {
		t.Errorf("%s: %v", e.Reason, e.Err)
	}
}
