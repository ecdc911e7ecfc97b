package sockets

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"wippy/internal/neterr"
	"wippy/runtime/process"
	"wippy/wasmhost/wasi/files"
	"wippy/wasmhost/wasi/network"
	"wippy/wasmhost/wasi/world"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var loopback = netip.MustParseAddrPort("127.0.0.1:0")

// guest is a process whose World owns things.
type guest struct{ process.Context }

func (guest) Limits() process.Limits { return process.Limits{} }

// pair gives two ends of a connection.
func pair(t *testing.T) (here, there *net.TCPConn) {
	t.Helper()
	l, err := net.ListenTCP("tcp4", net.TCPAddrFromAddrPort(loopback))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if here, err = net.DialTCP("tcp4", nil, l.Addr().(*net.TCPAddr)); err != nil {
		t.Fatal(err)
	}
	if there, err = l.AcceptTCP(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { here.Close(); there.Close() })
	return here, there
}

// linked gives a link, and the other end of its connection.
func linked(t *testing.T) (l *link, clock *process.ManualClock, there *net.TCPConn) {
	here, there := pair(t)
	w := new(world.World)
	clock = process.NewManualClock(time.Unix(1000, 0))
	l = newLink(here, w, clock)
	w.Own(guest{}, l)
	return l, clock, there
}

// abandon drops the socket and its streams.
func (l *link) abandon() {
	l.leave()
	l.leave()
	l.shutdown(false, true)
	l.leave()
}

// stuff writes more than a connection takes whose other end does not read.
func stuff(t *testing.T, l *link) (n int) {
	t.Helper()
	l.conn.SetWriteBuffer(1)
	for {
		room, err := output{l}.Room(nil)
		if err != nil {
			t.Fatal(err)
		}
		if room == 0 && n > 16<<20 {
			return n
		}
		if room == 0 {
			woken := make(chan struct{}, 1)
			stop := output{l}.Watch(func() { woken <- struct{}{} })
			select {
			case <-woken:
			case <-time.After(100 * time.Millisecond): // the system's buffers are full
				stop()
				return n
			}
			stop()
			continue
		}
		k, err := output{l}.Write(nil, make([]byte, room))
		if n += k; err != nil {
			t.Fatal(err)
		}
	}
}

// TestLinger sends what was written after the guest has closed all, and gives up
// after a while.
func TestLinger(t *testing.T) {
	l, clock, there := linked(t)
	stuff(t, l)
	l.abandon()
	clock.WaitTimers(1)
	clock.Advance(linger - 1)
	if l.world.Handles() != 1 {
		t.Error("closed too early")
	}
	clock.Advance(1)
	if _, err := io.Copy(io.Discard, there); err != nil && codeOf(err) != connectionReset {
		t.Error(err)
	}
	if n := l.world.Handles(); n != 0 {
		t.Errorf("%d handles", n)
	}

	l, _, there = linked(t)
	n := stuff(t, l)
	l.abandon()
	if got, err := io.Copy(io.Discard, there); err != nil || got != int64(n) {
		t.Errorf("%d of %d bytes, %v", got, n, err)
	}
	l.conn.Read(make([]byte, 1)) // returns when it is closed
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.timer == nil || l.timer.Stop() {
		t.Error("a timer is left")
	}
}

// TestKilledLink closes a connection while it sends, as the end of a process does.
func TestKilledLink(t *testing.T) {
	l, _, there := linked(t)
	stuff(t, l)
	l.world.Close()
	io.Copy(io.Discard, there)
	l.abandon()
	sent := make(chan struct{})
	stop := l.idle.Watch(func() { close(sent) })
	<-sent
	stop()
	if _, err := (output{l}).Room(nil); err == nil {
		t.Error("it was sent")
	}
}

