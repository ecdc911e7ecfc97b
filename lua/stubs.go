package lua

import (
	_ "embed"
	"io/fs"
	"path"
	"strings"
)

//go:embed stubs/globals.lua
var globalsStub string

// Stubs gives what an editor wants to know (as LuaLS reads it) by file name: the
// globals, the stub of each module of Go, and the embedded library itself, whose
// sources carry the same comments. A module a.b is in a/b.lua. A module without
// a stub has one that says nothing of it but that it is there.
func (e *Engine) Stubs() (map[string]string, error) {
	stubs := map[string]string{"globals.lua": globalsStub}
	if e.library != nil {
		err := fs.WalkDir(e.library.files, e.library.dir, func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || path.Ext(name) != ".lua" {
				return err
			}
			text, err := fs.ReadFile(e.library.files, name)
			stubs[name] = string(text)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	for name, m := range e.modules { // a module of Go goes before one of the library
		file := stubFile(name)
		stubs[file] = m.Stub
		if m.Stub == "" {
			stubs[file] = "---@meta " + name + "\n\n---@type any\nlocal module\n\nreturn module\n"
		}
	}
	return stubs, nil
}

// stubFile is the file that an editor looks for when a script requires a module.
// What could be no part of a path becomes a "_".
func stubFile(module string) string {
	parts := strings.Split(module, ".")
	for i, part := range parts {
		part = strings.Map(func(r rune) rune {
			if r < ' ' || strings.ContainsRune(`/\:*?"<>|`, r) {
				return '_'
			}
			return r
		}, part)
		if part == "" {
			part = "_"
		}
		parts[i] = part
	}
	return path.Join(parts...) + ".lua"
}
