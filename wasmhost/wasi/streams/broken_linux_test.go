package streams

import (
	"bytes"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"unsafe"

	"wippy/wasmhost/wasi/files"
)

// TestReadBrokenFile reads a file that cannot be read to its end: the program's own
// memory, of which a page is readable and the next one is not. What was read and
// why there is no more are both told, so that nobody takes that for the end.
func TestReadBrokenFile(t *testing.T) {
	page := os.Getpagesize()
	name := filepath.Join(t.TempDir(), "page")
	if err := os.WriteFile(name, bytes.Repeat([]byte("x"), page), 0o600); err != nil {
		t.Fatal(err)
	}
	backing, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer backing.Close()
	mapped, err := syscall.Mmap(int(backing.Fd()), 0, 2*page, syscall.PROT_READ, syscall.MAP_SHARED)
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Munmap(mapped)
	m, err := files.Open("/proc/self", true)
	if err != nil {
		t.Skip(err)
	}
	defer m.Close()
	d, err := m.Root()
	if err != nil {
		t.Fatal(err)
	}
	f, err := d.Open("mem", 0, files.Read)
	if err != nil {
		t.Skip(err)
	}
	g := &guest{}
	at := uint64(uintptr(unsafe.Pointer(&mapped[0])))
	p := make([]byte, 2*page)
	if n, err := ReadFile(g, f.(*files.File), p, at); n != page || err != files.IO {
		t.Errorf("%d bytes, %v", n, err)
	}
	in := &FileInput{File: f.(*files.File), At: at}
	if n, err := in.Read(g, p); n != page || err != nil {
		t.Errorf("a stream: %d bytes, %v", n, err)
	}
	if n, err := in.Read(g, p); n != 0 || err != files.IO {
		t.Errorf("a stream, behind them: %d bytes, %v", n, err)
	}
}