func TestShutdown(t *testing.T) {
	l, _, there := linked(t)
	in, out := input{l}, output{l}
	if _, err := there.Write([]byte("hello")); err != nil {
		t.Fatal(err)
	}
	woken := make(chan struct{})
	stop := in.Watch(func() { close(woken) })
	<-woken
	stop()
	l.shutdown(true, false)
	l.shutdown(true, false)
	if n, err := in.Read(nil, make([]byte, 10)); n != 0 || err != io.EOF {
		t.Error("what came before it is not discarded:", n, err)
	}
	if !in.Ready() {
		t.Error("a stream that is closed is not ready")
	}
	if _, err := out.Write(nil, []byte("bye")); err != nil {
		t.Error(err)
	}
	l.shutdown(false, true)
	if _, err := out.Write(nil, []byte("more")); err != files.Pipe {
		t.Error(err)
	}
	if b, err := io.ReadAll(there); err != nil || string(b) != "bye" {
		t.Errorf("%q, %v", b, err)
	}
	l.abandon()
	l.world.Close()
}

// TestHammer has a connection written, shut, left and closed at the same time.
func TestHammer(t *testing.T) {
	for i := range 50 {
		l, clock, there := linked(t)
		var wg sync.WaitGroup
		for _, do := range []func(){
			func() { output{l}.Write(nil, make([]byte, 1000)) }, l.abandon, func() { io.Copy(io.Discard, there) },
			func() { clock.Advance(linger) },
		} {
			wg.Go(do)
		}
		if i%2 == 0 {
			wg.Go(l.world.Close)
		}
		wg.Wait()
		l.world.Close()
		if n := l.world.Handles(); n != 0 {
			t.Fatalf("%d handles", n)
		}
	}
}

// TestBound has a socket that is bound refuse connections until it listens.
func TestBound(t *testing.T) {
	b, err := bindTCP(loopback)
	if err != nil {
		t.Fatal(err)
	}
	if b.at.Port() == 0 {
		t.Error("no port")
	}
	if _, err := net.Dial("tcp", b.at.String()); codeOf(err) != connectionRefused {
		t.Error(err)
	}
	l, err := b.listen(1)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	b.Close()
	if at := tcpAddr(l.Addr()); at != b.at {
		t.Errorf("it listens at %s, not %s", at, b.at)
	}
	from, err := bindTCP(loopback)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := from.connect(context.Background(), b.at)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if tcpAddr(conn.LocalAddr()) != from.at || tcpAddr(conn.RemoteAddr()) != b.at {
		t.Error(conn.LocalAddr(), conn.RemoteAddr())
	}
	accepted, err := l.AcceptTCP()
	if err != nil {
		t.Fatal(err)
	}
	accepted.Close()
	if _, err := bindTCP(b.at); codeOf(err) != addressInUse {
		t.Error(err)
	}
	if _, err := bindTCP(netip.MustParseAddrPort("192.0.2.1:0")); codeOf(err) != addressNotBindable {
		t.Error(err)
	}
}

// TestConnect has attempts that nobody answers end with their context, and one that
// is refused.
func TestConnect(t *testing.T) {
	b, err := bindTCP(loopback)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	ctx, cancel := context.WithCancel(context.Background())
	connect := func(to netip.AddrPort) error {
		from, err := bindTCP(loopback)
		if err != nil {
			return err
		}
		conn, err := from.connect(ctx, to)
		if err == nil {
			conn.Close()
		}
		return err
	}
	if err := connect(b.at); codeOf(err) != connectionRefused {
		t.Error(err)
	}
	l, err := b.listen(0) // nobody accepts: its queue is soon full
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	const attempts = 8
	errs := make(chan error, attempts)
	for range attempts {
		go func() { errs <- connect(tcpAddr(l.Addr())) }()
	}
	time.AfterFunc(50*time.Millisecond, cancel)
	for range attempts {
		if err := <-errs; err != nil && err != context.Canceled {
			t.Error(err)
		}
	}
	if err := connect(tcpAddr(l.Addr())); err != context.Canceled {
		t.Error(err)
	}
}

