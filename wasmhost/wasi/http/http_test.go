package http

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"wippy/mailbox"
	"wippy/runtime/process"
	"wippy/wasmhost/canon"
	"wippy/wasmhost/wasi/files"
	"wippy/wasmhost/wasi/network"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// waiting is a process whose waits are counted, and end at once.
type waiting struct {
	process.Context
	waits int
	then  func() // called at each
}

func (w *waiting) Suspend(start func(wake func()), cancel func()) {
	woken := make(chan struct{})
	start(func() { close(woken) })
	w.waits++
	if w.then != nil {
		w.then()
	}
	<-woken
}

func (w *waiting) Yield() {}

func TestCodeOf(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	_, refused := net.Dial("tcp", l.Addr().String())
	for _, tt := range []struct {
		err  error
		want int
	}{
		{&network.Refused{}, requestDenied},
		{network.ErrName, requestURIInvalid},
		{&net.DNSError{IsTimeout: true}, dnsTimeout},
		{&net.DNSError{IsNotFound: true}, dnsError},
		{refused, connectionRefused}, // by the system's own number
		{tls.AlertError(40), tlsAlertReceived},
		{tls.RecordHeaderError{}, tlsProtocolError},
		{context.Canceled, connectionTerminated},
		{io.ErrUnexpectedEOF, responseIncomplete},
		{io.EOF, connectionTerminated},
		{errors.New("http: server closed idle connection"), connectionTerminated},
		{errors.New("http2: server sent GOAWAY and closed the connection"), connectionTerminated},
		{errors.New("stream error: stream ID 3; INTERNAL_ERROR; received from peer"), connectionTerminated},
		{errors.New("stream error: stream ID 3; FLOW_CONTROL_ERROR"), protocolError},
		{errors.New(`unsupported transfer encoding: "x"`), responseTransferCoding},
		{errors.New("net/http: HTTP/1.x transport connection broken: malformed HTTP response"), protocolError},
		{errors.New("net/http: HTTP/1.x transport connection broken: http: message cannot contain multiple Content-Length headers"), protocolError},
		{errors.New("http: suspiciously long trailer after chunked body"), responseTrailerSectionSize},
		{errors.New("net/http: server response headers exceeded 131072 bytes"), responseHeaderSectionSize},
		{errors.New("something else"), internalError},
		{fmt.Errorf("wrapped: %w", errFirstByte), responseTimeout},
	} {
		if got, _ := canon.CaseOf(codeOf(tt.err).code); got != uint64(tt.want) {
			t.Errorf("%v: %d, want %d", tt.err, got, tt.want)
		}
	}
	if codeOf(nil) != nil {
		t.Error("no error has a code")
	}
}

// TestCases holds the numbers of the cases against the names in WIT.
func TestCases(t *testing.T) {
	set := Interfaces()[0].Func("[static]response-outparam.set").Type
	cases := set.Params[1].Type.Err.Cases
	for i, name := range map[int]string{
		dnsTimeout: "DNS-timeout", ipProhibited: "destination-IP-prohibited", connectionLimit: "connection-limit-reached", requestDenied: "HTTP-request-denied",
		requestURITooLong: "HTTP-request-URI-too-long", responseIncomplete: "HTTP-response-incomplete", responseTimeout: "HTTP-response-timeout",
		configurationError: "configuration-error", internalError: "internal-error",
	} {
		if cases[i].Name != name {
			t.Errorf("%d is %s, not %s", i, cases[i].Name, name)
		}
	}
	if len(cases) != internalError+1 {
		t.Errorf("%d cases", len(cases))
	}
	for i := range cases { // each has a status that clients may be told
		if s := statusOf(plain(i, "")); s < 400 || s > 599 || http.StatusText(s) == "" {
			t.Errorf("%s: %d", cases[i].Name, s)
		}
	}
}

