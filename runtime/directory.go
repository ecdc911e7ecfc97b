package runtime

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"wippy/config"
	"wippy/mailbox"
)

// directorySpec is an fs.directory entry.
type directorySpec struct {
	// Directory is relative to the YAML file.
	Directory string `yaml:"directory" config:"required,nonempty"`
	// AutoInit makes the directory where there is none.
	AutoInit bool `yaml:"auto_init"`
	// ReadOnly refuses every write through this entry.
	ReadOnly bool `yaml:"read_only"`
}

func (s *directorySpec) path(e *config.Entry) string {
	if filepath.IsAbs(s.Directory) {
		return s.Directory
	}
	return filepath.Join(e.Dir, filepath.FromSlash(s.Directory))
}

var directoryKind = config.Kind{
	Name: "fs.directory",
	New:  func() any { return new(directorySpec) },
	Check: func(c *config.Check, e *config.Entry) {
		spec := e.Spec.(*directorySpec)
		info, err := os.Stat(spec.path(e))
		switch {
		case err == nil && !info.IsDir():
			c.Mistake(fmt.Sprintf("%q is a file", spec.Directory), "name the folder that it is in", "directory")
		case os.IsNotExist(err) && isLink(spec.path(e)):
			c.Mistake(fmt.Sprintf("%q is a link to nothing", spec.Directory), "make the folder that it names, or name another", "directory")
		case os.IsNotExist(err) && !spec.AutoInit && c.Decoded("auto_init"):
			c.Mistake(fmt.Sprintf("there is no folder %q", spec.Directory), "make it, or write auto_init: true", "directory")
		case err != nil && !os.IsNotExist(err):
			c.Mistake(fmt.Sprintf("%q cannot be opened: %v", spec.Directory, cause(err)), "", "directory")
		}
	},
}

func isLink(path string) bool {
	info, err := os.Lstat(path)
	return err == nil && info.Mode()&fs.ModeSymlink != 0
}

// cause gives an error without the operation and the path of the machine.
func cause(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	return err
}

// Dir implements process.App: it opens the directory of an fs.directory entry,
// once. Names in it cannot leave it, through symbolic links neither.
func (rt *Runtime) Dir(id config.ID) (fs.FS, error) {
	rt.dirMu.Lock()
	defer rt.dirMu.Unlock()
	if d, ok := rt.dirs[id]; ok {
		return d, nil
	}
	path, _, err := rt.DirPath(id)
	if err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(path)
	if err != nil {
		spec := rt.app.Entry(id).Spec.(*directorySpec)
		return nil, mailbox.Errorf(mailbox.NotFound, "%s: the directory %q cannot be opened: %w", id, spec.Directory, cause(err))
	}
	rt.close = append(rt.close, root.Close)
	rt.dirs[id] = root.FS()
	return rt.dirs[id], nil
}

// DirPath implements process.App.
func (rt *Runtime) DirPath(id config.ID) (path string, readOnly bool, err error) {
	e := rt.app.Entry(id)
	if e == nil || e.Kind != directoryKind.Name {
		return "", false, mailbox.Errorf(mailbox.NotFound, "there is no fs.directory %q", id)
	}
	spec := e.Spec.(*directorySpec)
	path = spec.path(e)
	if spec.AutoInit {
		if err := os.MkdirAll(path, 0o777); err != nil {
			return "", false, mailbox.Errorf(mailbox.Invalid, "%s: the directory %q cannot be made: %w", id, spec.Directory, cause(err))
		}
	}
	return path, spec.ReadOnly, nil
}