func TestCodes(t *testing.T) {
	for _, tt := range []struct {
		err  error
		want code
	}{
		{&network.Refused{Target: "x"}, accessDenied}, {fmt.Errorf("x: %w", invalidState), invalidState}, {network.ErrName, invalidArgument},
		{context.Canceled, connectionAborted}, {context.DeadlineExceeded, timeout}, {os.ErrDeadlineExceeded, timeout}, {errors.New("x"), unknown},
		{&net.DNSError{IsNotFound: true}, nameUnresolvable}, {&net.DNSError{IsTimeout: true}, temporaryResolverFailure}, {&net.DNSError{IsTemporary: true}, temporaryResolverFailure},
		{&net.DNSError{}, permanentResolverFailure}, {&net.OpError{Err: net.ErrClosed}, connectionAborted},
	} {
		if got := codeOf(tt.err); got != tt.want {
			t.Errorf("%v is %s, not %s", tt.err, got, tt.want)
		}
	}
	for kind := neterr.Other + 1; kind <= neterr.Invalid; kind++ {
		if systemCodes[kind] == unknown {
			t.Errorf("the system's errors of kind %d have no code", kind)
		}
	}
}

func TestAddresses(t *testing.T) {
	for _, text := range []string{"192.0.2.1:80", "0.0.0.0:0", "255.255.255.255:65535", "[2001:db8::1]:443", "[::]:0", "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:1"} {
		want := netip.MustParseAddrPort(text)
		got, err := addressOf(addressValue(want), family(want.Addr()))
		if err != nil || got != want {
			t.Errorf("%s becomes %s, %v", want, got, err)
		}
		if _, err := addressOf(addressValue(want), 1-family(want.Addr())); err != invalidArgument {
			t.Errorf("%s is of the other family: %v", want, err)
		}
		_, err = remoteOf(addressValue(want), family(want.Addr()))
		if (err == nil) == (want.Addr().IsUnspecified() || want.Port() == 0) {
			t.Errorf("%s as another's: %v", want, err)
		}
	}
	for _, mapped := range []string{"[::ffff:127.0.0.1]:80", "[::ffff:0.0.0.0]:0"} {
		if _, err := addressOf(addressValue(netip.MustParseAddrPort(mapped)), 1); err != invalidArgument {
			t.Errorf("%s: %v", mapped, err)
		}
	}
}

