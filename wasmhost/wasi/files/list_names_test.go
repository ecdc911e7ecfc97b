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

// countingReader counts how often a directory is read from its beginning.
type countingReader struct {
	nameReader
	rewound int
}

func (r *countingReader) Seek(offset int64, whence int) (int64, error) {
	r.rewound++
	return r.nameReader.Seek(offset, whence)
}

// TestNameListingGoesBack reads as preview 1 does, more than its guest has room for
// each time: that is done without reading the directory again.
func TestNameListingGoesBack(t *testing.T) {
	dir := t.TempDir()
	const n = 3*listBack + 7
	for i := range n {
		if err := os.Mkdir(fmt.Sprint(dir, "/", i), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	f, err := os.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := &countingReader{nameReader: f}
	var l nameListing
	stat := func(fs.DirEntry) (Kind, uint64, error) { return DirectoryKind, 1, nil }
	seen := map[string]int{}
	for position, end := uint64(0), false; !end; {
		if position > 0 {
			want(t, "seek", l.seek(r, position), 0)
		}
		for i := range listBack / 2 {
			e, ok, err := l.next(r, stat)
			if err != nil {
				t.Fatal(err)
			}
			if end = !ok; end {
				break
			}
			if i < 10 {
				position = e.Next
				seen[e.Name]++
			}
		}
		end = end && position == n
		if len(l.kept) > 3*listBack {
			t.Fatalf("%d names are kept", len(l.kept))
		}
	}
	if len(seen) != n || r.rewound != 0 {
		t.Errorf("%d names, and from the beginning %d times", len(seen), r.rewound)
	}
	for name, times := range seen {
		if times != 1 {
			t.Errorf("%s is there %d times", name, times)
		}
	}
}
