//go:build linux

package behaviour_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"wippy/mailbox"
	"wippy/runtime"
	"wippy/runtime/process"
)

// What hostile guests of WASI preview 1 try with files, streams and waits, by the
// node as it is: each ends in an error of the guest's or in a limit, and another
// process goes on. The guest is test/guests/src/hostile.c; what components try
// is in wasmhost/wasi/hostile_*_test.go.

// hostileMethods are those of the guest, an entry each.
var hostileMethods = []string{
	"escapes", "special", "loops", "names", "offsets", "deep", "whole", "lists", "handles", "renumbers",
	"prints", "swallows", "appends", "counts",
}

// hostile starts a node for hostile guests, which see the folder mount of dir as /.
// more is what their entries have besides.
func hostile(t *testing.T, dir, more string, opts ...runtime.Option) *node {
	t.Helper()
	text := `
namespace: app
entries:
- {name: binaries, kind: fs.directory, directory: ./wasm}
- {name: mount, kind: fs.directory, directory: ./mount}
- {name: main, kind: process.host}
- {name: processes, kind: process.host}
`
	for _, method := range hostileMethods {
		text += fmt.Sprintf(`- {name: %s, kind: process.wasm, fs: binaries, path: hostile.wasm, hash: "${hash:hostile}", method: %s,
   imports: [wasi:cli, wasi:io, wasi:filesystem], wasi: {mounts: [{fs: mount, guest: /}]}%s}
`, method, method, more)
	}
	for _, method := range []string{"sleep", "wait"} {
		text += fmt.Sprintf(`- {name: %s, kind: process.wasm, fs: binaries, path: preview1.wasm, hash: "${hash:preview1}", method: %s,
   imports: [wasi:cli, wasi:io, wasi:filesystem], wasi: {mounts: [{fs: mount, guest: /}]}}
`, method, method)
	}
	makeFiles(t, dir, map[string]string{"_index.yaml": text, "mount/file": "content", "mount/dir/file": "other", "secret": "secret"})
	complete(t, dir)
	return loadDir(t, dir, opts...).start()
}

func makeFiles(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, content := range files {
		name = filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

func makeLinks(t *testing.T, dir string, links map[string]string) {
	t.Helper()
	for name, target := range links {
		if err := os.Symlink(target, filepath.Join(dir, filepath.FromSlash(name))); err != nil {
			t.Fatal(err)
		}
	}
}

// answers shows that another process of the node does.
func (n *node) answers() {
	n.t.Helper()
	if v, err := n.Run(context.Background(), "app:counts", "app:processes", 1); err != nil || v[0].Any() != 2.0 {
		n.t.Errorf("the node does not answer: %v, %v", v, err)
	}
}

// gives runs an entry that must end normally and return a number, after which the
// node answers.
func (n *node) gives(want int64, entry string, args ...any) {
	n.t.Helper()
	e := n.exit(n.spawn("app:"+entry, "app:processes", args...))
	if e.Err != nil || len(e.Values) != 1 || whole(e.Values[0]) != want {
		n.t.Errorf("%s%v gives %v, %v; want %v", entry, args, e.Values, e.Err, want)
	}
	n.answers()
}

// whole gives a whole number of either kind.
func whole(v mailbox.Value) int64 {
	if v.Kind() == mailbox.KindInt {
		return v.Int()
	}
	return int64(v.Float())
}

func TestHostileEscapes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	n := hostile(t, dir, "")
	makeLinks(t, filepath.Join(dir, "mount"), map[string]string{
		"out": "../secret", "outdir": "..", "absolute": "/etc/passwd", "dir/up": "../../secret", "dir/upward": "../..", "chain": "dir/up",
	})
	n.gives(0, "escapes")
	text, err := os.ReadFile(filepath.Join(dir, "secret"))
	if err != nil || string(text) != "secret" {
		t.Errorf("the secret is %q, %v", text, err)
	}
	var names []string
	for _, pattern := range []string{"*", "mount/file", "mount/dir/file"} {
		found, _ := filepath.Glob(filepath.Join(dir, pattern))
		for _, name := range found {
			names = append(names, filepath.Base(name))
		}
	}
	if want := []string{"_index.yaml", "mount", "secret", "wasm", "file", "file"}; !slices.Equal(names, want) {
		t.Errorf("there are %q, want %q", names, want)
	}
}

func TestHostileSpecialFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	n := hostile(t, dir, "")
	specialFiles(t, filepath.Join(dir, "mount"))
	n.gives(0, "special")
}

