// Package linker links components and runs them: [Link] makes a [Plan] of one,
// once; [Plan.New] makes an [Instance] of it for each process.
//
// # Plans
//
// What a component is made of is known before it runs. Link goes through its
// definitions as an instantiation would, components in components too, and
// keeps of it a flat list: which core modules to instantiate, and where each of
// their imports comes from; which core functions are a component's functions,
// and which call them. Of what the component imports, only the functions that
// are used and the resources are asked for, of the [Resolver].
//
// Core modules are metered, as all are, and their imports renamed at the same
// time, so that the name of a module says which core instance of the same component
// provides it: no module stands between two others. A name says it within one
// component, so that a module is compiled once, however many instances are made.
//
// What is no core module's, the functions lowered for core code and those of
// resources, are host functions, made with the plan. What they act on is the
// Instance, which is the context of all its calls.
//
// # Goroutines
//
// A Plan is immutable and serves any goroutine. An Instance is used on its process's
// own; only Memory and Peak may be called on others.
package linker

import (
	"context"
	"crypto/sha256"

	"github.com/tetratelabs/wazero"

	"wippy/wasmhost/canon"
	"wippy/wasmhost/memory"
	"wippy/wasmhost/meter"
	"wippy/wasmhost/module"
	"wippy/wasmhost/wit"
)

// Engine compiles core modules and has their code: a wasmhost.Host.
type Engine interface {
	// Compile gives the code of modules, in their order, and the engine that all
	// of it is of. A module that was compiled before is not again.
	Compile(ctx context.Context, modules []Module) (wazero.Runtime, []Code, error)
	// Build runs what compiles host functions while nothing else is compiled.
	Build(build func() error) error
	// Pool is where memories come from.
	Pool() *memory.Pool
}

// Module is a core module to compile.
type Module struct {
	Name    string // of the component
	At      int    // where the module begins in its binary, in bytes
	Binary  []byte
	Module  *module.Module
	Options meter.Options
	// Sum is the digest of all of that but Name and At.
	Sum [sha256.Size]byte
}

// Code is a module that was compiled.
type Code struct {
	Code  wazero.CompiledModule
	Meter meter.Info
}

// Resolver gives what the host has for a component's imports. An interface is
// named as the component names it, with the version that it was built against;
// Compatible tells whether another will do. It is "" for what is
// imported by itself.
type Resolver interface {
	// Func gives the function that f, whose Name is that within the
	// interface, is to be. The error says what to do about one that there is not.
	Func(iface string, f wit.Func) (*canon.Host, error)
	// Resource gives a resource type, nil where there is no such: nothing can be
	// of it then.
	Resource(iface, name string) *canon.ResourceType
}

// What one instance may consist of: components are instantiated in components,
// and so few bytes can ask for as much as there is.
const (
	// maxInstances bounds instances of components, and instances of core modules.
	maxInstances = 1_000
	// maxFuncs bounds functions that are lifted, lowered, or of resources.
	maxFuncs = 50_000
	// maxResources bounds the resource types that are known to all component
	// instances together.
	maxResources = 100_000
	// maxElements bounds what tables have to begin with.
	maxElements = 1 << 22
	// maxSteps bounds the work of linking.
	maxSteps = 1_000_000
	// maxCode bounds what is compiled: modules, in bytes, each as often as the
	// names of its imports differ.
	maxCode = 256 << 20
)
