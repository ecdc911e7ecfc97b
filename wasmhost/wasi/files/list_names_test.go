//go:build linux || darwin

package files

import (
	"fmt"
	"io/fs"
	"os"
	"slices"
	"testing"

	"golang.org/x/sys/unix"
)

// TestNameListing lists as systems do that give no positions, by a descriptor and
// from another working directory: nothing is looked up in that.
func TestNameListing(t *testing.T) {
	dir := t.TempDir()
	const n = 3*listAhead + 1
	tree(t, dir, "dir/", "link -> nowhere", "gone")
	for i := range n {
		tree(t, dir, fmt.Sprint("file", i))
	}
	fd, err := unix.Open(dir, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	f := os.NewFile(uintptr(fd), ".")
	defer f.Close()
	stat := func(d fs.DirEntry) (Kind, uint64, error) {
		s, err := place{dir: fd, name: d.Name()}.stat()
		if d.Name() == "gone" { // between the listing and now
			err = NoEntry
		}
		return s.Kind, s.Inode, err
	}
	var l nameListing
	rest := func() (all []Entry) {
		t.Helper()
		for {
			e, ok, err := l.next(f, stat)
			if err != nil {
				t.Fatal(err)
			}
			if !ok {
				return all
			}
			all = append(all, e)
		}
	}
	all := rest()
	if len(all) != n+2 {
		t.Fatalf("%d names, want %d", len(all), n+2)
	}
	for _, e := range all {
		info, err := os.Lstat(dir + "/" + e.Name)
		if err != nil || e.Kind != kindOf(info.Mode()) || e.Inode == 0 {
			t.Errorf("%+v, %v", e, err)
		}
	}
	for _, i := range []int{0, 5, 4, listAhead, n, 1} {
		at := uint64(0)
		if i > 0 {
			at = all[i-1].Next
		}
		want(t, "seek", l.seek(f, at), 0)
		if got := rest(); !slices.Equal(got, all[i:]) {
			t.Errorf("from %d on: %d names, want %d", i, len(got), len(all)-i)
		}
	}
	want(t, "seek beyond the end", l.seek(f, 1<<40), 0)
	if got := rest(); len(got) != 0 {
		t.Errorf("beyond the end: %v", got)
	}
}