func TestHostileLinkLoops(t *testing.T) {
	t.Parallel()
	hostile(t, t.TempDir(), "").gives(32, "loops")
}

func TestHostileLongNames(t *testing.T) {
	t.Parallel()
	hostile(t, t.TempDir(), "").gives(0, "names")
}

func TestHostileOffsets(t *testing.T) {
	t.Parallel()
	hostile(t, t.TempDir(), "").gives(0, "offsets")
}

// TestHostileDeepDirectories makes what is deeper than any path is long, by descriptors:
// the disk bounds that, and the descriptors that are open do not grow.
func TestHostileDeepDirectories(t *testing.T) {
	t.Parallel()
	const depth = 2500
	hostile(t, t.TempDir(), ", limits: {max_handles: 4}").gives(depth, "deep", depth)
}

// TestHostileSparseFile reads a file of a gibibyte of nothing with 64 KiB.
func TestHostileSparseFile(t *testing.T) {
	t.Parallel()
	const size = 1 << 30
	dir := t.TempDir()
	n := hostile(t, dir, ", limits: {max_memory: 1048576}")
	f, err := os.Create(filepath.Join(dir, "mount", "sparse"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := f.Truncate(size); err != nil {
		t.Skip("no sparse files here: ", err)
	}
	n.gives(size, "whole")
}

// TestHostileCrowdedDirectory lists a directory of 100,000 names while others come
// and go: each that stays is there once.
func TestHostileCrowdedDirectory(t *testing.T) {
	for _, tt := range []struct {
		name, place string
		names       int
	}{
		{"disk", "", 2000}, {"memory", "/dev/shm", 100_000}, // which a disk is slow to hold
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir, err := os.MkdirTemp(tt.place, "wippy-test-")
			if err != nil {
				t.Skip(err)
			}
			t.Cleanup(func() { os.RemoveAll(dir) })
			n := hostile(t, dir, "")
			crowd := filepath.Join(dir, "mount", "crowd")
			if err := os.Mkdir(crowd, 0o777); err != nil {
				t.Fatal(err)
			}
			for i := range tt.names {
				if err := os.Link(filepath.Join(dir, "mount", "file"), filepath.Join(crowd, fmt.Sprint("s", i))); err != nil {
					t.Fatal(err)
				}
			}
			defer comeAndGo(crowd)()
			n.gives(int64(tt.names), "lists")
		})
	}
}

// comeAndGo has names come and go in a directory until stop is called.
func comeAndGo(dir string) (stop func()) {
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
	return func() { close(ended); wg.Wait() }
}

// TestHostileHandles opens files, directories and listings without an end.
func TestHostileHandles(t *testing.T) {
	for _, limits := range []string{"", ", limits: {max_handles: 5}"} {
		n := hostile(t, t.TempDir(), limits)
		n.answers()
		before := open(t)
		for what := range 3 {
			e := n.spawn("app:handles", "app:processes", what).Exit()
			if e.Reason != mailbox.ReasonLimit || !strings.HasPrefix(e.Err.Message, "max_handles: ") {
				t.Errorf("%d: %s, %v", what, e.Reason, e.Err)
			}
			n.answers()
		}
		same(t, before)
	}
}

// TestHostileDescriptorsOfAll has guests take all descriptors that the system gives
// the node: they are told so, and who needs none goes on.
func TestHostileDescriptorsOfAll(t *testing.T) {
	n := hostile(t, t.TempDir(), "")
	n.answers()
	before := open(t)
	restore := fewDescriptors(t, 60)
	e := n.spawn("app:handles", "app:processes", 0).Exit()
	restore()
	if e.Err != nil || e.Values[0].Any() != 33.0 { // EMFILE
		t.Errorf("%v, %v", e.Values, e.Err)
	}
	n.answers()
	same(t, before)
}

