package files

import (
	"os"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// both runs a test with the kernel's path resolution and with the walk, where
// there are two.
func both(t *testing.T, f func(t *testing.T, open func(dir string, readOnly bool) *Mount)) {
	t.Helper()
	for _, mode := range []struct {
		name string
		walk bool
	}{{"kernel", false}, {"walk", true}} {
		t.Run(mode.name, func(t *testing.T) {
			f(t, func(dir string, readOnly bool) *Mount {
				m, err := Open(dir, readOnly)
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() {
					m.Close()
					if n := m.Descriptors(); n != 0 {
						t.Errorf("%d descriptors are open after Close", n)
					}
				})
				if m.walk && !mode.walk {
					t.Skip("the kernel does not resolve paths here")
				}
				m.walk = mode.walk
				return m
			})
		})
	}
}

// root opens a mount's root.
func root(t testing.TB, m *Mount) *Directory {
	t.Helper()
	d, err := m.Root()
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// tree makes files and directories: a name that ends with a slash is a
// directory, one with " -> " a symbolic link, everything else a file that holds
// its own name.
func tree(t testing.TB, dir string, names ...string) {
	t.Helper()
	for _, name := range names {
		link, target, isLink := cutLink(name)
		path := filepath.Join(dir, filepath.FromSlash(link))
		var err error
		if err = os.MkdirAll(filepath.Dir(path), 0o777); err == nil {
			switch {
			case isLink:
				err = os.Symlink(target, path)
			case name[len(name)-1] == '/':
				err = os.MkdirAll(path, 0o777)
			default:
				err = os.WriteFile(path, []byte(name), 0o666)
			}
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func cutLink(name string) (link, target string, ok bool) {
	for i := range len(name) {
		if i+4 <= len(name) && name[i:i+4] == " -> " {
			return name[:i], name[i+4:], true
		}
	}
	return name, "", false
}

// open opens a path and closes it with the test.
func open(t testing.TB, d *Directory, path string, how How, flags Flags) Descriptor {
	t.Helper()
	f, err := d.Open(path, how, flags)
	if err != nil {
		t.Fatalf("open %q: %v", path, err)
	}
	t.Cleanup(f.Close)
	return f
}

func openFile(t testing.TB, d *Directory, path string, how How, flags Flags) *File {
	t.Helper()
	return open(t, d, path, how, flags).(*File)
}

func openDir(t testing.TB, d *Directory, path string) *Directory {
	t.Helper()
	return open(t, d, path, OnlyDirectory, d.Flags()).(*Directory)
}

// want fails unless an error is the code; 0 means no error.
func want(t testing.TB, what string, err error, code Code) {
	t.Helper()
	switch {
	case code == 0 && err != nil:
		t.Errorf("%s: %v", what, err)
	case code != 0 && err == nil:
		t.Errorf("%s: no error, want %v", what, code)
	case code != 0 && err != code:
		t.Errorf("%s: %v, want %v", what, err, code)
	}
}

// content reads a file of the host's.
func content(t testing.TB, path ...string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
