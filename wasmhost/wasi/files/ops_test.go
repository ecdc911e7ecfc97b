//go:build linux || darwin

package files

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// sample makes a directory with one of everything.
func sample(t testing.TB) string {
	dir := filepath.Join(t.TempDir(), "mount")
	tree(t, dir, "a.txt", "dir/f", "dir/sub/g", "empty/",
		"link -> a.txt", "dirlink -> dir", "dangling -> nothing", "loop -> loop", "deep -> dirlink/up",
		"dir/up -> ../a.txt", "parent -> ..", "abs -> /", "absfile -> /etc/hostname", "away -> dir/../../mount/a.txt")
	if err := unix.Mkfifo(filepath.Join(dir, "fifo"), 0o666); err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestEffects checks what the operations did, not only what they answered.
func TestEffects(t *testing.T) {
	both(t, func(t *testing.T, open func(string, bool) *Mount) {
		dir := sample(t)
		d := root(t, open(dir, false))

		want(t, "mkdir", d.Mkdir("dir/new/"), 0)
		if s, err := os.Stat(filepath.Join(dir, "dir/new")); err != nil || !s.IsDir() {
			t.Error("mkdir made nothing")
		}
		want(t, "rename", d.Rename("dirlink/f", openDir(t, d, "dir/new"), "moved"), 0)
		if got := content(t, dir, "dir/new/moved"); got != "dir/f" {
			t.Errorf("the renamed file holds %q", got)
		}
		want(t, "link", d.Link("link", true, d, "hard"), 0)
		if s, err := os.Lstat(filepath.Join(dir, "hard")); err != nil || !s.Mode().IsRegular() {
			t.Error("link with follow did not link what the link leads to")
		}
		want(t, "link", d.Link("link", false, d, "hardlink"), 0)
		if got, err := os.Readlink(filepath.Join(dir, "hardlink")); err != nil || got != "a.txt" {
			t.Error("link without follow did not link the link")
		}
		want(t, "symlink", d.Symlink("../x", "dir/new/s"), 0)
		if got, err := os.Readlink(filepath.Join(dir, "dir/new/s")); err != nil || got != "../x" {
			t.Errorf("the symbolic link leads to %q", got)
		}
		want(t, "unlink", d.Unlink("link"), 0)
		if _, err := os.Lstat(filepath.Join(dir, "link")); !os.IsNotExist(err) {
			t.Error("the link is still there")
		}
		if got := content(t, dir, "a.txt"); got != "a.txt" {
			t.Errorf("what the link led to is %q now", got)
		}
		f, err := d.Open("dangling", Follow|Create, Write)
		if err != nil {
			t.Fatal(err)
		}
		f.Close()
		if _, err := os.Stat(filepath.Join(dir, "nothing")); err != nil {
			t.Error("creating through a dangling link made nothing where it leads")
		}
	})
}

func TestStat(t *testing.T) {
	both(t, func(t *testing.T, open func(string, bool) *Mount) {
		dir := sample(t)
		d := root(t, open(dir, false))
		must := func(s Stat, err error) Stat {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
		f := openFile(t, d, "a.txt", 0, Read)
		byName, byHandle := must(d.StatAt("a.txt", false)), must(f.Stat())
		if byName != byHandle {
			t.Errorf("by name %+v, by handle %+v", byName, byHandle)
		}
		if byName.Size != 5 || byName.Links != 1 || byName.Inode == 0 {
			t.Errorf("stat is %+v", byName)
		}
		if s := must(d.StatAt("link", false)); s.Size != 5 || s.Kind != SymbolicLink {
			t.Errorf("stat of the link is %+v", s)
		}
		if must(d.StatAt("link", true)) != byName {
			t.Error("stat through the link differs")
		}
		if must(d.StatAt(".", false)) != must(d.Stat()) {
			t.Error("the directory and . differ")
		}

		hash := func(s Stat) [2]uint64 { a, b := s.Hash(); return [2]uint64{a, b} }
		before := hash(byName)
		if before != hash(byHandle) || before == hash(must(d.Stat())) {
			t.Error("hashes are not of the file")
		}
		want(t, "times", d.SetTimesAt("a.txt", false, NewTime{}, At(time.Unix(1000, 7))), 0)
		if hash(must(f.Stat())) == before {
			t.Error("the hash stayed although the file changed")
		}

		want(t, "link", d.Link("a.txt", false, d, "other"), 0)
		if s := must(f.Stat()); s.Links != 2 {
			t.Errorf("%d links, want 2", s.Links)
		}
		other, dirf := openFile(t, d, "other", 0, Read), openFile(t, d, "dir/f", 0, Read)
		if same, err := SameObject(f, other); !same || err != nil {
			t.Error("two names of a file are not the same object")
		}
		if same, err := SameObject(f, dirf); same || err != nil {
			t.Error("two files are the same object")
		}
		if same, _ := SameObject(d, openDir(t, d, "dir/..")); !same {
			t.Error("a directory is not the same object as itself")
		}
		dirf.Close()
		_, err := SameObject(f, dirf)
		want(t, "same object as a closed one", err, BadDescriptor)
	})
}

func TestSetTimes(t *testing.T) {
	both(t, func(t *testing.T, open func(string, bool) *Mount) {
		d := root(t, open(sample(t), false))
		a, m := time.Unix(42, 1000), time.Unix(1<<31-5, 999_999_000)
		check := func(path string, a, m time.Time) {
			t.Helper()
			s, err := d.StatAt(path, false)
			if err != nil || !s.Access.Equal(a) || !s.Modify.Equal(m) {
				t.Errorf("%s: times %v and %v (%v), want %v and %v", path, s.Access, s.Modify, err, a, m)
			}
		}
		before, _ := d.StatAt("a.txt", false)
		want(t, "link", d.SetTimesAt("link", false, At(a), At(m)), 0)
		check("link", a, m)
		check("a.txt", before.Access, before.Modify)
		want(t, "through the link", d.SetTimesAt("link", true, At(a), NewTime{}), 0)
		check("a.txt", a, before.Modify)
		want(t, "keep both", d.SetTimesAt("a.txt", false, NewTime{}, NewTime{}), 0)
		check("a.txt", a, before.Modify)

		f := openFile(t, d, "dir/f", 0, Read)
		want(t, "file", f.SetTimes(At(a), At(m)), 0)
		check("dir/f", a, m)
		want(t, "file", f.SetTimes(NewTime{}, At(a)), 0)
		check("dir/f", a, a)
		want(t, "now", f.SetTimes(NewTime{}, Now()), 0)
		if s, _ := f.Stat(); s.Modify.Before(before.Modify.Add(-time.Minute)) {
			t.Errorf("now is %v", s.Modify)
		}
		sub := openDir(t, d, "dir")
		want(t, "directory", sub.SetTimes(At(a), At(m)), 0)
		check("dir", a, m)
	})
}

func TestOpenFlags(t *testing.T) {
	both(t, func(t *testing.T, open func(string, bool) *Mount) {
		dir := sample(t)
		d := root(t, open(dir, false))
		if d.Flags() != Read|MutateDirectory || d.Kind() != DirectoryKind {
			t.Errorf("the root is open for %b", d.Flags())
		}
		for _, tt := range []struct {
			path  string
			how   How
			flags Flags
			want  Flags
		}{
			{"a.txt", 0, 0, Read},
			{"a.txt", 0, Read, Read},
			{"a.txt", 0, Write, Write},
			{"a.txt", 0, Read | Write | Append | FileSync, Read | Write | Append | FileSync},
			{"a.txt", 0, MutateDirectory, Read},
			{"a.txt", Create, 0, Read | Write},
			{"a.txt", Truncate, Read, Read | Write},
			{"a.txt", Exclusive, 0, Read},
			{"n1", Create | Exclusive, 0, Read | Write},
			{"n2", Create | Exclusive, Read, Read | Write},
			{"n3", Create | Exclusive, Write | DataSync, Write | DataSync},
			{"dir", 0, 0, Read},
			{"dir", 0, NonBlock, Read | NonBlock},
			{"dir", OnlyDirectory, MutateDirectory, Read | MutateDirectory},
		} {
			f, err := d.Open(tt.path, tt.how, tt.flags)
			if err != nil {
				t.Errorf("%+v: %v", tt, err)
				continue
			}
			if f.Flags() != tt.want {
				t.Errorf("%+v: is open for %b", tt, f.Flags())
			}
			f.Close()
		}
		f := openFile(t, d, "dir/f", 0, Read|Write|FileSync)
		want(t, "append", f.SetFlags(f.Flags()|Append|NonBlock), 0)
		want(t, "no append", f.SetFlags(Read|Write|FileSync), 0)
		want(t, "no sync", f.SetFlags(Read|Write), Unsupported)
		want(t, "more rights", f.SetFlags(f.Flags()|MutateDirectory), Unsupported)
		if f.Flags() != Read|Write|FileSync {
			t.Errorf("flags are %b", f.Flags())
		}

		sub := openDir(t, d, "dir")
		sub.Close()
		immutable, err := d.Open("dir", 0, Read)
		if err != nil {
			t.Fatal(err)
		}
		defer immutable.Close()
		batteryOf(t, immutable.(*Directory), "f", "sub", "up")
	})
}

// TestUnwritable: a file that need not be made is opened though it must not be
// written.
func TestUnwritable(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("root may write everything")
	}
	both(t, func(t *testing.T, open func(string, bool) *Mount) {
		dir := sample(t)
		if err := os.Chmod(filepath.Join(dir, "a.txt"), 0o444); err != nil {
			t.Fatal(err)
		}
		d := root(t, open(dir, false))
		if f := openFile(t, d, "a.txt", Create, Read); f.Flags() != Read {
			t.Errorf("is open for %b", f.Flags())
		}
		_, err := d.Open("a.txt", Truncate, Read)
		want(t, "truncate", err, Access)
	})
}

// TestTwoMounts: nothing moves from one mount into another, not even where both
// are the same directory.
func TestTwoMounts(t *testing.T) {
	both(t, func(t *testing.T, open func(string, bool) *Mount) {
		dir := sample(t)
		a, b := root(t, open(dir, false)), root(t, open(dir, false))
		readOnly := root(t, open(dir, true))
		want(t, "rename", a.Rename("a.txt", b, "b"), CrossDevice)
		want(t, "link", a.Link("a.txt", false, b, "b"), CrossDevice)
		want(t, "rename from read-only", readOnly.Rename("a.txt", b, "b"), ReadOnly)
		want(t, "link from read-only", readOnly.Link("a.txt", false, b, "b"), ReadOnly)
		want(t, "link to read-only", a.Link("a.txt", false, readOnly, "b"), ReadOnly)
		if same, err := SameObject(a, b); !same || err != nil {
			t.Error("the same directory of two mounts is not the same object")
		}
	})
}
