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
	"time"
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
	for _, ok := range []string{"a", "api.example.com", "API.example.com.:443", "10.0.0.0/8", "10.0.0.0/8:80", "192.0.2.1", "192.0.2.1:1", "::1", "[::1]:443", "[2001:db8::/32]:443", "2001:db8::/32", "_x.a", "::ffff:10.0.0.0/104", "::/0", "0.0.0.0/0:53", "bücher.example:443", "xn--bcher-kva.example"} {
		if err := Check(ok); err != nil {
			t.Error(err)
		}
	}
	for text, want := range map[string]string{
		"": "expected a name", "a b": "expected a name", "a:0": "a port from 1", "a:x": "a port from 1", "a:65536": "a port from 1", "https://a": "not a URL",
		"10.0.0.1/8": "first address, 10.0.0.0/8", "10.0.0.0/33": "length of its prefix", "[::1": "expected a ]", "[::1]443": "expected :PORT",
		"[a]:1": "IPv6", "fe80::1%eth0": "without a zone", "127.1": "expected a name", "0x7f000001": "expected a name", "*.a": "expected a name", "https://a:1/": "not a URL", "[::1]:": "a port from 1", "a:+1": "a port from 1", "a: 1": "a port from 1", "[10.0.0.1]:80": "IPv6",
		"0x7f.1": "expected a name", "1.0x7F": "expected a name", "０x7f": "expected a name", "１２７.１": "expected a name", "127。0。0": "expected a name", "0177.0.0.1": "expected a name",
		"a\nb": "expected a name", "a\x00": "expected a name", "::ffff:10.0.0.1/104": "first address", "xn--": "expected a name", "a.\u200d": "expected a name", strings.Repeat("ü", 600): "expected a name",
	} {
		if err := Check(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v; want %s", text, err, want)
		}
	}
}

func TestAllowed(t *testing.T) {
	p := policy(t, nil, "10.0.0.0/8:80", "::1", "192.0.2.1:443", "::ffff:172.16.0.0/108", "[::ffff:198.51.100.7]:9", "64:ff9b::/96")
	for addr, want := range map[string]bool{
		"10.1.2.3:80": true, "10.1.2.3:81": false, "11.0.0.0:80": false, "[::1]:5": true, "192.0.2.1:443": true, "[::ffff:10.1.1.1]:80": true, "[::ffff:0:1]:80": false,
		"172.17.0.1:5": true, "[::ffff:172.31.0.1]:6": true, "172.32.0.1:5": false, "198.51.100.7:9": true, "198.51.100.7:10": false,
		"[::1%lo]:5": true, "[fe80::1]:5": false, "[64:ff9b::a00:1]:1": true, "[::a00:1]:80": false, "[2002:a00:1::]:80": false,
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

// TestNames allows what a listed name was found to stand for, for a while, and asks
// again afterwards.
func TestNames(t *testing.T) {
	now := time.Unix(1000, 0)
	r := &answers{of: map[string]string{"a.test": "192.0.2.1", "b.test": "192.0.2.9"}}
	p := policy(t, r, "a.test:80", "b.test")
	p.Now = func() time.Time { return now }
	first, second := netip.MustParseAddrPort("192.0.2.1:80"), netip.MustParseAddrPort("192.0.2.2:80")
	permit := func(a netip.AddrPort, ok bool, asked int) {
		t.Helper()
		r.asked = 0
		if err := p.Permit(context.Background(), a); (err == nil) != ok || r.asked != asked {
			t.Errorf("%s: %v after %d questions", a, err, r.asked)
		}
	}
	if p.Known(first) {
		t.Error("known before anybody asked")
	}
	if _, err := p.Lookup(context.Background(), "A.test."); err != nil {
		t.Fatal(err)
	}
	permit(first, true, 0) // what a guest has looked up it can reach
	r.of["a.test"] = "192.0.2.2"
	permit(second, true, 1)
	permit(first, true, 0) // also while the answers rotate
	permit(netip.AddrPortFrom(first.Addr(), 81), false, 1)
	r.asked, p.dial = 0, func(context.Context, string, string) (net.Conn, error) {
		t.Error("HTTP dials what a name stood for before")
		return nil, net.ErrClosed
	}
	if _, err := p.Dial(context.Background(), "192.0.2.1", 80); r.asked != 2 || func() bool { _, ok := errors.AsType[*Refused](err); return !ok }() {
		t.Errorf("%v after %d questions", err, r.asked)
	}
	permit(netip.MustParseAddrPort("192.0.2.9:81"), true, 0) // b.test was asked for the one before
	now = now.Add(foundFor)
	permit(first, false, 2)
	permit(second, true, 0)

	// A name that is not listed allows nothing, whatever was looked up.
	r.of["c.test"] = "192.0.2.1"
	p = policy(t, r, "192.0.2.0/24:443", "d.test")
	if _, err := p.Lookup(context.Background(), "c.test"); err != nil || p.Known(first) {
		t.Error(err)
	}
	var many []netip.Addr
	for i := range maxFound {
		many = append(many, netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}))
	}
	p.remember("d.test", many)
	p.remember("d.test", []netip.Addr{first.Addr()})
	if len(p.found) > maxFound || !p.Known(first) {
		t.Errorf("%d are remembered", len(p.found))
	}
}

// TestCancelled gives up a question with its context.
func TestCancelled(t *testing.T) {
	p := policy(t, blocked{}, "a.test")
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := p.Permit(ctx, netip.MustParseAddrPort("192.0.2.1:80")); err != context.Canceled {
		t.Error(err)
	}
	if _, err := p.Dial(ctx, "a.test", 80); err != context.Canceled {
		t.Error(err)
	}
}

type blocked struct{}

