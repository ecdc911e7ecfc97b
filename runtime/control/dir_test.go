//go:build unix

package control

import (
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

func TestDirIsTheUsersAlone(t *testing.T) {
	base := runtimeDir(t)
	if dir, err := Dir(); err != nil || filepath.Base(dir) != filepath.Base(base) {
		t.Errorf("%s, %v", dir, err)
	}
	n := start(t, Node{})
	info, err := os.Lstat(n.Path())
	if err != nil || info.Mode() != fs.ModeSocket|0o600 {
		t.Errorf("the socket: %v, %v", info.Mode(), err)
	}
	made := filepath.Join(base, "made")
	t.Setenv(DirVariable, made)
	if _, err := Dir(); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Lstat(made); err != nil || info.Mode() != fs.ModeDir|0o700 {
		t.Errorf("the directory: %v, %v", info.Mode(), err)
	}
}

// TestDirOfOthers refuses what somebody else may have put there.
func TestDirOfOthers(t *testing.T) {
	base := runtimeDir(t)
	at := func(name string) string { return filepath.Join(base, name) }
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(os.Mkdir(at("real"), 0o700))
	must(os.Symlink("real", at("link")))
	must(os.Symlink("nothing", at("dangling")))
	must(os.WriteFile(at("file"), nil, 0o600))
	must(os.Mkdir(at("open"), 0o755))
	must(os.Mkdir(at("shared"), 0o700))
	must(os.Chmod(at("shared"), 0o777))
	must(os.Mkdir(at("shared/own2"), 0o700))
	must(os.Mkdir(at("tmp"), 0o700))
	must(os.Chmod(at("tmp"), 0o777|fs.ModeSticky))
	for name, want := range map[string]string{
		"link":          "is a symbolic link",
		"dangling":      "is a symbolic link",
		"file":          "is a file",
		"open":          "is open to others (mode 0755); close it by chmod 700",
		"shared/own":    "others may write in",
		"shared/own2/x": "shared and replace",
		"missing/own":   "cannot be used: no such file or directory; WIPPY_RUNTIME_DIR may name another one",
		"real":          "",
		"link/own":      "", // the way there may have links, whose end is looked at
		"tmp/own":       "",
	} {
		t.Setenv(DirVariable, at(name))
		dir, err := Dir()
		switch {
		case want == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%s: %s, %v, want %s", name, dir, err, want)
		}
	}
	if os.Geteuid() == 0 { // only root can make what belongs to another
		must(os.Chown(at("real"), 12345, -1))
		t.Setenv(DirVariable, at("real"))
		if _, err := Dir(); err == nil || !strings.Contains(err.Error(), "belongs to the user 12345") {
			t.Errorf("another's directory: %v", err)
		}
		t.Setenv(DirVariable, at("real/own"))
		if _, err := Dir(); err == nil || !strings.Contains(err.Error(), "belongs to the user 12345, who could replace") {
			t.Errorf("a directory in another's: %v", err)
		}
	}
}

func TestDefaultPlace(t *testing.T) {
	base := runtimeDir(t)
	t.Setenv("TMPDIR", base)
	own := filepath.Join(base, "wippy-"+strconv.Itoa(os.Geteuid()))
	for xdg, want := range map[string]string{
		base: filepath.Join(base, "wippy"), "": own, "relative": own, filepath.Join(base, "missing"): own,
	} {
		t.Setenv("XDG_RUNTIME_DIR", xdg)
		if got, err := defaultPlace(); got != want || err != nil {
			t.Errorf("XDG_RUNTIME_DIR=%s: %s, %v, want %s", xdg, got, err, want)
		}
	}
}

// TestLongPath is about a path that no socket can have.
func TestLongPath(t *testing.T) {
	long := filepath.Join(runtimeDir(t), strings.Repeat("x", 120))
	t.Setenv(DirVariable, long)
	if s, err := Listen(Node{}); err == nil || !strings.Contains(err.Error(), DirVariable+" may name another directory, whose path is shorter") {
		if s != nil {
			s.Close()
		}
		t.Errorf("got %v", err)
	}
}
