package lua

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
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
	Modules []string `yaml:"modules"`
	// Env are the secret variables that it may read; others need no grant.
	Env    []config.Ref   `yaml:"env" config:"ref=env.variable"`
	Limits process.Limits `yaml:"limits"`
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
			Name:    "process.lua",
			New:     func() any { return new(script) },
			Command: true,
			Check:   e.checkScript,
		},
		Compile: e.compileEntry,
		Limits:  func(entry *config.Entry) process.Limits { return entry.Spec.(*script).Limits },
	}
	library = config.Kind{
		Name:  "library.lua",
		New:   func() any { return new(libraryEntry) },
		Check: func(c *config.Check, e *config.Entry) { checkSource(c, e, e.Spec.(*libraryEntry).Source) },
	}
	return lua, library
}

// checkScript reports what is wrong with a source's name, modules that do not
// exist, and grants that are there twice.
func (e *Engine) checkScript(c *config.Check, entry *config.Entry) {
	spec := entry.Spec.(*script)
	checkSource(c, entry, spec.Source)
	for i, name := range spec.Modules {
		switch {
		case e.modules[name] == nil && e.library.has(name):
			c.Mistake(fmt.Sprintf("%q needs no grant: every script may require it", name), "remove it", "modules", strconv.Itoa(i))
		case e.modules[name] == nil:
			hint := "there are " + strings.Join(e.names, ", ")
			if near := config.Nearest(name, e.names); near != "" {
				hint = fmt.Sprintf("did you mean %q?", near)
			}
			c.Mistake(fmt.Sprintf("there is no module %q", name), hint, "modules", strconv.Itoa(i))
		case slices.Index(spec.Modules, name) < i:
			c.Mistake(fmt.Sprintf("%q is granted already", name), "", "modules", strconv.Itoa(i))
		}
	}
	for i, id := range spec.Env {
		if slices.Index(spec.Env, id) < i {
			c.Mistake(fmt.Sprintf("%q is granted already", id), "", "env", strconv.Itoa(i))
		}
	}
}

// Granted tells whether an entry, nil for none, is a process.lua whose env has a
// variable. It does not block.
func Granted(entry *config.Entry, variable config.ID) bool {
	if entry == nil {
		return false
	}
	spec, ok := entry.Spec.(*script)
	return ok && slices.Contains(spec.Env, config.Ref(variable))
}

// inFile is what a source begins with that is not the code but names its file.
const inFile = "file://"

// checkSource reports a source that can name no file of the application.
func checkSource(c *config.Check, entry *config.Entry, source string) {
	file, ok := strings.CutPrefix(source, inFile)
	switch {
	case !ok:
	case file == "":
		c.Mistake("the file's name is missing after "+inFile, "write "+inFile+"NAME.lua", "source")
	case path.IsAbs(file):
		c.Mistake(fmt.Sprintf("%s is absolute", source), "paths after "+inFile+" are relative to the YAML file and cannot leave the application", "source")
	case !fs.ValidPath(path.Join(path.Dir(entry.Pos.File), file)):
		c.Mistake(fmt.Sprintf("%s leads out of the application", source), "name a file inside it, relative to the YAML file", "source")
	}
}

// CheckLibrary compiles a library.lua entry, without what it imports.
func (e *Engine) CheckLibrary(entry *config.Entry) config.Errors {
	b := &builder{engine: e}
	b.compile(entry, entry.Spec.(*libraryEntry).Source)
	return b.errors
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
	if file, ok := strings.CutPrefix(source, inFile); ok {
		var root string
		root, name = appFile(entry, file)
		files := directory(root)
		var err error
		if text, err = config.ReadFile(files, name, MaxSource); err != nil {
			message, hint := unreadable(os.DirFS(root), name, file, err)
			b.errors = append(b.errors, entry.Mistake(message, hint, "source"))
			return nil
		}
		beside = newFolder(files, path.Dir(name), "")
	}
	proto, err := b.engine.compileOnce(name, text)
	if err != nil {
		mistake := entry.Mistake(err.Error(), "", "source")
		if e, ok := errors.AsType[*syntaxError](err); ok && beside != nil {
			mistake = &config.Error{Pos: config.Position{File: e.name, Line: e.line, Col: max(e.column, 1)}, Message: e.message}
		}
		b.errors = append(b.errors, mistake)
		return nil
	}
	return &unit{name: name, proto: proto, folder: beside}
}

// appFile gives the application's directory, and the path within it of a file
// that an entry names relative to its YAML file.
func appFile(entry *config.Entry, file string) (root, name string) {
	root, within := entry.Dir, path.Dir(entry.Pos.File)
	if above, ok := strings.CutSuffix(filepath.ToSlash(root), "/"+within); ok {
		root = filepath.FromSlash(above)
	} else {
		within = "."
	}
	return root, path.Join(within, file)
}

// unreadable says why a file cannot be read that an entry calls as written.
func unreadable(files fs.FS, name, written string, err error) (message, hint string) {
	link, out := config.BadLink(files, name)
	switch {
	case out:
		return fmt.Sprintf("the link %q leads out of the application", link), "name a file inside it"
	case link != "":
		return fmt.Sprintf("the link %q leads to nothing", link), ""
	case errors.Is(err, fs.ErrNotExist):
		if near := config.NearestFile(files, name); near != "" {
			hint = fmt.Sprintf("did you mean %q?", path.Join(path.Dir(written), path.Base(near)))
		}
		return fmt.Sprintf("there is no file %q", written), hint
	}
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		err = e.Err
	}
	return fmt.Sprintf("%q cannot be read: %v", written, err), ""
}
