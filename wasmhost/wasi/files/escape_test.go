//go:build linux || darwin

package files

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// outside makes a mount's directory beside what no guest may reach: ../secret
// and ../private/key. It gives the mount's directory.
func outside(t testing.TB) string {
	base := t.TempDir()
	tree(t, base, "secret", "private/key", "mount/a.txt", "mount/dir/sub/f", "mount/dir/g")
	return filepath.Join(base, "mount")
}

// escapes are paths that lead out of a mount, by names and by links that
// setting up has made.
func escapes(t testing.TB, dir string) []string {
	base := filepath.Dir(dir)
	tree(t, dir,
		"up -> ..", "dir/up2 -> ../..", "root -> /", "abs -> "+base, "abssecret -> "+base+"/secret",
		"rel -> ../secret", "chain1 -> chain2", "chain2 -> dir/chain3", "dir/chain3 -> ../up",
		"inout -> ../mount/a.txt", "absin -> "+dir+"/a.txt", "mid -> dir/../../private",
		"proc -> /proc/self/root", "self -> /proc/self/cwd", "slashes -> .///..//secret",
		"dir/sub/far -> ../../../secret", "hop -> up/secret", "dots -> dir/sub/../../../secret",
		"near -> dir/sub", "leave -> near/../../../secret")
	return []string{
		"..", "../", "../.", "./..", "../secret", "../private/key", "../mount", "../mount/a.txt",
		"dir/../..", "dir/../../secret", "dir/sub/../../../secret", "a/../../secret",
		"/", "//", "/etc/passwd", "/proc/self/root", base, base + "/secret", dir + "/a.txt",
		"up/", "up/secret", "up/mount/a.txt", "dir/up2/", "dir/up2/secret", "root/", "root/etc/passwd",
		"abs/secret", "abs/private/key", "chain1/secret", "mid/key", "mid/..", "proc/etc/passwd", "self/x",
		"near/../../../secret", "near/far/", "up/../up/secret", "dir/./up2/../secret",
	}
}

// finals are names of links that lead out.
var finals = []string{"up", "dir/up2", "root", "abs", "abssecret", "rel", "chain1", "chain2", "inout", "absin", "mid",
	"proc", "self", "slashes", "dir/sub/far", "near/far", "hop", "dots", "leave"}

func TestEscape(t *testing.T) {
	both(t, func(t *testing.T, openMount func(string, bool) *Mount) {
		dir := outside(t)
		paths := escapes(t, dir)
		base := filepath.Dir(dir)
		d := root(t, openMount(dir, false))
		before := snapshot(t, base)
		out := func(what, path string, err error) {
			t.Helper()
			// "a/../../secret" fails at "a", which is not there.
			if err != NotPermitted && !(err == NoEntry && strings.HasPrefix(path, "a/")) {
				t.Errorf("%s %q: %v, want %v", what, path, err, NotPermitted)
			}
		}
		opened := func(f Descriptor, err error) error {
			if err == nil {
				f.Close()
			}
			return err
		}
		now := At(time.Unix(1, 0))
		for _, path := range paths {
			_, err := d.StatAt(path, true)
			out("stat", path, err)
			out("open", path, opened(d.Open(path, Follow, Read)))
			out("open for writing", path, opened(d.Open(path, Follow, Write)))
			out("create", path, opened(d.Open(path, Create|Follow, Write)))
			out("open a directory", path, opened(d.Open(path, OnlyDirectory, MutateDirectory)))
			out("times", path, d.SetTimesAt(path, true, now, now))
			_, err = d.Readlink(path)
			out("readlink", path, err)
			if strings.HasSuffix(path, "up/") || strings.HasSuffix(path, "up2/") || path == "root/" || path == "near/far/" {
				continue // names of links themselves to what follows
			}
			out("mkdir", path, d.Mkdir(path))
			out("rmdir", path, d.Rmdir(path))
			out("unlink", path, d.Unlink(path))
			out("rename from", path, d.Rename(path, d, "new"))
			out("rename to", path, d.Rename("a.txt", d, path))
			out("link from", path, d.Link(path, false, d, "new"))
			out("link to", path, d.Link("a.txt", false, d, path))
			out("symlink", path, d.Symlink("a.txt", path))
		}
		for _, path := range finals {
			_, err := d.StatAt(path, true)
			out("stat", path, err)
			out("open", path, opened(d.Open(path, Follow, Read)))
			out("create", path, opened(d.Open(path, Create|Follow, Write)))
			out("open a directory", path, opened(d.Open(path, Follow|OnlyDirectory, Read)))
			out("times", path, d.SetTimesAt(path, true, now, now))
			out("link", path, d.Link(path, true, d, "new"))
			out("rmdir", path, d.Rmdir(path+"/"))
			out("unlink", path, d.Unlink(path+"/"))
			want(t, "open "+path, opened(d.Open(path, 0, Read)), Loop)
		}
		if after := snapshot(t, base); after != before {
			t.Errorf("was\n%s\nis\n%s", before, after)
		}
	})
}

