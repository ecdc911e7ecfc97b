package network

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"testing"
)

// answers is a resolver that counts its questions.
type answers struct {
	of    map[string]string
	asked int
}

func (a *answers) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	a.asked++
	if s := a.of[host]; s != "" {
		return []netip.Addr{netip.MustParseAddr(s)}, nil
	}
	return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
}

func policy(t *testing.T, r Resolver, allow ...string) *Policy {
	t.Helper()
	p, err := New(allow)
	if err != nil {
		t.Fatal(err)
	}
	p.Resolver = r
	return p
}

func TestParse(t *testing.T) {
	for _, ok := range []string{"a", "api.example.com", "API.example.com.:443", "10.0.0.0/8", "10.0.0.0/8:80", "192.0.2.1", "192.0.2.1:1", "::1", "[::1]:443", "[2001:db8::/32]:443", "2001:db8::/32", "_x.a"} {
		if err := Check(ok); err != nil {
			t.Error(err)
		}
	}
	for text, want := range map[string]string{
		"": "expected a name", "a b": "expected a name", "a:0": "a port from 1", "a:x": "a port from 1", "a:65536": "a port from 1", "https://a": "not a URL",
		"10.0.0.1/8": "first address, 10.0.0.0/8", "10.0.0.0/33": "length of its prefix", "[::1": "expected a ]", "[::1]443": "expected :PORT",
		"[a]:1": "IPv6", "fe80::1%eth0": "without a zone", "127.1": "expected a name", "0x7f000001": "expected a name", "*.a": "expected a name", "https://a:1/": "not a URL",
	} {
		if err := Check(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v; want %s", text, err, want)
		}
	}
}

func TestAllowed(t *testing.T) {
	p := policy(t, nil, "10.0.0.0/8:80", "::1", "192.0.2.1:443")
	for addr, want := range map[string]bool{
		"10.1.2.3:80": true, "10.1.2.3:81": false, "11.0.0.0:80": false, "[::1]:5": true, "192.0.2.1:443": true, "[::ffff:10.1.1.1]:80": true, "[::ffff:0:1]:80": false,
	} {
		if got := p.Allowed(netip.MustParseAddrPort(addr)); got != want {
			t.Errorf("%s: %t", addr, got)
		}
	}
	var none *Policy
	if !none.Allowed(netip.MustParseAddrPort("1.2.3.4:5")) || func() bool { p, _ := New(nil); return p.limited }() {
		t.Error("no list")
	}
	if p, _ := New([]string{}); p.Allowed(netip.MustParseAddrPort("1.2.3.4:5")) {
		t.Error("an empty list allows")
	}
}

// TestDial connects to what is allowed, and asks for a name once.
func TestDial(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	port := netip.MustParseAddrPort(l.Addr().String()).Port()
	for _, tt := range []struct {
		allow, host string
		ok          bool
		asked       int
	}{
		{"a.test", "a.test", true, 1}, {"a.test", "A.TEST.", true, 1}, {"a.test", "b.test", false, 0}, {"a.test", "127.0.0.1", true, 1},
		{"a.test:1", "a.test", false, 0}, {"127.0.0.0/8", "a.test", true, 1}, {"127.0.0.0/8", "127.0.0.1", true, 0},
		{"127.0.0.0/8", "far.test", false, 1}, {"far.test", "127.0.0.1", false, 1}, {"127.0.0.1:1", "a.test", false, 0},
	} {
		r := &answers{of: map[string]string{"a.test": "127.0.0.1", "b.test": "127.0.0.1", "far.test": "192.0.2.1"}}
		conn, err := policy(t, r, tt.allow).Dial(context.Background(), tt.host, port)
		if conn != nil {
			conn.Close()
		}
		_, refused := errors.AsType[*Refused](err)
		if (err == nil) != tt.ok || refused == tt.ok || r.asked != tt.asked {
			t.Errorf("%s for %s: %v, %d questions", tt.allow, tt.host, err, r.asked)
		}
	}
	p := policy(t, &answers{}, "a.test")
	if _, err := p.Dial(context.Background(), "127.1", port); err != ErrName {
		t.Error(err)
	}
	if _, err := p.Dial(context.Background(), "a.test", port); err == nil {
		t.Error("a name that is nobody's")
	}
}

// TestRefused has one line for a target, and bounded ones for all.
func TestRefused(t *testing.T) {
	var log bytes.Buffer
	p := policy(t, &answers{}, "a.test")
	p.Where, p.Entry, p.Logger = "app.yaml:3:4", "app:x", slog.New(slog.NewTextHandler(&log, nil))
	for range 3 {
		if _, err := p.Lookup(context.Background(), "b.test"); err == nil {
			t.Fatal("not refused")
		}
	}
	if got := log.String(); strings.Count(got, "\n") != 1 || !strings.Contains(got, "at=app.yaml:3:4") || !strings.Contains(got, "b.test") {
		t.Error(got)
	}
	for i := range 1000 {
		_ = p.Refuse(netip.AddrPortFrom(netip.MustParseAddr("192.0.2.1"), uint16(i+1)))
	}
	if n := strings.Count(log.String(), "\n"); n != maxTold {
		t.Errorf("%d lines", n)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("a:1")
	f.Add("[::1]:2")
	f.Add("10.0.0.0/8:3")
	f.Fuzz(func(t *testing.T, s string) {
		e, err := parse(s)
		if err == nil && (e.name == "") != e.prefix.IsValid() {
			t.Errorf("%q: %v", s, e)
		}
	})
}
