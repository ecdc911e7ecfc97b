// Package network is what a guest may reach, whether through sockets or HTTP:
// a [Policy] is made of the entry's wasi.network (SPEC section 2), resolves
// names and dials (by Go's own resolver and poller: whatever waits holds no
// thread), and refuses what the list does not allow.
//
// For HTTP, a name is resolved once for each dial, and only what it was then found to
// stand for is dialled: no answer of a name server's can change between the
// check and the dial, and none of before counts. Guests with sockets look names up and
// dial addresses: for them alone, an address may be dialled for a while after a
// name of the list was found to stand for it.
package network

import (
	"context"
	"crypto/x509"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"sync"
	"time"

	"wippy/internal/neterr"
)

// Policy is what the processes of one entry may reach. The zero value, and nil,
// allow everything. Methods may be called from any goroutine.
type Policy struct {
	// Where says where the list is written, for the log: "app.yaml:12:7".
	Where string
	// Entry is the ID of the entry, for the log; "" if there is none.
	Entry string
	// Logger gets a line for each target that is refused; nil for none.
	Logger *slog.Logger
	// Resolver resolves names; nil is Go's own.
	Resolver Resolver
	// Now is the time; nil is time.Now.
	Now func() time.Time
	// Authorities are whose certificates are taken; nil is the machine's.
	Authorities *x509.CertPool

	limited bool // there is a list
	entries []entry

	// In place of a net.Dialer and tryFor, for tests.
	dial  func(ctx context.Context, network, address string) (net.Conn, error)
	limit time.Duration

	mu    sync.Mutex
	told  map[string]struct{}    // targets that the log has a line for
	found map[standing]time.Time // what names in the list stood for, and when they did
}

// standing is an address that a name was found to stand for.
type standing struct {
	name string
	addr netip.Addr
}

// Names that stand for many addresses give some of them at a time. So that what a
// guest has looked up can be reached, each counts for a while, and so many do.
const (
	foundFor = 30 * time.Second
	maxFound = 4096
)

// Roots gives whose certificates are taken; nil is the machine's.
func (p *Policy) Roots() *x509.CertPool {
	if p == nil {
		return nil
	}
	return p.Authorities
}

// Resolver resolves names: net.Resolver is one.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// New makes the policy of a list; nil allows everything, and a list without
// entries nothing. The error is the first of the entries'.
func New(allow []string) (*Policy, error) {
	p := &Policy{limited: allow != nil}
	for _, text := range allow {
		e, err := parse(text)
		if err != nil {
			return nil, err
		}
		p.entries = append(p.entries, e)
	}
	return p, nil
}

// Refused is the error of what the list does not allow.
type Refused struct{ Target string }

func (e *Refused) Error() string { return e.Target + " is not allowed by wasi.network" }

// maxTold is how many targets the log has lines for.
const maxTold = 64

// refuse makes the error, and says so once in the log.
func (p *Policy) refuse(target string) error {
	p.mu.Lock()
	_, again := p.told[target]
	if again = again || len(p.told) >= maxTold; !again {
		if p.told == nil {
			p.told = map[string]struct{}{}
		}
		p.told[target] = struct{}{}
	}
	p.mu.Unlock()
	if !again && p.Logger != nil {
		p.Logger.Warn("a guest may not reach "+target, "entry", p.Entry, "at", p.Where,
			"write", fmt.Sprintf("wasi: {network: {allow: [%q]}}", target))
	}
	return &Refused{target}
}

// Unlimited tells whether everything is allowed.
func (p *Policy) Unlimited() bool { return p == nil || !p.limited }

// Allowed tells whether an entry for addresses has that one.
func (p *Policy) Allowed(a netip.AddrPort) bool {
	addr := a.Addr().Unmap().WithZone("")
	return p.Unlimited() || slices.ContainsFunc(p.entries, func(e entry) bool {
		return e.name == "" && e.fits(a.Port()) && e.prefix.Contains(addr)
	})
}

// names tells whether an entry names a host; any port will do for 0.
func (p *Policy) names(host string, port uint16) bool {
	return p.Unlimited() || slices.ContainsFunc(p.entries, func(e entry) bool {
		return e.name != "" && e.name == host && (port == 0 || e.fits(port))
	})
}

// some tells whether an entry for addresses has any for the port; 0 is any port.
func (p *Policy) some(port uint16) bool {
	return slices.ContainsFunc(p.entries, func(e entry) bool { return e.name == "" && (port == 0 || e.fits(port)) })
}

// Known tells whether Permit says yes without asking a name server: the list has
// the address, or a name that was lately found to stand for it.
func (p *Policy) Known(a netip.AddrPort) bool {
	if p.Allowed(a) {
		return true
	}
	addr := a.Addr().Unmap()
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.found) == 0 {
		return false
	}
	since := p.now().Add(-foundFor)
	return slices.ContainsFunc(p.entries, func(e entry) bool {
		return e.name != "" && e.fits(a.Port()) && p.found[standing{e.name, addr}].After(since)
	})
}

func (p *Policy) now() time.Time {
	if p.Now != nil {
		return p.Now()
	}
	return time.Now()
}

// remember keeps what a name of the list stands for. What is old makes room, and
// all of it where that is not enough.
func (p *Policy) remember(name string, addrs []netip.Addr) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	if p.found == nil {
		p.found = map[standing]time.Time{}
	}
	if len(p.found)+len(addrs) > maxFound {
		maps.DeleteFunc(p.found, func(_ standing, at time.Time) bool { return !at.After(now.Add(-foundFor)) })
		if len(p.found)+len(addrs) > maxFound {
			clear(p.found)
		}
	}
	for _, a := range addrs {
		p.found[standing{name, a}] = now
	}
}

