//go:build linux || darwin

package files

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestAppendByFlag is how appending goes where the kernel has no call for it.
func TestAppendByFlag(t *testing.T) {
	m, err := Open(t.TempDir(), false)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	f := openFile(t, root(t, m), "f", Create, Read|Write)
	for i, want := range []int64{3, 6} {
		if n, end, err := f.raw.appendByFlag([]byte("abc")); n != 3 || end != want || err != nil {
			t.Errorf("append %d: %d bytes up to %d, %v", i, n, end, err)
		}
	}
	if n, err := f.WriteAt([]byte("x"), 0); n != 1 || err != nil {
		t.Error(n, err)
	}
	var b [10]byte
	if n, _ := f.ReadAt(b[:], 0); string(b[:n]) != "xbcabc" {
		t.Errorf("the file holds %q", b[:n])
	}
}

// TestDevices: what is neither file nor directory is neither opened nor waited
// for.
func TestDevices(t *testing.T) {
	both(t, func(t *testing.T, openMount func(string, bool) *Mount) {
		d := root(t, openMount("/dev", false))
		for _, path := range []string{"null", "zero", "tty", "ptmx", "full"} {
			if _, err := os.Stat("/dev/" + path); err != nil {
				continue
			}
			for _, flags := range []Flags{Read, Write, Read | Write} {
				_, err := d.Open(path, Follow, flags)
				want(t, path, err, NotPermitted)
			}
			if s, err := d.StatAt(path, true); err != nil || s.Kind != CharacterDevice {
				t.Errorf("%s is %v, %v", path, s.Kind, err)
			}
		}

		dir := t.TempDir()
		if err := unix.Mkfifo(filepath.Join(dir, "fifo"), 0o666); err != nil {
			t.Fatal(err)
		}
		s, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer unix.Close(s)
		if err := unix.Bind(s, &unix.SockaddrUnix{Name: filepath.Join(dir, "socket")}); err != nil {
			t.Skip(err)
		}
		d = root(t, openMount(dir, false))
		for _, path := range []string{"fifo", "socket"} {
			for _, how := range []How{0, Create, Truncate, Follow} {
				_, err := d.Open(path, how, Read|Write)
				want(t, path, err, NotPermitted)
			}
		}
	})
}

// TestUnnameable: a name that is not UTF-8 is not listed, and harms no other.
func TestUnnameable(t *testing.T) {
	both(t, func(t *testing.T, openMount func(string, bool) *Mount) {
		dir := t.TempDir()
		tree(t, dir, "a", "z")
		if err := os.WriteFile(filepath.Join(dir, "b\xff"), nil, 0o666); err != nil {
			t.Skip(err)
		}
		if err := os.Symlink("b\xff", filepath.Join(dir, "link")); err != nil {
			t.Fatal(err)
		}
		d := root(t, openMount(dir, false))
		if got := names(t, list(t, d)); !slices.Equal(got, []string{"a", "link", "z"}) {
			t.Errorf("listed %q", got)
		}
		_, err := d.StatAt("b\xff", false)
		want(t, "stat", err, IllegalByteSequence)
		_, err = d.Readlink("link")
		want(t, "readlink", err, IllegalByteSequence)
		openFile(t, d, "link", Follow, Read)
	})
}

// TestTooManyFiles: running out of descriptors is an error, and leaks none.
func TestTooManyFiles(t *testing.T) {
	both(t, func(t *testing.T, openMount func(string, bool) *Mount) {
		dir := t.TempDir()
		tree(t, dir, "a/b/c/d/f")
		m := openMount(dir, false)
		d := root(t, m)
		before := descriptors(t)
		var all unix.Rlimit
		if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &all); err != nil {
			t.Fatal(err)
		}
		few := all
		few.Cur = 1 // fewer than are open: there is none left
		if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &few); err != nil {
			t.Skip(err)
		}
		_, err1 := d.Open("a/b/c/d/f", 0, Read)
		_, err2 := d.List()
		_, err3 := m.Root()
		_, err4 := d.StatAt("a/b/c/d/f", false)
		if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &all); err != nil {
			t.Fatal(err)
		}
		for _, err := range []error{err1, err2, err3, err4} {
			want(t, "without descriptors", err, TooManyFiles)
		}
		if n := descriptors(t); n != before {
			t.Errorf("%d descriptors are open, were %d", n, before)
		}
	})
}

// TestNoLeak: no call leaves a descriptor of the system's open.
func TestNoLeak(t *testing.T) {
	both(t, func(t *testing.T, openMount func(string, bool) *Mount) {
		dir := sample(t)
		paths := escapes(t, outside(t))
		before := descriptors(t)
		m := openMount(dir, false)
		d, err := m.Root()
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range ops {
			_ = o.do(d)
		}
		for _, path := range paths {
			for _, how := range []How{Follow, Create, Truncate, OnlyDirectory} {
				if f, err := d.Open(path, how, Read|Write); err == nil {
					f.Close()
				}
			}
			_ = d.Rename(path, d, "x/"+path)
			_ = d.Link("a.txt", true, d, path)
			_ = d.SetTimesAt(path, true, At(time.Unix(1, 0)), Now())
		}
		m.Close()
		if n := descriptors(t); n != before {
			t.Errorf("%d descriptors are open, were %d", n, before)
		}
	})
}

// descriptors counts what this program has open.
func descriptors(t *testing.T) int {
	t.Helper()
	all, err := os.ReadDir("/dev/fd")
	if err != nil {
		t.Skip(err)
	}
	return len(all)
}