// TestEscapeFromSubdirectory: the confinement is that of the directory that a
// path is used with, not only the mount's.
func TestEscapeFromSubdirectory(t *testing.T) {
	both(t, func(t *testing.T, openMount func(string, bool) *Mount) {
		dir := outside(t)
		tree(t, dir, "dir/back -> ../a.txt", "dir/sub/in -> ../g")
		d := root(t, openMount(dir, false))
		sub := openDir(t, d, "dir")
		for _, path := range []string{"..", "../a.txt", "sub/../../a.txt", "back"} {
			_, err := sub.StatAt(path, true)
			want(t, path, err, NotPermitted)
		}
		_, err := sub.StatAt("sub/in", true)
		want(t, "a link within", err, 0)
		_, err = openDir(t, sub, "sub").StatAt("in", true)
		want(t, "the same link from below", err, NotPermitted)
		want(t, "rename out", d.Rename("a.txt", sub, "../b"), NotPermitted)
	})
}

// TestMagicLinks: what the links of /proc lead to is not reached, even where
// /proc is in the mount.
func TestMagicLinks(t *testing.T) {
	if _, err := os.Stat("/proc/self/root/"); err != nil {
		t.Skip("there is no /proc")
	}
	both(t, func(t *testing.T, openMount func(string, bool) *Mount) {
		key, err := os.Open(filepath.Join(filepath.Dir(outside(t)), "secret"))
		if err != nil {
			t.Fatal(err)
		}
		defer key.Close()
		pipe, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		defer pipe.Close()
		defer w.Close()
		d := root(t, openMount(fmt.Sprintf("/proc/%d", os.Getpid()), true))
		for _, path := range []string{
			"root", "root/", "root/etc/passwd", "cwd/", "cwd/files_test.go", "exe",
			fmt.Sprintf("fd/%d", key.Fd()), fmt.Sprintf("fd/%d", pipe.Fd()), "fd/0", "task/../cwd/x",
		} {
			f, err := d.Open(path, Follow, Read)
			if err == nil {
				t.Errorf("%s is open", path)
				f.Close()
			}
		}
		for _, path := range []string{"root", "cwd", "exe"} {
			_, err = d.Readlink(path)
			want(t, "readlink "+path, err, NotPermitted)
		}
		_, err = d.StatAt("status", true)
		want(t, "what is no link", err, 0)
	})
}

// TestRootThroughLink: links that lead to the mount are the host's choice, and
// followed once.
func TestRootThroughLink(t *testing.T) {
	both(t, func(t *testing.T, openMount func(string, bool) *Mount) {
		dir := outside(t)
		base := filepath.Dir(dir)
		tree(t, base, "l1 -> l2", "l2 -> mount")
		d := root(t, openMount(filepath.Join(base, "l1"), false))
		_, err := d.StatAt("a.txt", false)
		want(t, "a file", err, 0)
		_, err = d.StatAt("../secret", false)
		want(t, "the secret", err, NotPermitted)
		if err := os.Remove(filepath.Join(base, "l2")); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink("private", filepath.Join(base, "l2")); err != nil {
			t.Fatal(err)
		}
		_, err = d.StatAt("key", false)
		want(t, "what the link leads to now", err, NoEntry)
	})
}

