//go:build linux || darwin

package files

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// FuzzPath uses a path in a directory that holds all kinds of links and one
// that the fuzzer thinks of. What it reaches is known by its inode to be
// within, and both ways of resolving a path reach the same.
func FuzzPath(f *testing.F) {
	dir := outside(f)
	for _, path := range escapes(f, dir) {
		f.Add("dir/sub", path)
		f.Add(path, "guest")
		f.Add(path, "guest/secret")
	}
	for _, path := range []string{"a.txt", "guest/../a.txt", "dir/g/", "guest/", "guest/.", "near/f", ".//dir///sub/.", strings.Repeat("dir/../", 100)} {
		f.Add("../mount/dir", path)
		f.Add("./dir/", path)
		f.Add("guest", path)
		f.Add(path, "guest/guest")
	}

	inside := map[[2]uint64]bool{}
	add := func(m *Mount, path string) {
		s, err := root(f, m).StatAt(path, false)
		if err != nil {
			f.Fatal(err)
		}
		inside[[2]uint64{s.Device, s.Inode}] = true
	}
	var mounts [2]*Mount
	for i := range mounts {
		m, err := Open(dir, false)
		if err != nil {
			f.Fatal(err)
		}
		f.Cleanup(m.Close)
		mounts[i] = m
	}
	mounts[1].walk = true
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		add(mounts[0], rel)
		return err
	})
	if err != nil {
		f.Fatal(err)
	}

	f.Fuzz(func(t *testing.T, target, path string) {
		guest := filepath.Join(dir, "guest")
		_ = os.Remove(guest)
		if os.Symlink(target, guest) != nil {
			_ = os.Symlink("dir", guest)
		}
		link, err := os.Lstat(guest)
		if err != nil {
			t.Fatal(err)
		}
		type answer struct {
			err  error
			stat Stat
		}
		var answers [2][6]answer
		for i, m := range mounts {
			d, err := m.Root()
			if err != nil {
				t.Fatal(err)
			}
			for j := range answers[i] {
				a := &answers[i][j]
				if j < 2 {
					a.stat, a.err = d.StatAt(path, j == 1)
				} else {
					how := [...]How{0, Follow, OnlyDirectory, Follow | OnlyDirectory}[j-2]
					var got Descriptor
					if got, a.err = d.Open(path, how, Read); a.err == nil {
						if a.stat, err = got.Stat(); err != nil {
							t.Fatal(err)
						}
						got.Close()
					}
				}
				if _, ok := a.err.(Code); a.err != nil && !ok {
					t.Errorf("%q: the error %v is no code", path, a.err)
				}
				id := [2]uint64{a.stat.Device, a.stat.Inode}
				if a.err == nil && !inside[id] && id[1] != inode(link) {
					t.Errorf("%q reaches %+v, which is outside", path, a.stat)
				}
			}
			d.Close()
		}
		for j, a := range answers[0] {
			b := answers[1][j]
			if a.err != b.err || a.stat.Inode != b.stat.Inode {
				t.Errorf("target %q, path %q, try %d: the kernel says %v, inode %d; the walk %v, inode %d", target, path, j, a.err, a.stat.Inode, b.err, b.stat.Inode)
			}
		}
	})
}

func inode(info os.FileInfo) uint64 { return info.Sys().(*syscall.Stat_t).Ino }