func (blocked) LookupNetIP(ctx context.Context, _, _ string) ([]netip.Addr, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

// several is a resolver with many addresses of a name, also of IPv4 in IPv6's clothes.
type several []string

func (s several) LookupNetIP(context.Context, string, string) (addrs []netip.Addr, err error) {
	for _, a := range s {
		addrs = append(addrs, netip.MustParseAddr(a))
	}
	return addrs, nil
}

// TestManyAddresses dials one that is allowed, and goes on where nobody answers.
func TestManyAddresses(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	port := netip.MustParseAddrPort(l.Addr().String()).Port()
	r := several{"10.1.1.1", "::ffff:127.0.0.2", "127.0.0.1"} // the first is not allowed, at the second nobody listens
	conn, err := policy(t, r, "127.0.0.0/8").Dial(context.Background(), "a.test", port)
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
	addrs, err := policy(t, r, "a.test").Lookup(context.Background(), "a.test")
	if err != nil || len(addrs) != 3 || !addrs[1].Is4() {
		t.Error(addrs, err)
	}
	crowd := make(several, 1000)
	for i := range crowd {
		crowd[i] = "192.0.2.1"
	}
	if addrs, _ = policy(t, crowd, "a.test").Lookup(context.Background(), "a.test"); len(addrs) != maxAddresses {
		t.Errorf("%d addresses", len(addrs))
	}
}

// TestSilentAddress goes on to the next address when one does not answer, but waits
// for the last as long as the caller does.
func TestSilentAddress(t *testing.T) {
	p := policy(t, several{"192.0.2.1", "192.0.2.2"}, "a.test")
	var tried []string
	answers := "192.0.2.2:80"
	p.limit = time.Millisecond
	mine := errors.New("mine")
	caller, cancel := context.WithCancelCause(context.Background())
	p.dial = func(ctx context.Context, _, address string) (net.Conn, error) {
		tried = append(tried, address)
		if _, bounded := ctx.Deadline(); address == "192.0.2.2:80" && bounded {
			t.Error("the last address has a limit")
		}
		if address == answers {
			here, there := net.Pipe()
			there.Close()
			return here, nil
		}
		if len(tried) == 4 {
			cancel(mine)
		}
		<-ctx.Done()
		return nil, ctx.Err()
	}
	conn, err := p.Dial(context.Background(), "a.test", 80)
	if err != nil || len(tried) != 2 {
		t.Fatal(err, tried)
	}
	conn.Close()
	answers = ""
	if _, err := p.Dial(caller, "a.test", 80); err != mine {
		t.Error(err)
	}
}

// TestUnspecified dials no address that a system takes for its own, though a list has it
// for who listens.
func TestUnspecified(t *testing.T) {
	p := policy(t, several{"0.0.0.0", "::", "224.0.0.1"}, "0.0.0.0/0", "::/0", "a.test")
	for _, host := range []string{"0.0.0.0", "::", "::ffff:0.0.0.0"} {
		if _, err := p.Dial(context.Background(), host, 80); err != ErrName {
			t.Errorf("%s: %v", host, err)
		}
	}
	e, ok := errors.AsType[*net.DNSError](func() error { _, err := p.Dial(context.Background(), "a.test", 80); return err }())
	if !ok || !e.IsNotFound {
		t.Error(e)
	}
	if addrs, err := p.Lookup(context.Background(), "a.test"); err == nil {
		t.Error(addrs)
	}
}

func TestParseHost(t *testing.T) {
	for text, want := range map[string]string{
		"A.Test.": "a.test", "BÜCHER.example": "xn--bcher-kva.example", "straße.example": "xn--strae-oqa.example", "a。test": "a.test", "ａ.test": "a.test",
		"10.0.0.1": "10.0.0.1", "::ffff:10.0.0.1": "10.0.0.1", "::1": "::1", "0x7f.example": "0x7f.example",
	} {
		name, addr, err := ParseHost(text)
		if got := name; err != nil || got != want && addr.String() != want {
			t.Errorf("%s: %q, %s, %v", text, name, addr, err)
		}
	}
	for _, text := range []string{"127.0.0.1.", "127.1", "2130706433", "0x7f.1", "0X7F000001", "0177.0.0.01", "１２７.0.0.1", "127.0.0.1%eth0", "fe80::1%1", "[::1]", "::1.", "a b", "a/b", "a:80", "", ".", "a\x00b"} {
		if name, addr, err := ParseHost(text); err != ErrName {
			t.Errorf("%q: %q, %s, %v", text, name, addr, err)
		}
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
		switch {
		case err != nil:
		case (e.name == "") != e.prefix.IsValid():
			t.Errorf("%q: %v", s, e)
		case e.name != "":
			if name, _, err := ParseHost(e.name); err != nil || name != e.name {
				t.Errorf("%q: the name %q is read as %q, %v", s, e.name, name, err)
			}
		case e.prefix != e.prefix.Masked() || e.prefix.Addr().Is4In6() && e.prefix.Bits() >= mappedBits:
			t.Errorf("%q: no address is in %s", s, e.prefix)
		}
	})
}

// FuzzParseHost reads what guests call hosts: a name is one that it stays, and looks like no address.
func FuzzParseHost(f *testing.F) {
	for _, s := range []string{"a.test.", "127.1", "bücher.example", "::1", "１２７.1", "0x7f.1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		name, addr, err := ParseHost(s)
		if err != nil {
			return
		}
		if (name == "") != addr.IsValid() || addr.Is4In6() || addr.Zone() != "" {
			t.Errorf("%q: %q, %s", s, name, addr)
		}
		if again, _, err := ParseHost(name); name != "" && (err != nil || again != name) {
			t.Errorf("%q: %q is read as %q, %v", s, name, again, err)
		}
	})
}
