package wasi_test

import (
	"net"
	"net/netip"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"wippy/mailbox"
	"wippy/runtime/process"
	"wippy/wasmhost/wasi/network"
	"wippy/wasmhost/wasi/world"
)

const (
	u   = "udp-udp-socket-"
	uin = "udp-incoming-datagram-stream-"
	out = "udp-outgoing-datagram-stream-"
)

// bindUDP makes a socket that is bound.
func (g *guest) bindUDP(family, at string) (socket, local mailbox.Value) {
	g.t.Helper()
	s := g.call("udp-create-socket-create-udp-socket", str(family))
	g.call(u+"start-bind", s, g.call("instance-network-instance-network"), addr(at))
	g.call(u+"finish-bind", s)
	return s, g.call(u+"local-address", s)
}

// portOf gives the port of an ip-socket-address.
func portOf(address mailbox.Value) uint16 {
	n, err := strconv.ParseUint(json(field(field(address, "value"), "port")), 10, 16)
	if err != nil {
		panic(err)
	}
	return uint16(n)
}

// streams makes a socket's streams, to remote or to anybody.
func (g *guest) streams(socket, remote mailbox.Value) (in, to mailbox.Value) {
	g.t.Helper()
	pair := g.call(u+"stream", socket, remote).Table().List
	return pair[0], pair[1]
}

// sendUDP waits until it may send, and sends one datagram.
func (g *guest) sendUDP(to, remote mailbox.Value, data string) {
	g.t.Helper()
	if v, failed := g.trySend(to, remote, data); failed || number(v) != 1 {
		g.t.Errorf("send gives %s", json(v))
	}
}

func (g *guest) trySend(to, remote mailbox.Value, data string) (mailbox.Value, bool) {
	g.t.Helper()
	p := g.call(out+"subscribe", to)
	g.call("poll-pollable-block", p)
	g.drop(p)
	g.call(out+"check-send", to)
	return g.try(out+"send", to, arr(tab("data", str(data), "remote_address", remote)))
}

// codeSend wants an error-code of a datagram.
func (g *guest) codeSend(want string, to, remote mailbox.Value, data string) {
	g.t.Helper()
	if v, failed := g.trySend(to, remote, data); !failed || v.Str() != want {
		g.t.Errorf("send gives %s (failed %t), want %s", json(v), failed, want)
	}
}

// receiveUDP waits for datagrams.
func (g *guest) receiveUDP(in mailbox.Value, most int) []mailbox.Value {
	g.t.Helper()
	p := g.call(uin+"subscribe", in)
	g.call("poll-pollable-block", p)
	g.drop(p)
	return g.call(uin+"receive", in, num(most)).Table().List
}

// peer is a socket of the test's.
func peer(t *testing.T, at string) (*net.UDPConn, string) {
	t.Helper()
	c, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.MustParseAddrPort(at)))
	if err != nil {
		t.Skip(err) // a machine without that family
	}
	t.Cleanup(func() { c.Close() })
	return c, c.LocalAddr().String()
}

