package config

import (
	"errors"
	"io/fs"
	"path"
	"strings"
)

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