// TestHardLinks: one that the host made gives what it names; a guest can make
// none to the outside.
func TestHardLinks(t *testing.T) {
	both(t, func(t *testing.T, openMount func(string, bool) *Mount) {
		dir := outside(t)
		base := filepath.Dir(dir)
		if err := os.Link(filepath.Join(base, "secret"), filepath.Join(dir, "given")); err != nil {
			t.Skip(err)
		}
		tree(t, dir, "rel -> ../secret")
		d := root(t, openMount(dir, false))
		openFile(t, d, "given", 0, Read)
		want(t, "link to the outside", d.Link("../private/key", false, d, "key"), NotPermitted)
		want(t, "link through a link", d.Link("rel", true, d, "key"), NotPermitted)
		want(t, "link the link", d.Link("rel", false, d, "rel2"), 0)
		_, err := d.StatAt("rel2", true)
		want(t, "the linked link", err, NotPermitted)
	})
}

// TestRenamedWhileOpen: a directory that is held stays what it is wherever it
// is moved, and is left neither way.
func TestRenamedWhileOpen(t *testing.T) {
	both(t, func(t *testing.T, openMount func(string, bool) *Mount) {
		dir := outside(t)
		base := filepath.Dir(dir)
		d := root(t, openMount(dir, false))
		sub := openDir(t, d, "dir/sub")
		if err := os.Rename(filepath.Join(dir, "dir/sub"), filepath.Join(base, "private/moved")); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink("../../private", filepath.Join(dir, "dir/sub")); err != nil {
			t.Fatal(err)
		}
		_, err := sub.StatAt("f", false)
		want(t, "what is in it", err, 0)
		for _, path := range []string{"..", "../key", "../../secret", "../../mount/a.txt"} {
			_, err := sub.StatAt(path, true)
			want(t, path, err, NotPermitted)
		}
		_, err = d.StatAt("dir/sub/key", true)
		want(t, "what took its place", err, NotPermitted)

		if err := os.RemoveAll(filepath.Join(base, "private/moved")); err != nil {
			t.Fatal(err)
		}
		_, err = sub.Open("x", Create, Write)
		want(t, "create in a removed directory", err, NoEntry)
	})
}

// TestCaseAndForms: names are what the file system says they are, and nothing
// here depends on them being equal or not.
func TestCaseAndForms(t *testing.T) {
	both(t, func(t *testing.T, openMount func(string, bool) *Mount) {
		dir := outside(t)
		tree(t, dir, "Up -> ..", "..x", "...", "..é")
		d := root(t, openMount(dir, false))
		for _, path := range []string{"UP/secret", "uP/secret", "DIR/../../secret", "\u2024\u2024/secret", "．．/secret", `..\secret`, "dir\\..\\..\\secret", "%2e%2e/secret"} {
			if _, err := d.StatAt(path, true); err != NoEntry && err != NotPermitted {
				t.Errorf("%s: %v", path, err)
			}
		}
		for _, path := range []string{"..x", "...", "..é"} {
			if _, err := d.StatAt(path, true); err != nil {
				t.Errorf("%s: %v", path, err)
			}
		}
	})
}

// TestSwap is the race: a directory is swapped for a link to the outside, as
// fast as the host can, while a guest uses paths through it. What a call
// reaches must be within, always.
func TestSwap(t *testing.T) {
	both(t, func(t *testing.T, openMount func(string, bool) *Mount) {
		dir := outside(t)
		base := filepath.Dir(dir)
		// Both have the same names below, and the guest tells them apart by what
		// files hold.
		tree(t, base, "mount/real/x/file", "private/x/file", "mount/l -> ../private", "mount/link -> real/x/file")
		m := openMount(dir, false)
		private := filepath.Join(base, "private")
		before := snapshot(t, private)

		stop := swapping(filepath.Join(dir, "real"), filepath.Join(dir, "l"))
		guest := root(t, m)
		reached, refused := 0, 0
		check := func(err error) bool {
			switch err {
			case nil:
				reached++
				return true
			case NotPermitted:
				refused++
			case NoEntry, Busy, Exist:
			default:
				t.Errorf("%v", err)
			}
			return false
		}
		deadline := time.Now().Add(400 * time.Millisecond)
		for i := 0; time.Now().Before(deadline); i++ {
			for _, path := range []string{"real/x/file", "real/x/../x/file", "link", "real/../real/x/file"} {
				if f, err := guest.Open(path, Follow, Read|Write); check(err) {
					var b [64]byte
					n, _ := f.(*File).ReadAt(b[:], 0)
					if got := string(b[:n]); got != "mount/real/x/file" {
						t.Fatalf("read %q through %s", got, path)
					}
					f.Close()
				}
			}
			if s, err := guest.Open("real/x", OnlyDirectory, MutateDirectory); check(err) {
				check(s.(*Directory).Mkdir("n"))
				s.Close()
			}
			check(guest.Mkdir("real/x/made"))
			check(guest.Rmdir("real/x/made"))
			check(guest.Symlink("a", "real/x/sym"))
			check(guest.Unlink("real/x/sym"))
			check(guest.SetTimesAt("real/x/file", true, At(time.Unix(5, 0)), At(time.Unix(5, 0))))
			check(guest.Rename("a.txt", guest, "real/x/a.txt"))
			check(guest.Rename("real/x/a.txt", guest, "a.txt"))
			check(guest.Link("a.txt", false, guest, "real/x/hard"))
			check(guest.Unlink("real/x/hard"))
			if f, err := guest.Open("real/x/created", Create|Exclusive, Write); check(err) {
				f.Close()
			}
			check(guest.Unlink("real/x/created"))
			if t.Failed() {
				break
			}
		}
		stop()
		if after := snapshot(t, private); after != before {
			t.Errorf("outside was\n%s\nis\n%s", before, after)
		}
		t.Logf("%d calls went through, %d were refused", reached, refused)
	})
}

