package wasi_test

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"wippy/mailbox"
	"wippy/runtime/process"
	"wippy/wasmhost/wasi/files"
	"wippy/wasmhost/wasi/world"
)

// What hostile components try with files and streams; for guests of preview 1 see
// test/behaviour/hostile_test.go.

// TestHostileEscapes leaves a mount by every function that takes a path.
func TestHostileEscapes(t *testing.T) {
	top := t.TempDir()
	dir := filepath.Join(top, "mount")
	for _, folder := range []string{"mount/dir", "outside"} {
		if err := os.MkdirAll(filepath.Join(top, filepath.FromSlash(folder)), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"secret", "mount/file"} {
		if err := os.WriteFile(filepath.Join(top, filepath.FromSlash(name)), []byte(name), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for name, target := range map[string]string{"out": "../secret", "outdir": "..", "absolute": "/etc/passwd", "dir/up": "../../secret", "chain": "dir/up"} {
		if err := os.Symlink(target, filepath.Join(dir, filepath.FromSlash(name))); err != nil {
			t.Skip(err)
		}
	}
	run(t, withDir(t, dir), func(g *guest) {
		d := root(g)
		sub := open(g, d, "dir", []string{"directory"}, []string{"read", "mutate-directory"})
		g.call(descriptor+"symlink-at", d, str("../secret"), str("own"))
		for _, tt := range []struct {
			from  mailbox.Value
			paths []string
		}{
			{d, []string{
				"../secret", "dir/../../secret", "/etc/passwd", "outdir/secret", "./dir/.././../secret", "..", "//etc/passwd", "../mount/file",
				"out", "outdir/", "absolute", "dir/up", "chain", "own",
			}},
			{sub, []string{"../file", "../../secret", "up", ".."}},
		} {
			for _, path := range tt.paths {
				from, p := tt.from, str(path)
				for _, how := range [][]string{nil, {"create"}, {"directory"}, {"truncate"}} {
					if _, failed := g.try(descriptor+"open-at", from, follow, p, flags(how...), flags("read")); !failed {
						t.Errorf("%s opens with %q", path, how)
					}
				}
				for name, args := range map[string][]mailbox.Value{
					"stat-at": {from, follow, p}, "metadata-hash-at": {from, follow, p}, "set-times-at": {from, follow, p, str("now"), str("now")},
					"create-directory-at": {from, p}, "link-at": {from, follow, p, d, str("linked")},
				} {
					g.fails(refusal(name, path), descriptor+name, args...)
				}
				if path == "dir/up" || !strings.Contains(path, "/") && path != ".." {
					continue // a link within the mount, which may be removed and moved
				}
				for name, args := range map[string][]mailbox.Value{
					"unlink-file-at": {from, p}, "remove-directory-at": {from, p}, "rename-at": {from, p, d, str("moved")},
					"symlink-at": {from, str("file"), p}, "readlink-at": {from, p},
				} {
					if _, failed := g.try(descriptor+name, args...); !failed {
						t.Errorf("%s works with %s", name, path)
					}
				}
			}
		}
	})
	if b, err := os.ReadFile(filepath.Join(top, "secret")); err != nil || string(b) != "secret" {
		t.Errorf("%q, %v", b, err)
	}
	if names, err := os.ReadDir(top); err != nil || len(names) != 3 {
		t.Errorf("%v, %v", names, err)
	}
}

// refusal is what a function answers for a path out of the mount.
func refusal(name, path string) files.Code {
	if name == "create-directory-at" && !strings.Contains(path, "..") && path[0] != '/' && path != "outdir/secret" {
		return files.Exist // there is a link
	}
	return files.NotPermitted
}

// TestHostileRealloc has a realloc go wrong. What the host had opened for the guest
// is closed.
func TestHostileRealloc(t *testing.T) {
	plan := planOf(t, "hostile_realloc")
	for mode, tt := range []struct {
		name, message string
		reason        mailbox.Reason
		limits        process.Limits
	}{
		{"outside", "realloc return", mailbox.ReasonError, process.Limits{}},
		{"misaligned", "realloc return: result not aligned", mailbox.ReasonError, process.Limits{}},
		{"traps", "unreachable", mailbox.ReasonError, process.Limits{}},
		{"calls the host", "cannot leave component instance", mailbox.ReasonError, process.Limits{}},
		{"endless", "max_fuel: ", mailbox.ReasonLimit, process.Limits{MaxFuel: 1_000_000}},
		{"grows", "", mailbox.ReasonLimit, process.Limits{MaxMemory: 64 << 20}},
		{"same place", "max_handles: ", mailbox.ReasonLimit, process.Limits{}},
		{"recursion", "call stack exhausted", mailbox.ReasonError, process.Limits{}},
		{"nothing", "", mailbox.ReasonNormal, process.Limits{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := withDir(t, t.TempDir())
			s.plan, s.limits = plan, tt.limits
			times := 1_000_000
			if tt.reason == mailbox.ReasonNormal {
				times = 3
			}
			e := start(t, s, func(g *guest) { g.call("run", num(mode), num(times)) }).wait()
			if e.Reason != tt.reason || e.Err != nil && !strings.Contains(e.Err.Message, tt.message) {
				t.Errorf("%s: %v", e.Reason, e.Err)
			}
		})
	}
}

// TestHostileReallocKilled kills a guest within an endless realloc.
func TestHostileReallocKilled(t *testing.T) {
	s := withDir(t, t.TempDir())
	s.plan = planOf(t, "hostile_realloc")
	began := make(chan struct{})
	st := start(t, s, func(g *guest) { close(began); g.call("run", num(4), num(1)) })
	<-began
	if err := st.sched.Terminate(st.pid); err != nil {
		t.Error(err)
	}
	if e := st.wait(); e.Reason != mailbox.ReasonKilled {
		t.Errorf("%s: %v", e.Reason, e.Err)
	}
}

// TestHostileHandles takes as much as there is of everything that the host keeps for
// a guest: max_handles bounds each.
func TestHostileHandles(t *testing.T) {
	for name, make := range map[string]func(g *guest) func(){
		"files": func(g *guest) func() { d := root(g); return func() { open(g, d, "f", create, readWrite) } },
		"directories": func(g *guest) func() {
			d := root(g)
			return func() { open(g, d, ".", nil, nil) }
		},
		"mounts":   func(g *guest) func() { return func() { g.call("preopens-get-directories") } },
		"listings": func(g *guest) func() { d := root(g); return func() { g.call(descriptor+"read-directory", d) } },
		"input streams": func(g *guest) func() {
			f := open(g, root(g), "f", create, readWrite)
			return func() { g.call(descriptor+"read-via-stream", f, num(0)) }
		},
		"output streams": func(g *guest) func() {
			f := open(g, root(g), "f", create, readWrite)
			return func() { g.call(descriptor+"write-via-stream", f, num(0)) }
		},
		"standard input": func(g *guest) func() { return func() { g.call("stdin-get-stdin") } },
		"pollables": func(g *guest) func() {
			return func() { g.call("monotonic-clock-subscribe-duration", num(1)) }
		},
		"pollables of a stream": func(g *guest) func() {
			in := g.call("stdin-get-stdin")
			return func() { g.call("streams-input-stream-subscribe", in) }
		},
		"errors": func(g *guest) func() {
			f := open(g, root(g), "f", create, readWrite)
			return func() {
				in := g.call(descriptor+"read-via-stream", f, mailbox.Uint(1<<64-1))
				g.lastFailed("streams-input-stream-read", in, num(1))
				g.drop(in)
			}
		},
		"fields": func(g *guest) func() { return func() { g.call("http-types-fields") } },
		"requests": func(g *guest) func() {
			return func() { g.call("http-types-outgoing-request", g.call("http-types-fields")) }
		},
	} {
		t.Run(name, func(t *testing.T) {
			for _, limit := range []int64{0, 10} {
				s := withDir(t, t.TempDir())
				s.limits.MaxHandles = limit
				s.terminal = &process.Terminal{Stdin: strings.NewReader("")}
				e := start(t, s, func(g *guest) {
					more := make(g)
					for range 1_000_000 {
						more()
					}
				}).wait()
				if e.Reason != mailbox.ReasonLimit || !strings.HasPrefix(e.Err.Message, "max_handles: the process holds") {
					t.Errorf("%s: %v", e.Reason, e.Err)
				}
			}
		})
	}
}

// TestHostileSparseFile reads a file of a gibibyte of nothing, asking for all of it: one
// call gives no more than its bound.
func TestHostileSparseFile(t *testing.T) {
	const size = 1 << 30
	dir := t.TempDir()
	f, err := os.Create(filepath.Join(dir, "sparse"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := f.Truncate(size); err != nil {
		t.Skip(err)
	}
	s := withDir(t, dir)
	s.limits.MaxMemory = 64 << 20
	run(t, s, func(g *guest) {
		f := open(g, root(g), "sparse", nil, reading)
		for _, at := range []int{0, size / 2, size - 1<<20} {
			r := g.call(descriptor+"read", f, mailbox.Uint(1<<64-1), num(at)).Table().List
			if n := len(r[0].Str()); n != 1<<20 || r[1].Bool() {
				t.Errorf("%d bytes at %d, the end %t", n, at, r[1].Bool())
			}
		}
		in := g.call(descriptor+"read-via-stream", f, num(size-100))
		if n := len(g.call("streams-input-stream-read", in, mailbox.Uint(1<<64-1)).Str()); n != 100 {
			t.Errorf("%d bytes of a stream", n)
		}
		out := g.call(descriptor+"write-via-stream", open(g, root(g), "copy", create, readWrite), num(0))
		in = g.call(descriptor+"read-via-stream", f, num(0))
		if n := number(g.call("streams-output-stream-splice", out, in, mailbox.Uint(1<<64-1))); n != 64<<10 {
			t.Errorf("%d bytes spliced", n)
		}
	})
}

// TestHostileSizes uses sizes and offsets that no file has.
func TestHostileSizes(t *testing.T) {
	const most = 1<<63 - 1
	run(t, withDir(t, t.TempDir()), func(g *guest) {
		f := open(g, root(g), "f", create, readWrite)
		for _, at := range []uint64{1 << 63, 1<<64 - 1} {
			g.fails(files.Invalid, descriptor+"read", f, num(1), mailbox.Uint(at))
			g.fails(files.Invalid, descriptor+"write", f, str("x"), mailbox.Uint(at))
			g.fails(files.Invalid, descriptor+"advise", f, mailbox.Uint(at), mailbox.Uint(at), str("normal"))
			g.fails(files.FileTooLarge, descriptor+"set-size", f, mailbox.Uint(at))
			g.lastFailed("streams-input-stream-blocking-read", g.call(descriptor+"read-via-stream", f, mailbox.Uint(at)), num(1))
			g.lastFailed("streams-output-stream-blocking-write-and-flush", g.call(descriptor+"write-via-stream", f, mailbox.Uint(at)), str("x"))
		}
		g.want(g.call(descriptor+"read", f, mailbox.Uint(1<<64-1), mailbox.Uint(most)), `["",true]`)
		g.fails(files.FileTooLarge, descriptor+"write", f, str("xy"), mailbox.Uint(most-1))
		g.want(g.call(descriptor+"write", f, str(""), mailbox.Uint(most)), `0`)
		g.want(field(g.call(descriptor+"stat", f), "size"), `0`)
	})
}

// TestHostileNames uses a name of 64 KiB, and one that is too long for the system.
func TestHostileNames(t *testing.T) {
	run(t, withDir(t, t.TempDir()), func(g *guest) {
		d := root(g)
		open(g, d, "f", create, readWrite)
		for _, n := range []int{256, 64 << 10} {
			long := str(strings.Repeat("x", n))
			for name, args := range map[string][]mailbox.Value{
				"open-at": {d, follow, long, flags("create"), flags("write")}, "stat-at": {d, follow, long}, "create-directory-at": {d, long},
				"link-at": {d, follow, str("f"), d, long}, "rename-at": {d, str("f"), d, long}, "symlink-at": {d, str("f"), long},
				"unlink-file-at": {d, long}, "remove-directory-at": {d, long}, "readlink-at": {d, long}, "metadata-hash-at": {d, noFollow, long},
				"set-times-at": {d, noFollow, long, str("now"), str("now")},
			} {
				g.fails(files.NameTooLong, descriptor+name, args...)
			}
		}
	})
}

// TestHostileCrowdedDirectory lists a directory while names come and go in it: each
// that stays is there once.
func TestHostileCrowdedDirectory(t *testing.T) {
	dir, err := os.MkdirTemp("/dev/shm", "wippy-test-")
	names := 30_000
	if err != nil { // a disk is slow to hold so many
		dir, names = t.TempDir(), 2000
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	for i := range names {
		name := filepath.Join(dir, fmt.Sprint("s", i))
		if i > 0 {
			err = os.Link(filepath.Join(dir, "s0"), name)
		} else {
			err = os.WriteFile(name, nil, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	ended := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-ended:
				return
			default:
			}
			name := filepath.Join(dir, fmt.Sprint("x", i%100))
			if os.Mkdir(name, 0o777) != nil {
				os.Remove(name)
			}
		}
	})
	run(t, withDir(t, dir), func(g *guest) {
		const next = "types-directory-entry-stream-read-directory-entry"
		seen := map[string]int{}
		s := g.call(descriptor+"read-directory", root(g))
		for e := g.call(next, s); !e.IsNil(); e = g.call(next, s) {
			if name := field(e, "name").Str(); name[0] == 's' {
				seen[name]++
			}
		}
		for i := range names {
			if n := seen[fmt.Sprint("s", i)]; n != 1 {
				t.Fatalf("s%d is there %d times", i, n)
			}
		}
	})
	close(ended)
	wg.Wait()
}

// TestHostileOutputGone writes after the reader left.
func TestHostileOutputGone(t *testing.T) {
	r, w := io.Pipe()
	r.Close()
	run(t, setup{terminal: &process.Terminal{Stdout: w}}, func(g *guest) {
		out := g.call("stdout-get-stdout")
		g.closed("streams-output-stream-blocking-write-and-flush", out, str("x"))
		for range 3 {
			g.closed("streams-output-stream-check-write", out)
			g.closed("streams-output-stream-blocking-write-and-flush", out, str("x"))
		}
		g.closed("streams-output-stream-blocking-write-and-flush", g.call("stdout-get-stdout"), str("x"))
	})
}

// TestHostileEndlessInput splices an input that never ends to an output, until a
// limit ends that.
func TestHostileEndlessInput(t *testing.T) {
	s := setup{terminal: &process.Terminal{Stdin: zeros{}, Stdout: io.Discard}, limits: process.Limits{MaxOutput: 10 << 20}}
	e := start(t, s, func(g *guest) {
		in, out := g.call("stdin-get-stdin"), g.call("stdout-get-stdout")
		for {
			g.call("streams-output-stream-blocking-splice", out, in, mailbox.Uint(1<<64-1))
		}
	}).wait()
	if e.Reason != mailbox.ReasonLimit || !strings.HasPrefix(e.Err.Message, "max_output: ") {
		t.Errorf("%s: %v", e.Reason, e.Err)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

// TestHostileWorld has arguments and an environment that are large, and not text.
func TestHostileWorld(t *testing.T) {
	large := strings.Repeat("x", 1<<20)
	var env []world.Variable
	for i := range 10_000 {
		env = append(env, world.Variable{Name: fmt.Sprint("N", i), Value: "v"})
	}
	s := setup{config: world.Config{Name: "x.wasm", Args: []string{large, strings.Repeat("\xff", 1000)}, CWD: "/" + large}, env: env}
	run(t, s, func(g *guest) {
		if a := g.call("environment-get-arguments").Table().List; len(a) != 3 || a[1].Str() != large || a[2].Str() != "\uFFFD" {
			t.Error("the arguments are not there")
		}
		if n := len(g.call("environment-get-environment").Table().List); n != len(env) {
			t.Errorf("%d variables", n)
		}
	})
	s.limits.MaxMemory = 1 << 16
	e := start(t, s, func(g *guest) { g.call("environment-get-arguments") }).wait()
	if e.Reason == mailbox.ReasonNormal {
		t.Errorf("%s: %v", e.Reason, e.Err)
	}
}
