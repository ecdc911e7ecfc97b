package streams

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"go.uber.org/goleak"

	"wippy/runtime/process"
	"wippy/wasmhost/wasi/files"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// guest is the part of a Context that streams use.
type guest struct {
	process.Context
	terminal *process.Terminal
	log      bytes.Buffer
	awaits   int
	killed   bool // at the next Await, while its call runs
	urgent   atomic.Bool
	yields   int
}

func (g *guest) Urgent() *atomic.Bool { return &g.urgent }
func (g *guest) Yield()               { g.yields++ }

func (g *guest) Terminal() *process.Terminal { return g.terminal }
func (g *guest) Printed(int) int64           { return 0 }
func (g *guest) Limits() process.Limits      { return process.Limits{} }
func (g *guest) Checkpoint(uint64)           {}
func (g *guest) Logger() *slog.Logger        { return slog.New(slog.NewTextHandler(&g.log, nil)) }

func (g *guest) Await(f func(context.Context) error) error {
	g.awaits++
	if g.killed {
		process.Unwind()
	}
	return f(context.Background())
}

func (g *guest) Suspend(start func(wake func()), _ func()) {
	woken := make(chan struct{})
	start(func() { close(woken) })
	<-woken
}

func TestStdin(t *testing.T) {
	p := make([]byte, 4)
	g := &guest{}
	if n, err := Read(g, Stdin(g), p); n != 0 || err != io.EOF {
		t.Error(n, err)
	}
	r, w := io.Pipe()
	g.terminal = &process.Terminal{Stdin: r}
	in := Stdin(g)
	if n, err := in.Read(g, p); n != 0 || err != nil {
		t.Error(n, err)
	}
	go func() {
		io.WriteString(w, "longer")
		w.Close()
	}()
	var got string
	for {
		n, err := Read(g, in, p)
		if got += string(p[:n]); err == io.EOF {
			break
		}
		if err != nil || n == 0 {
			t.Fatal(n, err)
		}
	}
	if got != "longer" || !in.Ready() {
		t.Errorf("got %q", got)
	}
	if n, err := Read(g, in, nil); n != 0 || err != nil {
		t.Error("no room:", n, err)
	}
}

func TestStdout(t *testing.T) {
	g, o := &guest{}, &process.Output{}
	long := strings.Repeat("x", 2*process.MaxPrint+1)
	if n, err := Stdout(o).Write(g, []byte(long+"\n")); n != len(long)+1 || err != nil {
		t.Error(n, err)
	}
	if n, err := Stderr(o).Write(g, []byte("error\n")); n != 6 || err != nil || !strings.Contains(g.log.String(), "msg=error\n") {
		t.Error(n, err)
	}
	for cause, want := range map[error]files.Code{
		syscall.EPIPE: files.Pipe, fmt.Errorf("wrapped: %w", os.ErrClosed): files.Pipe, errors.New("broken"): files.IO, files.Quota: files.Quota,
	} {
		r, w := io.Pipe()
		r.CloseWithError(cause)
		g.terminal = &process.Terminal{Stdout: w}
		if n, err := Stdout(o).Write(g, []byte("x")); n != 0 || err != want {
			t.Errorf("%v: %d, %v", cause, n, err)
		}
	}
}

func open(t *testing.T, content string) (*files.File, string) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "f"), []byte(content), 0o666); err != nil {
		t.Fatal(err)
	}
	m, err := files.Open(dir, false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	root, err := m.Root()
	if err != nil {
		t.Fatal(err)
	}
	d, err := root.Open("f", 0, files.Read|files.Write)
	if err != nil {
		t.Fatal(err)
	}
	return d.(*files.File), filepath.Join(dir, "f")
}

