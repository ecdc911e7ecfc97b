package wasi_test

import (
	"context"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"wippy/mailbox"
	"wippy/wasmhost/wasi/network"
	"wippy/wasmhost/wasi/world"
)

// code wants an error-code of wasi:sockets.
func (g *guest) code(want, name string, args ...mailbox.Value) {
	g.t.Helper()
	v, failed := g.try(name, args...)
	if !failed || v.Str() != want {
		g.t.Errorf("%s gives %s (failed %t), want %s", name, json(v), failed, want)
	}
}

// addr makes an ip-socket-address.
func addr(text string) mailbox.Value {
	a := netip.MustParseAddrPort(text)
	var parts []mailbox.Value
	if a.Addr().Is4() {
		for _, b := range a.Addr().As4() {
			parts = append(parts, num(int(b)))
		}
		return tab("tag", str("ipv4"), "value", tab("port", num(int(a.Port())), "address", arr(parts...)))
	}
	b := a.Addr().As16()
	for i := 0; i < 16; i += 2 {
		parts = append(parts, num(int(b[i])<<8|int(b[i+1])))
	}
	return tab("tag", str("ipv6"), "value", tab("port", num(int(a.Port())), "flow_info", num(0), "address", arr(parts...), "scope_id", num(0)))
}

// ready waits for a socket.
func (g *guest) ready(socket mailbox.Value) {
	p := g.call("tcp-tcp-socket-subscribe", socket)
	g.call("poll-pollable-block", p)
	g.drop(p)
}

// hosts is a resolver.
type hosts map[string]string

func (h hosts) LookupNetIP(_ context.Context, _, name string) ([]netip.Addr, error) {
	var addrs []netip.Addr
	for _, a := range strings.Fields(h[name]) {
		addrs = append(addrs, netip.MustParseAddr(a))
	}
	if addrs == nil {
		return nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
	}
	return addrs, nil
}

// silent is a resolver that does not answer.
type silent struct{}

