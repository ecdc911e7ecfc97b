package behaviour_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"wippy/runtime"
)

// What the guest's functions give: 0, or one more than the number of an error-code.
const (
	reached      = 0.0
	accessDenied = 2.0  // of wasi:sockets
	httpDenied   = 16.0 // HTTP-request-denied
)

// TestNetworkPolicy goes from the entry to what its guest is told: a list allows some
// targets and refuses others, each with one line of the log that says what to write where.
func TestNetworkPolicy(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	datagrams, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer datagrams.Close()
	served := 0
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { served++ }))
	defer server.Close()
	tcp, udp, web := listener.Addr().String(), datagrams.LocalAddr().String(), server.Listener.Addr().String()
	port := func(address string) any {
		_, p, _ := net.SplitHostPort(address)
		var n int
		fmt.Sscan(p, &n)
		return n
	}

	dir := t.TempDir()
	text := `namespace: app
entries:
- {name: here, kind: fs.directory, directory: ./wasm}
- {name: processes, kind: process.host}
`
	lists := map[string]string{
		"open":    fmt.Sprintf("%q, %q, %q, localhost", tcp, udp, web),
		"closed":  `"allowed.test:1"`,
		"nothing": "",
	}
	lines := map[string]int{}
	for _, name := range []string{"open", "closed", "nothing"} {
		for _, what := range []string{"tcp", "udp", "name", "http"} {
			text += fmt.Sprintf(`- name: %s.%s
  kind: process.wasm
  fs: here
  path: component/wasi.wasm
  hash: "${hash:component/wasi}"
  method: reach-%[2]s
  imports: [wasi:cli, wasi:io, wasi:clocks, wasi:random, wasi:filesystem, wasi:sockets, wasi:http]
  wasi:
    network:
      allow: [%[3]s]
`, name, what, lists[name])
			lines[name+"."+what] = strings.Count(text, "\n")
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "_index.yaml"), []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	complete(t, dir)
	var log lockedBuffer
	n := loadDir(t, dir, runtime.WithLogger(slog.New(slog.NewTextHandler(&log, nil)))).start()

	for _, tt := range []struct {
		what, target string
		argument     any
		refused      float64
	}{
		{"tcp", tcp, port(tcp), accessDenied}, {"udp", udp, port(udp), accessDenied},
		{"name", "localhost", "LOCALHOST.", accessDenied}, {"http", web, web, httpDenied},
	} {
		for name := range lists {
			entry := name + "." + tt.what
			want := tt.refused
			if name == "open" {
				want = reached
			}
			for range 2 {
				v, err := n.Run(context.Background(), "app:"+entry, "app:processes", tt.argument)
				if err != nil || v[0].Any() != want {
					t.Errorf("%s gives %v, %v; want %g", entry, v, err, want)
				}
			}
			var said []string
			for line := range strings.Lines(log.String()) {
				if strings.Contains(line, "entry=app:"+entry+" ") {
					said = append(said, line)
				}
			}
			if name == "open" {
				if len(said) > 0 {
					t.Errorf("%s: %s", entry, said)
				}
				continue
			}
			write := fmt.Sprintf(`write="wasi: {network: {allow: [\"%s\"]}}"`, tt.target)
			at := fmt.Sprintf("at=%s:%d:14 ", "_index.yaml", lines[entry])
			if len(said) != 1 || !strings.Contains(said[0], "a guest may not reach "+tt.target) || !strings.Contains(said[0], write) || !strings.Contains(said[0], at) {
				t.Errorf("%s: the log has %q; want %s and %s once", entry, said, at, write)
			}
		}
	}
	b := make([]byte, 100)
	for range 2 {
		if k, _, err := datagrams.ReadFrom(b); err != nil || k != 4 {
			t.Errorf("a datagram has %d bytes, %v", k, err)
		}
	}
	if served != 2 {
		t.Errorf("the server had %d requests", served)
	}
}

// lockedBuffer is what several goroutines write to.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}