func TestFileInput(t *testing.T) {
	content := strings.Repeat("0123456789", maxTransfer/4)
	f, _ := open(t, content)
	g := &guest{}
	in := &FileInput{File: f, At: 3}
	p := make([]byte, len(content))
	if n, err := Read(g, in, p); err != nil || string(p[:n]) != content[3:] {
		t.Error(n, err)
	}
	if n, err := Read(g, in, p); n != 0 || err != io.EOF {
		t.Error(n, err)
	}
	in.At = 1 << 63
	if n, err := Read(g, in, p); n != 0 || files.CodeOf(err) != files.Invalid {
		t.Error(n, err)
	}
	f.Close()
	if n, err := Read(g, &FileInput{File: f}, p); n != 0 || files.CodeOf(err) != files.BadDescriptor {
		t.Error(n, err)
	}
}

func TestFileOutput(t *testing.T) {
	f, name := open(t, "ab")
	g := &guest{}
	long := strings.Repeat("x", maxTransfer+1)
	out := &FileOutput{File: f, At: 1}
	if n, err := out.Write(g, []byte("c"+long)); n != len(long)+1 || err != nil || out.At != uint64(len(long)+2) {
		t.Error(n, err, out.At)
	}
	end := &FileOutput{File: f, Append: true}
	if n, err := end.Write(g, []byte("end")); n != 3 || err != nil {
		t.Error(n, err)
	}
	if got, err := os.ReadFile(name); err != nil || string(got) != "ac"+long+"end" {
		t.Error(len(got), err)
	}
	if n, at, err := AppendFile(g, f, []byte("s")); n != 1 || err != nil || at != uint64(len(long)+6) {
		t.Error(n, err, at)
	}
	f.Close()
	if n, err := out.Write(g, nil); n != 0 || files.CodeOf(err) != files.BadDescriptor {
		t.Error(n, err)
	}
}

func TestKilledWrite(t *testing.T) {
	f, _ := open(t, "")
	g := &guest{killed: true}
	defer func() {
		if !process.Unwinding(recover()) || g.awaits != 1 {
			t.Error("it goes on")
		}
	}()
	_, _ = WriteFile(g, f, []byte("x"), 0)
}

// TestLargeRead reads at once what takes longer than a slice: others run between
// its pieces.
func TestLargeRead(t *testing.T) {
	name := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(name, bytes.Repeat([]byte("x"), 10*maxTransfer), 0o600); err != nil {
		t.Fatal(err)
	}
	m, err := files.Open(filepath.Dir(name), true)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	d, err := m.Root()
	if err != nil {
		t.Fatal(err)
	}
	f, err := d.Open("f", 0, files.Read)
	if err != nil {
		t.Fatal(err)
	}
	g := &guest{}
	g.urgent.Store(true)
	p := make([]byte, 12*maxTransfer)
	if n, err := ReadFile(g, f.(*files.File), p, 0); n != 10*maxTransfer || err != nil {
		t.Error(n, err)
	}
	if g.yields < 9 {
		t.Errorf("it yields %d times", g.yields)
	}
}

// leaving is a process that is killed while it waits for the I/O pool.
type leaving struct {
	process.Context
	job func(context.Context) error // which the pool goes on with
}

func (l *leaving) Await(f func(context.Context) error) error {
	l.job = f
	panic("killed")
}

// TestAbandonedCalls has calls on the I/O pool outlive their process: by then the memory that
// they were for is another's.
func TestAbandonedCalls(t *testing.T) {
	f, name := open(t, "what the file holds")
	p := []byte("another's")
	var l leaving
	left := func(call func()) {
		t.Helper()
		defer func() {
			if recover() == nil || l.job == nil {
				t.Fatal("it did not wait")
			}
		}()
		call()
	}
	left(func() { readFile(&l, f, p, 0) })
	if err := l.job(t.Context()); err != nil || string(p) != "another's" {
		t.Errorf("the memory has %q (%v)", p, err)
	}
	l.job = nil
	copy(p, "the first")
	left(func() { WriteFile(&l, f, p, 0) })
	copy(p, "another's")
	if err := l.job(t.Context()); err != nil {
		t.Error(err)
	}
	if b, err := os.ReadFile(name); err != nil || !strings.HasPrefix(string(b), "the first") {
		t.Errorf("the file has %q (%v)", b, err)
	}
}