func (silent) LookupNetIP(ctx context.Context, _, _ string) ([]netip.Addr, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func testLookup(t *testing.T) {
	p, err := network.New([]string{"a.test", "none.test"})
	if err != nil {
		t.Fatal(err)
	}
	p.Resolver = hosts{"a.test": "192.0.2.1 2001:db8::1", "b.test": "192.0.2.2"}
	run(t, setup{config: world.Config{Network: p}}, func(g *guest) {
		n := g.call("instance-network-instance-network")
		ask := func(name string) mailbox.Value {
			a := g.call("ip-name-lookup-resolve-addresses", n, str(name))
			g.call("poll-pollable-block", g.call("ip-name-lookup-resolve-address-stream-subscribe", a))
			return a
		}
		const next = "ip-name-lookup-resolve-address-stream-resolve-next-address"
		a := ask("A.test")
		g.want(g.call(next, a), `{"tag":"ipv4","value":[192,0,2,1]}`)
		g.want(g.call(next, a), `{"tag":"ipv6","value":[8193,3512,0,0,0,0,0,1]}`)
		g.want(g.call(next, a), `null`)
		g.want(g.call(next, ask("192.0.2.7")), `{"tag":"ipv4","value":[192,0,2,7]}`)
		g.code("access-denied", next, ask("b.test"))
		g.code("name-unresolvable", next, ask("none.test"))
		g.want(g.call(next, ask("::FFFF:192.0.2.7")), `{"tag":"ipv4","value":[192,0,2,7]}`)
		for _, wrong := range []string{"", "not a name", "127.1", "0x7f.1", "0x7f000001", "2130706433", "0177.0.0.1", "127.0.0.1.", "1.0x7f", "fe80::1%eth0", "[::1]", "a..b", ".", "-a.test", strings.Repeat("a", 64), strings.Repeat("a.", 1000)} {
			g.code("invalid-argument", "ip-name-lookup-resolve-addresses", n, str(wrong))
		}
	})
}

func testTCP(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	served := make(chan string, 1)
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		io.WriteString(conn, "hello")
		b, _ := io.ReadAll(conn)
		io.WriteString(conn, strings.ToUpper(string(b[:5])))
		served <- string(b)
	}()
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	p, err := network.New([]string{"127.0.0.0/8"})
	if err != nil {
		t.Fatal(err)
	}
	large := strings.Repeat("large", 100_000)
	const s = "tcp-tcp-socket-"
	st := start(t, setup{config: world.Config{Network: p}}, func(g *guest) {
		n := g.call("instance-network-instance-network")
		create := func() mailbox.Value { return g.call("tcp-create-socket-create-tcp-socket", str("ipv4")) }
		c := create()
		g.want(g.call(s+"address-family", c), `"ipv4"`)
		for _, name := range []string{"start-listen", "accept", "local-address", "remote-address"} {
			g.code("invalid-state", s+name, c)
		}
		g.code("invalid-state", s+"shutdown", c, str("both"))
		for _, name := range []string{"finish-bind", "finish-connect", "finish-listen"} {
			g.code("not-in-progress", s+name, c)
		}
		g.want(g.call(s+"keep-alive-enabled", c), `false`)
		g.call(s+"set-keep-alive-enabled", c, mailbox.Bool(true))
		g.call(s+"set-listen-backlog-size", c, num(5))
		g.code("invalid-argument", s+"set-listen-backlog-size", c, num(0))
		for name, value := range map[string]int{
			"keep-alive-idle-time": 5e9, "keep-alive-interval": 3e9, "keep-alive-count": 4, "hop-limit": 9, "receive-buffer-size": 8192, "send-buffer-size": 8192,
		} {
			g.call(s+name, c)
			g.call(s+"set-"+name, c, num(value))
			g.want(g.call(s+name, c), json(num(value)))
			g.code("invalid-argument", s+"set-"+name, c, num(0))
		}
		for _, wrong := range []string{"[::1]:80", "0.0.0.0:80", "127.0.0.1:0", "224.0.0.1:80", "255.255.255.255:80"} {
			w := create()
			g.code("invalid-argument", s+"start-connect", w, n, addr(wrong))
			g.code("invalid-state", s+"start-connect", w, n, addr(l.Addr().String())) // it is closed
			g.code("invalid-state", s+"start-bind", w, n, addr("127.0.0.1:0"))
			g.drop(w)
		}
		for _, wrong := range []string{"[::1]:0", "224.0.0.1:0", "255.255.255.255:0"} {
			g.code("invalid-argument", s+"start-bind", c, n, addr(wrong))
		}
		g.code("address-not-bindable", s+"start-bind", c, n, addr("192.0.2.1:0"))
		g.call(s+"start-bind", c, n, addr("127.0.0.1:0"))
		g.code("concurrency-conflict", s+"start-bind", c, n, addr("127.0.0.1:0"))
		g.code("invalid-state", s+"start-connect", c, n, addr(l.Addr().String()))
		g.code("invalid-state", s+"local-address", c)
		g.call(s+"finish-bind", c)
		g.code("invalid-state", s+"start-bind", c, n, addr("127.0.0.1:0"))
		own := json(g.call(s+"local-address", c))
		g.call(s+"start-connect", c, n, addr(l.Addr().String()))
		g.code("concurrency-conflict", s+"start-connect", c, n, addr(l.Addr().String()))
		g.ready(c)
		pair := g.call(s+"finish-connect", c).Table().List
		in, out := pair[0], pair[1]
		g.want(g.call("streams-input-stream-blocking-read", in, num(100)), `"hello"`)
		g.want(field(field(g.call(s+"remote-address", c), "value"), "port"), json(num(l.Addr().(*net.TCPAddr).Port)))
		g.want(g.call(s+"local-address", c), own)
		g.writeAll(out, large)
		g.call(s+"shutdown", c, str("send"))
		if rest := g.readAll(in); rest != "LARGE" {
			t.Error(rest)
		}
		g.closed("streams-output-stream-check-write", out)
		g.drop(out, c, in)

		c = create()
		g.call(s+"start-connect", c, n, addr(closed.Addr().String()))
		g.ready(c)
		g.code("connection-refused", s+"finish-connect", c)
		c = create()
		g.call(s+"start-connect", c, n, addr("192.0.2.1:80"))
		g.ready(c)
		g.code("access-denied", s+"finish-connect", c)

		// Two sockets of the guest's.
		srv, cli := create(), create()
		g.call(s+"start-bind", srv, n, addr("127.0.0.1:0"))
		g.call(s+"finish-bind", srv)
		at := g.call(s+"local-address", srv)
		early := create()
		g.call(s+"start-connect", early, n, at)
		g.ready(early)
		g.code("connection-refused", s+"finish-connect", early) // it does not listen yet
		g.call(s+"start-listen", srv)
		g.code("concurrency-conflict", s+"start-listen", srv)
		g.code("address-in-use", s+"start-bind", create(), n, at)
		g.want(g.call(s+"is-listening", srv), `false`)
		g.call(s+"finish-listen", srv)
		g.want(g.call(s+"is-listening", srv), `true`)
		g.code("would-block", s+"accept", srv)
		g.call(s+"start-connect", cli, n, at)
		g.ready(srv)
		g.ready(cli)
		three := g.call(s+"accept", srv).Table().List
		two := g.call(s+"finish-connect", cli).Table().List
		write(g, three[2], "from the server")
		g.want(g.call("streams-input-stream-blocking-read", two[0], num(100)), `"from the server"`)
		g.drop(three...)
		if rest := g.readAll(two[0]); rest != "" {
			t.Error(rest)
		}
		g.call(s+"set-hop-limit", cli, num(7))
		any := create()
		g.call(s+"start-bind", any, n, addr("0.0.0.0:0"))
		g.call(s+"finish-bind", any)
		g.code("access-denied", s+"start-listen", any)
		if v, failed := g.try("tcp-create-socket-create-tcp-socket", str("ipv6")); failed {
			t.Error(json(v))
		}
	})
	if e := st.wait(); e.Reason != mailbox.ReasonNormal {
		t.Errorf("%s: %v", e.Reason, e.Err)
	}
	select {
	case got := <-served:
		if got != large {
			t.Errorf("the server got %d bytes", len(got))
		}
	case <-time.After(10 * time.Second):
		t.Error("the server got nothing")
	}
}

