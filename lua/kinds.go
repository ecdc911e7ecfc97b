package lua

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"strconv"
	"strings"

	"wippy/config"
	"wippy/runtime/process"
)

// script is a process.lua entry (SPEC section 2).
type script struct {
	// Source is the code, or file:// and its path relative to the YAML file.
	Source string `yaml:"source" config:"required,nonempty"`
	// Method is the function to call; empty means that the chunk is all.
	Method string `yaml:"method"`
	// Imports gives names for require to library.lua entries.
	Imports map[string]config.Ref `yaml:"imports" config:"ref=library.lua"`
	// Modules are the modules of Go that it may require.
	Modules []string       `yaml:"modules"`
	Limits  process.Limits `yaml:"limits"`
}

// libraryEntry is a library.lua entry.
type libraryEntry struct {
	Source  string                `yaml:"source" config:"required,nonempty"`
	Imports map[string]config.Ref `yaml:"imports" config:"ref=library.lua,requires"`
}

// Kinds gives the kinds process.lua and library.lua.
func (e *Engine) Kinds() (lua process.Kind, library config.Kind) {
	lua = process.Kind{
		Kind: config.Kind{
			Name:  "process.lua",
			New:   func() any { return new(script) },
			Check: e.checkModules,
		},
		Compile: e.compileEntry,
		Limits:  func(entry *config.Entry) process.Limits { return entry.Spec.(*script).Limits },
	}
	library = config.Kind{
		Name: "library.lua",
		New:  func() any { return new(libraryEntry) },
	}
	return lua, library
}

// checkModules reports modules that do not exist.
func (e *Engine) checkModules(c *config.Check, entry *config.Entry) {
	for i, name := range entry.Spec.(*script).Modules {
		if e.modules[name] != nil {
			continue
		}
		hint := "there are " + strings.Join(e.names, ", ")
		if near := config.Nearest(name, e.names); near != "" {
			hint = fmt.Sprintf("did you mean %q?", near)
		}
		c.Error(entry.At("modules", strconv.Itoa(i)), fmt.Sprintf("there is no module %q", name), hint)
	}
}

// compileEntry is the Compile of process.lua. Its error is config.Errors: all
// syntax errors, of the entry and of what it imports, one per source.
func (e *Engine) compileEntry(_ context.Context, entry *config.Entry, app process.App) (process.Program, error) {
	spec := entry.Spec.(*script)
	b := &builder{engine: e, app: app, libraries: map[config.ID]*unit{}}
	main := b.unit(entry, spec.Source, spec.Imports)
	if len(b.errors) > 0 {
		return nil, b.errors
	}
	p := &program{
		engine: e, main: main, method: spec.Method,
		units:   map[string]*unit{main.name: main},
		modules: make(map[string]bool, len(spec.Modules)),
		entry:   string(entry.ID), grantAt: entry.At("modules"),
	}
	for _, u := range b.libraries {
		p.units[u.name] = u
	}
	for _, name := range spec.Modules {
		p.modules[name] = true
	}
	return p, nil
}

// builder compiles an entry and the libraries that it imports.
type builder struct {
	engine    *Engine
	app       process.App
	libraries map[config.ID]*unit
	errors    config.Errors
}

// unit compiles one entry; nil where that failed.
func (b *builder) unit(entry *config.Entry, source string, imports map[string]config.Ref) *unit {
	u := b.compile(entry, source)
	compiled := make(map[string]*unit, len(imports))
	for _, name := range sortedKeys(imports) {
		compiled[name] = b.library(config.ID(imports[name]))
	}
	if u != nil {
		u.imports = compiled
	}
	return u
}

func (b *builder) library(id config.ID) *unit {
	if u, ok := b.libraries[id]; ok {
		return u
	}
	b.libraries[id] = nil // entries that import each other are refused before
	entry := b.app.Entry(id)
	spec := entry.Spec.(*libraryEntry)
	u := b.unit(entry, spec.Source, spec.Imports)
	b.libraries[id] = u
	return u
}

func (b *builder) compile(entry *config.Entry, source string) *unit {
	name := string(entry.ID)
	text := []byte(source)
	var beside *folder
	if file, ok := strings.CutPrefix(source, "file://"); ok {
		var files fs.FS
		files, name = appFiles(entry, file)
		var err error
		if text, err = readSource(files, name); err != nil {
			b.fail(entry.At("source"), fmt.Sprintf("cannot read %s: %s", source, reason(err)))
			return nil
		}
		beside = newFolder(files, path.Dir(name), "")
	}
	proto, err := b.engine.compileOnce(name, text)
	if err != nil {
		if e, ok := errors.AsType[*syntaxError](err); ok && beside != nil {
			b.fail(config.Position{File: e.name, Line: e.line, Col: max(e.column, 1)}, e.message)
		} else {
			b.fail(entry.At("source"), err.Error())
		}
		return nil
	}
	return &unit{name: name, proto: proto, folder: beside}
}

func (b *builder) fail(pos config.Position, message string) {
	b.errors = append(b.errors, &config.Error{Pos: pos, Message: message})
}

// appFiles gives the application's files, and the path within them of a file
// that an entry names relative to its YAML file.
func appFiles(entry *config.Entry, file string) (fs.FS, string) {
	root, within := entry.Dir, path.Dir(entry.Pos.File)
	if above, ok := strings.CutSuffix(filepath.ToSlash(root), "/"+within); ok {
		root = filepath.FromSlash(above)
	} else {
		within = "."
	}
	return directory(root), path.Join(within, file)
}

// reason is what is wrong with a file, without its path, which the message
// around it has.
func reason(err error) string {
	var p *fs.PathError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "there is no such file"
	case errors.Is(err, fs.ErrInvalid):
		return "the path leads out of the application"
	case errors.As(err, &p):
		return p.Err.Error()
	}
	return err.Error()
}
