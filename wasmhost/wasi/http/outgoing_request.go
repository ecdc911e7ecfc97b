package http

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"wippy/mailbox"
	"wippy/wasmhost/canon"
	"wippy/wasmhost/wasi/iface"
	"wippy/wasmhost/wasi/world"
)

// request is the resource outgoing-request.
type request struct {
	method    mailbox.Value // by position, as the guest gave it
	path      mailbox.Value // option
	scheme    mailbox.Value // option
	authority mailbox.Value // option
	headers   *fields
	body      *pipe // nil until it is asked for
}

// Requests is the resource type outgoing-request.
var Requests = iface.NewResource("outgoing-request", func(_ *iface.Process, r *request) {
	if r.body != nil {
		r.body.Close() // nobody will read it
	}
})

// The methods that have a case, in their order, and the case for the others.
var methods = []string{"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"}

const methodOther = 9

// The cases of scheme.
const (
	schemeHTTP  = 0
	schemeHTTPS = 1
	schemeOther = 2
)

// maxText bounds a method, a path, a scheme or an authority, in bytes.
const maxText = 64 << 10

func newRequest(p *iface.Process, c *canon.Call) error {
	f, err := Fields.Take(p, c.Rep(0))
	if err == nil {
		c.Return(Requests.New(p, &request{method: mailbox.Uint(0), headers: f.freeze()}))
	}
	return err
}

// methodName gives a method's name.
func methodName(v mailbox.Value) string {
	which, name := canon.CaseOf(v)
	if which < methodOther {
		return methods[which]
	}
	return name.Str()
}

// isAuthority tells whether s is a host, and maybe a port, and nothing else.
func isAuthority(s string) bool {
	if s == "" || strings.ContainsAny(s, "@/?#\\ %") {
		return false
	}
	u, err := url.Parse("http://" + s)
	if err != nil || u.Host != s || u.Hostname() == "" {
		return false
	}
	if port := u.Port(); port != "" {
		n, err := strconv.ParseUint(port, 10, 16)
		return err == nil && n > 0
	}
	return !strings.HasSuffix(s, ":")
}

// asterisk is the path of a request for the server as a whole: that of OPTIONS
// alone can have it.
const asterisk = "*"

// isPath tells whether s is a path and maybe a query, or the asterisk.
func isPath(s string) bool {
	if s == asterisk {
		return true
	}
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c >= 0x7f || c == '#' {
			return false
		}
	}
	if s != "" && s[0] != '/' && s[0] != '?' {
		return false
	}
	_, err := url.Parse("http://host" + s)
	return err == nil
}

// isScheme tells whether s is a scheme's name.
func isScheme(s string) bool {
	for i := range len(s) {
		c := s[i] | 0x20
		if !(c >= 'a' && c <= 'z' || i > 0 && (s[i] >= '0' && s[i] <= '9' || strings.IndexByte("+-.", s[i]) >= 0)) {
			return false
		}
	}
	return s != ""
}

// ask makes a function that gives something of a request.
func ask(give func(r *request) mailbox.Value) func(p *iface.Process, c *canon.Call) error {
	return Requests.Getter(func(_ *iface.Process, r *request) mailbox.Value { return give(r) })
}

// put makes a function that sets something of a request, if it will do.
func put(ok func(v mailbox.Value) bool, set func(r *request, v mailbox.Value)) func(p *iface.Process, c *canon.Call) error {
	return func(p *iface.Process, c *canon.Call) error {
		r, err := Requests.Arg(p, c, 0)
		if err != nil {
			return err
		}
		v := c.Arg(1)
		if !ok(v) {
			c.Err(mailbox.Nil)
			return nil
		}
		set(r, v)
		c.OK(mailbox.Nil)
		return nil
	}
}

var (
	requestMethod    = ask(func(r *request) mailbox.Value { return r.method })
	requestPath      = ask(func(r *request) mailbox.Value { return r.path })
	requestScheme    = ask(func(r *request) mailbox.Value { return r.scheme })
	requestAuthority = ask(func(r *request) mailbox.Value { return r.authority })
	setMethod        = put(func(v mailbox.Value) bool { s := methodName(v); return len(s) <= maxText && isToken(s) }, func(r *request, v mailbox.Value) { r.method = v })
	setPath          = put(func(v mailbox.Value) bool { return v.IsNil() || len(v.Str()) <= maxText && isPath(v.Str()) }, func(r *request, v mailbox.Value) { r.path = v })
	setAuthority     = put(func(v mailbox.Value) bool { return v.IsNil() || len(v.Str()) <= maxText && isAuthority(v.Str()) }, func(r *request, v mailbox.Value) { r.authority = v })
	setScheme        = put(okScheme, func(r *request, v mailbox.Value) { r.scheme = v })
	requestHeaders   = Requests.Getter(func(p *iface.Process, r *request) mailbox.Value { return Fields.New(p, r.headers) })
)

func okScheme(v mailbox.Value) bool {
	if v.IsNil() {
		return true
	}
	which, name := canon.CaseOf(v)
	return which < schemeOther || len(name.Str()) <= maxText && isScheme(name.Str())
}

// contentLength gives what headers say of a body's length; -1 if nothing, and
// false if that is no number.
func (f *fields) contentLength() (int64, bool) {
	values := f.get("content-length")
	switch {
	case len(values) == 0:
		return -1, true
	case len(values) > 1:
		return -1, false
	}
	n, err := strconv.ParseUint(values[0], 10, 63)
	return int64(n), err == nil
}

func requestBody(p *iface.Process, c *canon.Call) error {
	r, err := Requests.Arg(p, c, 0)
	if err != nil {
		return err
	}
	length, ok := r.headers.contentLength()
	if r.body != nil || !ok {
		c.Err(mailbox.Nil)
		return nil
	}
	r.body = newPipe(length)
	c.OK(Bodies.New(p, &outgoingBody{pipe: r.body}))
	return nil
}