// TestHostileRenumber opens, closes and renumbers at random.
func TestHostileRenumber(t *testing.T) {
	n := hostile(t, t.TempDir(), "")
	n.answers()
	before := open(t)
	e := n.spawn("app:renumbers", "app:processes", 20_000).Exit()
	if e.Err != nil {
		t.Fatal(e.Err)
	}
	if v := e.Values[0].Any().(float64); v < 1 || v > 40 {
		t.Errorf("%v were open", v)
	}
	n.answers()
	same(t, before)
}

// TestHostileAppends has many append to one file: what each wrote is whole.
func TestHostileAppends(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	n := hostile(t, dir, "")
	var guests []*runtime.Process
	for range 20 {
		guests = append(guests, n.spawn("app:appends", "app:processes", 50, 100))
	}
	for _, g := range guests {
		if e := g.Exit(); e.Err != nil || e.Values[0].Any() != 0.0 {
			t.Errorf("%v, %v", e.Values, e.Err)
		}
	}
	if s, err := os.Stat(filepath.Join(dir, "mount", "log")); err != nil || s.Size() != 20*50*100 {
		t.Errorf("%v, %v", s, err)
	}
}

// TestHostileEndlessInput swallows an input that never ends; a limit ends that.
func TestHostileEndlessInput(t *testing.T) {
	t.Parallel()
	n := hostile(t, t.TempDir(), ", limits: {max_fuel: 10000000}", runtime.WithExecutors(1),
		runtime.WithTerminal(&process.Terminal{Stdin: endless{}, Stdout: io.Discard, Stderr: io.Discard}))
	p := n.spawn("app:swallows", n.Terminal())
	n.answers()
	if e := p.Exit(); e.Reason != mailbox.ReasonLimit || !strings.HasPrefix(e.Err.Message, "max_fuel: ") {
		t.Errorf("%s, %v", e.Reason, e.Err)
	}
}

// endless is an input that has always more.
type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

// TestHostileOutputWithoutReader prints to what nobody reads any more.
func TestHostileOutputWithoutReader(t *testing.T) {
	t.Parallel()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	r.Close()
	n := hostile(t, t.TempDir(), "", runtime.WithTerminal(&process.Terminal{Stdin: strings.NewReader(""), Stdout: w, Stderr: w}))
	for fd := 1; fd <= 2; fd++ {
		if e := n.spawn("app:prints", n.Terminal(), fd, 5000).Exit(); e.Err != nil || e.Values[0].Any() != 64.0 { // EPIPE
			t.Errorf("%v, %v", e.Values, e.Err)
		}
		n.answers()
	}
}

// TestHostileOutputUnread prints to what is never read, with more processes than
// there are places for calls that block: files are still read and written.
func TestHostileOutputUnread(t *testing.T) {
	t.Parallel()
	r, w := io.Pipe()
	n := hostile(t, t.TempDir(), "", runtime.WithTerminal(&process.Terminal{Stdin: strings.NewReader(""), Stdout: w, Stderr: w}))
	var stuck []*runtime.Process
	for i := range 300 {
		stuck = append(stuck, n.spawn("app:prints", n.Terminal(), 1+i%2, 100))
	}
	for _, p := range stuck {
		n.waiting(p)
	}
	n.gives(0, "names")
	n.gives(0, "appends", 3, 3)
	exits := make(chan *mailbox.Exit, len(stuck))
	for _, p := range stuck {
		p.Terminate()
		go func() { exits <- p.Exit() }()
	}
	for i := range stuck {
		if i == len(stuck)-1 { // all but the one whose bytes are on their way are gone at once
			r.Close()
		}
		if e := <-exits; e.Reason != mailbox.ReasonKilled {
			t.Fatal(e.Reason, e.Err)
		}
	}
}

