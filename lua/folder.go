package lua

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"sync"

	"wippy/config"
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

// has tells whether there is a module's file; false for nil.
func (f *folder) has(module string) bool {
	if f == nil || !moduleName.MatchString(module) {
		return false
	}
	_, err := fs.Stat(f.files, f.file(module))
	return err == nil
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
	source, err := config.ReadFile(f.files, file, MaxSource)
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

// directory is the files below a directory; no link leads out of it. It keeps
// nothing open.
type directory string

// Open implements fs.FS.
func (d directory) Open(name string) (fs.File, error) {
	return within(d, "open", name, (*os.Root).Open)
}

// Stat implements fs.StatFS.
func (d directory) Stat(name string) (fs.FileInfo, error) {
	return within(d, "stat", name, (*os.Root).Stat)
}

// within does something with a file of the directory.
func within[T any](d directory, op, name string, do func(*os.Root, string) (T, error)) (result T, err error) {
	if !fs.ValidPath(name) {
		return result, &fs.PathError{Op: op, Path: name, Err: fs.ErrInvalid}
	}
	root, err := os.OpenRoot(string(d))
	if err != nil {
		return result, err
	}
	defer root.Close()
	return do(root, filepath.FromSlash(name))
}
