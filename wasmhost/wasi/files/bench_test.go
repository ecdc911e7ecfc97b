package files

import (
	"os"
	"path/filepath"
	"testing"
)

// BenchmarkIO compares reading and writing at an offset with plain os.File.
func BenchmarkIO(b *testing.B) {
	dir := b.TempDir()
	m, err := Open(dir, false)
	if err != nil {
		b.Fatal(err)
	}
	defer m.Close()
	const size = 1 << 20
	if err := os.WriteFile(filepath.Join(dir, "f"), make([]byte, size), 0o666); err != nil {
		b.Fatal(err)
	}
	plain, err := os.OpenFile(filepath.Join(dir, "f"), os.O_RDWR, 0)
	if err != nil {
		b.Fatal(err)
	}
	defer plain.Close()
	ours := openFile(b, root(b, m), "f", 0, Read|Write)
	for _, chunk := range []struct {
		name string
		size int
	}{{"512B", 512}, {"4KiB", 4 << 10}, {"64KiB", 64 << 10}} {
		p := make([]byte, chunk.size)
		run := func(name string, do func(at int64) (int, error)) {
			b.Run(name+"/"+chunk.name, func(b *testing.B) {
				b.SetBytes(int64(chunk.size))
				b.ReportAllocs()
				at := 0
				for b.Loop() {
					if n, err := do(int64(at)); n != chunk.size || err != nil {
						b.Fatal(n, err)
					}
					at = (at + chunk.size) % size
				}
			})
		}
		run("read/files", func(at int64) (int, error) { return ours.ReadAt(p, uint64(at)) })
		run("read/os", func(at int64) (int, error) { return plain.ReadAt(p, at) })
		run("write/files", func(at int64) (int, error) { return ours.WriteAt(p, uint64(at)) })
		run("write/os", func(at int64) (int, error) { return plain.WriteAt(p, at) })
	}
}

// BenchmarkOpen compares opening and closing a file with os.Root, which
// resolves paths by a walk, and with plain os.Open, which confines nothing.
func BenchmarkOpen(b *testing.B) {
	dir := b.TempDir()
	tree(b, dir, "f", "a/b/c/f")
	confined, err := os.OpenRoot(dir)
	if err != nil {
		b.Fatal(err)
	}
	defer confined.Close()
	for _, path := range []string{"f", "a/b/c/f"} {
		for _, mode := range []string{"kernel", "walk"} {
			m, err := Open(dir, false)
			if err != nil {
				b.Fatal(err)
			}
			m.walk = m.walk || mode == "walk"
			d := root(b, m)
			b.Run(mode+"/"+filepath.Base(filepath.Dir(path)), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					f, err := d.Open(path, Follow, Read)
					if err != nil {
						b.Fatal(err)
					}
					f.Close()
				}
			})
			b.Run("stat/"+mode+"/"+filepath.Base(filepath.Dir(path)), func(b *testing.B) {
				for b.Loop() {
					if _, err := d.StatAt(path, true); err != nil {
						b.Fatal(err)
					}
				}
			})
			m.Close()
		}
		b.Run("root/"+filepath.Base(filepath.Dir(path)), func(b *testing.B) {
			for b.Loop() {
				f, err := confined.Open(path)
				if err != nil {
					b.Fatal(err)
				}
				f.Close()
			}
		})
		b.Run("os/"+filepath.Base(filepath.Dir(path)), func(b *testing.B) {
			for b.Loop() {
				f, err := os.Open(filepath.Join(dir, path))
				if err != nil {
					b.Fatal(err)
				}
				f.Close()
			}
		})
	}
}

// BenchmarkList goes through a directory of a thousand names.
func BenchmarkList(b *testing.B) {
	dir := b.TempDir()
	for i := range 1000 {
		tree(b, dir, "file"+string(rune('a'+i%26))+filepath.Base(filepath.Join("x", string(rune('0'+i/26%10))+string(rune('a'+i/260)))))
	}
	m, err := Open(dir, false)
	if err != nil {
		b.Fatal(err)
	}
	defer m.Close()
	d := root(b, m)
	b.ReportAllocs()
	for b.Loop() {
		l, err := d.List()
		if err != nil {
			b.Fatal(err)
		}
		for {
			_, ok, err := l.Next()
			if err != nil {
				b.Fatal(err)
			}
			if !ok {
				break
			}
		}
		l.Close()
	}
}