func testUDP(t *testing.T) {
	echo, at := peer(t, "127.0.0.1:0")
	stranger, strange := peer(t, "127.0.0.1:0")
	go func() {
		b := make([]byte, 70000)
		for {
			n, from, err := echo.ReadFromUDPAddrPort(b)
			if err != nil {
				return
			}
			echo.WriteToUDPAddrPort([]byte(strings.ToUpper(string(b[:n]))), from)
		}
	}()
	p, err := network.New([]string{"127.0.0.0/8"})
	if err != nil {
		t.Fatal(err)
	}
	run(t, setup{config: world.Config{Network: p}}, func(g *guest) {
		n := g.call("instance-network-instance-network")
		c := g.call("udp-create-socket-create-udp-socket", str("ipv4"))
		g.want(g.call(u+"address-family", c), `"ipv4"`)
		g.call("poll-pollable-block", g.call(u+"subscribe", c))
		for _, name := range []string{"local-address", "remote-address"} {
			g.code("invalid-state", u+name, c)
		}
		g.code("invalid-state", u+"stream", c, mailbox.Nil)
		g.code("not-in-progress", u+"finish-bind", c)
		options := map[string]int{"unicast-hop-limit": 9, "receive-buffer-size": 8192, "send-buffer-size": 100_000}
		for name, value := range options {
			g.call(u+name, c)
			g.call(u+"set-"+name, c, num(value))
			g.code("invalid-argument", u+"set-"+name, c, num(0))
		}
		g.code("invalid-argument", u+"start-bind", c, n, addr("[::1]:0"))
		g.code("address-not-bindable", u+"start-bind", c, n, addr("192.0.2.1:0"))
		g.code("address-not-bindable", u+"start-bind", c, n, addr("224.0.0.1:0"))
		g.code("address-in-use", u+"start-bind", c, n, addr(at))
		g.call(u+"start-bind", c, n, addr("127.0.0.1:0"))
		g.code("concurrency-conflict", u+"start-bind", c, n, addr("127.0.0.1:0"))
		g.code("invalid-state", u+"local-address", c)
		g.code("invalid-state", u+"stream", c, mailbox.Nil)
		g.call(u+"finish-bind", c)
		g.code("invalid-state", u+"start-bind", c, n, addr("127.0.0.1:0"))
		for name, value := range options {
			g.want(g.call(u+name, c), json(num(value)))
			g.call(u+"set-"+name, c, num(value+1))
		}
		g.code("invalid-state", u+"remote-address", c)
		local := json(g.call(u+"local-address", c))
		me := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), portOf(g.call(u+"local-address", c)))

		// To anybody.
		in, to := g.streams(c, mailbox.Nil)
		g.want(g.call(uin+"receive", in, num(5)), `[]`)
		g.want(g.call(out+"send", to, arr()), `0`)
		g.sendUDP(to, addr(at), "hello")
		g.want(arr(g.receiveUDP(in, 5)...), `[{"data":"HELLO","remote_address":`+json(addr(at))+`}]`)
		g.sendUDP(to, addr(at), "")
		g.want(arr(g.receiveUDP(in, 1)...), `[{"data":"","remote_address":`+json(addr(at))+`}]`)
		g.want(g.call(uin+"receive", in, num(0)), `[]`)
		g.codeSend("invalid-argument", to, mailbox.Nil, "x")
		for _, wrong := range []string{"[::1]:80", "0.0.0.0:80", "127.0.0.1:0"} {
			g.codeSend("invalid-argument", to, addr(wrong), "x")
			g.code("invalid-argument", u+"stream", c, addr(wrong))
		}
		g.codeSend("access-denied", to, addr("192.0.2.1:53"), "x")
		g.codeSend("datagram-too-large", to, addr(at), strings.Repeat("x", 65508))
		g.codeSend("datagram-too-large", to, addr(at), strings.Repeat("x", 100_000))
		g.code("access-denied", u+"stream", c, addr("192.0.2.1:53"))

		// What comes before a failure is sent.
		g.call(out+"check-send", to)
		one := func(to string) mailbox.Value { return tab("data", str("x"), "remote_address", addr(to)) }
		g.want(g.call(out+"send", to, arr(one(at), one(at), one("192.0.2.1:53"), one(at))), `2`)
		for got := 0; got < 2; {
			got += len(g.receiveUDP(in, 64))
		}

		// To one: others are not heard, neither those whose datagrams are there already.
		if _, err := stranger.WriteToUDPAddrPort([]byte("early"), me); err != nil {
			t.Error(err)
		}
		in2, to2 := g.streams(c, addr(at))
		g.want(g.call(u+"remote-address", c), json(addr(at)))
		g.want(g.call(u+"local-address", c), local)
		stranger.WriteToUDPAddrPort([]byte("late"), me)
		for _, name := range []string{uin + "receive", out + "check-send"} {
			if name == uin+"receive" {
				g.code("invalid-state", name, in, num(1))
			} else {
				g.code("invalid-state", name, to)
			}
		}
		g.call("poll-pollable-block", g.call(uin+"subscribe", in)) // ready, as it is over
		g.call("poll-pollable-block", g.call(out+"subscribe", to))
		g.drop(in, to)
		g.sendUDP(to2, mailbox.Nil, "a")
		g.want(arr(g.receiveUDP(in2, 5)...), `[{"data":"A","remote_address":`+json(addr(at))+`}]`)
		g.sendUDP(to2, addr(at), "b")
		g.want(arr(g.receiveUDP(in2, 5)...), `[{"data":"B","remote_address":`+json(addr(at))+`}]`)
		g.codeSend("invalid-argument", to2, addr(strange), "x")

		// To anybody again, by the same port.
		in3, to3 := g.streams(c, mailbox.Nil)
		g.want(g.call(u+"local-address", c), local)
		g.code("invalid-state", u+"remote-address", c)
		g.sendUDP(to3, addr(strange), "to you")
		b := make([]byte, 100)
		if k, from, err := stranger.ReadFromUDPAddrPort(b); err != nil || from != me || string(b[:k]) != "to you" {
			t.Error(string(b[:k]), from, err)
		}
		stranger.WriteToUDPAddrPort([]byte("reply"), me)
		g.want(arr(g.receiveUDP(in3, 5)...), `[{"data":"reply","remote_address":`+json(addr(strange))+`}]`)

		// The socket is open for as long as one of the three is there.
		g.drop(c, in3)
		g.sendUDP(to3, addr(strange), "still")
		stranger.ReadFromUDPAddrPort(b)
		p := g.call(out+"subscribe", to3)
		q := g.call(uin+"subscribe", in2)
		g.drop(to3, in2, to2)
		g.call("poll-pollable-block", p) // also of what is gone
		g.call("poll-pollable-block", q)
	})
	fails(t, setup{}, "1 datagrams are more than the 0", func(g *guest) {
		s, _ := g.bindUDP("ipv4", "127.0.0.1:0")
		_, to := g.streams(s, mailbox.Nil)
		g.call(out+"send", to, arr(tab("data", str("x"), "remote_address", addr(at))))
	})
}

