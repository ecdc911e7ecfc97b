//go:build linux || darwin

package files

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// batteryOf tries everything that would change something below a directory
// that must not be changed.
func batteryOf(t *testing.T, d *Directory, file, dir, link string) {
	t.Helper()
	now := At(time.Unix(1, 0))
	opened := func(_ Descriptor, err error) error { return err }
	for _, tt := range []struct {
		what string
		err  error
	}{
		{"write", opened(d.Open(file, 0, Write))},
		{"read and write", opened(d.Open(file, 0, Read|Write))},
		{"write through a link", opened(d.Open(link, Follow, Write))},
		{"create", opened(d.Open("new", Create, 0))},
		{"create what is there", opened(d.Open(file, Create, Read))},
		{"create exclusively", opened(d.Open(file, Create|Exclusive, 0))},
		{"truncate", opened(d.Open(file, Truncate, 0))},
		{"open to mutate", opened(d.Open(dir, OnlyDirectory, MutateDirectory))},
		{"mkdir", d.Mkdir("new")},
		{"mkdir of what is there", d.Mkdir(dir)},
		{"rmdir", d.Rmdir(dir)},
		{"unlink", d.Unlink(file)},
		{"unlink of nothing", d.Unlink("nothing")},
		{"rename", d.Rename(file, d, "new")},
		{"link", d.Link(file, false, d, "new")},
		{"symlink", d.Symlink(file, "new")},
		{"times of the directory", d.SetTimes(now, now)},
		{"times", d.SetTimesAt(file, false, now, now)},
		{"times of a link", d.SetTimesAt(link, false, now, now)},
		{"times through a link", d.SetTimesAt(link, true, now, now)},
	} {
		want(t, tt.what, tt.err, ReadOnly)
	}
	f := openFile(t, d, file, 0, Read)
	if f.Flags() != Read {
		t.Errorf("the file is open for %b", f.Flags())
	}
	_, err := f.WriteAt([]byte("x"), 0)
	want(t, "write to a file", err, BadDescriptor)
	_, _, err = f.Append([]byte("x"))
	want(t, "append to a file", err, BadDescriptor)
	want(t, "set the size", f.SetSize(0), BadDescriptor)
	want(t, "allocate", f.Allocate(0, 100), BadDescriptor)
	want(t, "times of a file", f.SetTimes(now, now), ReadOnly)
	want(t, "sync", f.Sync(false), 0)
	want(t, "more flags", f.SetFlags(Read|Write), Unsupported)
	want(t, "sync of the directory", d.Sync(true), 0)
	want(t, "more flags of the directory", d.SetFlags(d.Flags()|MutateDirectory), Unsupported)

	sub := open(t, d, dir, 0, Read).(*Directory)
	if sub.Flags() != Read {
		t.Errorf("the directory is open for %b", sub.Flags())
	}
	want(t, "mkdir in a subdirectory", sub.Mkdir("new"), ReadOnly)
	_, err = sub.Open("new", Create, 0)
	want(t, "create in a subdirectory", err, ReadOnly)
	_, err = d.Open(".", 0, MutateDirectory)
	want(t, "open itself to mutate", err, ReadOnly)
}

func TestReadOnly(t *testing.T) {
	both(t, func(t *testing.T, open func(string, bool) *Mount) {
		dir := sample(t)
		before := snapshot(t, dir)
		m := open(dir, true)
		d := root(t, m)
		if !m.ReadOnly() || d.Flags() != Read {
			t.Errorf("the root is open for %b", d.Flags())
		}
		batteryOf(t, d, "a.txt", "dir", "link")
		if after := snapshot(t, dir); after != before {
			t.Errorf("was\n%s\nis\n%s", before, after)
		}

		f := openFile(t, d, "dirlink/f", 0, Read)
		var b [10]byte
		if n, err := f.ReadAt(b[:], 0); err != nil || string(b[:n]) != "dir/f" {
			t.Errorf("read %q, %v", b[:n], err)
		}
		if _, err := d.Readlink("link"); err != nil {
			t.Error(err)
		}
	})
}

// snapshot tells what is in a directory and when it was changed.
func snapshot(t *testing.T, dir string) string {
	t.Helper()
	var all string
	err := filepath.Walk(dir, func(path string, info os.FileInfo, err error) error {
		if err != nil {
			return err
		}
		all += path + " " + info.Mode().String() + " " + info.ModTime().String() + "\n"
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
