// Package lua runs Lua scripts as processes (SPEC section 3, "Lua").
//
// An [Engine] holds what a node's scripts share: the [Module] values that Go
// registers, the embedded Lua library, compiled sources. It provides the kinds
// process.lua and library.lua, and compiles a script of the command line. A
// running script is a [State]; functions of a module find theirs with [From].
//
// What crosses between processes is converted by [ToValue] and [FromValue];
// errors, durations, times and 64-bit integers have types of their own here,
// because they cross as well.
//
// The interpreter is gopher-lua. What it lacks for processes that anyone may
// kill, and that must not harm each other, is put in place here: preemption,
// pcall and coroutines that let a kill through, bounds on what one call or
// instruction may take (instructions.go), max_memory (memory.go says how it is
// measured, and how well), libraries that open when they are used.
package lua

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"sync"

	glua "github.com/yuin/gopher-lua"

	"wippy/runtime/process"
)

// Options configure an Engine.
type Options struct {
	// Modules are what require finds of Go. Names are unique.
	Modules []Module
	// Library is the embedded Lua library: require("a.b") finds a/b.lua in it
	// where nothing else has that name. Nil is empty.
	Library fs.FS
}

// Engine is what all Lua processes of a node share. Its methods may be called
// from any goroutine.
type Engine struct {
	modules map[string]*Module
	names   []string // of modules, sorted
	library *folder
	globals *globalNames

	mu       sync.Mutex
	compiled map[compiledKey]*glua.FunctionProto
}

// compiledKey names a source: processes of all entries that use it share its
// compiled form. The name is part of it, since that stands in its messages.
type compiledKey struct {
	name string
	hash [sha256.Size]byte
}

// compileOnce is compile, once for a source.
func (e *Engine) compileOnce(name string, source []byte) (*glua.FunctionProto, error) {
	key := compiledKey{name, sha256.Sum256(source)}
	e.mu.Lock()
	proto := e.compiled[key]
	e.mu.Unlock()
	if proto != nil {
		return proto, nil
	}
	proto, err := compile(name, source)
	if err != nil {
		return nil, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.compiled[key] = proto
	return proto, nil
}

// NewEngine makes an Engine.
//
// # Errors
//
// A module without a name or an Open function, or a name that is there twice.
func NewEngine(o Options) (*Engine, error) {
	e := &Engine{
		modules:  make(map[string]*Module, len(o.Modules)),
		library:  newFolder(o.Library, ".", "wippy/"),
		compiled: map[compiledKey]*glua.FunctionProto{},
	}
	for i := range o.Modules {
		m := &o.Modules[i]
		switch {
		case m.Name == "" || m.Open == nil:
			return nil, fmt.Errorf("lua: module %d (%q) needs a name and an Open function", i+1, m.Name)
		case e.modules[m.Name] != nil:
			return nil, fmt.Errorf("lua: two modules are named %q", m.Name)
		}
		e.modules[m.Name] = m
	}
	e.names = sortedKeys(e.modules)
	e.globals = newGlobalNames(e)
	return e, nil
}

// CompileScript makes a program of a script of the command line. name stands in
// its error messages and is arg[0]; require finds files in dir beside the
// script (nil: none), and every module if allModules. The arguments of a
// spawn are arg[1…] and "...".
//
// # Errors
//
// A *mailbox.Error of kind Invalid: "name:line:column: what is wrong".
func (e *Engine) CompileScript(name string, source []byte, dir fs.FS, allModules bool) (process.Program, error) {
	main, err := compileUnit(name, source)
	if err != nil {
		return nil, err
	}
	main.folder = newFolder(dir, ".", "")
	return &program{engine: e, main: main, everything: allModules, units: map[string]*unit{name: main}}, nil
}