// testUDPRefused has the system tell that nobody is there.
func testUDPRefused(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("streams are not the system's associations")
	}
	run(t, setup{}, func(g *guest) {
		gone, at := g.bindUDP("ipv4", "127.0.0.1:0")
		g.drop(gone)
		s, _ := g.bindUDP("ipv4", "127.0.0.1:0")
		in, to := g.streams(s, at)
		g.sendUDP(to, mailbox.Nil, "x")
		g.call("poll-pollable-block", g.call(uin+"subscribe", in))
		g.code("connection-refused", uin+"receive", in, num(1))
		g.want(g.call(uin+"receive", in, num(1)), `[]`)
		g.sendUDP(to, mailbox.Nil, "x")
		g.call("poll-pollable-block", g.call(uin+"subscribe", in)) // takes the error
		g.code("connection-refused", out+"check-send", to)
	})
}

func testUDP6(t *testing.T) {
	other, at := peer(t, "[::1]:0")
	run(t, setup{}, func(g *guest) {
		s, local := g.bindUDP("ipv6", "[::]:0")
		g.want(g.call(u+"address-family", s), `"ipv6"`)
		in, to := g.streams(s, addr(at))
		g.sendUDP(to, addr(at), "six")
		b := make([]byte, 100)
		n, from, err := other.ReadFromUDPAddrPort(b)
		if err != nil || string(b[:n]) != "six" {
			t.Error(string(b[:n]), err)
		}
		other.WriteToUDPAddrPort([]byte("back"), from)
		g.want(arr(g.receiveUDP(in, 5)...), `[{"data":"back","remote_address":`+json(addr(at))+`}]`)
		for _, wrong := range []string{"[::ffff:127.0.0.1]:80", "127.0.0.1:80", "[::]:80"} {
			g.code("invalid-argument", u+"stream", s, addr(wrong))
		}
		n4 := g.call("instance-network-instance-network")
		w := g.call("udp-create-socket-create-udp-socket", str("ipv6"))
		g.code("invalid-argument", u+"start-bind", w, n4, addr("[::ffff:127.0.0.1]:0"))
		// It is of IPv6 alone: the same port of IPv4 is free.
		g.bindUDP("ipv4", "0.0.0.0:"+json(field(field(local, "value"), "port")))
	})
}

