package control

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	goruntime "runtime"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"wippy/mailbox"
	"wippy/runtime"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// runtimeDir makes a directory for the sockets of a test, whose path is short.
func runtimeDir(t *testing.T) string {
	t.Helper()
	place := ""
	if goruntime.GOOS == "darwin" {
		place = "/tmp"
	}
	dir, err := os.MkdirTemp(place, "wippy")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	t.Setenv(DirVariable, dir)
	return dir
}

// node is a started node that listens.
type node struct {
	*runtime.Runtime
	*Server
}

func start(t *testing.T, about Node) *node {
	t.Helper()
	rt, err := runtime.New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := rt.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := rt.Start(); err != nil {
		t.Fatal(err)
	}
	s, err := Listen(about)
	if err != nil {
		t.Fatal(err)
	}
	s.Serve(rt)
	t.Cleanup(s.Close)
	return &node{rt, s}
}

// spawn starts so many processes of a script, each of which says that it is there.
func (n *node) spawn(t *testing.T, script string, count int) []*runtime.Process {
	t.Helper()
	prog, err := n.CompileScript("test.lua", []byte(script), nil)
	if err != nil {
		t.Fatal(err)
	}
	ps := make([]*runtime.Process, count)
	for i := range ps {
		if ps[i], err = n.SpawnProgram(context.Background(), prog, "test.lua", runtime.DefaultGroup); err != nil {
			t.Fatal(err)
		}
	}
	return ps
}