func TestPipe(t *testing.T) {
	b := newPipe(-1)
	w := &waiting{}
	if n, err := b.Room(w); n != maxPipe || err != nil {
		t.Error(n, err)
	}
	large := bytes.Repeat([]byte("0123456789abcdef"), maxPipe/4) // four times the room
	var got []byte
	w.then = func() { // a reader comes only when the writer waits
		p := make([]byte, 10_000)
		n, _ := b.Read(p)
		got = append(got, p[:n]...)
	}
	if n, err := b.Write(w, large); n != len(large) || err != nil {
		t.Fatal(n, err)
	}
	if w.waits == 0 || len(b.buffer) > maxPipe || cap(b.buffer) > 2*maxPipe {
		t.Errorf("%d waits, %d of %d bytes", w.waits, len(b.buffer), cap(b.buffer))
	}
	b.finish(io.EOF)
	b.finish(errAborted) // the first counts
	rest, err := io.ReadAll(b)
	if got = append(got, rest...); err != nil || !bytes.Equal(got, large) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	if _, err := b.Write(w, []byte("x")); err != files.Pipe || !b.Ready() {
		t.Error("it takes more behind its end", err)
	}

	b = newPipe(3)
	if n, err := b.Write(w, []byte("four")); n != 0 || err == nil {
		t.Error(n, err)
	}
	if _, err := b.Write(w, []byte("abc")); err != nil || b.short() {
		t.Error(err)
	}
	b.Close()
	if _, err := b.Room(w); err != files.Pipe {
		t.Error(err)
	}
	if _, err := b.Read(make([]byte, 1)); err != io.ErrClosedPipe {
		t.Error(err)
	}

	b = newPipe(-1)
	b.attach(http.Header{})
	b.Write(w, []byte("lost"))
	b.finish(errAborted)
	if n, err := b.Read(make([]byte, 10)); n != 0 || err != errAborted {
		t.Error("an incomplete body is read on", n, err)
	}
}

// TestPipeTakes has the whole of it taken at once, into buffers that are used again.
func TestPipeTakes(t *testing.T) {
	b, w := newPipe(-1), &waiting{}
	heard, much := 0, 0
	b.hear(func(m bool) {
		heard++
		if m {
			much++
		}
	})
	var spare []byte
	for i := range 10 {
		text := strings.Repeat(fmt.Sprint(i), 100)
		if _, err := b.Write(w, []byte(text)); err != nil {
			t.Fatal(err)
		}
		chunk, end := b.take(spare)
		if string(chunk) != text || end != nil {
			t.Fatalf("%q %v", chunk, end)
		}
		spare = chunk
	}
	b.Write(w, make([]byte, maxPipe/2))
	if heard != 12 || much != 1 {
		t.Errorf("heard %d times, %d times of much", heard, much)
	}
	b.finish(io.EOF)
	if chunk, end := b.take(spare); len(chunk) != maxPipe/2 || end != io.EOF {
		t.Error(len(chunk), end)
	}
}