// testUDPNames sends to what a name of the list stands for, and hears who was sent to.
func testUDPNames(t *testing.T) {
	named, at := peer(t, "127.0.0.1:0")
	stranger, strange := peer(t, "127.0.0.1:0")
	_, port, _ := net.SplitHostPort(at)
	p, err := network.New([]string{"a.test:" + port})
	if err != nil {
		t.Fatal(err)
	}
	p.Resolver = hosts{"a.test": "127.0.0.1"}
	run(t, setup{config: world.Config{Network: p}}, func(g *guest) {
		s, local := g.bindUDP("ipv4", "127.0.0.1:0")
		me := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), portOf(local))
		in, to := g.streams(s, mailbox.Nil)
		stranger.WriteToUDPAddrPort([]byte("unasked"), me)
		g.sendUDP(to, addr(at), "question")
		g.codeSend("access-denied", to, addr(strange), "x")
		b := make([]byte, 100)
		n, from, err := named.ReadFromUDPAddrPort(b)
		if err != nil || from != me || string(b[:n]) != "question" {
			t.Error(string(b[:n]), from, err)
		}
		stranger.WriteToUDPAddrPort([]byte("unasked"), me)
		named.WriteToUDPAddrPort([]byte("answer"), me)
		g.want(arr(g.receiveUDP(in, 5)...), `[{"data":"answer","remote_address":`+json(addr(at))+`}]`)
		g.want(g.call(uin+"receive", in, num(5)), `[]`)
	})
}

// TestSocketHandles counts sockets and their streams among the handles.
func TestSocketHandles(t *testing.T) {
	for name, open := range map[string]func(g *guest){
		"sockets": func(g *guest) { g.call("udp-create-socket-create-udp-socket", str("ipv4")) },
		"streams": func(g *guest) {
			s, _ := g.bindUDP("ipv4", "127.0.0.1:0")
			for {
				g.streams(s, mailbox.Nil)
			}
		},
	} {
		st := start(t, setup{limits: process.Limits{MaxHandles: 20}}, func(g *guest) {
			for {
				open(g)
			}
		})
		if e := st.wait(); e.Reason != mailbox.ReasonLimit || !strings.Contains(e.Err.Message, "20 of 20 handles") {
			t.Errorf("%s: %s: %v", name, e.Reason, e.Err)
		}
	}
}

// TestFlood sends more than anybody takes: what is too much is lost, and nothing grows.
func TestFlood(t *testing.T) {
	from, at := peer(t, "127.0.0.1:0")
	p, err := network.New([]string{at})
	if err != nil {
		t.Fatal(err)
	}
	run(t, setup{config: world.Config{Network: p}}, func(g *guest) {
		s, local := g.bindUDP("ipv4", "127.0.0.1:0")
		me := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), portOf(local))
		in, _ := g.streams(s, mailbox.Nil)
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		large := make([]byte, 60_000)
		for range 2000 {
			if _, err := from.WriteToUDPAddrPort(large, me); err != nil {
				t.Fatal(err)
			}
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 8<<20 {
			t.Errorf("%d bytes", grown)
		}
		if got := len(g.receiveUDP(in, 1000)); got == 0 || got > 64 {
			t.Errorf("%d datagrams", got)
		}
	})
}
