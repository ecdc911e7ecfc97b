package http

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"strconv"
	"sync"
	"time"

	"wippy/runtime/process"
	"wippy/wasmhost/wasi/iface"
	"wippy/wasmhost/wasi/network"
	"wippy/wasmhost/wasi/poll"
)

// client makes the requests of one process. Its connections are the process's
// own: none is used by another, which may have another list or other secrets,
// and all are gone with it. It is a handle of the process's World.
type client struct {
	policy    *network.Policy
	clock     process.Clock
	transport *http.Transport

	mu     sync.Mutex
	closed bool
	conns  map[*conn]struct{}
	active map[*exchange]struct{}
}

var clients = iface.NewLocal[*client]()

// clientOf gives the client of a process.
func clientOf(p *iface.Process) *client {
	c := clients.Of(p)
	if *c == nil {
		*c = newClient(p.World.Network, p.Clock())
		p.World.Own(p, *c)
	}
	return *c
}

// maxUnread is how much of a body HTTP/2 keeps that the guest has not read, in
// bytes, besides what is read ahead. It is of each stream by itself: the
// connection's bound is so wide that no stream has to wait for another to be read.
const maxUnread = 256 << 10

// What a client keeps to itself.
const (
	maxIdle        = 8
	idleTimeout    = 30 * time.Second
	connectTimeout = 30 * time.Second // where a request says nothing
)

func newClient(policy *network.Policy, clock process.Clock) *client {
	c := &client{policy: policy, clock: clock, conns: map[*conn]struct{}{}, active: map[*exchange]struct{}{}}
	c.transport = &http.Transport{
		DialContext:            func(ctx context.Context, _, addr string) (net.Conn, error) { return c.dial(ctx, addr, false) },
		DialTLSContext:         func(ctx context.Context, _, addr string) (net.Conn, error) { return c.dial(ctx, addr, true) },
		ForceAttemptHTTP2:      true,
		DisableCompression:     true, // guests see what was sent
		MaxIdleConns:           maxIdle,
		IdleConnTimeout:        idleTimeout,
		MaxResponseHeaderBytes: maxFields,
		HTTP2:                  &http.HTTP2Config{MaxReceiveBufferPerStream: maxUnread},
	}
	return c
}

// Close implements world.Handle: everything ends now.
func (c *client) Close() {
	c.mu.Lock()
	c.closed = true
	conns, active := c.conns, c.active
	c.conns, c.active = map[*conn]struct{}{}, nil
	c.mu.Unlock()
	for x := range active {
		x.abort(errAborted)
	}
	for conn := range conns {
		conn.Conn.Close()
	}
	c.transport.CloseIdleConnections()
}

// conn is a connection that its client can close.
type conn struct {
	net.Conn
	client *client
}

// Close implements net.Conn.
func (c *conn) Close() error {
	c.client.mu.Lock()
	delete(c.client.conns, c)
	c.client.mu.Unlock()
	return c.Conn.Close()
}

// key is the key of the exchange in the context of its request.
type key struct{}

// dial connects for the exchange in ctx, and shakes hands for TLS: both within
// the time that the request has for it.
func (c *client) dial(ctx context.Context, addr string, secure bool) (net.Conn, error) {
	x := ctx.Value(key{}).(*exchange)
	ctx, cancel := context.WithCancelCause(x.ctx)
	defer cancel(nil)
	limit := connectTimeout
	if x.limits.connect != nil {
		limit = *x.limits.connect
	}
	timer := c.clock.AfterFunc(limit, func() { cancel(errConnectTimeout) })
	defer timer.Stop()
	host, portText, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, network.ErrName
	}
	port, err := strconv.ParseUint(portText, 10, 16)
	if err != nil {
		return nil, network.ErrName
	}
	raw, err := c.policy.Dial(ctx, host, uint16(port))
	if err != nil {
		return nil, because(ctx, err)
	}
	own := &conn{raw, c}
	c.mu.Lock()
	closed := c.closed
	if !closed {
		c.conns[own] = struct{}{}
	}
	c.mu.Unlock()
	if closed {
		raw.Close()
		return nil, errAborted
	}
	if !secure {
		return own, nil
	}
	t := tls.Client(own, &tls.Config{ServerName: host, NextProtos: []string{"h2", "http/1.1"}, RootCAs: c.policy.Roots()})
	if err := t.HandshakeContext(ctx); err != nil {
		own.Close()
		return nil, because(ctx, err)
	}
	return t, nil
}

// because gives why a context ended, if it has, and err otherwise.
func because(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// timeouts are what request-options say; nil where they say nothing.
type timeouts struct{ connect, firstByte, betweenBytes *time.Duration }

// exchange is a request that was sent, and its response.
type exchange struct {
	client *client
	limits timeouts
	ctx    context.Context
	cancel context.CancelCauseFunc
	body   *pipe     // of the request; nil if it has none
	done   poll.Gate // opens with the response or err

	response *http.Response // once done
	err      *Error
}

// send begins a request. It does not block.
func (c *client) send(r *http.Request, body *pipe, limits timeouts) *exchange {
	x := &exchange{client: c, limits: limits, body: body}
	ctx, cancel := context.WithCancelCause(context.WithValue(context.Background(), key{}, x))
	x.cancel = cancel
	x.ctx = ctx
	c.mu.Lock()
	if c.closed {
		cancel(errAborted)
	} else {
		c.active[x] = struct{}{}
	}
	c.mu.Unlock()
	go x.run(r)
	return x
}

// run makes the round trip.
func (x *exchange) run(r *http.Request) {
	var mu sync.Mutex
	var timer process.Timer
	over := false
	ctx := x.ctx
	if d := x.limits.firstByte; d != nil {
		ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) {
			mu.Lock()
			defer mu.Unlock()
			if timer == nil && !over {
				timer = x.client.clock.AfterFunc(*d, func() { x.cancel(errFirstByte) })
			}
		}})
	}
	response, err := x.client.transport.RoundTrip(r.WithContext(ctx))
	mu.Lock()
	over = true
	if timer != nil {
		timer.Stop()
	}
	mu.Unlock()
	if err == nil && response.StatusCode == http.StatusSwitchingProtocols { // its connection would be ours to close
		response.Body.Close()
		response, err = nil, errSwitched
	}
	if err != nil {
		err = because(x.ctx, err)
		x.err = codeOf(err)
		x.abort(x.err)
	}
	x.response = response
	x.done.Set(true)
}

// abort ends the exchange, whatever it is at. It may be called again, and from
// any goroutine.
func (x *exchange) abort(why *Error) {
	x.cancel(why)
	if x.body != nil {
		x.body.finish(why)
		x.body.Close()
	}
	x.client.mu.Lock()
	delete(x.client.active, x)
	x.client.mu.Unlock()
}

// trailers implements source.
func (x *exchange) trailers() http.Header { return x.response.Trailer }

// Read implements io.Reader over the response's body. It blocks, but not for
// longer than between-bytes-timeout.
func (x *exchange) Read(p []byte) (int, error) {
	if d := x.limits.betweenBytes; d != nil {
		timer := x.client.clock.AfterFunc(*d, func() { x.cancel(errBetweenBytes) })
		defer timer.Stop()
	}
	n, err := x.response.Body.Read(p)
	if err != nil && err != io.EOF {
		err = codeOf(because(x.ctx, err))
	}
	return n, err
}
