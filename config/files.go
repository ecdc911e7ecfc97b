package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
)

// ReadFile reads a regular file of at most limit bytes. It asks what the file is
// before it opens it: opening a pipe would wait for its other end.
//
// # Errors
//
// An *fs.PathError whose Err is the reason alone.
func ReadFile(fsys fs.FS, name string, limit int) ([]byte, error) {
	refused := func(reason string, args ...any) ([]byte, error) {
		return nil, &fs.PathError{Op: "read", Path: name, Err: fmt.Errorf(reason, args...)}
	}
	info, err := fs.Stat(fsys, name)
	switch {
	case err != nil:
		return nil, err
	case info.IsDir():
		return refused("it is a directory")
	case !info.Mode().IsRegular():
		return refused("not a regular file")
	case info.Size() > int64(limit):
		return refused("larger than %d bytes", limit)
	}
	f, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, int64(limit)+1))
	if len(content) > limit { // it has grown meanwhile
		return refused("larger than %d bytes", limit)
	}
	return content, err
}

// maxLinks bounds how many links are followed on the way to a file.
const maxLinks = 40

// BadLink finds the symbolic link that is to blame when a file that an entry
// names cannot be opened, "" if none is: one that leads out of fsys, or else to
// nothing.
func BadLink(fsys fs.FS, name string) (link string, out bool) {
	done, rest := ".", strings.Split(name, "/")
	for links := 0; len(rest) > 0 && links < maxLinks; {
		next := path.Join(done, rest[0])
		rest = rest[1:]
		if !fs.ValidPath(next) {
			return link, link != ""
		}
		target, err := fs.ReadLink(fsys, next)
		if err != nil {
			if _, err := fs.Lstat(fsys, next); errors.Is(err, fs.ErrNotExist) {
				return link, false
			}
			done = next
			continue
		}
		links++
		link = next
		if path.IsAbs(target) {
			return link, true
		}
		rest = append(strings.Split(target, "/"), rest...)
	}
	return "", false
}

// NearestFile returns the path of the file that name, of a file which is not
// there, is most likely a misspelling of: one of the same folder. "" if none
// is near.
func NearestFile(fsys fs.FS, name string) string {
	folder, base := path.Split(name)
	entries, err := fs.ReadDir(fsys, path.Clean(folder))
	if err != nil {
		return ""
	}
	var names []string
	for _, e := range entries {
		if !e.IsDir() {
			names = append(names, e.Name())
		}
	}
	near := Nearest(base, names)
	if near == "" {
		return ""
	}
	return folder + near
}
