package files

import (
	"runtime"
	"testing"
)

// TestReadCached reads what was just written, and so is in memory.
func TestReadCached(t *testing.T) {
	both(t, func(t *testing.T, open func(string, bool) *Mount) {
		dir := t.TempDir()
		f := openFile(t, root(t, open(dir, false)), "f", Create, Read|Write)
		if _, err := f.WriteAt([]byte("content"), 0); err != nil {
			t.Fatal(err)
		}
		p := make([]byte, 10)
		n, ok := f.ReadCachedAt(p, 3)
		switch {
		case ok && string(p[:n]) != "tent":
			t.Errorf("read %q", p[:n])
		case !ok && runtime.GOOS == "linux":
			t.Skip("the file system cannot tell what is in memory")
		}
		if n, ok := f.ReadCachedAt(p, 7); n != 0 || !ok && runtime.GOOS == "linux" {
			t.Errorf("at the end: %d, %t", n, ok)
		}
		f.Close()
		if n, ok := f.ReadCachedAt(p, 0); n != 0 || ok {
			t.Errorf("closed: %d, %t", n, ok)
		}
		if n, ok := f.ReadCachedAt(p, 1<<63); n != 0 || ok {
			t.Errorf("beyond all files: %d, %t", n, ok)
		}
	})
}
