package lua

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
)

// folder is where require finds files: those of a directory, each compiled
// once. It may be used from any goroutine.
type folder struct {
	files  fs.FS
	dir    string // within files
	prefix string // of the names in messages

	mu    sync.Mutex
	units map[string]*unit
}

// newFolder makes the folder of a directory; nil for no files.
func newFolder(files fs.FS, dir, prefix string) *folder {
	if files == nil {
		return nil
	}
	return &folder{files: files, dir: dir, prefix: prefix, units: map[string]*unit{}}
}

var moduleName = regexp.MustCompile(`^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$`)

// file is the path of the module x.y within the folder: x/y.lua.
func (f *folder) file(module string) string {
	return path.Join(f.dir, strings.ReplaceAll(module, ".", "/")+".lua")
}

// cached gives a module that was compiled before.
func (f *folder) cached(module string) *unit {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.units[module]
}

// load gives a module, nil if there is no such file. It reads and compiles, and
// so blocks.
func (f *folder) load(module string) (*unit, error) {
	if u := f.cached(module); u != nil || !moduleName.MatchString(module) {
		return u, nil
	}
	file := f.file(module)
	source, err := readSource(f.files, file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	u, err := compileUnit(f.prefix+file, source)
	if err != nil {
		return nil, err
	}
	u.folder = f
	f.mu.Lock()
	defer f.mu.Unlock()
	if first := f.units[module]; first != nil { // another process was quicker
		return first, nil
	}
	f.units[module] = u
	return u, nil
}

// readSource reads a file that is not larger than a source may be.
func readSource(files fs.FS, name string) ([]byte, error) {
	f, err := files.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	source, err := io.ReadAll(io.LimitReader(f, maxSource+1))
	if err == nil && len(source) > maxSource {
		err = fmt.Errorf("%s: more than %d bytes", name, maxSource)
	}
	return source, err
}

// directory is the regular files below a directory; no link leads out of it.
// It keeps nothing open.
type directory string

// Open implements fs.FS.
func (d directory) Open(name string) (fs.File, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
	}
	root, err := os.OpenRoot(string(d))
	if err != nil {
		return nil, err
	}
	defer root.Close()
	name = filepath.FromSlash(name)
	info, err := root.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() { // opening a pipe would wait for its other end
		return nil, &fs.PathError{Op: "open", Path: name, Err: errors.New("not a regular file")}
	}
	return root.Open(name)
}