// datagrams gives a UDP socket that is bound, with a policy.
func datagrams(t *testing.T, allow ...string) *udp {
	t.Helper()
	p, err := network.New(allow)
	if err != nil {
		t.Fatal(err)
	}
	s := &udp{options: defaults, policy: p, world: new(world.World), users: 1, state: isBound}
	if err := s.bind(loopback); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// arrives waits for a datagram.
func (s *udp) arrives(t *testing.T) string {
	t.Helper()
	for !s.look() {
		woken := make(chan struct{})
		var once sync.Once
		stop := s.in.Watch(func() { once.Do(func() { close(woken) }) })
		<-woken
		stop()
	}
	if s.err != nil {
		t.Fatal(s.err)
	}
	d := s.kept
	s.kept = nil
	return d.data
}

// TestOptions gives the system's socket what was set, also what is the default.
func TestOptions(t *testing.T) {
	s := datagrams(t)
	for _, n := range []uint64{9, uint64(defaults.hops), 255} {
		setHopsTo(&s.options, n)
		setReceiveBuffer(&s.options, 10_000*n)
		setSendBuffer(&s.options, 1<<60)
		if err := s.apply(); err != nil {
			t.Fatal(err)
		}
		if s.options.send != maxBuffer {
			t.Error(s.options.send)
		}
		if got := hopsOf(t, s); got != int(n) {
			t.Errorf("%d hops, not %d", got, n)
		}
	}
}

// TestStrangers hears who may be sent to, those that it was sent to by a name, and
// anybody where the list has the socket's own address.
func TestStrangers(t *testing.T) {
	a, b := datagrams(t), datagrams(t)
	s := datagrams(t, a.at.String())
	for range 3 * maxDropped {
		if err := b.send("strange", s.at); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.send("known", s.at); err != nil {
		t.Fatal(err)
	}
	if got := s.arrives(t); got != "known" {
		t.Error(got)
	}
	s.meet(b.at)
	b.send("met", s.at)
	if got := s.arrives(t); got != "met" {
		t.Error(got)
	}
	for i := range 3 * maxMet {
		s.meet(netip.AddrPortFrom(loopback.Addr(), uint16(i+1)))
	}
	if len(s.met) > maxMet {
		t.Errorf("%d are remembered", len(s.met))
	}
	open := datagrams(t, "127.0.0.1/32")
	if !open.open || s.open {
		t.Error("open")
	}
}

// TestAssociation keeps the port that the system chose when it is undone.
func TestAssociation(t *testing.T) {
	a, s := datagrams(t), datagrams(t)
	for range 3 {
		if err := s.associate(a.at); err != nil {
			t.Fatal(err)
		}
		if err := s.associate(netip.AddrPort{}); err != nil {
			t.Fatal(err)
		}
		if err := a.send("x", s.at); err != nil {
			t.Fatal(err)
		}
		s.open = true
		if got := s.arrives(t); got != "x" {
			t.Error(got)
		}
	}
}

// TestWaiters has one goroutine for whoever watches, which ends with the socket.
func TestWaiters(t *testing.T) {
	s := datagrams(t)
	var stops []func()
	var woken sync.WaitGroup
	woken.Add(10)
	for range 10 {
		var once sync.Once
		stops = append(stops, s.in.Watch(func() { once.Do(woken.Done) }))
	}
	s.in.mu.Lock()
	if !s.in.waiting {
		t.Error("nobody waits")
	}
	s.in.mu.Unlock()
	s.Close()
	woken.Wait()
	for _, stop := range stops {
		stop()
	}
	if !(&incoming{end{udp: s}}).Ready() || !(&outgoing{end: end{udp: s}}).Ready() {
		t.Error("what is closed is not ready")
	}
	if err := s.send("x", loopback); codeOf(err) != connectionAborted {
		t.Error(err)
	}
}

// TestAwait has a poller that does not wait: the socket is looked at from time to time, until
// there is something, or it is closed.
func TestAwait(t *testing.T) {
	a, s := datagrams(t), datagrams(t)
	refused, looks := 0, 0
	refuse := func(func(uintptr) bool) error {
		refused++
		return errors.New("not pollable")
	}
	s.await(refuse, func(fd uintptr) bool {
		if looks++; looks == 3 {
			if err := a.send("x", s.at); err != nil {
				t.Error(err)
			}
		}
		return readable(fd)
	})
	if refused < 3 || looks != refused || !s.look() {
		t.Errorf("refused %d times, looked %d times", refused, looks)
	}
	s.Close()
	if s.await(refuse, readable); refused != looks+1 {
		t.Errorf("it goes on with a socket that is closed")
	}
}

func TestDatagramSize(t *testing.T) {
	a, s := datagrams(t), datagrams(t)
	s.open = true
	large := strings.Repeat("x", 65507)
	if err := a.send(large, s.at); err != nil {
		t.Fatal(err)
	}
	if s.arrives(t) != large {
		t.Error("it is cut")
	}
	for _, n := range []int{65508, 65535, 65536, 1 << 20} {
		if err := a.send(strings.Repeat("x", n), s.at); codeOf(err) != datagramTooLarge {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
	if err := a.send("x", netip.AddrPortFrom(broadcast, 9)); codeOf(err) != accessDenied && codeOf(err) != remoteUnreachable {
		t.Errorf("a broadcast: %v", err)
	}
}
