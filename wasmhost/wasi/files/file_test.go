package files

import (
	"bytes"
	"math"
	"sync"
	"testing"
)

func TestReadWrite(t *testing.T) {
	both(t, func(t *testing.T, openMount func(string, bool) *Mount) {
		dir := t.TempDir()
		d := root(t, openMount(dir, false))
		f := openFile(t, d, "f", Create|Exclusive, Read|Write)
		write := func(data string, at uint64) {
			t.Helper()
			if n, err := f.WriteAt([]byte(data), at); n != len(data) || err != nil {
				t.Errorf("wrote %d bytes of %d: %v", n, len(data), err)
			}
		}
		read := func(f *File, n int, at uint64, data string) {
			t.Helper()
			b := make([]byte, n)
			if n, err := f.ReadAt(b, at); string(b[:n]) != data || err != nil {
				t.Errorf("read %q, %v, want %q", b[:n], err, data)
			}
		}
		read(f, 10, 0, "")
		write("hello", 0)
		write("", 3)
		write("jy", 3)
		read(f, 10, 0, "heljy")
		read(f, 2, 1, "el")
		read(f, 0, 0, "")
		read(f, 1, 5, "")
		read(f, 1, math.MaxInt64, "")
		write("!", 8)
		read(f, 20, 4, "y\x00\x00\x00!")

		_, err := f.ReadAt(make([]byte, 1), math.MaxInt64+1)
		want(t, "read beyond what there can be", err, Invalid)
		_, err = f.WriteAt([]byte("ab"), math.MaxUint64)
		want(t, "write beyond what there can be", err, Invalid)
		_, err = f.WriteAt([]byte("ab"), math.MaxInt64-1)
		want(t, "write across what there can be", err, FileTooLarge)

		for _, tt := range []struct {
			data string
			end  uint64
		}{{"abc", 12}, {"", 12}, {"de", 14}} {
			if n, end, err := f.Append([]byte(tt.data)); n != len(tt.data) || end != tt.end || err != nil {
				t.Errorf("appended %d bytes, up to %d: %v", n, end, err)
			}
		}
		read(f, 20, 9, "abcde")

		r, w := openFile(t, d, "f", 0, Read), openFile(t, d, "f", 0, Write|Append)
		read(r, 20, 9, "abcde")
		_, err = w.ReadAt(make([]byte, 1), 0)
		want(t, "read what is open for writing", err, BadDescriptor)
		_, err = r.WriteAt([]byte("x"), 0)
		want(t, "write what is open for reading", err, BadDescriptor)
		if n, err := w.WriteAt([]byte("H"), 0); n != 1 || err != nil {
			t.Errorf("a write at an offset: %d, %v", n, err)
		}
		if _, end, err := w.Append([]byte("f")); end != 15 || err != nil {
			t.Errorf("appended up to %d: %v", end, err)
		}
		read(r, 1, 0, "H")

		openFile(t, d, "f", Truncate, Write)
		if s, err := f.Stat(); s.Size != 0 || err != nil {
			t.Errorf("the size after truncating is %d, %v", s.Size, err)
		}
		f.Close()
		f.Close()
		_, err = f.ReadAt(make([]byte, 1), 0)
		want(t, "read after close", err, BadDescriptor)
		_, err = f.Stat()
		want(t, "stat after close", err, BadDescriptor)
		want(t, "sync after close", f.Sync(true), BadDescriptor)
		want(t, "advise after close", f.Advise(0, 0, Normal), BadDescriptor)
	})
}

func TestSizeAllocateAdviseSync(t *testing.T) {
	both(t, func(t *testing.T, openMount func(string, bool) *Mount) {
		d := root(t, openMount(t.TempDir(), false))
		f := openFile(t, d, "f", Create, Read|Write|FileSync)
		size := func(want uint64) {
			t.Helper()
			if s, err := f.Stat(); s.Size != want || err != nil {
				t.Errorf("size %d, %v, want %d", s.Size, err, want)
			}
		}
		want(t, "size", f.SetSize(42), 0)
		size(42)
		want(t, "size", f.SetSize(7), 0)
		size(7)
		want(t, "largest size", f.SetSize(math.MaxUint64), FileTooLarge)
		if err := f.SetSize(math.MaxInt64); err != nil && err != FileTooLarge && err != Invalid {
			t.Error(err)
		}
		want(t, "size", f.SetSize(0), 0)

		switch err := f.Allocate(0, 100); err {
		case Unsupported:
		case nil:
			size(100)
			want(t, "allocate within", f.Allocate(10, 10), 0)
			size(100)
			want(t, "allocate across", f.Allocate(90, 20), 0)
			size(110)
			want(t, "allocate nothing", f.Allocate(0, 0), Invalid)
			want(t, "allocate from beyond", f.Allocate(math.MaxUint64, 1), Invalid)
			want(t, "allocate to beyond", f.Allocate(10, math.MaxUint64), FileTooLarge)
		default:
			t.Error(err)
		}

		for a := Normal; a <= NoReuse; a++ {
			want(t, "advise", f.Advise(10, math.MaxUint64, a), 0)
		}
		want(t, "unknown advice", f.Advise(0, 0, NoReuse+1), Invalid)
		want(t, "advise beyond", f.Advise(math.MaxUint64, 0, Normal), Invalid)
		want(t, "sync", f.Sync(false), 0)
		want(t, "sync data", f.Sync(true), 0)
		want(t, "sync the directory", d.Sync(false), 0)
		want(t, "sync what is open for reading", openFile(t, d, "f", 0, Read).Sync(false), 0)
	})
}