// swapping swaps two names until what it gives is called.
func swapping(a, b string) (stop func()) {
	done := make(chan struct{})
	var swapper sync.WaitGroup
	swapper.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
			}
			if err := swap(a, b); err != nil {
				panic(err)
			}
		}
	})
	return func() {
		close(done)
		swapper.Wait()
	}
}

// TestSwapFIFO: a pipe that takes the place of a file is not waited for, and
// never what a guest gets.
func TestSwapFIFO(t *testing.T) {
	both(t, func(t *testing.T, openMount func(string, bool) *Mount) {
		dir := outside(t)
		tree(t, dir, "dir/real")
		if err := unix.Mkfifo(filepath.Join(dir, "fifo"), 0o666); err != nil {
			t.Fatal(err)
		}
		d := root(t, openMount(dir, false))
		stop := swapping(filepath.Join(dir, "dir/real"), filepath.Join(dir, "fifo"))
		defer stop()
		opened := 0
		deadline := time.Now().Add(200 * time.Millisecond)
		for i := 0; time.Now().Before(deadline); i++ {
			flags := [...]Flags{Read, Write, Read | Write}[i%3]
			f, err := d.Open("dir/real", [...]How{0, Create, Follow}[i/3%3], flags)
			if err == nil {
				opened++
				if s, err := f.Stat(); err != nil || s.Kind != RegularFile {
					t.Fatalf("opened %+v, %v", s, err)
				}
				f.Close()
			} else if err != NotPermitted && err != Busy {
				t.Fatal(err)
			}
		}
		t.Logf("%d opened", opened)
	})
}

// TestDeepLinks: what a link can cost is bounded.
func TestDeepLinks(t *testing.T) {
	both(t, func(t *testing.T, openMount func(string, bool) *Mount) {
		dir := outside(t)
		for i := range 45 {
			tree(t, dir, fmt.Sprintf("l%d -> l%d", i, i+1), fmt.Sprintf("d%d -> d%d/.", i, i+1))
		}
		tree(t, dir, "l45", "d45/x", "wide -> "+strings.Repeat("dir/../", 200)+"a.txt",
			"twice -> wide/../wide", "updown -> "+strings.Repeat("dir/sub/../../", 120)+"a.txt")
		d := root(t, openMount(dir, false))
		_, err := d.StatAt("l10", true)
		want(t, "35 links", err, 0)
		_, err = d.StatAt("l0", true)
		want(t, "45 links", err, Loop)
		_, err = d.StatAt("d10/x", true)
		want(t, "35 links to directories", err, 0)
		_, err = d.StatAt("d0/x", true)
		want(t, "45 links to directories", err, Loop)
		_, err = d.StatAt("updown", true)
		if err != nil && err != NameTooLong {
			t.Error(err)
		}
		_, err = d.StatAt("twice", true)
		if err != NotDirectory && err != NameTooLong {
			t.Error(err)
		}
	})
}