func TestFieldsNames(t *testing.T) {
	for _, s := range []string{"", "a b", "a:", "a\r\n", "ü", "a\x00", "(", "a/b", "\"a\""} {
		if checkName(s) != invalidSyntax {
			t.Errorf("%q is a name", s)
		}
	}
	for _, s := range append(forbiddenNames, "Host", "TRANSFER-ENCODING", "Keep-Alive") {
		if checkName(s) != forbidden {
			t.Errorf("%q is not forbidden", s)
		}
	}
	for _, s := range []string{"a\r", "a\nb", "\x00", "\x7f", "\x1b"} {
		if isValue(s) {
			t.Errorf("%q is a value", s)
		}
	}
	if checkName("X-a_b!") >= 0 || !isValue("") || !isValue("a\tb \x80\xff") {
		t.Error("what is right is refused")
	}
	seen := fieldsOf(http.Header{"Keep-Alive": {"timeout=5"}, "Connection": {"close"}, "B": {"2", "1"}, "A": {"\xff"}})
	if len(seen.list) != 3 || seen.list[0] != (field{"a", "\xff"}) || seen.list[1].value != "2" || seen.size != 3*(2+overhead) {
		t.Errorf("%v, %d bytes", seen.list, seen.size)
	}
	f := new(fields)
	for i := range 100 {
		if err := f.add(fmt.Sprint("a", i%10), "value"); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 10 {
		f.remove(fmt.Sprint("A", i))
	}
	if f.size != 0 || len(f.list) != 0 {
		t.Errorf("%d bytes, %d fields are left", f.size, len(f.list))
	}
}

// begin is a Serving whose guest is the test.
func begin(t *testing.T, r *http.Request) *Serving {
	t.Helper()
	s := Serve(r)
	if err := s.Hold(httptest.NewRecorder()); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestRespond(t *testing.T) {
	normal := &mailbox.Exit{Reason: mailbox.ReasonNormal}
	failed := &mailbox.Exit{Reason: mailbox.ReasonError, Err: mailbox.Errorf(mailbox.Failed, "secret")}
	w := &waiting{}
	for _, tt := range []struct {
		name    string
		do      func(s *Serving)
		status  int
		body    string
		length  string
		abort   bool
		failing bool
	}{
		{"complete", func(s *Serving) {
			b := newPipe(-1)
			s.answer(&answer{status: 201, headers: new(fields), body: b})
			b.Write(w, []byte("all"))
			b.finish(io.EOF)
			s.Ended(normal)
		}, 201, "all", "3", false, false},
		{"without a body", func(s *Serving) {
			s.answer(&answer{status: 204, headers: new(fields)})
			s.Ended(normal)
		}, 204, "", "", false, false},
		{"fails behind its response", func(s *Serving) {
			b := newPipe(-1)
			s.answer(&answer{status: 200, headers: new(fields), body: b})
			b.Write(w, []byte("all"))
			b.finish(io.EOF)
			s.Ended(failed)
		}, 200, "all", "3", false, false},
		{"fails in its midst", func(s *Serving) {
			b := newPipe(-1)
			s.answer(&answer{status: 200, headers: new(fields), body: b})
			b.Write(w, []byte("begin"))
			s.Ended(failed)
		}, 500, "500 Internal Server Error\n", "", false, true},
		{"answers twice", func(s *Serving) {
			s.answer(&answer{status: 200, headers: new(fields)})
			s.refuse(errDropped, 500)
			s.answer(&answer{status: 300, headers: new(fields)})
			s.Ended(normal)
		}, 200, "", "", false, false},
		{"drops and ends", func(s *Serving) {
			s.refuse(errDropped, 500)
			s.Ended(normal)
		}, 500, "500 Internal Server Error\n", "", false, true},
		{"fails", func(s *Serving) { s.Ended(failed) }, 500, "500 Internal Server Error\n", "", false, true},
	} {
		s := begin(t, httptest.NewRequest("GET", "/", nil))
		tt.do(s)
		rec := httptest.NewRecorder()
		o := s.Respond(rec, func() { t.Errorf("%s: it is killed", tt.name) })
		if rec.Code != tt.status || rec.Body.String() != tt.body || rec.Header().Get("Content-Length") != tt.length ||
			o.Abort != tt.abort || (o.Err != nil) != tt.failing || o.Status != tt.status || o.Bytes != int64(len(tt.body)) {
			t.Errorf("%s: %d %q %v, %+v", tt.name, rec.Code, rec.Body, rec.Header(), o)
		}
	}
}

// TestRespondStreams has a response that comes in parts: what the guest wrote is
// sent when it waits, and an end that is missing is an abort.
func TestRespondStreams(t *testing.T) {
	s := begin(t, httptest.NewRequest("GET", "/", nil))
	b, w := newPipe(-1), &waiting{}
	ctx := s.Context(w)
	rec := &flushed{ResponseRecorder: httptest.NewRecorder(), flushes: make(chan string, 1)}
	done := make(chan Outcome)
	go func() { done <- s.Respond(rec, func() {}) }()
	s.answer(&answer{status: 200, headers: new(fields), body: b})
	for _, part := range []string{"", "one ", "two "} {
		if _, err := b.Write(ctx, []byte(part)); err != nil {
			t.Fatal(err)
		}
		b.hear(s.hear)
		ctx.Yield()
		if got := <-rec.flushes; got != part {
			t.Errorf("%q was sent, want %q", got, part)
		}
	}
	b.finish(errAborted)
	s.Ended(&mailbox.Exit{Reason: mailbox.ReasonNormal})
	if o := <-done; !o.Abort || o.Err != errAborted || o.Bytes != 8 {
		t.Errorf("%+v", o)
	}
	if _, err := b.Write(ctx, []byte("x")); err != files.Pipe {
		t.Error(err)
	}
}

// flushed tells what was written between flushes.
type flushed struct {
	*httptest.ResponseRecorder
	flushes chan string
}

func (f *flushed) Flush() {
	text := f.Body.String()
	f.Body.Reset()
	f.flushes <- text
}

// TestRespondGone has a client that leaves: the process is killed once, and
// Respond waits for its end.
func TestRespondGone(t *testing.T) {
	ctx, leave := context.WithCancel(context.Background())
	s := begin(t, httptest.NewRequest("GET", "/", nil).WithContext(ctx))
	leave()
	kills := 0
	o := s.Respond(httptest.NewRecorder(), func() {
		kills++
		go s.Ended(&mailbox.Exit{Reason: mailbox.ReasonKilled, Err: errKilled})
	})
	if kills != 1 || !errors.Is(o.Err, ErrGone) || o.Status != 0 {
		t.Errorf("%d kills, %+v", kills, o)
	}
}

var errKilled = &mailbox.Error{Kind: mailbox.Killed, Message: "killed"}

func TestHold(t *testing.T) {
	request := func(body io.Reader, length int64) *http.Request {
		r := httptest.NewRequest("POST", "/", body)
		r.ContentLength = length
		return r
	}
	s := begin(t, request(strings.NewReader("body"), 4))
	if string(s.body.held) != "body" || s.body.more != nil || !s.body.ended.Load() {
		t.Errorf("%q", s.body.held)
	}
	in := &held{s.body.held}
	p := make([]byte, 3)
	for _, want := range []string{"bod", "y", ""} {
		n, err := in.Read(nil, p)
		if string(p[:n]) != want || (want == "") != (err == io.EOF) {
			t.Errorf("%q %v", p[:n], err)
		}
	}
	if n, err := in.Read(nil, nil); n != 0 || err != nil {
		t.Error("nothing is asked for, and it is at its end", err)
	}
	for _, tt := range []struct {
		body   string
		length int64
	}{{"bod", 4}, {"body and more", 4}} {
		if err := Serve(request(strings.NewReader(tt.body), tt.length)).Hold(httptest.NewRecorder()); err == nil {
			t.Errorf("%q is taken for %d bytes", tt.body, tt.length)
		}
	}
	for _, length := range []int64{-1, maxHeld + 1} { // read as it is wanted
		s := begin(t, request(strings.NewReader(strings.Repeat("x", maxHeld+1)), length))
		if s.body.more == nil || s.body.held != nil {
			t.Errorf("a body of %d bytes is held", length)
		}
		s.body.abort(nil)
		ready := make(chan struct{})
		s.body.more.Watch(func() { close(ready) })
		<-ready
	}
	if s := begin(t, request(nil, 0)); s.body.more != nil || !s.body.ended.Load() {
		t.Error("no body is one")
	}
}

// TestHoldSlow has a client that sends no more of a short body.
func TestHoldSlow(t *testing.T) {
	held := make(chan error, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s := Serve(r)
		s.body.patience = time.Millisecond
		held <- s.Hold(w)
	}))
	defer server.Close()
	c, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	io.WriteString(c, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbo")
	err = <-held
	if timeout, ok := errors.AsType[net.Error](err); !ok || !timeout.Timeout() {
		t.Error(err)
	}
}

func TestIncoming(t *testing.T) {
	for _, tt := range []struct{ method, target, want string }{
		{"GET", "/a%2Fb?c#d", "/a%2Fb?c#d"},
		{"GET", "http://host/x?y", "/x?y"},
		{"GET", "http://host", "/"},
		{"OPTIONS", "*", "*"},
	} {
		r := httptest.NewRequest(tt.method, tt.target, nil)
		if got := pathOf(r); got.Str() != tt.want {
			t.Errorf("%s %s: %q", tt.method, tt.target, got.Str())
		}
	}
	r := httptest.NewRequest("GET", "/prefix/a%2Fb?c", nil)
	http.StripPrefix("/prefix", http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if got := pathOf(r).Str(); got != "/a%2Fb?c" {
			t.Errorf("behind StripPrefix: %q", got)
		}
	})).ServeHTTP(nil, r)
	r = httptest.NewRequest("CONNECT", "host:443", nil)
	if got := pathOf(r); !got.IsNil() || authorityOf(r).Str() != "host:443" {
		t.Errorf("%q", got.Str())
	}
	for method, want := range map[string]int{"GET": 0, "PATCH": 8, "get": methodOther, "QUERY": methodOther} {
		if got, _ := canon.CaseOf(methodOf(&http.Request{Method: method})); got != uint64(want) {
			t.Errorf("%s: %d", method, got)
		}
	}
	if v := schemeOf(&http.Request{TLS: &tls.ConnectionState{}}); v.Uint() != schemeHTTPS {
		t.Error("scheme")
	}
	if !IsHandler("wasi:http/incoming-handler@0.2.10") || IsHandler("wasi:http/incoming-handler@0.3.0") || IsHandler("wasi:http/incoming-handler") || IsHandler("a:b/c@0.2.0") {
		t.Error("IsHandler")
	}
}

func FuzzAuthorityAndPath(f *testing.F) {
	for _, s := range []string{"a.test", "a:80", "[::1]:80", "/a?b=c", "/%41", "?x", "a@b", "/\r\nx"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if isAuthority(s) && strings.ContainsAny(s, "@/?#\\ %\r\n\x00") {
			t.Errorf("%q is an authority", s)
		}
		if isPath(s) && strings.ContainsAny(s, "# \r\n\x00") {
			t.Errorf("%q is a path", s)
		}
		if checkName(s) < 0 && !isToken(s) {
			t.Errorf("%q is a name", s)
		}
		if isAuthority("a.test") && isPath(s) { // both together are what http.Request takes
			r := &request{method: mailbox.Uint(0), authority: mailbox.String("a.test"), path: mailbox.String(s), headers: new(fields)}
			if req, err := r.http(); err != nil || req.URL.Host != "a.test" {
				t.Errorf("%q: %v", s, err)
			}
		}
	})
}
