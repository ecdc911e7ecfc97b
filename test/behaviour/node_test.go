package behaviour_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"wippy/luamod"
	"wippy/mailbox"
	"wippy/runtime"
	"wippy/runtime/process"
	"wippy/wasmhost/component"
)

// patience is how long a test waits for what should come at once.
const patience = time.Minute

// node is a started runtime whose time stands still until a test moves it.
type node struct {
	*runtime.Runtime
	t     testing.TB
	clock *process.ManualClock
}

// start loads an application of testdata and starts its node, which ends with
// the test.
func start(t testing.TB, app string, opts ...runtime.Option) *node {
	t.Helper()
	return load(t, app, opts...).start()
}

// start starts the node, which ends with the test.
func (n *node) start() *node {
	t := n.t
	t.Helper()
	if err := n.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := n.Stop(ctx, "the test is over", 0); err != nil {
			t.Error(err)
		}
	})
	return n
}

// load is start without Start.
func load(t testing.TB, app string, opts ...runtime.Option) *node {
	t.Helper()
	return loadDir(t, shared.unpack(t, app), append([]runtime.Option{runtime.WithCompilationCache(shared.cache())}, opts...)...)
}

// loadDir is load for an application that is in a directory already.
func loadDir(t testing.TB, dir string, opts ...runtime.Option) *node {
	t.Helper()
	n := &node{t: t, clock: process.NewManualClock(time.Unix(1_700_000_000, 0))}
	rt, err := runtime.New(append([]runtime.Option{
		runtime.WithClock(n.clock),
		runtime.WithModule(n.clockModule()),
	}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	n.Runtime = rt
	t.Cleanup(func() {
		if err := rt.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := rt.Load(dir); err != nil {
		t.Fatal(err)
	}
	return n
}

// clockModule lets scripts move the node's time: clock.wait(n) until n timers
// are set, clock.advance(seconds).
func (n *node) clockModule() luamod.Module {
	return luamod.Bind("clock", map[string]any{
		"wait":    n.clock.WaitTimers,
		"advance": func(seconds float64) { n.clock.Advance(time.Duration(seconds * float64(time.Second))) },
	})
}

var hashMark = regexp.MustCompile(`\$\{hash:([^}]*)\}`)

var methodsMark = regexp.MustCompile(`\$\{methods:([^}]*)\}`)

// entriesOf gives an entry for each function that a component exports, called by
// the interface, or the component where it is of none: "echoes.echo-bool".
func entriesOf(t testing.TB, binaries fs.FS, name string) []byte {
	t.Helper()
	binary, err := fs.ReadFile(binaries, name+".wasm")
	if err != nil {
		t.Fatal(err)
	}
	c, err := component.Read(binary)
	if err != nil {
		t.Fatal(err)
	}
	var text []byte
	add := func(iface, fn string) {
		of := path.Base(name)
		if iface != "" {
			of = path.Base(strings.SplitN(iface, "@", 2)[0])
		}
		entry := of + "." + strings.NewReplacer("[", "", "]", ".").Replace(fn)
		text = fmt.Appendf(text, "\n  - {name: %s, kind: process.wasm, fs: binaries, path: %s.wasm, hash: \"${hash:%s}\", method: %q}", entry, name, name, iface+fn)
	}
	for _, x := range c.Type.Exports() {
		if _, ok := x.Func(); ok {
			add("", x.Name)
		}
		if i, ok := x.Type.(*component.InstanceType); ok {
			for _, f := range i.Exports() {
				if _, ok := f.Func(); ok {
					add(x.Name+"#", f.Name)
				}
			}
		}
	}
	return text
}

// shared is what all tests have in common: none of them writes there.
var shared sharedDir

// sharedDir has the applications of testdata, and the code of their guests, for
// the several hundred nodes that tests start.
type sharedDir struct {
	dir  string // that TestMain makes
	mu   sync.Mutex
	apps map[string]bool // that were unpacked
}

// cache is where compiled code is kept.
func (s *sharedDir) cache() string { return filepath.Join(s.dir, "cache") }

// unpack gives a copy of an application of testdata.
func (s *sharedDir) unpack(t testing.TB, app string) string {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	dir := filepath.Join(s.dir, app)
	if s.apps[app] {
		return dir
	}
	unpack(t, app, dir)
	s.apps[app] = true
	return dir
}

// unpack copies an application of testdata into dir.
func unpack(t testing.TB, app, dir string) {
	t.Helper()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("testdata", app))); err != nil {
		t.Fatal(err)
	}
	complete(t, dir)
}

// loadOwn is load for a test that changes the application's files.
func loadOwn(t testing.TB, app string) *node {
	t.Helper()
	dir := t.TempDir()
	unpack(t, app, dir)
	return loadDir(t, dir)
}

// complete puts the guests' binaries into ./wasm of an application, and their
// hashes for ${hash:NAME} in its YAML.
func complete(t testing.TB, dir string) {
	t.Helper()
	binaries := os.DirFS(filepath.Join("..", "guests", "bin"))
	if err := os.CopyFS(filepath.Join(dir, "wasm"), binaries); err != nil {
		t.Fatal(err)
	}
	index := filepath.Join(dir, "_index.yaml")
	text, err := os.ReadFile(index)
	if err != nil {
		t.Fatal(err)
	}
	text = methodsMark.ReplaceAllFunc(text, func(mark []byte) []byte {
		return entriesOf(t, binaries, string(methodsMark.FindSubmatch(mark)[1]))
	})
	text = hashMark.ReplaceAllFunc(text, func(mark []byte) []byte {
		binary, err := fs.ReadFile(binaries, string(hashMark.FindSubmatch(mark)[1])+".wasm")
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(binary)
		return []byte("sha256:" + hex.EncodeToString(sum[:]))
	})
	if err := os.WriteFile(index, text, 0o666); err != nil {
		t.Fatal(err)
	}
}

// script runs Lua source as a process app:main in the group app:main, where it
// may require every module and the files of testdata/lib, and gives its exit.
func (n *node) script(name, source string, args ...any) *mailbox.Exit {
	n.t.Helper()
	prog, err := n.CompileScript(name, []byte(source), os.DirFS(filepath.Join("testdata", "lib")))
	if err != nil {
		n.t.Fatal(err)
	}
	p, err := n.SpawnProgram(context.Background(), prog, "app:main", "app:main", args...)
	if err != nil {
		n.t.Fatal(err)
	}
	return n.exit(p)
}

// spawn starts an entry of the application.
func (n *node) spawn(entry, group string, args ...any) *runtime.Process {
	n.t.Helper()
	p, err := n.Spawn(context.Background(), entry, group, args...)
	if err != nil {
		n.t.Fatal(err)
	}
	return p
}

// exit waits for a process's end.
func (n *node) exit(p *runtime.Process) *mailbox.Exit {
	n.t.Helper()
	late := time.NewTimer(patience)
	defer late.Stop()
	select {
	case <-p.Done():
		return p.Exit()
	case <-late.C:
		p.Terminate()
		n.t.Fatalf("process %s did not end", p.PID())
		return nil
	}
}

// failure describes an exit's error with where it came from; "" for a normal one.
func failure(e *mailbox.Exit) string {
	if e.Err == nil {
		return ""
	}
	return strings.Join(append([]string{string(e.Reason) + ": " + e.Err.Message}, e.Err.Trace...), "\n\t")
}
