package control

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// DirVariable names the directory of the sockets, where another one is wanted.
const DirVariable = "WIPPY_RUNTIME_DIR"

// Dir gives the directory of the sockets, and makes it if need be: what
// WIPPY_RUNTIME_DIR says, or wippy below XDG_RUNTIME_DIR where that is the user's,
// or else one of the user's own among the temporary files (on Windows among the
// local data of the user's programs).
//
// # Errors
//
// When it is not the user's alone, in which case somebody else may have made it;
// and when it cannot be made.
func Dir() (string, error) {
	dir, err := place()
	if err != nil {
		return "", err
	}
	// What the names above it lead to is looked at once: the checks below are
	// about that, whatever a link on the way becomes.
	parent, err := filepath.EvalSymlinks(filepath.Dir(dir))
	if err != nil {
		return "", unusable(dir, err)
	}
	dir = filepath.Join(parent, filepath.Base(dir))
	if err := checkParents(parent); err != nil {
		return "", err
	}
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", unusable(dir, err)
	}
	info, err := os.Lstat(dir)
	switch {
	case err != nil:
		return "", unusable(dir, err)
	case info.Mode()&fs.ModeSymlink != 0:
		return "", fmt.Errorf("the control directory %s is a symbolic link, which somebody else may have made; remove it, or name another directory by %s", dir, DirVariable)
	case !info.IsDir():
		return "", fmt.Errorf("the control directory %s is a file; remove it, or name another directory by %s", dir, DirVariable)
	}
	return dir, checkOwn(dir, info)
}

func place() (string, error) {
	if dir := os.Getenv(DirVariable); dir != "" {
		return filepath.Abs(dir)
	}
	return defaultPlace()
}

func unusable(dir string, err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		err = e.Err
	}
	return fmt.Errorf("the control directory %s cannot be used: %w; %s may name another one", dir, err, DirVariable)
}

// socketExt is what the names of sockets end in.
const socketExt = ".sock"

// sockets gives the paths of the sockets in a directory, in the order of their names.
func sockets(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, unusable(dir, err)
	}
	var paths []string
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), socketExt) && (e.Type()&fs.ModeSocket != 0 || onWindows) {
			paths = append(paths, filepath.Join(dir, e.Name()))
		}
	}
	return paths, nil
}

// young is how old a socket has to be before nobody's listening means that its
// node is gone: a node binds it just before it listens.
const young = 5 * time.Second

// removeStale removes a socket that nobody listens at. Its name is used once
// only, so that it cannot be another's by now.
func removeStale(path string) {
	if info, err := os.Lstat(path); err == nil && time.Since(info.ModTime()) > young {
		_ = os.Remove(path)
	}
}