// find gives the client of a node.
func (n *node) find(t *testing.T) *Client {
	t.Helper()
	clients, err := Nodes(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range clients {
		if c.Node.ID == n.ID() {
			return c
		}
	}
	t.Fatalf("%s is not among %v", n.ID(), clients)
	return nil
}

func TestProcesses(t *testing.T) {
	runtimeDir(t)
	n := start(t, Node{Command: "run test", App: "/srv/app", Version: "wippy 1"})
	ps := n.spawn(t, `process.receive()`, 3)
	if err := errors.Join(n.Register("a", ps[1].PID()), n.Register("b", ps[1].PID())); err != nil {
		t.Fatal(err)
	}
	c := n.find(t)
	if c.Node.Command != "run test" || c.Node.App != "/srv/app" || c.Node.Version != "wippy 1" || c.Node.Processes != 3 || c.Node.Stopping {
		t.Errorf("the node is %+v", c.Node)
	}
	var got []*Process
	about, err := c.Processes(t.Context(), func(p *Process) error { got = append(got, p); return nil })
	if err != nil || about.ID != n.ID() || len(got) != len(ps) {
		t.Fatalf("%d processes of %+v, %v", len(got), about, err)
	}
	for i, p := range got {
		if p.PID != string(ps[i].PID()) || p.Entry != "test.lua" || p.Group != runtime.DefaultGroup {
			t.Errorf("process %d is %+v", i, p)
		}
	}
	if names := strings.Join(got[1].Names, " "); names != "a b" || got[0].Names == nil {
		t.Errorf("the names are %q", names)
	}
	stop := errors.New("enough")
	if _, err := c.Processes(t.Context(), func(*Process) error { return stop }); err != stop {
		t.Errorf("got %v", err)
	}
}

func TestTerminateAndCancel(t *testing.T) {
	runtimeDir(t)
	n := start(t, Node{})
	c := n.find(t)
	ps := n.spawn(t, `return process.receive(nil, {type = "CANCEL"}).reason`, 3)
	if err := n.Register("named", ps[2].PID()); err != nil {
		t.Fatal(err)
	}
	if err := c.Terminate(t.Context(), string(ps[0].PID())); err != nil {
		t.Error(err)
	}
	if e := ps[0].Exit(); e.Reason != mailbox.ReasonKilled {
		t.Errorf("it ended as %s", e.Reason)
	}
	for i, dest := range map[int]string{1: string(ps[1].PID()), 2: "named"} {
		if err := c.Cancel(t.Context(), dest, "it is late", time.Minute); err != nil {
			t.Error(err)
		}
		if e := ps[i].Exit(); e.Reason != mailbox.ReasonNormal || e.Values[0].Str() != "it is late" {
			t.Errorf("%s ended as %+v", dest, e)
		}
	}
	for _, dest := range []string{string(ps[0].PID()), "named", "", "<1.1.999>"} {
		if err := c.Terminate(t.Context(), dest); !errors.Is(err, mailbox.NoProc) {
			t.Errorf("%q: %v", dest, err)
		}
		if err := c.Cancel(t.Context(), dest, "", 0); !errors.Is(err, mailbox.NoProc) {
			t.Errorf("%q: %v", dest, err)
		}
	}
	if err := c.Cancel(t.Context(), "named", strings.Repeat("x", maxRequest), 0); !errors.Is(err, mailbox.Invalid) {
		t.Errorf("a long reason: %v", err)
	}
}

// TestSeveralNodes has two nodes on one machine, here even in one program.
func TestSeveralNodes(t *testing.T) {
	dir := runtimeDir(t)
	one, two := start(t, Node{Command: "one"}), start(t, Node{Command: "two"})
	one.spawn(t, `process.receive()`, 1)
	clients, err := Nodes(t.Context())
	if err != nil || len(clients) != 2 || one.ID() == two.ID() {
		t.Fatalf("%v, %v", clients, err)
	}
	if a, b := one.find(t).Node, two.find(t).Node; a.Command != "one" || a.Processes != 1 || b.Command != "two" || b.Processes != 0 {
		t.Errorf("%+v, %+v", a, b)
	}
	one.Server.Close()
	one.Server.Close() // again does nothing
	if clients, err := Nodes(t.Context()); err != nil || len(clients) != 1 || clients[0].Node.ID != two.ID() {
		t.Errorf("%v, %v", clients, err)
	}
	if paths, err := sockets(dir); err != nil || len(paths) != 1 {
		t.Errorf("%q, %v", paths, err)
	}
}

// stale makes a socket that its node left behind, so old.
func stale(t *testing.T, dir, name string, age time.Duration) string {
	t.Helper()
	path := filepath.Join(dir, name+socketExt)
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	l.SetUnlinkOnClose(false)
	l.Close()
	then := time.Now().Add(-age)
	if err := os.Chtimes(path, then, then); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestStaleSockets(t *testing.T) {
	dir := runtimeDir(t)
	old := stale(t, dir, "1-old", time.Minute)
	fresh := stale(t, dir, "2-fresh", 0) // whose node is about to listen, for all one knows
	other := filepath.Join(dir, "3.sock")
	if err := os.WriteFile(other, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	n := start(t, Node{})
	if clients, err := Nodes(t.Context()); err != nil || len(clients) != 1 || clients[0].Node.ID != n.ID() {
		t.Errorf("%v, %v", clients, err)
	}
	if _, err := os.Lstat(old); !os.IsNotExist(err) {
		t.Errorf("the stale socket: %v", err)
	}
	for _, path := range []string{fresh, other} {
		if _, err := os.Lstat(path); err != nil {
			t.Error(err)
		}
	}
}

// TestStaleCrowd has a new node remove what many before it left.
func TestStaleCrowd(t *testing.T) {
	dir := runtimeDir(t)
	for i := range crowded {
		stale(t, dir, fmt.Sprint(i), time.Minute)
	}
	start(t, Node{})
	start(t, Node{})
	if paths, err := sockets(dir); err != nil || len(paths) != 2 {
		t.Errorf("%q, %v", paths, err)
	}
}

// dial connects to a node as something that is no Client.
func (n *node) dial(t *testing.T) net.Conn {
	t.Helper()
	conn, err := net.Dial("unix", n.Path())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func TestBadRequests(t *testing.T) {
	runtimeDir(t)
	n := start(t, Node{})
	for name, c := range map[string]struct{ request, want string }{
		"none":           {"", "has no end"},
		"half of one":    {`{"v":1,`, "has no end"},
		"no JSON":        {"GET / HTTP/1.1\r\n", "is one line of JSON"},
		"an array":       {"[1]\n", "is one line of JSON"},
		"no version":     {`{"op":"node"}` + "\n", `needs \"v\": 1`},
		"later version":  {`{"v":2,"op":"node","new":5}` + "\n", "speaks version 1 of the control protocol, not 2"},
		"no operation":   {`{"v":1,"op":"format"}` + "\n", `there is no operation \"format\"`},
		"unknown field":  {`{"v":1,"op":"terminate","all":true}` + "\n", "unknown field"},
		"negative grace": {`{"v":1,"op":"cancel","dest":"x","grace_ms":-1}` + "\n", "a grace of -1 ms"},
		"long grace":     {`{"v":1,"op":"cancel","dest":"x","grace_ms":9223372036854775807}` + "\n", "a grace of 9223372036854775807 ms"},
		"oversize":       {`{"v":1,"op":"` + strings.Repeat("x", 1<<20) + `"}` + "\n", "a request may have 4096 bytes"},
		"endless":        {strings.Repeat("x", 1<<20), "a request may have 4096 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			conn := n.dial(t).(*net.UnixConn)
			sent := make(chan struct{})
			go func() {
				defer close(sent)
				_, _ = io.WriteString(conn, c.request) // it may be refused before it is all sent
				_ = conn.CloseWrite()
			}()
			answer, err := io.ReadAll(conn)
			<-sent
			if err != nil || !strings.Contains(string(answer), `"error"`) || !strings.Contains(string(answer), c.want) || strings.Count(string(answer), "\n") != 1 {
				t.Errorf("%v, %s, want %s", err, answer, c.want)
			}
		})
	}
	n.find(t) // it lives
}

// TestSlowClients has clients that neither ask nor take, more than are served at
// once: the node goes on, and ends.
func TestSlowClients(t *testing.T) {
	runtimeDir(t)
	n := start(t, Node{})
	n.spawn(t, `process.receive()`, 2000) // more than the system buffers
	var conns []net.Conn
	for i := range maxConns - 1 {
		conn := n.dial(t)
		conns = append(conns, conn)
		if i%2 == 0 { // it asks, and takes nothing
			if err := json.NewEncoder(conn).Encode(request{Version: Version, Op: opProcesses}); err != nil {
				t.Fatal(err)
			}
		}
	}
	n.find(t) // somebody else is served meanwhile
	waiting := n.dial(t)
	n.Server.Close()
	for _, conn := range append(conns, waiting) {
		if _, err := io.Copy(io.Discard, conn); err != nil && errors.Is(err, os.ErrDeadlineExceeded) {
			t.Error(err)
		}
	}
}

// TestDeadlines shows that a client which does not ask is given up: many of them
// only delay others.
func TestDeadlines(t *testing.T) {
	runtimeDir(t)
	n := start(t, Node{})
	for range maxConns {
		n.dial(t)
	}
	late := n.dial(t)
	if err := json.NewEncoder(late).Encode(request{Version: Version, Op: opNode}); err != nil {
		t.Fatal(err)
	}
	if err := late.SetReadDeadline(time.Now().Add(10 * askWithin)); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(late).ReadString('\n'); err != nil || !strings.Contains(line, n.ID()) {
		t.Errorf("%q, %v", line, err)
	}
}

// TestSilentNode has a node that takes connections and says nothing, or nonsense:
// the others are found all the same.
func TestSilentNode(t *testing.T) {
	dir := runtimeDir(t)
	for name, answer := range map[string]string{"silent": "", "mad": "42\n", "half": `{"node":{"id":"half"}}` + "\n", "long": strings.Repeat("x", 2*maxLine)} {
		l, err := net.Listen("unix", filepath.Join(dir, name+"-1"+socketExt))
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		go func() {
			for {
				conn, err := l.Accept()
				if err != nil {
					return
				}
				go func() {
					defer conn.Close()
					if answer == "" {
						_, _ = io.Copy(io.Discard, conn) // until the other end gives up
						return
					}
					_, _ = bufio.NewReader(conn).ReadString('\n')
					_, _ = io.WriteString(conn, answer)
				}()
			}
		}()
	}
	n := start(t, Node{})
	clients, err := Nodes(t.Context())
	if len(clients) != 1 || clients[0].Node.ID != n.ID() {
		t.Errorf("found %v", clients)
	}
	for _, want := range []string{
		"the node silent does not answer: it took too long", "the node mad does not answer: the node's answer makes no sense",
		"the node half does not answer: the node's answer has no end", "the node long does not answer: ",
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if clients, err := Nodes(ctx); err == nil || len(clients) != 0 {
		t.Errorf("%v, %v", clients, err)
	}
}