// TestHostileKilledAtWaits kills guests at each kind of wait, and counts the
// descriptors that the program has.
func TestHostileKilledAtWaits(t *testing.T) {
	ir, iw := io.Pipe()
	or, ow := io.Pipe()
	n := hostile(t, t.TempDir(), "", runtime.WithTerminal(&process.Terminal{Stdin: ir, Stdout: ow, Stderr: ow}))
	n.answers()
	before := open(t)
	for _, tt := range []struct {
		entry string
		args  []any
	}{
		{"sleep", []any{1_000_000_000}}, {"wait", []any{1_000_000_000}}, {"swallows", nil}, {"prints", []any{1, 100}},
	} {
		var many []*runtime.Process
		for range 10 {
			many = append(many, n.spawn("app:"+tt.entry, n.Terminal(), tt.args...))
		}
		for _, p := range many {
			n.waiting(p)
		}
		if tt.entry == "prints" { // what is on its way is awaited
			go io.Copy(io.Discard, or)
		}
		for _, p := range many {
			p.Terminate()
			if e := n.exit(p); e.Reason != mailbox.ReasonKilled {
				t.Errorf("%s: %s, %v", tt.entry, e.Reason, e.Err)
			}
		}
		n.answers()
	}
	iw.Close()
	or.Close()
	same(t, before)
}

// TestHostileArguments gives a guest more arguments than its memory has room for.
func TestHostileArguments(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	args := strings.Repeat("'"+strings.Repeat("x", 1000)+"', ", 1000)
	makeFiles(t, dir, map[string]string{"_index.yaml": `
namespace: app
entries:
- {name: binaries, kind: fs.directory, directory: ./wasm}
- {name: processes, kind: process.host}
- {name: counts, kind: process.wasm, fs: binaries, path: hostile.wasm, hash: "${hash:hostile}", method: counts}
- {name: words, kind: process.wasm, fs: binaries, path: preview1.wasm, hash: "${hash:preview1}", method: words,
   imports: [wasi:cli], wasi: {args: [` + args + `]}}
- {name: component, kind: process.wasm, fs: binaries, path: component/command.wasm, hash: "${hash:component/command}", method: run,
   imports: [wasi:cli, wasi:io], wasi: {args: [` + args + `]}}
`})
	complete(t, dir)
	n := loadDir(t, dir).start()
	n.gives(-1, "words") // it looks at the size
	e := n.spawn("app:component", "app:processes").Exit()
	if e.Reason != mailbox.ReasonError || !strings.Contains(e.Err.Message, "realloc return: beyond end of memory") {
		t.Errorf("%s, %v", e.Reason, e.Err)
	}
	n.answers()
}

// open counts the descriptors that the program has open.
func open(t *testing.T) int {
	t.Helper()
	names, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("the system does not tell what is open: ", err)
	}
	return len(names)
}

// same wants as many descriptors as there were when the node had answered first.
func same(t *testing.T, before int) {
	t.Helper()
	if now := open(t); now != before {
		t.Errorf("%d descriptors are open, there were %d", now, before)
	}
}

// specialFiles makes what is no file, as far as that may be made here.
func specialFiles(t *testing.T, dir string) {
	t.Helper()
	if err := unix.Mkfifo(filepath.Join(dir, "fifo"), 0o666); err != nil {
		t.Log(err)
	}
	if fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM, 0); err == nil {
		defer unix.Close(fd)
		if err := unix.Bind(fd, &unix.SockaddrUnix{Name: filepath.Join(dir, "socket")}); err != nil {
			t.Log(err)
		}
	}
	for name, minor := range map[string]uint32{"null": 3, "zero": 5} {
		if err := unix.Mknod(filepath.Join(dir, name), unix.S_IFCHR|0o666, int(unix.Mkdev(1, minor))); err != nil {
			t.Log(err)
		}
	}
}

// fewDescriptors lets the program open so many more; restore lets it have them all.
func fewDescriptors(t *testing.T, more int) (restore func()) {
	t.Helper()
	var was unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &was); err != nil {
		t.Fatal(err)
	}
	now := unix.Rlimit{Cur: uint64(open(t) + more), Max: was.Max}
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &now); err != nil {
		t.Skip(err)
	}
	return func() {
		if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &was); err != nil {
			t.Fatal(err)
		}
	}
}