// TestUnlinkedFile: a file that has no name any more can be used as before.
func TestUnlinkedFile(t *testing.T) {
	both(t, func(t *testing.T, openMount func(string, bool) *Mount) {
		d := root(t, openMount(t.TempDir(), false))
		f := openFile(t, d, "f", Create, Read|Write)
		if err := d.Unlink("f"); err == Busy || err == Access {
			t.Skip("not on this system")
		}
		want(t, "size", f.SetSize(10), 0)
		if s, err := f.Stat(); s.Size != 10 || s.Links != 0 || err != nil {
			t.Errorf("%+v, %v", s, err)
		}
		openFile(t, d, "f", Create|Exclusive, Write)
	})
}

// TestAppendTogether: what several append at once is all there.
func TestAppendTogether(t *testing.T) {
	both(t, func(t *testing.T, openMount func(string, bool) *Mount) {
		m := openMount(t.TempDir(), false)
		const writers, records = 4, 200
		var wg sync.WaitGroup
		for i := range writers {
			f := openFile(t, root(t, m), "log", Create, Write)
			wg.Add(1)
			go func() {
				defer wg.Done()
				record := bytes.Repeat([]byte{'a' + byte(i)}, 16)
				for range records {
					if n, end, err := f.Append(record); n != 16 || end%16 != 0 || err != nil {
						t.Errorf("appended %d up to %d: %v", n, end, err)
					}
				}
			}()
		}
		wg.Wait()
		s, err := root(t, m).StatAt("log", false)
		if err != nil || s.Size != writers*records*16 {
			t.Errorf("size %d, %v", s.Size, err)
		}
	})
}

func TestMountClose(t *testing.T) {
	both(t, func(t *testing.T, openMount func(string, bool) *Mount) {
		m := openMount(t.TempDir(), false)
		d := root(t, m)
		f := openFile(t, d, "f", Create, Read|Write)
		l, err := d.List()
		if err != nil {
			t.Fatal(err)
		}
		if n := m.Descriptors(); n != 3 {
			t.Errorf("%d descriptors are open, want 3", n)
		}
		f.Close()
		f.Close()
		if n := m.Descriptors(); n != 2 {
			t.Errorf("%d descriptors are open, want 2", n)
		}
		m.Close()
		m.Close()
		_, err = m.Root()
		want(t, "root", err, BadDescriptor)
		_, err = d.Open("f", 0, Read)
		want(t, "open", err, BadDescriptor)
		_, err = d.List()
		want(t, "list", err, BadDescriptor)
		_, _, err = l.Next()
		want(t, "next", err, BadDescriptor)
		want(t, "seek", l.Seek(0), BadDescriptor)
		d.Close()
		l.Close()
		if n := m.Descriptors(); n != 0 {
			t.Errorf("%d descriptors are open", n)
		}
	})
}

// TestCloseMeanwhile: closing a file that another goroutine uses is safe; a
// call either goes through with that file or fails.
func TestCloseMeanwhile(t *testing.T) {
	both(t, func(t *testing.T, openMount func(string, bool) *Mount) {
		dir := t.TempDir()
		tree(t, dir, "mine", "other")
		m := openMount(dir, false)
		d := root(t, m)
		for range 200 {
			f := openFile(t, d, "mine", 0, Read)
			var wg sync.WaitGroup
			wg.Add(1)
			go func() {
				defer wg.Done()
				var b [5]byte
				for {
					n, err := f.ReadAt(b[:], 0)
					if err != nil {
						want(t, "read", err, BadDescriptor)
						return
					}
					if string(b[:n]) != "mine" {
						t.Errorf("read %q of another file", b[:n])
						return
					}
				}
			}()
			f.Close()
			g := openFile(t, d, "other", 0, Read) // gets the same number
			wg.Wait()
			g.Close()
		}
	})
}

func TestMountOfNothing(t *testing.T) {
	dir := t.TempDir()
	tree(t, dir, "file")
	for _, path := range []string{dir + "/nothing", dir + "/file", ""} {
		if m, err := Open(path, false); err == nil {
			m.Close()
			t.Errorf("%q is a mount", path)
		}
	}
}