// TestKilledSockets kills guests that wait in every way that sockets have.
func TestKilledSockets(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	const s = "tcp-tcp-socket-"
	for name, wait := range map[string]func(g *guest, c, n mailbox.Value){
		"accept": func(g *guest, c, n mailbox.Value) {
			g.call(s+"start-bind", c, n, addr("127.0.0.1:0"))
			g.call(s+"finish-bind", c)
			g.call(s+"start-listen", c)
			g.call(s+"finish-listen", c)
			g.ready(c)
		},
		"receive": func(g *guest, c, n mailbox.Value) {
			g.call(s+"start-connect", c, n, addr(l.Addr().String()))
			for {
				g.ready(c)
				if pair, failed := g.try(s+"finish-connect", c); !failed {
					g.call("streams-input-stream-blocking-read", pair.Table().List[0], num(1))
				}
			}
		},
		"send": func(g *guest, c, n mailbox.Value) {
			g.call(s+"start-connect", c, n, addr(l.Addr().String()))
			g.ready(c)
			out := g.call(s+"finish-connect", c).Table().List[1]
			for {
				write(g, out, strings.Repeat("x", 4096))
			}
		},
		"datagram": func(g *guest, _, _ mailbox.Value) {
			s, _ := g.bindUDP("ipv4", "127.0.0.1:0")
			in, _ := g.streams(s, mailbox.Nil)
			g.receiveUDP(in, 1)
		},
		"lookup": func(g *guest, _, n mailbox.Value) {
			a := g.call("ip-name-lookup-resolve-addresses", n, str("slow.test"))
			g.call("poll-pollable-block", g.call("ip-name-lookup-resolve-address-stream-subscribe", a))
		},
		"permit": func(g *guest, _, _ mailbox.Value) {
			s, _ := g.bindUDP("ipv4", "127.0.0.1:0")
			g.call(u+"stream", s, addr("192.0.2.1:53"))
		},
		"connect": func(g *guest, c, n mailbox.Value) {
			g.call(s+"start-bind", c, n, addr("127.0.0.1:0"))
			g.call(s+"finish-bind", c)
			g.call(s+"start-connect", c, n, addr("192.0.2.1:53"))
			g.ready(c)
		},
	} {
		p, err := network.New([]string{"slow.test", "127.0.0.0/8"})
		if err != nil {
			t.Fatal(err)
		}
		p.Resolver = silent{}
		st := start(t, setup{config: world.Config{Network: p}}, func(g *guest) {
			wait(g, g.call("tcp-create-socket-create-tcp-socket", str("ipv4")), g.call("instance-network-instance-network"))
		})
		<-st.guest.parked
		if err := st.sched.Terminate(st.pid); err != nil {
			t.Fatal(err)
		}
		if e := st.wait(); e.Reason != mailbox.ReasonKilled {
			t.Errorf("%s: %s: %v", name, e.Reason, e.Err)
		}
	}
}