// Permit tells whether an address may be dialled: it is in the list, or one of the
// list's names stands for it, or did within the last half minute. It may block.
//
// # Errors
//
// A *Refused.
func (p *Policy) Permit(ctx context.Context, a netip.AddrPort) error {
	if p.Known(a) {
		return nil
	}
	return p.standsNow(ctx, a)
}

// standsNow tells whether one of the list's names stands for an address, which it
// asks each of them for. It may block. The errors are as Permit's.
func (p *Policy) standsNow(ctx context.Context, a netip.AddrPort) error {
	for _, e := range p.entries {
		if e.name == "" || !e.fits(a.Port()) {
			continue
		}
		addrs, err := p.resolve(ctx, e.name)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err == nil && slices.Contains(addrs, a.Addr().Unmap()) {
			return nil
		}
	}
	return p.refuse(netip.AddrPortFrom(a.Addr().Unmap(), a.Port()).String())
}

// Refuse makes the error for an address that Allowed did not have, with a line
// in the log.
func (p *Policy) Refuse(a netip.AddrPort) error { return p.refuse(a.String()) }

// maxAddresses is how many addresses of one name are looked at.
const maxAddresses = 64

func (p *Policy) resolve(ctx context.Context, name string) ([]netip.Addr, error) {
	var r Resolver = net.DefaultResolver
	if p != nil && p.Resolver != nil {
		r = p.Resolver
	}
	addrs, err := r.LookupNetIP(ctx, "ip", name)
	if err != nil {
		return nil, err
	}
	addrs = addrs[:min(len(addrs), maxAddresses)]
	for i := range addrs {
		addrs[i] = addrs[i].Unmap()
	}
	// What filters names answers with no address at all, which systems take for their own.
	addrs = slices.DeleteFunc(addrs, func(a netip.Addr) bool { return a.IsUnspecified() || a.IsMulticast() })
	if len(addrs) == 0 {
		return nil, noAddress(name)
	}
	if !p.Unlimited() && p.names(name, 0) {
		p.remember(name, addrs)
	}
	return addrs, nil
}

// Lookup resolves a name: it gives the addresses that may be reached by some
// port. To ask for a name that the list has not is refused where it could give nothing,
// because a question is a message too.
//
// # Errors
//
// ErrName, a *Refused, or the resolver's.
func (p *Policy) Lookup(ctx context.Context, name string) ([]netip.Addr, error) {
	host, a, err := ParseHost(name)
	switch {
	case err != nil:
		return nil, err
	case a.IsValid():
		return []netip.Addr{a}, nil
	}
	return p.lookup(ctx, host, 0)
}

// lookup gives the addresses of a canonical name that may be dialled with a port.
func (p *Policy) lookup(ctx context.Context, host string, port uint16) ([]netip.Addr, error) {
	named := p.names(host, port)
	target := host
	if port != 0 {
		target = net.JoinHostPort(host, strconv.Itoa(int(port)))
	}
	if !named && !p.some(port) {
		return nil, p.refuse(target)
	}
	addrs, err := p.resolve(ctx, host)
	if err != nil || named {
		return addrs, err
	}
	addrs = slices.DeleteFunc(addrs, func(a netip.Addr) bool {
		return !slices.ContainsFunc(p.entries, func(e entry) bool {
			return e.name == "" && (port == 0 || e.fits(port)) && e.prefix.Contains(a)
		})
	})
	if len(addrs) == 0 {
		return nil, p.refuse(target)
	}
	return addrs, nil
}

// Dial connects to a host, a name or an address in text, and a port: to the
// first of the addresses that may be reached and takes the connection. What names
// were found to stand for before does not count.
//
// # Errors
//
// As Lookup's, or of the last address that was tried.
func (p *Policy) Dial(ctx context.Context, host string, port uint16) (net.Conn, error) {
	name, a, err := ParseHost(host)
	if err != nil {
		return nil, err
	}
	addrs := []netip.Addr{a}
	if a.IsUnspecified() { // the system would take it for itself
		return nil, ErrName
	}
	switch to := netip.AddrPortFrom(a, port); {
	case !a.IsValid():
		addrs, err = p.lookup(ctx, name, port)
	case !p.Allowed(to):
		err = p.standsNow(ctx, to)
	}
	if err != nil {
		return nil, err
	}
	err = noAddress(host)
	for i, a := range addrs {
		var conn net.Conn
		if conn, err = p.try(ctx, netip.AddrPortFrom(a, port), len(addrs)-1-i); err == nil {
			return conn, nil
		}
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if neterr.Of(err) == neterr.TooMany {
			break
		}
	}
	return nil, err
}

// noAddress is the error of a name that stands for nothing that can be dialled.
func noAddress(name string) error {
	return &net.DNSError{Err: "no addresses", Name: name, IsNotFound: true}
}

// tryFor is how long an address that does not answer is tried, while others are
// left. It is the machine's time, as that of the system's own attempts.
const tryFor = 5 * time.Second

// try connects to an address of a name that has left more.
func (p *Policy) try(ctx context.Context, to netip.AddrPort, left int) (net.Conn, error) {
	dial, limit := new(net.Dialer).DialContext, tryFor
	if p != nil && p.dial != nil {
		dial, limit = p.dial, p.limit
	}
	if left > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, limit)
		defer cancel()
	}
	return dial(ctx, "tcp", to.String())
}