// invalid gives the error-code of a request that cannot be sent; nil if it can.
func (r *request) invalid() *Error {
	switch length, ok := r.headers.contentLength(); {
	case !ok:
		return plain(protocolError, "content-length is no number")
	case length > 0 && r.body == nil:
		return &Error{canon.Case(requestBodySize, mailbox.Uint(0)), "the request has a content-length and no body"}
	}
	if which, _ := canon.CaseOf(r.scheme); !r.scheme.IsNil() && which != schemeHTTP && which != schemeHTTPS {
		return plain(protocolError, "the scheme is neither HTTP nor HTTPS")
	}
	if r.authority.IsNil() {
		return plain(requestURIInvalid, "the request has no authority")
	}
	switch method := methodName(r.method); {
	case strings.EqualFold(method, http.MethodConnect):
		return plain(requestMethodInvalid, "CONNECT is for proxies")
	case r.path.Str() == asterisk && method != http.MethodOptions:
		return plain(requestURIInvalid, "the path * is for OPTIONS")
	}
	return nil
}

// http makes the request for package net/http.
func (r *request) http() (*http.Request, error) {
	scheme := "https"
	if which, _ := canon.CaseOf(r.scheme); !r.scheme.IsNil() && which == schemeHTTP {
		scheme = "http"
	}
	path, opaque := r.path.Str(), ""
	switch {
	case path == asterisk:
		path, opaque = "", asterisk
	case path == "" || path[0] == '?':
		path = "/" + path
	}
	u, err := url.Parse(scheme + "://" + r.authority.Str() + path)
	if err != nil {
		return nil, err
	}
	u.Opaque = opaque
	req := &http.Request{Method: methodName(r.method), URL: u, Host: u.Host, Header: r.headers.header(), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1}
	if req.Header.Get("User-Agent") == "" {
		req.Header.Set("User-Agent", "") // which has none sent
	}
	if r.body == nil {
		return req, nil
	}
	req.ContentLength = r.body.expect
	trailer := r.headers.trailer()
	if r.body.attach(trailer) || req.ContentLength == 0 {
		r.body.Close()
		req.ContentLength = 0
		req.Body = http.NoBody
		return req, nil
	}
	req.Body = r.body
	if req.ContentLength < 0 && len(trailer) > 0 {
		req.TransferEncoding = []string{"chunked"} // so that the body is not looked at before the headers are sent
	}
	if req.ContentLength >= 0 || len(trailer) > 0 || !bodiless[req.Method] {
		req.Trailer = trailer
	}
	return req, nil
}

// bodiless are methods for which package net/http looks whether there is a body
// before it sends the headers, beside the goroutine that does: trailers can
// only follow if they are announced.
var bodiless = map[string]bool{"GET": true, "HEAD": true, "DELETE": true, "OPTIONS": true, "PROPFIND": true, "SEARCH": true}

// trailer gives the names of trailers that headers announce.
func (f *fields) trailer() http.Header {
	h := http.Header{}
	for _, list := range f.get("trailer") {
		for name := range strings.SplitSeq(list, ",") {
			if name = strings.TrimSpace(name); checkName(name) < 0 && !untrailed(name) {
				h[http.CanonicalHeaderKey(name)] = nil
			}
		}
	}
	return h
}

// untrailed tells of names that no trailer may have.
func untrailed(name string) bool {
	switch http.CanonicalHeaderKey(name) {
	case "Content-Length", "Trailer", "Transfer-Encoding":
		return true
	}
	return false
}

// Options is the resource type request-options.
var Options = iface.NewResource[*timeouts]("request-options", nil)

func newOptions(p *iface.Process, c *canon.Call) error {
	c.Return(Options.New(p, new(timeouts)))
	return nil
}

// which picks one of the timeouts.
type which func(t *timeouts) **time.Duration

func ofConnect(t *timeouts) **time.Duration      { return &t.connect }
func ofFirstByte(t *timeouts) **time.Duration    { return &t.firstByte }
func ofBetweenBytes(t *timeouts) **time.Duration { return &t.betweenBytes }

func (w which) get(p *iface.Process, c *canon.Call) error {
	t, err := Options.Arg(p, c, 0)
	if err != nil {
		return err
	}
	if d := *w(t); d != nil {
		c.Return(mailbox.Uint(uint64(*d)))
	}
	return nil
}

func (w which) set(p *iface.Process, c *canon.Call) error {
	t, err := Options.Arg(p, c, 0)
	if err != nil {
		return err
	}
	*w(t) = nil
	if v := c.Arg(1); !v.IsNil() {
		d := world.Duration(v.Uint())
		*w(t) = &d
	}
	c.OK(mailbox.Nil)
	return nil
}

// handle is outgoing-handler's: it sends a request.
func handle(p *iface.Process, c *canon.Call) error {
	r, err := Requests.Take(p, c.Rep(0))
	if err != nil {
		return err
	}
	var limits timeouts
	if !c.Arg(1).IsNil() {
		o, err := Options.Take(p, c.Rep(1))
		if err != nil {
			return err
		}
		limits = *o
	}
	fail := func(e *Error) error {
		if r.body != nil {
			r.body.Close()
		}
		c.Err(e.code)
		return nil
	}
	if e := r.invalid(); e != nil {
		return fail(e)
	}
	req, err := r.http()
	if err != nil {
		return fail(plain(requestURIInvalid, err.Error()))
	}
	var body *pipe
	if req.Body == r.body {
		body = r.body
	}
	c.OK(Futures.New(p, &future{exchange: clientOf(p).send(req, body, limits)}))
	return nil
}
