// Package network is what a guest may reach, whether through sockets or HTTP:
// a [Policy] is made of the entry's wasi.network (SPEC section 2), resolves
// names and dials (by Go's own resolver and poller: whatever waits holds no
// thread), and refuses what the list does not allow.
//
// A name is resolved once for each dial, and only what it was then found to
// stand for is dialled: no answer of a name server's can change between the
// check and the dial.
package network

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// entry is one of the list: a name, or a range of addresses, and a port.
type entry struct {
	name   string // in lower case, without a dot at its end; "" for addresses
	prefix netip.Prefix
	port   uint16 // 0 for all
}

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

// Check tells what is wrong with an entry of a list; nil if nothing is.
func Check(text string) error {
	_, err := parse(text)
	return err
}

const forms = `write "api.example.com:443", "10.0.0.0/8", "192.0.2.1:80" or "[2001:db8::/32]:443"; without a port it is all of them`

// mappedBits is how long the prefix of ::ffff:0:0/96 is.
const mappedBits = 96

// parse reads an entry.
func parse(text string) (e entry, err error) {
	wrong := func(what string) (entry, error) {
		return entry{}, fmt.Errorf("%s in %q; %s", what, text, forms)
	}
	if strings.Contains(text, "://") {
		return wrong("expected a name, not a URL,")
	}
	host, port := text, ""
	switch {
	case strings.HasPrefix(text, "["):
		var ok bool
		if host, port, ok = strings.Cut(text[1:], "]"); !ok {
			return wrong("expected a ]")
		}
		if port != "" && port[0] != ':' {
			return wrong("expected :PORT behind the ]")
		}
		if host == "" || !strings.Contains(host, ":") {
			return wrong("expected an IPv6 address within the brackets")
		}
	case strings.Count(text, ":") == 1:
		i := strings.IndexByte(text, ':')
		host, port = text[:i], text[i:]
	}
	if port != "" {
		n, err := strconv.ParseUint(port[1:], 10, 16)
		if err != nil || n == 0 {
			return wrong(fmt.Sprintf("expected a port from 1 to 65535, found %q", port[1:]))
		}
		e.port = uint16(n)
	}
	if strings.Contains(host, "/") {
		prefix, err := netip.ParsePrefix(host)
		switch {
		case err != nil:
			return wrong("expected an address and the length of its prefix")
		case prefix.Masked() != prefix:
			return wrong(fmt.Sprintf("expected the range's first address, %s,", prefix.Masked()))
		case prefix.Addr().Is4In6() && prefix.Bits() >= mappedBits: // they are dialled as IPv4's
			prefix = netip.PrefixFrom(prefix.Addr().Unmap(), prefix.Bits()-mappedBits)
		}
		e.prefix = prefix
		return e, nil
	}
	if a, err := netip.ParseAddr(host); err == nil {
		if a.Zone() != "" {
			return wrong("expected an address without a zone")
		}
		a = a.Unmap()
		e.prefix = netip.PrefixFrom(a, a.BitLen())
		return e, nil
	}
	if e.name = canonical(host); !isName(e.name) {
		return wrong("expected a name or an address")
	}
	return e, nil
}

// maxText is how long what is read for a name may be, in bytes.
const maxText = 1024

// canonical gives a name as names are compared: in lower case, without a dot at
// its end, and in ASCII as IDNA has it; "" for what can be none.
func canonical(name string) string {
	if len(name) > maxText {
		return ""
	}
	if strings.ContainsFunc(name, func(r rune) bool { return r >= utf8.RuneSelf }) {
		var err error
		if name, err = idna.Lookup.ToASCII(name); err != nil {
			return ""
		}
	}
	return strings.TrimSuffix(strings.ToLower(name), ".")
}

// isName tells whether a canonical name can be one of a host: what looks like an
// address in numbers is none, which resolvers may understand in their own ways.
func isName(name string) bool {
	if name == "" || len(name) > 253 {
		return false
	}
	last := ""
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for i := range len(label) {
			c := label[i]
			if !(c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-' || c == '_') {
				return false
			}
		}
		last = label
	}
	return strings.Trim(last, "0123456789") != "" && !strings.HasPrefix(last, "0x")
}

func (e entry) fits(port uint16) bool { return e.port == 0 || e.port == port }

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

// ErrName is the error of what is no name.
var ErrName = errors.New("no name of a host")

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

// ParseHost reads the name of a host, or an address in text, and gives either: the
// name as entries of lists have it, the address without what maps it into IPv6.
//
// # Errors
//
// ErrName for what is neither: also for an address in fewer than four numbers or
// with a zone, and for a name that looks like one.
func ParseHost(text string) (name string, addr netip.Addr, err error) {
	if addr, err = netip.ParseAddr(text); err == nil {
		if addr.Zone() != "" {
			return "", netip.Addr{}, ErrName
		}
		return "", addr.Unmap(), nil
	}
	if name = canonical(text); !isName(name) {
		return "", netip.Addr{}, ErrName
	}
	return name, netip.Addr{}, nil
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
// first of the addresses that may be reached and takes the connection.
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
	if a.IsValid() {
		err = p.Permit(ctx, netip.AddrPortFrom(a, port))
	} else {
		addrs, err = p.lookup(ctx, name, port)
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
		if errors.Is(err, syscall.EMFILE) {
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
