package files

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// names gives what is left of a listing.
func names(t testing.TB, l *Listing) (all []string) {
	t.Helper()
	for {
		e, ok, err := l.Next()
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			slices.Sort(all)
			return all
		}
		all = append(all, e.Name)
	}
}

func list(t testing.TB, d *Directory) *Listing {
	t.Helper()
	l, err := d.List()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	return l
}

func TestList(t *testing.T) {
	both(t, func(t *testing.T, openMount func(string, bool) *Mount) {
		dir := t.TempDir()
		tree(t, dir, "file", "dir/x", "link -> /etc")
		d := root(t, openMount(dir, true))
		l := list(t, d)
		found := map[string]Kind{}
		for {
			e, ok, err := l.Next()
			if err != nil {
				t.Fatal(err)
			}
			if !ok {
				break
			}
			s, err := d.StatAt(e.Name, false)
			if err != nil || e.Inode != 0 && e.Inode != s.Inode {
				t.Errorf("%s: inode %d and %d, %v", e.Name, e.Inode, s.Inode, err)
			}
			found[e.Name] = e.Kind
		}
		if len(found) != 3 || found["file"] != RegularFile || found["dir"] != DirectoryKind || found["link"] != SymbolicLink {
			t.Errorf("found %v", found)
		}
		if _, ok, err := l.Next(); ok || err != nil {
			t.Errorf("after the end: %v, %v", ok, err)
		}

		sub := openDir(t, d, "dir")
		other := list(t, sub)
		sub.Close()
		if got := names(t, other); !slices.Equal(got, []string{"x"}) {
			t.Errorf("after the directory is closed: %v", got)
		}
	})
}

// TestListResume: every position leads to what followed it, forwards and
// backwards, within what was read at once and beyond.
func TestListResume(t *testing.T) {
	both(t, func(t *testing.T, openMount func(string, bool) *Mount) {
		dir := t.TempDir()
		const n = 700
		for i := range n {
			if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("a file with a name that is not so short %d", i)), nil, 0o666); err != nil {
				t.Fatal(err)
			}
		}
		d := root(t, openMount(dir, false))
		l := list(t, d)
		var all []Entry
		for {
			e, ok, err := l.Next()
			if err != nil {
				t.Fatal(err)
			}
			if !ok {
				break
			}
			all = append(all, e)
		}
		if len(all) != n {
			t.Fatalf("%d names, want %d", len(all), n)
		}
		for _, i := range []int{0, 1, 2, 300, 299, 301, 5, 6, 698, 699, 698, 100, 101, 102, 99} {
			at := uint64(0)
			if i > 0 {
				at = all[i-1].Next
			}
			want(t, "seek", l.Seek(at), 0)
			if e, ok, err := l.Next(); !ok || e != all[i] || err != nil {
				t.Errorf("after entry %d: %+v, %v, want %+v", i, e, err, all[i])
			}
		}
		want(t, "seek to the end", l.Seek(all[n-1].Next), 0)
		if e, ok, err := l.Next(); ok || err != nil {
			t.Errorf("after the end: %+v, %v", e, err)
		}

		// As preview 1 does it: a few at a time, the last of them again.
		total, at := 0, uint64(0)
		for {
			want(t, "seek", l.Seek(at), 0)
			var next uint64
			k := 0
			for ; k < 5; k++ {
				e, ok, err := l.Next()
				if err != nil {
					t.Fatal(err)
				}
				if !ok {
					break
				}
				if k < 4 {
					total, next = total+1, e.Next
				}
			}
			if k < 5 {
				if k < 4 {
					break
				}
			}
			at = next
		}
		if total != n {
			t.Errorf("%d names in small parts, want %d", total, n)
		}

		for _, at := range []uint64{1, 12345, math.MaxInt64, math.MaxUint64, 1 << 40} {
			if err := l.Seek(at); err == nil {
				if _, _, err := l.Next(); err != nil {
					t.Logf("position %d: %v", at, err)
				}
			}
		}
		want(t, "seek", l.Seek(0), 0)
		if got := names(t, l); len(got) != n {
			t.Errorf("from the beginning: %d names, want %d", len(got), n)
		}
	})
}

func TestListSeesChanges(t *testing.T) {
	both(t, func(t *testing.T, openMount func(string, bool) *Mount) {
		dir := t.TempDir()
		d := root(t, openMount(dir, false))
		l, other := list(t, d), list(t, d)
		if got := names(t, l); len(got) != 0 {
			t.Errorf("an empty directory has %v", got)
		}
		tree(t, dir, "new")
		want(t, "seek", l.Seek(0), 0)
		if got := names(t, l); !slices.Equal(got, []string{"new"}) {
			t.Errorf("after a change: %v", got)
		}
		if got := names(t, other); !slices.Equal(got, []string{"new"}) {
			t.Errorf("another listing: %v", got)
		}
		want(t, "unlink", d.Unlink("new"), 0)
		want(t, "mkdir", d.Mkdir("gone"), 0)
		gone := openDir(t, d, "gone")
		in := list(t, gone)
		want(t, "rmdir", d.Rmdir("gone"), 0)
		if got := names(t, in); len(got) != 0 {
			t.Errorf("a removed directory has %v", got)
		}
	})
}
